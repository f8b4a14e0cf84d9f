//! The project's configuration: `perfgate.toml` goes in, settings and a policy come out, or an error that points at every
//! mistake in the file. Nothing need be configured: without a file the defaults hold.

mod command;
mod document;
mod duration;
mod find;
mod foreign;
mod mistake;
mod percentage;
mod read;
mod schema;
mod section;
mod value;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use perfgate_harness::benchmark::BenchmarkId;
use perfgate_harness::plan::CommandSpec;

pub use self::document::parse;
pub use self::duration::duration;
pub use self::find::{around, commands_in, load};
pub use self::mistake::Mistakes;
pub use self::percentage::percentage;
pub use self::schema::schema;
use crate::policy::{Filter, Policy};

/// What a project configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The file it was read from, relative to the workspace root; `None` if there is none.
    pub file: Option<PathBuf>,
    /// Which metrics gate, their limits, and what inconclusive results do.
    pub policy: Policy,
    /// How the benchmarks are built and run.
    pub run: RunSettings,
    /// Which benchmarks are not measured at all; the last match wins.
    pub skips: Vec<Skip>,
    /// Programs that are benchmarks too.
    pub commands: Vec<CommandSpec>,
}

/// How the benchmarks are built and run. What is `None` was left to the program.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RunSettings {
    /// Longest wall-clock time of one process of one benchmark.
    pub timeout: Option<Duration>,
    /// Longest wall-clock time of the whole.
    pub time_limit: Option<Duration>,
    /// Simulate caches and branch prediction too.
    pub simulate: bool,
    /// Benchmarks measured at the same time.
    pub jobs: Option<NonZeroUsize>,
    /// Cargo features to build with: `name` or `package/name`.
    pub features: Vec<String>,
    /// Build with all features.
    pub all_features: bool,
    /// Build without the default features.
    pub no_default_features: bool,
    /// Measure also where both sides' executables are the same.
    pub measure_identical: bool,
}

/// Whether the benchmarks that a filter selects are left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Skip {
    /// Which benchmarks.
    pub filter: Filter,
    /// Whether they are left out; `false` takes back an earlier `true`.
    pub skip: bool,
}

impl Config {
    /// Whether a benchmark is not to be measured.
    #[must_use]
    pub fn skips(&self, id: &BenchmarkId) -> bool {
        self.skips.iter().rev().find(|skip| skip.filter.matches(id)).is_some_and(|skip| skip.skip)
    }
}

/// Why the configuration cannot be used. [`ConfigError::render`] gives the whole diagnostic, `Display` one line of it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there, but the system does not let it be read.
    #[error("could not read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is a directory, a pipe or the like.
    #[error("`{}` is not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// It is larger than any configuration is.
    #[error("`{}` is larger than {} MiB", path.display(), limit >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, bytes.
        limit: u64,
    },
    /// Its text is not UTF-8.
    #[error("`{}` is not UTF-8: line {line} has an invalid byte", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// One-based line of the first invalid byte.
        line: usize,
    },
    /// It says something that cannot be meant.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
}
