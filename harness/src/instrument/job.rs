//! What an instrument is given, and what it gives.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::driver::Driver;
use crate::linkage::Linkage;
use crate::run::{Count, Failure, Seeds};

/// What to count, in one process if that is possible.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The bench executable.
    pub executable: &'a Path,
    /// How it is linked.
    pub linkage: Linkage,
    /// Its framework.
    pub driver: &'a dyn Driver,
    /// The framework's names for the benchmarks, in the order of listing.
    pub names: &'a [&'a str],
    /// Working directory.
    pub directory: &'a Path,
    /// The whole environment, but for what concerns preloading.
    pub environment: &'a [(OsString, OsString)],
    /// The library to preload.
    pub preload: &'a Path,
    /// What the processes start from.
    pub seeds: Seeds,
    /// Whether caches and branch prediction are simulated.
    pub simulate: bool,
    /// A directory for callgrind's files, which is emptied before each process.
    pub scratch: &'a Path,
    /// When to give up on one benchmark.
    pub timeout: Duration,
}

/// What one process counted of one benchmark.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// The calls.
    pub count: Count,
    /// The callgrind files of what is timed in the last call.
    pub parts: Vec<PathBuf>,
    /// Whether threads were started in it.
    pub threads: bool,
    /// Whether processes were started in it.
    pub processes: bool,
    /// Whether it reads the clock.
    pub clock: bool,
    /// Wall-clock time that it took, seconds.
    pub seconds: f64,
    /// The most memory that its process had, bytes.
    pub memory: u64,
}

/// Why there is no observation.
#[derive(Debug)]
pub enum NoObservation {
    /// The benchmark failed.
    Failed(Failure),
    /// valgrind could not be run, or its files not be read; a lowercase fragment.
    Broken(String),
    /// The user asked to stop.
    Interrupted,
}

impl From<io::Error> for NoObservation {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}
