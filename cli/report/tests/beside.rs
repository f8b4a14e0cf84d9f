//! What is said beside the instructions of one benchmark: other metrics, the environment, and causes that many share.

use perfgate_harness::metric::Metric;
use snapbox::assert_data_eq;

use super::super::{markdown, short, workflow};
use super::samples::{self, bare, comparison, exact, jittery, regression, report, unchanged};
use super::{plain, snapshot};
use crate::comparison::{Basis, CommonCause, Further, Jitter, Shift, SystemShare, Verdict};
use crate::explanation::Origin;
use crate::gate::{Entry, Gate, Report};
use crate::policy::Limits;

fn further(metric: Metric, verdict: Verdict, baseline: f64, candidate: f64) -> Further {
    let change = exact(baseline, candidate);
    Further { metric, verdict, limits: Limits::of(metric), advisory: true, change }
}

/// Allocations that changed with the instructions, against the gate, and beside it; and one whose turn never came.
fn metrics() -> Report {
    let mut slower = regression();
    slower.comparison.further = vec![
        further(Metric::Allocations, Verdict::Regression, 3.0, 5.0),
        further(Metric::AllocatedBytes, Verdict::Regression, 48.0, 80.0),
        further(Metric::PeakHeap, Verdict::Unchanged, 4096.0, 4096.0),
    ];
    let mut allocates = bare(comparison("clone", Verdict::Regression, Some(exact(0.0, 3.0))));
    allocates.comparison.change.as_mut().unwrap().log_ratio = 6.0_f64.ln();
    allocates.comparison.metric = Metric::Allocations;
    allocates.comparison.limits = Limits::of(Metric::Allocations);
    allocates.comparison.further = vec![
        further(Metric::Instructions, Verdict::Improvement, 1_200.0, 900.0),
        further(Metric::AllocatedBytes, Verdict::Regression, 0.0, 72.0),
    ];
    let mut noisy = comparison("shuffle", Verdict::Inconclusive, Some(jittery(1_204_000.0, 1_219_000.0, 0.028)));
    noisy.change.as_mut().unwrap().cause = Some(Jitter::Randomness);
    noisy.notes = vec!["It draws random numbers from the system: give the generator a fixed seed.".into()];
    noisy.further = vec![further(Metric::Allocations, Verdict::Unchanged, 12.0, 12.0)];
    let mut late = comparison("late", Verdict::Inconclusive, None);
    late.basis = Basis::OutOfTime;
    let mut quiet = unchanged("grow");
    quiet.comparison.further = vec![further(Metric::Allocations, Verdict::Regression, 100.0, 102.0)];
    report(Gate::Regressed, vec![slower, allocates, bare(noisy), bare(late), quiet, unchanged("same")])
}

/// Two machines: a regression of the user's code, and what only the C library did.
fn machines() -> Report {
    let mut slower = regression();
    let system = SystemShare { baseline: 40_000.0, candidate: 52_345.0, judged: false };
    slower.comparison.change.as_mut().unwrap().system = Some(system);
    let mut report = report(Gate::Regressed, vec![slower, unchanged("same")]);
    report.machine_differences = vec!["processor features".into()];
    report
}

/// One cause that moved sixteen, twelve of them beyond the limit.
fn alike() -> Report {
    let moved = |at: usize| {
        let base = 10_000.0 + 100.0 * at as f64;
        let mut entry = regression();
        entry.comparison = comparison(&format!("moved/{at:02}"), Verdict::Regression, Some(exact(base, base + 499.0)));
        if let Some(explanation) = &mut entry.explanation {
            explanation.findings.clear();
            explanation.note = Some("no function carries the change".into());
        }
        entry
    };
    let mut entries: Vec<Entry> = (0..12).map(moved).collect();
    entries.extend(
        (0..4).map(|at| {
            bare(comparison(&format!("large/{at}"), Verdict::Unchanged, Some(exact(9_000_000.0, 9_000_499.0))))
        }),
    );
    let benchmarks = entries.iter().map(|entry| entry.comparison.label.clone()).collect();
    let mut report = report(Gate::Regressed, entries);
    report.common = vec![CommonCause { shift: Shift::Offset(499.0), benchmarks }];
    report
}

#[test]
fn other_metrics_are_a_line_each() {
    let report = metrics();
    assert_data_eq!(plain(&report), snapshot("metrics.txt"));
    assert_data_eq!(markdown::render(&report), snapshot("metrics.md"));
    assert_data_eq!(short::render(&report), snapshot("metrics.short.txt"));
    assert_data_eq!(workflow::render(&report), snapshot("metrics.workflow.txt"));
}

#[test]
fn what_the_machines_moved_is_shown_and_not_judged() {
    assert_data_eq!(plain(&machines()), snapshot("machines.txt"));
    // Nor is it to blame.
    let mut report = machines();
    report.entries[0].explanation.as_mut().unwrap().findings[0].origin = Origin::System;
    assert!(plain(&report).contains("7 % of the increase is in `json::de::next_token`"), "{}", plain(&report));
    assert!(markdown::render(&machines()).contains("Environment: libc and loader +12,345 instructions, not judged"));
}

#[test]
fn a_common_cause_is_one_diagnostic() {
    let report = alike();
    assert_data_eq!(plain(&report), snapshot("alike.txt"));
    assert_data_eq!(short::render(&report), snapshot("alike.short.txt"));
    let text = markdown::render(&report);
    assert_eq!(text.matches("### `json::moved").count(), 1, "{text}");
    assert!(text.contains("> 16 benchmarks moved by the same +499 instructions per iteration: one cause"), "{text}");
    assert_eq!(workflow::render(&report).lines().count(), 1);
}

#[test]
fn the_likely_cause_is_named_where_there_is_one() {
    let mut report = alike();
    report.entries[0].explanation = regression().explanation;
    let shared = "one cause, probably `json::lexer::skip_whitespace`, which they share";
    assert!(plain(&report).contains(shared), "{}", plain(&report));
    report.machine_differences = vec!["rustc".into()];
    let likely = "one cause, most likely that the sides differ in rustc";
    assert!(plain(&report).contains(likely), "{}", plain(&report));
    // Nobody stands for others where none regressed: the cause is a note of its own.
    report.entries.retain(|entry| entry.comparison.verdict == Verdict::Unchanged);
    assert!(plain(&report).contains(likely), "{}", plain(&report));
}

#[test]
fn a_limit_that_the_configuration_would_refuse_is_never_proposed() {
    let mut entry = regression();
    entry.comparison.change = Some(exact(10.0, 900.0));
    let text = plain(&report(Gate::Regressed, vec![entry]));
    assert!(text.contains("advisory = true") && !text.contains("limit.instructions"), "{text}");
}

#[test]
fn an_improvement_says_what_it_was_bought_with_and_every_metric_that_fails_is_allowed() {
    let mut better = samples::improvement();
    better.comparison.further = vec![further(Metric::Allocations, Verdict::Regression, 3.0, 5.0)];
    let text = plain(&report(Gate::Passed, vec![better]));
    assert!(text.contains("; 3 → 5 allocations per iteration (+66.7 %, advisory)\n"), "{text}");
    let mut worse = regression();
    let failing = further(Metric::Allocations, Verdict::Regression, 3.0, 5.0);
    worse.comparison.further = vec![Further { advisory: false, ..failing }];
    let text = plain(&report(Gate::Regressed, vec![worse]));
    assert!(text.contains("limit.instructions = \"7%\"\n      limit.allocations = \"67%\"\n"), "{text}");
}
