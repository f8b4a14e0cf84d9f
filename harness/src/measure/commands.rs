//! The programs that are benchmarks, on one side: where each is, what builds it, and how it is counted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use super::places::Places;
use super::{Listed, MeasureError, Settings};
use crate::benchmark::{Benchmark, BenchmarkId, Framework};
use crate::framework;
use crate::instrument::command::{self, Argv, Job};
use crate::instrument::job::{NoObservation, Observation};
use crate::instrument::preload::{self, Clock};
use crate::instrument::{environment, not_started};
use crate::linkage::Linkage;
use crate::plan::identical::Inputs;
use crate::plan::{BenchTarget, CommandSpec, Executable, Plan, PlanError, Role};
use crate::process::{self, Cancel, Ended};
use crate::run::{Failure, Seeds};

/// What cargo must keep in an executable for its counts to be explained, if it is cargo that the user has build it.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_DEBUG", "limited"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
    ("CARGO_PROFILE_RELEASE_SPLIT_DEBUGINFO", "off"),
];

/// Pins of interpreters: a dictionary is to be in the same order in every process.
const INTERPRETERS: [(&str, &str); 3] = [("PERL_HASH_SEED", "0"), ("PERL_PERTURB_KEYS", "0"), ("PYTHONHASHSEED", "0")];

/// The commands of one side.
pub(super) struct Commands {
    specs: Vec<CommandSpec>,
    role: Role,
    /// The root of the workspace in the sources of the side.
    root: PathBuf,
    /// Where the executables are kept for the explanation.
    kept: PathBuf,
    /// Compiled code of interpreters, which must not be taken for that of the other side.
    caches: PathBuf,
    package: String,
    /// Commands whose program the repository does not hold, by name: something must build it.
    built: Vec<String>,
    /// Why the set-up of some commands failed, by name.
    failed: BTreeMap<String, Failure>,
    /// Commands share a working directory, and what they write there: they run one at a time.
    turn: Mutex<()>,
}

impl Commands {
    /// The commands of a plan on one side.
    ///
    /// # Errors
    /// If git cannot be run.
    pub(super) fn new(plan: &Plan, role: Role) -> Result<Self, PlanError> {
        let (project, specs) = (&plan.project, plan.request.commands.clone());
        let side = plan.layout.side(role);
        let (kept, caches) = (side.join("commands"), side.join("caches"));
        for directory in [&kept, &caches] {
            let _ = fs::remove_dir_all(directory);
        }
        let mut built = Vec::new();
        let tree = &plan.snapshot(role).tree;
        for spec in specs.iter().filter(|spec| is_relative(&spec.run[0])) {
            let path = tidy(&project.inside.join(&spec.directory).join(&spec.run[0]));
            if plan.repository.file(tree, &path.to_string_lossy())?.is_none() {
                built.push(spec.name.clone());
            }
        }
        Ok(Self {
            role,
            root: plan.layout.sources().join(&project.inside),
            kept,
            caches,
            package: project.package.clone().unwrap_or_else(|| "command".into()),
            built,
            failed: BTreeMap::new(),
            turn: Mutex::new(()),
            specs,
        })
    }

    /// The commands as benchmarks.
    pub(super) fn list(&self) -> Vec<Listed> {
        let listed = |spec: &CommandSpec| {
            let target = BenchTarget {
                library: false,
                package: self.package.clone(),
                package_id: String::new(),
                name: "command".into(),
                package_root: tidy(&self.root.join(&spec.directory)),
                source: spec.source.clone(),
            };
            let id = BenchmarkId { package: self.package.clone(), target: "command".into(), name: spec.name.clone() };
            let driver = framework::Command { arguments: spec.run[1..].to_vec() };
            Listed {
                benchmark: Benchmark { id, framework: Framework::Command, source: spec.source.clone() },
                executable: Arc::new(Executable {
                    target,
                    path: self.kept(&spec.name),
                    library_path: Vec::new(),
                    inputs: Inputs::default(),
                }),
                driver: Arc::new(driver),
                linkage: Linkage::default(),
                ambiguous: false,
            }
        };
        self.specs.iter().map(listed).collect()
    }

