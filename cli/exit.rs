//! Exit codes, and the failure that ends the program: the one place that names the numbers.

use std::fmt;
use std::process::ExitCode;

use crate::gate::Gate;

/// What the exit code says. Slower is never confused with broken, nor either with a mistake of the caller.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Code {
    /// The gate passed, or the command did what it was asked to.
    Passed = 0,
    /// perfgate itself failed.
    Internal = 1,
    /// Bad command line or configuration. clap exits with the same number.
    Usage = 2,
    /// Nothing was measured: no benchmarks, or none that the filter selects.
    Nothing = 4,
    /// There is no usable baseline, and one was required.
    NoBaseline = 5,
    /// A regression was found.
    Regressed = 100,
    /// Building or running the benchmarks failed.
    Broken = 101,
    /// Ended by Ctrl-C: 128 and the number of SIGINT, as shells have it.
    Interrupted = 130,
}

impl Code {
    /// The number that the process exits with.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

impl From<Gate> for Code {
    fn from(gate: Gate) -> Self {
        match gate {
            Gate::Passed => Self::Passed,
            Gate::Regressed => Self::Regressed,
            Gate::Broken => Self::Broken,
            Gate::Nothing => Self::Nothing,
        }
    }
}

impl From<Gate> for ExitCode {
    fn from(gate: Gate) -> Self {
        Code::from(gate).into()
    }
}

/// Why a command ended without a result, and what the user can do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What failed, as a lowercase fragment that fits after `error: `.
    pub message: String,
    /// What to do, as a fragment that fits after `help: `.
    pub help: Option<String>,
    /// A finished diagnostic, colours included, that is shown in place of message and help: a configuration error with
    /// its span, a compiler's error. Whoever renders it answers for its being printable.
    pub rendered: Option<String>,
}

impl Failure {
    /// A failure without help.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, rendered: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// With a finished diagnostic to show instead.
    #[must_use]
    pub fn rendered(self, rendered: impl Into<String>) -> Self {
        Self { rendered: Some(rendered.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_decides_the_documented_numbers() {
        let numbers = [Gate::Passed, Gate::Regressed, Gate::Broken, Gate::Nothing].map(|gate| Code::from(gate).number());
        assert_eq!(numbers, [0, 100, 101, 4]);
        let rest = [Code::Internal, Code::Usage, Code::NoBaseline, Code::Interrupted].map(Code::number);
        assert_eq!(rest, [1, 2, 5, 130]);
    }
}
