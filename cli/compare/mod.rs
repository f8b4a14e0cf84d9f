//! Judges two runs: measurements of both sides and a policy go in, one verdict per benchmark comes out, those that need
//! attention first. Pure code: the same runs give the same verdicts anywhere.

mod cause;
mod figure;
mod label;
mod metrics;
mod note;
mod pair;
mod rule;
mod seeds;
mod shared;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod properties;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use perfgate_harness::benchmark::BenchmarkId;
use perfgate_harness::run::Run;

pub use self::shared::common_causes;
use crate::comparison::{Change, Class, Comparison, Verdict};
use crate::policy::Policy;

/// Processes a side that a jittery benchmark is first judged by.
const REPEATS_JITTERY: usize = 5;

/// Processes a side after which an inconclusive benchmark stays so.
const REPEATS_MOST: usize = 9;

/// Judges every benchmark that either run holds.
///
/// Ordered by how much attention they need: failed, regressions (those with a say in the gate first, largest first),
/// inconclusive, improvements (largest first), new, removed, unchanged; then by label.
///
/// Where the machines of the two runs differ, what the libraries of the system executed is not judged: the machine chooses
/// it, and not the change.
#[must_use]
pub fn compare(baseline: &Run, candidate: &Run, policy: &Policy) -> Vec<Comparison> {
    let apart = !baseline.machine.differences(&candidate.machine).is_empty();
    let pairs = pair::pairs(baseline, candidate);
    let labels = label::labels(pairs.iter().map(pair::Pair::id));
    let mut comparisons: Vec<Comparison> =
        pairs.iter().zip(labels).map(|(pair, label)| pair.judge(label, policy, apart)).collect();
    comparisons.sort_by(attention);
    comparisons
}

/// The benchmarks of which counting more processes would tell more, in the order of the comparisons: see
/// [`repeats_wanted`].
#[must_use]
pub fn undecided(comparisons: &[Comparison]) -> Vec<BenchmarkId> {
    comparisons.iter().filter(|c| repeats_wanted(c).is_some()).map(|c| c.id.clone()).collect()
}

/// How many repeats a side a benchmark should be counted in before it is judged for good; `None` if it has enough.
///
/// Two for one that was counted once; five for one in which the code alone does not explain the difference, or in which it is a small
/// regression that chance may have a part in; nine for one
/// that is inconclusive still. Only the metrics that gate are worth it.
#[must_use]
pub fn repeats_wanted(comparison: &Comparison) -> Option<usize> {
    let main = comparison.in_metric(comparison.metric);
    let gating = comparison.further.iter().filter(|further| !further.advisory).copied();
    main.into_iter().chain(gating).filter_map(|judged| more(judged.verdict, &judged.change)).max()
}

fn more(verdict: Verdict, change: &Change) -> Option<usize> {
    /// The most that seeds were seen to move a benchmark by, and some more, as a logarithm. A benchmark with few possible
    /// counts may show one of them twice by chance, and an edit elsewhere another: a failure is worth three more looks.
    const SEEDS_MAY: f64 = 0.05;
    match change.baseline.repeats.min(change.candidate.repeats) {
        n if n < REPEATS_JITTERY && verdict == Verdict::Regression && change.log_ratio < SEEDS_MAY => {
            Some(REPEATS_JITTERY)
        }
        _ if change.class == Class::Exact => None,
        0 | 1 => Some(2),
        n if n < REPEATS_JITTERY => Some(REPEATS_JITTERY),
        n if n < REPEATS_MOST && verdict == Verdict::Inconclusive => Some(REPEATS_MOST),
        _ => None,
    }
}

/// Which of two comparisons needs attention first.
fn attention(a: &Comparison, b: &Comparison) -> Ordering {
    let rank = |c: &Comparison| match c.verdict {
        Verdict::Failed => 0,
        Verdict::Regression if !c.advisory => 1,
        Verdict::Regression => 2,
        Verdict::Inconclusive => 3,
        Verdict::Improvement => 4,
        Verdict::New => 5,
        Verdict::Removed => 6,
        Verdict::Unchanged => 7,
    };
    let size = |c: &Comparison| match (c.verdict, &c.change) {
        (Verdict::Regression | Verdict::Improvement, Some(change)) => change.log_ratio.abs(),
        _ => 0.0,
    };
    rank(a).cmp(&rank(b)).then_with(|| size(b).total_cmp(&size(a))).then_with(|| a.label.cmp(&b.label))
}