    /// Where the executable of a command is kept, if it is one that can be explained.
    fn kept(&self, name: &str) -> PathBuf {
        let number = self.specs.iter().position(|spec| spec.name == name).unwrap_or_default();
        self.kept.join(format!("{number:04}"))
    }

    fn spec(&self, name: &str) -> Option<&CommandSpec> {
        self.specs.iter().find(|spec| spec.name == name)
    }

    /// Whether a command may fail on this side, because the other side brings it.
    pub(super) fn may_fail(&self, benchmark: &Benchmark) -> bool {
        benchmark.framework == Framework::Command
            && self.role == Role::Baseline
            && self.spec(&benchmark.id.name).is_some_and(|spec| !spec.established)
    }

    /// Builds those of the benchmarks that are commands. The side's sources must be in place.
    ///
    /// # Errors
    /// If the user asked to stop. A set-up that fails is a failure of its commands.
    pub(super) fn set_up<'b>(
        &mut self,
        benchmarks: impl Iterator<Item = &'b Benchmark>,
        settings: &Settings<'_>,
    ) -> Result<(), MeasureError> {
        let mut done: Vec<(Vec<String>, PathBuf, Option<Failure>)> = Vec::new();
        let mut failed = BTreeMap::new();
        let asked: Vec<&CommandSpec> = benchmarks
            .filter(|benchmark| benchmark.framework == Framework::Command)
            .filter_map(|benchmark| self.spec(&benchmark.id.name))
            .collect();
        if asked.is_empty() {
            return Ok(());
        }
        // What the other side built, or an earlier check, must not stand in for what this side no longer builds.
        for spec in self.specs.iter().filter(|spec| self.built.contains(&spec.name)) {
            let _ = fs::remove_file(tidy(&self.root.join(&spec.directory).join(&spec.run[0])));
        }
        // A command that nothing builds may be built along with another.
        let all = asked.iter().any(|spec| spec.setup.is_empty());
        let wanted = |spec: &&CommandSpec| all || asked.iter().any(|asked| asked.name == spec.name);
        for spec in self.specs.iter().filter(wanted).filter(|spec| !spec.setup.is_empty()) {
            let (argv, directory) = (spec.setup.clone(), tidy(&self.root.join(&spec.directory)));
            // Commands that say the same are built by the same.
            let known = done.iter().find(|(other, at, _)| (other, at) == (&argv, &directory));
            let failure = match known {
                Some((_, _, failure)) => failure.clone(),
                None => {
                    settings.observer.building(&format!("`command::{}` of the {}", spec.name, self.role));
                    let failure = build(&argv, &directory, settings.cancel);
                    settings.observer.built();
                    if settings.cancel.requested() {
                        return Err(MeasureError::Interrupted);
                    }
                    done.push((argv, directory, failure.clone()));
                    failure
                }
            };
            if let Some(failure) = failure {
                failed.insert(spec.name.clone(), failure);
            }
        }
        self.failed = failed;
        Ok(())
    }

    /// One process of one command.
    ///
    /// # Errors
    /// If it is not there, or does not end well.
    pub(super) fn observe(
        &self,
        listed: &Listed,
        seeds: Seeds,
        scratch: &Path,
        places: &Places,
        settings: &Settings<'_>,
    ) -> Result<Observation, NoObservation> {
        let (timeout, cancel) = (settings.timeout_now(), settings.cancel);
        let name = &listed.benchmark.id.name;
        let spec = self.spec(name).ok_or_else(|| NoObservation::Broken("the command is not known".into()))?;
        if let Some(failure) = self.failed.get(name) {
            return Err(NoObservation::Failed(failure.clone()));
        }
        let home = scratch.parent().unwrap_or(scratch).join("home");
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        fs::create_dir_all(&home)?;
        let mut environment = self.environment(spec, &home);
        // Static programs take no notice of it.
        environment.push(("LD_PRELOAD".into(), preload::path(&places.tools).into()));
        environment.push((preload::VARIABLE.into(), preload::settings(seeds, Clock::Real).into()));
        let directory = &listed.executable.target.package_root;
        let found = |program| find(program, directory, &environment).map_err(NoObservation::Failed);
        let nothing_builds = self.specs.iter().all(|spec| spec.setup.is_empty() && spec.prepare.is_empty());
        if nothing_builds && self.built.contains(name) {
            let why = format!("`{}` is not in the repository, and nothing builds it", spec.run[0]);
            let help =
                "say what does, such as `setup = [\"cargo\", \"build\", \"--release\"]`, or add it to the repository";
            return Err(NoObservation::Failed(not_started(&why, help)));
        }
        let prepare = spec.prepare.first().map(found).transpose()?;
        // What prepares it may make it.
        let program = match found(&spec.run[0]) {
            Err(_) if prepare.is_some() && is_relative(&spec.run[0]) => directory.join(&spec.run[0]),
            found => found?,
        };
        let stdin = spec.stdin.as_ref().map(|path| self.root.join(path));
        let job = Job {
            run: Argv { program: &program, arguments: &spec.run[1..] },
            prepare: prepare.as_deref().map(|program| Argv { program, arguments: &spec.prepare[1..] }),
            stdin: stdin.as_deref(),
            directory,
            environment: &environment,
            seeds,
            scratch,
            timeout,
        };
        command::rehearse(&job, cancel)?;
        keep(&program, &self.root, &listed.executable.path);
        command::count(&job, cancel)
    }

    /// The pinned environment, and over it the command's own.
    fn environment(&self, spec: &CommandSpec, home: &Path) -> Vec<(OsString, OsString)> {
        let mut all: BTreeMap<OsString, OsString> = environment::pinned().collect();
        all.extend(INTERPRETERS.map(|(name, value)| (name.into(), value.into())));
        all.insert("HOME".into(), home.into());
        all.insert("PYTHONPYCACHEPREFIX".into(), self.caches.clone().into());
        all.extend(spec.environment.iter().map(|(name, value)| (name.into(), value.into())));
        all.into_iter().collect()
    }
}

