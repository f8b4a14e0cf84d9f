//! One side of the measurement: built, listed, and counted as often as it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::commands::Commands;
use super::counting::Counting;
use super::dump_space::DumpSpace;
use super::observe::{Subject, make_fresh};
use super::places::Places;
use super::profiles::Profiles;
use super::remembered::Remembered;
use super::unchanged::Targets;
use super::{Asking, Listed, MeasureError, REPEATS, Settings, list};
use crate::benchmark::{Benchmark, BenchmarkId};
use crate::fingerprint;
use crate::instrument::preload;
use crate::plan::{Built, Executable, Plan, Role};
use crate::process;
use crate::run::{Call, Cost, Count, Counted, Measured, Outcome, RUN_FORMAT, Run};

/// One side.
pub struct Side {
    /// What was measured so far.
    pub run: Run,
    role: Role,
    built: Built,
    listed: Vec<Listed>,
    identical: Targets,
    commands: Commands,
    profiles: Profiles,
    places: Places,
    remembered: Remembered,
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
        let dumps = Arc::new(DumpSpace::new(&layout.scratch(), settings.jobs));
        // The loader takes blanks and colons for the end of a path.
        let tools = Some(layout.tools()).filter(|path| preload::can_be_named(path));
        let places = Places {
            tools: tools.unwrap_or_else(|| dumps.path().to_owned()),
            scratch: layout.scratch(),
            dumps,
            took: layout.took(),
        };
        let commands = Commands::new(plan, role)?;
        let (listed, identical) = (Vec::new(), Targets::default());
        let remembered = Remembered::load(places.took.clone());
        Ok(Self { run, role, built, listed, identical, commands, profiles, places, remembered })
    }

    /// Asks the executables for their benchmarks and keeps those that are selected. The side's sources must be in place.
    ///
    /// # Errors
    /// If the user asked to stop.
    pub fn list(&mut self, settings: &Settings<'_>) -> Result<(), MeasureError> {
        let places = &self.places;
        make_fresh(&places.scratch)?;
        preload::install(&places.tools).map_err(MeasureError::io(&places.tools))?;
        let (scratch, preload) = (&places.scratch, &preload::path(&places.tools));
        let asking = Asking { scratch, preload, settings };
        let (listed, unmeasured) = list(&self.built.executables, asking).ok_or(MeasureError::Interrupted)?;
        self.listed = listed;
        self.listed.extend(self.commands.list());
        self.listed.retain(|listed| (settings.select)(&listed.benchmark.id));
        self.run.unmeasured.extend(unmeasured);
        Ok(())
    }

    /// What was built.
    pub(super) fn executables(&self) -> &[Executable] {
        &self.built.executables
    }

    /// Leaves out the benchmarks of these targets: [`Self::count_all`] does not count them.
    pub(super) fn mark_identical(&mut self, targets: &Targets) {
        self.identical = targets.clone();
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
        self.count_those(&|_| true, settings)
    }

    /// Counts some benchmarks; the others are out of time. The side's sources must be in place.
    ///
    /// # Errors
    /// As [`Self::count_all`].
    pub fn count_those(
        &mut self,
        select: &dyn Fn(&BenchmarkId) -> bool,
        settings: &Settings<'_>,
    ) -> Result<(), MeasureError> {
        self.commands.set_up(self.listed.iter().map(|listed| &listed.benchmark), settings)?;
        let is_identical = |listed: &Listed| self.identical.contains(&listed.executable.target);
        let identical: Vec<bool> = self.listed.iter().map(is_identical).collect();
        let selected = |&index: &usize| !identical[index] && select(&self.listed[index].benchmark.id);
        let indices: Vec<usize> = (0..self.listed.len()).filter(selected).collect();
        let outcomes = self.count(&indices, REPEATS, &BTreeMap::new(), settings)?;
        let mut outcomes: BTreeMap<usize, Outcome> = indices.into_iter().zip(outcomes).collect();
        let measured = |(index, listed): (usize, &Listed)| Measured {
            benchmark: listed.benchmark.clone(),
            outcome: match outcomes.remove(&index) {
                Some(outcome) => outcome,
                None if identical[index] => Outcome::Identical(self.identical.pair.clone()),
                None => Outcome::OutOfTime,
            },
        };
        self.run.benchmarks = self.listed.iter().enumerate().map(measured).collect();
        let counts = |measured: &Measured| {
            !matches!(measured.outcome, Outcome::Failed(_)) || !self.commands.may_fail(&measured.benchmark)
        };
        let mut kept = self.run.benchmarks.iter().map(counts);
        self.listed.retain(|_| kept.next().unwrap_or(true));
        self.run.benchmarks.retain(counts);
        Ok(())
    }

    /// The benchmarks that there was no time for.
    #[must_use]
    pub fn out_of_time(&self) -> BTreeSet<BenchmarkId> {
        let missed = self.run.benchmarks.iter().filter(|measured| measured.outcome == Outcome::OutOfTime);
        missed.map(|measured| measured.benchmark.id.clone()).collect()
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
        self.commands.set_up(indices.iter().map(|&index| &self.listed[index].benchmark), settings)?;
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
        let counting = Counting {
            subject: Subject { listed: &self.listed, commands: &self.commands, places: &self.places, settings },
            profiles: &self.profiles,
            programs: &self.built.programs,
            remembered: &self.remembered,
        };
        let outcomes = counting.run(&self.role.to_string(), indices, repeats, before)?;
        self.run.cost.wall_seconds += started.elapsed().as_secs_f64();
        self.run.cost.children_cpu_seconds += process::children_cpu_seconds() - cpu;
        self.run.cost.jobs = settings.jobs;
        Ok(outcomes)
    }
}
