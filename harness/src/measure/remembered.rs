//! What the last runs took, so that the next one can begin with what takes longest, and not run out of memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::benchmark::BenchmarkId;

/// Memory expected of a process that was never seen: valgrind itself takes about half of it.
const MEMORY: u64 = 128 << 20;
/// Expected of a benchmark that was never seen, seconds.
const SECONDS: f64 = 0.5;

/// What one benchmark took in one process.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Took {
    /// Wall-clock time, seconds.
    pub seconds: f64,
    /// The most memory that its process had, bytes.
    pub memory: u64,
}

/// What was seen so far. Losing it costs a little time.
#[derive(Debug, Default)]
pub struct Remembered {
    path: PathBuf,
    took: BTreeMap<String, Took>,
}

impl Remembered {
    /// What a file holds; nothing if there is none, or it is not understood.
    #[must_use]
    pub fn load(path: PathBuf) -> Self {
        let took = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { path, took }
    }

    /// Notes what a benchmark took.
    pub fn note(&mut self, id: &BenchmarkId, took: Took) {
        self.took.insert(id.qualified(), took);
    }

    /// What a benchmark is expected to take.
    #[must_use]
    pub fn expected(&self, id: &BenchmarkId) -> Took {
        self.took.get(&id.qualified()).copied().unwrap_or(Took { seconds: SECONDS, memory: MEMORY })
    }

    /// Writes it down. That this fails is no reason to fail.
    pub fn save(&self) {
        let written = || -> std::io::Result<()> {
            let directory = self.path.parent().unwrap_or(Path::new("."));
            let file = NamedTempFile::new_in(directory)?;
            serde_json::to_writer(&file, &self.took)?;
            file.persist(&self.path)?;
            Ok(())
        };
        let _ = written();
    }
}

/// Memory that processes may take without the machine beginning to swap, bytes.
#[must_use]
pub fn memory_to_spend() -> u64 {
    available(&fs::read_to_string("/proc/meminfo").unwrap_or_default())
}

/// Nine tenths of what `/proc/meminfo` calls available; without limit if it does not say.
fn available(text: &str) -> u64 {
    let available = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = available.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    // The page cache wants some of it.
    kibibytes.map_or(u64::MAX, |kibibytes| kibibytes * 1024 / 10 * 9)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_expected_next_time_and_junk_is_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("took.json");
        let id = BenchmarkId { package: "p".into(), target: "t".into(), name: "n".into() };
        let mut remembered = Remembered::load(path.clone());
        assert_eq!(remembered.expected(&id).memory, MEMORY);
        let took = Took { seconds: 7.5, memory: 3 << 30 };
        remembered.note(&id, took);
        remembered.save();
        assert_eq!(Remembered::load(path.clone()).expected(&id), took);
        fs::write(&path, "{").unwrap();
        assert_eq!(Remembered::load(path).expected(&id).memory, MEMORY);
    }

    #[test]
    fn most_of_the_available_memory_may_be_spent() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:    2000 kB\n"), 1_843_200);
        assert_eq!(available("MemTotal: 9 kB\n"), u64::MAX);
    }
}
