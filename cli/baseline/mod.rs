//! Runs on disk: a versioned JSON file, with the profiles it names beside it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use perfgate_harness::run::{RUN_FORMAT, Run};
use tempfile::NamedTempFile;

/// A run that was read, and where its profiles are.
#[derive(Clone, Debug)]
pub struct StoredRun {
    /// The run.
    pub run: Run,
    /// The directory to which its paths are relative.
    pub directory: PathBuf,
}

/// Why a run file cannot be written or used.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// It cannot be read or written.
    #[error("cannot use the run file `{}`: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is not a run file, or not a whole one.
    #[error("`{}` is not a run file: {error}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// It is of another version.
    #[error("`{}` is a run file of version {found}, and this perfgate reads version {RUN_FORMAT}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that it names.
        found: u64,
    },
}

/// Writes a run file whole, or not at all.
///
/// # Errors
/// If it cannot be written.
pub fn save(run: &Run, path: &Path) -> Result<(), RunFileError> {
    let io = |error| RunFileError::Io { path: path.to_owned(), error };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory).map_err(io)?;
    let text = serde_json::to_vec(run).map_err(|error| io(error.into()))?;
    file.write_all(&text).and_then(|()| file.write_all(b"\n")).map_err(io)?;
    file.persist(path).map(drop).map_err(|error| io(error.error))
}

/// Reads a run file.
///
/// # Errors
/// If it cannot be read, is no run file, or is of another version.
pub fn load(path: &Path) -> Result<StoredRun, RunFileError> {
    let text = fs::read(path).map_err(|error| RunFileError::Io { path: path.to_owned(), error })?;
    let malformed = |error| RunFileError::Malformed { path: path.to_owned(), error };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(malformed)?;
    if let Some(found) = value.get("format").and_then(serde_json::Value::as_u64)
        && found != u64::from(RUN_FORMAT)
    {
        return Err(RunFileError::Version { path: path.to_owned(), found });
    }
    let run = serde_json::from_value(value).map_err(malformed)?;
    Ok(StoredRun { run, directory: path.parent().unwrap_or(Path::new(".")).to_owned() })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use perfgate_harness::machine::Machine;
    use perfgate_harness::run::{Cost, Revision};

    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_anything_else_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.json");
        let run = Run {
            format: RUN_FORMAT,
            revision: Revision::default(),
            machine: Machine::default(),
            benchmarks: Vec::new(),
            unmeasured: Vec::new(),
            cost: Cost::default(),
        };
        save(&run, &path).unwrap();
        assert_eq!(load(&path).unwrap().run, run);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() / 2]).unwrap();
        assert!(matches!(load(&path), Err(RunFileError::Malformed { .. })));
        fs::write(&path, text.replace("\"format\":2", "\"format\":7")).unwrap();
        assert!(matches!(load(&path), Err(RunFileError::Version { found: 7, .. })));
        assert!(matches!(load(&directory.path().join("none")), Err(RunFileError::Io { .. })));
    }
}
