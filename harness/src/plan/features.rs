//! The cargo features that the user asked to build with.

use std::collections::{BTreeMap, BTreeSet};

/// Feature selection, as on cargo's command line.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Features {
    /// `--features`, each possibly a list separated by commas or spaces.
    pub list: Vec<String>,
    /// `--all-features`.
    pub all: bool,
    /// `--no-default-features`.
    pub no_default: bool,
}

impl Features {
    /// The same selection for a cargo command line.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        let mut args: Vec<String> = self.list.iter().flat_map(|list| ["--features".into(), list.clone()]).collect();
        if self.all {
            args.push("--all-features".into());
        }
        if self.no_default {
            args.push("--no-default-features".into());
        }
        args
    }

    /// The features of `required` that this selection leaves off in a package whose feature table is `table`.
    #[must_use]
    pub fn missing(&self, table: &BTreeMap<String, Vec<String>>, package: &str, required: &[String]) -> Vec<String> {
        if self.all {
            return Vec::new();
        }
        let mut enabled = BTreeSet::new();
        let mut pending: Vec<String> = self
            .list
            .iter()
            .flat_map(|list| list.split([',', ' ']))
            .map(|name| name.strip_prefix(&format!("{package}/")).unwrap_or(name).to_owned())
            .collect();
        if !self.no_default {
            pending.push("default".into());
        }
        while let Some(feature) = pending.pop() {
            if let Some(implied) = table.get(&feature) {
                pending.extend(implied.iter().filter(|name| !enabled.contains(*name)).cloned());
            }
            enabled.insert(feature);
        }
        required.iter().filter(|name| !enabled.contains(*name)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> BTreeMap<String, Vec<String>> {
        let entry = |name: &str, implied: &[&str]| (name.into(), implied.iter().map(ToString::to_string).collect());
        BTreeMap::from([
            entry("default", &["std"]),
            entry("std", &["alloc"]),
            entry("alloc", &["std"]),
            entry("simd", &[]),
        ])
    }

    #[test]
    fn defaults_and_what_they_imply_are_on() {
        let features = Features::default();
        assert!(features.missing(&table(), "p", &["alloc".into()]).is_empty());
        assert_eq!(features.missing(&table(), "p", &["simd".into(), "std".into()]), ["simd"]);
    }

    #[test]
    fn lists_are_split_and_may_name_the_package() {
        let features = Features { list: vec!["p/simd,x".into()], no_default: true, all: false };
        assert!(features.missing(&table(), "p", &["simd".into()]).is_empty());
        assert_eq!(features.missing(&table(), "p", &["std".into()]), ["std"]);
    }
}
