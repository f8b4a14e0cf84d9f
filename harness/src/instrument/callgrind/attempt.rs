//! One process under callgrind: started, watched, and read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::clock::{Pipes, Question};
use super::command_line::{Watch, command, prefixes, timeout};
use super::dumps::Reader;
use super::reading::Reading;
use super::told;
use crate::driver::Scheme;
use crate::instrument::failure::{describe, not_countable, printable};
use crate::instrument::job::{Job, NoObservation, Observation};
use crate::instrument::preload::Clock;
use crate::process::{self, Cancel, Ended, Finished, Watcher};
use crate::run::{Failure, FailureKind};

/// Dumps after which a benchmark is taken to read the clock without end, and is counted without watching the clock.
const MOST_DUMPS: usize = 4096;
/// Longer than any framework means to measure.
const ENOUGH_TIME: Duration = Duration::from_secs(100);

/// What came of a process.
pub enum Outcome {
    /// One observation for each benchmark that ran, if they are as many as were asked for.
    Counted(Vec<Observation>),
    /// It failed, and there is one benchmark to blame, or a batch of which any may be.
    Failed(Failure),
    /// A benchmark reads the clock so often that only its own clock will do, or none at all.
    ReadsTheClock,
    /// The benchmark starts processes, which were not counted.
    StartsProcesses(Failure),
    /// Other benchmarks ran than were asked for, or none could be told.
    Unexpected,
}

/// A process to be.
pub struct Attempt<'j> {
    job: &'j Job<'j>,
    directory: PathBuf,
}

impl<'j> Attempt<'j> {
    /// With a directory of its own, which counts up so that what earlier attempts left stays.
    ///
    /// # Errors
    /// If the directory cannot be made.
    pub fn begin(job: &'j Job<'j>, attempts: &mut usize) -> io::Result<Self> {
        let directory = job.scratch.join(format!("p{attempts:02}"));
        *attempts += 1;
        fs::create_dir_all(&directory)?;
        Ok(Self { job, directory })
    }

    /// Counts with the harness's clock: every benchmark is called until its counts say that it is enough. With `children`,
    /// the processes that it starts are counted too.
    ///
    /// # Errors
    /// If valgrind cannot be run or its files not be read, or the user asked to stop.
    pub fn under_our_clock(&self, children: bool, cancel: &Cancel) -> Result<Outcome, NoObservation> {
        let (job, prefixes) = (self.job, prefixes(self.job));
        let clock = Clock::Ours(job.driver.scheme().tick(), &self.directory);
        let reader = Reader { prefixes: &prefixes, our_clock: true };
        let mut watch = Answering {
            pipes: Pipes::make(&self.directory)?,
            reading: Reading::new(job, reader, &self.directory, children),
            stops_late: matches!(job.driver.scheme(), Scheme::Reads(_)),
            pid: 0,
            asked: false,
            end: None,
        };
        let finished = process::supervise(
            &mut command(job, Watch { clock: true, children }, clock, &self.directory),
            timeout(job),
            cancel,
            &mut watch,
        )
        .map_err(|error| no_valgrind(&error))?;
        let Answering { mut reading, end, asked, .. } = watch;
        match end {
            Some(End::Trouble(error)) => return Err(error.into()),
            Some(End::Strays) => return Ok(Outcome::ReadsTheClock),
            Some(End::Complete) | None => {}
        }
        if let Some(failed) = self.failed(&finished)? {
            return Ok(Outcome::Failed(failed));
        }
        if !asked && end.is_none() {
            let mut failure = not_countable("perfgate's library is not loaded into it", &finished.tail);
            failure.help = "see that the path of the target directory has no blank or colon in it, and that the \
                            executable is started as it is, not by a program with other rights"
                .into();
            return Ok(Outcome::Failed(failure));
        }
        reading.finish()?;
        self.outcome(&reading, children, &finished)
    }

    /// Counts one benchmark with the clock that it always has; the process is stopped as soon as the counts say so.
    ///
    /// # Errors
    /// As [`Self::under_our_clock`].
    pub fn under_its_own_clock(&self, watch_clock: bool, cancel: &Cancel) -> Result<Outcome, NoObservation> {
        let (job, prefixes) = (self.job, prefixes(self.job));
        let reader = Reader { prefixes: &prefixes, our_clock: false };
        let mut reading = Reading::new(job, reader, &self.directory, false);
        let mut trouble = None;
        let mut watch = |pid: u32| {
            reading.look(pid);
            match reading.catch_up(pid, false) {
                Ok(()) => reading.settled() || reading.dumps() > MOST_DUMPS,
                Err(error) => {
                    trouble = Some(error);
                    true
                }
            }
        };
        let mut command = command(job, Watch { clock: watch_clock, children: false }, Clock::Real, &self.directory);
        let finished =
            process::supervise(&mut command, timeout(job), cancel, &mut watch).map_err(|error| no_valgrind(&error))?;
        if let Some(error) = trouble {
            return Err(error.into());
        }
        if let Some(failed) = self.failed(&finished)? {
            return Ok(Outcome::Failed(failed));
        }
        if matches!(finished.ended, Ended::Exited(_)) {
            reading.finish()?;
        }
        if reading.dumps() > MOST_DUMPS && !reading.settled() {
            return Ok(Outcome::ReadsTheClock);
        }
        self.outcome(&reading, false, &finished)
    }

