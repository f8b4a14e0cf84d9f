//! Repeats that start from seeds: what depends on them, what does not, and what cannot be told.

use perfgate_harness::run::{Counted, Outcome, Seeds};

use super::super::repeats_wanted;
use super::{judge, process};
use crate::comparison::{Class, Comparison, Jitter, Verdict};

/// The seeds of the repeats, in the order in which the harness makes them.
const SEEDS: [(u32, u32); 9] = [(0, 0), (1, 1), (0, 0), (1, 0), (0, 1), (5, 5), (6, 6), (7, 7), (8, 8)];

/// A side that counted so much per iteration in its repeats.
fn side(per_iteration: &[u64]) -> Counted {
    let mut repeats: Vec<_> = per_iteration.iter().map(|&n| process(n)).collect();
    for (repeat, &(heap, random)) in repeats.iter_mut().zip(&SEEDS) {
        repeat.seeds = Seeds { heap, random, company: 0 };
    }
    Counted { repeats, ..Counted::default() }
}

fn judged(baseline: Counted, candidate: Counted) -> Comparison {
    judge(Some(Outcome::Counted(baseline)), Some(Outcome::Counted(candidate)))
}

fn class(comparison: &Comparison) -> (Verdict, Option<Class>, Option<Jitter>) {
    (comparison.verdict, comparison.change.map(|change| change.class), comparison.change.and_then(|c| c.cause))
}

#[test]
fn unchanged_code_whose_counts_depend_on_the_seeds_is_exact_after_two_repeats() {
    let same = judged(side(&[1000, 1030]), side(&[1000, 1030]));
    assert_eq!(class(&same), (Verdict::Unchanged, Some(Class::Exact), None));
    assert_eq!(same.change.map(|change| (change.log_ratio, change.half_width)), Some((0.0, 0.0)));
    assert_eq!((repeats_wanted(&same), same.notes.len()), (None, 0));
}

#[test]
fn a_regression_shows_through_seeds_that_do_more() {
    let slower = judged(side(&[10_000, 10_300]), side(&[10_100, 10_403]));
    assert_eq!(slower.verdict, Verdict::Regression);
    let change = slower.change.expect("both sides were counted");
    assert!((change.fraction() - 0.01).abs() < 1e-9 && change.half_width < 1e-9, "{change:?}");
}

#[test]
fn an_edit_that_disturbs_the_seeds_is_repeated_and_its_reason_named() {
    let two = judged(side(&[1000, 1010]), side(&[1000, 1000]));
    assert_eq!((class(&two).0, repeats_wanted(&two)), (Verdict::Inconclusive, Some(5)));
    let five = judged(side(&[1000, 1010, 1000, 1000, 1010]), side(&[1000; 5]));
    assert_eq!(class(&five), (Verdict::Inconclusive, Some(Class::Unstable), Some(Jitter::Randomness)));
    assert!(five.notes[0].contains("a fixed seed"), "{:?}", five.notes);
    assert_eq!(repeats_wanted(&five), Some(9));
    let moved = judged(side(&[10_000, 10_010, 10_000, 10_010, 10_000]), side(&[10_000; 5]));
    assert_eq!(class(&moved), (Verdict::Unchanged, Some(Class::Jittery), Some(Jitter::Addresses)));
}

#[test]
fn threads_are_exact_only_after_five_repeats_that_agree() {
    let threads = |counts: &[u64]| Counted { threads: true, ..side(counts) };
    let two = judged(threads(&[1000; 2]), threads(&[1000; 2]));
    assert_eq!((class(&two).1, repeats_wanted(&two)), (Some(Class::Jittery), Some(5)));
    let five = judged(threads(&[1000; 5]), threads(&[1000; 5]));
    assert_eq!((class(&five).1, repeats_wanted(&five), five.notes.len()), (Some(Class::Exact), None, 0));
    // Two differences that agree by chance are not believed: the sides are at odds with themselves.
    let chance = judged(threads(&[1000, 1030]), threads(&[1100, 1133]));
    assert_eq!(class(&chance), (Verdict::Inconclusive, Some(Class::Unstable), Some(Jitter::Threads)));
    let uneven = judged(threads(&[1000, 1030, 1010, 1020, 1000]), threads(&[1000, 1030, 1010, 1020, 1000]));
    assert_eq!(class(&uneven).1, Some(Class::Unstable));
    assert!(uneven.notes[0].starts_with("It starts threads"), "{:?}", uneven.notes);
}

#[test]
fn a_control_that_differs_is_noise_of_unknown_origin_or_the_clocks() {
    let counts = [10_000, 10_000, 10_004, 10_000, 10_000];
    let unknown = judged(side(&counts), side(&counts));
    assert_eq!(class(&unknown), (Verdict::Unchanged, Some(Class::Jittery), Some(Jitter::Unknown)));
    let clock = judged(side(&counts), Counted { clock: true, ..side(&counts) });
    assert_eq!(class(&clock).2, Some(Jitter::Clock));
    let processes = judged(side(&counts), Counted { processes: true, ..side(&counts) });
    assert_eq!(class(&processes).2, Some(Jitter::Processes));
}

#[test]
fn seeds_without_a_partner_leave_the_unpaired_rule() {
    let mut candidate = side(&[1000, 1030]);
    candidate.repeats[1].seeds = Seeds { heap: 9, random: 9, company: 0 };
    let unpaired = judged(side(&[1000, 1030]), candidate);
    assert_eq!(class(&unpaired), (Verdict::Inconclusive, Some(Class::Unstable), None));
}
