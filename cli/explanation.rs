//! Why a benchmark changed: the functions and lines that carry the difference.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in the sources.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Location {
    /// Path relative to the repository root, or as the compiler recorded it for code outside.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// The text of that line without its newline, where the file could be read.
    pub text: Option<String>,
}

/// Whose code a function is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A file of the repository.
    Repository,
    /// A dependency from a registry or another repository.
    Dependency,
    /// The Rust standard library.
    Std,
    /// The C library, the loader, or anything else without Rust sources.
    System,
}

/// The cost of a function on one side, per iteration of the benchmark.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct FunctionCost {
    /// Instructions laid at its door: its own, and those of library code it called.
    pub instructions: f64,
    /// Times it was called; `None` where it was inlined everywhere, so that calls cannot be counted.
    pub calls: Option<f64>,
}

/// What whose code executed, whoever asked for it: instructions per iteration of the benchmark.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct OriginCost {
    /// Whose code.
    pub origin: Origin,
    /// At the baseline.
    pub baseline: f64,
    /// At the candidate.
    pub candidate: f64,
}

/// How a function's cost changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Only the candidate runs it.
    New,
    /// Only the baseline runs it.
    Gone,
    /// It is called more often, at about the same cost each.
    MoreCalls,
    /// It is called less often, at about the same cost each.
    FewerCalls,
    /// A call costs more.
    CostlierCalls,
    /// A call costs less.
    CheaperCalls,
}

/// One function whose cost changed.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    /// Demangled name without hash: `json::lexer::skip_whitespace`.
    pub function: String,
    /// Whose code it is.
    pub origin: Origin,
    /// The line that carries most of the change: on the candidate's side, or the baseline's if the function is gone.
    pub location: Option<Location>,
    /// Cost at the baseline.
    pub baseline: FunctionCost,
    /// Cost at the candidate.
    pub candidate: FunctionCost,
    /// Candidate minus baseline, instructions per iteration.
    pub delta: f64,
    /// `delta` over the benchmark's own change: 0.91 for 91 %. May exceed 1 where other functions got cheaper.
    pub share: f64,
    /// How it changed.
    pub cause: Cause,
}

/// The explanation of one benchmark's change.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Explanation {
    /// Where the benchmark's own code stands.
    pub benchmark: Option<Location>,
    /// Functions that changed, largest contribution to the benchmark's change first, at most [`Explanation::MOST`].
    pub findings: Vec<Finding>,
    /// The whole of both sides by whose code it is, the framework's own with the dependencies.
    pub split: Vec<OriginCost>,
    /// Why there is less here than one would expect, as a sentence.
    pub note: Option<String>,
}

impl Explanation {
    /// The most findings that are kept for a benchmark.
    pub const MOST: usize = 20;
}
