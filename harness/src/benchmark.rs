//! What a benchmark is: where it lives and what it is called.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The identity of a benchmark, the same on both sides of a comparison.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct BenchmarkId {
    /// Name of the cargo package.
    pub package: String,
    /// Name of the `[[bench]]` target.
    pub target: String,
    /// The framework's own name for the benchmark, such as criterion's `group/function/parameter`.
    pub name: String,
}

impl BenchmarkId {
    /// `package::target::name`, unique within a workspace.
    #[must_use]
    pub fn qualified(&self) -> String {
        format!("{}::{}::{}", self.package, self.target, self.name)
    }
}

/// `target::name`: what a person reads and types where one package holds the benchmarks.
impl fmt::Display for BenchmarkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.target, self.name)
    }
}

/// The benchmark framework that a bench target was written for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framework {
    /// criterion.rs, 0.3 to 0.8.
    Criterion,
    /// divan 0.1.
    Divan,
    /// The `#[bench]` harness of the nightly toolchain.
    Libtest,
    /// The crate bencher, libtest's harness for the stable toolchain.
    Bencher,
    /// iai-callgrind, 0.14 to 0.16.
    IaiCallgrind,
    /// gungraun, iai-callgrind's successor, 0.17 to 0.20.
    Gungraun,
    /// A `[[command]]` of the configuration: any program, counted as a whole.
    Command,
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Criterion => "criterion",
            Self::Divan => "divan",
            Self::Libtest => "libtest",
            Self::Bencher => "bencher",
            Self::IaiCallgrind => "iai-callgrind",
            Self::Gungraun => "gungraun",
            Self::Command => "command",
        })
    }
}

/// A benchmark that a bench executable offers.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Benchmark {
    /// Its identity.
    pub id: BenchmarkId,
    /// The framework that runs it.
    pub framework: Framework,
    /// Source file of the bench target, relative to the repository root, `/`-separated.
    pub source: String,
}

/// A bench target whose benchmarks could not be listed or run, and what can be done about it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct UnmeasuredTarget {
    /// Name of the cargo package.
    pub package: String,
    /// Name of the `[[bench]]` target.
    pub target: String,
    /// Why it was not measured, as a lowercase fragment.
    pub reason: String,
    /// What the user can do.
    pub help: String,
    /// The last output of its executable, made printable, where that is what failed.
    pub output: String,
    /// Whether this is a failure of the project (it counts against the gate) or a limit of perfgate (it is reported).
    pub failed: bool,
}
