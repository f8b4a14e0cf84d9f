//! Each branch of the judgement, on small runs made by hand.

use std::collections::BTreeMap;

use perfgate_harness::benchmark::{Benchmark, BenchmarkId, Framework, UnmeasuredTarget};
use perfgate_harness::machine::Machine;
use perfgate_harness::metric::Metric;
use perfgate_harness::run::{
    Call, Cost, Count, Counted, Failure, FailureKind, Identity, Measured, Outcome, RUN_FORMAT, Revision, Run,
};

use super::{compare, repeats_wanted, undecided};
use crate::comparison::{Basis, Class, Comparison, Region, Side, Verdict};
use crate::policy::{Filter, Override, Policy};

mod further;
mod machines;
mod paired;
mod simulated;

pub(super) fn id(name: &str) -> BenchmarkId {
    BenchmarkId { package: "app".into(), target: "json".into(), name: name.into() }
}

pub(super) fn measured(name: &str, outcome: Outcome) -> Measured {
    let source = "benches/json.rs".into();
    Measured { benchmark: Benchmark { id: id(name), framework: Framework::Criterion, source }, outcome }
}

/// A process whose timed region costs so many instructions per iteration, with the framework's overhead around it.
pub(super) fn process(per_iteration: u64) -> Count {
    let call = |n: u64| Call {
        iterations: n,
        whole: n * per_iteration + 290,
        timed: Some(n * per_iteration),
        ..Call::default()
    };
    Count { calls: [1, 2, 4, 8].map(call).into(), ..Count::default() }
}

pub(super) fn counted(per_iteration: &[u64]) -> Outcome {
    let repeats = per_iteration.iter().map(|&n| process(n)).collect();
    Outcome::Counted(Counted { repeats, ..Counted::default() })
}

fn failed() -> Outcome {
    let kind = FailureKind::Panicked;
    Outcome::Failed(Failure { kind, message: "panicked".into(), help: "mend it".into(), output: String::new() })
}

pub(super) fn run(benchmarks: Vec<Measured>) -> Run {
    Run {
        format: RUN_FORMAT,
        revision: Revision::default(),
        machine: Machine::default(),
        benchmarks,
        unmeasured: Vec::new(),
        cost: Cost::default(),
    }
}

fn target(failed: bool) -> UnmeasuredTarget {
    let (reason, help) = ("it does not compile".into(), "mend it".into());
    UnmeasuredTarget { package: "app".into(), target: "json".into(), reason, help, output: String::new(), failed }
}

/// Judges one benchmark by the default policy.
fn judge(baseline: Option<Outcome>, candidate: Option<Outcome>) -> Comparison {
    let side = |outcome: Option<Outcome>| run(outcome.map(|o| measured("parse", o)).into_iter().collect());
    let mut comparisons = compare(&side(baseline), &side(candidate), &Policy::default());
    assert_eq!(comparisons.len(), 1);
    comparisons.remove(0)
}

fn failed_sides(comparison: &Comparison) -> Vec<Side> {
    comparison.failures.iter().map(|failed| failed.side).collect()
}

#[test]
fn counts_of_both_sides_give_a_change_of_the_timed_region() {
    let comparison = judge(Some(counted(&[1000, 1000])), Some(counted(&[1062, 1062])));
    assert_eq!((comparison.verdict, comparison.label.as_str()), (Verdict::Regression, "json::parse"));
    let change = comparison.change.expect("both sides were counted");
    assert_eq!((change.class, change.region, change.half_width), (Class::Exact, Region::Timed, 0.0));
    assert_eq!((change.baseline.median, change.candidate.median), (1000.0, 1062.0));
    assert!((change.fraction() - 0.062).abs() < 1e-12);
    assert_eq!((comparison.single, comparison.notes.as_slice()), (None, [].as_slice()));
}

#[test]
fn a_side_without_the_benchmark_makes_it_new_or_removed() {
    let new = judge(None, Some(counted(&[7, 9])));
    assert_eq!((new.verdict, new.change), (Verdict::New, None));
    assert_eq!(new.single.map(|e| (e.median, e.min, e.max, e.repeats)), Some((8.0, 7.0, 9.0, 2)));
    let removed = judge(Some(counted(&[7])), None);
    assert_eq!((removed.verdict, removed.single.map(|e| e.median)), (Verdict::Removed, Some(7.0)));
}

