//! Counts the instructions of a program as a whole under callgrind, together with those of every process that it starts.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::failure::{describe, not_countable, not_started, printable};
use super::job::{NoObservation, Observation};
use super::started::Started;
use super::system;
use crate::process::{self, Cancel, Ended};
use crate::profile::callgrind;
use crate::run::{Call, Count, Failure, FailureKind, Seeds};

/// A program and its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Argv<'a> {
    /// A path.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [String],
}

/// What to count.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The program that is counted.
    pub run: Argv<'a>,
    /// What runs before it, uncounted.
    pub prepare: Option<Argv<'a>>,
    /// What it reads as its standard input.
    pub stdin: Option<&'a Path>,
    /// Working directory.
    pub directory: &'a Path,
    /// The whole environment.
    pub environment: &'a [(OsString, OsString)],
    /// What the environment has the preloaded library start from.
    pub seeds: Seeds,
    /// An empty directory for callgrind's files.
    pub scratch: &'a Path,
    /// When to give up.
    pub timeout: Duration,
}

/// Runs the program once at full speed: what fails, shows here. Caches of its own are filled then as well.
///
/// # Errors
/// If it does not end well.
pub fn rehearse(job: &Job<'_>, cancel: &Cancel) -> Result<(), NoObservation> {
    prepare(job, cancel)?;
    let mut command = Command::new(job.run.program);
    command.args(job.run.arguments);
    end_well(job, &mut command, job.run, false, cancel).map(drop)
}

/// Counts one run of the program.
///
/// # Errors
/// If it does not end well.
pub fn count(job: &Job<'_>, cancel: &Cancel) -> Result<Observation, NoObservation> {
    prepare(job, cancel)?;
    let mut command = Command::new("valgrind");
    command.args([
        "--tool=callgrind",
        "--trace-children=yes",
        "--demangle=no",
        // Deeper chains of callers make an interpreter take thrice the time, and write tens of megabytes.
        "--separate-callers=4",
        "--dump-instr=yes",
        "--dump-line=yes",
        "--vgdb=no",
        "--quiet",
    ]);
    for (option, name) in [("--callgrind-out-file=", "o.%p"), ("--log-file=", "valgrind.%p.log")] {
        let mut argument = OsString::from(option);
        argument.push(job.scratch.join(name));
        command.arg(argument);
    }
    command.arg(job.run.program).args(job.run.arguments);
    let tail = end_well(job, &mut command, job.run, true, cancel)?;
    observation(job.seeds, job.scratch, &tail)
}

fn prepare(job: &Job<'_>, cancel: &Cancel) -> Result<(), NoObservation> {
    let Some(argv) = job.prepare else { return Ok(()) };
    let mut command = Command::new(argv.program);
    command.args(argv.arguments);
    let without_input = Job { stdin: None, ..*job };
    end_well(&without_input, &mut command, argv, false, cancel).map(drop).map_err(|error| match error {
        NoObservation::Failed(failure) => NoObservation::Failed(Failure {
            kind: FailureKind::NotStarted,
            message: format!("was not started: its `prepare` {}", failure.message),
            ..failure
        }),
        other => other,
    })
}

/// Runs a process of the job to its end, and gives the last of its output.
fn end_well(
    job: &Job<'_>,
    command: &mut Command,
    argv: Argv<'_>,
    counted: bool,
    cancel: &Cancel,
) -> Result<Vec<u8>, NoObservation> {
    let input = match job.stdin {
        None => Stdio::null(),
        Some(path) => File::open(path).map(Stdio::from).map_err(|error| {
            NoObservation::Failed(not_started(
                &format!("its standard input `{}` cannot be read: {error}", path.display()),
                "with `stdin`, name a file of the repository, relative to the workspace root",
            ))
        })?,
    };
    command.current_dir(job.directory).env_clear().envs(job.environment.iter().map(|(name, value)| (name, value)));
    let finished = process::supervise_with_input(command, input, job.timeout, cancel, &mut |_| false);
    let finished = match finished {
        Ok(finished) => finished,
        Err(error) if counted => return Err(NoObservation::Broken(format!("valgrind cannot be run: {error}"))),
        Err(error) => {
            let why = format!("`{}` cannot be run in `{}`: {error}", argv.program.display(), job.directory.display());
            let help = "see that both are there once `setup` has run, and that the program may be executed";
            return Err(NoObservation::Failed(not_started(&why, help)));
        }
    };
    if matches!(finished.ended, Ended::Cancelled) {
        return Err(NoObservation::Interrupted);
    }
    let Some(mut failure) = describe(finished.ended, &finished.tail, job.timeout, counted) else {
        return Ok(finished.tail);
    };
    failure.help = failure.help.replace("cargo bench", &format!("{argv}"));
    if counted {
        failure.output = format!("{}\n{}", failure.output, logs(job.scratch)?).trim().to_owned();
    }
    Err(NoObservation::Failed(failure))
}

/// As a person would type it, roughly.
impl std::fmt::Display for Argv<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.program.display())?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument}"))
    }
}

/// Adds up what all processes counted.
fn observation(seeds: Seeds, scratch: &Path, tail: &[u8]) -> Result<Observation, NoObservation> {
    let parts = files(scratch, |name| name.starts_with("o."))?;
    let failed =
        |why: &str, help: &str| NoObservation::Failed(Failure { help: help.into(), ..not_countable(why, tail) });
    let cut_short = || {
        failed(
            "it ended before a process that it started, or killed one, whose instructions nobody knows",
            "have it wait for the processes that it starts",
        )
    };
    // Each process opens its log when it begins, and writes its counts when it ends.
    for log in files(scratch, |name| name.starts_with("valgrind."))? {
        let id = log.file_stem().map(|stem| stem.to_string_lossy().replace("valgrind.", "o.")).unwrap_or_default();
        if !scratch.join(id).exists() {
            return Err(cut_short());
        }
    }
    if parts.is_empty() {
        return Err(failed("valgrind wrote no counts", "a program that takes other rights (setuid) cannot be counted"));
    }
    let mut call = Call { iterations: 1, ..Call::default() };
    for part in &parts {
        let part = callgrind::scan(&fs::read(part)?, &|_| false).map_err(|_| cut_short())?;
        call.whole += part.total();
        call.system += system::share(&part);
    }
    let (threads, processes) = (Started::in_files(&parts).threads, parts.len() > 1);
    let count = Count { seeds, calls: vec![call] };
    Ok(Observation { count, parts, threads, processes, ..Observation::default() })
}

/// The files of a directory whose names please, sorted.
fn files(directory: &Path, pleases: impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&pleases) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// What valgrind had to say of any of the processes.
fn logs(scratch: &Path) -> io::Result<String> {
    let files = files(scratch, |name| name.starts_with("valgrind."))?;
    let texts = files.iter().map(|file| printable(&fs::read(file).unwrap_or_default()));
    Ok(texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n"))
}
