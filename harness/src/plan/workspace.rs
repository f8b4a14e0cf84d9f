//! The project: where it stands in the repository, and the bench targets that cargo knows in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cargo_metadata::{Metadata, MetadataCommand, TargetKind};

use super::git::Repository;
use super::unstable::{self, Unstable};
use super::{Features, PlanError, Request};
use crate::benchmark::UnmeasuredTarget;
use crate::process::{self, Cancel};

/// The project as the user has it.
#[derive(Clone, Debug)]
pub struct Project {
    /// Top of the cargo workspace, or the directory of the configuration.
    pub root: PathBuf,
    /// The same, relative to the repository.
    pub inside: PathBuf,
    /// cargo's target directory for it.
    pub target_directory: PathBuf,
    /// Name of the package at the root, if there is one.
    pub package: Option<String>,
    /// Whether it is a cargo project. Without, it has no benchmarks but commands.
    pub cargo: bool,
}

/// A `[[bench]]` target of a workspace member, or its library, which may hold `#[bench]` functions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BenchTarget {
    /// Its package.
    pub package: String,
    /// The package for cargo's command line: a name alone may also be that of a dependency.
    pub package_id: String,
    /// Its name.
    pub name: String,
    /// Whether it is the library.
    pub library: bool,
    /// Directory of the package: the working directory of its benchmarks.
    pub package_root: PathBuf,
    /// Its source file, relative to the repository, `/`-separated.
    pub source: String,
}

/// The cargo that runs us, or the one on the PATH.
pub(super) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

impl Project {
    /// The cargo workspace around the user, or else the directory of their configuration.
    ///
    /// # Errors
    /// If there is neither, or it reaches outside the repository.
    pub(super) fn discover_any(request: &Request, repository: &Path, cancel: &Cancel) -> Result<Self, PlanError> {
        let mut parents = request.directory.ancestors().take_while(|parent| parent.starts_with(repository));
        let cargo = parents.any(|parent| parent.join("Cargo.toml").exists());
        match request.configured_in.as_deref().filter(|_| !cargo) {
            Some(root) if root.starts_with(repository) => Ok(Self {
                root: root.to_owned(),
                inside: root.strip_prefix(repository).unwrap_or(root).to_owned(),
                target_directory: root.join("target"),
                package: None,
                cargo: false,
            }),
            _ => Self::discover(&request.directory, repository, cancel),
        }
    }

    /// The workspace around a directory.
    ///
    /// # Errors
    /// If there is none, or it reaches outside the repository.
    pub fn discover(directory: &Path, repository: &Path, cancel: &Cancel) -> Result<Self, PlanError> {
        let metadata = metadata(directory, repository, cancel)?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let inside = root.strip_prefix(repository).map(Path::to_owned).map_err(|_| PlanError::Cargo {
            complaint: format!(
                "the workspace `{}` is outside the repository `{}`",
                root.display(),
                repository.display()
            ),
            submodules: false,
        })?;
        for dependency in metadata.packages.iter().flat_map(|package| &package.dependencies) {
            if let Some(path) = &dependency.path
                && !path.starts_with(repository)
            {
                return Err(PlanError::OutsideDependency {
                    name: dependency.name.clone(),
                    path: path.clone().into_std_path_buf(),
                });
            }
        }
        let package = metadata.root_package().map(|package| package.name.to_string());
        let target_directory = metadata.target_directory.into_std_path_buf();
        Ok(Self { root, inside, target_directory, package, cargo: true })
    }

