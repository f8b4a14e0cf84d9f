//! What holds of every judgement, whatever was counted.

use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Call, Count, Counted, Memory, Outcome, Run};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::tests::{counted, measured, run};
use super::{compare, repeats_wanted};
use crate::comparison::{Class, Comparison, Verdict};
use crate::policy::{Limits, Policy};

mod seeded;

/// A side of the one benchmark.
fn side(per_iteration: &[u64]) -> Run {
    run(vec![measured("parse", counted(per_iteration))])
}

fn judge(baseline: &Run, candidate: &Run, limits: Limits) -> Comparison {
    compare(baseline, candidate, &Policy { limits: [(Metric::Instructions, limits)].into(), ..Policy::default() })
        .remove(0)
}

fn judge_counts(baseline: &[u64], candidate: &[u64], limits: Limits) -> Comparison {
    judge(&side(baseline), &side(candidate), limits)
}

/// Processes of a side: around a million instructions per iteration, exact or with up to 2 % of jitter.
fn repeats() -> impl Strategy<Value = Vec<u64>> {
    let centre = 990_000..1_010_000_u64;
    let exact = (centre.clone(), 1..10_usize).prop_map(|(n, repeats)| vec![n; repeats]);
    let jittery = (centre, vec(0..20_000_u64, 1..10)).prop_map(|(n, jitter)| jitter.iter().map(|j| n + j).collect());
    prop_oneof![exact, jittery]
}

fn limits() -> impl Strategy<Value = Limits> {
    (0.0..0.05_f64, 0.0..0.05_f64).prop_map(|(limit, more)| Limits { limit, exclude: limit + more })
}

/// Anything that a run file could hold, damaged ones included.
fn anything() -> impl Strategy<Value = Run> {
    let number = prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>(), 0..5_000_u64];
    let memory = (number.clone(), number.clone(), number.clone()).prop_map(|(allocations, bytes, peak)| Memory {
        allocations,
        bytes,
        peak,
    });
    let call = (number.clone(), number.clone(), of(number.clone()), number, of(memory)).prop_map(
        |(iterations, whole, timed, system, memory)| Call { iterations, whole, timed, system, memory, events: None },
    );
    let doubling = vec(0..1_000_u64, 0..6).prop_map(|costs| {
        let call = |(k, &whole): (usize, &u64)| Call { iterations: 1 << k, whole, ..Call::default() };
        Count { calls: costs.iter().enumerate().map(call).collect(), ..Count::default() }
    });
    let process = prop_oneof![vec(call, 0..5).prop_map(|calls| Count { calls, ..Count::default() }), doubling];
    (vec(process, 0..4), any::<bool>(), any::<bool>()).prop_map(|(repeats, threads, elsewhere)| {
        let counted = Counted { repeats, threads, ..Counted::default() };
        let mut run = run(vec![measured("parse", Outcome::Counted(counted))]);
        run.machine.rustc = if elsewhere { "another".into() } else { String::new() };
        run
    })
}

/// From best to worst for the candidate.
fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Improvement => 0,
        Verdict::Unchanged => 1,
        Verdict::Inconclusive => 2,
        _ => 3,
    }
}

