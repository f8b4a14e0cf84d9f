//! Whether counted code started processes or threads, told by the functions of the C library in its profile.

use std::fs;
use std::path::PathBuf;

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
