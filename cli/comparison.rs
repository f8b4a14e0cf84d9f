//! The judgement of one benchmark: what both sides counted, how sure that is, and the verdict.

use perfgate_harness::benchmark::{BenchmarkId, Framework};
use perfgate_harness::metric::Metric;
use perfgate_harness::run::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::Limits;

/// What was concluded about a benchmark.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A slowdown beyond the limit is shown.
    Regression,
    /// A speed-up beyond the limit is shown.
    Improvement,
    /// A slowdown that matters is ruled out.
    Unchanged,
    /// Neither: the noise is larger than the question.
    Inconclusive,
    /// Only the candidate has it.
    New,
    /// Only the baseline has it.
    Removed,
    /// It could not be measured on at least one side.
    Failed,
}

/// How repeatable the counts are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Every repeat on either side gave the same count to the instruction.
    Exact,
    /// Repeats differed.
    Jittery,
}

/// What a verdict stands on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// What was counted, or the failure to.
    #[default]
    Counts,
    /// Both sides' executables are the same in all that can matter: nothing had to be counted.
    SameCode,
    /// Nothing: the time that was given was up before the benchmark's turn came.
    OutOfTime,
}

/// What one side counted.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Estimate {
    /// Median over the repeats, per iteration.
    pub median: f64,
    /// Smallest repeat, per iteration.
    pub min: f64,
    /// Largest repeat, per iteration.
    pub max: f64,
    /// Processes counted.
    pub repeats: usize,
}

/// What the counts cover.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Exactly what the framework times.
    Timed,
    /// The framework's whole measuring function, set-up and drops included.
    Whole,
}

/// The change between two sides that were both counted. Logarithms are natural, of candidate over baseline.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Change {
    /// Baseline counts.
    pub baseline: Estimate,
    /// Candidate counts.
    pub candidate: Estimate,
    /// ln(candidate median / baseline median).
    pub log_ratio: f64,
    /// Noise half-width h of `log_ratio`: zero for the exact class.
    pub half_width: f64,
    /// How repeatable the counts are.
    pub class: Class,
    /// What they cover.
    pub region: Region,
}

impl Change {
    /// The change as a fraction of the baseline: 0.062 for 6.2 % more.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        self.log_ratio.exp_m1()
    }

    /// The smallest and the largest change that the noise allows, as fractions of the baseline.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        ((self.log_ratio - self.half_width).exp_m1(), (self.log_ratio + self.half_width).exp_m1())
    }
}

/// What happened on one side that kept it from being counted.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SideFailure {
    /// `baseline` or `candidate`.
    pub side: Side,
    /// What happened.
    pub failure: Failure,
}

/// One of the two sides of a comparison.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// What the change is measured against.
    Baseline,
    /// The change.
    Candidate,
}

/// The judgement of one benchmark in one metric.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Comparison {
    /// The benchmark.
    pub id: BenchmarkId,
    /// What a person calls it here: `target::name`, or with the package where that is ambiguous.
    pub label: String,
    /// Its framework.
    pub framework: Framework,
    /// Source file of the bench target, relative to the repository root.
    pub source: String,
    /// What was compared.
    pub metric: Metric,
    /// The conclusion.
    pub verdict: Verdict,
    /// What it stands on.
    pub basis: Basis,
    /// The limits it was judged by.
    pub limits: Limits,
    /// Whether it has no say in the gate.
    pub advisory: bool,
    /// Both counts, where both sides were counted.
    pub change: Option<Change>,
    /// The only count there is, for a new or removed benchmark.
    pub single: Option<Estimate>,
    /// Failures, baseline first.
    pub failures: Vec<SideFailure>,
    /// Things a person should know about the counts, whole sentences: threads, a whole-call region, few calls.
    pub notes: Vec<String>,
}
