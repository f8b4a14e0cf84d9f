#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use perfgate_harness::profile::callgrind::parse;

use super::*;
use crate::explanation::{Cause, FunctionCost};

const MAIN: &str = "bench::main";
const ITER: &str = "criterion::bencher::Bencher$LT$M$GT$::iter";
const CLOSURE: &str = "bench::run::_$u7b$$u7b$closure$u7d$$u7d$";
const START: &str = "criterion::measurement::start";
const BENCH: &str = "benches/b.rs";

/// A callgrind file in the making: functions are given with their callers, and names are spelt out.
#[derive(Default)]
struct Recording {
    text: String,
    total: u64,
}

/// The symbol of a Rust path, or the name of a C function as it is.
fn symbol(path: &str) -> String {
    let parts = path.split("::").map(|part| format!("{}{part}", part.len()));
    if path.contains("::") { format!("_ZN{}17h0123456789abcdefE", parts.collect::<String>()) } else { path.to_owned() }
}

fn file(path: &str) -> &'static str {
    match path.split("::").next() {
        Some("mine") => "/p/src/lib.rs",
        Some("bench") => "/p/benches/b.rs",
        Some("dep") => "/home/.cargo/registry/src/x/dep-1.0.0/src/lib.rs",
        Some("criterion") => "/home/.cargo/registry/src/x/criterion-0.8.2/src/bencher.rs",
        Some("alloc" | "core" | "std") => "/rustc/59/library/alloc/src/vec.rs",
        _ => "./malloc/malloc.c",
    }
}

fn chain(chain: &[&str]) -> String {
    chain.iter().map(|path| symbol(path)).collect::<Vec<_>>().join("'")
}

impl Recording {
    /// Starts the lines of a function: itself, its caller, and so on.
    fn function(mut self, names: &[&str]) -> Self {
        writeln!(self.text, "fl={}\nfn={}", file(names[0]), chain(names)).unwrap();
        self
    }

    fn cost(mut self, line: u32, instructions: u64) -> Self {
        writeln!(self.text, "{line} {instructions}").unwrap();
        self.total += instructions;
        self
    }

    fn call(mut self, line: u32, names: &[&str], count: u64, inclusive: u64) -> Self {
        writeln!(self.text, "cfi={}\ncfn={}\ncalls={count} 1\n{line} {inclusive}", file(names[0]), chain(names))
            .unwrap();
        self
    }

    fn profile(self) -> Profile {
        parse(format!("positions: line\nevents: Ir\n{}totals: {}\n", self.text, self.total).as_bytes()).unwrap()
    }
}

/// A benchmark whose closure calls `mine::parse` on line 6, which spends `own` on line 10 and has the C library spend
/// `library` on its behalf, from line 12.
fn parse_bench(calls: u64, own: u64, library: u64) -> Recording {
    let closure = [CLOSURE, ITER, MAIN];
    let parse = ["mine::parse", CLOSURE, ITER, MAIN];
    let grow = ["alloc::vec::grow", "mine::parse", CLOSURE, ITER, MAIN];
    let malloc = ["malloc", "alloc::vec::grow", "mine::parse", CLOSURE, ITER, MAIN];
    Recording::default()
        .function(&[MAIN])
        .call(20, &[ITER, MAIN], 0, own + library)
        .function(&[ITER, MAIN])
        .call(90, &closure, 1, own + library)
        .function(&closure)
        .call(6, &parse, calls, own + library)
        .function(&parse)
        .cost(10, own)
        .call(12, &grow, calls, library)
        .function(&grow)
        .call(500, &malloc, calls, library)
        .function(&malloc)
        .cost(3000, library)
}

struct Texts(BTreeMap<(bool, String, u32), String>);

impl Sources for Texts {
    fn line(&self, side: Side, file: &str, line: u32) -> Option<String> {
        self.0.get(&(side == Side::Candidate, file.to_owned(), line)).cloned()
    }
}

fn side(profile: &Profile) -> ProfiledSide<'_> {
    ProfiledSide { profile, iterations: 1, executable: None, source_root: Path::new("/p") }
}

fn explained(baseline: Recording, candidate: Recording) -> Explanation {
    let (baseline, candidate) = (baseline.profile(), candidate.profile());
    explain(&side(&baseline), &side(&candidate), BENCH, &Texts(BTreeMap::new()), &Executables::default()).unwrap()
}

