//! What holds of every judgement of repeats that start from seeds.

use perfgate_harness::run::{Count, Counted, Outcome, Run, Seeds};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::super::tests::{measured, process, run};
use super::{judge, limits};
use crate::comparison::{Class, Verdict};

/// A repeat: its seeds and what it counted per iteration.
type Repeat = (Seeds, u64);

fn side(repeats: &[Repeat], threads: bool) -> Run {
    let repeat = |&(seeds, n): &Repeat| Count { seeds, ..process(n) };
    let repeats = repeats.iter().map(repeat).collect();
    run(vec![measured("parse", Outcome::Counted(Counted { repeats, threads, ..Counted::default() }))])
}

/// Repeats of one side, with few seeds, so that some come twice.
fn repeats() -> impl Strategy<Value = Vec<Repeat>> {
    let repeat = (0..3_u32, 0..2_u32, 990_000..1_010_000_u64);
    vec(repeat.prop_map(|(heap, random, n)| (Seeds { heap, random, company: 0 }, n)), 1..10)
}

/// Two sides whose repeats have the same seeds.
fn pairs() -> impl Strategy<Value = (Vec<Repeat>, Vec<Repeat>)> {
    repeats().prop_flat_map(|base| {
        let counts = vec(990_000..1_010_000_u64, base.len());
        counts.prop_map(move |counts| {
            let cand = base.iter().zip(counts).map(|(&(seeds, _), n)| (seeds, n)).collect();
            (base.clone(), cand)
        })
    })
}

/// Repeats whose counts are decided by their seeds.
fn repeatable() -> impl Strategy<Value = Vec<Repeat>> {
    let of =
        |seeds: Seeds, effects: &[u64]| 990_000 + effects[seeds.heap as usize] + effects[3 + seeds.random as usize];
    (repeats(), vec(0..10_000_u64, 5)).prop_map(move |(repeats, effects)| {
        repeats.into_iter().map(|(seeds, _)| (seeds, of(seeds, &effects))).collect()
    })
}

proptest! {
    #[test]
    fn swapping_the_sides_mirrors_the_judgement((base, cand) in pairs(), threads in any::<bool>(), limits in limits()) {
        let there = judge(&side(&base, threads), &side(&cand, threads), limits);
        let back = judge(&side(&cand, threads), &side(&base, threads), limits);
        let (change, mirrored) = (there.change.unwrap(), back.change.unwrap());
        prop_assert_eq!(change.log_ratio, -mirrored.log_ratio);
        prop_assert_eq!(change.half_width, mirrored.half_width);
        prop_assert_eq!((change.class, change.cause), (mirrored.class, mirrored.cause));
        prop_assert_eq!(there.verdict == Verdict::Regression, back.verdict == Verdict::Improvement);
    }

    #[test]
    fn only_the_ratio_counts((base, cand) in pairs(), factor in 1..1_000_u64, limits in limits()) {
        let scaled = |side: &[Repeat]| side.iter().map(|&(seeds, n)| (seeds, n * factor)).collect::<Vec<_>>();
        let plain = judge(&side(&base, false), &side(&cand, false), limits);
        let large = judge(&side(&scaled(&base), false), &side(&scaled(&cand), false), limits);
        prop_assert_eq!(plain.verdict, large.verdict);
        let (plain, large) = (plain.change.unwrap(), large.change.unwrap());
        prop_assert!((plain.log_ratio - large.log_ratio).abs() < 1e-12);
        prop_assert!((plain.half_width - large.half_width).abs() < 1e-12);
        prop_assert_eq!(plain.cause, large.cause);
    }

    #[test]
    fn identical_sides_never_regress(repeats in repeats(), threads in any::<bool>(), limits in limits()) {
        let same = side(&repeats, threads);
        let judged = judge(&same, &same, limits);
        prop_assert!(matches!(judged.verdict, Verdict::Unchanged | Verdict::Inconclusive), "{:?}", judged.verdict);
        prop_assert_eq!(judged.change.unwrap().log_ratio, 0.0);
    }

    #[test]
    fn code_that_only_the_seeds_move_is_exactly_as_it_was(repeats in repeatable(), limits in limits()) {
        let judged = judge(&side(&repeats, false), &side(&repeats, false), limits);
        let change = judged.change.unwrap();
        if repeats.len() > 1 {
            prop_assert_eq!((judged.verdict, change.class, change.half_width), (Verdict::Unchanged, Class::Exact, 0.0));
        }
    }

    #[test]
    fn one_factor_for_all_seeds_is_found_whatever_the_seeds_do(
        repeats in repeatable(), percent in 1..50_u64, limits in limits(),
    ) {
        let scaled = |by: u64| repeats.iter().map(|&(seeds, n)| (seeds, n * by)).collect::<Vec<_>>();
        let judged = judge(&side(&scaled(100), false), &side(&scaled(100 + percent), false), limits);
        let change = judged.change.unwrap();
        prop_assert!((change.fraction() - percent as f64 / 100.0).abs() < 1e-9);
        if repeats.len() > 1 {
            prop_assert!(change.half_width < 1e-9, "{:?}", change);
        }
    }

    #[test]
    fn the_order_of_the_repeats_does_not_matter((base, cand) in pairs(), turn in 0..10_usize, threads in any::<bool>(), limits in limits()) {
        let turned = |side: &[Repeat], by: usize| {
            let mut side = side.to_vec();
            let by = by % side.len();
            side.rotate_left(by);
            side
        };
        let plain = judge(&side(&base, threads), &side(&cand, threads), limits);
        let other = judge(&side(&turned(&base, turn), threads), &side(&turned(&cand, turn / 2), threads), limits);
        prop_assert_eq!(plain, other);
    }
}
