//! Counts the instructions of one benchmark under callgrind, in one process: the framework calls it with 1, 2, 4, 8 …
//! iterations, callgrind dumps at every boundary of a call, and the process is stopped as soon as more calls would tell
//! nothing new.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::calls::Calls;
use super::dumps::{self, Started};
use super::failure::{describe, printable};
use crate::driver::{Driver, Scheme};
use crate::process::{self, Cancel, Ended};
use crate::run::{Call, Count, Failure, FailureKind};

/// Dumps after which a benchmark is taken to read the clock without end, and is counted without watching the clock.
const MOST_DUMPS: usize = 4096;

/// What to count.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The bench executable.
    pub executable: &'a Path,
    /// Its framework.
    pub driver: &'a dyn Driver,
    /// The framework's name for the benchmark.
    pub name: &'a str,
    /// Working directory.
    pub directory: &'a Path,
    /// The whole environment.
    pub environment: &'a [(OsString, OsString)],
    /// An empty directory for callgrind's files.
    pub scratch: &'a Path,
    /// When to give up.
    pub timeout: Duration,
}

/// What one process counted.
#[derive(Debug)]
pub struct Observation {
    /// The calls.
    pub count: Count,
    /// The callgrind files of what is timed in the last call, in the scratch directory.
    pub parts: Vec<PathBuf>,
    /// Whether threads were started in it.
    pub threads: bool,
}

/// Why there is no observation.
#[derive(Debug)]
pub enum NoObservation {
    /// The benchmark failed.
    Failed(Failure),
    /// valgrind could not be run, or its files not be read; a lowercase fragment.
    Broken(String),
    /// The user asked to stop.
    Interrupted,
}

impl From<io::Error> for NoObservation {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Runs a benchmark once at full speed, to its natural end: what panics, hangs or exits with an error shows here, also
/// what would show only after the measurement.
///
/// # Errors
/// If it does not end well.
pub fn rehearse(job: &Job<'_>, cancel: &Cancel) -> Result<(), NoObservation> {
    let mut command = Command::new(job.executable);
    command.args(job.driver.once_args(&[job.name]));
    pinned(&mut command, job);
    let finished = process::supervise(&mut command, job.timeout, cancel, &mut |_| false)?;
    if matches!(finished.ended, Ended::Cancelled) {
        return Err(NoObservation::Interrupted);
    }
    describe(finished.ended, &finished.tail, job.timeout, false)
        .map_or(Ok(()), |failure| Err(NoObservation::Failed(failure)))
}

/// Counts a benchmark.
///
/// # Errors
/// If it does not end well, or its calls cannot be told apart.
pub fn count(job: &Job<'_>, cancel: &Cancel) -> Result<Observation, NoObservation> {
    match attempt(job, true, cancel)? {
        Some(observation) => Ok(observation),
        None => {
            clear(job.scratch)?;
            attempt(job, false, cancel)?.ok_or_else(|| {
                NoObservation::Failed(not_countable("callgrind wrote thousands of dumps for a few calls", &[]))
            })
        }
    }
}

/// One attempt; `None` if there were too many dumps.
fn attempt(job: &Job<'_>, watch_clock: bool, cancel: &Cancel) -> Result<Option<Observation>, NoObservation> {
    let mut command = command(job, watch_clock);
    let mut reading = Reading::default();
    let mut trouble = None;
    let finished =
        process::supervise(&mut command, job.timeout, cancel, &mut |pid| match reading.catch_up(job, pid, false) {
            Ok(()) => reading.calls.settled() || reading.parts.len() > MOST_DUMPS,
            Err(error) => {
                trouble = Some(error);
                true
            }
        })
        .map_err(|error| NoObservation::Broken(format!("valgrind cannot be run: {error}")))?;
    match finished.ended {
        Ended::Cancelled => return Err(NoObservation::Interrupted),
        Ended::Exited(status) if status.success() => {
            if let Some(pid) = reading.pid {
                reading.catch_up(job, pid, true)?;
            } else if let Some(pid) = only_pid(job.scratch)? {
                reading.catch_up(job, pid, true)?;
            }
        }
        ended => {
            if let Some(failure) = describe(ended, &finished.tail, job.timeout, true) {
                return Err(NoObservation::Failed(with_valgrind_log(failure, job.scratch)));
            }
        }
    }
    if let Some(error) = trouble {
        return Err(error.into());
    }
    if reading.parts.len() > MOST_DUMPS && !reading.calls.settled() {
        return Ok(None);
    }
    reading.observation(&finished.tail).map(Some).map_err(NoObservation::Failed)
}

/// The callgrind command line.
fn command(job: &Job<'_>, watch_clock: bool) -> Command {
    let mut command = Command::new("valgrind");
    command.args([
        "--tool=callgrind",
        // Demangled names hold the `'` with which callgrind joins contexts.
        "--demangle=no",
        // The callers are in the file then, and nobody has to guess them from edges.
        "--separate-callers=30",
        // Addresses let the explanation see through inlining.
        "--dump-instr=yes",
        "--dump-line=yes",
        "--vgdb=no",
        "--quiet",
    ]);
    let mut file = OsString::from("--callgrind-out-file=");
    file.push(job.scratch.join("o.%p"));
    command.arg(file);
    let mut log = OsString::from("--log-file=");
    log.push(job.scratch.join("valgrind.log"));
    command.arg(log);
    let (prefixes, threshold) = functions(job.driver);
    for prefix in prefixes {
        // The same pattern given to two options is taken for the first alone: spell them differently.
        command.arg(format!("--dump-before={prefix}*"));
        command.arg(format!("--dump-after=*{}*", prefix.get(1..).unwrap_or_default()));
    }
    if let Some(prefix) = threshold {
        command.arg(format!("--zero-before={prefix}*"));
    }
    if watch_clock {
        command.arg("--dump-before=clock_gettime*");
    }
    command.arg(job.executable);
    command.args(job.driver.count_args(&[job.name]));
    pinned(&mut command, job);
    command
}

/// The measuring functions of a framework, and what comes before them.
fn functions(driver: &dyn Driver) -> (&[String], Option<&str>) {
    match driver.scheme() {
        Scheme::Calls { prefixes, threshold } => (prefixes, threshold),
        Scheme::Reads(_) | Scheme::Process | Scheme::OwnRunner(_) => (&[], None),
    }
}

fn pinned(command: &mut Command, job: &Job<'_>) {
    command.current_dir(job.directory).env_clear().envs(job.environment.iter().map(|(name, value)| (name, value)));
}

/// callgrind's dumps, read as they come.
#[derive(Default)]
struct Reading {
    pid: Option<u32>,
    calls: Calls,
    /// The files read so far; dump number N is `parts[N - 1]`.
    parts: Vec<PathBuf>,
}

impl Reading {
    /// Reads the dumps that are complete: while the process runs, all but the newest.
    fn catch_up(&mut self, job: &Job<'_>, pid: u32, ended: bool) -> io::Result<()> {
        self.pid = Some(pid);
        let path = |number: usize| job.scratch.join(format!("o.{pid}.{number}"));
        loop {
            let next = self.parts.len() + 1;
            if !path(next + usize::from(!ended)).exists() || (!ended && self.calls.settled()) {
                return Ok(());
            }
            self.calls.push(&dumps::read(&path(next), functions(job.driver).0)?);
            self.parts.push(path(next));
            if ended && !path(next + 1).exists() {
                return Ok(());
            }
        }
    }

