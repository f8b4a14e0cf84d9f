//! `perfgate check` on real criterion benchmarks under real callgrind: every verdict, and every way for a benchmark to fail.

use std::collections::BTreeMap;

use perfgate::comparison::{Class, Comparison, Side, Verdict};
use perfgate::gate::Gate;
use perfgate_harness::metric::Metric;
use perfgate_harness::run::FailureKind;

use crate::support::{Project, entry, report_in, verdicts};

/// One change that makes one function slower and one faster, adds a benchmark and removes another.
fn change_everything(project: &Project) {
    project.commit("the baseline");
    project.slow_down_count();
    project.edit("src/lib.rs", "low = (low + u32::from(byte)) % 65_521;", "low += u32::from(byte);");
    project.edit("benches/text.rs", "\"words\", |b|", "\"fresh\", |b|");
    project.commit("the candidate");
}

fn every_verdict(project: &Project) {
    change_everything(project);
    let outcome = project.perfgate(&["check"]).expect(100);

    let report = project.report();
    assert_eq!(report.gate, Gate::Regressed);
    let expected = BTreeMap::from([
        ("text::checksum", Verdict::Improvement),
        ("text::count/1", Verdict::Regression),
        ("text::count/8", Verdict::Regression),
        ("text::fresh", Verdict::New),
        ("text::rank", Verdict::Unchanged),
        ("text::words", Verdict::Removed),
    ]);
    assert_eq!(verdicts(&report), expected);
    assert_eq!(change(&entry(&report, "text::rank").comparison), 0.0, "nothing that it runs was touched");

    let slower = entry(&report, "text::count/8");
    let culprit = &slower.explanation.as_ref().unwrap().findings[0];
    assert_eq!(culprit.function, "tally::count");
    assert!((0.9..=1.1).contains(&culprit.share), "{culprit:?}");
    let place = culprit.location.as_ref().unwrap();
    assert_eq!(place.file, "src/lib.rs");
    assert!((11..=13).contains(&place.line), "{place:?}");

    let place = format!("src/lib.rs:{}", place.line);
    let said = ["error[regression]", "`text::count/8`", "instructions", "benches/text.rs", "tally::count", &place];
    outcome.says(&said);

    let markdown = std::fs::read_to_string(project.out_dir().join("report.md")).unwrap();
    assert!(markdown.contains("text::count/8") && markdown.contains("tally::count"), "{markdown}");
}

fn change(comparison: &Comparison) -> f64 {
    comparison.change.expect("both sides were counted").fraction()
}

#[test]
fn every_verdict_with_criterion_0_8() {
    let project = Project::new();
    every_verdict(&project);

    let counts = |project: &Project| {
        let changes =
            project.report().entries.into_iter().map(|entry| (entry.comparison.label, entry.comparison.change));
        changes.collect::<Vec<_>>()
    };
    let first = counts(&project);
    project.perfgate(&["check", "--message-format", "json"]).expect(100);
    assert_eq!(first, counts(&project), "the same check twice gives the same counts");
}

#[test]
fn every_verdict_with_criterion_0_5() {
    every_verdict(&Project::with_criterion_0_5());
}

#[test]
fn the_two_halves_agree_with_the_whole() {
    let project = Project::with_criterion_0_5();
    change_everything(&project);
    project.perfgate(&["check"]).expect(100);
    let whole = project.report();

    let files = ["../baseline.json", "../candidate.json"];
    project.perfgate(&["measure", "--revision", "main~1", "--out", files[0]]).expect(0);
    project.perfgate(&["measure", "--out", files[1]]).expect(0);
    let compare = ["compare", files[0], files[1], "--out-dir", "../halves"];
    project.perfgate(&compare).expect(100).says(&["error[regression]", "`text::count/8`", "tally::count"]);
    let halves = report_in(&project.workspace().join("../halves"));
    assert_eq!(verdicts(&whole), verdicts(&halves));
    for entry in &whole.entries {
        let other = self::entry(&halves, &entry.comparison.label);
        assert_eq!(entry.comparison.change, other.comparison.change, "{}", entry.comparison.label);
    }
    project.perfgate(&["compare", files[0], files[0]]).expect(0);
}

