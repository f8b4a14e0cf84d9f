//! Whether the executables of the two sides are the same in all that can matter, so that their benchmarks need not be
//! measured; and if not, what differs.
//!
//! The same is: every byte that is loaded is equal but for the build id and for the line numbers of panic locations, and no
//! file that changed is one that the program reads. What cannot be shown is taken to differ: measuring costs seconds, and a
//! benchmark wrongly left out is a regression that nobody sees. This answers for whole executables; an answer for a single
//! benchmark would be another file here, from `image` and from the functions that its profile names.

mod changes;
mod difference;
mod image;
mod inputs;
mod location;
mod reads;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

use std::fs;

use super::Executable;
use image::Image;
use location::Paths;
use reads::Reader;

pub use changes::Changes;
pub use inputs::{Inputs, Roots};

/// What keeps two executables from being the same, as a fragment that fits after "measured, because ".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Different {
    /// A section that is loaded.
    #[error("`{0}` differs")]
    Section(String),
    /// How the program is laid out in memory.
    #[error("the layout of the program differs")]
    Layout,
    /// Where or with what it is run.
    #[error("its package is in another place or has another name")]
    Package,
    /// Libraries of the project's own.
    #[error("it may load shared libraries that the build made")]
    Libraries,
    /// Debug information, which it reads.
    #[error("it reads its own debug information, which differs")]
    ReadsItself,
    /// A file that may be read while it runs.
    #[error("`{0}` changed, which it may read")]
    File(String),
    /// A file whose name, or that of a directory on the way, is in the executable.
    #[error("`{file}` changed, and `{part}` occurs in the executable")]
    Named {
        /// The file.
        file: String,
        /// The part of its path.
        part: String,
    },
    /// A build script.
    #[error("the build script's `{0}` changed")]
    Script(String),
    /// It asks for the directory of the package.
    #[error("it looks for its sources by `CARGO_MANIFEST_DIR`, and some changed")]
    LooksForSources,
    /// It knows the directory of the sources.
    #[error("it holds the path of its sources, and some changed")]
    HoldsSources,
    /// It knows the build directory.
    #[error("it holds the path of the build directory, which others of the build's files are in")]
    HoldsBuild,
    /// No such executable is understood.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// Whether both sides' executables of a bench target are the same in all that can matter, given what changed.
///
/// # Errors
/// What differs, if they are not, or if it cannot be shown.
pub fn identical(baseline: &Executable, candidate: &Executable, changes: &Changes) -> Result<(), Different> {
    let (one, other) = (&baseline.target, &candidate.target);
    if (&one.package, &one.name, &one.package_root) != (&other.package, &other.name, &other.package_root) {
        return Err(Different::Package);
    }
    if baseline.library_path != candidate.library_path || has_libraries(candidate) {
        return Err(Different::Libraries);
    }
    let (baseline_image, candidate_image) = (read(baseline)?, read(candidate)?);
    let differing = difference::differences(&baseline_image, &candidate_image)?;
    let images = (&baseline_image, &candidate_image);
    location::only_moved(images, (&baseline.inputs, &candidate.inputs), &differing, changes)?;
    // The `backtrace` crate, and the standard library's where it is told to whatever the environment says.
    let reads_itself =
        ["9backtrace9symbolize", "force_capture"].iter().any(|name| candidate_image.has_symbol_like(name));
    if reads_itself && !changes.files.is_empty() {
        return Err(Different::ReadsItself);
    }
    let paths = Paths::of(&candidate_image, changes);
    let inputs = [&baseline.inputs, &candidate.inputs];
    Reader { image: &candidate_image, paths: &paths, changes, inputs }.reads_none()
}

fn read(executable: &Executable) -> Result<Image, Different> {
    let unreadable = |reason: String| Different::Unreadable(reason);
    Image::parse(fs::read(&executable.path).map_err(|error| unreadable(error.to_string()))?).map_err(unreadable)
}

/// Whether the loader may find libraries that the build made: the other side's build replaces them, so that they cannot be
/// compared any more.
fn has_libraries(executable: &Executable) -> bool {
    let entries = executable.library_path.iter().filter_map(|directory| fs::read_dir(directory).ok()).flatten();
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains(".so"))
}
