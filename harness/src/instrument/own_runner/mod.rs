//! Counts a benchmark of a framework that has a runner of its own: the runner starts callgrind, and its files are read.

mod stand_in;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::failure::{describe, not_countable};
use super::job::{Job, NoObservation, Observation};
use super::system;
use crate::driver::Runner;
use crate::process::{self, Cancel, Ended};
use crate::profile::callgrind::scan;
use crate::run::{Call, Count, Failure, FailureKind, Seeds};
use crate::tools;

/// The code with which a runner ends when a limit of the project's own is passed. Judging is not its business here.
const LIMIT_PASSED: i32 = 3;
/// A runner that says which version it is asked for, and nothing else.
const PROBE: &str = "#!/bin/sh\nprintf 'perfgate: %s\\n' \"$1\"\nexec cat >/dev/null\n";

/// The version of the runner that a bench executable asks for, by handing it a runner that says so. `None` if it does not
/// look for its runner on the PATH.
///
/// # Errors
/// If the executable cannot be run.
pub fn version_wanted(
    command: &mut Command,
    runner: &Runner,
    scratch: &Path,
    timeout: Duration,
    cancel: &Cancel,
) -> io::Result<Option<String>> {
    let bin = scratch.join("probe");
    fs::create_dir_all(&bin)?;
    let probe = bin.join(runner.name);
    fs::write(&probe, PROBE)?;
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o755))?;
    command.env("PATH", before_the_path(&bin)?);
    let answer = process::ask(command, timeout, cancel)?.text();
    // It becomes part of a path and of a command line.
    let plain = |version: &&str| {
        version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
    };
    Ok(answer.strip_prefix("perfgate: ").filter(plain).map(str::to_owned))
}

/// The environment of a bench executable that calls its runner, from that of the benchmarks. What is in `bin`, a directory
/// in `scratch` that is made here, comes before everything else on the PATH.
///
/// # Errors
/// If the directory cannot be made.
pub fn environment(
    runner: &Runner,
    benchmarks: &[(OsString, OsString)],
    scratch: &Path,
) -> io::Result<Vec<(OsString, OsString)>> {
    let bin = bin(scratch);
    fs::create_dir_all(&bin)?;
    if let Some(program) = &runner.program {
        let link = bin.join(runner.name);
        let _ = fs::remove_file(&link);
        symlink(program, link)?;
    }
    // What is preloaded into benchmarks has no business in the programs around them.
    let kept = benchmarks.iter().filter(|(name, _)| name != "PATH" && name != "LD_PRELOAD");
    let mut environment: Vec<(OsString, OsString)> = kept.cloned().collect();
    let mut set = |name: &str, value: OsString| environment.push((name.into(), value));
    set("PATH", before_the_path(&bin)?);
    let home = scratch.join("runner");
    for framework in ["IAI_CALLGRIND", "GUNGRAUN"] {
        set(&format!("{framework}_HOME"), home.clone().into());
        set(&format!("{framework}_DEFAULT_TOOL"), "callgrind".into());
    }
    // The runner asks cargo about the package, and cargo may be rustup's.
    for (name, at_home) in [("CARGO_HOME", Some(".cargo")), ("RUSTUP_HOME", Some(".rustup")), ("CARGO", None)] {
        let usual = || Some(Path::new(&std::env::var_os("HOME")?).join(at_home?).into());
        if let Some(value) = std::env::var_os(name).or_else(usual) {
            set(name, value);
        }
    }
    if let Some(toolchain) = std::env::var_os("RUSTUP_TOOLCHAIN") {
        set("RUSTUP_TOOLCHAIN", toolchain);
    }
    Ok(environment)
}

/// Counts a benchmark.
///
/// # Errors
/// If it does not end well, or the runner leaves no callgrind file of it.
pub fn count(job: &Job<'_>, runner: &Runner, cancel: &Cancel) -> Result<Observation, NoObservation> {
    let environment = environment(runner, job.environment, job.scratch)?;
    let wanted = stand_in::directory(job.names.first().copied().unwrap_or_default());
    let valgrind = tools::on_the_path("valgrind").next();
    let valgrind = valgrind.ok_or_else(|| NoObservation::Broken("valgrind is not on the PATH".into()))?;
    let alone = (!runner.selects).then_some(&*wanted);
    stand_in::write(&bin(job.scratch), &valgrind, alone, job.environment)?;
    let mut command = Command::new(job.executable);
    command.args(job.driver.count_args(job.names)).current_dir(job.directory).env_clear().envs(environment);
    let finished = process::supervise(&mut command, job.timeout, cancel, &mut |_: u32| false)?;
    match finished.ended {
        Ended::Cancelled => return Err(NoObservation::Interrupted),
        Ended::Exited(status) if status.code() == Some(LIMIT_PASSED) => {}
        ended => {
            if let Some(failure) = describe(ended, &finished.tail, job.timeout, true) {
                return Err(NoObservation::Failed(panicked(failure)));
            }
        }
    }
    let mut files = Vec::new();
    find(&job.scratch.join("runner"), &wanted, &mut files)?;
    files.sort();
    observation(job.seeds, &files).map_err(|why| {
        NoObservation::Failed(Failure {
            help: "see whether cargo bench counts any instructions, and which entry point its configuration names"
                .into(),
            ..not_countable(&why, &finished.tail)
        })
    })
}

