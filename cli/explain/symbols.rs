//! Names of functions: from a linker's symbol or a debugger's name to one spelling for both sides of a comparison.

use std::collections::HashMap;

use perfgate_harness::profile::NameId;

/// Index of a function in [`Functions`].
pub(super) type FunctionId = u32;

/// A function as both sides know it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Function {
    /// Normalised name: with its path if the debug information has it.
    pub(super) name: String,
    /// For a name without its path, the file that holds it: `new` alone is no identity.
    pub(super) file: Option<NameId>,
}

/// The functions seen on either side.
#[derive(Default)]
pub(super) struct Functions {
    list: Vec<Function>,
    ids: HashMap<Function, FunctionId>,
}

impl Functions {
    pub(super) fn intern(&mut self, function: Function) -> FunctionId {
        *self.ids.entry(function).or_insert_with_key(|function| {
            self.list.push(function.clone());
            FunctionId::try_from(self.list.len() - 1).expect("fewer than 2^32 functions fit into memory")
        })
    }

    pub(super) fn get(&self, id: FunctionId) -> &Function {
        &self.list[id as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (FunctionId, &Function)> {
        (0..).zip(&self.list)
    }
}

/// Part that a function plays in a chain of callers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// The benchmark's work.
    Work,
    /// The benchmark framework's own code.
    Framework,
    /// What runs a benchmark, or its loop, such as criterion's `Bencher::iter*`: what calls it is not the benchmark's work.
    Bencher,
}

/// Whether a symbol or a name from debug information carries its whole path.
pub(super) fn is_mangled(symbol: &str) -> bool {
    symbol.starts_with("_R") || symbol.starts_with("_ZN")
}

/// Demangled, without hash, and with one spelling for whatever a compiler numbers.
pub(super) fn normalise(symbol: &str) -> String {
    // `.llvm.NNN` marks a symbol that was made global for thin LTO, `@@GLIBC_2.17` the version of a library's symbol.
    let symbol = symbol.split_once(".llvm.").map_or(symbol, |(symbol, _)| symbol);
    let symbol = symbol.split_once("@@").map_or(symbol, |(symbol, _)| symbol);
    let name = if is_mangled(symbol) {
        format!("{:#}", rustc_demangle::demangle(symbol))
    } else if symbol.starts_with('<') {
        symbol.to_owned()
    } else {
        // Debug information spells generic arguments into a plain name: `fold<u64, …>`.
        symbol.split_once('<').map_or(symbol, |(name, _)| name).to_owned()
    };
    one_closure(&name)
}

/// `{closure#3}` and `{{closure}}` are the same to a reader, and their numbers shift when one is added.
fn one_closure(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find("{closure#") {
        let (before, numbered) = rest.split_at(at);
        out.push_str(before);
        out.push_str("{{closure}}");
        rest = numbered.find('}').map_or("", |end| &numbered[end + 1..]);
    }
    out.push_str(rest);
    out
}

/// The function whose source text a closure (or the body of an `async fn`) is part of; any other function itself.
pub(super) fn without_closure(name: &str) -> &str {
    let mut name = name;
    while let Some(parent) = name.strip_suffix("::{{closure}}") {
        name = parent;
    }
    name
}

/// Name of the crate that defines a function with this whole path: `semver` of `<semver::Version as Ord>::cmp`.
pub(super) fn crate_of(name: &str) -> &str {
    let name = name.trim_start_matches(['<', '&', '*', '(', '[']);
    let name = name.strip_prefix("mut ").or_else(|| name.strip_prefix("const ")).unwrap_or(name);
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Whether a name has no part outside the standard library: `<usize as core::slice::SliceIndex<[T]>>::get`, but not
/// `<alloc::string::String as core::convert::From<mine::T>>::from`, which stands in the crate `mine`.
pub(super) fn is_std(name: &str) -> bool {
    let mut roots = name
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .filter(|path| !path.starts_with(':') && path.contains("::"))
        .map(crate_of)
        .peekable();
    // `__rustc` holds the allocator's entry points.
    roots.peek().is_some() && roots.all(|root| matches!(root, "core" | "alloc" | "std" | "__rustc"))
}

/// Last part of a path, without generic arguments: what debug information without paths calls the function.
pub(super) fn last_segment(name: &str) -> &str {
    let (mut depth, mut start, mut end) = (0_usize, 0, name.len());
    for (at, c) in name.char_indices() {
        match c {
            '<' => {
                if depth == 0 && at > start {
                    end = end.min(at);
                }
                depth += 1;
            }
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                // `name::<T>` goes on after `::` with arguments, not with a name.
                if !name[at..].starts_with("::<") && !name[at..].starts_with(":<") {
                    (start, end) = (at + 1, name.len());
                } else {
                    end = end.min(at);
                }
            }
            _ => {}
        }
    }
    &name[start..end.max(start)]
}

/// Beginnings of the paths of functions that run a benchmark in frameworks whose loops are inlined into it.
const RUNNERS: [&str; 5] = [
    "divan::divan::Divan",
    "test::run_test",
    "bencher::run_tests_console",
    "bencher::Bencher::auto_bench",
    "bencher::Bencher>::auto_bench",
];

/// The part that a function with this whole path plays.
pub(super) fn role(name: &str) -> Role {
    let path = name.trim_start_matches('<');
    // `Bencher<M>::iter` in legacy symbols, `<criterion::bencher::Bencher>::iter` in v0 ones.
    let kind = path.strip_prefix("criterion::bencher::").and_then(|rest| rest.split(['<', '>']).next());
    if matches!(kind, Some("Bencher" | "AsyncBencher")) || RUNNERS.iter().any(|runner| path.starts_with(runner)) {
        Role::Bencher
    } else if matches!(crate_of(name), "criterion" | "divan" | "bencher" | "test") {
        Role::Framework
    } else {
        Role::Work
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_manglings_and_plain_names() {
        let names = [
            ("_ZN7democ083sum17h57e938c59fbf3ed8E", "democ08::sum"),
            (
                "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h5f66419c63466853E.llvm.16677",
                "std::rt::lang_start::{{closure}}",
            ),
            ("_RNvMNtCsjrHSEGnQ3l9_3std4timeNtB2_7Instant3now", "<std::time::Instant>::now"),
            ("_RNCNvCs1234_7mycrate4main0B3_", "mycrate::main::{{closure}}"),
            ("clock_gettime@@GLIBC_2.17", "clock_gettime"),
            ("fold<u64, core::slice::iter::Iter<u64>>", "fold"),
            ("{closure#12}<(), b::b::{closure_env#0}>", "{{closure}}"),
            ("(below main)", "(below main)"),
        ];
        for (symbol, name) in names {
            assert_eq!(normalise(symbol), name, "{symbol}");
        }
    }

    #[test]
    fn crates_and_last_segments() {
        let names = [
            ("democ08::sum", "democ08", "sum"),
            ("<semver::Version as core::cmp::Ord>::cmp", "semver", "cmp"),
            ("<&mut a_b::T as X<Y>>::go::<u8>", "a_b", "go"),
            ("<[alpha::Beta]>::sort", "alpha", "sort"),
            ("x::y::{{closure}}", "x", "{{closure}}"),
            ("memcpy", "memcpy", "memcpy"),
        ];
        for (name, crate_name, last) in names {
            assert_eq!((crate_of(name), last_segment(name)), (crate_name, last), "{name}");
        }
        for (name, std) in [
            ("<usize as core::slice::index::SliceIndex<[T]>>::get", true),
            ("<alloc::string::String as core::convert::From<mine::T>>::from", false),
            ("core::ptr::drop_in_place<alloc::vec::Vec<u8>>", true),
            ("core::ptr::drop_in_place<mine::Tree>", false),
            ("__rustc::__rust_dealloc", true),
            ("memcpy", false),
        ] {
            assert_eq!(is_std(name), std, "{name}");
        }
        assert_eq!(without_closure("a::b::{{closure}}::{{closure}}"), "a::b");
        assert_eq!(without_closure("{{closure}}"), "{{closure}}");
    }

    #[test]
    fn roles() {
        assert_eq!(role("criterion::bencher::Bencher<M>::iter"), Role::Bencher);
        assert_eq!(role("<criterion::bencher::Bencher<_>>::iter_batched::<A, B>"), Role::Bencher);
        assert_eq!(role("criterion::bencher::AsyncBencher<A,C,M>::iter::{{closure}}"), Role::Bencher);
        assert_eq!(
            role("<criterion::measurement::WallTime as criterion::measurement::Measurement>::start"),
            Role::Framework
        );
        let v0 = "_RINvMNtCskHfeJooJCZg_9criterion7bencherNtB3_7Bencher4iterjNCNCNvCs1LOJzne4eMf_1b5bench00EB10_";
        assert_eq!(role(&normalise(v0)), Role::Bencher, "{}", normalise(v0));
        assert_eq!(role("criterion::black_box"), Role::Framework);
        for runner in [
            "divan::divan::Divan::run_bench_entry::{{closure}}",
            "<divan::divan::Divan>::run_bench_entry::{{closure}}",
            "test::run_test",
            "<bencher::Bencher>::auto_bench::<x>",
        ] {
            assert_eq!(role(runner), Role::Bencher, "{runner}");
        }
        assert_eq!(role("test::bench::ns_iter_inner::<u64, mine::f::{{closure}}>"), Role::Framework);
        assert_eq!(role("divan::benchmark::BenchContext::sample_recorder::{{closure}}"), Role::Framework);
        assert_eq!(role("<mine::T as criterion::measurement::Measurement>::start"), Role::Work);
        assert_eq!(role("core::ops::FnOnce::call_once::<criterion::bencher::Bencher<X>>"), Role::Work);
    }
}
