//! divan 0.1, from 0.1.6 on. Where nothing else is said, it doubles the size of a sample until that takes a hundred times the
//! precision of the clock, which under the harness's clock is when the harness says so. It reads the clock twice for a
//! sample, and enters a function `sync_impl`, which is `#[inline(never)]`, before the first and after the second read; so
//! that the thousand reads with which it measures its own overhead are not taken for samples.

use crate::benchmark::Framework;
use crate::driver::{Driver, Read, Reads, Scheme, Told};

/// divan, as one executable has it.
#[derive(Debug)]
pub struct Divan {
    reads: Reads,
    /// Whether it can list its benchmarks for cargo-nextest, with their arguments. It can from 0.1.18 on.
    lists: bool,
}

impl Divan {
    /// divan, if these symbols hold it.
    pub fn recognise(symbols: &[&str]) -> Option<Self> {
        let sync = symbols.iter().find_map(|symbol| sync_impl(symbol))?;
        let reads = Reads { anchors: vec![sync.to_owned()], role, gap: u64::MAX, tick: 1000 };
        Some(Self { reads, lists: symbols.iter().any(|symbol| symbol.contains("13run_tree_list")) })
    }
}

/// The part of the symbol of divan's `sync_impl` that names it alone.
fn sync_impl(symbol: &str) -> Option<&str> {
    const RECORDER: &str = "12BenchContext15sample_recorder";
    if !symbol.contains(RECORDER) || !symbol.contains("5divan") {
        return None;
    }
    let function = symbol.split_once(".llvm.").map_or(symbol, |(function, _)| function);
    let legacy = function.starts_with("_ZN5divan") && function.contains("$u7d$9sync_impl17h");
    let v0 = function.starts_with("_RNvN") && function.ends_with("9sync_impl");
    (legacy || v0).then_some(function)
}

/// What a read is: `sync_impl` is entered before a sample and after it.
fn role(entries: usize, read: usize) -> Read {
    match (entries.is_multiple_of(2), read) {
        (true, _) => Read::Other,
        (false, 0) => {
            Read::Begin(1_u64.checked_shl(u32::try_from(entries / 2).unwrap_or(u32::MAX)).unwrap_or(u64::MAX))
        }
        (false, _) => Read::End,
    }
}

impl Driver for Divan {
    fn framework(&self) -> Framework {
        Framework::Divan
    }

    fn list_args(&self) -> Vec<String> {
        let args: &[&str] = if self.lists { &["--list", "--format", "terse"] } else { &["--test", "--color", "never"] };
        args.iter().copied().map(Into::into).collect()
    }

    fn list_environment(&self) -> &'static [(&'static str, &'static str)] {
        &[("NEXTEST", "1")]
    }

    fn parse_list(&self, output: &str) -> Vec<String> {
        if self.lists {
            let names = output.lines().filter_map(|line| line.strip_suffix(": benchmark"));
            // As the linker has them.
            let mut names: Vec<String> = names.map(str::to_owned).collect();
            names.sort();
            names
        } else {
            leaves(output)
        }
    }

    fn once_args(&self, names: &[&str]) -> Vec<String> {
        ["--test", "--exact"].into_iter().chain(names.iter().copied()).map(Into::into).collect()
    }

    fn count_args(&self, names: &[&str]) -> Vec<String> {
        // These stand above what the benchmark's attributes say. Threads take turns under valgrind, so that several would
        // show no contention, but the scheduler's whims. Samples enough for one that fixes their size; the harness ends it
        // by letting more than the longest time pass.
        let fixed =
            ["--timer", "os", "--threads", "1", "--sample-count", "10000", "--min-time", "0", "--max-time", "1"];
        let plain = ["--skip-ext-time", "true", "--color", "never", "--exact"];
        ["--bench"].into_iter().chain(fixed).chain(plain).chain(names.iter().copied()).map(Into::into).collect()
    }

    fn scheme(&self) -> Scheme<'_> {
        Scheme::Reads(&self.reads)
    }

    fn told(&self, output: &str) -> Option<Vec<Told>> {
        // The row of a benchmark ends in the number of samples and that of all their iterations.
        let row = |node: &Node<'_>| {
            let [.., samples, iterations] = node.cells.as_slice() else { return None };
            let (samples, iterations) = (samples.parse::<usize>().ok()?, iterations.parse::<u64>().ok()?);
            let iterations = iterations.checked_div(u64::try_from(samples).ok()?)?;
            Some(Told { name: node.path.join("::"), samples, iterations })
        };
        Some(nodes(output).iter().filter_map(row).collect())
    }

    fn batch(&self) -> usize {
        // What it says of more might be cut off.
        8
    }
}

/// A line in divan's drawing of its tree.
struct Node<'o> {
    /// The names from the root on.
    path: Vec<&'o str>,
    /// The columns that follow, if it is a table.
    cells: Vec<&'o str>,
}

fn nodes(output: &str) -> Vec<Node<'_>> {
    let mut path: Vec<&str> = Vec::new();
    let mut nodes = Vec::new();
    for line in output.lines() {
        // Three columns a level: `│  `, `   `, `├─ ` and `╰─ `.
        let text = line.trim_start_matches(['│', '├', '╰', '─', ' ']);
        let depth = (line.chars().count() - text.chars().count()) / 3;
        let mut cells: Vec<&str> = text.split(" │").map(str::trim).collect();
        let mut name = cells.remove(0);
        if !cells.is_empty() {
            // The first column stands beside the name: `fib15  1.953 ms`, or a head.
            name = name.rsplit_once("  ").map_or(name, |(name, _)| name.trim_end());
        }
        if !name.is_empty() && depth <= path.len() {
            path.truncate(depth);
            path.push(name);
            nodes.push(Node { path: path.clone(), cells });
        }
    }
    nodes
}

