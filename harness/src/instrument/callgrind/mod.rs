//! Counts the instructions of benchmarks under callgrind: several in one process where the framework can do that, since
//! starting valgrind and the framework takes longer than counting most benchmarks.
//!
//! What a batch counts stands only if all of it went as expected. Otherwise each half is counted by itself, down to single
//! benchmarks, which fail for reasons of their own.

mod amount;
mod attempt;
mod calls;
mod children;
mod clock;
mod command_line;
mod dumps;
mod reading;
mod reads;
mod settled;
mod told;

use std::process::Command;

use super::failure::{describe, not_countable};
use super::job::{Job, NoObservation, Observation};
use crate::driver::Scheme;
use crate::process::{self, Cancel, Ended};
use crate::run::Failure;
use attempt::{Attempt, Outcome};
use command_line::{pinned, timeout};

/// What came of one benchmark.
pub type Counted = Result<Observation, Failure>;

/// Runs benchmarks once at full speed, to their natural end: what panics, hangs or exits with an error shows here, also
/// what would show only after the measurement. Gives why each failed, in the order of the names.
///
/// # Errors
/// If the executable cannot be run, or the user asked to stop.
pub fn rehearse(job: &Job<'_>, cancel: &Cancel) -> Result<Vec<Option<Failure>>, NoObservation> {
    let mut command = Command::new(job.executable);
    command.args(job.driver.once_args(job.names));
    pinned(&mut command, job);
    let finished = process::supervise(&mut command, timeout(job), cancel, &mut |_: u32| false)?;
    if matches!(finished.ended, Ended::Cancelled) {
        return Err(NoObservation::Interrupted);
    }
    match describe(finished.ended, &finished.tail, job.timeout, false) {
        None => Ok(vec![None; job.names.len()]),
        failure if job.names.len() == 1 => Ok(vec![failure]),
        Some(_) => {
            let mut failures = Vec::new();
            for name in job.names {
                failures.extend(rehearse(&Job { names: &[*name], ..*job }, cancel)?);
            }
            Ok(failures)
        }
    }
}

/// Counts benchmarks, in the order of the names.
///
/// # Errors
/// If valgrind cannot be run or its files not be read, or the user asked to stop.
pub fn count(job: &Job<'_>, cancel: &Cancel) -> Result<Vec<Counted>, NoObservation> {
    let mut attempts = 0;
    batch(job, &mut attempts, cancel)
}

fn batch(job: &Job<'_>, attempts: &mut usize, cancel: &Cancel) -> Result<Vec<Counted>, NoObservation> {
    let [name] = job.names else {
        if job.linkage.dynamic
            && let Outcome::Counted(observations) = Attempt::begin(job, attempts)?.under_our_clock(false, cancel)?
            && observations.len() == job.names.len()
        {
            return Ok(observations.into_iter().map(Ok).collect());
        }
        let (one, other) = job.names.split_at(job.names.len() / 2);
        let mut counted = batch(&Job { names: one, ..*job }, attempts, cancel)?;
        counted.extend(batch(&Job { names: other, ..*job }, attempts, cancel)?);
        return Ok(counted);
    };
    let single = Job { names: &[*name], ..*job };
    match alone(&single, attempts, cancel) {
        Ok(observation) => Ok(vec![Ok(observation)]),
        Err(NoObservation::Failed(failure)) => Ok(vec![Err(failure)]),
        Err(error) => Err(error),
    }
}

/// One benchmark: under the harness's clock, else under the kernel's, else without looking at the clock.
fn alone(job: &Job<'_>, attempts: &mut usize, cancel: &Cancel) -> Result<Observation, NoObservation> {
    let mut clock = false;
    if job.linkage.dynamic {
        let mut outcome = Attempt::begin(job, attempts)?.under_our_clock(false, cancel)?;
        if matches!(outcome, Outcome::StartsProcesses(_)) {
            outcome = Attempt::begin(job, attempts)?.under_our_clock(true, cancel)?;
        }
        match outcome {
            Outcome::Counted(observations) => return only(observations),
            Outcome::Failed(failure) | Outcome::StartsProcesses(failure) => {
                return Err(NoObservation::Failed(failure));
            }
            Outcome::ReadsTheClock => clock = true,
            Outcome::Unexpected => {}
        }
    }
    if let Scheme::Reads(_) = job.driver.scheme() {
        return Err(NoObservation::Failed(match (job.linkage.dynamic, clock) {
            (true, true) => Failure {
                help: "leave the clock out of what it measures, or exclude it in perfgate.toml".into(),
                ..not_countable("it reads the clock itself, and nothing else tells what is timed", &[])
            },
            (true, false) => not_countable("the framework did not read the clock as expected", &[]),
            (false, _) => not_countable("it is linked statically", &[]),
        }));
    }
    for watch_clock in [true, false] {
        match Attempt::begin(job, attempts)?.under_its_own_clock(watch_clock, cancel)? {
            Outcome::Counted(observations) => {
                return only(observations).map(|observation| Observation { clock, ..observation });
            }
            Outcome::Failed(failure) | Outcome::StartsProcesses(failure) => {
                return Err(NoObservation::Failed(failure));
            }
            Outcome::ReadsTheClock => clock = true,
            Outcome::Unexpected => break,
        }
    }
    Err(NoObservation::Failed(not_countable("callgrind wrote thousands of dumps for a few calls", &[])))
}

fn only(mut observations: Vec<Observation>) -> Result<Observation, NoObservation> {
    observations.pop().ok_or_else(|| {
        NoObservation::Failed(not_countable("none of the framework's measuring functions was called", &[]))
    })
}
