//! Which files an executable was compiled from, as the compiler wrote it down in dep-info files (`*.d`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The files of the repository that went into an executable, relative to its top and `/`-separated.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Inputs {
    /// Files that were compiled into it, or included at compile time.
    pub compiled: BTreeSet<String>,
    /// Files that were compiled into build scripts: what those do besides is not known.
    pub scripts: BTreeSet<String>,
}

/// How a path that the compiler names is one of the repository.
#[derive(Clone, Debug)]
pub struct Roots {
    /// Where the repository is laid out.
    pub sources: PathBuf,
    /// Where the compiler runs: the top of the workspace in it.
    pub workspace: PathBuf,
}

impl Roots {
    /// A path of the compiler's, relative to the repository; `None` if it is not in it.
    #[must_use]
    pub fn in_repository(&self, path: &str) -> Option<String> {
        let mut plain = PathBuf::new();
        for component in self.workspace.join(path).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    plain.pop();
                }
                other => plain.push(other),
            }
        }
        Some(plain.strip_prefix(&self.sources).ok()?.to_str()?.to_owned())
    }

    /// What the dep-info beside an artifact names; nothing if there is none.
    #[must_use]
    pub fn of_artifact(&self, artifact: &Path) -> BTreeSet<String> {
        let stem = artifact.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = if artifact.extension().is_some() { stem.strip_prefix("lib").unwrap_or(stem) } else { stem };
        self.in_file(&artifact.with_file_name(format!("{name}.d")))
    }

    /// What all dep-info in the directory of a build script names: its own has another name than the script.
    #[must_use]
    pub fn of_script(&self, script: &Path) -> BTreeSet<String> {
        let entries =
            script.parent().and_then(|directory| fs::read_dir(directory).ok()).into_iter().flatten().flatten();
        let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "d"));
        files.flat_map(|path| self.in_file(&path)).collect()
    }

    fn in_file(&self, path: &Path) -> BTreeSet<String> {
        let text = fs::read_to_string(path).unwrap_or_default();
        dependencies(&text).iter().filter_map(|path| self.in_repository(path)).collect()
    }
}

/// The files that a dep-info file names after `target:`. Spaces in them are escaped.
fn dependencies(text: &str) -> Vec<String> {
    let rules = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    let mut paths = Vec::new();
    for (_, list) in rules {
        let mut path = String::new();
        let mut letters = list.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if letters.peek() == Some(&' ') => path.extend(letters.next()),
                ' ' => paths.push(std::mem::take(&mut path)),
                letter => path.push(letter),
            }
        }
        paths.push(path);
    }
    paths.retain(|path| !path.is_empty());
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_with_their_spaces() {
        let text = "/b/x.d: src/lib.rs src/a\\ b.rs\n\n/b/libx.rlib: src/lib.rs ../data/in.txt\n\nsrc/lib.rs:\n# env-dep:X=a: b\n";
        assert_eq!(dependencies(text), ["src/lib.rs", "src/a b.rs", "src/lib.rs", "../data/in.txt"]);
    }

    #[test]
    fn paths_are_those_of_the_repository() {
        let roots = Roots { sources: "/tree".into(), workspace: "/tree/rust".into() };
        assert_eq!(roots.in_repository("src/lib.rs").as_deref(), Some("rust/src/lib.rs"));
        assert_eq!(roots.in_repository("crates/a/../../data").as_deref(), Some("rust/data"));
        assert_eq!(roots.in_repository("../shared/src/lib.rs").as_deref(), Some("shared/src/lib.rs"));
        assert_eq!(roots.in_repository("/tree/other/lib.rs").as_deref(), Some("other/lib.rs"));
        assert_eq!(roots.in_repository("/root/.cargo/x/src/lib.rs"), None);
    }
}
