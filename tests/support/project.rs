//! A fixture project in a git repository of its own.
//!
//! criterion takes longer to compile than all the tests take to run, so every fixture has one directory that outlives the
//! tests. A test takes its lock, finds everything reset but cargo's build directory, and so compiles only the fixture itself.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use perfgate::comparison::Verdict;
use perfgate::gate::{Entry, Report};
use tempfile::TempDir;

use super::binary::{Outcome, perfgate, scrubbed};

/// A cargo project that a test has for itself.
pub struct Project {
    /// Top of the git repository.
    repository: PathBuf,
    /// The cargo workspace: the repository itself or a directory in it.
    workspace: PathBuf,
    _lock: File,
}

/// Everything of the user's that a check must leave as it was.
#[derive(Debug, PartialEq)]
pub struct UserState {
    index: Vec<u8>,
    head: String,
    git: String,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Project {
    /// The project `tally` with criterion 0.8, in a repository without a commit.
    pub fn new() -> Self {
        Self::in_slot("criterion-0.8", "")
    }

    /// The same with criterion 0.5.
    pub fn with_criterion_0_5() -> Self {
        Self::in_slot("criterion-0.5", "")
    }

    /// With criterion 0.5, one directory below the top of its repository.
    pub fn in_a_subdirectory() -> Self {
        Self::in_slot("criterion-0.5", "..")
    }

    /// With bench targets of divan, bencher and libtest, `#[bench]` functions in the library, and a target of no framework.
    pub fn with_other_frameworks() -> Self {
        let project = Self::in_slot("frameworks", "");
        let own = "#![cfg_attr(test, feature(test))]\n\n#[cfg(test)]\nmod speed;\npub mod order;";
        project.edit("src/lib.rs", "pub mod order;", own);
        project
    }

    /// With iai-callgrind 0.16: a library's benchmarks and a program's.
    pub fn with_iai_callgrind() -> Self {
        Self::in_slot("iai", "")
    }

    fn in_slot(name: &str, repository: &str) -> Self {
        // People have blanks in their paths, and the loader does not like them: one project has some too.
        let directory = if name == "frameworks" { "my other frameworks" } else { name };
        let slot = Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects").join(directory);
        let workspace = slot.join("repository/work");
        fs::create_dir_all(&workspace).unwrap();
        let lock = File::create(slot.join("lock")).unwrap();
        lock.lock().unwrap();

        // Outermost first: each keeps only the way to cargo's build directory.
        let kept = [
            (slot.join("repository"), "work"),
            (workspace.clone(), "target"),
            (workspace.join("target"), "perfgate"),
            (workspace.join("target/perfgate"), "build"),
        ];
        for (directory, name) in kept {
            empty(&directory, name);
        }
        copy(&fixture("tally"), &workspace);
        let overlay = fixture(&format!("tally-{name}"));
        if overlay.exists() {
            copy(&overlay, &workspace);
        }
        let workspace = workspace.canonicalize().unwrap();
        let repository = workspace.join(repository).canonicalize().unwrap();
        let project = Self { repository, workspace, _lock: lock };
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project
    }

    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// Where perfgate keeps what it makes.
    pub fn out_dir(&self) -> PathBuf {
        self.workspace.join("target/perfgate")
    }

    /// Adds the bench target `trouble`, well-behaved until [`Project::make_trouble`].
    pub fn with_trouble(self) -> Self {
        fs::copy(fixture("tally-trouble/trouble.rs"), self.workspace.join("benches/trouble.rs")).unwrap();
        let target = "[[bench]]\nname = \"trouble\"\nharness = false\n\n[workspace]";
        self.edit("Cargo.toml", "[workspace]", target);
        self
    }

    pub fn make_trouble(&self) {
        self.edit("benches/trouble.rs", "TROUBLE: bool = false", "TROUBLE: bool = true");
    }

    /// Writes a file, relative to the workspace.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.workspace.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces the only occurrence of a text in a file, relative to the workspace.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.workspace.join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {}", path.display());
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Makes `tally::count` slower in the way of an innocent simplification.
    #[track_caller]
    pub fn slow_down_count(&self) {
        let text = fs::read_to_string(self.workspace.join("src/lib.rs")).unwrap();
        let start = text.find("    let mut inside = false;").expect("count is as the fixture has it");
        let end = start + text[start..].find("}\n\n").expect("another function follows");
        let slower = "    let letters: Vec<char> = text.chars().collect();\n    \
                      letters.split(|letter| letter.is_whitespace()).filter(|word| !word.is_empty()).count()\n";
        self.edit("src/lib.rs", &text[start..end], slower);
    }

    /// Runs git in the repository and gives what it printed.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        git(&self.repository, args)
    }

