//! How valgrind is called for a job.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::driver::Scheme;
use crate::instrument::job::Job;
use crate::instrument::preload::{self, Clock};

/// When to give up on a process.
pub fn timeout(job: &Job<'_>) -> Duration {
    job.timeout.saturating_mul(u32::try_from(job.names.len()).unwrap_or(u32::MAX))
}

/// What callgrind is to look at, besides the measuring functions.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Reads of the clock.
    pub clock: bool,
    /// Processes that are started.
    pub children: bool,
}

/// The callgrind command line. `directory` is for its files.
pub fn command(job: &Job<'_>, watch: Watch, clock: Clock<'_>, directory: &Path) -> Command {
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
    if job.simulate {
        // The caches of no machine in particular, the same everywhere.
        command.args(["--cache-sim=yes", "--branch-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64"]);
        command.arg("--LL=8388608,16,64");
    }
    let mut file = OsString::from("--callgrind-out-file=");
    file.push(directory.join("o.%p"));
    command.arg(file);
    let mut log = OsString::from("--log-file=");
    log.push(directory.join("valgrind.log"));
    command.arg(log);
    match job.driver.scheme() {
        Scheme::Calls { prefixes, threshold } => {
            for prefix in prefixes {
                // The same pattern given to two options is taken for the first alone: spell them differently.
                command.arg(format!("--dump-before={prefix}*"));
                command.arg(format!("--dump-after=*{}*", prefix.get(1..).unwrap_or_default()));
            }
            if let Some(prefix) = threshold {
                command.arg(format!("--zero-before={prefix}*"));
            }
        }
        Scheme::Reads(reads) => {
            for prefix in &reads.anchors {
                command.arg(format!("--dump-before={prefix}*"));
            }
        }
        Scheme::Process | Scheme::OwnRunner(_) => {}
    }
    if watch.children {
        command.arg("--trace-children=yes");
    }
    if watch.clock {
        command.arg("--dump-before=clock_gettime*");
    }
    command.arg(job.executable);
    command.args(job.driver.count_args(job.names));
    pinned(&mut command, job);
    if job.linkage.dynamic {
        command.env("LD_PRELOAD", job.preload).env(preload::VARIABLE, preload::settings(job.seeds, clock));
    }
    command
}

/// The measuring functions of a framework.
pub fn prefixes<'a>(job: &Job<'a>) -> Vec<&'a str> {
    match job.driver.scheme() {
        Scheme::Calls { prefixes, .. } => prefixes.iter().map(String::as_str).collect(),
        Scheme::Reads(reads) => reads.anchors.iter().map(String::as_str).collect(),
        Scheme::Process | Scheme::OwnRunner(_) => Vec::new(),
    }
}

/// Sets the directory and the whole environment of a process.
pub fn pinned(command: &mut Command, job: &Job<'_>) {
    command.current_dir(job.directory).env_clear().envs(job.environment.iter().map(|(name, value)| (name, value)));
}
