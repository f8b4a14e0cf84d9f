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

/// How repeatable a change is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Every pair of repeats that started alike gave the same difference, to the instruction.
    Exact,
    /// The differences differ, or there are too few repeats to tell.
    Jittery,
    /// They differ by so much that changes of the size that matters drown: the half-width is above 0.5 %.
    Unstable,
}

/// What makes the repeats of a benchmark differ, as far as that could be found out by varying one thing at a time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    /// Threads, and how they are scheduled.
    Threads,
    /// The time of day, which it reads.
    Clock,
    /// The processes that it starts.
    Processes,
    /// The addresses of its memory: it hashes or orders pointers, or depends on alignment.
    Addresses,
    /// Random numbers of the system: hash seeds, generators seeded from entropy.
    Randomness,
    /// What ran before it in the same process.
    Company,
    /// Something else: repeats that were alike in all that perfgate controls differ.
    Unknown,
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
    /// Median per iteration: over the repeats, or over the seeds that they started from where both sides have the same.
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

/// The part of the instructions per iteration that the C library, the loader and other libraries of the system executed:
/// what the machine chooses, and not the project.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SystemShare {
    /// At the baseline, median over the repeats.
    pub baseline: f64,
    /// At the candidate.
    pub candidate: f64,
    /// Whether it is part of the counts that were judged: it is not where the machines of the two sides differ.
    pub judged: bool,
}

/// The change between two sides that were both counted. Logarithms are natural, of candidate over baseline.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Change {
    /// Baseline counts.
    pub baseline: Estimate,
    /// Candidate counts.
    pub candidate: Estimate,
    /// ln(candidate / baseline): the median over the seeds that repeats of both sides started from.
    pub log_ratio: f64,
    /// Noise half-width h of `log_ratio`: zero for the exact class.
    pub half_width: f64,
    /// How repeatable the change is.
    pub class: Class,
    /// What makes it differ, where it does and that was looked into.
    pub cause: Option<Jitter>,
    /// What the counts cover.
    pub region: Region,
    /// The system's part of them; `None` for other metrics, and where it cannot be told apart.
    pub system: Option<SystemShare>,
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

/// The judgement of a benchmark in a metric beside the one that its [`Comparison`] is about.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Further {
    /// What was compared.
    pub metric: Metric,
    /// The conclusion.
    pub verdict: Verdict,
    /// The limits it was judged by.
    pub limits: Limits,
    /// Whether it has no say in the gate.
    pub advisory: bool,
    /// Both counts.
    pub change: Change,
}

/// Something that moved many benchmarks alike.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct CommonCause {
    /// How they moved.
    pub shift: Shift,
    /// The benchmarks, by label, in the order of the report.
    pub benchmarks: Vec<String>,
}

/// How benchmarks moved alike.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "kind", content = "by", rename_all = "kebab-case")]
pub enum Shift {
    /// By the same number of instructions per iteration.
    Offset(f64),
    /// By the same fraction of their baselines.
    Factor(f64),
}

/// The judgement of one benchmark: in the metric that needs attention most of those that gate, and beside it in the others.
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
    /// The same in every other metric that was counted on both sides.
    pub further: Vec<Further>,
    /// The only count there is, for a new or removed benchmark.
    pub single: Option<Estimate>,
    /// Failures, baseline first.
    pub failures: Vec<SideFailure>,
    /// Things a person should know about the counts, whole sentences: threads, a whole-call region, few calls.
    pub notes: Vec<String>,
}

impl Comparison {
    /// The judgement in a metric, whichever place it has here.
    #[must_use]
    pub fn in_metric(&self, metric: Metric) -> Option<Further> {
        let (verdict, limits, advisory) = (self.verdict, self.limits, self.advisory);
        match self.change {
            Some(change) if self.metric == metric => Some(Further { metric, verdict, limits, advisory, change }),
            _ => self.further.iter().find(|further| further.metric == metric).copied(),
        }
    }
}
