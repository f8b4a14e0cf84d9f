//! A run: what was measured of every benchmark at one revision on one machine. This is the harness's only output.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmark::{Benchmark, UnmeasuredTarget};
use crate::machine::Machine;

/// Version of the run file that this program writes and the only one that it reads.
pub const RUN_FORMAT: u32 = 2;

/// Everything measured at one revision.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Run {
    /// Version of this format: [`RUN_FORMAT`].
    pub format: u32,
    /// The revision that was measured.
    pub revision: Revision,
    /// Where it was measured.
    pub machine: Machine,
    /// One entry per benchmark, in the order of listing.
    pub benchmarks: Vec<Measured>,
    /// Bench targets of which nothing could be measured.
    pub unmeasured: Vec<UnmeasuredTarget>,
    /// What the measuring cost.
    pub cost: Cost,
}

/// A state of the source tree.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Revision {
    /// The commit that was measured, or on which the working tree stands. Forty hexadecimal digits.
    pub commit: String,
    /// What a person calls it: `HEAD~1`, `merge base with main`, `working tree`; empty if only the commit names it.
    pub label: String,
    /// Whether it holds changes that no commit holds.
    pub dirty: bool,
}

/// `merge base with main (0123456789)`.
impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.commit.get(..10).unwrap_or(&self.commit);
        match self.label.as_str() {
            "" => f.write_str(short),
            label => write!(f, "{label} ({short})"),
        }
    }
}

/// A benchmark and what came of measuring it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Measured {
    /// The benchmark.
    pub benchmark: Benchmark,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of measuring a benchmark.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// Its instructions were counted.
    Counted(Counted),
    /// It failed, and there is no count.
    Failed(Failure),
    /// It was not counted, because the other side's executable is the same in all that can matter: it behaves the same by
    /// construction.
    Identical(Identity),
    /// It was not counted, because the time that was given for the whole was up.
    OutOfTime,
}

/// Which two states of the sources gave the same executable: of a run of another pair, it says nothing.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Identity {
    /// The git tree of the baseline.
    pub baseline: String,
    /// The git tree of the candidate.
    pub candidate: String,
}

/// Counts of a benchmark.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Counted {
    /// One entry per process that was counted, at least one.
    pub repeats: Vec<Count>,
    /// Profile of the last call of the first repeat, if it was kept.
    pub profile: Option<StoredProfile>,
    /// Threads were started inside the measured region, so that the count depends on their scheduling.
    pub threads: bool,
    /// Processes were started inside the measured region; what they executed is part of the count.
    pub processes: bool,
    /// The benchmark reads the clock in the measured region.
    pub clock: bool,
}

/// What one process counted: the framework calls the benchmark with a growing number of iterations.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Count {
    /// What the process was given to start from.
    pub seeds: Seeds,
    /// In the order of the calls, at least one.
    pub calls: Vec<Call>,
}

/// What may differ between two processes of the same code without any fault of the code: whoever counts the same in
/// processes with different seeds depends on neither.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Seeds {
    /// Where the heap begins.
    pub heap: u32,
    /// What the system's source of random numbers gives.
    pub random: u32,
    /// Which benchmarks ran before it in the same process: 0 if none did.
    #[serde(default)]
    pub company: u32,
}

/// One call of the framework's measuring function.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Call {
    /// Iterations that the call made.
    pub iterations: u64,
    /// Instructions of the whole call: set-up, the routine, and drops.
    pub whole: u64,
    /// Instructions between the clock reads that bracket what the framework times, where these could be told apart.
    pub timed: Option<u64>,
    /// Instructions, of those that count (`timed`, or else `whole`), that the C library, the loader and other libraries of
    /// the system executed.
    pub system: u64,
    /// Memory that was allocated in what counts; `None` where the allocator could not be watched.
    pub memory: Option<Memory>,
    /// Events of the simulated caches in what counts, where they were simulated.
    pub events: Option<Events>,
}

/// Memory that a call allocated.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Memory {
    /// Calls that allocated.
    pub allocations: u64,
    /// Bytes that were asked for.
    pub bytes: u64,
    /// The most bytes in use at the same time, above what was in use before.
    pub peak: u64,
}

/// Events of callgrind's simulation of caches and branch prediction.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Events {
    /// `Ir + 10·L1 misses + 100·LL misses`.
    pub estimated_cycles: u64,
    /// `I1mr + D1mr + D1mw`.
    pub l1_misses: u64,
    /// `ILmr + DLmr + DLmw`.
    pub ll_misses: u64,
    /// `Bcm + Bim`.
    pub branch_misses: u64,
}

/// Callgrind files that together hold the profile of one call.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct StoredProfile {
    /// The files, relative to the directory of the run file.
    pub parts: Vec<PathBuf>,
    /// Iterations that the call made: divide costs by it.
    pub iterations: u64,
    /// The executable that ran, relative to the directory of the run file. Needed to name inlined functions.
    pub executable: PathBuf,
    /// Absolute directory in which the sources stood when the executable was built.
    pub source_root: PathBuf,
}

/// Why there is no count.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Failure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// What happened, as a lowercase fragment that fits after the benchmark's name: `panicked`, `exited with code 3`.
    pub message: String,
    /// What the user can do.
    pub help: String,
    /// The last output of the process, made printable, at most a few dozen lines.
    pub output: String,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// It was not started: its program is missing, or what must be done first failed.
    NotStarted,
    /// It panicked.
    Panicked,
    /// It took longer than `--timeout`.
    TimedOut,
    /// A signal ended it.
    Killed,
    /// It ended with a code other than zero.
    Exited,
    /// It starts processes inside the measured region, whose instructions could not be counted.
    StartsProcesses,
    /// It ran, but the measured region could not be found in it.
    NotCountable,
}

/// What measuring cost.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Cost {
    /// Wall-clock time of measuring, seconds.
    pub wall_seconds: f64,
    /// CPU time of the benchmark processes, seconds.
    pub children_cpu_seconds: f64,
    /// Cores that measured in parallel.
    pub jobs: usize,
    /// Wall-clock time of building, seconds.
    pub build_seconds: f64,
}

impl Cost {
    /// Both costs together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            wall_seconds: self.wall_seconds + other.wall_seconds,
            children_cpu_seconds: self.children_cpu_seconds + other.children_cpu_seconds,
            jobs: self.jobs.max(other.jobs),
            build_seconds: self.build_seconds + other.build_seconds,
        }
    }
}
