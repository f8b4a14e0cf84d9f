//! Builds the bench targets of one side, with line tables and symbols, and keeps its executables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cargo_metadata::{Artifact, Message, TargetKind};

use super::identical::Inputs;
use super::workspace::cargo;
use super::{BenchTarget, Plan, PlanError, Program, Role};
use crate::benchmark::UnmeasuredTarget;
use crate::observer::Observer;
use crate::process::{self, Cancel, Ended};

/// What the bench profile must have for counts to be explained, set the same way on both sides. Optimisation is the
/// project's own. Line tables alone would name inlined functions without their paths.
const PROFILE: [(&str, &str); 4] = [
    ("CARGO_PROFILE_BENCH_DEBUG", "limited"),
    ("CARGO_PROFILE_BENCH_STRIP", "none"),
    ("CARGO_PROFILE_BENCH_SPLIT_DEBUGINFO", "off"),
    ("CARGO_INCREMENTAL", "0"),
];

/// Variables whose value iai-callgrind and gungraun compile into the executable as the path of their runner. Without them
/// it is looked for when the executable runs, and can be the one that fits.
const BUILT_IN: [&str; 2] = ["IAI_CALLGRIND_RUNNER", "GUNGRAUN_RUNNER"];

/// A bench executable that was built.
#[derive(Clone, Debug)]
pub struct Executable {
    /// The target it was built from.
    pub target: BenchTarget,
    /// The executable, in a place of its own that the other side's build leaves alone.
    pub path: PathBuf,
    /// Where cargo would have the loader look for shared libraries.
    pub library_path: Vec<PathBuf>,
    /// What it was compiled from.
    pub inputs: Inputs,
}

/// One side, built.
#[derive(Debug)]
pub struct Built {
    /// Its executables.
    pub executables: Vec<Executable>,
    /// The project's own programs that they may start.
    pub programs: Vec<Program>,
    /// Targets that were not built.
    pub unmeasured: Vec<UnmeasuredTarget>,
    /// How long it took.
    pub seconds: f64,
}

/// What cargo made.
#[derive(Default)]
struct Artifacts {
    /// By package, name, and whether the target is the library.
    executables: BTreeMap<(String, String, bool), PathBuf>,
    /// The project's own programs, which benchmarks may start.
    programs: Vec<PathBuf>,
    /// Directories in which build scripts put libraries.
    libraries: Vec<PathBuf>,
    /// What all of it was compiled from.
    inputs: Inputs,
}

impl Plan {
    /// Lays out one side and builds its benchmarks. cargo's output goes to standard error as it comes.
    ///
    /// # Errors
    /// If the sources cannot be laid out or do not build.
    pub fn build(&self, role: Role, observer: &dyn Observer, cancel: &Cancel) -> Result<Built, PlanError> {
        let started = Instant::now();
        observer.building(&format!("the {role}, {}", self.snapshot(role).revision));
        self.lay_out(role)?;
        let sources = self.layout.sources();
        if role == Role::Baseline
            && self.project.cargo
            && !sources.join(&self.project.inside).join("Cargo.toml").exists()
        {
            return Err(PlanError::NoBaseline {
                reason: format!("`{}` has no Cargo.toml at the baseline", self.project.inside.display()),
                help: "choose a baseline that has the project with --baseline REV".into(),
            });
        }
        let (targets, unmeasured) = self.project.bench_targets(&sources, &self.request.features, cancel)?;
        let compiled = if targets.is_empty() { Ok(Default::default()) } else { self.compile(role, &targets, cancel) };
        observer.built();
        let (executables, programs) = compiled?;
        Ok(Built { executables, programs, unmeasured, seconds: started.elapsed().as_secs_f64() })
    }

    /// Bench targets and libraries one after the other: `--lib` would build the library of every package that is named.
    fn compile(
        &self,
        role: Role,
        targets: &[BenchTarget],
        cancel: &Cancel,
    ) -> Result<(Vec<Executable>, Vec<Program>), PlanError> {
        let mut artifacts = Artifacts::default();
        for library in [false, true] {
            let targets: Vec<&BenchTarget> = targets.iter().filter(|target| target.library == library).collect();
            if !targets.is_empty() {
                self.compile_some(role, &targets, &mut artifacts, cancel)?;
            }
        }
        artifacts.libraries.retain(|path| path.starts_with(self.layout.build()));
        let executables = self.keep(role, targets, &artifacts)?;
        let directory = self.layout.side(role).join("programs");
        let _ = fs::remove_dir_all(&directory);
        let programs =
            artifacts.programs.iter().map(|path| Program::keep(path, &directory)).collect::<Result<_, _>>()?;
        Ok((executables, programs))
    }

