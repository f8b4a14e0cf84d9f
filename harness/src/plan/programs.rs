//! The project's own programs that its benchmarks start by the path that cargo compiled into them (`CARGO_BIN_EXE_…`):
//! each side's build overwrites the other's, so each side's are kept, and put back before its benchmarks run.

use std::fs;
use std::path::{Path, PathBuf};

use super::PlanError;

/// A program of one side.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Program {
    /// Where the benchmarks look for it.
    pub path: PathBuf,
    /// This side's, in a place that the other side leaves alone.
    pub kept: PathBuf,
}

impl Program {
    /// Keeps a program that was just built.
    pub(super) fn keep(path: &Path, directory: &Path) -> Result<Self, PlanError> {
        let kept = directory.join(path.file_name().unwrap_or_default());
        fs::create_dir_all(directory).map_err(PlanError::io(directory))?;
        fs::copy(path, &kept).map_err(PlanError::io(&kept))?;
        Ok(Self { path: path.to_owned(), kept })
    }

    /// Puts it back to where the benchmarks look for it.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub fn put_back(&self) -> Result<(), PlanError> {
        // cargo links the file to one of its own, which must stay as it is.
        let _ = fs::remove_file(&self.path);
        fs::copy(&self.kept, &self.path).map(drop).map_err(PlanError::io(&self.path))
    }
}
