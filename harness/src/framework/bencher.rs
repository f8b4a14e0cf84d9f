//! The crate bencher 0.1, libtest's harness for the stable toolchain. [`rounds`] tells how it times.

use super::rounds;
use crate::benchmark::Framework;
use crate::driver::{Driver, Reads, Scheme};

/// bencher, as one executable has it.
#[derive(Debug)]
pub struct Bencher {
    reads: Reads,
}

impl Bencher {
    /// bencher, if these symbols hold it.
    pub fn recognise(symbols: &[&str]) -> Option<Self> {
        let winsorize = |symbol: &&str| {
            symbol.starts_with("_ZN7bencher5stats9winsorize17h")
                || symbol.starts_with("_RNvNtCs") && rounds::function(symbol).ends_with("_7bencher5stats9winsorize")
        };
        let anchor = symbols.iter().copied().find(winsorize)?;
        let anchors = vec![rounds::function(anchor).to_owned()];
        Some(Self { reads: Reads { anchors, role: rounds::role, gap: u64::MAX, tick: rounds::TICK } })
    }
}

impl Driver for Bencher {
    fn framework(&self) -> Framework {
        Framework::Bencher
    }

    fn list_args(&self) -> Vec<String> {
        // All that it can do is to run. Under a clock that leaps, it does so as briefly as it ever does.
        vec!["--bench".into()]
    }

    fn list_tick(&self) -> Option<u64> {
        Some(10_000_000_000)
    }

    fn parse_list(&self, output: &str) -> Vec<String> {
        let name = |line: &str| Some(line.strip_prefix("test ")?.split_once(" ... ")?.0.trim_end().to_owned());
        output.lines().filter_map(name).collect()
    }

    fn once_args(&self, _names: &[&str]) -> Vec<String> {
        // They all ran when they were listed. No path of a function holds this.
        vec!["--bench".into(), "(none)".into()]
    }

    fn runs_before(&self, name: &str, other: &str) -> bool {
        // Its filter is a part of the name, and what it lets through is sorted. What runs after is never reached.
        other.contains(name) && other < name
    }

    fn count_args(&self, names: &[&str]) -> Vec<String> {
        let mut args = vec!["--bench".to_owned()];
        args.extend(names.first().map(|name| (*name).to_owned()));
        args
    }

    fn scheme(&self) -> Scheme<'_> {
        Scheme::Reads(&self.reads)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn anchors(symbols: &[&str]) -> Option<Vec<String>> {
        Bencher::recognise(symbols).map(|bencher| bencher.reads.anchors)
    }

    #[test]
    fn both_manglings_are_recognised() {
        let legacy = "_ZN7bencher5stats9winsorize17h2876daf076f7c98fE";
        let v0 = "_RNvNtCsgP6YYz8WPTc_7bencher5stats9winsorize";
        assert_eq!(anchors(&["main", &format!("{legacy}.llvm.5222674624874733461")]).unwrap(), [legacy]);
        assert_eq!(anchors(&[v0]).unwrap(), [v0]);
        assert_eq!(
            anchors(&["_RNvNtCsh1TzFaBDtUP_4test5stats9winsorize", "_ZN7bencher7Bencher10auto_bench17h0E"]),
            None
        );
    }

    #[test]
    fn names_are_read_from_a_run() {
        let bencher = Bencher { reads: Reads { anchors: Vec::new(), role: rounds::role, gap: 0, tick: rounds::TICK } };
        let output = "\nrunning 3 tests\ntest fib15         ... bench:       2,000 ns/iter (+/- 3)\n\
                      test inner::sort   ... hello\nbench:           1 ns/iter (+/- 0)\ntest x ... ignored\n\n\
                      test result: ok. 0 passed; 0 failed; 1 ignored; 2 measured\n";
        assert_eq!(bencher.parse_list(output), ["fib15", "inner::sort", "x"]);
        assert!(bencher.runs_before("fib", "a_fib") && !bencher.runs_before("fib", "fib15"));
        assert_eq!(bencher.count_args(&["fib"]), ["--bench", "fib"]);
    }
}
