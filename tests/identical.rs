//! `perfgate check` runs nothing of an executable that a change left the same.

use perfgate::comparison::{Basis, Verdict};
use perfgate::gate::Gate;

use crate::support::{Project, entry};

#[test]
fn what_a_change_leaves_the_same_is_not_run() {
    let project = Project::new();
    project.commit("the baseline");

    project.edit("src/order.rs", "//!", "// A remark.\n\n//!");
    project.write("README.md", "Counts words.\n");
    let outcome = project.perfgate(&["check", "--verbose"]).expect(0);
    let report = project.report();
    assert_eq!((report.gate, report.counts.unchanged, report.counts.same_code), (Gate::Passed, 5, 5));
    assert!(report.entries.iter().all(|entry| entry.comparison.basis == Basis::SameCode));
    assert_eq!(report.cost.wall_seconds.round(), 0.0, "{:?}", report.cost);
    assert!(!outcome.stderr.contains("Measuring"), "{}", outcome.stderr);
    outcome
        .says(&["5 benchmarks not run", "5 unchanged by construction, nothing had to be run"])
        .complains(&["tally::text: the executable is the same"]);

    // The files that the check left are those of a pair: they say nothing of any other run.
    let saved = ["compare", "target/perfgate/base.run.json", "target/perfgate/cand.run.json"];
    project.perfgate(&saved).expect(0).says(&["5 unchanged by construction"]);

    project.edit("benches/text.rs", "while the other dogs sleep on ", "while all the other dogs sleep on ");
    let outcome = project.perfgate(&["check", "--verbose", "text::checksum"]).expect(100);
    let report = project.report();
    let longer = &entry(&report, "text::checksum").comparison;
    assert_eq!((longer.verdict, longer.basis), (Verdict::Regression, Basis::Counts));
    outcome.complains(&["tally::text: measured, because `", "` differs"]);
}
