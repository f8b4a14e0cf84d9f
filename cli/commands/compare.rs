//! `perfgate compare`: the other half of a check.

use super::explaining::{self, NoTrees};
use super::{failures, setup};
use crate::args::CompareArgs;
use crate::exit::{Code, Failure};
use crate::gate::Report;
use crate::shell::{Shell, in_github_actions};
use crate::{baseline, compare as judge, config, report};

/// Judges two run files by the configuration of the directory that perfgate is run in, or of the nearest one above it.
pub(super) fn compare(args: &CompareArgs, shell: &Shell) -> Result<Code, Failure> {
    let directory = setup::working_directory()?;
    let root = config::around(&directory).unwrap_or(&directory);
    let config = config::load(root).map_err(|error| failures::configuration(&error))?;
    if let Some(out_dir) = &args.out_dir {
        report::clear(out_dir)?;
    }
    let (base, cand) = (baseline::load(&args.baseline)?, baseline::load(&args.candidate)?);
    let mut comparisons = judge::compare(&base.run, &cand.run, &config.policy);
    comparisons.retain(|comparison| !config.skips(&comparison.id));
    let (one, other) = ((&base.run, base.directory.as_path()), (&cand.run, cand.directory.as_path()));
    let common = judge::common_causes(&comparisons);
    let entries = explaining::explain_all(comparisons, one, other, &NoTrees, shell);
    let reproduce = format!("perfgate compare {} {}", args.baseline.display(), args.candidate.display());
    let report = Report::new(&base.run, &cand.run, entries, common, config.policy.on_inconclusive, reproduce);
    let out_dir = args.out_dir.as_deref();
    if let Some(out_dir) = out_dir {
        report::write_all(&report, out_dir)?;
    }
    report::print(&report, args.output.message_format, out_dir.unwrap_or(&directory), in_github_actions())?;
    Ok(report.gate.into())
}
