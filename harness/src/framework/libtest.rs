//! The `#[bench]` harness of the nightly toolchain. [`rounds`] tells how it times.

use super::rounds;
use crate::benchmark::Framework;
use crate::driver::{Driver, Read, Reads, Scheme};

/// Instructions between two samples of a set: it writes a number into an array.
const GAP: u64 = 10_000;

/// libtest, as one executable has it.
#[derive(Debug)]
pub struct Libtest {
    reads: Reads,
}

impl Libtest {
    /// libtest, if these symbols hold it.
    pub fn recognise(symbols: &[&str]) -> Option<Self> {
        let find = |legacy: &str, v0: &str| {
            let is_it = |symbol: &&str| {
                let name = rounds::function(symbol);
                name.starts_with(legacy)
                    || name.strip_prefix("_RNv").and_then(|path| path.strip_suffix(v0)).is_some_and(in_crate_root)
            };
            symbols.iter().copied().find(is_it).map(|symbol| rounds::function(symbol).to_owned())
        };
        let run = find("_ZN4test8run_test17h", "_4test8run_test")?;
        let winsorize = find("_ZN4test5stats9winsorize17h", "_4test5stats9winsorize")?;
        Some(Self { reads: Reads { anchors: vec![run, winsorize], role, gap: GAP, tick: rounds::TICK } })
    }
}

/// Whether what stands before a crate's name in a v0 symbol says that the rest is a path from its root: `Cs…`, `NtCs…`.
fn in_crate_root(path: &str) -> bool {
    let hash = path.strip_prefix("Nt").unwrap_or(path).strip_prefix("Cs");
    hash.is_some_and(|hash| hash.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// What a read is. The first anchor is entered once, between the console's first read and the benchmark.
fn role(entries: usize, read: usize) -> Read {
    entries.checked_sub(1).map_or(Read::Other, |sets| rounds::role(sets, read))
}

impl Driver for Libtest {
    fn framework(&self) -> Framework {
        Framework::Libtest
    }

    fn list_args(&self) -> Vec<String> {
        ["--bench", "--list", "--format", "terse"].map(Into::into).into()
    }

    fn list_ignored_args(&self) -> Option<Vec<String>> {
        Some(["--bench", "--list", "--format", "terse", "--ignored"].map(Into::into).into())
    }

    fn parse_list(&self, output: &str) -> Vec<String> {
        output.lines().filter_map(|line| line.strip_suffix(": benchmark")).map(str::to_owned).collect()
    }

    fn once_args(&self, names: &[&str]) -> Vec<String> {
        // Without `--bench`, benchmarks are tests, which run once.
        names.iter().copied().chain(["--exact"]).map(Into::into).collect()
    }

    fn count_args(&self, names: &[&str]) -> Vec<String> {
        ["--bench"].into_iter().chain(names.iter().copied()).chain(["--exact"]).map(Into::into).collect()
    }

    fn scheme(&self) -> Scheme<'_> {
        Scheme::Reads(&self.reads)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn both_manglings_are_recognised() {
        let v0 = [
            "_RNCNvCs3mSbOeLENLV_4test8run_test0B3_",
            "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeNCNvCs3mSbOeLENLV_4test8run_test0EBK_",
            "_RNvCs3mSbOeLENLV_4test8run_test",
            "_RNvNtCs3mSbOeLENLV_4test5stats9winsorize.llvm.77",
        ];
        let anchors = Libtest::recognise(&v0).unwrap().reads.anchors;
        assert_eq!(anchors, [v0[2], "_RNvNtCs3mSbOeLENLV_4test5stats9winsorize"]);
        let legacy = ["_ZN4test8run_test17h0123456789abcdefE", "_ZN4test5stats9winsorize17h0123456789abcdefE"];
        assert_eq!(Libtest::recognise(&legacy).unwrap().reads.anchors, legacy);
        assert!(Libtest::recognise(&["_RNvNtCsgP6YYz8WPTc_7bencher5stats9winsorize", legacy[0]]).is_none());
        assert!(Libtest::recognise(&["_RNvNtNtCs1_2my4test8run_test", legacy[1]]).is_none());
    }

    #[test]
    fn benchmarks_are_listed_and_tests_are_not() {
        let libtest = Libtest { reads: Reads { anchors: Vec::new(), role, gap: 0, tick: rounds::TICK } };
        assert_eq!(
            libtest.parse_list("a_test: test\nfib: benchmark\ninner::sort: benchmark\n"),
            ["fib", "inner::sort"]
        );
        assert_eq!(libtest.count_args(&["fib"]), ["--bench", "fib", "--exact"]);
        assert_eq!((role(0, 0), role(1, 0), role(2, 0)), (Read::Other, Read::Begin(1), Read::Begin(5)));
    }
}