#[test]
fn a_failure_on_any_side_that_has_it_is_never_a_pass() {
    let both = judge(Some(failed()), Some(failed()));
    assert_eq!((both.verdict, failed_sides(&both)), (Verdict::Failed, vec![Side::Baseline, Side::Candidate]));
    let mended = judge(Some(failed()), Some(counted(&[5, 5])));
    assert_eq!((mended.verdict, failed_sides(&mended)), (Verdict::Failed, vec![Side::Baseline]));
    let broken = judge(Some(counted(&[5, 5])), Some(failed()));
    assert_eq!((broken.verdict, failed_sides(&broken)), (Verdict::Failed, vec![Side::Candidate]));
    let new = judge(None, Some(failed()));
    assert_eq!((new.verdict, failed_sides(&new)), (Verdict::Failed, vec![Side::Candidate]));
}

#[test]
fn what_failed_and_is_gone_is_removed_with_a_note() {
    let gone = judge(Some(failed()), None);
    assert_eq!((gone.verdict, gone.failures.len(), gone.single), (Verdict::Removed, 0, None));
    assert_eq!(gone.notes, ["It could not be measured at the baseline, and the candidate no longer has it."]);
}

#[test]
fn a_target_that_could_not_be_measured_does_not_make_its_benchmarks_removed() {
    let baseline = run(vec![measured("parse", counted(&[5, 5]))]);
    let mut candidate = run(Vec::new());
    candidate.unmeasured.push(target(true));
    let broken = compare(&baseline, &candidate, &Policy::default()).remove(0);
    assert_eq!((broken.verdict, failed_sides(&broken)), (Verdict::Failed, vec![Side::Candidate]));
    assert_eq!(broken.failures[0].failure.message, "was not measured: it does not compile");
    candidate.unmeasured[0].failed = false;
    // Not even a target that is beyond perfgate: the baseline shows that its benchmarks were not.
    let lost = compare(&baseline, &candidate, &Policy::default()).remove(0);
    assert_eq!((lost.verdict, failed_sides(&lost)), (Verdict::Failed, vec![Side::Candidate]));
    let other_way = compare(&candidate, &baseline, &Policy::default()).remove(0);
    assert_eq!(other_way.verdict, Verdict::New);
}

#[test]
fn the_same_executable_is_unchanged_only_within_its_pair() {
    let identical = |baseline: &str, candidate: &str| {
        Some(Outcome::Identical(Identity { baseline: baseline.into(), candidate: candidate.into() }))
    };
    let same = judge(identical("a", "b"), identical("a", "b"));
    assert_eq!((same.verdict, same.basis, same.change), (Verdict::Unchanged, Basis::SameCode, None));

    let strangers = judge(identical("a", "b"), identical("c", "d"));
    assert_eq!((strangers.verdict, failed_sides(&strangers)), (Verdict::Failed, vec![Side::Baseline, Side::Candidate]));
    for other in [Some(counted(&[1000, 1000])), None] {
        let stored = judge(identical("a", "b"), other.clone());
        assert_eq!((stored.verdict, failed_sides(&stored)), (Verdict::Failed, vec![Side::Baseline]));
        let measured = judge(other, identical("a", "b"));
        assert_eq!((measured.verdict, failed_sides(&measured)), (Verdict::Failed, vec![Side::Candidate]));
    }
    assert_eq!(judge(identical("a", "b"), Some(failed())).verdict, Verdict::Failed);
}

#[test]
fn a_run_file_without_counts_is_a_failure_of_that_side() {
    let hollow = |repeats| Outcome::Counted(Counted { repeats, ..Counted::default() });
    for empty in [hollow(vec![]), hollow(vec![Count::default()])] {
        let comparison = judge(Some(counted(&[5, 5])), Some(empty.clone()));
        assert_eq!((comparison.verdict, failed_sides(&comparison)), (Verdict::Failed, vec![Side::Candidate]));
        let comparison = judge(None, Some(empty));
        assert_eq!((comparison.verdict, failed_sides(&comparison)), (Verdict::Failed, vec![Side::Candidate]));
    }
}

#[test]
fn a_whole_region_and_few_calls_are_said_and_threads_that_change_nothing_are_not() {
    let mut base = Counted { repeats: vec![process(100), process(100)], ..Counted::default() };
    let cand = Counted { threads: true, ..base.clone() };
    for count in &mut base.repeats {
        count.calls.truncate(1);
        count.calls[0].timed = None;
    }
    let comparison = judge(Some(Outcome::Counted(base)), Some(Outcome::Counted(cand)));
    assert_eq!(comparison.change.map(|c| (c.region, c.baseline.median)), Some((Region::Whole, 390.0)));
    let starts: Vec<&str> = comparison.notes.iter().map(|note| &note[..12]).collect();
    assert_eq!(starts, ["The count co", "Only 1 call "]);
}

