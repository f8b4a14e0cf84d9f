//! The working tree is captured as it is on disk, and nothing of the user's is written.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use tempfile::TempDir;

use super::*;

/// A repository with one commit, and a place for perfgate's state.
struct Fixture {
    user: TempDir,
    state: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self { user: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() };
        fixture.git(&["init", "--quiet", "--initial-branch=main"]);
        fs::write(fixture.user.path().join("lib.rs"), "fn f() -> u32 { 10 }\n").unwrap();
        fixture.commit();
        fixture
    }

    fn git(&self, args: &[&str]) -> String {
        git_in(self.user.path(), args)
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a state"]);
    }

    fn repository(&self) -> Repository {
        let repository = Repository::discover(self.user.path(), &Cancel::default()).unwrap();
        repository.with_state(self.state.path()).unwrap()
    }

    /// What the capture holds of `lib.rs`.
    fn captured(&self) -> String {
        let repository = self.repository();
        let tree = repository.capture_working_tree(&self.user.path().join("target")).unwrap();
        String::from_utf8(repository.file(&tree, "lib.rs").unwrap().unwrap()).unwrap()
    }

    /// The files of the user's `.git`, with their sizes.
    fn git_files(&self) -> BTreeSet<(PathBuf, u64)> {
        fn walk(directory: &Path, files: &mut BTreeSet<(PathBuf, u64)>) {
            for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    walk(&entry.path(), files);
                } else {
                    files.insert((entry.path(), entry.metadata().unwrap().len()));
                }
            }
        }
        let mut files = BTreeSet::new();
        walk(&self.user.path().join(".git"), &mut files);
        files
    }
}

fn git_in(directory: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    scrub(&mut command);
    for setting in ["user.name=t", "user.email=t@localhost", "commit.gpgSign=false", "protocol.file.allow=always"] {
        command.args(["-c", setting]);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").arg("-C").arg(directory).args(args);
    let answer = process::ask(&mut command, TIMEOUT, &Cancel::default()).unwrap();
    assert!(answer.success(), "git {args:?}: {}", answer.complaint());
    answer.text()
}

#[test]
fn an_edit_in_the_second_of_the_commit_is_seen_though_size_and_time_are_the_same() {
    let fixture = Fixture::new();
    fs::write(fixture.user.path().join("lib.rs"), "fn f() -> u32 { 99 }\n").unwrap();
    // The copy of the index is made in a later second than the edit.
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(fixture.captured(), "fn f() -> u32 { 99 }\n");
}

#[test]
fn a_file_that_git_was_told_not_to_look_at_is_looked_at() {
    let fixture = Fixture::new();
    fixture.git(&["update-index", "--assume-unchanged", "lib.rs"]);
    fs::write(fixture.user.path().join("lib.rs"), "fn f() -> u32 { 1000 }\n").unwrap();
    assert_eq!(fixture.captured(), "fn f() -> u32 { 1000 }\n");
    assert_eq!(fixture.git(&["ls-files", "-v"]), "h lib.rs", "the user's own mark stays");
}

#[test]
fn untracked_files_are_captured_and_ignored_ones_are_not() {
    let fixture = Fixture::new();
    fs::write(fixture.user.path().join(".gitignore"), "secret\n").unwrap();
    for name in ["new.rs", "secret"] {
        fs::write(fixture.user.path().join(name), "x").unwrap();
    }
    fs::create_dir(fixture.user.path().join("target")).unwrap();
    fs::write(fixture.user.path().join("target/large"), "x").unwrap();
    let repository = fixture.repository();
    let tree = repository.capture_working_tree(&fixture.user.path().join("target")).unwrap();
    let has = |path: &str| repository.file(&tree, path).unwrap().is_some();
    assert_eq!(["new.rs", "lib.rs", "secret", "target/large"].map(has), [true, true, false, false]);
}

#[test]
fn nothing_of_the_users_is_written_nor_run() {
    use std::os::unix::fs::PermissionsExt;

    let fixture = Fixture::new();
    fixture.git(&["config", "core.splitIndex", "true"]);
    let (hook, trace) = (fixture.user.path().join(".git/hooks/post-index-change"), fixture.state.path().join("trace"));
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\n", trace.display())).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(fixture.user.path().join("lib.rs"), "fn f() {}\n").unwrap();
    let before = fixture.git_files();

    let repository = fixture.repository();
    let tree = repository.capture_working_tree(&fixture.user.path().join("target")).unwrap();
    let sources = fixture.state.path().join("tree");
    for tree in [tree.as_str(), &repository.tree_of("HEAD").unwrap()] {
        repository.check_out(tree, &sources).unwrap();
    }
    assert_eq!(fs::read_to_string(sources.join("lib.rs")).unwrap(), "fn f() -> u32 { 10 }\n");
    assert_eq!(fixture.git_files(), before);
    assert!(!trace.exists(), "a hook of the user's ran");
}

#[test]
fn a_submodule_with_changes_of_its_own_is_refused() {
    let library = Fixture::new();
    let fixture = Fixture::new();
    fixture.git(&["submodule", "--quiet", "add", library.user.path().to_str().unwrap(), "a library"]);
    fixture.commit();
    let capture = || fixture.repository().capture_working_tree(&fixture.user.path().join("target"));
    assert!(capture().is_ok());
    fs::write(fixture.user.path().join("a library/lib.rs"), "fn f() {}\n").unwrap();
    assert!(matches!(capture(), Err(PlanError::ChangedSubmodule { path }) if path == "a library"));
}
