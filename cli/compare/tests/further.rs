//! Metrics beside the instructions: which of them speaks for a benchmark, and what its silence means.

use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Call, Count, Counted, Events, Memory, Outcome};

use super::super::compare;
use super::{measured, run};
use crate::comparison::{Class, Comparison, Verdict};
use crate::policy::Policy;

/// A side that costs so many instructions and allocations of 16 bytes per iteration.
fn side(instructions: u64, allocations: u64) -> Counted {
    let call = |n: u64| Call {
        iterations: n,
        whole: n * instructions,
        memory: Some(Memory { allocations: n * allocations, bytes: n * allocations * 16, peak: 16 * allocations }),
        ..Call::default()
    };
    let process = Count { calls: [1, 2, 4, 8].map(call).into(), ..Count::default() };
    Counted { repeats: vec![process.clone(), process], ..Counted::default() }
}

fn judge(baseline: Counted, candidate: Counted, metrics: &[Metric]) -> Comparison {
    let [baseline, candidate] = [baseline, candidate].map(|side| run(vec![measured("parse", Outcome::Counted(side))]));
    let policy = Policy { metrics: metrics.to_vec(), ..Policy::default() };
    let mut comparisons = compare(&baseline, &candidate, &policy);
    assert_eq!(comparisons.len(), 1, "one benchmark is one comparison");
    comparisons.remove(0)
}

fn verdict(comparison: &Comparison, metric: Metric) -> Option<(Verdict, bool)> {
    comparison.in_metric(metric).map(|judged| (judged.verdict, judged.advisory))
}

const BOTH: [Metric; 2] = [Metric::Instructions, Metric::Allocations];

#[test]
fn by_default_further_metrics_are_advisory_and_stand_beside_the_instructions() {
    let judged = judge(side(1000, 3), side(1000, 5), &[Metric::Instructions]);
    assert_eq!((judged.metric, judged.verdict, judged.advisory), (Metric::Instructions, Verdict::Unchanged, false));
    assert_eq!(verdict(&judged, Metric::Allocations), Some((Verdict::Regression, true)));
    assert_eq!(verdict(&judged, Metric::AllocatedBytes), Some((Verdict::Regression, true)));
    assert_eq!(verdict(&judged, Metric::L1Misses), None);
    assert_eq!(judged.further.len(), 3);
}

#[test]
fn the_metric_that_fails_the_gate_speaks_for_the_benchmark() {
    let judged = judge(side(1000, 3), side(900, 5), &BOTH);
    assert_eq!((judged.metric, judged.verdict, judged.advisory), (Metric::Allocations, Verdict::Regression, false));
    assert_eq!(verdict(&judged, Metric::Instructions), Some((Verdict::Improvement, false)));
    assert_eq!(judged.limits.limit, 0.01);
    // Of two that do, the instructions.
    assert_eq!(judge(side(1000, 3), side(1100, 5), &BOTH).metric, Metric::Instructions);
}

#[test]
fn instructions_that_do_not_gate_have_no_say() {
    let judged = judge(side(1000, 3), side(2000, 3), &[Metric::Allocations]);
    assert_eq!((judged.metric, judged.verdict), (Metric::Allocations, Verdict::Unchanged));
    assert_eq!(verdict(&judged, Metric::Instructions), Some((Verdict::Regression, true)));
}

#[test]
fn from_no_allocation_to_some_is_a_regression() {
    let judged = judge(side(1000, 0), side(1000, 1), &BOTH);
    assert_eq!((judged.metric, judged.verdict), (Metric::Allocations, Verdict::Regression));
    let change = judged.change.expect("both sides were counted");
    assert_eq!((change.baseline.median, change.candidate.median, change.class), (0.0, 1.0, Class::Exact));
    assert_eq!(judge(side(1000, 0), side(1000, 0), &BOTH).verdict, Verdict::Unchanged);
    assert_eq!(judge(side(1000, 1), side(1000, 0), &BOTH).verdict, Verdict::Improvement);
}

#[test]
fn a_metric_that_gates_and_was_not_counted_is_said() {
    let blind = |mut side: Counted| {
        side.repeats.iter_mut().flat_map(|repeat| &mut repeat.calls).for_each(|call| call.memory = None);
        side
    };
    let both = judge(blind(side(1000, 3)), blind(side(1000, 3)), &BOTH);
    assert_eq!((both.metric, both.verdict), (Metric::Instructions, Verdict::Unchanged));
    assert!(
        both.notes.iter().any(|note| note.contains("`allocations`, which could not be counted:")),
        "{:?}",
        both.notes
    );
    let one = judge(side(1000, 3), blind(side(1000, 3)), &BOTH);
    assert!(one.notes.iter().any(|note| note.contains("could not be counted at the candidate")), "{:?}", one.notes);
    let simulated = judge(side(1000, 3), side(1000, 3), &[Metric::L1Misses]);
    assert!(simulated.advisory && simulated.metric == Metric::Instructions);
    assert!(simulated.notes.iter().any(|note| note.contains("no caches were simulated")), "{:?}", simulated.notes);
}

#[test]
fn a_few_misses_more_are_no_change() {
    let missing = |misses: u64| {
        let mut side = side(1000, 3);
        for call in side.repeats.iter_mut().flat_map(|repeat| &mut repeat.calls) {
            call.events = Some(Events { l1_misses: misses * call.iterations, ..Events::default() });
        }
        side
    };
    let of = |a, b| verdict(&judge(missing(a), missing(b), &BOTH), Metric::L1Misses);
    assert_eq!(of(1, 8), Some((Verdict::Unchanged, true)));
    assert_eq!(of(100, 110), Some((Verdict::Regression, true)));
}
