//! Programs that perfgate installs for itself from crates.io: where they are kept, and how they get there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Cancel, Ended};

/// What of the user's settings for their own project must not reach the building of a tool.
const NOT_FOR_TOOLS: [&str; 6] = [
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
];
/// A tool runs for moments, and half of the time to compile one is optimisation. What is left out of a release stays out.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_DEV_DEBUG", "false"),
    ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
];

/// The directory of the user's cache that is perfgate's.
#[must_use]
pub fn cache() -> PathBuf {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("perfgate")
}

/// The places of a program on the user's PATH, in order.
pub fn on_the_path(name: &str) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = std::env::split_paths(&path).map(|directory| directory.join(name)).collect();
    places.into_iter().filter(|place| place.is_absolute() && place.is_file())
}

/// A program at one version. Every version has a directory of its own, shared by all projects of the user.
#[derive(Clone, Debug)]
pub struct Tool {
    name: &'static str,
    version: String,
    root: PathBuf,
}

impl Tool {
    /// The program that the crate of the same name installs.
    #[must_use]
    pub fn new(name: &'static str, version: &str) -> Self {
        let root = cache().join("tools").join(format!("{name}-{version}"));
        Self { name, version: version.to_owned(), root }
    }

    /// Where it is once it is installed.
    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.root.join("bin").join(self.name)
    }

    /// The command with which a person would install it in the same place.
    #[must_use]
    pub fn command(&self) -> String {
        format!("cargo install --locked {} --version ={} --root '{}'", self.name, self.version, self.root.display())
    }

    /// Installs it. cargo's output goes to standard error as it comes. Gives whether it is there now.
    ///
    /// # Errors
    /// If cargo cannot be run.
    pub fn install(&self, cancel: &Cancel) -> io::Result<bool> {
        fs::create_dir_all(&self.root)?;
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // Outside of the project, so that its `.cargo/config.toml` and its toolchain have no say.
        command.current_dir(&self.root);
        command.args([
            "install",
            "--debug",
            "--locked",
            self.name,
            "--version",
            &format!("={}", self.version),
            "--root",
        ]);
        command.arg(&self.root).envs(PROFILE);
        for name in NOT_FOR_TOOLS {
            command.env_remove(name);
        }
        let ended = process::stream(&mut command, cancel, &mut |_| {})?;
        Ok(matches!(ended, Ended::Exited(status) if status.success()) && self.program().is_file())
    }
}
