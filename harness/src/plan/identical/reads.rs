//! What an executable may read while it runs: the files that changed must not be among it.
//!
//! Nothing proves that a program does not open a file. What this asks for is that no name leads there: neither that of the
//! file or its directories, nor that of the directory that all of them are in.

use super::changes::Changes;
use super::image::Image;
use super::location::Paths;
use super::{Different, Inputs};
use crate::plan::git::ChangedFile;

/// Files that say nothing to a program, by the beginning of their names in capitals.
const PROSE: [&str; 12] = [
    "AUTHORS",
    "CHANGELOG",
    "CHANGES",
    "CODEOWNERS",
    "CODE_OF_CONDUCT",
    "CONTRIBUTING",
    "COPYING",
    "LICENCE",
    "LICENSE",
    "NOTICE",
    "README",
    "SECURITY",
];
/// Files for tools, and such of which all effect is in the executable.
const TOOLS: [&str; 17] = [
    ".clippy.toml",
    ".editorconfig",
    ".gitignore",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    ".rustfmt.toml",
    ".travis.yml",
    "Cargo.lock",
    "Cargo.toml",
    "clippy.toml",
    "codecov.yml",
    "deny.toml",
    "justfile",
    "perfgate.toml",
    "rust-toolchain",
    "rust-toolchain.toml",
    "rustfmt.toml",
];
/// Directories at the top of a package whose files are prose or for tools.
const APART: [&str; 4] = [".cargo", ".config", ".github", "docs"];

/// What is searched for signs.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) image: &'a Image,
    pub(super) paths: &'a Paths,
    pub(super) changes: &'a Changes,
    pub(super) inputs: [&'a Inputs; 2],
}

impl Reader<'_> {
    /// Whether no changed file can matter while the program runs.
    pub(super) fn reads_none(&self) -> Result<(), Different> {
        if self.changes.files.is_empty() {
            return Ok(());
        }
        for file in &self.changes.files {
            self.cannot_read(file)?;
        }
        if !self.image.occurrences("CARGO_MANIFEST_DIR").is_empty() {
            return Err(Different::LooksForSources);
        }
        let explained = |at: &u64| self.paths.around(*at).is_some();
        for directory in &self.changes.sources {
            let found = self.image.occurrences(directory);
            if !found.iter().all(|at| explained(at) || self.names_unchanged(*at, directory)) {
                return Err(Different::HoldsSources);
            }
        }
        if !self.changes.build.iter().all(|directory| self.image.occurrences(directory).iter().all(explained)) {
            return Err(Different::HoldsBuild);
        }
        Ok(())
    }

    fn cannot_read(&self, file: &ChangedFile) -> Result<(), Different> {
        let path = file.path.as_str();
        if !file.plain {
            return Err(Different::File(path.to_owned()));
        }
        if self.inputs.iter().any(|inputs| inputs.scripts.contains(path)) {
            return Err(Different::Script(path.to_owned()));
        }
        let there = [file.before, file.after];
        let compiled = self.inputs.iter().zip(there).all(|(inputs, there)| !there || inputs.compiled.contains(path));
        let (directories, name) = path.rsplit_once('/').unwrap_or(("", path));
        let inside = self.inside_package(directories);
        if !path.ends_with(".rs") && !is_apart(inside, name) {
            return Err(Different::File(path.to_owned()));
        }
        let of_package = inside.split('/').filter(|directory| !directory.is_empty());
        for (part, is_file) in of_package.map(|directory| (directory, false)).chain([(name, true)]) {
            if self.names(part, is_file, path, compiled) {
                return Err(Different::Named { file: path.to_owned(), part: part.to_owned() });
            }
        }
        Ok(())
    }

    /// The directories of a file below the package that it is in.
    fn inside_package<'p>(&self, directories: &'p str) -> &'p str {
        let mut package = directories;
        loop {
            if package.is_empty() || self.changes.paths.contains(&format!("{package}/Cargo.toml")) {
                return directories[package.len()..].trim_start_matches('/');
            }
            package = package.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Whether a part of a path occurs in the program where it could serve to open a file.
    fn names(&self, part: &str, is_file: bool, path: &str, compiled: bool) -> bool {
        self.image.occurrences(part).into_iter().any(|at| {
            let end = at + part.len() as u64;
            match self.paths.around(at).filter(|range| end <= range.end) {
                Some(_) if compiled => false,
                // A file that was not compiled in is in no location.
                Some(range) => self.path_of(range).is_none_or(|of| of == path),
                None => is_file || !self.is_prose(at, end),
            }
        })
    }

    fn path_of(&self, range: std::ops::Range<u64>) -> Option<String> {
        let bytes = self.image.at(range.start, usize::try_from(range.end - range.start).ok()?)?;
        let path = std::str::from_utf8(bytes).ok()?;
        // What is not of the repository is another file for sure.
        Some(self.changes.in_repository(path).unwrap_or_default())
    }

    /// Whether an occurrence of a directory's name is one of those that libraries have in their texts: `docs.rs`,
    /// `assertion failed: src.len()`, `<img src="…">`, `cargo test --benches`.
    fn is_prose(&self, at: u64, end: u64) -> bool {
        let after = |text: &[u8]| self.image.at(end, text.len()) == Some(text);
        let before = |text: &[u8]| self.image.at(at.saturating_sub(text.len() as u64), text.len()) == Some(text);
        after(b".") || after(b"=\"") || before(b"--")
    }

    /// Whether what follows this directory in the program is the path of a file that did not change.
    fn names_unchanged(&self, at: u64, directory: &str) -> bool {
        const LONGEST: usize = 512;
        let start = at + directory.len() as u64 + 1;
        let rest = (1..=LONGEST).rev().find_map(|size| self.image.at(start, size)).unwrap_or_default();
        if self.image.at(start - 1, 1) != Some(b"/") {
            return false;
        }
        let unchanged = |path: &&String| !self.changes.files.iter().any(|file| file.path == **path);
        self.changes.paths.iter().filter(|path| rest.starts_with(path.as_bytes())).any(|path| unchanged(&path))
    }
}

/// Whether a file of a package, in these directories, is one that programs do not read.
fn is_apart(directories: &str, name: &str) -> bool {
    let top = directories.split('/').next().unwrap_or_default();
    let capitals = name.to_ascii_uppercase();
    if APART.contains(&top) {
        return true;
    }
    directories.is_empty()
        && (TOOLS.contains(&name) || PROSE.iter().any(|prose| capitals.starts_with(prose)) || name.ends_with(".md"))
}
