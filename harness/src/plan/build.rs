//! Builds the bench targets of one side, with line tables and symbols, and keeps its executables.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cargo_metadata::{Message, TargetKind};

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
        if role == Role::Baseline && !sources.join(&self.project.inside).join("Cargo.toml").exists() {
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

    fn compile(
        &self,
        role: Role,
        targets: &[BenchTarget],
        cancel: &Cancel,
    ) -> Result<(Vec<Executable>, Vec<Program>), PlanError> {
        let mut command = cargo();
        command.current_dir(self.layout.sources().join(&self.project.inside));
        command.args(["bench", "--no-run", "--message-format=json-render-diagnostics"]);
        command.arg("--target-dir").arg(self.layout.build());
        command.args(self.request.features.args());
        for (flag, names) in [("-p", names(targets, |t| &t.package_id)), ("--bench", names(targets, |t| &t.name))] {
            for name in names {
                command.args([flag, name]);
            }
        }
        command.envs(PROFILE);
        for name in BUILT_IN {
            command.env_remove(name);
        }
        let (mut built, mut libraries, mut programs) = (BTreeMap::new(), Vec::new(), Vec::new());
        let ended = process::stream(&mut command, cancel, &mut |line| match serde_json::from_str(line) {
            Ok(Message::CompilerArtifact(artifact)) if artifact.target.kind.contains(&TargetKind::Bench) => {
                if let Some(path) = artifact.executable {
                    built.insert((artifact.package_id.repr, artifact.target.name), path.into_std_path_buf());
                }
            }
            Ok(Message::CompilerArtifact(artifact)) if artifact.target.kind.contains(&TargetKind::Bin) => {
                programs.extend(artifact.executable.map(cargo_metadata::camino::Utf8PathBuf::into_std_path_buf));
            }
            Ok(Message::BuildScriptExecuted(script)) => {
                libraries.extend(script.linked_paths.iter().map(|path| {
                    let text = path.as_str();
                    PathBuf::from(text.split_once('=').map_or(text, |(_, path)| path))
                }));
            }
            _ => {}
        })
        .map_err(|error| PlanError::Tool { tool: "cargo", error: error.to_string() })?;
        match ended {
            Ended::Exited(status) if status.success() => {}
            Ended::Cancelled => return Err(PlanError::Interrupted),
            _ => return Err(PlanError::Build { role }),
        }
        libraries.retain(|path| path.starts_with(self.layout.build()));
        let executables = self.keep(role, targets, &built, &libraries)?;
        let directory = self.layout.side(role).join("programs");
        let _ = fs::remove_dir_all(&directory);
        let programs = programs.iter().map(|path| Program::keep(path, &directory)).collect::<Result<_, _>>()?;
        Ok((executables, programs))
    }

    /// Copies the executables to a place of this side's own: the other side's build overwrites cargo's.
    fn keep(
        &self,
        role: Role,
        targets: &[BenchTarget],
        built: &BTreeMap<(String, String), PathBuf>,
        libraries: &[PathBuf],
    ) -> Result<Vec<Executable>, PlanError> {
        let directory = self.layout.side(role).join("bin");
        let _ = fs::remove_dir_all(&directory);
        let mut executables = Vec::new();
        for target in targets {
            let Some(path) = built.get(&(target.package_id.clone(), target.name.clone())) else {
                return Err(PlanError::Cargo {
                    complaint: format!("cargo built no executable for bench target `{}` of the {role}", target.name),
                    submodules: false,
                });
            };
            let kept = directory.join(&target.package).join(&target.name);
            copy(path, &kept)?;
            let library_path = libraries.to_vec();
            executables.push(Executable { target: target.clone(), path: kept, library_path });
        }
        Ok(executables)
    }
}

fn names(targets: &[BenchTarget], name: impl Fn(&BenchTarget) -> &String) -> Vec<&String> {
    let mut names: Vec<_> = targets.iter().map(name).collect();
    names.sort();
    names.dedup();
    names
}

fn copy(from: &Path, to: &Path) -> Result<(), PlanError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(PlanError::io(parent))?;
    }
    fs::copy(from, to).map(drop).map_err(PlanError::io(to))
}
