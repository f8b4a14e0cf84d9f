//! `Report` → one line per benchmark that is not unchanged, in a form that stays: for grep, awk and log files.
//!
//! `VERDICT LABEL METRIC BASELINE -> CANDIDATE CHANGE …`, for each metric that changed, then `summary VERDICT key=number …`. Plain ASCII but for names.

use std::fmt::Write;

use perfgate_harness::metric::Metric;

use super::{blame, phrase, quantity};
use crate::comparison::{Change, Comparison, Further, Shift, Verdict};
use crate::gate::{Entry, Gate, Report};
use crate::policy::Limits;
use crate::printable::printable;

/// The whole text.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for entry in &report.entries {
        if entry.comparison.verdict != Verdict::Unchanged {
            line(&mut text, entry);
        }
        for further in quantity::moved(&entry.comparison) {
            beside(&mut text, &entry.comparison, further);
        }
    }
    for cause in &report.common {
        let (kind, by) = match cause.shift {
            Shift::Offset(instructions) => ("offset", signed(instructions)),
            Shift::Factor(fraction) => ("factor", percent(fraction)),
        };
        let _ = writeln!(text, "common {kind} {by} benchmarks={}", cause.benchmarks.len());
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
        changed(text, (comparison.metric, comparison.verdict, comparison.limits), change);
    } else if let Some(single) = &comparison.single {
        let _ = write!(text, " {}", digits(single.median));
    }
    if comparison.advisory {
        text.push_str(" advisory");
    }
    if let Some(finding) = blame::culprit(entry) {
        let _ = write!(text, " culprit {}", printable(&finding.function));
        if let Some(place) = blame::place(finding) {
            let _ = write!(text, " {place}");
        }
    }
    text.push('\n');
}

/// The line of a further metric.
fn beside(text: &mut String, comparison: &Comparison, of: &Further) {
    let _ = write!(text, "{} {} {}", phrase::verdict(of.verdict), printable(&comparison.label), of.metric);
    changed(text, (of.metric, of.verdict, of.limits), &of.change);
    text.push_str(if of.advisory { " advisory\n" } else { "\n" });
}

fn changed(text: &mut String, (metric, verdict, limits): (Metric, Verdict, Limits), change: &Change) {
    let (baseline, candidate) = (change.baseline.median, change.candidate.median);
    let by = match change.log_ratio {
        // From nothing to something, or back: no percentage of half an allocation.
        ratio if !quantity::from_or_to_nothing(change, metric) || ratio == 0.0 => percent(change.fraction()),
        ratio if ratio > 0.0 => "+inf%".to_owned(),
        _ => percent(-1.0),
    };
    let _ = write!(text, " {} -> {} {by}", digits(baseline), digits(candidate));
    if change.half_width > 0.0 {
        let (low, high) = change.interval();
        let _ = write!(text, " interval {}..{}", percent(low), percent(high));
    }
    let _ = write!(text, " limit {}", percent(limits.limit));
    if verdict == Verdict::Inconclusive {
        let _ = write!(text, " exclude {}", percent(limits.exclude));
    }
    if let Some(cause) = change.cause {
        let _ = write!(text, " noise {}", phrase::jitter(cause));
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

fn signed(value: f64) -> String {
    if value < 0.0 { format!("-{}", digits(-value)) } else { format!("+{}", digits(value)) }
}
