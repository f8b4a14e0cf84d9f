//! What makes the repeats of a benchmark differ: repeats that vary one thing at a time go in, its name comes out.

use perfgate_harness::run::{Counted, Seeds};

use super::rule::log_ratio;
use crate::comparison::Jitter;

/// Where every measurement starts.
const HOME: Seeds = Seeds { heap: 0, random: 0, company: 0 };
/// Another heap, the same random numbers.
const MOVED: Seeds = Seeds { heap: 1, ..HOME };
/// The same heap, other random numbers.
const SHUFFLED: Seeds = Seeds { random: 1, ..HOME };

/// One side: what was seen of it, and its figure of every repeat.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    /// Its repeats with their seeds, and its flags.
    pub(super) counted: &'a Counted,
    /// One figure per repeat.
    pub(super) figures: &'a [f64],
}

/// What makes repeats differ, on whichever side shows it; `None` if they do not, or if that was not looked into, which
/// takes a repeat of the first seeds as a control.
///
/// If the control differs, the seeds cannot be the reason: it is what the flags say, and without any it is unknown. If it
/// agrees, the seeds are the whole reason, and it is the one that moves the count more when it alone is changed.
pub(super) fn cause(sides: [Side<'_>; 2], floor: f64) -> Option<Jitter> {
    if sides.iter().all(|side| side.range(|_| true, floor) == 0.0) {
        return None;
    }
    let flagged = |flag: fn(&Counted) -> bool| sides.iter().any(|side| flag(side.counted));
    let flags = if flagged(|counted| counted.threads) {
        Some(Jitter::Threads)
    } else if flagged(|counted| counted.processes) {
        Some(Jitter::Processes)
    } else if flagged(|counted| counted.clock) {
        Some(Jitter::Clock)
    } else {
        None
    };
    // A seed that changes nothing is as good a control.
    let spared = |side: &Side<'_>, by: Seeds| {
        side.of(HOME).next().is_some()
            && side.of(by).next().is_some()
            && side.range(|seeds| seeds == HOME || seeds == by, floor) == 0.0
    };
    let controlled = |side: &Side<'_>| side.of(HOME).count() > 1 || spared(side, MOVED) || spared(side, SHUFFLED);
    if !sides.iter().any(controlled) {
        return flags;
    }
    if sides.iter().any(|side| side.range(|seeds| seeds == HOME, floor) > 0.0) {
        return flags.or(Some(Jitter::Unknown));
    }
    let moved = |by: Seeds| {
        let range = |side: &Side<'_>| side.range(|seeds| seeds == HOME || seeds == by, floor);
        sides.iter().map(range).fold(0.0, f64::max)
    };
    let (addresses, randomness) = (moved(MOVED), moved(SHUFFLED));
    if addresses > randomness {
        Some(Jitter::Addresses)
    } else if randomness > 0.0 {
        Some(Jitter::Randomness)
    } else if sides.iter().all(|side| side.range(|seeds| seeds.company == 0, floor) == 0.0) {
        flags.or(Some(Jitter::Company))
    } else {
        flags.or(Some(Jitter::Unknown))
    }
}

