//! The benchmarks that the executables of one side offer.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::{Settings, runners};
use crate::benchmark::{Benchmark, BenchmarkId, UnmeasuredTarget};
use crate::driver::{Driver, Scheme};
use crate::framework::{self, Recognised};
use crate::instrument::preload::{self, Clock};
use crate::instrument::{describe, environment, own_runner};
use crate::linkage::Linkage;
use crate::plan::{BenchTarget, Executable};
use crate::process::{self, Ended};
use crate::run::Seeds;

/// A benchmark, and what it takes to run it.
#[derive(Clone)]
pub struct Listed {
    /// The benchmark.
    pub benchmark: Benchmark,
    /// Its executable.
    pub executable: Arc<Executable>,
    /// How to drive it.
    pub driver: Arc<dyn Driver>,
    /// How its executable is linked.
    pub linkage: Linkage,
    /// Another benchmark of the executable has the same name, so that neither can be run alone.
    pub ambiguous: bool,
}

impl Listed {
    /// Whether both may be counted in one process.
    #[must_use]
    pub fn may_run_with(&self, other: &Self) -> bool {
        self.executable.path == other.executable.path && !self.ambiguous && !other.ambiguous
    }
}

/// How to ask executables.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// A directory that the environment names.
    pub scratch: &'a Path,
    /// The library to preload where the clock matters.
    pub preload: &'a Path,
    /// How to measure.
    pub settings: &'a Settings<'a>,
}

/// Asks every executable for its benchmarks. `None` if the user asked to stop.
#[must_use]
pub fn list(executables: &[Executable], asking: Asking<'_>) -> Option<(Vec<Listed>, Vec<UnmeasuredTarget>)> {
    let (mut listed, mut unmeasured, mut missing) = (Vec::new(), Vec::new(), BTreeSet::new());
    for executable in executables {
        match of_executable(executable, asking, &mut missing) {
            Ok(found) => listed.extend(found),
            Err(_) if asking.settings.cancel.requested() => return None,
            Err(target) => unmeasured.push(*target),
        }
    }
    Some((listed, unmeasured))
}

fn of_executable(
    executable: &Executable,
    asking: Asking<'_>,
    missing: &mut BTreeSet<PathBuf>,
) -> Result<Vec<Listed>, Box<UnmeasuredTarget>> {
    let target = &executable.target;
    let driver: Arc<dyn Driver> = match framework::recognise(&executable.path) {
        Ok(Recognised::Driver(driver)) => driver.into(),
        Ok(Recognised::NeedsRunner(iai)) => {
            let environment = of_package(executable, asking);
            match runners::find(iai, executable, &environment, asking.scratch, asking.settings, missing) {
                Ok(iai) => Arc::new(iai),
                Err(none) => return Err(problem(target, none.reason, &none.help, none.failed)),
            }
        }
        Ok(Recognised::Unknown { reason, help }) => return Err(problem(target, reason, &help, false)),
        Err(reason) => return Err(problem(target, reason, "build it again", true)),
    };
    let linkage = Linkage::of(&executable.path);
    let names = |args| names(executable, linkage, driver.as_ref(), args, asking);
    let mut wanted = names(driver.list_args())?;
    if let Some(args) = driver.list_ignored_args() {
        let ignored = names(args)?;
        wanted.retain(|name| !ignored.contains(name));
    }
    if wanted.is_empty() {
        return Err(problem(target, "it lists no benchmarks".into(), "add some, or remove the target", false));
    }
    let executable = Arc::new(executable.clone());
    let mut listed: Vec<Listed> = Vec::new();
    for name in wanted {
        let id = BenchmarkId { package: target.package.clone(), target: target.name.clone(), name };
        if let Some(same) = listed.iter_mut().find(|listed| listed.benchmark.id == id) {
            same.ambiguous = true;
            continue;
        }
        let ambiguous = listed.iter().any(|other| driver.runs_before(&id.name, &other.benchmark.id.name));
        listed.push(Listed {
            benchmark: Benchmark { id, framework: driver.framework(), source: target.source.clone() },
            executable: Arc::clone(&executable),
            driver: Arc::clone(&driver),
            linkage,
            ambiguous,
        });
    }
    Ok(listed)
}

/// The names that an executable lists when it is called like this.
fn names(
    executable: &Executable,
    linkage: Linkage,
    driver: &dyn Driver,
    args: Vec<String>,
    asking: Asking<'_>,
) -> Result<Vec<String>, Box<UnmeasuredTarget>> {
    let target = &executable.target;
    let Asking { scratch, preload, settings } = asking;
    let which = if target.library { "--lib".to_owned() } else { format!("--bench {}", target.name) };
    let (package, end) = (&target.package, args.join(" "));
    let retry = format!("run it by itself to see why: cargo bench -p {package} {which} -- {end}");
    let mut command = Command::new(&executable.path);
    let not_run = |error| problem(target, format!("it cannot be run: {error}"), &retry, true);
    let mut environment = of_package(executable, asking);
    if let Scheme::OwnRunner(runner) = driver.scheme() {
        environment = own_runner::environment(runner, &environment, scratch).map_err(not_run)?;
    }
    command.args(args).current_dir(&target.package_root).env_clear().envs(environment);
    command.envs(driver.list_environment().iter().copied());
    if let Some(tick) = driver.list_tick().filter(|_| linkage.dynamic) {
        let clock = Clock::Ours(tick, Path::new(""));
        command.env("LD_PRELOAD", preload).env(preload::VARIABLE, preload::settings(Seeds::default(), clock));
    }
    let timeout = settings.timeout;
    let answer = process::ask(&mut command, timeout, settings.cancel).map_err(not_run)?;
    let failure = match answer.ended {
        Ended::Exited(status) if status.success() => None,
        ended => describe(ended, &answer.stderr, timeout, false),
    };
    if let Some(failure) = failure {
        let reason = format!("its list of benchmarks cannot be had: it {}", failure.message);
        let mut target = problem(target, reason, &retry, true);
        target.output = failure.output;
        return Err(target);
    }
    Ok(driver.parse_list(&String::from_utf8_lossy(&answer.stdout)))
}

/// The environment of an executable.
fn of_package(executable: &Executable, asking: Asking<'_>) -> Vec<(OsString, OsString)> {
    let target = &executable.target;
    environment::of_package(&target.package, &target.package_root, &executable.library_path, asking.scratch)
}

fn problem(target: &BenchTarget, reason: String, help: &str, failed: bool) -> Box<UnmeasuredTarget> {
    Box::new(UnmeasuredTarget {
        package: target.package.clone(),
        target: target.name.clone(),
        reason,
        help: help.into(),
        output: String::new(),
        failed,
    })
}
