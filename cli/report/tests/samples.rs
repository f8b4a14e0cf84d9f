//! Reports made by hand: one per situation that a reader can meet.

use perfgate_harness::benchmark::{BenchmarkId, Framework, UnmeasuredTarget};
use perfgate_harness::machine::Machine;
use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Cost, Failure, FailureKind, Revision};

use crate::comparison::{Basis, Change, Class, Comparison, Estimate, Region, Side, SideFailure, Verdict};
use crate::explanation::{Cause, Explanation, Finding, FunctionCost, Location, Origin, OriginCost};
use crate::gate::{Counts, Entry, Gate, REPORT_FORMAT, Report};
use crate::policy::Limits;

pub const HOSTILE: &str =
    "a|b`c</code></details><img src=x>\n::error::owned\r##[error]\u{1b}[31m@octocat #1 \u{202e}x\\";

pub fn report(gate: Gate, entries: Vec<Entry>) -> Report {
    let mut counts = Counts::default();
    for Comparison { verdict, advisory, basis, .. } in entries.iter().map(|entry| &entry.comparison) {
        let count = match verdict {
            Verdict::Regression if *advisory => &mut counts.advisory_regressions,
            Verdict::Regression => &mut counts.regressions,
            Verdict::Improvement => &mut counts.improvements,
            Verdict::Unchanged => &mut counts.unchanged,
            Verdict::Inconclusive => &mut counts.inconclusive,
            Verdict::New => &mut counts.new,
            Verdict::Removed => &mut counts.removed,
            Verdict::Failed => &mut counts.failed,
        };
        *count += 1;
        counts.same_code += usize::from(*basis == Basis::SameCode);
    }
    Report {
        format: REPORT_FORMAT,
        gate,
        counts,
        baseline: Revision {
            commit: "9b1c2d3e4f5061728394a5b6c7d8e9f001122334".into(),
            label: "merge base with main".into(),
            dirty: false,
        },
        candidate: Revision {
            commit: "07f31a4c5d6e7f8091a2b3c4d5e6f70811223344".into(),
            label: "working tree".into(),
            dirty: true,
        },
        machine: Machine {
            target: "x86_64-unknown-linux-gnu".into(),
            cpu_model: "AMD EPYC 7763 64-Core Processor".into(),
            cores: 4,
            kernel: "6.8.0-1015-azure".into(),
            valgrind: "3.22.0".into(),
            libc: "ldd (Ubuntu GLIBC 2.39-0ubuntu8.3) 2.39".into(),
            rustc: "rustc 1.95.0 (1234567 2026-04-14), LLVM 22.1.0".into(),
            cpu_features: vec!["avx2".into(), "sse4.2".into()],
            preload: String::new(),
            environment: vec!["LC_ALL=C".into()],
        },
        machine_differences: Vec::new(),
        common: Vec::new(),
        entries,
        unmeasured: Vec::new(),
        cost: Cost { wall_seconds: 36.4, children_cpu_seconds: 131.0, jobs: 4, build_seconds: 11.9 },
        reproduce: "perfgate check --baseline 9b1c2d3".into(),
    }
}

pub fn estimate(median: f64) -> Estimate {
    Estimate { median, min: median, max: median, repeats: 3 }
}

pub fn comparison(name: &str, verdict: Verdict, change: Option<Change>) -> Comparison {
    Comparison {
        id: BenchmarkId { package: "app".into(), target: "json".into(), name: name.into() },
        label: format!("json::{name}"),
        framework: Framework::Criterion,
        source: "benches/json.rs".into(),
        metric: Metric::Instructions,
        verdict,
        basis: Basis::Counts,
        limits: Limits::INSTRUCTIONS,
        advisory: false,
        change,
        further: Vec::new(),
        single: None,
        failures: Vec::new(),
        notes: Vec::new(),
    }
}

pub fn exact(baseline: f64, candidate: f64) -> Change {
    Change {
        baseline: estimate(baseline),
        candidate: estimate(candidate),
        log_ratio: (candidate / baseline).ln(),
        half_width: 0.0,
        class: Class::Exact,
        cause: None,
        region: Region::Timed,
        system: None,
    }
}

