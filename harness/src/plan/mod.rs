//! From a project and two revisions to what can be measured: sources laid out, benchmarks built.

mod build;
mod command;
mod features;
pub mod git;
pub mod identical;
mod layout;
mod programs;
mod revisions;
mod unstable;
mod workspace;

use std::path::{Path, PathBuf};

pub use build::{Built, Executable};
pub use command::CommandSpec;
pub use features::Features;
pub use layout::{Layout, Role};
pub use programs::Program;
pub use revisions::{Snapshot, Snapshots};
pub use workspace::{BenchTarget, Project};

use crate::process::Cancel;

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Where the user stands: in the package or workspace.
    pub directory: PathBuf,
    /// `--baseline`, if given.
    pub baseline: Option<String>,
    /// Features to build with.
    pub features: Features,
    /// The base branch of a pull request, where a CI service names it.
    pub pull_request_base: Option<String>,
    /// Programs that are benchmarks too, as the candidate's configuration has them.
    pub commands: Vec<CommandSpec>,
    /// Where the project is if there is no cargo project around the directory: where its configuration stands.
    pub configured_in: Option<PathBuf>,
}

/// Which sides to lay out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sides {
    /// Baseline and candidate.
    Both,
    /// One revision, `None` for the working tree; it takes the candidate's place.
    One,
}

/// A project whose revisions are known and can be laid out.
#[derive(Debug)]
pub struct Plan {
    /// The project as the user has it.
    pub project: Project,
    /// The repository, with perfgate's own place for objects.
    pub repository: git::Repository,
    /// Where everything goes.
    pub layout: Layout,
    /// The two states of the sources.
    pub snapshots: Snapshots,
    /// What was asked.
    pub request: Request,
}

/// Finds the project, the repository and the revisions; takes the lock on perfgate's directory.
///
/// # Errors
/// If the directory holds no cargo project in a git repository, or no baseline can be found.
pub fn plan(request: Request, sides: Sides, cancel: &Cancel) -> Result<Plan, PlanError> {
    let repository = git::Repository::discover(&request.directory, cancel)?;
    let project = Project::discover_any(&request, &repository.root, cancel)?;
    let mut layout = Layout::prepare(&project, &repository.root)?;
    let repository = repository.with_state(&layout.git_state())?;
    let snapshots = Snapshots::take(&repository, &request, sides, &project.target_directory)?;
    if project.swallows(&repository, snapshots.trees())? {
        layout.move_outside();
    }
    Ok(Plan { project, repository, layout, snapshots, request })
}

impl Plan {
    /// The state of the sources for one side.
    ///
    /// # Panics
    /// Never for a plan of both sides; for a plan of one side if the baseline is asked for.
    #[must_use]
    pub fn snapshot(&self, role: Role) -> &Snapshot {
        match role {
            Role::Baseline => self.snapshots.baseline.as_ref().expect("the plan was made for both sides"),
            Role::Candidate => &self.snapshots.candidate,
        }
    }

    /// How the compiler's paths are read.
    #[must_use]
    pub fn roots(&self) -> identical::Roots {
        // cargo knows the directory that it runs in by its real path.
        let sources = self.layout.sources();
        let sources = sources.canonicalize().unwrap_or(sources);
        identical::Roots { workspace: sources.join(&self.project.inside), sources }
    }

    /// Makes the shared source directory hold one side.
    ///
    /// # Errors
    /// If the sources cannot be written.
    pub fn lay_out(&self, role: Role) -> Result<(), PlanError> {
        let snapshot = self.snapshot(role);
        self.repository.check_out(&snapshot.tree, &self.layout.sources())?;
        if !self.request.commands.is_empty() {
            // What a command left behind must not be there for the other side. What is ignored, such as cargo's target
            // directory, is kept for the next build, if anything builds.
            let builds = self.project.cargo || self.request.commands.iter().any(|command| !command.setup.is_empty());
            self.repository.clean(&self.layout.sources(), !builds)?;
        }
        self.project.provide_lock_file(&self.layout.sources(), &self.repository, &snapshot.tree)
    }
}

