//! `perfgate check` on benchmarks of frameworks other than criterion.

use std::collections::BTreeMap;

use perfgate::comparison::Verdict;
use perfgate::gate::Gate;

use crate::support::{Outcome, Project, entry, perfgate, verdicts};

#[test]
fn a_regression_is_found_and_explained_whatever_the_framework() {
    let project = Project::with_other_frameworks();
    project.commit("the baseline");
    project.slow_down_count();
    project.commit("the candidate");
    // The pinned toolchain is a stable one.
    let command = |arg| perfgate(project.workspace()).arg(arg).env("RUSTC_BOOTSTRAP", "1").output().unwrap();
    let outcome = Outcome::from(command("check")).expect(100);

    let report = project.report();
    assert_eq!(report.gate, Gate::Regressed);
    let slower = [
        "by_bencher::count_lines",
        "by_divan::by_divan::count::1",
        "by_divan::by_divan::count::8",
        "by_divan::by_divan::count_fixed",
        "by_divan::by_divan::count_made",
        "by_libtest::count",
        "tally::speed::own_count",
    ];
    let same = ["by_bencher::checksum", "by_divan::by_divan::checksum", "by_libtest::checksum"];
    let mut expected: BTreeMap<&str, Verdict> = slower.map(|name| (name, Verdict::Regression)).into();
    expected.insert("by_bencher::count", Verdict::Regression);
    expected.extend(same.map(|name| (name, Verdict::Unchanged)));
    expected.insert("by_libtest::clock", Verdict::Failed);
    assert_eq!(verdicts(&report), expected);
    for name in same {
        let change = entry(&report, name).comparison.change.expect("both sides were counted");
        assert_eq!(change.fraction(), 0.0, "{name}: nothing that it runs was touched");
    }
    for name in slower {
        let culprit = &entry(&report, name).explanation.as_ref().unwrap().findings[0];
        assert_eq!(culprit.function, "tally::count", "{name}");
        assert!((0.9..=1.1).contains(&culprit.share), "{name}: {culprit:?}");
    }

    outcome.says(&["by_hand", "[[command]]"]);
}
