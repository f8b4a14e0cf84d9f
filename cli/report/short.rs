//! `Report` → one line per benchmark that is not unchanged, in a form that stays: for grep, awk and log files.
//!
//! `VERDICT LABEL METRIC BASELINE -> CANDIDATE CHANGE …`, then `summary VERDICT key=number …`. Plain ASCII but for names.

use std::fmt::Write;

use super::phrase;
use crate::comparison::{Change, Comparison, Verdict};
use crate::gate::{Entry, Gate, Report};
use crate::printable::printable;

/// The whole text.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for entry in report.entries.iter().filter(|entry| entry.comparison.verdict != Verdict::Unchanged) {
        line(&mut text, entry);
    }
    for target in &report.unmeasured {
        let kind = if target.failed { "failed" } else { "skipped" };
        let name = format!("{}::{}", target.package, target.target);
        let _ = writeln!(text, "unmeasured {} {kind}: {}", printable(&name), printable(&target.reason));
    }
    summary(&mut text, report);
    text
}

fn line(text: &mut String, entry: &Entry) {
    let comparison = &entry.comparison;
    let label = printable(&comparison.label);
    let verdict = phrase::verdict(comparison.verdict);
    if comparison.verdict == Verdict::Failed {
        for failure in &comparison.failures {
            let message = printable(&failure.failure.message);
            let _ = writeln!(text, "{verdict} {label} {}: {message}", phrase::side(failure.side));
        }
        return;
    }
    let _ = write!(text, "{verdict} {label} {}", comparison.metric);
    if let Some(change) = &comparison.change {
        changed(text, comparison, change);
    } else if let Some(single) = &comparison.single {
        let _ = write!(text, " {}", digits(single.median));
    }
    if comparison.advisory {
        text.push_str(" advisory");
    }
    if let Some(finding) = phrase::culprit(entry) {
        let _ = write!(text, " culprit {}", printable(&finding.function));
        if let Some(place) = phrase::place(finding) {
            let _ = write!(text, " {place}");
        }
    }
    text.push('\n');
}

fn changed(text: &mut String, comparison: &Comparison, change: &Change) {
    let (baseline, candidate) = (digits(change.baseline.median), digits(change.candidate.median));
    let _ = write!(text, " {baseline} -> {candidate} {}", percent(change.fraction()));
    if change.half_width > 0.0 {
        let (low, high) = change.interval();
        let _ = write!(text, " interval {}..{}", percent(low), percent(high));
    }
    let _ = write!(text, " limit {}", percent(comparison.limits.limit));
    if comparison.verdict == Verdict::Inconclusive {
        let _ = write!(text, " exclude {}", percent(comparison.limits.exclude));
    }
}

fn summary(text: &mut String, report: &Report) {
    let gate = match report.gate {
        Gate::Passed => "passed",
        Gate::Regressed => "regressed",
        Gate::Broken => "broken",
        Gate::Nothing => "nothing",
    };
    let counts = &report.counts;
    let _ = writeln!(
        text,
        "summary {gate} benchmarks={} regressions={} advisory-regressions={} failed={} inconclusive={} improvements={} \
         new={} removed={} unchanged={} same-code={} unmeasured-targets={}",
        report.entries.len(),
        counts.regressions,
        counts.advisory_regressions,
        counts.failed,
        counts.inconclusive,
        counts.improvements,
        counts.new,
        counts.removed,
        counts.unchanged,
        counts.same_code,
        report.unmeasured.len(),
    );
}

/// A count per iteration: whole where it is, else to a hundredth.
fn digits(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn percent(fraction: f64) -> String {
    format!("{:+.2}%", fraction * 100.0)
}
