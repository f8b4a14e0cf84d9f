//! One side of the measurement: built, listed, and counted as often as it takes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::profiles::Profiles;
use super::tally::Tally;
use super::{Listed, MeasureError, REPEATS, Settings, list};
use crate::benchmark::{Benchmark, BenchmarkId};
use crate::driver::Scheme;
use crate::fingerprint;
use crate::instrument::callgrind::{self, Job, NoObservation, Observation};
use crate::instrument::{environment, own_runner};
use crate::observer::Progress;
use crate::plan::{Built, Executable, Plan, Program, Role};
use crate::process;
use crate::run::{Cost, Counted, Failure, FailureKind, Measured, Outcome, RUN_FORMAT, Run};
use crate::schedule;

/// One side.
pub struct Side {
    /// What was measured so far.
    pub run: Run,
    role: Role,
    built: Built,
    listed: Vec<Listed>,
    profiles: Profiles,
    scratch: PathBuf,
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side").field("role", &self.role).field("run", &self.run).finish_non_exhaustive()
    }
}

impl Side {
    /// Builds one side.
    ///
    /// # Errors
    /// If there is no valgrind, or the side does not build.
    pub fn build(plan: &Plan, role: Role, settings: &Settings<'_>) -> Result<Self, MeasureError> {
        let cancel = settings.cancel;
        if fingerprint::valgrind(cancel).is_none() {
            return Err(if cancel.requested() { MeasureError::Interrupted } else { MeasureError::NoValgrind });
        }
        let built = plan.build(role, settings.observer, cancel)?;
        let layout = &plan.layout;
        let run = Run {
            format: RUN_FORMAT,
            revision: plan.snapshot(role).revision.clone(),
            machine: fingerprint::machine(&layout.sources(), cancel),
            benchmarks: Vec::new(),
            unmeasured: built.unmeasured.clone(),
            cost: Cost { build_seconds: built.seconds, ..Cost::default() },
        };
        let profiles = Profiles::new(layout.root(), &layout.side(role), layout.sources());
        Ok(Self { run, role, built, listed: Vec::new(), profiles, scratch: layout.scratch() })
    }

    /// Asks the executables for their benchmarks and keeps those that are selected. The side's sources must be in place.
    ///
    /// # Errors
    /// If the user asked to stop.
    pub fn list(&mut self, settings: &Settings<'_>) -> Result<(), MeasureError> {
        make_fresh(&self.scratch)?;
        let (listed, unmeasured) =
            list(&self.built.executables, &self.scratch, settings).ok_or(MeasureError::Interrupted)?;
        self.listed = listed;
        self.listed.retain(|listed| (settings.select)(&listed.benchmark.id));
        self.run.unmeasured.extend(unmeasured);
        Ok(())
    }

    /// The benchmarks that were listed.
    pub fn benchmarks(&self) -> impl Iterator<Item = &Benchmark> {
        self.listed.iter().map(|listed| &listed.benchmark)
    }

    /// Repeats of a benchmark, if it was counted.
    #[must_use]
    pub fn repeats(&self, id: &BenchmarkId) -> Option<usize> {
        let measured = self.run.benchmarks.iter().find(|measured| measured.benchmark.id == *id)?;
        match &measured.outcome {
            Outcome::Counted(counted) => Some(counted.repeats.len()),
            Outcome::Failed(_) | Outcome::Identical | Outcome::OutOfTime => None,
        }
    }

    /// Counts every benchmark. The side's sources must be in place.
    ///
    /// # Errors
    /// If valgrind cannot be run, or the user asked to stop.
    pub fn count_all(&mut self, settings: &Settings<'_>) -> Result<(), MeasureError> {
        let all: Vec<usize> = (0..self.listed.len()).collect();
        let outcomes = self.count(&all, REPEATS, &BTreeMap::new(), settings)?;
        let measured = |(listed, outcome): (&Listed, _)| Measured { benchmark: listed.benchmark.clone(), outcome };
        self.run.benchmarks = self.listed.iter().zip(outcomes).map(measured).collect();
        Ok(())
    }

    /// Counts some benchmarks until each has `repeats` repeats. The side's sources must be in place.
    ///
    /// # Errors
    /// As [`Self::count_all`].
    pub fn count_again(
        &mut self,
        ids: &[BenchmarkId],
        repeats: usize,
        settings: &Settings<'_>,
    ) -> Result<(), MeasureError> {
        let mut before = BTreeMap::new();
        for (index, measured) in self.run.benchmarks.iter().enumerate() {
            if let Outcome::Counted(counted) = &measured.outcome
                && ids.contains(&measured.benchmark.id)
                && counted.repeats.len() < repeats
            {
                before.insert(index, counted.clone());
            }
        }
        let indices: Vec<usize> = before.keys().copied().collect();
        let outcomes = self.count(&indices, repeats, &before, settings)?;
        for (index, outcome) in indices.into_iter().zip(outcomes) {
            self.run.benchmarks[index].outcome = outcome;
        }
        Ok(())
    }

