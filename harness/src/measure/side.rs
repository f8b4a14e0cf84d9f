//! One side of the measurement: built, listed, and counted as often as it takes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::profiles::Profiles;
use super::tally::{Tally, seeds};
use super::tasks::{self, Task};
use super::{Listed, MeasureError, REPEATS, Settings, list};
use crate::benchmark::{Benchmark, BenchmarkId};
use crate::fingerprint;
use crate::instrument::job::{Job, NoObservation};
use crate::instrument::{callgrind, environment, preload};
use crate::observer::Progress;
use crate::plan::{Built, Plan, Role};
use crate::process;
use crate::run::{Call, Cost, Count, Counted, Failure, FailureKind, Measured, Outcome, RUN_FORMAT, Run};
use crate::schedule;

/// One side.
pub struct Side {
    /// What was measured so far.
    pub run: Run,
    role: Role,
    built: Built,
    listed: Vec<Listed>,
    profiles: Profiles,
    /// perfgate's directory, the place of the preloaded library in it, and scratch space.
    root: PathBuf,
    tools: PathBuf,
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
        let (root, tools, scratch) = (layout.root().to_owned(), layout.tools(), layout.scratch());
        Ok(Self { run, role, built, listed: Vec::new(), profiles, root, tools, scratch })
    }

    /// Asks the executables for their benchmarks and keeps those that are selected. The side's sources must be in place.
    ///
    /// # Errors
    /// If the user asked to stop.
    pub fn list(&mut self, settings: &Settings<'_>) -> Result<(), MeasureError> {
        make_fresh(&self.scratch)?;
        let (listed, unmeasured) = list(&self.built.executables, &self.scratch, settings.timeout, settings.cancel)
            .ok_or(MeasureError::Interrupted)?;
        self.listed = listed;
        self.listed.retain(|listed| (settings.select)(&listed.benchmark.id));
        self.run.unmeasured.extend(unmeasured);
        Ok(())
    }

    /// The benchmarks that were listed.
    pub fn benchmarks(&self) -> impl Iterator<Item = &Benchmark> {
        self.listed.iter().map(|listed| &listed.benchmark)
    }

    /// The benchmarks of which two repeats differ in a call that both made.
    #[must_use]
    pub fn jittery(&self) -> Vec<BenchmarkId> {
        let value = |call: &Call| call.timed.unwrap_or(call.whole);
        let differ = |one: &Count, other: &Count| {
            one.calls.iter().zip(&other.calls).any(|(a, b)| a.iterations == b.iterations && value(a) != value(b))
        };
        let jittery = |measured: &&Measured| match &measured.outcome {
            Outcome::Counted(counted) => counted.repeats.windows(2).any(|pair| differ(&pair[0], &pair[1])),
            _ => false,
        };
        self.run.benchmarks.iter().filter(jittery).map(|measured| measured.benchmark.id.clone()).collect()
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
        let (started, cpu) = (Instant::now(), process::children_cpu_seconds());
        let tallies: BTreeMap<usize, Mutex<Tally>> =
            indices.iter().map(|&index| (index, Mutex::new(Tally::new(before.get(&index), repeats)))).collect();
        let lock = |index: usize| tallies[&index].lock().unwrap_or_else(PoisonError::into_inner);
        let (broken, done) = (Mutex::new(None), Mutex::new(0_usize));
        if !indices.is_empty() {
            settings.observer.measuring(&self.role.to_string(), indices.len());
        }
        let preload = preload::install(&self.tools).map_err(MeasureError::io(&self.tools))?;
        let one = |slot, task: &Task| -> Result<(), MeasureError> {
            let members: Vec<usize> =
                task.members.iter().copied().filter(|&index| lock(index).failure().is_none()).collect();
            let counted = self.observe(&members, task.repeat, slot, &preload, settings)?;
            for (index, counted) in members.into_iter().zip(counted) {
                let mut tally = lock(index);
                match counted {
                    Ok(observation) => tally.take(task.repeat, observation, |taken| {
                        self.profiles.keep(index, taken, &self.listed[index].executable.path)
                    })?,
                    Err(failure) => tally.fail(failure),
                }
            }
            for &index in &task.members {
                let mut tally = lock(index);
                tally.one_done();
                if tally.pending() == 0 {
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    *done += 1;
                    let (seconds, total) = (started.elapsed().as_secs_f64(), indices.len());
                    let failed = tally.failure().map(|failure| failure.message.as_str());
                    let seconds_left = seconds / *done as f64 * (total - *done) as f64;
                    let id = &self.listed[index].benchmark.id;
                    settings.observer.measured(&Progress { id, failed, done: *done, total, seconds, seconds_left });
                }
            }
            Ok(())
        };
        let tasks = self.tasks(indices, repeats, before);
        schedule::run(settings.jobs, tasks, |slot, task, _| {
            let result = one(slot, &task);
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
        Ok(tallies.into_values().map(outcome).collect())
    }

    /// The processes that are still to run: for each repeat, those of each executable.
    fn tasks(&self, indices: &[usize], repeats: usize, before: &BTreeMap<usize, Counted>) -> Vec<Task> {
        let mut tasks = Vec::new();
        for repeat in 0..repeats {
            let wanted = indices
                .iter()
                .copied()
                .filter(|index| before.get(index).map_or(0, |counted| counted.repeats.len()) <= repeat);
            let wanted: Vec<usize> = wanted.collect();
            let same = |one: &usize, other: &usize| {
                self.listed[*one].executable.path == self.listed[*other].executable.path
                    && !self.listed[*one].ambiguous
                    && !self.listed[*other].ambiguous
            };
            for members in wanted.chunk_by(same) {
                let batch = members.first().map_or(1, |&first| self.listed[first].driver.batch());
                tasks.extend(tasks::tasks(members, repeat, batch));
            }
        }
        tasks
    }

    /// Some benchmarks of one executable, in one process if that is possible.
    fn observe(
        &self,
        members: &[usize],
        repeat: usize,
        slot: usize,
        preload: &Path,
        settings: &Settings<'_>,
    ) -> Result<Vec<callgrind::Counted>, MeasureError> {
        let Some(listed) = members.first().map(|&first| &self.listed[first]) else { return Ok(Vec::new()) };
        if listed.ambiguous {
            return Ok(vec![Err(Failure {
                kind: FailureKind::NotCountable,
                message: "shares its name with another benchmark, so that neither can be run alone".into(),
                help: "give one of them another name".into(),
                output: String::new(),
            })]);
        }
        let scratch = self.scratch.join(format!("slot{slot:03}"));
        make_fresh(&scratch)?;
        let target = &listed.executable.target;
        let environment = environment::of_package(
            &target.package,
            &target.package_root,
            &listed.executable.library_path,
            &self.scratch,
        );
        let names: Vec<&str> = members.iter().map(|&index| self.listed[index].benchmark.id.name.as_str()).collect();
        let job = Job {
            executable: &listed.executable.path,
            linkage: listed.linkage,
            driver: listed.driver.as_ref(),
            names: &names,
            directory: &target.package_root,
            environment: &environment,
            preload,
            seeds: seeds(repeat),
            simulate: settings.simulate,
            scratch: &scratch,
            root: &self.root,
            timeout: settings.timeout,
        };
        let failed = |error| match error {
            NoObservation::Interrupted => MeasureError::Interrupted,
            NoObservation::Failed(Failure { message: reason, .. }) | NoObservation::Broken(reason) => {
                MeasureError::Broken { benchmark: listed.benchmark.id.clone(), reason }
            }
        };
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
}

fn make_fresh(directory: &Path) -> Result<(), MeasureError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(MeasureError::io(directory)(error)),
        _ => fs::create_dir_all(directory).map_err(MeasureError::io(directory)),
    }
}
