//! The perfgate binary as a user's shell would start it, with nothing of this test run's environment leaking in.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};

/// What a run of the binary left.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Fails with everything that was printed unless the exit code is the expected one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless every one of the parts is on the standard output.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        contains("stdout", &self.stdout, parts);
        self
    }

    /// Fails unless every one of the parts is on the standard error.
    #[track_caller]
    pub fn complains(self, parts: &[&str]) -> Self {
        contains("stderr", &self.stderr, parts);
        self
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("perfgate prints UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

#[track_caller]
fn contains(stream: &str, text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{stream} does not say {part:?}:\n{text}");
    }
}

/// The binary, to be started in a directory.
pub fn perfgate(directory: &Path) -> Command {
    let mut command = scrubbed(env!("CARGO_BIN_EXE_perfgate"));
    command.current_dir(directory);
    command
}

/// A program with the environment of a plain shell.
pub fn scrubbed(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| is_kept(name)));
    command.envs([("LC_ALL", "C"), ("TERM", "dumb")]);
    // git asks nothing of the machine's configuration, and knows who commits.
    command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_OPTIONAL_LOCKS", "0")]);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "tester").env(format!("GIT_{role}_EMAIL"), "tester@localhost");
    }
    command
}

/// What cargo and the network need.
fn is_kept(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    matches!(&*name, "PATH" | "HOME" | "TMPDIR" | "CARGO_HOME" | "SSL_CERT_FILE" | "SSL_CERT_DIR")
        || ["RUSTUP_", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"]
            .iter()
            .any(|p| name.starts_with(p))
        || name.to_ascii_lowercase().ends_with("_proxy")
}
