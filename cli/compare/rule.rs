//! The rule for counters: from the figures of both sides to a change with its noise, and from that to a verdict.

use crate::comparison::{Change, Class, Estimate, Region, Verdict};
use crate::policy::Limits;

/// Instructions per iteration below which a figure counts as this many. A benchmark that was optimised away, or whose
/// cost does not depend on the iterations, counts zero, and nothing can be compared with zero as a ratio. Code that runs
/// once per iteration is at least one instruction, so that half of one is below anything real.
pub(super) const FLOOR: f64 = 0.5;

/// Range between processes, as a logarithm, assumed of a side of which only one process was counted: the most that five
/// processes of one benchmark were seen to differ by, 3.3 %, in one that draws its input from the system's entropy.
const UNKNOWN_RANGE: f64 = 0.033;

/// Noise half-width over the range of five processes, without a history to learn the noise from.
const HALF_WIDTH_PER_RANGE: f64 = 3.0;

/// Processes that the half-width is defined for.
const DEFINED_FOR: usize = 5;

/// Expected range of n normal draws in standard deviations, n from 2: the constant d₂ of control charts
/// (ISO 7870-2, table of factors). Used only to bring the range of another number of processes to that of five.
const EXPECTED_RANGE: [f64; 8] = [1.128, 1.693, 2.059, 2.326, 2.534, 2.704, 2.847, 2.970];

/// Rounding that a comparison of logarithms forgives. Two sums in doubles are off by 1e-15; a change of one instruction in
/// a trillion is more than this.
const ROUNDING: f64 = 1e-12;

/// The change between two sides, each of at least one figure.
///
/// D = ln(median of the candidate / median of the baseline). The class is exact if each side has two processes or more
/// and each side's agree to the instruction; then the half-width h is zero. Otherwise h = 3 · the larger range of the
/// two sides in log units, for five processes a side (`docs/how-it-decides.md`); see [`half_width`] for other numbers.
pub(super) fn change(baseline: &[f64], candidate: &[f64], region: Region) -> Change {
    let (baseline, candidate) = (estimate(baseline), estimate(candidate));
    let exact = [baseline, candidate].iter().all(|side| side.repeats > 1 && side.min == side.max);
    let half_width = if exact { 0.0 } else { half_width(&baseline).max(half_width(&candidate)) };
    let class = if exact { Class::Exact } else { Class::Jittery };
    Change { log_ratio: log_ratio(baseline.median, candidate.median), baseline, candidate, half_width, class, region }
}

/// Median and range of a side's figures.
pub(super) fn estimate(values: &[f64]) -> Estimate {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match sorted.as_slice() {
        [] => 0.0,
        sorted if sorted.len() % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        sorted => sorted[middle],
    };
    let (min, max) = (sorted.first().copied().unwrap_or(0.0), sorted.last().copied().unwrap_or(0.0));
    Estimate { median, min, max, repeats: sorted.len() }
}

/// The verdict on a change: a regression if the noise cannot explain a slowdown beyond the limit, unchanged if the noise
/// cannot hide one beyond what must be excluded, and inconclusive otherwise. An exact change has no noise and is never
/// inconclusive.
pub(super) fn verdict(change: &Change, limits: &Limits) -> Verdict {
    let (limit, exclude) = (limits.limit.ln_1p(), limits.exclude.ln_1p());
    let (low, high) = (change.log_ratio - change.half_width, change.log_ratio + change.half_width);
    if low > limit + ROUNDING {
        Verdict::Regression
    } else if high < -limit - ROUNDING {
        Verdict::Improvement
    } else if change.class == Class::Exact || high < exclude - ROUNDING {
        Verdict::Unchanged
    } else {
        Verdict::Inconclusive
    }
}

/// ln(to / from), exactly antisymmetric, and exact to the last digit for the smallest changes.
fn log_ratio(from: f64, to: f64) -> f64 {
    let (from, to) = (from.max(FLOOR), to.max(FLOOR));
    if to >= from { ((to - from) / from).ln_1p() } else { -((from - to) / to).ln_1p() }
}