    fn compile_some(
        &self,
        role: Role,
        targets: &[&BenchTarget],
        artifacts: &mut Artifacts,
        cancel: &Cancel,
    ) -> Result<(), PlanError> {
        let mut command = cargo();
        command.current_dir(self.layout.sources().join(&self.project.inside));
        command.args(["bench", "--no-run", "--message-format=json-render-diagnostics"]);
        command.arg("--target-dir").arg(self.layout.build());
        command.args(self.request.features.args());
        let library = targets.iter().any(|target| target.library);
        let mut selected: BTreeSet<[&str; 2]> = targets.iter().map(|target| ["-p", &target.package_id]).collect();
        if library {
            command.arg("--lib");
        } else {
            selected.extend(targets.iter().map(|target| ["--bench", &target.name]));
        }
        command.args(selected.into_iter().flatten());
        command.envs(PROFILE);
        for name in BUILT_IN {
            command.env_remove(name);
        }
        let ended = process::stream(&mut command, cancel, &mut |line| match serde_json::from_str(line) {
            Ok(Message::CompilerArtifact(artifact)) => {
                // The library itself, without an executable, is built on the way.
                let kind = &artifact.target.kind;
                let program = kind.contains(&TargetKind::Bin);
                let wanted = !program && (library || kind.contains(&TargetKind::Bench));
                match &artifact.executable {
                    Some(path) if program => artifacts.programs.push(path.clone().into_std_path_buf()),
                    Some(path) if wanted => {
                        let key = (artifact.package_id.repr, artifact.target.name, library);
                        artifacts.executables.insert(key, path.clone().into_std_path_buf());
                    }
                    _ => self.compiled_from(&artifact, &mut artifacts.inputs),
                }
            }
            Ok(Message::BuildScriptExecuted(script)) => {
                artifacts.libraries.extend(script.linked_paths.iter().map(|path| {
                    let text = path.as_str();
                    PathBuf::from(text.split_once('=').map_or(text, |(_, path)| path))
                }));
            }
            _ => {}
        })
        .map_err(|error| PlanError::Tool { tool: "cargo", error: error.to_string() })?;
        match ended {
            Ended::Exited(status) if status.success() => Ok(()),
            Ended::Cancelled => Err(PlanError::Interrupted),
            _ => Err(PlanError::Build { role }),
        }
    }

    /// Adds what a library or a build script of the repository was compiled from. Programs are no part of an executable.
    fn compiled_from(&self, artifact: &Artifact, inputs: &mut Inputs) {
        let kind = &artifact.target.kind;
        let program = [TargetKind::Bin, TargetKind::Example, TargetKind::Test].iter().any(|other| kind.contains(other));
        let roots = self.roots();
        if program || !artifact.manifest_path.starts_with(&roots.sources) {
            return;
        }
        let files = artifact.filenames.iter().map(|file| file.as_std_path());
        if kind.contains(&TargetKind::CustomBuild) {
            inputs.scripts.extend(files.flat_map(|file| roots.of_script(file)));
        } else {
            inputs.compiled.extend(files.flat_map(|file| roots.of_artifact(file)));
        }
    }

    /// Copies the executables to a place of this side's own: the other side's build overwrites cargo's.
    fn keep(&self, role: Role, targets: &[BenchTarget], artifacts: &Artifacts) -> Result<Vec<Executable>, PlanError> {
        let directory = self.layout.side(role).join("bin");
        let _ = fs::remove_dir_all(&directory);
        let mut executables = Vec::new();
        for target in targets {
            let key = (target.package_id.clone(), target.name.clone(), target.library);
            let Some(path) = artifacts.executables.get(&key) else {
                return Err(PlanError::Cargo {
                    complaint: format!("cargo built no executable for bench target `{}` of the {role}", target.name),
                    submodules: false,
                });
            };
            let kind = if target.library { "lib" } else { "" };
            let kept = directory.join(&target.package).join(kind).join(&target.name);
            copy(path, &kept)?;
            let mut inputs = artifacts.inputs.clone();
            inputs.compiled.extend(self.roots().of_artifact(path));
            let library_path = artifacts.libraries.clone();
            executables.push(Executable { target: target.clone(), path: kept, library_path, inputs });
        }
        Ok(executables)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), PlanError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(PlanError::io(parent))?;
    }
    fs::copy(from, to).map(drop).map_err(PlanError::io(to))
}
