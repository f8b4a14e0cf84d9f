//! The words for each metric, and what is said of the metrics beside the one that a benchmark is judged by.

use perfgate_harness::metric::Metric;

use crate::comparison::{Change, Comparison, Further, Verdict};
use crate::number;

/// What is counted, after a number: `3 allocations`.
pub fn noun(metric: Metric) -> &'static str {
    match metric {
        Metric::Instructions => "instructions",
        Metric::Allocations => "allocations",
        Metric::AllocatedBytes => "allocated bytes",
        Metric::PeakHeap => "bytes of heap at the peak",
        Metric::EstimatedCycles => "estimated cycles",
        Metric::L1Misses => "L1 misses",
        Metric::LlMisses => "last-level misses",
        Metric::BranchMisses => "branch misses",
    }
}

/// What a benchmark does with it: `runs` instructions, `makes` allocations.
pub fn verb(metric: Metric) -> &'static str {
    match metric {
        Metric::Instructions => "runs",
        Metric::Allocations => "makes",
        Metric::AllocatedBytes | Metric::PeakHeap => "needs",
        Metric::EstimatedCycles => "takes",
        Metric::L1Misses | Metric::LlMisses | Metric::BranchMisses => "has",
    }
}

/// Whether a change has no percentage: one of the sides has none of what is counted.
pub fn from_or_to_nothing(change: &Change, metric: Metric) -> bool {
    // Of instructions less than half of one is a benchmark that was optimised away, and a note says so.
    metric != Metric::Instructions && change.baseline.median.min(change.candidate.median) < 0.5
}

/// Both counts, to compare by eye. Allocations are mostly few and whole: `3`, and not `3.00`.
pub fn pair(change: &Change, metric: Metric) -> (String, String) {
    let (baseline, candidate) = (change.baseline.median, change.candidate.median);
    let plain = |value: f64| metric != Metric::Instructions && value.fract() == 0.0 && value < 1000.0;
    let (b, c) = number::pair(baseline, candidate);
    let short = |value: f64, long: String| if plain(value) { format!("{value:.0}") } else { long };
    (short(baseline, b), short(candidate, c))
}

/// `+66.7 %`, with more digits where it would look equal to the limit; empty where there is no percentage.
pub fn by(change: &Change, metric: Metric, limit: f64) -> String {
    if from_or_to_nothing(change, metric) { String::new() } else { number::change_beside(change.fraction(), limit) }
}

/// The further metrics that moved beyond their limits, or whose noise is too large to tell where they gate.
pub fn moved(comparison: &Comparison) -> impl Iterator<Item = &Further> {
    comparison.further.iter().filter(|of| match of.verdict {
        Verdict::Unchanged => false,
        Verdict::Inconclusive => !of.advisory,
        _ => true,
    })
}

/// What the other metrics say, in one line: those that moved, and where the benchmark is judged by instructions, how often
/// it allocates; where it is not, its instructions.
pub fn beside(comparison: &Comparison) -> Option<String> {
    let companion = if comparison.metric == Metric::Instructions { Metric::Allocations } else { Metric::Instructions };
    // That nothing is allocated, as before, is no news.
    let any = |of: &Further| of.change.baseline.median.max(of.change.candidate.median) > 0.0;
    let quiet = comparison.further.iter().filter(|of| of.metric == companion && any(of));
    let quiet = quiet.filter(|of| moved(comparison).all(|moved| moved.metric != of.metric));
    let said: Vec<String> = quiet.chain(moved(comparison)).map(one).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// `3 → 5 allocations per iteration (+66.7 %, advisory)`.
pub fn one(of: &Further) -> String {
    let (baseline, candidate) = pair(&of.change, of.metric);
    let per = if of.metric == Metric::PeakHeap { "" } else { " per iteration" };
    let noun = noun(of.metric);
    if of.change.log_ratio == 0.0 && baseline == candidate {
        return format!("{baseline} {noun}{per}, as at the baseline");
    }
    let by = by(&of.change, of.metric, of.limits.limit);
    let worse = matches!(of.verdict, Verdict::Regression | Verdict::Inconclusive);
    let advisory = if of.advisory && worse { "advisory" } else { "" };
    let remark: Vec<&str> = [by.as_str(), advisory].into_iter().filter(|part| !part.is_empty()).collect();
    let remark = if remark.is_empty() { String::new() } else { format!(" ({})", remark.join(", ")) };
    format!("{baseline} → {candidate} {noun}{per}{remark}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Limits;
    use crate::report::tests::samples;

    fn of(metric: Metric, verdict: Verdict, baseline: f64, candidate: f64) -> Further {
        let change = samples::exact(baseline, candidate);
        Further { metric, verdict, limits: Limits::of(metric), advisory: true, change }
    }

    #[test]
    fn from_nothing_to_something_is_no_percentage() {
        let some = of(Metric::Allocations, Verdict::Regression, 0.0, 3.0);
        assert_eq!(one(&some), "0 → 3 allocations per iteration (advisory)");
        let gone = Further { advisory: false, ..of(Metric::AllocatedBytes, Verdict::Improvement, 48.0, 0.0) };
        assert_eq!(one(&gone), "48 → 0 allocated bytes per iteration");
        let more = of(Metric::PeakHeap, Verdict::Regression, 1000.0, 1500.0);
        assert_eq!(one(&more), "1,000 → 1,500 bytes of heap at the peak (+50.0 %, advisory)");
    }

    #[test]
    fn what_did_not_move_is_said_only_of_allocations() {
        let mut comparison = samples::regression().comparison;
        assert_eq!(beside(&comparison), None);
        comparison.further = vec![
            of(Metric::Allocations, Verdict::Unchanged, 3.0, 3.0),
            of(Metric::PeakHeap, Verdict::Unchanged, 64.0, 64.0),
            of(Metric::L1Misses, Verdict::Inconclusive, 64.0, 65.0),
        ];
        assert_eq!(beside(&comparison).as_deref(), Some("3 allocations per iteration, as at the baseline"));
        comparison.further = vec![of(Metric::Allocations, Verdict::Unchanged, 0.0, 0.0)];
        assert_eq!(beside(&comparison), None);
    }
}
