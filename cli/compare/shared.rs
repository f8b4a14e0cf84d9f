//! Many benchmarks that moved alike → one finding: a toolchain, a framework or a start-up that they share moved them, or
//! a function that each calls, and a reader needs to be told once.

use perfgate_harness::metric::Metric;

use crate::comparison::{CommonCause, Comparison, Shift};

/// So many must move alike: of fewer, each is read anyway, and a few may meet by chance.
const FEWEST: usize = 5;

/// Instructions by which offsets may differ and still be the same: one, since counts are rounded to iterations.
const STEP: f64 = 1.0;

/// The fraction by which large offsets may differ: what a shared cost that depends a little on its caller varies by.
const OFFSET_TOLERANCE: f64 = 0.02;

/// By how much factors may differ, in logarithms: 0.1 %.
const FACTOR_TOLERANCE: f64 = 0.001;

/// Factors below this, in logarithms, are all alike within the tolerance, and say nothing.
const SMALLEST_FACTOR: f64 = 0.005;

/// A benchmark that moved.
struct Moved {
    /// Where it stands among the comparisons.
    at: usize,
    /// Instructions per iteration.
    offset: f64,
    /// In logarithms.
    factor: f64,
}

/// The common causes of what moved, the largest first; mostly none, seldom more than one.
///
/// A cause must have moved at least half of all that moved, whatever the verdicts: a part that explains less is not the
/// story of the change. What moved within its noise did not move.
#[must_use]
pub fn common_causes(comparisons: &[Comparison]) -> Vec<CommonCause> {
    let moved = comparisons.iter().enumerate().filter_map(|(at, comparison)| {
        let change = comparison.in_metric(Metric::Instructions)?.change;
        let offset = change.candidate.median - change.baseline.median;
        let shown = offset != 0.0 && change.log_ratio.abs() > change.half_width;
        shown.then_some(Moved { at, offset, factor: change.log_ratio })
    });
    let mut left: Vec<Moved> = moved.collect();
    let enough = FEWEST.max(left.len().div_ceil(2));
    let mut causes = Vec::new();
    while let Some((shift, members)) = largest(&mut left).filter(|(_, members)| members.len() >= enough) {
        left.retain(|moved| !members.contains(&moved.at));
        let benchmarks = members.iter().map(|&at| comparisons[at].label.clone()).collect();
        causes.push(CommonCause { shift, benchmarks });
    }
    causes
}

/// The most that moved alike, by their places in order. Of equals the offset: it is what a shared cost looks like, and
/// benchmarks of one size move by one factor too.
fn largest(moved: &mut [Moved]) -> Option<(Shift, Vec<usize>)> {
    let offset_room = |middle: f64| STEP.max(OFFSET_TOLERANCE * middle.abs());
    let by_offset = alike(moved, |moved| moved.offset, offset_room, 0.0);
    let by_factor = alike(moved, |moved| moved.factor, |_| FACTOR_TOLERANCE, SMALLEST_FACTOR);
    match (by_offset, by_factor) {
        (offset, Some((factor, members))) if offset.as_ref().is_none_or(|(_, of)| of.len() < members.len()) => {
            Some((Shift::Factor(factor.exp_m1()), members))
        }
        (offset, _) => offset.map(|(offset, members)| (Shift::Offset(offset), members)),
    }
}

/// The largest set whose values lie within `room` of their middle, all of one sign and none smaller than `smallest`: its
/// median, and the places of its members. Of equally large ones the closest.
fn alike(
    moved: &mut [Moved],
    value: impl Fn(&Moved) -> f64,
    room: impl Fn(f64) -> f64,
    smallest: f64,
) -> Option<(f64, Vec<usize>)> {
    moved.sort_by(|a, b| value(a).total_cmp(&value(b)));
    let mut best: Option<(usize, usize)> = None;
    let mut from = 0;
    for to in 0..moved.len() {
        let last = value(&moved[to]);
        let fits = |first: f64| {
            let one_sign = (first < 0.0) == (last < 0.0);
            one_sign && last - first <= 2.0 * room(f64::midpoint(first, last))
        };
        while !fits(value(&moved[from])) {
            from += 1;
        }
        let spread = |(from, to): (usize, usize)| value(&moved[to]) - value(&moved[from]);
        let better = |(first, end): (usize, usize)| {
            let (size, other) = (to - from, end - first);
            size > other || (size == other && spread((from, to)) < spread((first, end)))
        };
        let large = value(&moved[from]).abs().min(last.abs()) >= smallest;
        if large && best.is_none_or(better) {
            best = Some((from, to));
        }
    }
    let (from, to) = best?;
    let middle = value(&moved[usize::midpoint(from, to)]);
    let mut members: Vec<usize> = moved[from..=to].iter().map(|moved| moved.at).collect();
    members.sort_unstable();
    Some((middle, members))
}

#[cfg(test)]
mod tests {
    use perfgate_harness::run::Run;

    use super::*;
    use crate::compare::compare;
    use crate::compare::tests::{counted, measured, run};
    use crate::policy::Policy;

    /// What is common to benchmarks that moved from so many instructions to so many.
    fn causes(changes: &[(u64, u64)]) -> Vec<CommonCause> {
        let side = |of: fn(&(u64, u64)) -> u64| -> Run {
            let outcome = |change| counted(&[of(change), of(change)]);
            run(changes.iter().enumerate().map(|(at, c)| measured(&format!("{at:02}"), outcome(c))).collect())
        };
        let comparisons = compare(&side(|change| change.0), &side(|change| change.1), &Policy::default());
        common_causes(&comparisons)
    }

    fn by(bases: &[u64], change: impl Fn(u64) -> u64) -> Vec<(u64, u64)> {
        bases.iter().map(|&base| (base, change(base))).collect()
    }

    const BASES: [u64; 6] = [1_000, 20_000, 300_000, 4_000_000, 50_000_000, 777];

    #[test]
    fn the_same_offset_is_one_cause_whatever_the_verdicts() {
        let mut changes = by(&BASES, |base| base + 499);
        changes[2].1 += 8;
        changes.extend([(5_000, 5_000); 20]);
        changes.push((9_000, 4_000));
        let found = causes(&changes);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].shift, found[0].benchmarks.len()), (Shift::Offset(499.0), 6));
    }

    #[test]
    fn the_same_factor_is_one_cause() {
        let found = causes(&by(&BASES, |base| base * 103 / 100));
        let Shift::Factor(factor) = found[0].shift else { panic!("{found:?}") };
        assert!((factor - 0.03).abs() < 1e-3, "{factor}");
        assert!(found[0].benchmarks.len() >= 5, "{found:?}");
    }

    #[test]
    fn few_or_less_than_half_or_in_both_directions_are_not_one_cause() {
        assert!(causes(&by(&BASES[..4], |base| base + 499)).is_empty());
        let mut changes = by(&BASES, |base| base + 499);
        changes.extend((1..=7).map(|n| (10_000, 10_000 + 100 * n * n)));
        assert!(causes(&changes).is_empty());
        let mixed = BASES.iter().enumerate().map(|(at, &base)| (base, if at % 2 == 0 { base + 1 } else { base - 1 }));
        assert!(causes(&mixed.collect::<Vec<_>>()).is_empty());
        assert!(causes(&[(1_000, 1_000); 9]).is_empty());
    }

    #[test]
    fn an_offset_of_one_instruction_and_one_downwards_are_found() {
        assert_eq!(causes(&by(&BASES, |base| base + 1))[0].shift, Shift::Offset(1.0));
        assert_eq!(causes(&by(&BASES, |base| base - 40))[0].shift, Shift::Offset(-40.0));
    }
}
