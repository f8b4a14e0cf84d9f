//! `perfgate check`: the whole pipeline.

use std::path::Path;

use perfgate_harness::measure::{self, Pair};
use perfgate_harness::plan::{Role, Sides};
use perfgate_harness::process::Cancel;

use super::explaining::{self, Trees};
use super::setup::Setup;
use super::watch::Watch;
use crate::args::CheckArgs;
use crate::comparison::Comparison;
use crate::exit::{Code, Failure};
use crate::gate::Report;
use crate::shell::{Shell, in_github_actions};
use crate::{baseline, compare, report};

/// Measures the candidate against the baseline, judges, explains, reports.
pub(super) fn check(args: &CheckArgs, shell: &Shell, cancel: &Cancel) -> Result<Code, Failure> {
    let mut setup = Setup::new(&args.measuring, args.baseline.as_ref(), Sides::Both, cancel)?;
    setup.skip_identical &= !args.measure_identical;
    let out_dir = args.out_dir.as_deref().unwrap_or(setup.plan.layout.root());
    // A report of an earlier check must not be taken for this one's, and a bad path should fail before the long work.
    report::clear(out_dir)?;

    let (pair, comparisons) = measure_until_decided(&setup, shell, cancel)?;
    let (base, cand) = (&pair.baseline.run, &pair.candidate.run);
    setup.require_a_match(&comparisons, &pair)?;
    save_runs(&pair, setup.plan.layout.root())?;
    shell.status("Comparing", &format!("{} with {}", cand.revision, base.revision));
    let trees = Trees::new(&setup.plan);
    let root = setup.plan.layout.root();
    let common = compare::common_causes(&comparisons);
    let entries = explaining::explain_all(comparisons, (base, root), (cand, root), &trees, shell);
    let report = Report::new(base, cand, entries, common, setup.config.policy.on_inconclusive, reproduce(args, &setup));
    report::write_all(&report, out_dir)?;
    report::print(&report, args.output.message_format, out_dir, in_github_actions())?;
    Ok(report.gate.into())
}

/// Counts both sides, and counts again what is undecided, until more repeats would not help.
fn measure_until_decided(setup: &Setup, shell: &Shell, cancel: &Cancel) -> Result<(Pair, Vec<Comparison>), Failure> {
    let watch = Watch::new(shell);
    let select = |id: &_| setup.selects(id);
    let settings = setup.settings(&select, &watch, cancel);
    let mut pair = measure::measure(&setup.plan, &settings)?;
    loop {
        let comparisons = compare::compare(&pair.baseline.run, &pair.candidate.run, &setup.config.policy);
        let undecided = compare::undecided(&comparisons);
        // Without time for more repeats, what is undecided stays so.
        if undecided.is_empty() || settings.is_late() {
            return Ok((pair, comparisons));
        }
        let repeats = comparisons.iter().filter_map(compare::repeats_wanted).max().unwrap_or(measure::REPEATS_MOST);
        measure::repeat(&setup.plan, &mut pair, &undecided, repeats, &settings)?;
    }
}

/// Writes both run files, for `perfgate compare` and for scripts.
fn save_runs(pair: &Pair, root: &Path) -> Result<(), Failure> {
    for (role, side) in [(Role::Baseline, &pair.baseline), (Role::Candidate, &pair.candidate)] {
        baseline::save(&side.run, &root.join(format!("{}.run.json", role.directory())))?;
    }
    Ok(())
}

/// The command that gives this verdict again.
fn reproduce(args: &CheckArgs, setup: &Setup) -> String {
    let mut words = vec!["perfgate".to_owned(), "check".to_owned()];
    words.extend(args.measuring.filters.iter().map(|filter| shell_word(filter)));
    words.push("--baseline".into());
    words.push(setup.plan.snapshot(Role::Baseline).revision.commit.clone());
    if args.measure_identical {
        words.push("--measure-identical".into());
    }
    words.extend(setup.plan.request.features.args().iter().map(|word| shell_word(word)));
    words.join(" ")
}

/// A word for a POSIX shell.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