    fn observation(self, tail: &[u8]) -> Result<Observation, Failure> {
        let calls: Vec<Call> = self.calls.finished().iter().map(|observed| observed.call).collect();
        let Some(last) = self.calls.finished().last() else {
            return Err(not_countable("none of criterion's measuring functions was called", tail));
        };
        if self.calls.alternate() {
            return Err(Failure {
                help: "give each call of the bencher a benchmark of its own".into(),
                ..not_countable("it calls the bencher more than once for a sample", tail)
            });
        }
        let parts: Vec<PathBuf> = last.dumps.iter().filter_map(|&index| self.parts.get(index).cloned()).collect();
        let started = Started::in_files(&parts);
        if started.processes {
            return Err(Failure {
                kind: FailureKind::StartsProcesses,
                message: "starts processes, whose instructions would not be counted".into(),
                help: "do that work in set-up, outside of what is timed, or exclude the benchmark in perfgate.toml"
                    .into(),
                output: printable(tail),
            });
        }
        Ok(Observation { count: Count { calls, ..Count::default() }, parts, threads: started.threads })
    }
}

fn not_countable(why: &str, tail: &[u8]) -> Failure {
    Failure {
        kind: FailureKind::NotCountable,
        message: format!("cannot be counted: {why}"),
        help: "please report it with the benchmark's source".into(),
        output: printable(tail),
    }
}

/// The process id in the names of callgrind's files, for a process that ended before anybody looked.
fn only_pid(scratch: &Path) -> io::Result<Option<u32>> {
    let pids = fs::read_dir(scratch)?.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.strip_prefix("o.")?.strip_suffix(".1")?.parse().ok()
    });
    Ok(pids.min())
}

fn with_valgrind_log(mut failure: Failure, scratch: &Path) -> Failure {
    let log = fs::read(scratch.join("valgrind.log")).unwrap_or_default();
    let log = printable(&log);
    if !log.is_empty() {
        failure.output = format!("{}\n{log}", failure.output).trim().to_owned();
    }
    failure
}

fn clear(directory: &Path) -> io::Result<()> {
    fs::remove_dir_all(directory)?;
    fs::create_dir_all(directory)
}