pub fn jittery(baseline: f64, candidate: f64, half_width: f64) -> Change {
    Change { half_width, class: Class::Jittery, ..exact(baseline, candidate) }
}

pub fn bare(comparison: Comparison) -> Entry {
    Entry { comparison, explanation: None }
}

pub fn unchanged(name: &str) -> Entry {
    bare(comparison(name, Verdict::Unchanged, Some(exact(862_728.0, 862_728.0))))
}

/// A benchmark that was not run, because its executable is the same on both sides.
pub fn identical(name: &str) -> Entry {
    bare(Comparison { basis: Basis::SameCode, ..comparison(name, Verdict::Unchanged, None) })
}

fn location(file: &str, line: u32, text: &str) -> Option<Location> {
    Some(Location { file: file.into(), line, text: Some(text.into()) })
}

fn cost(instructions: f64, calls: f64) -> FunctionCost {
    FunctionCost { instructions, calls: Some(calls) }
}

/// The regression of the README: its diagnostic is the picture.
pub fn regression() -> Entry {
    let change = exact(12_412_345.0, 13_181_903.0);
    let findings = vec![
        Finding {
            function: "json::lexer::skip_whitespace".into(),
            origin: Origin::Repository,
            location: location("src/lexer.rs", 118, "    while let Some(b' ') = bytes.peek() {"),
            baseline: cost(702_114.0, 48_000.0),
            candidate: cost(1_404_228.0, 96_000.0),
            delta: 702_114.0,
            share: 0.912_4,
            cause: Cause::MoreCalls,
        },
        Finding {
            function: "json::de::next_token".into(),
            origin: Origin::Repository,
            location: location("src/de.rs", 41, "        self.skip();"),
            baseline: cost(300_000.0, 48_000.0),
            candidate: cost(356_000.0, 48_000.0),
            delta: 56_000.0,
            share: 0.072_8,
            cause: Cause::CostlierCalls,
        },
        Finding {
            function: "core::slice::memchr".into(),
            origin: Origin::Std,
            location: None,
            baseline: FunctionCost::default(),
            candidate: FunctionCost { instructions: 11_444.0, calls: None },
            delta: 11_444.0,
            share: 0.014_9,
            cause: Cause::New,
        },
    ];
    Entry {
        comparison: comparison("parse_1mb", Verdict::Regression, Some(change)),
        explanation: Some(Explanation {
            benchmark: location("benches/json.rs", 42, "fn parse_1mb(bencher: &mut Bencher) {"),
            findings,
            split: vec![
                OriginCost { origin: Origin::Repository, baseline: 11_702_114.0, candidate: 12_404_228.0 },
                OriginCost { origin: Origin::Std, baseline: 707_886.0, candidate: 707_886.0 },
            ],
            note: None,
        }),
    }
}

/// A change as most are: one regression among much that stayed the same.
pub fn readme() -> Report {
    let same = (0..40).map(|at| unchanged(&format!("same/{at}")));
    let mut entries: Vec<Entry> = std::iter::once(regression()).chain(same).collect();
    entries.push(bare(comparison("to_string", Verdict::Unchanged, Some(exact(862_728.0, 863_763.0)))));
    report(Gate::Regressed, entries)
}

/// Noisy, advisory, without lines of source, explained only in part.
pub fn poor_regression() -> Entry {
    let mut comparison =
        comparison("write/pretty 1 mb", Verdict::Regression, Some(jittery(1_204_000.0, 2_611_400.5, 0.01)));
    comparison.advisory = true;
    comparison.notes = vec!["it starts threads: the count depends on how they are scheduled.".into()];
    Entry {
        comparison,
        explanation: Some(Explanation {
            benchmark: Some(Location { file: "benches/json.rs".into(), line: 77, text: None }),
            findings: vec![Finding {
                function: "memchr::memchr".into(),
                origin: Origin::Dependency,
                location: None,
                baseline: cost(1_000_000.0, 10.0),
                candidate: cost(2_650_000.0, 10.0),
                delta: 1_650_000.0,
                share: 1.172,
                cause: Cause::CostlierCalls,
            }],
            split: Vec::new(),
            note: Some("the executable has no line tables, so no line can be named".into()),
        }),
    }
}

