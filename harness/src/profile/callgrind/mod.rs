//! Parser of callgrind's output files: bytes in, a [`Profile`] out, checked against the file's own total.
//!
//! Format: <https://valgrind.org/docs/manual/cl-format.html>. Read here as `--separate-callers` and `--demangle=no` make
//! it: a function's name is its symbol followed by those of its callers, joined by `'`.

mod names;
mod numbers;
mod parser;
mod scan;
#[cfg(test)]
mod tests;

pub use scan::{PartSummary, scan};

use super::Profile;

/// Why a callgrind file could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SyntaxError {
    /// One-based line.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line of a callgrind file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// A figure was expected.
    #[error("a number was expected")]
    Number,
    /// A figure too large, or a relative position before the start.
    #[error("a number is out of range")]
    Range,
    /// Neither a header, a name, a call, nor a cost.
    #[error("the line has no known form")]
    Form,
    /// `(id)` without a name, and no earlier line gave one.
    #[error("name ({0}) was never defined")]
    Undefined(u64),
    /// A cost or a call outside of any function.
    #[error("no function is given for this cost")]
    NoFunction,
    /// Instructions were not counted.
    #[error("the file does not count instructions (no `Ir` among its events)")]
    NoInstructions,
    /// `calls=` not followed by its cost.
    #[error("the cost of a call is missing")]
    NoCallCost,
    /// The costs do not add up to the file's total.
    #[error("the costs add up to {sum} instructions, but the file says {totals}")]
    Sum {
        /// Sum of the self costs.
        sum: u64,
        /// The file's own total.
        totals: u64,
    },
    /// Nothing follows the last `totals:` line in a complete file.
    #[error("the file is incomplete: its last line is not `totals:`")]
    Incomplete,
}

/// Reads one callgrind file.
///
/// # Errors
/// If the file is not what callgrind writes, is incomplete, or its self costs do not add up to its `totals:`.
pub fn parse(bytes: &[u8]) -> Result<Profile, SyntaxError> {
    parser::Parser::new(bytes).run()
}
