//! The rule for counters: from the figures of both sides to a change with its noise, and from that to a verdict.

use perfgate_harness::metric::Metric;

use super::seeds::Group;
use crate::comparison::{Change, Class, Estimate, Region, Verdict};
use crate::policy::Limits;

/// Below so many per iteration a figure counts as this many: nothing can be compared with zero as a ratio.
///
/// Half an instruction: a benchmark that was optimised away, or whose cost does not depend on the iterations, counts zero,
/// and code that runs once per iteration is at least one. Half an allocation likewise, and half a byte. Of simulated
/// misses ten: so few come and go with where the linker puts the code.
pub(super) fn floor(metric: Metric) -> f64 {
    match metric {
        Metric::L1Misses | Metric::LlMisses | Metric::BranchMisses => 10.0,
        _ => 0.5,
    }
}

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

/// Half-width above which a benchmark is called unstable: the noise alone is as large as the limit.
const UNSTABLE: f64 = 0.005;

/// Range of the differences, as a logarithm, that cannot be seen: 0.01 % is the finest that any report shows.
const INVISIBLE: f64 = 1e-4;

/// What a change is computed from.
#[derive(Clone, Copy)]
pub(super) struct Counts<'a> {
    /// One figure per repeat of the baseline, at least one.
    pub(super) baseline: &'a [f64],
    /// One figure per repeat of the candidate, at least one.
    pub(super) candidate: &'a [f64],
    /// Which of them started alike.
    pub(super) groups: &'a [Group],
    /// Repeats a side that it takes to believe that they agree: two, or more where it is known that they may not.
    pub(super) enough: usize,
    /// See [`floor`].
    pub(super) floor: f64,
    /// What they cover.
    pub(super) region: Region,
}

/// The change between two sides.
///
/// Repeats that started from the same seeds differ by the code alone, so that each group of them has a difference of its
/// own, d = ln(median of the candidate's / median of the baseline's), and D is the median of those. Of a single group, as
/// where the repeats cannot be paired, that is the ratio of the sides' medians.
///
/// The class is exact if no group is at odds with itself, on either side, and all have the same difference to the
/// instruction: then the half-width h is zero. Otherwise h = 3 · range for five repeats (see [`half_width`]), where the
/// range is the largest of that of the differences and those of the sides within a group, in log units.
pub(super) fn change(counts: &Counts<'_>) -> Change {
    let groups: Vec<[Estimate; 2]> = counts.groups.iter().map(|group| counts.of(group)).collect();
    // As the differences are: seeds that came twice have no more weight than others.
    let side = |figures: &[f64], side: usize| {
        let medians: Vec<f64> = groups.iter().map(|group| group[side].median).collect();
        Estimate { median: estimate(&medians).median, ..estimate(figures) }
    };
    let (baseline, candidate) = (side(counts.baseline, 0), side(counts.candidate, 1));
    let differences: Vec<f64> =
        groups.iter().map(|[base, cand]| log_ratio(base.median, cand.median, counts.floor)).collect();
    let difference = estimate(&differences);
    let apart = difference.max - difference.min;
    let more = |[base, cand]: &[Estimate; 2]| cand.median.max(counts.floor) - base.median.max(counts.floor);
    let first = groups.first().map_or(0.0, more);
    let steady = groups.iter().all(|sides @ [base, cand]| {
        let same = (more(sides) - first).abs() <= ROUNDING * base.median.max(cand.median);
        same && sides.iter().all(|side| log_ratio(side.min, side.max, counts.floor) == 0.0)
    });
    let repeats = baseline.repeats.min(candidate.repeats);
    let exact = steady && apart <= INVISIBLE && repeats >= counts.enough.max(2);
    let within = |side: usize, repeats: usize| {
        let ranges = groups.iter().map(|group| log_ratio(group[side].min, group[side].max, counts.floor));
        half_width(ranges.fold(0.0, f64::max), repeats)
    };
    let half_width = if exact {
        0.0
    } else {
        let between = if groups.len() > 1 { half_width(apart, groups.len()) } else { 0.0 };
        between.max(within(0, baseline.repeats)).max(within(1, candidate.repeats))
    };
    let class = match half_width {
        _ if exact => Class::Exact,
        h if h > UNSTABLE => Class::Unstable,
        _ => Class::Jittery,
    };
    let region = counts.region;
    Change { baseline, candidate, log_ratio: difference.median, half_width, class, cause: None, region, system: None }
}