/// Regressions of which little is known, of small and of huge counts.
pub fn unexplained() -> Report {
    let bare_one = bare(comparison("tiny", Verdict::Regression, Some(exact(7.0, 7.25))));
    let mut without_findings = bare(comparison("huge", Verdict::Regression, Some(exact(5.1e9, 5.1e9 + 3e7))));
    without_findings.explanation = Some(Explanation {
        benchmark: location("benches/json.rs", 9, "    c.bench_function(\"huge\", |b| b.iter(|| huge(black_box(3))));"),
        findings: Vec::new(),
        split: Vec::new(),
        note: Some("the benchmark executes machine code without symbols".into()),
    });
    let mut gone = improvement();
    gone.comparison = comparison("other", Verdict::Regression, Some(exact(12_412_345.0, 12_475_000.0)));
    let findings = &mut gone.explanation.as_mut().expect("the sample has one").findings;
    findings[0].location = None;
    findings[0].delta = 62_655.0;
    findings[0].share = 1.0;
    findings[0].cause = Cause::New;
    report(Gate::Regressed, vec![bare_one, without_findings, gone])
}

pub fn failed() -> Entry {
    let failure = |side, message: &str, output: &str| SideFailure {
        side,
        failure: Failure {
            kind: FailureKind::Panicked,
            message: message.into(),
            help: "run `cargo bench --bench json -- --test \"read file\"` to see it fail without perfgate".into(),
            output: output.into(),
        },
    };
    let output = "Benchmarking read file\n::set-output name=x::y\n\nthread 'main' panicked at benches/json.rs:12:5:\n\
                  called `Option::unwrap()` on a `None` value\n\u{1b}[31mnote\u{1b}[0m: run with `RUST_BACKTRACE=1`\n";
    let mut comparison = comparison("read file", Verdict::Failed, None);
    comparison.failures =
        vec![failure(Side::Baseline, "took longer than 60 s", ""), failure(Side::Candidate, "panicked", output)];
    bare(comparison)
}

pub fn inconclusive() -> Entry {
    let mut comparison =
        comparison("hash_map/insert", Verdict::Inconclusive, Some(jittery(1_204_000.0, 1_219_000.0, 0.028)));
    comparison.notes = vec!["it starts threads: the count depends on how they are scheduled.".into()];
    bare(comparison)
}

pub fn improvement() -> Entry {
    let change = exact(4_213_000.0, 3_870_001.0);
    let mut entry = regression();
    entry.comparison = comparison("write", Verdict::Improvement, Some(change));
    let explanation = entry.explanation.as_mut().expect("the sample has one");
    explanation.findings.truncate(1);
    explanation.findings[0].delta = -702_114.0;
    explanation.findings[0].cause = Cause::FewerCalls;
    explanation.findings[0].function = "json::writer::escape".into();
    entry
}

pub fn only_on(verdict: Verdict, name: &str) -> Entry {
    let mut comparison = comparison(name, verdict, None);
    comparison.single = Some(estimate(12_345.25));
    bare(comparison)
}

pub fn target(name: &str, failed: bool) -> UnmeasuredTarget {
    UnmeasuredTarget {
        package: "app".into(),
        target: name.into(),
        reason: "it is written for divan, which perfgate cannot run yet".into(),
        help: "leave it out with `perfgate check json`, or port it to criterion".into(),
        output: String::new(),
        failed,
    }
}

