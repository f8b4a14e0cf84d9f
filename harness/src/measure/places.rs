//! Where the processes of a side find and leave things.

use std::path::PathBuf;

/// Where things are that all processes of a side share.
#[derive(Clone, Debug)]
pub struct Places {
    /// perfgate's directory.
    pub root: PathBuf,
    /// The preloaded library.
    pub tools: PathBuf,
    /// Scratch space.
    pub scratch: PathBuf,
    /// What benchmarks took the last time.
    pub took: PathBuf,
}
