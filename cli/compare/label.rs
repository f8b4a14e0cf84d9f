//! Identities of benchmarks to what a person calls them: as short as is unambiguous here.

use std::collections::BTreeMap;

use perfgate_harness::benchmark::BenchmarkId;

/// A label for each, in the same order: `target::name`, with the package in front where two packages share that.
pub(super) fn labels<'i>(ids: impl Iterator<Item = &'i BenchmarkId> + Clone) -> Vec<String> {
    let mut packages: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for id in ids.clone() {
        packages
            .entry(id.to_string())
            .and_modify(|package| *package = package.filter(|&p| p == id.package))
            .or_insert(Some(&id.package));
    }
    ids.map(|id| {
        let short = id.to_string();
        if packages.get(&short).is_some_and(Option::is_some) { short } else { id.qualified() }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_two_packages_share_is_qualified() {
        let id = |package: &str, target: &str, name: &str| BenchmarkId {
            package: package.into(),
            target: target.into(),
            name: name.into(),
        };
        let ids = [id("a", "json", "parse"), id("b", "json", "parse"), id("b", "json", "write"), id("c", "x", "y::z")];
        assert_eq!(labels(ids.iter()), ["a::json::parse", "b::json::parse", "json::write", "x::y::z"]);
    }
}
