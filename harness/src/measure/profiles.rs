//! Where the callgrind files of a side are kept for the explanation.

use std::fs;
use std::path::{Path, PathBuf};

use super::MeasureError;
use crate::instrument::job::Observation;
use crate::run::StoredProfile;

/// The profiles of one side.
#[derive(Debug)]
pub struct Profiles {
    /// The directory of the run file, to which its paths are relative.
    root: PathBuf,
    directory: PathBuf,
    sources: PathBuf,
}

impl Profiles {
    /// A place for profiles, emptied.
    #[must_use]
    pub fn new(root: &Path, side: &Path, sources: PathBuf) -> Self {
        let directory = side.join("profiles");
        let _ = fs::remove_dir_all(&directory);
        Self { root: root.to_owned(), directory, sources }
    }

    /// Moves the files of an observation here, for the benchmark with this index.
    ///
    /// # Errors
    /// If they cannot be moved.
    pub fn keep(
        &self,
        index: usize,
        observation: &Observation,
        executable: &Path,
    ) -> Result<StoredProfile, MeasureError> {
        let directory = self.directory.join(format!("{index:05}"));
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| MeasureError::Io { path, error }
        };
        fs::create_dir_all(&directory).map_err(io(&directory))?;
        let mut parts = Vec::new();
        for (number, part) in observation.parts.iter().enumerate() {
            let kept = directory.join(format!("{number:04}.callgrind"));
            // They come from another file system.
            fs::copy(part, &kept).map_err(io(&kept))?;
            parts.push(self.relative(&kept));
        }
        Ok(StoredProfile {
            parts,
            iterations: observation.count.calls.last().map_or(1, |call| call.iterations),
            executable: self.relative(executable),
            source_root: self.sources.clone(),
        })
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }
}