/// The noise half-width that one side's range calls for: 3 · range for five processes.
///
/// Fewer processes show less of the range there is, and their median is less sure; more of them the other way round.
/// So the range is brought to that of five by the ratio of the expected ranges, and h shrinks with √n as the median's own
/// error does. That makes h wide for two processes (9.8 · range, since two draws are often close by chance) and makes
/// it worth counting up to nine (1.8 · range). Beyond nine it stays: ranges of real counts are not those of normal draws.
fn half_width(side: &Estimate) -> f64 {
    let range = log_ratio(side.min, side.max);
    let (range, processes) = match side.repeats {
        0 | 1 => (UNKNOWN_RANGE, 1),
        n => {
            let n = n.min(EXPECTED_RANGE.len() + 1);
            (range * EXPECTED_RANGE[DEFINED_FOR - 2] / EXPECTED_RANGE[n - 2], n)
        }
    };
    HALF_WIDTH_PER_RANGE * range * (DEFINED_FOR as f64 / processes as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { limit: 0.005, exclude: 0.02 };

    fn judged(baseline: &[f64], candidate: &[f64]) -> (Verdict, Class) {
        let change = change(baseline, candidate, Region::Timed);
        (verdict(&change, &LIMITS), change.class)
    }

    /// A change of so much with so much noise.
    fn verdict_of(log_ratio: f64, half_width: f64) -> Verdict {
        let mut change = change(&[100.0, 101.0], &[100.0, 101.0], Region::Timed);
        (change.log_ratio, change.half_width) = (log_ratio, half_width);
        verdict(&change, &LIMITS)
    }

    #[test]
    fn exact_counts_are_judged_to_the_instruction() {
        assert_eq!(judged(&[1000.0; 2], &[1000.0; 2]), (Verdict::Unchanged, Class::Exact));
        assert_eq!(judged(&[1e6; 2], &[1_005_000.0; 2]), (Verdict::Unchanged, Class::Exact));
        assert_eq!(judged(&[1e6; 2], &[1_005_001.0; 2]), (Verdict::Regression, Class::Exact));
        assert_eq!(judged(&[1_005_000.0; 2], &[1e6; 2]), (Verdict::Unchanged, Class::Exact));
        assert_eq!(judged(&[1_005_001.0; 2], &[1e6; 2]), (Verdict::Improvement, Class::Exact));
    }

    #[test]
    fn one_instruction_in_a_billion_is_visible_though_allowed() {
        let change = change(&[1e9; 2], &[1e9 + 1.0; 2], Region::Timed);
        assert!((change.fraction() - 1e-9).abs() < 1e-15);
        assert_eq!(verdict(&change, &LIMITS), Verdict::Unchanged);
    }

    #[test]
    fn an_exact_change_is_never_inconclusive_even_where_limit_and_exclude_meet() {
        let limits = Limits { limit: 0.005, exclude: 0.005 };
        let at = change(&[1000.0; 2], &[1005.0; 2], Region::Timed);
        assert_eq!(verdict(&at, &limits), Verdict::Unchanged);
    }

    #[test]
    fn noise_decides_between_the_verdicts_at_each_boundary() {
        let (limit, exclude, h) = (0.005_f64.ln_1p(), 0.02_f64.ln_1p(), 0.003);
        let step = 1e-9;
        assert_eq!(verdict_of(limit + h + step, h), Verdict::Regression);
        assert_eq!(verdict_of(limit + h - step, h), Verdict::Unchanged);
        assert_eq!(verdict_of(exclude, exclude - limit + step), Verdict::Inconclusive);
        let h = 0.01;
        assert_eq!(verdict_of(exclude - h - step, h), Verdict::Unchanged);
        assert_eq!(verdict_of(exclude - h + step, h), Verdict::Inconclusive);
        assert_eq!(verdict_of(-limit - h - step, h), Verdict::Improvement);
        assert_eq!(verdict_of(-limit - h + step, h), Verdict::Unchanged);
        assert_eq!(verdict_of(-0.05, 0.08), Verdict::Inconclusive);
    }

    #[test]
    fn the_half_width_is_three_ranges_for_five_processes() {
        let baseline = [1000.0, 1001.0, 1000.0, 1000.0, 1000.0];
        let candidate = [1000.0, 1003.0, 1001.0, 1002.0, 1001.0];
        let change = change(&baseline, &candidate, Region::Timed);
        assert!((change.half_width - 3.0 * 1.003_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn two_processes_say_less_than_five_and_nine_say_more() {
        let width = |n: usize| {
            let mut side = vec![1000.0; n];
            side[0] = 1001.0;
            change(&side, &[1000.0; 9], Region::Timed).half_width / 1.001_f64.ln()
        };
        assert!((width(2) - 9.78).abs() < 0.01, "{}", width(2));
        assert!((width(9) - 1.75).abs() < 0.01, "{}", width(9));
        assert_eq!(width(9), width(30));
    }

    #[test]
    fn a_single_process_is_never_exact_and_decides_only_gross_changes() {
        assert_eq!(judged(&[1000.0], &[1000.0; 2]), (Verdict::Inconclusive, Class::Jittery));
        assert_eq!(judged(&[1000.0], &[1100.0]), (Verdict::Inconclusive, Class::Jittery));
        assert_eq!(judged(&[1000.0; 2], &[2000.0]), (Verdict::Regression, Class::Jittery));
    }

    #[test]
    fn a_side_of_no_instructions_is_compared_with_half_of_one() {
        assert_eq!(judged(&[0.0; 2], &[0.0; 2]), (Verdict::Unchanged, Class::Exact));
        assert_eq!(judged(&[0.0; 2], &[1.0; 2]), (Verdict::Regression, Class::Exact));
        assert_eq!(judged(&[3.0; 2], &[0.0; 2]), (Verdict::Improvement, Class::Exact));
        assert_eq!(change(&[0.0; 2], &[1.0; 2], Region::Whole).log_ratio, 2.0_f64.ln());
    }

    #[test]
    fn the_median_of_an_even_number_is_the_middle_of_the_two() {
        let estimate = estimate(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!((estimate.median, estimate.min, estimate.max, estimate.repeats), (2.5, 1.0, 4.0, 4));
    }
}