#[test]
fn library_cost_is_laid_at_the_door_of_the_repository() {
    let explanation = explained(parse_bench(1, 1000, 100), parse_bench(1, 1000, 400));
    let [finding] = explanation.findings.as_slice() else { panic!("{:#?}", explanation.findings) };
    assert_eq!((finding.function.as_str(), finding.origin), ("mine::parse", Origin::Repository));
    assert_eq!(finding.location, Some(Location { file: "src/lib.rs".into(), line: 12, text: None }));
    assert_eq!(finding.baseline, FunctionCost { instructions: 1100.0, calls: Some(1.0) });
    assert_eq!(finding.candidate, FunctionCost { instructions: 1400.0, calls: Some(1.0) });
    assert_eq!((finding.delta, finding.share, finding.cause), (300.0, 1.0, Cause::CostlierCalls));
    assert_eq!(explanation.benchmark, Some(Location { file: BENCH.into(), line: 6, text: None }));
}

#[test]
fn costs_are_per_iteration() {
    let (baseline, candidate) = (parse_bench(4, 4000, 0).profile(), parse_bench(8, 8800, 0).profile());
    let sides = (ProfiledSide { iterations: 4, ..side(&baseline) }, ProfiledSide { iterations: 8, ..side(&candidate) });
    let explanation = explain(&sides.0, &sides.1, BENCH, &Texts(BTreeMap::new()), &Executables::default()).unwrap();
    let finding = &explanation.findings[0];
    assert_eq!((finding.baseline.instructions, finding.candidate.instructions), (1000.0, 1100.0));
    assert_eq!((finding.candidate.calls, finding.cause), (Some(1.0), Cause::CostlierCalls));
}

#[test]
fn more_calls_are_told_from_costlier_ones() {
    let cause = |baseline, candidate| explained(baseline, candidate).findings[0].cause;
    assert_eq!(cause(parse_bench(2, 1000, 0), parse_bench(4, 2000, 0)), Cause::MoreCalls);
    assert_eq!(cause(parse_bench(4, 1000, 0), parse_bench(2, 520, 0)), Cause::FewerCalls);
    assert_eq!(cause(parse_bench(2, 1000, 0), parse_bench(3, 9000, 0)), Cause::CostlierCalls);
    assert_eq!(cause(parse_bench(2, 1000, 0), parse_bench(2, 900, 0)), Cause::CheaperCalls);
}

#[test]
fn new_and_gone_functions() {
    let extra = ["mine::extra", CLOSURE, ITER, MAIN];
    let with =
        || parse_bench(1, 100, 0).function(&[CLOSURE, ITER, MAIN]).call(7, &extra, 1, 50).function(&extra).cost(30, 50);
    let new = &explained(parse_bench(1, 100, 0), with()).findings[0];
    assert_eq!((new.function.as_str(), new.cause, new.delta), ("mine::extra", Cause::New, 50.0));
    assert_eq!((new.baseline.calls, new.candidate.calls), (None, Some(1.0)));
    let gone = &explained(with(), parse_bench(1, 100, 0)).findings[0];
    assert_eq!((gone.function.as_str(), gone.cause, gone.delta), ("mine::extra", Cause::Gone, -50.0));
    assert_eq!(gone.location.as_ref().unwrap().line, 30);
}

#[test]
fn nothing_is_found_where_nothing_changed() {
    let explanation = explained(parse_bench(1, 1000, 100), parse_bench(1, 1000, 100));
    assert!(explanation.findings.is_empty());
    assert_eq!(explanation.note.as_deref(), Some("No function of the benchmark changed its cost."));
}

#[test]
fn what_criterion_does_is_nobodys() {
    let clock = |cost| {
        let start = [START, ITER, MAIN];
        let gettime = ["clock_gettime", START, ITER, MAIN];
        parse_bench(1, 100, 0)
            .function(&[ITER, MAIN])
            .cost(91, cost)
            .call(80, &start, 1, cost)
            .function(&start)
            .call(81, &gettime, 1, cost)
            .function(&gettime)
            .cost(38, cost)
            .function(&[MAIN])
            .cost(21, cost)
    };
    assert_eq!(explained(clock(10), clock(500)).findings, []);
}

#[test]
fn a_thread_without_repository_code_is_the_dependency_s() {
    let thread = |cost| {
        let sleep = ["dep::pool::sleep", "std::thread::start"];
        let futex = ["syscall", "dep::pool::sleep", "std::thread::start"];
        parse_bench(1, 100, 0).function(&sleep).call(5, &futex, 1, cost).function(&futex).cost(1, cost)
    };
    let explanation = explained(thread(10), thread(500));
    let finding = &explanation.findings[0];
    assert_eq!(
        (finding.function.as_str(), finding.origin, finding.delta),
        ("dep::pool::sleep", Origin::Dependency, 490.0)
    );
}

