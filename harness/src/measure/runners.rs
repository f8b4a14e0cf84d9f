//! The runner that a framework needs beside the bench executable, of exactly the version that the executable was built
//! with: one of the user's if it fits, else perfgate's own, which is installed once.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Settings;
use crate::driver::{Driver, Runner};
use crate::framework::Iai;
use crate::instrument::own_runner;
use crate::plan::Executable;
use crate::process;
use crate::tools::{self, Tool};

/// Why there is no runner.
pub struct NoRunner {
    /// A lowercase fragment.
    pub reason: String,
    /// What the user can do.
    pub help: String,
    /// Whether it should have been possible.
    pub failed: bool,
}

/// Finds the runner of an executable, and installs it if there is none. `missing` holds what could not be installed, so that
/// it is tried once.
///
/// # Errors
/// If there is no runner of that version and none can be installed.
pub fn find(
    iai: Iai,
    executable: &Executable,
    environment: &[(OsString, OsString)],
    scratch: &Path,
    settings: &Settings<'_>,
    missing: &mut BTreeSet<PathBuf>,
) -> Result<Iai, NoRunner> {
    let runner = iai.runner().clone();
    let failed = |what: &str, error: std::io::Error| NoRunner {
        reason: format!("{what}: {error}"),
        help: "make sure that the executable can be run and that there is room for files".into(),
        failed: true,
    };
    let list = || {
        let mut command = Command::new(&executable.path);
        command.args(iai.list_args()).current_dir(&executable.target.package_root).env_clear();
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command
    };
    let wanted = own_runner::version_wanted(&mut list(), &runner, scratch, settings.timeout, settings.cancel)
        .map_err(|error| failed("it cannot be run", error))?;
    // With a runner's path built in, that runner it is; whether it fits shows when it is asked for the list.
    let Some(version) = wanted else { return Ok(iai) };
    let (major, minor) = iai.oldest();
    if numbers(&version) < (major, minor) {
        return Err(NoRunner {
            reason: format!("it uses {} {version}", iai.framework()),
            help: format!("this version measures it from {major}.{minor} on; the target is left out"),
            failed: false,
        });
    }
    let fits = |program: &PathBuf| {
        let runner = Runner { program: Some(program.clone()), ..runner.clone() };
        let answer = own_runner::environment(&runner, environment, scratch)
            .and_then(|all| process::ask(list().env_clear().envs(all), settings.timeout, settings.cancel));
        answer.is_ok_and(|answer| answer.success())
    };
    let own = Tool::new(runner.name, &version);
    // `IAI_CALLGRIND_RUNNER`, `GUNGRAUN_RUNNER`.
    let variable = runner.name.replace('-', "_").to_ascii_uppercase();
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|program| program.is_absolute());
    let users = named.into_iter().chain(tools::on_the_path(runner.name)).find(fits);
    let program = match users {
        Some(program) => program,
        None if own.program().is_file() => own.program(),
        None => install(&own, runner.name, &version, settings, missing)?,
    };
    Ok(iai.with(Runner { program: Some(program), ..runner }))
}

fn install(
    tool: &Tool,
    name: &str,
    version: &str,
    settings: &Settings<'_>,
    missing: &mut BTreeSet<PathBuf>,
) -> Result<PathBuf, NoRunner> {
    let mut problem = "could not be installed; cargo says why above".to_owned();
    if !missing.contains(&tool.program()) {
        let what = format!("{name} {version}, which the benchmarks need; it is kept for the next time");
        settings.observer.building(&what);
        let installed = tool.install(settings.cancel);
        settings.observer.built();
        match installed {
            Ok(true) => return Ok(tool.program()),
            Ok(false) => {}
            Err(error) => problem = format!("could not be installed: {error}"),
        }
        missing.insert(tool.program());
    }
    Err(NoRunner { reason: format!("its runner, {name} {version}, {problem}"), help: tool.command(), failed: true })
}

/// The first two numbers of a version.
fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(numbers("0.9.1") < (0, 14) && numbers("0.14.2") >= (0, 14) && numbers("1.0.0-rc.1") >= (0, 17));
    }
}
