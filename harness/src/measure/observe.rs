//! One process of some benchmarks, or the few that it takes: from what was listed to what an instrument is given.

use std::fs;
use std::path::Path;

use super::commands::Commands;
use super::places::Places;
use super::tally::seeds;
use super::{Listed, MeasureError, Settings};
use crate::driver::Scheme;
use crate::instrument::job::{Job, NoObservation};
use crate::instrument::preload::{self, Clock};
use crate::instrument::{callgrind, environment, own_runner};
use crate::run::{Failure, FailureKind};

/// What to count, and with what.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The benchmarks of the side.
    pub listed: &'a [Listed],
    /// Those of them that are commands.
    pub commands: &'a Commands,
    /// Where everything goes but profiles.
    pub places: &'a Places,
    /// How to measure.
    pub settings: &'a Settings<'a>,
}

/// Some benchmarks of one executable, in one process if that is possible: what came of each.
///
/// # Errors
/// If valgrind cannot be run, or the user asked to stop.
pub fn observe(
    subject: Subject<'_>,
    members: &[usize],
    repeat: usize,
    slot: usize,
) -> Result<Vec<callgrind::Counted>, MeasureError> {
    let Subject { listed: all, commands, places, settings } = subject;
    let Some(listed) = members.first().map(|&first| &all[first]) else { return Ok(Vec::new()) };
    if listed.ambiguous {
        return Ok(vec![Err(Failure {
            kind: FailureKind::NotCountable,
            message: "shares its name or a part of it with another benchmark, so that it cannot be run alone".into(),
            help: "give one of them another name".into(),
            output: String::new(),
        })]);
    }
    let failed = |error| match error {
        NoObservation::Interrupted => MeasureError::Interrupted,
        NoObservation::Failed(Failure { message: reason, .. }) | NoObservation::Broken(reason) => {
            MeasureError::Broken { benchmark: listed.benchmark.id.clone(), reason }
        }
    };
    let scratch = places.scratch.join(format!("slot{slot:03}"));
    make_fresh(&scratch)?;
    if let Scheme::Process = listed.driver.scheme() {
        return match commands.observe(listed, seeds(repeat), &scratch, places, settings) {
            Ok(observation) => Ok(vec![Ok(observation)]),
            Err(NoObservation::Failed(failure)) => Ok(vec![Err(failure)]),
            Err(error) => Err(failed(error)),
        };
    }
    let target = &listed.executable.target;
    let environment = environment::of_package(
        &target.package,
        &target.package_root,
        &listed.executable.library_path,
        &places.scratch,
    );
    let names: Vec<&str> = members.iter().map(|&index| all[index].benchmark.id.name.as_str()).collect();
    let job = Job {
        executable: &listed.executable.path,
        linkage: listed.linkage,
        driver: listed.driver.as_ref(),
        names: &names,
        directory: &target.package_root,
        environment: &environment,
        preload: &preload::path(&places.tools),
        seeds: seeds(repeat),
        simulate: settings.simulate,
        scratch: &scratch,
        timeout: settings.timeout_now(),
    };
    if let Scheme::OwnRunner(runner) = job.driver.scheme() {
        // Its runner starts callgrind, whose stand-in hands on the whole environment.
        let mut environment = environment.clone();
        environment.push(("LD_PRELOAD".into(), job.preload.into()));
        environment.push((preload::VARIABLE.into(), preload::settings(job.seeds, Clock::Real).into()));
        return match own_runner::count(&Job { environment: &environment, ..job }, runner, settings.cancel) {
            Ok(observation) => Ok(vec![Ok(observation)]),
            Err(NoObservation::Failed(failure)) => Ok(vec![Err(failure)]),
            Err(error) => Err(failed(error)),
        };
    }
    let dumps = places.dumps.path().join(format!("slot{slot:03}"));
    make_fresh(&dumps)?;
    let job = Job { scratch: &dumps, ..job };
    let mut failures =
        if repeat == 0 { callgrind::rehearse(&job, settings.cancel).map_err(failed)? } else { Vec::new() };
    failures.resize(names.len(), None);
    let sound: Vec<&str> =
        names.iter().zip(&failures).filter(|(_, failure)| failure.is_none()).map(|(name, _)| *name).collect();
    let counted = callgrind::count(&Job { names: &sound, ..job }, settings.cancel).map_err(failed)?;
    let mut counted = counted.into_iter();
    let merged = failures.into_iter().map(|failure| match failure {
        Some(failure) => Some(Err(failure)),
        None => counted.next(),
    });
    Ok(merged.flatten().collect())
}

/// A directory with nothing in it.
///
/// # Errors
/// If it cannot be made.
pub fn make_fresh(directory: &Path) -> Result<(), MeasureError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(MeasureError::io(directory)(error)),
        _ => fs::create_dir_all(directory).map_err(MeasureError::io(directory)),
    }
}