    /// Whether the user's workspace would claim a tree that is laid out below it: cargo looks for a `[workspace]` in all
    /// parent directories, and a tree whose own manifest has none would find the user's.
    ///
    /// # Errors
    /// If git cannot be run.
    pub(super) fn swallows<'t>(
        &self,
        repository: &Repository,
        mut trees: impl Iterator<Item = &'t str>,
    ) -> Result<bool, PlanError> {
        let has_workspace = |manifest: &[u8]| String::from_utf8_lossy(manifest).contains("[workspace");
        let around = |directory: &Path| fs::read(directory.join("Cargo.toml")).is_ok_and(|text| has_workspace(&text));
        if !self.target_directory.ancestors().any(around) {
            return Ok(false);
        }
        let path = self.inside.join("Cargo.toml");
        trees.try_fold(false, |swallowed, tree| {
            let manifest = repository.file(tree, &path.to_string_lossy())?;
            Ok(swallowed || !manifest.is_some_and(|text| has_workspace(&text)))
        })
    }

    /// The bench targets of the workspace in `sources`, a checkout of the repository, and those that cannot be built
    /// with these features or this toolchain.
    ///
    /// # Errors
    /// If cargo cannot read the workspace there.
    pub fn bench_targets(
        &self,
        sources: &Path,
        features: &Features,
        cancel: &Cancel,
    ) -> Result<(Vec<BenchTarget>, Vec<UnmeasuredTarget>), PlanError> {
        if !self.cargo {
            return Ok((Vec::new(), Vec::new()));
        }
        let metadata = metadata(&sources.join(&self.inside), sources, cancel)?;
        let (mut targets, mut unmeasured) = (Vec::new(), Vec::new());
        let mut unstable = Unstable::new(sources);
        for package in metadata.workspace_packages() {
            for target in &package.targets {
                let library = match target.kind.first() {
                    Some(TargetKind::Bench) => false,
                    Some(TargetKind::Lib | TargetKind::RLib | TargetKind::ProcMacro) => true,
                    _ => continue,
                };
                let skip = |reason: String, help: String| UnmeasuredTarget {
                    package: package.name.to_string(),
                    target: target.name.clone(),
                    reason,
                    help,
                    output: String::new(),
                    failed: false,
                };
                if library && !unstable::is_used_below(target.src_path.parent().unwrap_or(&target.src_path)) {
                    continue;
                }
                let missing = features.missing(&package.features, &package.name, &target.required_features);
                if !missing.is_empty() {
                    unmeasured.push(skip(
                        format!("it needs the feature {}, which is off", missing.join(", ")),
                        format!("add --features {}", missing.join(",")),
                    ));
                    continue;
                }
                let needs_nightly = library || unstable::is_enabled(target.src_path.as_std_path());
                if needs_nightly && !unstable.is_allowed(cancel) {
                    unmeasured.push(skip(
                        "it uses the unstable #[bench] harness, and the toolchain is not a nightly one".into(),
                        "run perfgate with a nightly toolchain: cargo +nightly perfgate check".into(),
                    ));
                    continue;
                }
                let source = target.src_path.strip_prefix(sources).unwrap_or(&target.src_path);
                targets.push(BenchTarget {
                    package: package.name.to_string(),
                    package_id: package.id.repr.clone(),
                    name: target.name.clone(),
                    library,
                    package_root: package.manifest_path.parent().unwrap_or(&package.manifest_path).into(),
                    source: source.as_str().replace('\\', "/"),
                });
            }
        }
        Ok((targets, unmeasured))
    }

    /// Where a tree has no lock file (libraries often ignore theirs), gives it the user's, so that both sides build the
    /// same dependencies.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn provide_lock_file(
        &self,
        sources: &Path,
        repository: &Repository,
        tree: &str,
    ) -> Result<(), PlanError> {
        let inside = self.inside.join("Cargo.lock");
        let (own, theirs) = (self.root.join("Cargo.lock"), sources.join(&inside));
        let tracked = repository.file(tree, &inside.to_string_lossy())?.is_some();
        if !tracked && own.exists() {
            fs::copy(&own, &theirs).map_err(PlanError::io(&theirs))?;
        }
        Ok(())
    }
}

/// `cargo metadata --no-deps` for a directory of a repository.
fn metadata(directory: &Path, repository: &Path, cancel: &Cancel) -> Result<Metadata, PlanError> {
    let mut command = cargo();
    command.current_dir(directory).args(["metadata", "--no-deps", "--format-version", "1"]);
    let submodules = repository.join(".gitmodules").exists();
    let unreadable = |complaint| PlanError::Cargo { complaint, submodules };
    let answer = process::ask(&mut command, Duration::from_secs(120), cancel)
        .map_err(|error| PlanError::Tool { tool: "cargo", error: error.to_string() })?;
    if cancel.requested() {
        return Err(PlanError::Interrupted);
    }
    if !answer.success() {
        return Err(unreadable(answer.complaint()));
    }
    MetadataCommand::parse(answer.text()).map_err(|error| unreadable(error.to_string()))
}