fn a_comment_changes_nothing(project: &Project) {
    project.commit("the baseline");
    project.edit("src/lib.rs", "/// How many words", "// A remark\n// of two lines.\n\n/// How many words");
    project.perfgate(&["check", "--measure-identical"]).expect(0);
    let report = project.report();
    assert_eq!(report.gate, Gate::Passed);
    assert_eq!(report.entries.len(), 5);
    for entry in &report.entries {
        assert_eq!(entry.comparison.verdict, Verdict::Unchanged, "{}", entry.comparison.label);
        assert_eq!(change(&entry.comparison), 0.0, "{}", entry.comparison.label);
        assert_eq!(entry.comparison.change.unwrap().class, Class::Exact, "{}", entry.comparison.label);
    }
    let words = &entry(&report, "text::words").comparison;
    let allocations = words.in_metric(Metric::Allocations).expect("allocations are counted").change.candidate;
    assert!(allocations.median >= 1.0 && allocations.min == allocations.max, "{allocations:?}");
}

#[test]
fn a_comment_changes_nothing_with_criterion_0_8() {
    a_comment_changes_nothing(&Project::new());
}

#[test]
fn a_comment_changes_nothing_with_criterion_0_5() {
    a_comment_changes_nothing(&Project::with_criterion_0_5());
}

#[test]
fn a_benchmark_that_fails_is_reported_and_the_others_go_on() {
    let project = Project::new().with_trouble();
    project.commit("the baseline");
    project.make_trouble();
    let outcome = project.perfgate(&["check", "trouble::", "--timeout", "20"]).expect(100);

    let report = project.report();
    // A regression that was shown wins over what could not be measured.
    assert_eq!(report.gate, Gate::Regressed);
    let spawns = &entry(&report, "trouble::spawns").comparison;
    assert_eq!(spawns.verdict, Verdict::Regression);
    assert!(spawns.change.unwrap().candidate.median > 50_000.0, "what it starts is counted with it: {spawns:?}");
    for label in ["trouble::steady", "trouble::noisy", "trouble::namesake"] {
        let healthy = &entry(&report, label).comparison;
        assert_eq!((healthy.verdict, change(healthy)), (Verdict::Unchanged, 0.0), "{label}");
    }
    let expected = [
        ("trouble::panics", FailureKind::Panicked, "the seventh word is missing"),
        ("trouble::hangs", FailureKind::TimedOut, ""),
        ("trouble::stalls", FailureKind::TimedOut, ""),
        ("trouble::aborts", FailureKind::Killed, ""),
        ("trouble::exits", FailureKind::Exited, ""),
        ("trouble::junk", FailureKind::Exited, "not a finding"),
        ("trouble::twice", FailureKind::NotCountable, ""),
        ("trouble::namesake #2", FailureKind::NotCountable, ""),
    ];
    assert_eq!(report.counts.failed, expected.len());
    for (label, kind, output) in expected {
        let failed = &entry(&report, label).comparison;
        assert_eq!(failed.verdict, Verdict::Failed, "{label}");
        assert_eq!(failed.failures.len(), 1, "{label}: {:?}", failed.failures);
        assert_eq!(failed.failures[0].side, Side::Candidate, "{label}");
        let failure = &failed.failures[0].failure;
        assert_eq!(failure.kind, kind, "{label}: {failure:?}");
        assert!(failure.output.contains(output), "{label}: {failure:?}");
        assert!(!failure.help.is_empty(), "{label}: {failure:?}");
    }

    let labels = expected.map(|(label, ..)| label);
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(
            !text.contains(['\x1b', '\0', '\x07']),
            "a benchmark's control characters reach the terminal:\n{text:?}"
        );
        assert!(!text.lines().any(|line| line.starts_with("::error")), "a benchmark speaks to the CI service:\n{text}");
    }
    outcome.says(&labels).says(&["the seventh word is missing"]);
}