    /// The failure that a process ended with, if any.
    fn failed(&self, finished: &Finished) -> Result<Option<Failure>, NoObservation> {
        match finished.ended {
            Ended::Cancelled => Err(NoObservation::Interrupted),
            Ended::Exited(status) if status.success() => Ok(None),
            ended => {
                let failure = describe(ended, &finished.tail, self.job.timeout, true);
                Ok(failure.map(|failure| with_valgrind_log(failure, &self.directory)))
            }
        }
    }

    fn outcome(&self, reading: &Reading<'_>, children: bool, finished: &Finished) -> Result<Outcome, NoObservation> {
        let wanted = self.job.names.len();
        let seen = if reading.has_namesake() { wanted } else { reading.seen() };
        if reading.alternates() || seen > wanted {
            if wanted > 1 {
                return Ok(Outcome::Unexpected);
            }
            return Ok(Outcome::Failed(Failure {
                help: "give each call of the bencher a benchmark of its own".into(),
                ..not_countable("it calls the bencher more than once for a sample", &finished.tail)
            }));
        }
        if seen < wanted && wanted > 1 {
            return Ok(Outcome::Unexpected);
        }
        if seen == 0 {
            let why = "none of the framework's measuring functions was called";
            return Ok(Outcome::Failed(not_countable(why, &finished.tail)));
        }
        let told = self.job.driver.told(&String::from_utf8_lossy(&finished.tail));
        let Some(observations) =
            told::reconcile(reading.observations().into_iter().take(wanted).collect(), self.job.names, told)
        else {
            return Ok(Outcome::Unexpected);
        };
        if wanted == 1 && !children && observations.iter().any(|observation| observation.processes) {
            return Ok(Outcome::StartsProcesses(Failure {
                kind: FailureKind::StartsProcesses,
                message: "starts processes, whose instructions could not be counted".into(),
                help: "do that work in set-up, outside of what is timed, or exclude the benchmark in perfgate.toml"
                    .into(),
                output: printable(&finished.tail),
            }));
        }
        if !children && observations.iter().any(|observation| observation.processes) {
            return Ok(Outcome::Unexpected);
        }
        Ok(Outcome::Counted(observations))
    }
}

/// Why a process under our clock was ended.
enum End {
    Complete,
    Strays,
    Trouble(io::Error),
}

/// Answers every read of the clock.
struct Answering<'j> {
    pipes: Pipes,
    reading: Reading<'j>,
    /// Whether the framework may go on although it was long enough, and is killed if it does.
    stops_late: bool,
    pid: u32,
    /// Whether it ever read the clock.
    asked: bool,
    end: Option<End>,
}

impl Answering<'_> {
    fn answer(&mut self, wait: Duration) -> io::Result<Option<End>> {
        let mut wait = wait;
        while let Some(question) = self.pipes.next(wait)? {
            wait = Duration::ZERO;
            self.asked = true;
            let (advance, end) = self.decide(question)?;
            if end.is_some() {
                return Ok(end);
            }
            self.pipes.answer(advance)?;
        }
        Ok(None)
    }

    fn decide(&mut self, question: Question) -> io::Result<(Duration, Option<End>)> {
        self.reading.asked(self.pid, question)?;
        if self.reading.strays() || self.reading.dumps() > MOST_DUMPS * self.reading.seen().max(1) {
            return Ok((Duration::ZERO, Some(End::Strays)));
        }
        if self.stops_late && self.reading.goes_on() {
            return Ok((Duration::ZERO, Some(End::Complete)));
        }
        Ok((if self.reading.release() { ENOUGH_TIME } else { Duration::ZERO }, None))
    }
}

impl Watcher for Answering<'_> {
    fn enough(&mut self, pid: u32) -> bool {
        self.pid = pid;
        self.reading.look(pid);
        self.end.is_some()
    }

    fn spend(&mut self, moment: Duration) {
        match self.answer(moment) {
            Ok(end) => self.end = end,
            Err(error) => self.end = Some(End::Trouble(error)),
        }
    }
}

/// valgrind that cannot be started.
fn no_valgrind(error: &io::Error) -> NoObservation {
    NoObservation::Broken(format!("valgrind cannot be run: {error}"))
}

fn with_valgrind_log(mut failure: Failure, directory: &Path) -> Failure {
    let log = fs::read(directory.join("valgrind.log")).unwrap_or_default();
    let log = printable(&log);
    if !log.is_empty() {
        failure.output = format!("{}\n{log}", failure.output).trim().to_owned();
    }
    failure
}
