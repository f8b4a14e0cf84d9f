//! Where the processes of a side find and leave things.

use std::path::PathBuf;
use std::sync::Arc;

use super::dump_space::DumpSpace;

/// Where things are that all processes of a side share.
#[derive(Clone, Debug)]
pub struct Places {
    /// The preloaded library.
    pub tools: PathBuf,
    /// Scratch space.
    pub scratch: PathBuf,
    /// Callgrind's dumps.
    pub dumps: Arc<DumpSpace>,
    /// What benchmarks took the last time.
    pub took: PathBuf,
}