/// One of everything.
pub fn mixed() -> Report {
    let mut noted = unchanged("noted");
    noted.comparison.notes = vec!["set-up and drops are part of the count, because the framework times them.".into()];
    let small = bare(comparison("small", Verdict::Unchanged, Some(exact(862_728.0, 863_763.0))));
    let mut report = report(
        Gate::Broken,
        vec![
            regression(),
            poor_regression(),
            failed(),
            inconclusive(),
            improvement(),
            only_on(Verdict::New, "grüße/日本"),
            only_on(Verdict::Removed, "old"),
            noted,
            small,
            unchanged("same"),
        ],
    );
    report.unmeasured = vec![target("net", false), target("disk", true)];
    report.machine_differences = vec!["valgrind".into(), "C library".into()];
    report
}

pub fn empty() -> Report {
    let mut report = report(Gate::Nothing, Vec::new());
    report.cost = Cost::default();
    report
}

pub fn passed() -> Report {
    report(Gate::Passed, vec![unchanged("a"), unchanged("b"), unchanged("c")])
}

/// Everything that others may name holds everything that could do harm.
pub fn hostile() -> Report {
    let mut entry = regression();
    entry.comparison.label = format!("json::{HOSTILE}");
    entry.comparison.id.name = HOSTILE.into();
    entry.comparison.source = HOSTILE.into();
    entry.comparison.notes = vec![HOSTILE.into()];
    let explanation = entry.explanation.as_mut().expect("the sample has one");
    explanation.note = Some(HOSTILE.into());
    explanation.findings[0].function = HOSTILE.into();
    for at in explanation.benchmark.iter_mut().chain(explanation.findings[0].location.iter_mut()) {
        (at.file, at.text) = (HOSTILE.into(), Some(format!("\t{HOSTILE}\t```")));
    }
    let mut broken = failed();
    broken.comparison.label = format!("json::{HOSTILE}");
    for failure in &mut broken.comparison.failures {
        let lines = format!("{HOSTILE}\n   ::error::owned\n```\n</details>\n");
        failure.failure =
            Failure { message: HOSTILE.into(), help: HOSTILE.into(), output: lines, ..failure.failure.clone() };
    }
    let mut new = only_on(Verdict::New, HOSTILE);
    new.comparison.label = format!("json::{HOSTILE}");
    let mut report = report(Gate::Broken, vec![entry, broken, new]);
    report.unmeasured = vec![UnmeasuredTarget {
        package: HOSTILE.into(),
        target: HOSTILE.into(),
        reason: HOSTILE.into(),
        help: HOSTILE.into(),
        output: HOSTILE.into(),
        failed: true,
    }];
    report.machine_differences = vec![HOSTILE.into()];
    report.baseline.label = HOSTILE.into();
    report.machine.cpu_model = HOSTILE.into();
    report.reproduce = format!("perfgate check '{HOSTILE}'");
    report
}

/// More than any comment holds: `each` of regressions, failures, unchanged and new ones, with long names.
pub fn large(each: usize) -> Report {
    let mut entries = Vec::new();
    for (verdict, sample) in [(Verdict::Regression, regression()), (Verdict::Failed, failed())] {
        for at in 0..each {
            let mut entry = sample.clone();
            entry.comparison.label = format!("json::{verdict:?}/{at}/{}", "x".repeat(at % 300));
            if let Some(failure) = entry.comparison.failures.last_mut() {
                failure.failure.output =
                    "a line that it printed, some eighty characters long, as lines are\n".repeat(40);
            }
            entries.push(entry);
        }
    }
    entries.extend((0..each).map(|at| unchanged(&format!("unchanged/{at}"))));
    entries.extend((0..each).map(|at| only_on(Verdict::New, &format!("new/{at}"))));
    report(Gate::Broken, entries)
}

/// A change that touches no code.
pub fn all_identical() -> Report {
    let cost = Cost { wall_seconds: 0.0, children_cpu_seconds: 0.0, jobs: 4, build_seconds: 11.9 };
    Report { cost, ..report(Gate::Passed, ["a", "b"].map(identical).to_vec()) }
}

/// A change that touches the code of one executable of two.
pub fn partly_identical() -> Report {
    report(Gate::Passed, vec![identical("a"), unchanged("b"), identical("c")])
}
