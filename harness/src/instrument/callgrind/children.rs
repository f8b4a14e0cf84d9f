//! What the processes executed that a benchmark started: callgrind writes files of their own for them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::amount::Amount;
use super::dumps::Reader;

/// The files of child processes in a directory.
#[derive(Debug)]
pub struct Children<'j> {
    directory: &'j Path,
    seen: HashSet<PathBuf>,
}

impl<'j> Children<'j> {
    /// Of the process that writes its dumps into this directory.
    #[must_use]
    pub fn new(directory: &'j Path) -> Self {
        Self { directory, seen: HashSet::new() }
    }

    /// What the children executed whose files were completed since the last time. A benchmark that waits for what it
    /// starts finds them complete when it reads the clock next.
    ///
    /// # Errors
    /// If the directory or a file cannot be read.
    pub fn collect(&mut self, parent: u32, reader: &Reader<'_>) -> io::Result<Amount> {
        let mut amount = Amount::default();
        for entry in fs::read_dir(self.directory)? {
            let path = entry?.path();
            if pid(&path).is_none_or(|pid| pid == parent) || self.seen.contains(&path) {
                continue;
            }
            match reader.read(&path) {
                Ok(dump) => {
                    amount += dump.amount;
                    self.seen.insert(path);
                }
                // It is still being written.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                Err(error) => return Err(error),
            }
        }
        Ok(amount)
    }
}

/// The process that wrote a file: `o.PID` or `o.PID.NUMBER`.
fn pid(path: &Path) -> Option<u32> {
    let rest = path.file_name()?.to_str()?.strip_prefix("o.")?;
    rest.split('.').next()?.parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn whole_files_of_others_are_added_once() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        let reader = Reader { prefixes: &[], our_clock: true };
        let whole = |cost: u64| format!("events: Ir\n\nob=(1) /r/b\nfn=(1) main\n1 {cost}\n\ntotals: {cost}\n");
        let mut children = Children::new(directory.path());
        write("o.7.1", &whole(1000));
        write("o.8", &whole(5));
        write("o.9.1", &whole(20));
        write("o.9.2", "events: Ir\n\nfn=(1) main\n1 3");
        write("valgrind.log", "");
        assert_eq!(children.collect(7, &reader).unwrap().instructions, 25);
        write("o.9.2", &whole(3));
        assert_eq!(children.collect(7, &reader).unwrap().instructions, 3);
        assert_eq!(children.collect(7, &reader).unwrap(), Amount::default());
    }
}
