//! The commands beside `check`, and what the configuration file does.

use std::fs;
use std::process::Command;

use perfgate::comparison::Verdict;

use crate::support::{Outcome, Project, empty_directory, entry, perfgate, scrubbed};

#[test]
fn limits_of_the_configuration_file_are_heeded() {
    let project = Project::new();
    project.commit("the baseline");
    project.slow_down_count();
    let override_ = "[gate]\nlimit = { instructions = \"0.1%\" }\n\n[[benchmark]]\nfilter = \"text::count/*\"\nlimit.instructions = \"1000%\"\n";
    project.write("perfgate.toml", override_);
    project.perfgate(&["check", "count/8"]).expect(0);
    let report = project.report();
    let comparison = &entry(&report, "text::count/8").comparison;
    assert_eq!(comparison.verdict, Verdict::Unchanged);
    assert_eq!(comparison.limits.limit, 10.0);
}

#[test]
fn list_shows_the_benchmarks_and_measures_none() {
    let project = Project::new();
    project.commit("the only commit");
    let names = ["text::count/1", "text::count/8", "text::rank", "text::checksum", "text::words", "criterion"];
    project.perfgate(&["list"]).expect(0).says(&names);
    assert!(!project.out_dir().join("report.json").exists());
}

#[test]
fn doctor_names_what_it_found() {
    let project = Project::new();
    project.commit("the only commit");
    project.perfgate(&["doctor"]).expect(0).says(&["valgrind", "cargo", "git", "Next: perfgate check"]);
}

#[test]
fn init_writes_a_configuration_that_is_valid_and_never_overwrites_one() {
    let project = Project::new();
    project.commit("the only commit");
    project.perfgate(&["init"]).expect(0).says(&["perfgate check"]);
    let path = project.workspace().join("perfgate.toml");
    let written = fs::read_to_string(&path).unwrap();
    project.perfgate(&["list"]).expect(0);

    fs::write(&path, format!("{written}\n# mine\n")).unwrap();
    project.perfgate(&["init"]);
    assert!(fs::read_to_string(&path).unwrap().ends_with("# mine\n"), "init wrote over a file that was there");
}

#[test]
fn the_report_on_the_standard_output_is_json_when_asked() {
    let project = Project::new();
    project.commit("the baseline");
    project.slow_down_count();
    let outcome = project.perfgate(&["check", "count/1", "--message-format", "json"]).expect(100);
    let lines: Vec<serde_json::Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty());
}

#[test]
fn what_editors_and_shells_need_is_printed_anywhere() {
    let directory = empty_directory();
    let run = |args: &[&str]| Outcome::from(perfgate(directory.path()).args(args).output().unwrap()).expect(0);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        run(&["completions", shell]).says(&["perfgate", "baseline"]);
    }
    run(&["man"]).says(&[".TH", "perfgate"]);
    let schema: serde_json::Value = serde_json::from_str(&run(&["config", "schema"]).stdout).unwrap();
    assert!(schema["properties"]["gate"].is_object(), "{schema}");
}

#[test]
fn help_says_what_the_exit_codes_mean() {
    let directory = empty_directory();
    let run = |args: &[&str]| Outcome::from(perfgate(directory.path()).args(args).output().unwrap()).expect(0);
    run(&["--version"]).says(&["perfgate 0.1.0"]);
    let commands = ["check", "compare", "completions", "doctor", "init", "list", "man", "measure"];
    run(&["--help"]).says(&commands).says(&["Exit codes", "100 regression", "101 building or running failed"]);
    run(&["check", "--help"]).says(&["--baseline", "--timeout", "--jobs", "--out-dir", "--message-format"]);
}

#[test]
fn cargo_finds_it_as_a_subcommand() {
    let directory = empty_directory();
    let mut command: Command = scrubbed(env!("CARGO_BIN_EXE_cargo-perfgate"));
    let output = command.current_dir(directory.path()).args(["perfgate", "completions", "bash"]).output().unwrap();
    Outcome::from(output).expect(0).says(&["perfgate"]);
}