    /// Commits everything.
    #[track_caller]
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Runs perfgate in the workspace.
    pub fn perfgate(&self, args: &[&str]) -> Outcome {
        // What perfgate installs for itself outlives the tests as well.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        perfgate(&self.workspace).env("XDG_CACHE_HOME", cache).args(args).output().unwrap().into()
    }

    /// The report of the last check.
    #[track_caller]
    pub fn report(&self) -> Report {
        report_in(&self.out_dir())
    }

    /// What is to stay as it is.
    pub fn user_state(&self) -> UserState {
        let questions: [&[&str]; 6] = [
            &["status", "--porcelain=v2", "--branch", "--untracked-files=all"],
            &["stash", "list"],
            &["for-each-ref"],
            &["reflog", "--all"],
            &["worktree", "list"],
            &["count-objects", "--verbose"],
        ];
        let index = fs::read(self.repository.join(".git/index")).unwrap();
        let head = fs::read_to_string(self.repository.join(".git/HEAD")).unwrap();
        let git = questions.iter().map(|question| self.git(question)).collect();
        let mut files = BTreeMap::new();
        read_files(&self.workspace, &mut files);
        UserState { index, head, git, files }
    }
}

/// The report in an output directory.
#[track_caller]
pub fn report_in(directory: &Path) -> Report {
    let text = fs::read(directory.join("report.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The entry of a benchmark; fails if the report has none.
#[track_caller]
pub fn entry<'a>(report: &'a Report, label: &str) -> &'a Entry {
    let labels: Vec<_> = report.entries.iter().map(|entry| &entry.comparison.label).collect();
    let found = report.entries.iter().find(|entry| entry.comparison.label == label);
    found.unwrap_or_else(|| panic!("{label} is not among {labels:?}"))
}

/// The verdicts of a report by label.
pub fn verdicts(report: &Report) -> BTreeMap<&str, Verdict> {
    let verdict = |entry: &Entry| entry.comparison.verdict;
    report.entries.iter().map(|entry| (entry.comparison.label.as_str(), verdict(entry))).collect()
}

/// A directory with nothing in it, in no git repository.
pub fn empty_directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs git in a directory and gives what it printed.
#[track_caller]
pub fn git(directory: &Path, args: &[&str]) -> String {
    let output = scrubbed("git").current_dir(directory).args(args).output().unwrap();
    let outcome = Outcome::from(output);
    assert_eq!(outcome.code, Some(0), "git {args:?}: {}", outcome.stderr);
    outcome.stdout
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Removes everything in a directory but one entry. A directory that is not there has nothing to remove.
fn empty(directory: &Path, kept: &str) {
    for entry in fs::read_dir(directory).into_iter().flatten().map(Result::unwrap) {
        if entry.file_name() == kept {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            fs::remove_dir_all(entry.path()).unwrap();
        } else {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// Every file with its bytes, but for git's and cargo's directories.
fn read_files(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_file() {
            files.insert(path.clone(), fs::read(&path).unwrap());
        } else if path.is_dir() && entry.file_name() != ".git" && entry.file_name() != "target" {
            read_files(&path, files);
        }
    }
}
