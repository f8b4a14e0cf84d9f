//! iai-callgrind 0.14 to 0.16 and its successor gungraun 0.17 to 0.20. The bench executable counts nothing: it hands its
//! benchmarks to a runner of exactly its own version, which starts it again under callgrind, once for each.

use crate::benchmark::Framework;
use crate::driver::{Driver, Runner, Scheme};

/// What the runner passes on to callgrind, after what the project asks for, so that this holds. The simulation of caches
/// costs two to nine times what counting does; addresses and callers are what explanations are made of. Names stay
/// demangled: the patterns that the runner counts by are.
const CALLGRIND: &str = "--cache-sim=no --branch-sim=no --dump-instr=yes --dump-line=yes --separate-callers=30";

/// One of the two, as one executable has it.
#[derive(Debug)]
pub struct Iai {
    framework: Framework,
    runner: Runner,
}

impl Iai {
    /// iai-callgrind or gungraun, if these symbols hold it. Its runner is still to be found.
    pub fn recognise(symbols: &[&str]) -> Option<Self> {
        // The second is the module that the attribute macro puts around a benchmark, and by which its runner finds it.
        let marks = [
            (Framework::IaiCallgrind, "iai-callgrind-runner", ["13iai_callgrind", "__iai_callgrind_wrapper_mod"]),
            (Framework::Gungraun, "gungraun-runner", ["8gungraun", "__gungraun_wrapper_mod"]),
        ];
        marks.into_iter().find_map(|(framework, name, marks)| {
            let holds = symbols.iter().any(|symbol| marks.iter().any(|mark| symbol.contains(mark)));
            let selects = framework == Framework::Gungraun;
            holds.then_some(Self { framework, runner: Runner { name, program: None, selects } })
        })
    }

    /// The runner that it needs.
    #[must_use]
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// The oldest version that can be driven.
    #[must_use]
    pub fn oldest(&self) -> (u32, u32) {
        if self.framework == Framework::IaiCallgrind { (0, 14) } else { (0, 17) }
    }

    /// With the runner that was found for it.
    #[must_use]
    pub fn with(self, runner: Runner) -> Self {
        Self { runner, ..self }
    }
}

impl Driver for Iai {
    fn framework(&self) -> Framework {
        self.framework
    }

    fn list_args(&self) -> Vec<String> {
        vec!["--bench".into(), "--list".into()]
    }

    fn parse_list(&self, output: &str) -> Vec<String> {
        let names = output.lines().filter_map(|line| line.strip_suffix(": benchmark"));
        // The module path begins with the bench target, which is named apart.
        let name = |path: &str| path.split_once("::").map(|(_, name)| name.to_owned());
        names.filter_map(name).collect()
    }

    fn once_args(&self, names: &[&str]) -> Vec<String> {
        self.count_args(names)
    }

    fn count_args(&self, names: &[&str]) -> Vec<String> {
        let mut args = vec!["--bench".to_owned()];
        if let (true, [name]) = (self.runner.selects, names) {
            args.push(format!("*::{name}"));
        }
        // Without it, the runner needs `setarch`, which containers forbid; callgrind places programs alike anyhow.
        args.push("--allow-aslr=yes".into());
        args.push("--nosummary=yes".into());
        args.push(format!("--callgrind-args={CALLGRIND}"));
        args
    }

    fn scheme(&self) -> Scheme<'_> {
        Scheme::OwnRunner(&self.runner)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_by_its_symbols_under_both_manglings() {
        let framework = |symbol: &str| Iai::recognise(&["main", symbol]).map(|iai| iai.framework);
        let iai = Some(Framework::IaiCallgrind);
        assert_eq!(framework("_ZN13iai_callgrind10__internal6Runner3new17h65e2ddb997c45cdfE"), iai);
        assert_eq!(framework("_ZN9lib_bench4sort27__iai_callgrind_wrapper_mod4sort17h0123456789abcdefE"), iai);
        let gungraun = Some(Framework::Gungraun);
        assert_eq!(framework("_RNvMs_NtCs1_8gungraun10___internalNtB4_6Runner4exec"), gungraun);
        assert_eq!(framework("_ZN20iai_callgrind_runner3api1_9serialize17h111d00822adf8fcdE"), None);
    }

    #[test]
    fn a_recorded_list_is_read() {
        let iai = Iai::recognise(&["_ZN8gungraun10__internal6Runner3new17h0E"]).unwrap();
        let output = "lib_bench::text_group::words::short: benchmark\nlib_bench::sort_group::sort: benchmark\n\n0 tests, 2 benchmarks\n";
        assert_eq!(iai.parse_list(output), ["text_group::words::short", "sort_group::sort"]);
        assert!(iai.count_args(&["sort_group::sort"]).contains(&"*::sort_group::sort".to_owned()));
    }
}
