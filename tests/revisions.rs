//! Which two states of the sources are compared, in repositories of many shapes, and that the user's repository stays as it was.

use std::fs;
use std::path::Path;

use perfgate::comparison::Verdict;

use crate::support::{Project, empty_directory, entry, git, perfgate, scrubbed};

/// A small library, in the directory `shared` of `parent`, with one function that [`slow_down_shared`] makes slower.
fn shared_library(parent: &Path) {
    let library = parent.join("shared");
    fs::create_dir_all(library.join("src")).unwrap();
    let manifest = "[package]\nname = \"shared\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    fs::write(library.join("Cargo.toml"), manifest).unwrap();
    let source =
        "pub fn vowels(text: &str) -> usize {\n    text.bytes().filter(|b| b\"aeiou\".contains(b)).count()\n}\n";
    fs::write(library.join("src/lib.rs"), source).unwrap();
}

fn slow_down_shared(parent: &Path) {
    let path = parent.join("shared/src/lib.rs");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("text.bytes()", "text.to_uppercase().to_lowercase().bytes()")).unwrap();
}

/// Lets the project's `count` call the shared library at a path.
fn depend_on_shared(project: &Project, path: &str) {
    let dependency = format!("[dependencies]\nshared = {{ path = \"{path}\" }}\n\n[dev-dependencies]");
    project.edit("Cargo.toml", "[dev-dependencies]", &dependency);
    project.edit("src/lib.rs", "let mut count = 0;", "let mut count = shared::vowels(text);");
    let updated = scrubbed("cargo").current_dir(project.workspace()).args(["metadata", "--format-version=1"]).output();
    assert!(updated.unwrap().status.success());
}

#[test]
fn the_working_tree_is_the_candidate_and_the_users_repository_stays_as_it_was() {
    let project = Project::with_criterion_0_5();
    project.commit("the baseline");
    // A stash entry, a staged change, an unstaged one, an untracked file that is built, and an ignored one.
    project.edit("src/lib.rs", "How many words", "The number of words");
    project.git(&["stash", "push", "--quiet"]);
    project.edit("src/lib.rs", "//! Counts, ranks and sums the words of a text.", "mod extra;");
    project.git(&["add", "src/lib.rs"]);
    project.edit("src/lib.rs", "let mut count = 0;", "let mut count = extra::extra(text);");
    project
        .write("src/extra.rs", "pub fn extra(text: &str) -> usize {\n    text.to_uppercase().len() - text.len()\n}\n");
    project.write("ignored.txt", "not part of the candidate\n");
    let before = project.user_state();

    let outcome = project.perfgate(&["check", "count/8"]).expect(100);
    assert_eq!(before, project.user_state());
    outcome.says(&["`text::count/8`", "tally::extra::extra", "src/extra.rs:2"]);

    let report = project.report();
    assert!(report.candidate.dirty && !report.baseline.dirty, "{:?} {:?}", report.baseline, report.candidate);
    assert_eq!(report.baseline.commit, project.git(&["rev-parse", "HEAD"]).trim());
    assert_eq!(report.entries.len(), 1);
}

#[test]
fn a_branch_is_compared_with_its_merge_base_from_a_workspace_below_the_top() {
    let project = Project::in_a_subdirectory();
    let top = project.workspace().parent().unwrap().to_owned();
    shared_library(&top);
    depend_on_shared(&project, "../shared");
    project.commit("where the branch starts");
    let start = project.git(&["rev-parse", "HEAD"]);
    project.git(&["checkout", "--quiet", "-b", "topic"]);
    slow_down_shared(&top);
    project.commit("the change");
    project.git(&["checkout", "--quiet", "main"]);
    project.write("../README", "main goes on\n");
    project.commit("meanwhile");
    project.git(&["checkout", "--quiet", "topic"]);

    // The function is in a path dependency outside the workspace, inside the repository.
    project.perfgate(&["check", "count/8"]).expect(100).says(&["shared::vowels", "shared/src/lib.rs:2"]);
    assert_eq!(project.report().baseline.commit, start.trim());
    let shown = entry(&project.report(), "text::count/8").comparison.source.clone();
    assert_eq!(shown, "work/benches/text.rs");

    project.perfgate(&["check", "count/8", "--baseline", "HEAD"]).expect(0);
    assert_eq!(project.report().entries[0].comparison.verdict, Verdict::Unchanged);
}

#[test]
fn a_submodule_is_laid_out_at_the_commit_that_each_side_names() {
    let elsewhere = empty_directory();
    shared_library(elsewhere.path());
    let library = elsewhere.path().join("shared");
    let save = || {
        git(&library, &["add", "--all"]);
        git(&library, &["commit", "--quiet", "--message", "a state of the library"]);
    };
    git(&library, &["init", "--quiet", "--initial-branch=main"]);
    save();

    let project = Project::with_criterion_0_5();
    let local = ["-c", "protocol.file.allow=always"];
    project.git(&[&local[..], &["submodule", "--quiet", "add", library.to_str().unwrap(), "shared"]].concat());
    depend_on_shared(&project, "shared");
    project.commit("the baseline");
    slow_down_shared(elsewhere.path());
    save();
    project.git(&[&local[..], &["submodule", "--quiet", "update", "--remote"]].concat());
    project.commit("the library's newest state");

    project.perfgate(&["check", "count/8"]).expect(100).says(&["shared::vowels"]);

    // A submodule fetched without its history does not have the commit that the baseline names.
    fs::remove_dir_all(project.workspace().join("shared")).unwrap();
    fs::remove_dir_all(project.workspace().join(".git/modules")).unwrap();
    let url = format!("submodule.shared.url=file://{}", library.display());
    let shallow = ["-c", &url, "submodule", "--quiet", "update", "--init", "--depth=1"];
    project.git(&[&local[..], &shallow[..]].concat());
    let refused = project.perfgate(&["check", "count/8"]).expect(2);
    refused.complains(&["submodule `shared` does not have commit", "git submodule update --init"]);
}

#[test]
fn a_shallow_clone_is_told_how_to_deepen() {
    let project = Project::with_criterion_0_5();
    project.commit("first");
    project.write("README", "second\n");
    project.commit("second");
    let directory = empty_directory();
    let url = format!("file://{}", project.workspace().display());
    git(directory.path(), &["clone", "--quiet", "--depth=1", &url, "clone"]);

    let output = perfgate(&directory.path().join("clone")).arg("check").output().unwrap();
    crate::support::Outcome::from(output).expect(5).complains(&["shallow", "git fetch --unshallow"]);
}

#[test]
fn the_first_commit_has_no_baseline() {
    let project = Project::with_criterion_0_5();
    project.perfgate(&["check"]).expect(5).complains(&["no commit"]);
    project.commit("first");
    project.perfgate(&["check"]).expect(5).complains(&["first commit"]);
    project.perfgate(&["check", "--baseline", "nowhere"]).expect(2).complains(&["`nowhere`", "--baseline"]);
}