impl Side<'_> {
    fn of(&self, seeds: Seeds) -> impl Iterator<Item = f64> {
        self.those(move |of| of == seeds)
    }

    fn those(&self, select: impl Fn(Seeds) -> bool) -> impl Iterator<Item = f64> {
        let repeats = self.counted.repeats.iter().zip(self.figures);
        repeats.filter(move |(count, _)| select(count.seeds)).map(|(_, &figure)| figure)
    }

    /// How far the figures of some repeats lie apart, as a logarithm.
    fn range(&self, select: impl Fn(Seeds) -> bool, floor: f64) -> f64 {
        let (low, high) = self.those(select).fold((f64::MAX, 0.0), |(low, high), f| (f.min(low), f.max(high)));
        if low < high { log_ratio(low, high, floor) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use perfgate_harness::run::Count;

    use super::*;

    /// The seeds of the first five repeats.
    const SEEDS: [(u32, u32); 5] = [(0, 0), (1, 1), (0, 0), (1, 0), (0, 1)];

    fn counted(repeats: usize) -> Counted {
        let count = |&(heap, random)| Count { seeds: Seeds { heap, random, company: 0 }, ..Count::default() };
        Counted { repeats: SEEDS.iter().take(repeats).map(count).collect(), ..Counted::default() }
    }

    fn of(counted: &Counted, baseline: &[f64], candidate: &[f64]) -> Option<Jitter> {
        cause([Side { counted, figures: baseline }, Side { counted, figures: candidate }], 0.5)
    }

    #[test]
    fn the_seed_that_alone_moves_the_count_is_named() {
        let (plain, calm) = (counted(5), [100.0; 5]);
        assert_eq!(of(&plain, &calm, &[100.0, 101.0, 100.0, 101.0, 100.0]), Some(Jitter::Addresses));
        assert_eq!(of(&plain, &[100.0, 101.0, 100.0, 100.0, 102.0], &calm), Some(Jitter::Randomness));
        // Both do: the one that does more.
        assert_eq!(of(&plain, &calm, &[100.0, 104.0, 100.0, 103.0, 101.0]), Some(Jitter::Addresses));
    }

    #[test]
    fn company_is_named_where_it_alone_moves_the_count() {
        let seeds = [(0, 0, 7), (1, 1, 8), (0, 0, 0), (1, 0, 0), (0, 1, 0)];
        let count = |(heap, random, company)| Count { seeds: Seeds { heap, random, company }, ..Count::default() };
        let mixed = Counted { repeats: seeds.map(count).to_vec(), ..Counted::default() };
        assert_eq!(of(&mixed, &[100.0; 5], &[101.0, 100.0, 100.0, 100.0, 100.0]), Some(Jitter::Company));
        // A seed that spares the count is a control as well.
        assert_eq!(of(&mixed, &[100.0; 5], &[101.0, 100.0, 100.0, 102.0, 100.0]), Some(Jitter::Addresses));
        assert_eq!(of(&mixed, &[100.0; 5], &[101.0, 100.0, 100.0, 102.0, 103.0]), Some(Jitter::Randomness));
    }

    #[test]
    fn a_control_that_differs_clears_the_seeds() {
        let (plain, calm, unsteady) = (counted(5), [100.0; 5], [100.0, 101.0, 102.0, 103.0, 104.0]);
        assert_eq!(of(&plain, &calm, &unsteady), Some(Jitter::Unknown));
        let flagged = |flag: fn(&mut Counted)| {
            let mut counted = plain.clone();
            flag(&mut counted);
            of(&counted, &calm, &unsteady)
        };
        assert_eq!(flagged(|counted| counted.threads = true), Some(Jitter::Threads));
        assert_eq!(flagged(|counted| counted.clock = true), Some(Jitter::Clock));
        assert_eq!(flagged(|counted| counted.processes = true), Some(Jitter::Processes));
    }

    #[test]
    fn a_flag_is_not_blamed_for_what_a_seed_does() {
        let threads = Counted { threads: true, ..counted(5) };
        assert_eq!(of(&threads, &[100.0; 5], &[100.0, 101.0, 100.0, 100.0, 101.0]), Some(Jitter::Randomness));
    }

    #[test]
    fn without_a_control_only_the_flags_speak() {
        assert_eq!(of(&counted(2), &[100.0, 101.0], &[100.0; 2]), None);
        let clock = Counted { clock: true, ..counted(2) };
        assert_eq!(of(&clock, &[100.0, 101.0], &[100.0; 2]), Some(Jitter::Clock));
    }

    #[test]
    fn a_side_that_does_not_differ_needs_no_reason() {
        let threads = Counted { threads: true, ..counted(5) };
        assert_eq!(of(&threads, &[100.0; 5], &[200.0; 5]), None);
    }

    #[test]
    fn what_only_both_seeds_together_move_is_unknown() {
        assert_eq!(of(&counted(5), &[100.0, 101.0, 100.0, 100.0, 100.0], &[100.0; 5]), Some(Jitter::Unknown));
    }
}
