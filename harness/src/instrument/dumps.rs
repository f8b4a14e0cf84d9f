//! Single dumps of callgrind: what triggered them, what they cost, and what the code in them started.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::calls::{Dump, Event};
use crate::profile::callgrind;

/// What triggered a dump.
fn event(trigger: &str, prefixes: &[String]) -> Event {
    let function = |option: &str| trigger.strip_prefix(option);
    let measuring = |symbol: &str| {
        // A closure inside an asynchronous measuring function is entered as often as it is polled.
        prefixes.iter().any(|prefix| symbol.starts_with(prefix.as_str())) && !symbol.contains("$u7b$$u7b$closure")
    };
    match (function("--dump-before="), function("--dump-after=")) {
        (Some(symbol), _) if symbol.starts_with("clock_gettime") => Event::Clock,
        (Some(symbol), _) if measuring(symbol) => Event::Enter,
        (_, Some(symbol)) if measuring(symbol) => Event::Leave,
        _ => Event::Other,
    }
}

/// One dump as it lies on disk, and what of it was told apart.
///
/// # Errors
/// If the file cannot be read, or is not a whole callgrind file.
pub fn read(path: &Path, prefixes: &[String]) -> io::Result<Dump> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, format!("`{}`: {error}", path.display()));
    let summary = callgrind::scan(&fs::read(path)?).map_err(invalid)?;
    let trigger = summary.trigger.unwrap_or_default();
    let function = trigger.split_once('=').map_or("", |(_, function)| function).to_owned();
    Ok(Dump { event: event(&trigger, prefixes), cost: summary.total, function })
}

/// What the measured code started, told by the functions of the C library in its profile.
pub struct Started {
    /// Processes.
    pub processes: bool,
    /// Threads.
    pub threads: bool,
}

impl Started {
    /// Looks through callgrind files.
    pub fn in_files(parts: &[PathBuf]) -> Self {
        let mut started = Self { processes: false, threads: false };
        for text in parts.iter().filter_map(|part| fs::read(part).ok()) {
            let text = String::from_utf8_lossy(&text);
            for name in text.lines().filter_map(|line| line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn="))) {
                let name = name.split_once(") ").map_or("", |(_, name)| name);
                let name = name.split(['\'', '@']).next().unwrap_or("");
                started.processes |=
                    matches!(name, "fork" | "vfork" | "_Fork" | "posix_spawn" | "posix_spawnp" | "execve");
                started.threads |= matches!(name, "pthread_create" | "pthread_join");
            }
        }
        started
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_are_told_apart_by_symbol() {
        let prefixes = ["_ZN9criterion7bencher16Bencher$LT$M$GT$".to_owned()];
        let event = |trigger: &str| event(trigger, &prefixes);
        assert_eq!(
            event("--dump-before=_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17hb2fa5095e9cd1dd6E"),
            Event::Enter
        );
        assert_eq!(
            event("--dump-after=_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17hb2fa5095e9cd1dd6E"),
            Event::Leave
        );
        assert_eq!(event("--dump-before=clock_gettime@@GLIBC_2.17"), Event::Clock);
        assert_eq!(
            event("--dump-before=_ZN9criterion7bencher16Bencher$LT$M$GT$4iter28_$u7b$$u7b$closure$u7d$$u7d$E"),
            Event::Other
        );
        assert_eq!(event("Program termination"), Event::Other);
    }
}