/// Whether a program is looked for in the working directory.
fn is_relative(program: &str) -> bool {
    program.contains('/') && !program.starts_with('/')
}

/// Runs a set-up, with the user's environment and in their sight.
fn build(argv: &[String], directory: &Path, cancel: &Cancel) -> Option<Failure> {
    let program = if is_relative(&argv[0]) { directory.join(&argv[0]) } else { PathBuf::from(&argv[0]) };
    let mut command = Command::new(program);
    command.args(&argv[1..]).current_dir(directory).envs(PROFILE);
    // What is built must be where the command is looked for.
    command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    let (why, help) = match process::follow(&mut command, cancel) {
        Ok(Ended::Exited(status)) if status.success() => return None,
        Ok(Ended::Exited(status)) => (status.to_string(), "its output is above"),
        Ok(_) => ("it was stopped".into(), "run perfgate again"),
        Err(error) => (error.to_string(), "see that the program is installed, and the directory there"),
    };
    Some(not_started(&format!("its set-up `{}` failed: {why}", argv.join(" ")), help))
}

/// The program that a word names, as a shell would find it.
fn find(word: &String, directory: &Path, environment: &[(OsString, OsString)]) -> Result<PathBuf, Failure> {
    let executable =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    if word.contains('/') {
        let path = directory.join(word);
        return Some(path).filter(executable).ok_or_else(|| {
            let why = format!("there is no program `{word}` in its working directory");
            not_started(&why, "see that `setup` builds it there, and that the file may be executed")
        });
    }
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone()).unwrap_or_default();
    std::env::split_paths(&path).map(|place| directory.join(place).join(word)).find(executable).ok_or_else(|| {
        let why = format!("there is no program `{word}` on the path `{}`", path.to_string_lossy());
        not_started(&why, "install it there, give its whole path, or set another with `env = { PATH = \"…\" }`")
    })
}

/// Copies a program for the explanation, which reads its debug information. A script has none.
fn keep(program: &Path, root: &Path, kept: &Path) {
    let ours = fs::canonicalize(program).is_ok_and(|path| path.starts_with(root));
    let is_elf = || fs::read(program).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"));
    if ours && !kept.exists() && is_elf() && kept.parent().is_some_and(|place| fs::create_dir_all(place).is_ok()) {
        // Without the copy there is only less to explain.
        let _ = fs::copy(program, kept);
    }
}

/// A path without `.` and `..`, which the configuration has checked.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(tidy.pop()),
            part => tidy.push(part),
        }
    }
    tidy
}
