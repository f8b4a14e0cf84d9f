//! The judged result of a check: every comparison and explanation, and what the gate makes of them.

use perfgate_harness::benchmark::UnmeasuredTarget;
use perfgate_harness::machine::Machine;
use perfgate_harness::run::{Cost, Revision, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::comparison::{Basis, CommonCause, Comparison, Verdict};
use crate::explanation::Explanation;
use crate::policy::OnInconclusive;

/// Version of `report.json`.
pub const REPORT_FORMAT: u32 = 1;

/// What the gate says of the whole change.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// No regression, nothing failed.
    Passed,
    /// At least one regression in a benchmark that has a say, or an inconclusive one where the policy says so.
    Regressed,
    /// A benchmark or a bench target could not be measured.
    Broken,
    /// There was nothing to measure.
    Nothing,
}

/// One benchmark in the report.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Entry {
    /// The judgement.
    pub comparison: Comparison,
    /// Why it changed, where it did.
    pub explanation: Option<Explanation>,
}

/// How many benchmarks got each verdict.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Counts {
    /// Regressions with a say in the gate.
    pub regressions: usize,
    /// Regressions without.
    pub advisory_regressions: usize,
    /// Improvements.
    pub improvements: usize,
    /// Unchanged.
    pub unchanged: usize,
    /// Of these, the ones that are so by construction: their executable is the same on both sides, and was not run.
    pub same_code: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Only in the candidate.
    pub new: usize,
    /// Only in the baseline.
    pub removed: usize,
    /// Could not be measured.
    pub failed: usize,
}

/// What `report.json` holds, and all that a report in any format is drawn from.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Report {
    /// Version of this format: [`REPORT_FORMAT`].
    pub format: u32,
    /// What the gate says.
    pub gate: Gate,
    /// How many benchmarks got each verdict.
    pub counts: Counts,
    /// What was measured against.
    pub baseline: Revision,
    /// What was measured.
    pub candidate: Revision,
    /// Where the candidate was measured.
    pub machine: Machine,
    /// In what the machines of the two sides differ; empty when both were measured here.
    pub machine_differences: Vec<String>,
    /// What moved many of the benchmarks alike. It changes no verdict.
    pub common: Vec<CommonCause>,
    /// The benchmarks: those that need attention first.
    pub entries: Vec<Entry>,
    /// Bench targets of which nothing could be measured.
    pub unmeasured: Vec<UnmeasuredTarget>,
    /// What it cost, both sides together.
    pub cost: Cost,
    /// The command that gives this verdict again.
    pub reproduce: String,
}

impl Report {
    /// Draws the sum of two runs and what was concluded from them. `reproduce` is the command that gives the same verdict.
    #[must_use]
    pub fn new(
        baseline: &Run,
        candidate: &Run,
        entries: Vec<Entry>,
        common: Vec<CommonCause>,
        on_inconclusive: OnInconclusive,
        reproduce: String,
    ) -> Self {
        let comparisons: Vec<&Comparison> = entries.iter().map(|entry| &entry.comparison).collect();
        let unmeasured = joined(&baseline.unmeasured, &candidate.unmeasured);
        let (gate, counts) = gate(&comparisons, &unmeasured, on_inconclusive);
        let differences = baseline.machine.differences(&candidate.machine);
        Self {
            format: REPORT_FORMAT,
            gate,
            counts,
            baseline: baseline.revision.clone(),
            candidate: candidate.revision.clone(),
            machine: candidate.machine.clone(),
            machine_differences: differences.into_iter().map(str::to_owned).collect(),
            common,
            entries,
            unmeasured,
            cost: baseline.cost.plus(&candidate.cost),
            reproduce,
        }
    }
}

/// Unmeasured targets of the candidate, and those of the baseline that are fine there: a target that both sides leave out
/// is named once.
fn joined(baseline: &[UnmeasuredTarget], candidate: &[UnmeasuredTarget]) -> Vec<UnmeasuredTarget> {
    let same = |one: &UnmeasuredTarget, other: &UnmeasuredTarget| {
        (&one.package, &one.target) == (&other.package, &other.target)
    };
    let only_before = baseline.iter().filter(|one| !candidate.iter().any(|other| same(one, other)));
    let only_before = only_before
        .map(|target| UnmeasuredTarget { reason: format!("at the baseline, {}", target.reason), ..target.clone() });
    candidate.iter().cloned().chain(only_before).collect()
}

/// What the gate makes of the comparisons, and how many benchmarks got each verdict.
///
/// A regression wins over a breakage, because it was shown; a breakage wins over an inconclusive result that the policy
/// counts as a failure, because nothing was shown there. A benchmark that is advisory has no say in its limits; that it
/// can be measured at all is no question of limits, and one that cannot breaks the gate like any other.
#[must_use]
pub fn gate(
    comparisons: &[&Comparison],
    unmeasured: &[UnmeasuredTarget],
    on_inconclusive: OnInconclusive,
) -> (Gate, Counts) {
    let mut counts = Counts::default();
    for comparison in comparisons {
        let count = match comparison.verdict {
            Verdict::Regression if comparison.advisory => &mut counts.advisory_regressions,
            Verdict::Regression => &mut counts.regressions,
            Verdict::Improvement => &mut counts.improvements,
            Verdict::Unchanged => &mut counts.unchanged,
            Verdict::Inconclusive => &mut counts.inconclusive,
            Verdict::New => &mut counts.new,
            Verdict::Removed => &mut counts.removed,
            Verdict::Failed => &mut counts.failed,
        };
        *count += 1;
        counts.same_code += usize::from(comparison.basis == Basis::SameCode);
    }
    let doubted = || comparisons.iter().any(|c| c.verdict == Verdict::Inconclusive && !c.advisory);
    let gate = if counts.regressions > 0 {
        Gate::Regressed
    } else if counts.failed > 0 || unmeasured.iter().any(|target| target.failed) {
        Gate::Broken
    } else if comparisons.is_empty() {
        Gate::Nothing
    } else if on_inconclusive == OnInconclusive::Fail && doubted() {
        Gate::Regressed
    } else {
        Gate::Passed
    };
    (gate, counts)
}

