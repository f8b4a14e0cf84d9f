//! Where perfgate keeps what it makes: one directory below the target directory, the same for both sides, so that paths
//! inside the executables agree and dependencies are built once.

use std::fmt;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::{PlanError, Project};
use crate::tools;

/// One of the two sides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// What the change is measured against.
    Baseline,
    /// The change.
    Candidate,
}

impl Role {
    /// Directory name. Equally long for both: the length of a path can move an instruction count.
    #[must_use]
    pub fn directory(self) -> &'static str {
        match self {
            Self::Baseline => "base",
            Self::Candidate => "cand",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        })
    }
}

/// The directories, and the lock that keeps a second perfgate out of them.
#[derive(Debug)]
pub struct Layout {
    root: PathBuf,
    sources: PathBuf,
    _lock: File,
}

impl Layout {
    /// Makes the directories, and takes the lock.
    ///
    /// # Errors
    /// If they cannot be made, or another perfgate holds the lock.
    pub fn prepare(project: &Project, repository: &Path) -> Result<Self, PlanError> {
        let root = project.target_directory.join("perfgate");
        fs::create_dir_all(&root).map_err(PlanError::io(&root))?;
        // A target directory that the project does not ignore must not show up in `git status`.
        let ignore = root.join(".gitignore");
        fs::write(&ignore, "*\n").map_err(PlanError::io(&ignore))?;
        let path = root.join("lock");
        let lock = File::create(&path).map_err(PlanError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(PlanError::Busy { directory: root }),
            Err(fs::TryLockError::Error(error)) => return Err(PlanError::Io { path, error }),
        }
        let sources = if reads_the_checkout(&root, repository) { outside(&root) } else { root.join("tree") };
        Ok(Self { root, sources, _lock: lock })
    }

    /// The default output directory, `target/perfgate`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory in which the sources of both sides stand in turn.
    #[must_use]
    pub fn sources(&self) -> PathBuf {
        self.sources.clone()
    }

    /// Moves the sources of both sides to where no parent directory is of the checkout.
    pub(super) fn move_outside(&mut self) {
        self.sources = outside(&self.root);
    }

    /// cargo's target directory for both sides.
    #[must_use]
    pub fn build(&self) -> PathBuf {
        self.root.join("build")
    }

    /// perfgate's git objects and indexes.
    #[must_use]
    pub fn git_state(&self) -> PathBuf {
        self.root.join("git")
    }

    /// Executables and profiles of one side.
    #[must_use]
    pub fn side(&self, role: Role) -> PathBuf {
        self.root.join(role.directory())
    }

    /// What perfgate brings along for the benchmark processes.
    #[must_use]
    pub fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// What the benchmarks took the last time.
    #[must_use]
    pub fn took(&self) -> PathBuf {
        self.root.join("took.json")
    }

    /// Scratch space of the benchmark processes.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.root.join("work")
    }
}

/// Files that cargo and rustup look for in every parent directory: below the user's checkout, the candidate's would hold
/// for the baseline as well.
const READ_FROM_PARENTS: [&str; 4] = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];

/// Whether cargo, started below `directory`, would read configuration of the user's checkout.
fn reads_the_checkout(directory: &Path, repository: &Path) -> bool {
    directory
        .ancestors()
        .take_while(|parent| parent.starts_with(repository))
        .any(|parent| READ_FROM_PARENTS.iter().any(|file| parent.join(file).exists()))
}

/// A directory of the user's cache that belongs to this project and lies below no checkout of it.
fn outside(root: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    tools::cache().join(format!("{:016x}", hasher.finish())).join("tree")
}
