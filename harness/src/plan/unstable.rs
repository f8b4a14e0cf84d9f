//! The unstable `#[bench]` attribute: where it is used, and whether the toolchain takes it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Cancel};

/// What is known of the toolchain for some sources.
#[derive(Debug)]
pub struct Unstable<'s> {
    sources: &'s Path,
    allowed: Option<bool>,
}

impl<'s> Unstable<'s> {
    /// Nothing yet.
    pub fn new(sources: &'s Path) -> Self {
        Self { sources, allowed: None }
    }

    /// Whether the compiler takes unstable features: it is a nightly one, or was told to.
    pub fn is_allowed(&mut self, cancel: &Cancel) -> bool {
        *self.allowed.get_or_insert_with(|| {
            let told = std::env::var_os("RUSTC_BOOTSTRAP").is_some_and(|value| !value.is_empty() && value != "0");
            told || is_nightly(&version(self.sources, cancel))
        })
    }
}

/// What the compiler says of itself there, where a `rust-toolchain.toml` may choose it.
fn version(sources: &Path, cancel: &Cancel) -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let answer = process::ask(Command::new(rustc).arg("-vV").current_dir(sources), Duration::from_secs(60), cancel);
    answer.map(|answer| answer.text()).unwrap_or_default()
}

fn is_nightly(version: &str) -> bool {
    let release = version.lines().find_map(|line| line.strip_prefix("release: "));
    release.is_some_and(|release| release.contains("-nightly") || release.contains("-dev"))
}

/// Whether a file switches the feature on, whatever the circumstances: the stable compiler refuses it then.
pub fn is_enabled(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| enables(&text))
}

fn enables(text: &str) -> bool {
    text.split("#![feature(")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .any(|(features, _)| features.split(',').any(|feature| feature.trim() == "test"))
}

/// Whether a source file in the directory of a library or below it has a `#[bench]` function. The library may stand at the
/// top of its package, next to other targets.
pub fn is_used_below(directory: impl AsRef<Path>) -> bool {
    let other = |name: &str| name.starts_with('.') || ["target", "benches", "tests", "examples"].contains(&name);
    let Ok(entries) = fs::read_dir(directory) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => !other(&entry.file_name().to_string_lossy()) && is_used_below(&path),
            Ok(kind) if kind.is_file() && path.extension().is_some_and(|extension| extension == "rs") => {
                fs::read_to_string(&path).is_ok_and(|text| has_benchmark(&text))
            }
            _ => false,
        }
    })
}

fn has_benchmark(text: &str) -> bool {
    text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("#[bench]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_and_its_feature_are_found() {
        assert!(enables("#![feature(test)]\nextern crate test;"));
        assert!(enables("#![feature(portable_simd)]\n#![feature(\n    a,\n    test,\n)]"));
        assert!(!enables("#![cfg_attr(nightly, feature(test))]") && !enables("#![feature(test_x)]"));
        assert!(has_benchmark("mod tests {\n    #[bench]\n    fn x(") && !has_benchmark("// a #[bench] function"));
    }

    #[test]
    fn nightly_compilers_are_known_by_their_release() {
        assert!(is_nightly("rustc 1.97.0-nightly (x)\nbinary: rustc\nrelease: 1.97.0-nightly\n"));
        assert!(!is_nightly("rustc 1.95.0 (x)\nrelease: 1.95.0\n") && !is_nightly("release: 1.95.0-beta.2\n"));
    }
}
