//! Ctrl-C while a benchmark is being measured.

use std::fs;
use std::os::unix::process::CommandExt;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Outcome, Project, perfgate, scrubbed};

/// Long enough for the slowest machine: reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
fn ctrl_c_leaves_no_process_no_half_written_file_and_no_trace_in_the_repository() {
    let project = Project::with_criterion_0_5().with_trouble();
    project.commit("the baseline");
    project.make_trouble();
    let before = project.user_state();

    let mut command = perfgate(project.workspace());
    command.args(["check", "trouble::stalls"]).process_group(0);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let group = child.id();
    let waited = catch_unwind(|| {
        wait_until("the benchmark that stalls is being counted at the candidate", || {
            let counted =
                |arguments: &String| arguments.contains("--tool=callgrind") && arguments.contains("/cand/bin/");
            processes_of(project.workspace()).iter().any(counted)
        });
    });
    // As a terminal does: to the whole group.
    let sent = scrubbed("sh").args(["-c", &format!("kill -INT -{group}")]).status().unwrap();
    let outcome = Outcome::from(child.wait_with_output().unwrap());
    assert!(waited.is_ok(), "{outcome:?}");
    assert!(sent.success());
    outcome.expect(130);
    wait_until("every process has gone", || processes_of(project.workspace()).is_empty());
    assert_eq!(before, project.user_state());
    let mut json = Vec::new();
    json_files(&project.out_dir(), &mut json);
    for path in json {
        let text = fs::read(&path).unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok(), "{} is half written", path.display());
    }
    assert!(!project.out_dir().join("report.json").exists(), "there is nothing to report");

    // What was left behind is no obstacle.
    project.perfgate(&["check", "trouble::steady"]).expect(0);
}

#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        sleep(Duration::from_millis(100));
    }
}

/// The arguments of every process that names a directory in its arguments.
fn processes_of(directory: &Path) -> Vec<String> {
    let directory = directory.to_str().unwrap();
    let arguments =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    arguments
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .filter(|a| a.contains(directory))
        .collect()
}

/// JSON files that perfgate wrote; cargo's are its own business.
fn json_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "build" {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}
