//! A git repository without a cargo project, for commands.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use perfgate::gate::Report;
use tempfile::TempDir;

use super::binary::{Outcome, perfgate};
use super::project::{empty_directory, git, report_in};

/// A repository that a test fills.
pub struct Scripts {
    directory: TempDir,
}

impl Scripts {
    pub fn new() -> Self {
        let scripts = Self { directory: empty_directory() };
        scripts.git(&["init", "--quiet", "--initial-branch=main"]);
        scripts
    }

    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file, relative to the repository.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a file that may be executed.
    pub fn write_program(&self, path: &str, text: &str) {
        self.write(path, text);
        fs::set_permissions(self.root().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        git(self.root(), args)
    }

    /// Commits everything.
    #[track_caller]
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Runs perfgate in the repository.
    pub fn perfgate(&self, args: &[&str]) -> Outcome {
        perfgate(self.root()).args(args).output().unwrap().into()
    }

    /// The report of the last check.
    #[track_caller]
    pub fn report(&self) -> Report {
        report_in(&self.root().join("target/perfgate"))
    }
}
