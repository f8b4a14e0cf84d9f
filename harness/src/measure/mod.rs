//! From a plan to runs: builds both sides, then counts every benchmark of each while its sources stand in place, twice,
//! and more often where the two counts differ.

mod listing;
mod profiles;
mod runners;
mod side;
mod tally;

use std::path::PathBuf;
use std::time::Duration;

use crate::benchmark::BenchmarkId;
use crate::observer::Observer;
use crate::plan::{Plan, PlanError, Role};
use crate::process::Cancel;
use crate::run::Run;

pub use listing::{Listed, list};
pub use side::Side;

/// Repeats of every benchmark: two equal counts make it exact.
pub const REPEATS: usize = 2;
/// Repeats of a benchmark whose counts differ.
pub const REPEATS_JITTERY: usize = 5;
/// Repeats of a benchmark that five leave undecided.
pub const REPEATS_MOST: usize = 9;

/// How to measure.
pub struct Settings<'a> {
    /// Benchmarks counted at the same time.
    pub jobs: usize,
    /// When to give up on one process.
    pub timeout: Duration,
    /// Which benchmarks to measure.
    pub select: &'a (dyn Fn(&BenchmarkId) -> bool + Sync),
    /// Who is told how far it is.
    pub observer: &'a dyn Observer,
    /// Set when the user wants it to stop.
    pub cancel: &'a Cancel,
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
    pair.baseline.count_all(settings)?;
    plan.lay_out(Role::Candidate)?;
    pair.candidate.list(settings)?;
    pair.candidate.count_all(settings)?;
    let uneven = pair.uneven();
    repeat(plan, &mut pair, &uneven, REPEATS_JITTERY, settings)?;
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
    if ids.is_empty() {
        return Ok(());
    }
    for (role, side) in [(Role::Baseline, &mut pair.baseline), (Role::Candidate, &mut pair.candidate)] {
        plan.lay_out(role)?;
        side.count_again(ids, repeats, settings)?;
    }
    Ok(())
}

impl Pair {
    /// Benchmarks that are jittery on one side and have too few repeats on the other.
    fn uneven(&self) -> Vec<BenchmarkId> {
        let repeats = |side: &Side, id: &BenchmarkId| side.repeats(id);
        let mut ids = Vec::new();
        for measured in &self.candidate.run.benchmarks {
            let id = &measured.benchmark.id;
            if let (Some(one), Some(other)) = (repeats(&self.baseline, id), repeats(&self.candidate, id))
                && one != other
            {
                ids.push(id.clone());
            }
        }
        ids
    }
}
