//! A place for callgrind's dumps. There are hundreds a second, each read once and thrown away: writing them to a disk costs
//! as much as counting does.

use std::io;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use nix::unistd::Pid;
use tempfile::{Builder, TempDir};

/// Where Linux has a file system in memory.
const MEMORY: &str = "/dev/shm";
/// Room for the dumps of one process, of which a few thousand are kept at most, bytes.
const ROOM: u64 = 256 << 20;

/// A directory for dumps, which goes when this is dropped.
#[derive(Debug)]
pub struct DumpSpace {
    path: PathBuf,
    /// What removes it, if it is in memory.
    _directory: Option<TempDir>,
}

impl DumpSpace {
    /// In memory if there is room for so many processes, else the directory on disk.
    #[must_use]
    pub fn new(disk: &Path, processes: usize) -> Self {
        remove_stale(Path::new(MEMORY));
        let room = statvfs(MEMORY).map_or(0, |space| space.blocks_available() * space.fragment_size());
        let prefix = prefix(Pid::this());
        let directory =
            if room / ROOM >= processes as u64 { Builder::new().prefix(&prefix).tempdir_in(MEMORY).ok() } else { None };
        let path = directory.as_ref().map_or_else(|| disk.to_owned(), |directory| directory.path().to_owned());
        Self { path, _directory: directory }
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Of fixed length: the length of a path in the environment of a process moves its stack.
fn prefix(pid: Pid) -> String {
    format!("perfgate-{:08}-", pid.as_raw())
}

/// Removes what a perfgate left that was killed.
fn remove_stale(memory: &Path) {
    let stale = |entry: io::Result<std::fs::DirEntry>| {
        let path = entry.ok()?.path();
        let rest = path.file_name()?.to_str()?.strip_prefix("perfgate-")?;
        let pid: i32 = rest.split('-').next()?.parse().ok()?;
        (!Path::new("/proc").join(pid.to_string()).exists()).then_some(path)
    };
    for path in std::fs::read_dir(memory).into_iter().flatten().filter_map(stale) {
        // It may be another user's.
        let _ = std::fs::remove_dir_all(path);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn what_the_dead_left_is_removed_and_nothing_else() {
        let memory = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = memory.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (dead, alive, other) =
            (make("perfgate-99999999-abc"), make(&(prefix(Pid::this()) + "abc")), make("perfgate-x"));
        remove_stale(memory.path());
        assert!(!dead.exists() && alive.exists() && other.exists());
    }

    #[test]
    fn without_room_there_is_the_disk() {
        let disk = tempfile::tempdir().unwrap();
        assert_eq!(DumpSpace::new(disk.path(), usize::MAX).path(), disk.path());
    }
}
