//! `perfgate check` on benchmarks of iai-callgrind, through its own runner, which is installed on first use.

use std::collections::BTreeMap;

use perfgate::comparison::Verdict;
use perfgate::gate::Gate;
use perfgate_harness::run::{FailureKind, Outcome, Run};

use crate::support::{Project, entry, verdicts};

#[test]
fn library_and_program_are_counted_by_the_frameworks_own_runner() {
    let project = Project::with_iai_callgrind();
    project.commit("the baseline");
    project.slow_down_count();
    project.commit("the candidate");
    let outcome = project.perfgate(&["check"]).expect(100);

    let report = project.report();
    assert_eq!(report.gate, Gate::Regressed);
    let expected = BTreeMap::from([
        ("counts::sums::checksum::long", Verdict::Unchanged),
        ("counts::words::count::long", Verdict::Regression),
        ("counts::words::count::short", Verdict::Regression),
        ("tool::program::words::few", Verdict::Regression),
    ]);
    assert_eq!(verdicts(&report), expected);
    let unchanged = entry(&report, "counts::sums::checksum::long").comparison.change.unwrap();
    assert_eq!(unchanged.fraction(), 0.0, "nothing that it runs was touched");

    // The program is explained from its own executable, each side's from its own.
    for label in ["counts::words::count::long", "tool::program::words::few"] {
        let slower = entry(&report, label);
        assert!(slower.comparison.notes.is_empty(), "{label}: {:?}", slower.comparison.notes);
        let culprit = &slower.explanation.as_ref().unwrap().findings[0];
        assert_eq!(culprit.function, "tally::count", "{label}");
        let place = culprit.location.as_ref().unwrap();
        assert_eq!(place.file, "src/lib.rs", "{label}");
        assert!((11..=13).contains(&place.line), "{label}: {place:?}");
    }
    outcome.says(&["error[regression]", "`counts::words::count::long`", "benches/counts.rs", "tally::count"]);

    // The project asks for a simulation of caches; only instructions are counted, whatever limit it sets for them.
    let run = std::fs::read(project.out_dir().join("cand.run.json")).unwrap();
    let run: Run = serde_json::from_slice(&run).unwrap();
    assert_eq!(run.benchmarks.len(), expected.len());
    for measured in &run.benchmarks {
        let Outcome::Counted(counted) = &measured.outcome else { panic!("{measured:?}") };
        let call = counted.repeats[0].calls[0];
        assert_eq!((call.iterations, call.timed), (1, None), "{measured:?}");
        let part =
            std::fs::read_to_string(project.out_dir().join(&counted.profile.as_ref().unwrap().parts[0])).unwrap();
        assert!(part.contains("\nevents: Ir\n") && part.contains("\npositions: instr line\n"), "{measured:?}");
    }

    // One benchmark that fails takes no other with it, although its runner would stop there.
    project.edit("benches/counts.rs", "TROUBLE: bool = false", "TROUBLE: bool = true");
    project.perfgate(&["check", "counts::"]).expect(101).says(&["the sum is missing"]);
    let report = project.report();
    let failed = &entry(&report, "counts::sums::checksum::long").comparison;
    assert_eq!(failed.failures[0].failure.kind, FailureKind::Panicked, "{failed:?}");
    for label in ["counts::words::count::long", "counts::words::count::short"] {
        assert_eq!(entry(&report, label).comparison.verdict, Verdict::Unchanged, "{label}");
    }
}