/// Why there is nothing to measure.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A program could not be run.
    #[error("cannot run `{tool}`: {error}")]
    Tool {
        /// The program.
        tool: &'static str,
        /// Why.
        error: String,
    },
    /// The directory is not in a git working tree.
    #[error("`{}` is not in a git working tree", directory.display())]
    NotARepository {
        /// The directory.
        directory: PathBuf,
    },
    /// A git command failed.
    #[error("`{command}` failed: {complaint}")]
    Git {
        /// The command.
        command: String,
        /// What git said.
        complaint: String,
    },
    /// There is no cargo project.
    #[error("cannot read the cargo project: {complaint}")]
    Cargo {
        /// What cargo said.
        complaint: String,
        /// Whether the repository has submodules, one of which may be missing.
        submodules: bool,
    },
    /// A revision does not exist.
    #[error("there is no commit `{revision}` in this repository")]
    NoSuchRevision {
        /// What was asked for.
        revision: String,
    },
    /// No baseline could be found.
    #[error("there is no baseline: {reason}")]
    NoBaseline {
        /// Why.
        reason: String,
        /// What the user can do.
        help: String,
    },
    /// Path dependencies point outside the repository.
    #[error("the path dependency `{name}` is outside the repository, at `{}`", path.display())]
    OutsideDependency {
        /// The dependency.
        name: String,
        /// Where it is.
        path: PathBuf,
    },
    /// A submodule is not checked out, or not at that commit.
    #[error("submodule `{path}` does not have commit {commit}")]
    Submodule {
        /// Its path.
        path: String,
        /// The commit that the tree names.
        commit: String,
    },
    /// A submodule holds changes that no commit of it holds.
    #[error("submodule `{path}` has uncommitted changes, which would not be measured")]
    ChangedSubmodule {
        /// Its path.
        path: String,
    },
    /// Another perfgate is at work on the same project.
    #[error("another perfgate is at work in `{}`", directory.display())]
    Busy {
        /// Its directory.
        directory: PathBuf,
    },
    /// The benchmarks of one side do not build.
    #[error("the benchmarks of the {role} do not build")]
    Build {
        /// Which side.
        role: Role,
    },
    /// A file operation failed.
    #[error("cannot use `{}`: {error}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl PlanError {
    /// For `map_err`: a failed operation on a path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::Io { path: path.to_owned(), error }
    }

    /// What the user can do, if there is something.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Tool { tool, .. } => return Some(format!("install `{tool}` and make sure that it is on the PATH")),
            Self::NotARepository { .. } => {
                "perfgate compares two revisions: run it in a git repository (git init && git add -A && git commit)"
            }
            Self::Cargo { submodules: true, .. } => {
                "if a package is in a submodule, check it out: git submodule update --init --recursive"
            }
            Self::Cargo { .. } => {
                "run perfgate in the directory of a cargo package or workspace, or name programs to measure in a perfgate.toml, with `[[command]]`"
            }
            Self::NoSuchRevision { .. } => "fetch it first, or name another with --baseline REV",
            Self::NoBaseline { help, .. } => help,
            Self::OutsideDependency { .. } => {
                "both sides are built from the repository alone: move the dependency into it, or depend on it by git or version"
            }
            Self::Submodule { .. } => "git submodule update --init --recursive",
            Self::ChangedSubmodule { .. } => "commit them in the submodule, or stash them",
            Self::Busy { .. } => "wait for it to end, or give this one another directory with CARGO_TARGET_DIR",
            Self::Build { role: Role::Baseline } => {
                "the compiler's errors are above; choose a baseline that builds with --baseline REV"
            }
            Self::Build { role: Role::Candidate } => "the compiler's errors are above",
            Self::Git { .. } | Self::Io { .. } | Self::Interrupted => return None,
        };
        Some(help.to_owned())
    }
}
