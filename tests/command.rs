//! `[[command]]`: programs in whatever language, counted as a whole.

use std::collections::BTreeMap;

use perfgate::comparison::{Side, Verdict};
use perfgate::gate::Gate;
use perfgate_harness::run::FailureKind;

use crate::support::{Outcome, Scripts, entry, verdicts};

/// A shell script that reads its standard input, does work by the line, and starts a process.
const WORK: &str = "\
#!/bin/sh
while read -r word; do
    n=0
    while [ $n -lt 20 ]; do n=$((n + 1)); done # work
    echo \"$word\"
done | tail -n 1
";

const CONFIGURATION: &str = "\
[[command]]
name = \"work\"
run = [\"./work\"]
directory = \"tools\"
stdin = \"data/words\"

[[command]]
name = \"steady\"
run = [\"cat\", \"copy\"]
prepare = [\"cp\", \"data/words\", \"copy\"]
";

fn scripts() -> Scripts {
    let scripts = Scripts::new();
    scripts.write("data/words", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n");
    scripts.write_program("tools/work", WORK);
    scripts.write("perfgate.toml", CONFIGURATION);
    scripts.commit("the baseline");
    scripts
}

#[test]
fn a_script_that_does_more_work_is_a_regression_without_any_cargo_project() {
    let scripts = scripts();
    scripts.perfgate(&["list"]).expect(0).says(&["command::work", "command::steady"]);
    scripts.write_program("tools/work", &WORK.replace("-lt 20", "-lt 40"));
    let said = ["error[regression]", "`command::work`", "perfgate.toml"];
    scripts.perfgate(&["check"]).expect(100).says(&said);

    let report = scripts.report();
    assert_eq!(report.gate, Gate::Regressed);
    let expected = BTreeMap::from([("command::work", Verdict::Regression), ("command::steady", Verdict::Unchanged)]);
    assert_eq!(verdicts(&report), expected);
    let steady = &entry(&report, "command::steady").comparison;
    assert_eq!(steady.change.unwrap().fraction(), 0.0);
    assert!(steady.notes.is_empty(), "{:?}", steady.notes);
    assert!(!scripts.root().join("copy").exists(), "a command wrote into the user's checkout");
}

#[test]
fn a_command_that_fails_is_reported_and_one_that_is_new_need_not_work_at_the_baseline() {
    let scripts = scripts();
    scripts.write(
        "perfgate.toml",
        &(CONFIGURATION.replace("data/words\", \"copy", "data/gone\", \"copy")
            + "
[[command]]
name = \"new\"
run = [\"./build/new\"]
setup = [\"sh\", \"-c\", \"mkdir -p build && cp tools/new build/new && echo built\"]

[[command]]
name = \"missing\"
run = [\"no-such-program\"]

[[command]]
name = \"unbuildable\"
run = [\"./build/new\"]
setup = [\"sh\", \"-c\", \"echo cannot; exit 7\"]
"),
    );
    scripts.write_program("tools/new", "#!/bin/sh\ntrue\n");
    scripts.write_program("tools/work", "#!/bin/sh\necho sorry >&2\nexit 3\n");
    let outcome = scripts.perfgate(&["check"]).expect(101);

    let report = scripts.report();
    assert_eq!(entry(&report, "command::new").comparison.verdict, Verdict::New);
    let failed = [
        ("command::work", FailureKind::Exited, "exited with code 3"),
        ("command::steady", FailureKind::NotStarted, "its `prepare` exited with code 1"),
        ("command::missing", FailureKind::NotStarted, "there is no program `no-such-program`"),
        ("command::unbuildable", FailureKind::NotStarted, "exit status: 7"),
    ];
    for (label, kind, message) in failed {
        let failures = &entry(&report, label).comparison.failures;
        let candidate = failures.iter().find(|failed| failed.side == Side::Candidate).unwrap();
        assert_eq!(candidate.failure.kind, kind, "{label}: {candidate:?}");
        assert!(candidate.failure.message.contains(message), "{label}: {candidate:?}");
        assert!(!candidate.failure.help.is_empty(), "{label}");
    }
    assert_eq!(report.counts.failed, failed.len());
    outcome.says(&["sorry", "no-such-program"]).complains(&["built", "cannot"]);
}

#[test]
fn what_the_other_side_built_is_not_taken_for_this_sides() {
    let scripts = Scripts::new();
    let setup = "setup = [\"sh\", \"-c\", \"mkdir -p build; test ! -f source || cp source build/it\"]";
    scripts.write("perfgate.toml", &format!("[[command]]\nname = \"it\"\nrun = [\"./build/it\"]\n{setup}\n"));
    scripts.write(".gitignore", "build/\ntarget/\n");
    scripts.write_program("source", "#!/bin/sh\ntrue\n");
    scripts.commit("the baseline");
    scripts.git(&["rm", "--quiet", "source"]);
    scripts.perfgate(&["check"]).expect(101).says(&["there is no program `./build/it`"]);
}

#[test]
fn a_directory_that_is_no_project_at_all_is_told_what_to_write() {
    let scripts = Scripts::new();
    scripts.write("perfgate.toml", "[run]\njobs = 1\n");
    scripts.commit("nothing to measure");
    let outcome: Outcome = scripts.perfgate(&["list"]);
    outcome.expect(4).complains(&["[[command]]"]);
}