#[test]
fn a_single_process_and_an_empty_side_are_said() {
    let alone = judge(Some(counted(&[50])), Some(counted(&[50, 50])));
    assert_eq!(
        alone.notes,
        ["Only one process of the baseline was counted, so that its noise is unknown and a wide one is assumed."]
    );
    let empty = judge(Some(counted(&[5, 5])), Some(counted(&[0, 0])));
    assert_eq!(empty.verdict, Verdict::Improvement);
    assert!(empty.notes[0].starts_with("The candidate spends less than half an instruction"), "{:?}", empty.notes);
    assert!(judge(Some(counted(&[0, 0])), Some(counted(&[0, 0]))).notes.is_empty());
}

#[test]
fn the_policy_of_the_benchmark_is_applied_and_shown() {
    let filter = Filter("json::*".into());
    let limit = [(Metric::Instructions, 0.1)].into();
    let over = Override { filter, limit, exclude: BTreeMap::new(), advisory: Some(true) };
    let policy = Policy { overrides: vec![over], ..Policy::default() };
    let side = |n| run(vec![measured("parse", counted(&[n, n]))]);
    let comparison = compare(&side(1000), &side(1062), &policy).remove(0);
    assert_eq!((comparison.verdict, comparison.limits.limit), (Verdict::Unchanged, 0.1));
    assert!(comparison.advisory);
}

#[test]
fn those_that_need_attention_come_first() {
    let two = |n| counted(&[n, n]);
    let baseline = run(vec![
        measured("a same", two(1000)),
        measured("b gone", two(1000)),
        measured("c better", two(1000)),
        measured("d better still", two(1000)),
        measured("e noisy", counted(&[1000, 1040])),
        measured("f slower", two(1000)),
        measured("g much slower", two(1000)),
        measured("h advisory", two(1000)),
        measured("i broken", two(1000)),
    ]);
    let candidate = run(vec![
        measured("i broken", failed()),
        measured("a same", two(1000)),
        measured("c better", two(900)),
        measured("d better still", two(800)),
        measured("e noisy", counted(&[1000, 1040])),
        measured("f slower", two(1010)),
        measured("g much slower", two(1100)),
        measured("h advisory", two(9000)),
        measured("0 new", two(1)),
    ]);
    let over = Override {
        filter: Filter("h adv".into()),
        limit: BTreeMap::new(),
        exclude: BTreeMap::new(),
        advisory: Some(true),
    };
    let comparisons = compare(&baseline, &candidate, &Policy { overrides: vec![over], ..Policy::default() });
    let order: String = comparisons.iter().map(|c| &c.id.name[..1]).collect();
    assert_eq!(order, "igfhedc0ba");
}

#[test]
fn only_those_that_more_processes_could_decide_are_undecided() {
    let wanted = |base: &[u64], cand: &[u64]| repeats_wanted(&judge(Some(counted(base)), Some(counted(cand))));
    assert_eq!(wanted(&[10_000; 2], &[10_200; 2]), Some(5), "a small regression may be chance");
    assert_eq!(wanted(&[10_000; 5], &[10_200; 5]), None);
    assert_eq!(wanted(&[10_000; 2], &[11_000; 2]), None);
    assert_eq!(wanted(&[10_000; 2], &[9_800; 2]), None);
    assert_eq!(wanted(&[1000; 2], &[1500; 2]), None, "exact");
    assert_eq!(wanted(&[1000], &[1000]), Some(2), "counted once");
    assert_eq!(wanted(&[1000, 1000], &[1000, 1001]), Some(5), "jittery, with too few to judge by");
    assert_eq!(wanted(&[1000, 1000, 1000, 1000, 1040], &[1000; 5]), Some(9), "inconclusive");
    assert_eq!(wanted(&[1000, 1000, 1000, 1000, 1001], &[1000; 5]), None, "jittery and decided");
    assert_eq!(wanted(&[1000, 1040, 1000, 1000, 1000, 1000, 1000, 1000, 1000], &[1000; 9]), None, "enough is enough");
    let comparison = judge(Some(counted(&[1000, 1040])), Some(counted(&[1000, 1000])));
    assert_eq!(undecided(&[comparison]), [id("parse")]);
    assert!(undecided(&[judge(None, Some(failed()))]).is_empty());
}
