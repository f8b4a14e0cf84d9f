//! When there is no verdict: what is said, and which exit code keeps "slower" and "broken" apart.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{Outcome, Project, empty_directory, perfgate};

#[test]
fn a_candidate_that_does_not_build_is_named_with_the_compilers_error() {
    let project = Project::with_criterion_0_5();
    project.commit("the baseline");
    project.edit("src/order.rs", "place -= 1;", "place -= 1.5;");
    project.perfgate(&["check"]).expect(101).complains(&["candidate", "error[E0277]", "src/order.rs:9"]);
}

#[test]
fn a_baseline_that_does_not_build_is_named_with_the_compilers_error() {
    let project = Project::with_criterion_0_5();
    project.edit("src/order.rs", "place -= 1;", "place -= 1.5;");
    project.commit("the baseline");
    project.edit("src/order.rs", "place -= 1.5;", "place -= 1;");
    project.commit("the candidate");
    project.perfgate(&["check"]).expect(101).complains(&["baseline", "error[E0277]", "src/order.rs:9"]);
}

#[test]
fn outside_a_repository_there_is_nothing_to_compare() {
    let directory = empty_directory();
    fs::write(directory.path().join("Cargo.toml"), "[package]\nname = \"a\"\nversion = \"0.1.0\"\n").unwrap();
    let output = perfgate(directory.path()).arg("check").output().unwrap();
    Outcome::from(output).expect(2).complains(&["git working tree", "git init"]);
}

#[test]
fn a_project_without_benchmarks_measures_nothing() {
    let project = Project::with_criterion_0_5();
    project.edit("Cargo.toml", "[[bench]]\nname = \"text\"\nharness = false\n", "");
    fs::remove_dir_all(project.workspace().join("benches")).unwrap();
    project.commit("the baseline");
    project.write("README", "the candidate\n");
    project.perfgate(&["check"]).expect(4).says(&["benchmark"]);
}

#[test]
fn a_filter_that_matches_nothing_measures_nothing() {
    let project = Project::with_criterion_0_5();
    project.commit("the baseline");
    project.slow_down_count();
    project.perfgate(&["check", "no-such-benchmark"]).expect(4).complains(&["no-such-benchmark", "perfgate list"]);
}

#[test]
fn without_valgrind_the_command_that_installs_it_is_shown() {
    let project = Project::with_criterion_0_5();
    project.commit("the baseline");
    project.slow_down_count();

    let programs = empty_directory();
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap()) {
        for entry in fs::read_dir(directory).into_iter().flatten().map(Result::unwrap) {
            if !entry.file_name().to_string_lossy().starts_with("valgrind") {
                // The first of a name wins, as in PATH.
                let _ = symlink(entry.path(), programs.path().join(entry.file_name()));
            }
        }
    }
    let run = |args: &[&str]| {
        let output = perfgate(project.workspace()).args(args).env("PATH", programs.path()).output();
        Outcome::from(output.unwrap())
    };
    run(&["check"]).expect(4).complains(&["valgrind", "apt-get install valgrind"]);
    run(&["doctor"]).says(&["valgrind", "apt-get install valgrind"]);
}

#[test]
fn mistakes_in_the_configuration_are_pointed_at() {
    let project = Project::with_criterion_0_5();
    project.commit("the baseline");
    project.slow_down_count();
    project.write("perfgate.toml", "[gate]\nlimt = { instructions = \"1%\" }\n");
    project.perfgate(&["check"]).expect(2).complains(&["perfgate.toml:2:1", "limt", "limit"]);
}

#[test]
fn mistakes_on_the_command_line_are_not_regressions() {
    let project = Project::with_criterion_0_5();
    project.perfgate(&["chekc"]).expect(2).complains(&["chekc", "check"]);
    project.perfgate(&["check", "--timeout", "soon"]).expect(2).complains(&["--timeout", "soon"]);
}
