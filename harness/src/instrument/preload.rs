//! The library that is preloaded into counted processes: `harness/preload`, embedded here by the build.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::run::Seeds;

/// The library.
static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/preload.so"));

/// The variable from which the library reads its settings.
pub const VARIABLE: &str = "PERFGATE_PRELOAD";

/// Which clock a process gets.
#[derive(Clone, Copy, Debug)]
pub enum Clock<'a> {
    /// The kernel's.
    Real,
    /// The harness's: so many nanoseconds pass with every read, and what it answers over the pipes in this directory.
    Ours(u64, &'a Path),
}

/// Whether a library in this directory can be named to the loader.
#[must_use]
pub fn can_be_named(directory: &Path) -> bool {
    directory.to_str().is_some_and(|path| !path.contains([' ', ':', ';', '\t', '\n', '$']))
}

/// Where the library is in a directory.
#[must_use]
pub fn path(directory: &Path) -> PathBuf {
    directory.join("preload.so")
}

/// Puts the library into a directory, unless it is there already.
///
/// # Errors
/// If it cannot be written.
pub fn install(directory: &Path) -> io::Result<()> {
    let path = path(directory);
    if fs::read(&path).is_ok_and(|there| there == LIBRARY) {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    let file = NamedTempFile::new_in(directory)?;
    fs::write(file.path(), LIBRARY)?;
    file.persist(&path)?;
    Ok(())
}

/// The value of [`VARIABLE`]. Seeds have a fixed width: the length of the environment moves the stack.
#[must_use]
pub fn settings(seeds: Seeds, clock: Clock<'_>) -> String {
    let (clock, directory) = match clock {
        Clock::Real => ("real".to_owned(), String::new()),
        Clock::Ours(tick, directory) => (tick.to_string(), directory.display().to_string()),
    };
    format!("{:04}:{:04}:{clock}:{directory}", seeds.heap, seeds.random)
}

/// What tells this version of the library from any other, for the fingerprint.
#[must_use]
pub fn version() -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(LIBRARY);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_ends_a_path_at_a_blank_or_a_colon() {
        assert!(can_be_named(Path::new("/home/me/app/target/perfgate/tools")));
        for path in ["/my work/target", "/a:b", "/a\tb"] {
            assert!(!can_be_named(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn settings_are_as_long_whatever_the_seeds() {
        let length = |heap, random| settings(Seeds { heap, random, company: 7 }, Clock::Real).len();
        assert_eq!(length(0, 0), length(999, 12));
    }
}