impl Counts<'_> {
    /// What both sides counted in a group.
    fn of(&self, group: &Group) -> [Estimate; 2] {
        [(self.baseline, &group.baseline), (self.candidate, &group.candidate)].map(|(figures, indices)| {
            estimate(&indices.iter().filter_map(|&at| figures.get(at).copied()).collect::<Vec<_>>())
        })
    }
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
pub(super) fn log_ratio(from: f64, to: f64, floor: f64) -> f64 {
    let (from, to) = (from.max(floor), to.max(floor));
    if to >= from { ((to - from) / from).ln_1p() } else { -((from - to) / to).ln_1p() }
}

/// The noise half-width that a range of so many repeats calls for: 3 · range for five.
///
/// Fewer repeats show less of the range there is, and their median is less sure; more of them the other way round.
/// So the range is brought to that of five by the ratio of the expected ranges, and h shrinks with √n as the median's own
/// error does. That makes h wide for two repeats (9.8 · range, since two draws are often close by chance) and makes
/// it worth counting up to nine (1.8 · range). Beyond nine it stays: ranges of real counts are not those of normal draws.
fn half_width(range: f64, repeats: usize) -> f64 {
    let (range, repeats) = match repeats {
        0 | 1 => (UNKNOWN_RANGE, 1),
        n => {
            let n = n.min(EXPECTED_RANGE.len() + 1);
            (range * EXPECTED_RANGE[DEFINED_FOR - 2] / EXPECTED_RANGE[n - 2], n)
        }
    };
    HALF_WIDTH_PER_RANGE * range * (DEFINED_FOR as f64 / repeats as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { limit: 0.005, exclude: 0.02 };

    /// The change by groups of indices, which are the same on both sides.
    fn paired(baseline: &[f64], candidate: &[f64], groups: &[&[usize]]) -> Change {
        let group = |indices: &&[usize]| Group { baseline: indices.to_vec(), candidate: indices.to_vec() };
        let groups: Vec<Group> = groups.iter().map(group).collect();
        super::change(&Counts { baseline, candidate, groups: &groups, enough: 2, floor: 0.5, region: Region::Timed })
    }

    /// The change of sides of which nothing is known of what started like what.
    fn change(baseline: &[f64], candidate: &[f64]) -> Change {
        let all = Group { baseline: (0..baseline.len()).collect(), candidate: (0..candidate.len()).collect() };
        let (groups, region) = (&[all], Region::Timed);
        super::change(&Counts { baseline, candidate, groups, enough: 2, floor: 0.5, region })
    }

    fn judged(baseline: &[f64], candidate: &[f64]) -> (Verdict, Class) {
        let change = change(baseline, candidate);
        (verdict(&change, &LIMITS), change.class)
    }

    /// A change of so much with so much noise.
    fn verdict_of(log_ratio: f64, half_width: f64) -> Verdict {
        let mut change = change(&[100.0, 101.0], &[100.0, 101.0]);
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
        let change = change(&[1e9; 2], &[1e9 + 1.0; 2]);
        assert!((change.fraction() - 1e-9).abs() < 1e-15);
        assert_eq!(verdict(&change, &LIMITS), Verdict::Unchanged);
    }

    #[test]
    fn an_exact_change_is_never_inconclusive_even_where_limit_and_exclude_meet() {
        let limits = Limits { limit: 0.005, exclude: 0.005 };
        let at = change(&[1000.0; 2], &[1005.0; 2]);
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
        let change = change(&baseline, &candidate);
        assert!((change.half_width - 3.0 * 1.003_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn two_processes_say_less_than_five_and_nine_say_more() {
        let width = |n: usize| {
            let mut side = vec![1000.0; n];
            side[0] = 1001.0;
            change(&side, &[1000.0; 9]).half_width / 1.001_f64.ln()
        };
        assert!((width(2) - 9.78).abs() < 0.01, "{}", width(2));
        assert!((width(9) - 1.75).abs() < 0.01, "{}", width(9));
        assert_eq!(width(9), width(30));
    }

    #[test]
    fn a_single_process_is_never_exact_and_decides_only_gross_changes() {
        assert_eq!(judged(&[1000.0], &[1000.0; 2]), (Verdict::Inconclusive, Class::Unstable));
        assert_eq!(judged(&[1000.0], &[1100.0]), (Verdict::Inconclusive, Class::Unstable));
        assert_eq!(judged(&[1000.0; 2], &[2000.0]), (Verdict::Regression, Class::Unstable));
    }

    #[test]
    fn a_side_of_no_instructions_is_compared_with_half_of_one() {
        assert_eq!(judged(&[0.0; 2], &[0.0; 2]), (Verdict::Unchanged, Class::Exact));
        assert_eq!(judged(&[0.0; 2], &[1.0; 2]), (Verdict::Regression, Class::Exact));
        assert_eq!(judged(&[3.0; 2], &[0.0; 2]), (Verdict::Improvement, Class::Exact));
        assert_eq!(change(&[0.0; 2], &[1.0; 2]).log_ratio, 2.0_f64.ln());
    }

    #[test]
    fn the_median_of_an_even_number_is_the_middle_of_the_two() {
        let estimate = estimate(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!((estimate.median, estimate.min, estimate.max, estimate.repeats), (2.5, 1.0, 4.0, 4));
    }

    #[test]
    fn code_that_did_not_change_is_exact_though_its_counts_depend_on_the_seeds() {
        let same = paired(&[1000.0, 1010.0], &[1000.0, 1010.0], &[&[0], &[1]]);
        assert_eq!((same.log_ratio, same.half_width, same.class), (0.0, 0.0, Class::Exact));
        // Unpaired, the same counts say nothing.
        assert_eq!(change(&[1000.0, 1010.0], &[1000.0, 1010.0]).class, Class::Unstable);
    }

    #[test]
    fn a_change_by_the_same_factor_for_all_seeds_is_tight() {
        let change = paired(&[1000.0, 1010.0], &[1100.0, 1111.0], &[&[0], &[1]]);
        assert!((change.fraction() - 0.1).abs() < 1e-12 && change.half_width < 1e-12, "{change:?}");
        assert_eq!(verdict(&change, &LIMITS), Verdict::Regression);
    }

    #[test]
    fn a_change_by_the_same_instructions_for_all_seeds_is_exact_while_that_is_no_visible_difference() {
        let exact = paired(&[1e6, 1.01e6], &[1e6 + 5000.0, 1.01e6 + 5000.0], &[&[0], &[1]]);
        assert_eq!((exact.class, exact.half_width), (Class::Exact, 0.0));
        let apart = paired(&[1000.0, 2000.0], &[1010.0, 2010.0], &[&[0], &[1]]);
        assert_eq!(apart.class, Class::Unstable);
    }

    #[test]
    fn an_edit_that_disturbs_how_the_seeds_act_has_the_noise_of_the_differences() {
        let groups: [&[usize]; 5] = [&[0], &[1], &[2], &[3], &[4]];
        let change = paired(&[1000.0; 5], &[1000.0, 1001.0, 1002.0, 1000.0, 1001.0], &groups);
        assert!((change.half_width - 3.0 * 1.002_f64.ln()).abs() < 1e-12);
        assert!((change.log_ratio - 1.001_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_control_that_differs_is_noise_though_the_differences_agree() {
        let groups: [&[usize]; 2] = [&[0, 2], &[1]];
        let change = paired(&[1000.0, 1001.0, 1002.0], &[1000.0, 1001.0, 1002.0], &groups);
        assert_eq!(change.log_ratio, 0.0);
        let three = 3.0 * 1.002_f64.ln() * 2.326 / 1.693 * (5.0_f64 / 3.0).sqrt();
        assert!((change.half_width - three).abs() < 1e-12, "{}", change.half_width);
    }

    #[test]
    fn what_may_agree_by_chance_must_agree_more_often() {
        let group = Group { baseline: vec![0, 1], candidate: vec![0, 1] };
        let sides = [1000.0, 1000.0];
        let of = |enough| {
            let (groups, region) = (std::slice::from_ref(&group), Region::Timed);
            super::change(&Counts { baseline: &sides, candidate: &sides, groups, enough, floor: 0.5, region })
        };
        assert_eq!((of(2).class, of(5).class, of(5).half_width), (Class::Exact, Class::Jittery, 0.0));
    }
}