#[cfg(test)]
mod tests {
    use perfgate_harness::benchmark::{BenchmarkId, Framework};
    use perfgate_harness::metric::Metric;

    use super::*;
    use crate::policy::Limits;

    fn refs(comparisons: &[Comparison]) -> Vec<&Comparison> {
        comparisons.iter().collect()
    }

    fn judged(verdict: Verdict) -> Comparison {
        Comparison {
            id: BenchmarkId { package: "app".into(), target: "json".into(), name: "parse".into() },
            label: "json::parse".into(),
            framework: Framework::Criterion,
            source: "benches/json.rs".into(),
            metric: Metric::Instructions,
            verdict,
            basis: Basis::Counts,
            limits: Limits::INSTRUCTIONS,
            advisory: false,
            change: None,
            further: Vec::new(),
            single: None,
            failures: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn advisory(verdict: Verdict) -> Comparison {
        Comparison { advisory: true, ..judged(verdict) }
    }

    fn target(failed: bool) -> UnmeasuredTarget {
        let (reason, help) = ("it does not compile".into(), "mend it".into());
        UnmeasuredTarget { package: "app".into(), target: "json".into(), reason, help, output: String::new(), failed }
    }

    fn of(comparisons: &[Comparison], unmeasured: &[UnmeasuredTarget]) -> Gate {
        gate(&refs(comparisons), unmeasured, OnInconclusive::Warn).0
    }

    #[test]
    fn everything_but_a_regression_and_a_failure_passes() {
        for verdict in [Verdict::Improvement, Verdict::Unchanged, Verdict::Inconclusive, Verdict::New, Verdict::Removed]
        {
            assert_eq!(of(&[judged(verdict)], &[]), Gate::Passed, "{verdict:?}");
        }
        assert_eq!(of(&[advisory(Verdict::Regression)], &[]), Gate::Passed);
    }

    #[test]
    fn slower_is_never_confused_with_broken() {
        let (slower, broken) = (judged(Verdict::Regression), judged(Verdict::Failed));
        assert_eq!(of(std::slice::from_ref(&slower), &[]), Gate::Regressed);
        assert_eq!(of(std::slice::from_ref(&broken), &[]), Gate::Broken);
        assert_eq!(of(&[broken, slower], &[target(true)]), Gate::Regressed);
        assert_eq!(of(&[advisory(Verdict::Failed)], &[]), Gate::Broken);
    }

    #[test]
    fn a_target_that_could_not_be_measured_breaks_the_gate_only_if_the_project_is_at_fault() {
        let fine = judged(Verdict::Unchanged);
        assert_eq!(of(std::slice::from_ref(&fine), &[target(true)]), Gate::Broken);
        assert_eq!(of(&[fine], &[target(false)]), Gate::Passed);
        assert_eq!(of(&[], &[target(true)]), Gate::Broken);
    }

    #[test]
    fn no_benchmark_is_nothing_and_not_a_pass() {
        assert_eq!(of(&[], &[]), Gate::Nothing);
        assert_eq!(of(&[], &[target(false)]), Gate::Nothing);
    }

    #[test]
    fn the_policy_decides_on_inconclusive_ones_that_have_a_say() {
        let strict = |comparisons: &[Comparison]| gate(&refs(comparisons), &[], OnInconclusive::Fail).0;
        assert_eq!(strict(&[judged(Verdict::Inconclusive)]), Gate::Regressed);
        assert_eq!(strict(&[advisory(Verdict::Inconclusive)]), Gate::Passed);
        assert_eq!(strict(&[judged(Verdict::Inconclusive), judged(Verdict::Failed)]), Gate::Broken);
    }

    #[test]
    fn every_benchmark_is_counted_once() {
        let comparisons = [
            judged(Verdict::Regression),
            advisory(Verdict::Regression),
            judged(Verdict::Improvement),
            Comparison { basis: Basis::SameCode, ..judged(Verdict::Unchanged) },
            judged(Verdict::Inconclusive),
            judged(Verdict::New),
            judged(Verdict::Removed),
            judged(Verdict::Failed),
        ];
        let once = Counts {
            regressions: 1,
            advisory_regressions: 1,
            improvements: 1,
            unchanged: 1,
            same_code: 1,
            inconclusive: 1,
            new: 1,
            removed: 1,
            failed: 1,
        };
        assert_eq!(gate(&refs(&comparisons), &[], OnInconclusive::Warn).1, once);
    }
}