/// The paths of the leaves of the tree. Threads are no path of their own for divan's filter.
fn leaves(output: &str) -> Vec<String> {
    let mut nodes = nodes(output);
    nodes.retain(|node| {
        let count = node.path.last().and_then(|name| name.strip_prefix("t="));
        count.is_none_or(|count| count.parse::<u32>().is_err())
    });
    let is_leaf = |index: usize, node: &Node<'_>| {
        nodes.get(index + 1).is_none_or(|next: &Node<'_>| next.path.len() <= node.path.len())
            && node.path.last().is_some_and(|name| !name.ends_with("(ignored)"))
    };
    let leaves = nodes.iter().enumerate().filter(|&(index, node)| is_leaf(index, node));
    leaves.map(|(_, node)| node.path.join("::")).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const LEGACY: &str = "_ZN5divan9benchmark12BenchContext15sample_recorder28_$u7b$$u7b$closure$u7d$$u7d$28_$u7b$$u7b$closure$u7d$$u7d$9sync_impl17hd5c223bcfd2e3020E";
    const V0: &str = "_RNvNCNCNvMs4_NtCsiJnZ7ez6uiK_5divan9benchmarkNtBb_12BenchContext15sample_recorder0s_09sync_impl";

    #[test]
    fn both_manglings_are_recognised() {
        let newest = Divan::recognise(&["main", V0, "_RNvMs_NtCsiJnZ7ez6uiK_5divan5divanNtB4_5Divan13run_tree_list"]);
        let newest = newest.unwrap();
        assert_eq!((newest.reads.anchors[0].as_str(), newest.lists), (V0, true));
        let older = LEGACY.replace("9benchmark12", "5bench12");
        let older = [format!("{older}.llvm.12")];
        let older = Divan::recognise(&[&older[0]]).unwrap();
        assert!(!older.lists && older.reads.anchors[0].ends_with("9sync_impl17hd5c223bcfd2e3020E"));
        assert!(Divan::recognise(&["_ZN5divan9benchmark12BenchContext13compute_stats17hf5fa6a3504f58b31E"]).is_none());
    }

    #[test]
    fn samples_double_between_entries() {
        let roles = |entries| [0, 1, 2].map(|read| role(entries, read));
        assert_eq!(roles(0), [Read::Other; 3]);
        assert_eq!(roles(1), [Read::Begin(1), Read::End, Read::End]);
        assert_eq!(roles(2), [Read::Other; 3]);
        assert_eq!(roles(7), [Read::Begin(8), Read::End, Read::End]);
    }

    #[test]
    fn both_lists_are_read() {
        let mut divan = Divan { reads: Reads { anchors: Vec::new(), role, gap: 0, tick: 1000 }, lists: true };
        assert_eq!(divan.parse_list("dv::fibs::5: benchmark\ndv::a b: benchmark\nnoise\n"), ["dv::a b", "dv::fibs::5"]);
        divan.lists = false;
        let tree = "dv\n├─ fib15\n├─ fibs\n│  ├─ 5\n│  ╰─ 10\n╰─ grp\n   ├─ odd \"name\" └─ x\n   ├─ threaded\n   │  ├─ t=1\n   \
                    │  ╰─ t=4\n   ├─ left out      (ignored)\n   ╰─ deep\n      ╰─ json\n\n";
        let names = ["dv::fib15", "dv::fibs::5", "dv::fibs::10", "dv::grp::odd \"name\" └─ x", "dv::grp::threaded"];
        assert_eq!(divan.parse_list(tree), [&names[..], &["dv::grp::deep::json"]].concat());
    }

    #[test]
    fn what_ran_is_read_from_the_table() {
        let divan = Divan { reads: Reads { anchors: Vec::new(), role, gap: 0, tick: 1000 }, lists: true };
        let table = "Timer precision: 1 µs\n\
            dv            fastest       │ slowest       │ median        │ mean          │ samples │ iters\n\
            ├─ fixed      9.9 ns        │ 20 ms         │ 9.9 ns        │ 2.222 ms      │ 9       │ 900\n\
            │             1.407 KB/s    │ 1.407 KB/s    │ 1.407 KB/s    │ 1.407 KB/s    │         │\n\
            ├─ grp                      │               │               │               │         │\n\
            │  ╰─ a name  31.25 ms      │ 31.25 ms      │ 31.25 ms      │ 31.25 ms      │ 1       │ 64\n\
            ╰─ json       7.812 ms      │ 7.812 ms      │ 7.812 ms      │ 7.812 ms      │ 1       │ 256\n\n";
        let told: Vec<_> =
            divan.told(table).unwrap().into_iter().map(|told| (told.name, told.samples, told.iterations)).collect();
        let expected = [("dv::fixed", 9, 100), ("dv::grp::a name", 1, 64), ("dv::json", 1, 256)];
        assert_eq!(told, expected.map(|(name, samples, iterations)| (name.to_owned(), samples, iterations)));
        assert_eq!(divan.told("warning: nothing\n"), Some(Vec::new()));
    }
}