#[test]
fn the_drop_of_a_result_is_named_by_its_outermost_function() {
    let dropped = |cost| {
        let drop = ["core::ptr::drop_in_place", ITER, MAIN];
        let free = ["free", "core::ptr::drop_in_place", ITER, MAIN];
        parse_bench(1, 100, 0)
            .function(&[ITER, MAIN])
            .call(92, &drop, 1, cost)
            .function(&drop)
            .call(800, &free, 1, cost)
            .function(&free)
            .cost(1, cost)
    };
    let finding = &explained(dropped(10), dropped(30)).findings[0];
    assert_eq!((finding.function.as_str(), finding.origin), ("core::ptr::drop_in_place", Origin::Std));
}

#[test]
fn library_cost_is_split_by_who_asked_for_it() {
    let two = |first, second| {
        let (a, b) = (["mine::a", ITER, MAIN], ["mine::b", ITER, MAIN]);
        // The recorder lost the callers of `sort`, so both call the same one.
        let sort = ["alloc::sort"];
        Recording::default()
            .function(&[ITER, MAIN])
            .call(1, &a, 1, first)
            .call(1, &b, 1, second)
            .function(&a)
            .call(40, &sort, 1, first)
            .function(&b)
            .call(50, &sort, 1, second)
            .function(&sort)
            .call(700, &sort, 9, 5)
            .cost(700, first + second)
    };
    let findings = explained(two(100, 100), two(100, 400)).findings;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0].function, "mine::b");
    assert!((findings[0].delta - 300.0).abs() < 1e-3, "{}", findings[0].delta);
}

#[test]
fn shifted_lines_are_known_again_by_their_text() {
    let lines = |shift: u32, hot| {
        parse_bench(1, 0, 0)
            .function(&["mine::parse", CLOSURE, ITER, MAIN])
            .cost(10 + shift, 5000)
            .cost(11 + shift, hot)
    };
    let mut texts = BTreeMap::new();
    for (candidate, shift) in [(false, 0), (true, 3)] {
        texts.insert((candidate, "src/lib.rs".to_owned(), 10 + shift), "    loop {".to_owned());
        texts
            .insert((candidate, "src/lib.rs".to_owned(), 11 + shift), format!("{}step();", " ".repeat(shift as usize)));
    }
    let (baseline, candidate) = (lines(0, 10).profile(), lines(3, 300).profile());
    let explanation =
        explain(&side(&baseline), &side(&candidate), BENCH, &Texts(texts), &Executables::default()).unwrap();
    let location = explanation.findings[0].location.clone().unwrap();
    assert_eq!((location.line, location.text.as_deref()), (14, Some("   step();")));
}

#[test]
fn findings_along_the_change_come_first() {
    let three = |a, b, c| {
        let mut recording = Recording::default();
        for (name, cost) in [("mine::a", a), ("mine::b", b), ("mine::c", c)] {
            let names = [name, ITER, MAIN];
            recording = recording.function(&[ITER, MAIN]).call(1, &names, 1, cost).function(&names).cost(1, cost);
        }
        recording
    };
    let explanation = explained(three(1000, 1000, 1000), three(1300, 500, 2000));
    let order: Vec<_> = explanation.findings.iter().map(|finding| (finding.function.as_str(), finding.delta)).collect();
    assert_eq!(order, [("mine::c", 1000.0), ("mine::a", 300.0), ("mine::b", -500.0)]);
    assert_eq!(explanation.findings[0].share, 1.25);
}

#[test]
fn a_recorded_profile_against_itself_changes_nothing() {
    let bytes = include_bytes!("../../tests/fixtures/callgrind/criterion-0.8-batched-1.out");
    let profile = parse(bytes).unwrap();
    let side = ProfiledSide { source_root: Path::new("/project/c08"), ..side(&profile) };
    let explanation = explain(&side, &side, BENCH, &Texts(BTreeMap::new()), &Executables::default()).unwrap();
    assert!(explanation.findings.is_empty());
    let missing = ProfiledSide { executable: Some(Path::new("/nonexistent/b")), ..side };
    let error =
        explain(&missing, &side, BENCH, &Texts(BTreeMap::new()), &Executables::default()).unwrap_err().to_string();
    assert!(error.starts_with("read the debug information of /nonexistent/b: "), "{error}");
}
