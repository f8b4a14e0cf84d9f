//! Counts benchmarks of one side: the processes that it takes are run on all cores, and what they counted is gathered.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::observe::{Subject, observe};
use super::profiles::Profiles;
use super::remembered::{Remembered, Took, memory_to_spend};
use super::tally::Tally;
use super::tasks::{self, Task};
use super::{MeasureError, REPEATS};
use crate::instrument::job::Observation;
use crate::instrument::{own_runner, preload};
use crate::observer::Progress;
use crate::plan::{Executable, Program};
use crate::run::{Counted, FailureKind, Outcome};
use crate::schedule::{self, Item};

/// Counts benchmarks of one side.
pub struct Counting<'a> {
    /// What to count.
    pub subject: Subject<'a>,
    /// Where profiles are kept.
    pub profiles: &'a Profiles,
    /// The project's own programs, which benchmarks may start.
    pub programs: &'a [Program],
    /// What benchmarks took before either side was counted: both are grouped by it alike.
    pub remembered: &'a Remembered,
}

/// What is known while processes run.
struct State<'s> {
    tallies: BTreeMap<usize, Mutex<Tally>>,
    /// What is learnt meanwhile.
    fresh: Mutex<Remembered>,
    done: Mutex<usize>,
    started: Instant,
    role: &'s str,
}

impl State<'_> {
    fn tally(&self, index: usize) -> MutexGuard<'_, Tally> {
        lock(&self.tallies[&index])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Counting<'_> {
    /// Counts the benchmarks with these indices until each has so many repeats, beginning from what is known of them
    /// before. The outcomes are in the order of the indices, which ascend.
    ///
    /// # Errors
    /// If valgrind cannot be run, or the user asked to stop.
    pub fn run(
        &self,
        role: &str,
        indices: &[usize],
        repeats: usize,
        before: &BTreeMap<usize, Counted>,
    ) -> Result<Vec<Outcome>, MeasureError> {
        if indices.is_empty() {
            return Ok(Vec::new());
        }
        let settings = self.subject.settings;
        // The other side's build has overwritten the programs that benchmarks start.
        self.programs.iter().try_for_each(Program::put_back)?;
        preload::install(&self.subject.places.tools).map_err(MeasureError::io(&self.subject.places.tools))?;
        let tally = |&index: &usize| (index, Mutex::new(Tally::new(before.get(&index), repeats)));
        let state = State {
            tallies: indices.iter().map(tally).collect(),
            fresh: Mutex::new(Remembered::load(self.subject.places.took.clone())),
            done: Mutex::new(0),
            started: Instant::now(),
            role,
        };
        let items = self.items(indices, repeats, before);
        settings.observer.measuring(state.role, indices.len());
        let broken = Mutex::new(None);
        schedule::run(settings.jobs, memory_to_spend(), items, |slot, task: Task| {
            let result = self.one(slot, &task, &state);
            let go_on = result.is_ok();
            if let Err(error) = result {
                lock(&broken).get_or_insert(error);
            }
            go_on
        });
        settings.observer.measuring_done();
        if settings.cancel.requested() {
            return Err(MeasureError::Interrupted);
        }
        if let Some(error) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        lock(&state.fresh).save();
        let outcome = |tally: Mutex<Tally>| tally.into_inner().unwrap_or_else(PoisonError::into_inner).outcome();
        Ok(state.tallies.into_values().map(outcome).collect())
    }

    /// One process, or the few that a batch falls into.
    fn one(&self, slot: usize, task: &Task, state: &State<'_>) -> Result<(), MeasureError> {
        let wanted = |index: &usize| state.tally(*index).failure().is_none();
        let members: Vec<usize> = task.members.iter().copied().filter(wanted).collect();
        let counted = if self.subject.settings.is_late() {
            Vec::new()
        } else {
            observe(self.subject, &members, task.repeat, slot)?
        };
        for (index, counted) in members.into_iter().zip(counted) {
            let listed = &self.subject.listed[index];
            match counted {
                Ok(observation) => {
                    let took = Took { seconds: observation.seconds, memory: observation.memory };
                    lock(&state.fresh).note(&listed.benchmark.id, took);
                    state.tally(index).take(task.repeat, observation, |taken| {
                        self.profiles.keep(index, taken, self.that_ran(taken, &listed.executable))
                    })?;
                }
                // The time of the whole was up, not that of the benchmark.
                Err(failure) if failure.kind == FailureKind::TimedOut && self.subject.settings.is_late() => {}
                Err(failure) => state.tally(index).fail(failure),
            }
        }
        for &index in &task.members {
            let mut tally = state.tally(index);
            tally.one_done();
            if tally.pending() == 0 {
                self.tell(index, &tally, state);
            }
        }
        Ok(())
    }

    /// The file of what callgrind ran: the bench executable, or the program that a binary benchmark is about.
    fn that_ran<'s>(&'s self, observation: &Observation, executable: &'s Executable) -> &'s Path {
        let command = own_runner::command_line(&observation.parts).unwrap_or_default();
        let ran = |program: &&Program| {
            let arguments = command.strip_prefix(&*program.path.to_string_lossy());
            arguments.is_some_and(|arguments| arguments.is_empty() || arguments.starts_with(' '))
        };
        self.programs.iter().find(ran).map_or(&executable.path, |program| &program.kept)
    }

    /// Tells the observer that a benchmark is done.
    fn tell(&self, index: usize, tally: &Tally, state: &State<'_>) {
        let mut done = lock(&state.done);
        *done += 1;
        let (seconds, total) = (state.started.elapsed().as_secs_f64(), state.tallies.len());
        let failed = tally.failure().map(|failure| failure.message.as_str());
        let seconds_left = seconds / *done as f64 * (total - *done) as f64;
        let id = &self.subject.listed[index].benchmark.id;
        self.subject.settings.observer.measured(&Progress { id, failed, done: *done, total, seconds, seconds_left });
    }

    /// The processes that are still to run, for each repeat those of each executable: what takes longest first, so that
    /// no core is left alone with it in the end; but last where the time may not do for all.
    fn items(&self, indices: &[usize], repeats: usize, before: &BTreeMap<usize, Counted>) -> Vec<Item<Task>> {
        let expected = |index: usize| self.remembered.expected(&self.subject.listed[index].benchmark.id);
        let mut items = Vec::new();
        for repeat in 0..repeats {
            let wanted = |index: &usize| before.get(index).map_or(0, |counted| counted.repeats.len()) <= repeat;
            let wanted: Vec<usize> = indices.iter().copied().filter(wanted).collect();
            let together =
                |&one: &usize, &other: &usize| self.subject.listed[one].may_run_with(&self.subject.listed[other]);
            for members in wanted.chunk_by(together) {
                let together = members.first().map_or(1, |&first| self.subject.listed[first].driver.batch());
                // Whoever is counted more often than that differs, and others shall have no part in it.
                let batch = if repeat < REPEATS { together } else { 1 };
                items.extend(tasks::tasks(members, repeat, batch, |index| expected(index).seconds));
            }
        }
        let seconds = |task: &Task| task.members.iter().map(|&index| expected(index).seconds).sum::<f64>();
        items.sort_by(|one, other| {
            let longest_first = seconds(other).total_cmp(&seconds(one));
            if self.subject.settings.deadline.is_some() { longest_first.reverse() } else { longest_first }
        });
        let memory = |task: &Task| task.members.iter().map(|&index| expected(index).memory).max().unwrap_or(0);
        items.into_iter().map(|task| Item { memory: memory(&task), what: task }).collect()
    }
}
