//! Benchmarks that one cause moved: what is said of them together, and which of them stands for the others.

use std::collections::HashSet;

use perfgate_harness::metric::Metric;

use super::{blame, phrase};
use crate::comparison::{CommonCause, Shift, Verdict};
use crate::explanation::Origin;
use crate::gate::{Entry, Report};
use crate::number;
use crate::printable::printable;

/// A regression that could belong to a common cause.
fn regressed(entry: &Entry) -> bool {
    entry.comparison.verdict == Verdict::Regression && entry.comparison.metric == Metric::Instructions
}

/// The labels of regressions for which another one stands: those that come after the first of their common cause.
pub fn spoken_for(report: &Report) -> HashSet<&str> {
    let mut labels = HashSet::new();
    for cause in &report.common {
        let members: HashSet<&str> = cause.benchmarks.iter().map(String::as_str).collect();
        let regressed = report.entries.iter().filter(|entry| regressed(entry)).map(|entry| &*entry.comparison.label);
        labels.extend(regressed.filter(|label| members.contains(label)).skip(1));
    }
    labels
}

/// The cause that a benchmark stands for, with the number of the others that regressed by it; `None` if it stands for none.
pub fn stands_for<'r>(entry: &Entry, report: &'r Report) -> Option<(&'r CommonCause, usize)> {
    let label = &entry.comparison.label;
    let cause = report.common.iter().find(|cause| cause.benchmarks.contains(label))?;
    let members: HashSet<&str> = cause.benchmarks.iter().map(String::as_str).collect();
    let of_cause = |entry: &&Entry| regressed(entry) && members.contains(&*entry.comparison.label);
    let mut regressed = report.entries.iter().filter(of_cause);
    let first = regressed.next().is_some_and(|first| first.comparison.label == *label);
    first.then(|| (cause, regressed.count())).filter(|&(_, others)| others > 0)
}

/// `79 benchmarks moved by the same +499 instructions per iteration: one cause, …`.
pub fn said(cause: &CommonCause, report: &Report) -> String {
    let by = match cause.shift {
        Shift::Offset(instructions) => {
            let delta = number::delta(instructions);
            // A whole number without the digits that say so.
            let whole = delta.strip_suffix(".00").or(delta.strip_suffix(".0")).unwrap_or(&delta);
            format!("{whole} instructions per iteration")
        }
        Shift::Factor(fraction) => number::change(fraction),
    };
    let moved = format!("{} moved by the same {by}", number::plural(cause.benchmarks.len(), "benchmark"));
    if !report.machine_differences.is_empty() {
        let differences = phrase::differences(report);
        return format!("{moved}: one cause, most likely that the sides differ in {differences}");
    }
    let mut explained = report.entries.iter().filter(|entry| cause.benchmarks.contains(&entry.comparison.label));
    match explained.find_map(blame::culprit).filter(|finding| finding.origin == Origin::Repository) {
        Some(finding) => {
            format!("{moved}: one cause, probably `{}`, which they share", printable(&finding.function))
        }
        None => format!(
            "{moved}: one cause, probably outside of the code under test (toolchain, harness, a shared start-up)"
        ),
    }
}
