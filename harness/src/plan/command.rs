//! A program that is a benchmark, as the project's configuration describes it.

use std::path::PathBuf;

/// A `[[command]]`. Paths are relative to the root of the workspace, and do not leave the repository.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CommandSpec {
    /// The file that describes it, relative to the repository root.
    pub source: String,
    /// What it is called, unique within the project.
    pub name: String,
    /// The program and its arguments: what is counted. Never empty.
    pub run: Vec<String>,
    /// What builds it: a program and its arguments, or nothing.
    pub setup: Vec<String>,
    /// What runs before every process that is counted: a program and its arguments, or nothing.
    pub prepare: Vec<String>,
    /// File that it reads as its standard input.
    pub stdin: Option<PathBuf>,
    /// Working directory of all three.
    pub directory: PathBuf,
    /// Variables that `run` and `prepare` get, and that overrule the pinned ones.
    pub environment: Vec<(String, String)>,
    /// Whether the baseline's configuration has it too. One that it lacks may fail there, and is new then.
    pub established: bool,
}
