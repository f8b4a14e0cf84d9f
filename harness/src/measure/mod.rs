//! From a plan to runs: builds both sides, then counts every benchmark of each while its sources stand in place, twice.
//! Whether that is enough is seen when the two sides are compared. Benchmarks whose executable is the same on both sides
//! are not counted.

mod commands;
mod counting;
mod dump_space;
mod listing;
mod observe;
mod places;
mod profiles;
mod remembered;
mod runners;
mod side;
mod tally;
mod tasks;
mod unchanged;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::benchmark::BenchmarkId;
use crate::observer::Observer;
use crate::plan::{Plan, PlanError, Role};
use crate::process::Cancel;
use crate::run::Run;

pub use listing::{Asking, Listed, list};
pub use side::Side;

/// Repeats of every benchmark: equal counts from different seeds make it exact.
pub const REPEATS: usize = 2;
/// Repeats of a benchmark whose counts differ.
pub const REPEATS_JITTERY: usize = 5;
/// Repeats of a benchmark that five leave undecided.
pub const REPEATS_MOST: usize = 9;

/// How to measure.
pub struct Settings<'a> {
    /// Benchmarks counted at the same time.
    pub jobs: usize,
    /// When to give up on one benchmark in one process.
    pub timeout: Duration,
    /// Whether caches and branch prediction are simulated too.
    pub simulate: bool,
    /// When no more processes are begun, and those that run are ended.
    pub deadline: Option<Instant>,
    /// Leave out benchmarks whose executable is the same on both sides.
    pub skip_identical: bool,
    /// Which benchmarks to measure.
    pub select: &'a (dyn Fn(&BenchmarkId) -> bool + Sync),
    /// Who is told how far it is.
    pub observer: &'a dyn Observer,
    /// Set when the user wants it to stop.
    pub cancel: &'a Cancel,
}

impl Settings<'_> {
    /// Whether the time for the whole is up.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// When to give up on one benchmark that begins now.
    #[must_use]
    pub fn timeout_now(&self) -> Duration {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        left.map_or(self.timeout, |left| left.min(self.timeout))
    }
}

impl MeasureError {
    /// For `map_err`: a failed operation on a path.
    fn io(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::Io { path: path.to_owned(), error }
    }
}

/// Both sides, measured, and what it takes to measure them again.
#[derive(Debug)]
pub struct Pair {
    /// What the change is measured against.
    pub baseline: Side,
    /// The change.
    pub candidate: Side,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The plan could not be carried out.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// There is no valgrind.
    #[error("valgrind is not installed, and nothing can be counted without it")]
    NoValgrind,
    /// valgrind does not work, or its files cannot be read.
    #[error("counting `{benchmark}` broke down: {reason}")]
    Broken {
        /// The benchmark.
        benchmark: BenchmarkId,
        /// Why.
        reason: String,
    },
    /// A file operation failed.
    #[error("cannot use `{}`: {error}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Builds and measures both sides.
///
/// # Errors
/// If a side cannot be built, or valgrind cannot be run. A benchmark that fails is no error: it is in the run.
pub fn measure(plan: &Plan, settings: &Settings<'_>) -> Result<Pair, MeasureError> {
    // The candidate first: if it does not compile, that is what the user waits to hear.
    let candidate = Side::build(plan, Role::Candidate, settings)?;
    let baseline = Side::build(plan, Role::Baseline, settings)?;
    let mut pair = Pair { baseline, candidate };
    // The baseline's sources are in place now; benchmarks may read files from them.
    pair.baseline.list(settings)?;
    let unchanged = unchanged::Targets::of(plan, &pair, settings)?;
    pair.baseline.mark_identical(&unchanged);
    // Half of the time is the candidate's.
    let half = settings.deadline.map(|deadline| {
        let now = Instant::now();
        now + deadline.saturating_duration_since(now) / 2
    });
    pair.baseline.count_all(&Settings { deadline: half, ..*settings })?;
    plan.lay_out(Role::Candidate)?;
    pair.candidate.list(settings)?;
    pair.candidate.mark_identical(&unchanged);
    // There is nothing to compare those with that the baseline had no time for.
    let missed = pair.baseline.out_of_time();
    let select = |id: &BenchmarkId| !missed.contains(id);
    pair.candidate.count_those(&select, settings)?;
    Ok(pair)
}

/// Builds and measures one side.
///
/// # Errors
/// As [`measure`].
pub fn measure_one(plan: &Plan, settings: &Settings<'_>) -> Result<Run, MeasureError> {
    let mut side = Side::build(plan, Role::Candidate, settings)?;
    side.list(settings)?;
    side.count_all(settings)?;
    // Nobody can tell here whether the other side will differ in the same way.
    let jittery = side.jittery();
    side.count_again(&jittery, REPEATS_JITTERY, settings)?;
    Ok(side.run)
}

/// Counts some benchmarks again on both sides, until each has `repeats` repeats.
///
/// # Errors
/// As [`measure`].
pub fn repeat(
    plan: &Plan,
    pair: &mut Pair,
    ids: &[BenchmarkId],
    repeats: usize,
    settings: &Settings<'_>,
) -> Result<(), MeasureError> {
    if ids.is_empty() || settings.is_late() {
        return Ok(());
    }
    for (role, side) in [(Role::Baseline, &mut pair.baseline), (Role::Candidate, &mut pair.candidate)] {
        plan.lay_out(role)?;
        side.count_again(ids, repeats, settings)?;
    }
    Ok(())
}
