//! The judged result of a check: every comparison and explanation, and what the gate makes of them.

use perfgate_harness::benchmark::UnmeasuredTarget;
use perfgate_harness::machine::Machine;
use perfgate_harness::run::{Cost, Revision};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::comparison::Comparison;
use crate::explanation::Explanation;

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
    /// The benchmarks: those that need attention first.
    pub entries: Vec<Entry>,
    /// Bench targets of which nothing could be measured.
    pub unmeasured: Vec<UnmeasuredTarget>,
    /// What it cost, both sides together.
    pub cost: Cost,
    /// The command that gives this verdict again.
    pub reproduce: String,
}