/// What callgrind's files hold together: one for each process and thread, of which the runner reports the sum.
///
/// # Errors
/// If that is nothing, or one of them is not whole; a lowercase fragment.
fn observation(seeds: Seeds, files: &[PathBuf]) -> Result<Observation, String> {
    let (mut whole, mut of_system, mut threads, mut parts) = (0, 0, false, Vec::new());
    for file in files {
        let unreadable = |error: &dyn std::fmt::Display| format!("`{}` cannot be read: {error}", file.display());
        let bytes = fs::read(file).map_err(|error| unreadable(&error))?;
        let part = scan(&bytes, &|_| false).map_err(|error| unreadable(&error))?;
        if head(&bytes).any(|line| line.ends_with(stand_in::LEFT_OUT.as_bytes())) {
            return Err("its runner calls it by another name than it lists".into());
        }
        whole += part.total();
        of_system += system::share(&part);
        threads |= is_of_a_further_thread(&bytes);
        if part.total() > 0 {
            parts.push(file.clone());
        }
    }
    if whole == 0 {
        return Err("its runner counted no instruction".into());
    }
    let call = Call { iterations: 1, whole, system: of_system, ..Call::default() };
    let count = Count { seeds, calls: vec![call] };
    Ok(Observation { count, parts, threads, ..Observation::default() })
}

/// The program that callgrind ran, and its arguments, separated by spaces, as the first of its files has them.
#[must_use]
pub fn command_line(parts: &[PathBuf]) -> Option<String> {
    let bytes = fs::read(parts.first()?).ok()?;
    let command = head(&bytes).find_map(|line| line.strip_prefix(b"cmd:"))?;
    Some(String::from_utf8_lossy(command).trim().to_owned())
}

/// The lines of a callgrind file before its figures.
fn head(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').take_while(|line| !line.starts_with(b"events:"))
}

/// Whether the head of a callgrind file names a thread other than the first.
fn is_of_a_further_thread(bytes: &[u8]) -> bool {
    head(bytes).filter_map(|line| line.strip_prefix(b"thread:")).any(|number| number.trim_ascii() != b"1")
}

/// Collects the callgrind files of a benchmark from everything that the runner left.
fn find(directory: &Path, wanted: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, wanted, files)?;
        } else if directory.ends_with(wanted) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("callgrind.") && name.ends_with(".out") {
                files.push(path);
            }
        }
    }
    Ok(())
}

/// The runner ends with a code of its own when a benchmark panics.
fn panicked(failure: Failure) -> Failure {
    if failure.kind == FailureKind::Exited && failure.output.contains("panicked at") {
        return Failure { kind: FailureKind::Panicked, message: "panicked".into(), ..failure };
    }
    failure
}

fn bin(scratch: &Path) -> PathBuf {
    scratch.join("bin")
}

/// The user's PATH with a directory before it: cargo is somewhere on it.
fn before_the_path(bin: &Path) -> io::Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(directories).map_err(io::Error::other)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// The head and the end of what gungraun 0.20 left of a benchmark that starts a thread.
    fn recorded(command: &str, thread: u32, total: u64) -> String {
        format!(
            "# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\npid: 26165\ncmd:  {command}\npart: 1\n\
             thread: {thread}\n\n\ndesc: Trigger: Program termination\n\npositions: instr line\nevents: Ir\n\
             summary: {total}\n\n\ntotals: {total}\n"
        )
    }

    #[test]
    fn the_files_of_a_benchmark_are_found_and_summed_and_no_others() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: String| {
            let path = directory.path().join("real/lib_bench").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("sort_group/threads/callgrind.threads.t1.p1.out", recorded("b --gungraun-run d:d:000000", 1, 6186));
        write("sort_group/threads/callgrind.threads.t2.p1.out", recorded("b --gungraun-run d:d:000000", 2, 0));
        write("sort_group/threads/callgrind.threads.log", "==1== Collected : 6186".into());
        write("sort_group/threads/dhat.threads.out", "{}".into());
        write("sort_group/sort/callgrind.sort.out", recorded(stand_in::LEFT_OUT, 1, 1));
        let files = |name: &str| {
            let mut files = Vec::new();
            find(directory.path(), &stand_in::directory(name), &mut files).unwrap();
            files.sort();
            files
        };
        let observation = observation(Seeds::default(), &files("sort_group::threads")).unwrap();
        let call = observation.count.calls[0];
        assert_eq!((call.iterations, call.whole, call.timed, observation.threads), (1, 6186, None, true));
        assert_eq!(command_line(&observation.parts).unwrap(), "b --gungraun-run d:d:000000");
        assert_eq!(observation.parts.len(), 1, "what has no cost explains nothing");
        assert!(super::observation(Seeds::default(), &files("sort_group::sort")).unwrap_err().contains("another name"));
        assert!(
            super::observation(Seeds::default(), &files("sort_group::none")).unwrap_err().contains("no instruction")
        );
    }
}
