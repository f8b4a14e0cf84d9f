//! The benchmarks that the executables of one side offer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::{Settings, runners};
use crate::benchmark::{Benchmark, BenchmarkId, UnmeasuredTarget};
use crate::driver::{Driver, Scheme};
use crate::framework::{self, Recognised};
use crate::instrument::{describe, environment, own_runner};
use crate::plan::Executable;
use crate::process::{self, Ended};

/// A benchmark, and what it takes to run it.
#[derive(Clone)]
pub struct Listed {
    /// The benchmark.
    pub benchmark: Benchmark,
    /// Its executable.
    pub executable: Arc<Executable>,
    /// How to drive it.
    pub driver: Arc<dyn Driver>,
    /// Another benchmark of the executable has the same name, so that neither can be run alone.
    pub ambiguous: bool,
}

/// Asks every executable for its benchmarks. `None` if the user asked to stop.
#[must_use]
pub fn list(
    executables: &[Executable],
    scratch: &Path,
    settings: &Settings<'_>,
) -> Option<(Vec<Listed>, Vec<UnmeasuredTarget>)> {
    let (mut listed, mut unmeasured, mut missing) = (Vec::new(), Vec::new(), BTreeSet::new());
    for executable in executables {
        match of_executable(executable, scratch, settings, &mut missing) {
            Ok(found) => listed.extend(found),
            Err(_) if settings.cancel.requested() => return None,
            Err(target) => unmeasured.push(*target),
        }
    }
    Some((listed, unmeasured))
}

fn of_executable(
    executable: &Executable,
    scratch: &Path,
    settings: &Settings<'_>,
    missing: &mut BTreeSet<PathBuf>,
) -> Result<Vec<Listed>, Box<UnmeasuredTarget>> {
    let (target, timeout) = (&executable.target, settings.timeout);
    let problem = |reason: String, help: &str, failed| {
        Box::new(UnmeasuredTarget {
            package: target.package.clone(),
            target: target.name.clone(),
            reason,
            help: help.into(),
            output: String::new(),
            failed,
        })
    };
    let mut environment =
        environment::of_package(&target.package, &target.package_root, &executable.library_path, scratch);
    let driver: Arc<dyn Driver> = match framework::recognise(&executable.path) {
        Ok(Recognised::Driver(driver)) => driver.into(),
        Ok(Recognised::NeedsRunner(iai)) => {
            match runners::find(iai, executable, &environment, scratch, settings, missing) {
                Ok(iai) => Arc::new(iai),
                Err(none) => return Err(problem(none.reason, &none.help, none.failed)),
            }
        }
        Ok(Recognised::Unknown(reason)) => {
            return Err(problem(reason, "this version measures criterion 0.3 to 0.8; the target is left out", false));
        }
        Err(reason) => return Err(problem(reason, "build it again", true)),
    };
    let retry =
        format!("run it by itself to see why: cargo bench -p {} --bench {} -- --list", target.package, target.name);
    let not_run = |error| problem(format!("it cannot be run: {error}"), &retry, true);
    if let Scheme::OwnRunner(runner) = driver.scheme() {
        environment = own_runner::environment(runner, &environment, scratch).map_err(not_run)?;
    }
    let mut command = Command::new(&executable.path);
    command.args(driver.list_args()).current_dir(&target.package_root).env_clear().envs(environment);
    let answer = process::ask(&mut command, timeout, settings.cancel).map_err(not_run)?;
    let failure = match answer.ended {
        Ended::Exited(status) if status.success() => None,
        ended => describe(ended, &answer.stderr, timeout, false),
    };
    if let Some(failure) = failure {
        let reason = format!("its list of benchmarks cannot be had: it {}", failure.message);
        let mut target = problem(reason, &retry, true);
        target.output = failure.output;
        return Err(target);
    }
    let names = driver.parse_list(&String::from_utf8_lossy(&answer.stdout));
    if names.is_empty() {
        return Err(problem("it lists no benchmarks".into(), "add some, or remove the target", false));
    }
    let executable = Arc::new(executable.clone());
    let mut listed: Vec<Listed> = Vec::new();
    for name in names {
        let id = BenchmarkId { package: target.package.clone(), target: target.name.clone(), name };
        if let Some(same) = listed.iter_mut().find(|listed| listed.benchmark.id == id) {
            same.ambiguous = true;
            continue;
        }
        let ambiguous = namesake(&id.name).is_some_and(|of| listed.iter().any(|other| other.benchmark.id.name == of));
        listed.push(Listed {
            benchmark: Benchmark { id, framework: driver.framework(), source: target.source.clone() },
            executable: Arc::clone(&executable),
            driver: Arc::clone(&driver),
            ambiguous,
        });
    }
    Ok(listed)
}

/// The name that criterion gave a number to, because another benchmark has it already: `parse` for `parse #2`. Its filter
/// knows nothing of the number.
fn namesake(name: &str) -> Option<&str> {
    let (of, number) = name.rsplit_once(" #")?;
    number.parse::<u32>().is_ok().then_some(of)
}
