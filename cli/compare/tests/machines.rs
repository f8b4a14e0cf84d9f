//! Sides that were measured on machines that differ.

use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Call, Count, Counted, Outcome, Run};

use super::super::compare;
use super::{measured, run};
use crate::comparison::{Comparison, SystemShare, Verdict};
use crate::policy::Policy;

/// A side whose own code and whose libc cost so much per iteration, on a machine with one feature of its own.
fn side(own: u64, system: u64, feature: &str) -> Run {
    let call = |n: u64| Call {
        iterations: n,
        whole: n * (own + system) + 290,
        timed: Some(n * (own + system) + 40),
        system: n * system + 12,
        ..Call::default()
    };
    let process = Count { calls: [1, 2, 4, 8].map(call).into(), ..Count::default() };
    let counted = Counted { repeats: vec![process.clone(), process], ..Counted::default() };
    let mut run = run(vec![measured("parse", Outcome::Counted(counted))]);
    run.machine.cpu_features = vec![feature.to_owned()];
    run
}

fn judge(baseline: &Run, candidate: &Run) -> Comparison {
    compare(baseline, candidate, &Policy::default()).remove(0)
}

#[test]
fn what_only_the_machine_moved_is_never_a_failure() {
    let apart = judge(&side(1000, 500, "avx2"), &side(1000, 900, "erms"));
    assert_eq!(apart.verdict, Verdict::Unchanged);
    let change = apart.change.expect("both sides were counted");
    assert_eq!((change.log_ratio, change.candidate.median), (0.0, 1000.0));
    assert_eq!(change.system, Some(SystemShare { baseline: 500.0, candidate: 900.0, judged: false }));
}

#[test]
fn a_real_regression_fails_on_any_machine() {
    let apart = judge(&side(1000, 500, "avx2"), &side(1010, 900, "erms"));
    assert_eq!((apart.verdict, apart.metric, apart.advisory), (Verdict::Regression, Metric::Instructions, false));
    assert!((apart.change.expect("both sides were counted").fraction() - 0.01).abs() < 1e-12);
    // Nor does a faster libc hide it.
    assert_eq!(judge(&side(1000, 900, "avx2"), &side(1010, 500, "erms")).verdict, Verdict::Regression);
}

#[test]
fn on_one_machine_everything_counts() {
    let together = judge(&side(1000, 500, "avx2"), &side(1000, 900, "avx2"));
    assert_eq!(together.verdict, Verdict::Regression);
    let system = together.change.and_then(|change| change.system);
    assert_eq!(system, Some(SystemShare { baseline: 500.0, candidate: 900.0, judged: true }));
}

#[test]
fn where_the_systems_part_cannot_be_told_apart_all_is_judged_and_that_is_said() {
    let mut candidate = side(1000, 900, "erms");
    if let Outcome::Counted(counted) = &mut candidate.benchmarks[0].outcome {
        counted.repeats[0].calls[3].timed = None;
    }
    let mixed = judge(&side(1000, 500, "avx2"), &candidate);
    assert_eq!((mixed.verdict, mixed.change.and_then(|change| change.system)), (Verdict::Regression, None));
    assert!(mixed.notes.iter().any(|note| note.contains("could not be told apart here")), "{:?}", mixed.notes);
}