proptest! {
    #[test]
    fn swapping_the_sides_mirrors_the_judgement(base in repeats(), cand in repeats(), limits in limits()) {
        let there = judge_counts(&base, &cand, limits);
        let back = judge_counts(&cand, &base, limits);
        let (change, mirrored) = (there.change.unwrap(), back.change.unwrap());
        prop_assert_eq!(change.log_ratio, -mirrored.log_ratio);
        prop_assert_eq!(change.half_width, mirrored.half_width);
        prop_assert_eq!(change.class, mirrored.class);
        match there.verdict {
            Verdict::Regression => prop_assert_eq!(back.verdict, Verdict::Improvement),
            Verdict::Improvement => prop_assert_eq!(back.verdict, Verdict::Regression),
            _ => prop_assert!(matches!(back.verdict, Verdict::Unchanged | Verdict::Inconclusive)),
        }
    }

    #[test]
    fn only_the_ratio_counts(base in repeats(), cand in repeats(), factor in 1..1_000_u64, limits in limits()) {
        let scaled = |side: &[u64]| side.iter().map(|n| n * factor).collect::<Vec<_>>();
        let plain = judge_counts(&base, &cand, limits);
        let large = judge_counts(&scaled(&base), &scaled(&cand), limits);
        prop_assert_eq!(plain.verdict, large.verdict);
        let (plain, large) = (plain.change.unwrap(), large.change.unwrap());
        prop_assert!((plain.log_ratio - large.log_ratio).abs() < 1e-12);
        prop_assert!((plain.half_width - large.half_width).abs() < 1e-12);
    }

    #[test]
    fn identical_exact_runs_are_unchanged_to_the_instruction(n in 0..u64::from(u32::MAX), repeats in 2..10_usize) {
        let judged = judge_counts(&vec![n; repeats], &vec![n; repeats], Limits::INSTRUCTIONS);
        prop_assert_eq!(judged.verdict, Verdict::Unchanged);
        let change = judged.change.unwrap();
        prop_assert_eq!((change.log_ratio, change.half_width, change.class), (0.0, 0.0, Class::Exact));
        prop_assert_eq!(repeats_wanted(&compare(&side(&vec![n; repeats]), &side(&vec![n; repeats]), &Policy::default())[0]), None);
    }

    #[test]
    fn identical_runs_never_fail_the_gate(side in repeats(), limits in limits()) {
        let judged = judge_counts(&side, &side, limits);
        prop_assert!(matches!(judged.verdict, Verdict::Unchanged | Verdict::Inconclusive), "{:?}", judged.verdict);
    }

    #[test]
    fn an_exact_change_is_always_visible_and_never_inconclusive(a in 1..u64::from(u32::MAX), b in 1..u64::from(u32::MAX)) {
        let judged = judge_counts(&[a, a], &[b, b], Limits::INSTRUCTIONS);
        prop_assert_eq!(judged.change.unwrap().log_ratio == 0.0, a == b);
        prop_assert!(judged.verdict != Verdict::Inconclusive);
    }

    #[test]
    fn a_slower_candidate_is_never_judged_better(
        base in repeats(), cand in repeats(), factor in 1_000..1_100_u64, limits in limits(),
    ) {
        let scaled = |by: u64| cand.iter().map(|n| n * by).collect::<Vec<_>>();
        let base: Vec<u64> = base.iter().map(|n| n * 1_000).collect();
        let (fast, slow) = (judge_counts(&base, &scaled(1_000), limits), judge_counts(&base, &scaled(factor), limits));
        prop_assert!(fast.change.unwrap().log_ratio <= slow.change.unwrap().log_ratio);
        prop_assert!(badness(fast.verdict) <= badness(slow.verdict), "{:?} {:?}", fast.verdict, slow.verdict);
    }

    #[test]
    fn more_jitter_never_decides_what_was_open(
        base in repeats(), cand in vec(990_000..1_010_000_u64, 3..10), spread in 0..50_000_u64, limits in limits(),
    ) {
        // Pulling the extremes apart leaves the median of three or more where it was.
        let mut spread_out = cand.clone();
        spread_out.sort_unstable();
        let last = spread_out.len() - 1;
        spread_out[0] -= spread;
        spread_out[last] += spread;
        let (calm, noisy) = (judge_counts(&base, &cand, limits), judge_counts(&base, &spread_out, limits));
        prop_assert_eq!(calm.change.unwrap().log_ratio, noisy.change.unwrap().log_ratio);
        prop_assert!(calm.change.unwrap().half_width <= noisy.change.unwrap().half_width);
        if calm.verdict == Verdict::Inconclusive {
            prop_assert_eq!(noisy.verdict, Verdict::Inconclusive);
        }
    }

    #[test]
    fn no_run_whatever_gives_a_number_that_is_none(base in anything(), cand in anything(), limits in limits()) {
        let judged = judge(&base, &cand, limits);
        let Some(change) = judged.change else {
            prop_assert_eq!(judged.verdict, Verdict::Failed);
            prop_assert!(!judged.failures.is_empty());
            return Ok(());
        };
        prop_assert_eq!(judged.metric, Metric::Instructions);
        for change in judged.further.iter().map(|further| &further.change).chain([&change]) {
            let (low, high) = change.interval();
            let system = change.system.map_or([0.0; 2], |system| [system.baseline, system.candidate]);
            for number in [
                change.log_ratio, change.half_width, change.fraction(), low, high, change.baseline.median,
                change.baseline.min, change.baseline.max, change.candidate.median, change.candidate.min,
                change.candidate.max, system[0], system[1],
            ] {
                prop_assert!(number.is_finite(), "{:?}", change);
            }
            prop_assert!(change.half_width >= 0.0 && low <= high);
            prop_assert!(change.baseline.min <= change.baseline.median && change.baseline.median <= change.baseline.max);
        }
    }

    #[test]
    fn the_order_of_the_processes_does_not_matter(base in repeats(), cand in repeats(), limits in limits()) {
        let reversed = |side: &[u64]| side.iter().rev().copied().collect::<Vec<_>>();
        prop_assert_eq!(judge_counts(&base, &cand, limits), judge_counts(&reversed(&base), &reversed(&cand), limits));
    }
}
