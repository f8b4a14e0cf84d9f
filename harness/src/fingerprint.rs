//! Reads the environment of a run off this machine.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::instrument::{environment, preload};
use crate::machine::Machine;
use crate::process::{self, Cancel};

/// The version of valgrind, or `None` if it is not installed.
#[must_use]
pub fn valgrind(cancel: &Cancel) -> Option<String> {
    let text = answer(Command::new("valgrind").arg("--version"), cancel)?;
    Some(text.strip_prefix("valgrind-").unwrap_or(&text).to_owned())
}

/// The machine, with the toolchain that builds in `sources`.
#[must_use]
pub fn machine(sources: &Path, cancel: &Cancel) -> Machine {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let verbose = answer(Command::new(rustc).arg("-vV").current_dir(sources), cancel).unwrap_or_default();
    let field = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").trim().to_owned();
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of_cpu = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    };
    let mut cpu_features: Vec<String> = of_cpu("flags").split_whitespace().map(str::to_owned).collect();
    cpu_features.sort();
    Machine {
        target: field("host:"),
        cpu_model: of_cpu("model name").to_owned(),
        cores: cores(),
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        valgrind: valgrind(cancel).unwrap_or_default(),
        libc: answer(Command::new("ldd").arg("--version"), cancel)
            .and_then(|text| text.lines().next().map(str::to_owned))
            .unwrap_or_default(),
        rustc: format!("{} (LLVM {})", verbose.lines().next().unwrap_or(""), field("LLVM version:")),
        cpu_features,
        preload: preload::version(),
        environment: environment::fingerprint(),
    }
}

/// Processors available to this process.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn answer(command: &mut Command, cancel: &Cancel) -> Option<String> {
    let answer = process::ask(command, Duration::from_secs(20), cancel).ok()?;
    answer.success().then(|| answer.text())
}