    /// Counts the benchmarks with these indices, beginning from what is known of them before.
    fn count(
        &mut self,
        indices: &[usize],
        repeats: usize,
        before: &BTreeMap<usize, Counted>,
        settings: &Settings<'_>,
    ) -> Result<Vec<Outcome>, MeasureError> {
        self.put_programs_back()?;
        let (started, cpu) = (Instant::now(), process::children_cpu_seconds());
        let tallies: Vec<Mutex<Tally>> =
            indices.iter().map(|index| Mutex::new(Tally::new(before.get(index), repeats))).collect();
        let lock = |at: usize| tallies[at].lock().unwrap_or_else(PoisonError::into_inner);
        let tasks: Vec<usize> = (0..indices.len()).flat_map(|at| vec![at; lock(at).pending()]).collect();
        let (broken, done) = (Mutex::new(None), Mutex::new(0_usize));
        if !indices.is_empty() {
            settings.observer.measuring(&self.role.to_string(), indices.len());
        }
        let one = |slot, at: usize, add: &dyn Fn(usize)| -> Result<(), MeasureError> {
            let listed = &self.listed[indices[at]];
            let id = &listed.benchmark.id;
            let (first, failed) = {
                let tally = lock(at);
                (tally.is_empty(), tally.failure().is_some())
            };
            let observed = (!failed).then(|| self.observe(listed, slot, first, settings));
            let mut tally = lock(at);
            match observed {
                None => {}
                Some(Ok(observation)) => {
                    let ran = |taken: &_| self.that_ran(taken, &listed.executable);
                    tally.take(observation, |taken| self.profiles.keep(indices[at], taken, ran(taken)))?;
                }
                Some(Err(NoObservation::Failed(failure))) => tally.fail(failure),
                Some(Err(NoObservation::Interrupted)) => return Err(MeasureError::Interrupted),
                Some(Err(NoObservation::Broken(reason))) => {
                    return Err(MeasureError::Broken { benchmark: id.clone(), reason });
                }
            }
            (0..tally.one_done()).for_each(|_| add(at));
            if tally.pending() == 0 {
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                *done += 1;
                let (seconds, total) = (started.elapsed().as_secs_f64(), indices.len());
                let failed = tally.failure().map(|failure| failure.message.as_str());
                let seconds_left = seconds / *done as f64 * (total - *done) as f64;
                settings.observer.measured(&Progress { id, failed, done: *done, total, seconds, seconds_left });
            }
            Ok(())
        };
        schedule::run(settings.jobs, tasks, |slot, at, add| {
            let result = one(slot, at, add);
            let go_on = result.is_ok();
            if let Err(error) = result {
                broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
            go_on
        });
        if !indices.is_empty() {
            settings.observer.measuring_done();
        }
        if settings.cancel.requested() {
            return Err(MeasureError::Interrupted);
        }
        if let Some(error) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        self.run.cost.wall_seconds += started.elapsed().as_secs_f64();
        self.run.cost.children_cpu_seconds += process::children_cpu_seconds() - cpu;
        self.run.cost.jobs = settings.jobs;
        let outcome = |tally: Mutex<Tally>| tally.into_inner().unwrap_or_else(PoisonError::into_inner).outcome();
        Ok(tallies.into_iter().map(outcome).collect())
    }

    /// The other side's build has overwritten the programs that benchmarks start.
    fn put_programs_back(&self) -> Result<(), MeasureError> {
        self.built.programs.iter().try_for_each(|program| Ok(program.put_back()?))
    }

    /// The file of what callgrind ran: the bench executable, or the program that a binary benchmark is about.
    fn that_ran<'s>(&'s self, observation: &Observation, executable: &'s Executable) -> &'s Path {
        let command = own_runner::command_line(&observation.parts).unwrap_or_default();
        let ran = |program: &&Program| {
            let arguments = command.strip_prefix(&*program.path.to_string_lossy());
            arguments.is_some_and(|arguments| arguments.is_empty() || arguments.starts_with(' '))
        };
        self.built.programs.iter().find(ran).map_or(&executable.path, |program| &program.kept)
    }

    /// One process of one benchmark.
    fn observe(
        &self,
        listed: &Listed,
        slot: usize,
        first: bool,
        settings: &Settings<'_>,
    ) -> Result<Observation, NoObservation> {
        if listed.ambiguous {
            return Err(NoObservation::Failed(Failure {
                kind: FailureKind::NotCountable,
                message: "shares its name with another benchmark, so that neither can be run alone".into(),
                help: "give one of them another name".into(),
                output: String::new(),
            }));
        }
        let scratch = self.scratch.join(format!("slot{slot:03}"));
        make_fresh(&scratch).map_err(|error| NoObservation::Broken(error.to_string()))?;
        let target = &listed.executable.target;
        let environment = environment::of_package(
            &target.package,
            &target.package_root,
            &listed.executable.library_path,
            &self.scratch,
        );
        let job = Job {
            executable: &listed.executable.path,
            driver: listed.driver.as_ref(),
            name: &listed.benchmark.id.name,
            directory: &target.package_root,
            environment: &environment,
            scratch: &scratch,
            timeout: settings.timeout,
        };
        if let Scheme::OwnRunner(runner) = job.driver.scheme() {
            return own_runner::count(&job, runner, settings.cancel);
        }
        if first {
            callgrind::rehearse(&job, settings.cancel)?;
        }
        callgrind::count(&job, settings.cancel)
    }
}

fn make_fresh(directory: &Path) -> Result<(), MeasureError> {
    let io = |error| MeasureError::Io { path: directory.to_owned(), error };
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(error)),
        _ => fs::create_dir_all(directory).map_err(io),
    }
}
