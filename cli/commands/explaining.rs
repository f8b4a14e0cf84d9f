//! Brings the profiles of changed benchmarks to the explanation.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use perfgate_harness::benchmark::Framework;
use perfgate_harness::metric::Metric;
use perfgate_harness::plan::{Plan, Role};
use perfgate_harness::profile::{Profile, callgrind};
use perfgate_harness::run::{Counted, Outcome, Run, StoredProfile};

use crate::comparison::{Comparison, Side, Verdict};
use crate::explain::{self, Executables, ProfiledSide, Sources};
use crate::explanation::{Explanation, Origin};
use crate::gate::Entry;
use crate::number::plural;
use crate::shell::Shell;

/// The most benchmarks that are explained: beyond that nobody reads, and each takes a moment.
const MOST: usize = 60;

/// Of a program in which no function of the repository was seen.
const NOT_OURS: &str = "No function of the repository could be told in the program: it runs in an interpreter, was \
                        built without debug information, or is started by another program.";

/// Explains every benchmark that changed. A run comes with the directory to which its paths are relative. A profile that
/// cannot be read costs its explanation, with a warning, and never the verdict.
pub(super) fn explain_all(
    comparisons: Vec<Comparison>,
    baseline: (&Run, &Path),
    candidate: (&Run, &Path),
    sources: &dyn Sources,
    shell: &Shell,
) -> Vec<Entry> {
    // Profiles are of instructions, and tell nothing of another metric.
    let changed = |comparison: &Comparison| {
        comparison.metric == Metric::Instructions
            && matches!(comparison.verdict, Verdict::Regression | Verdict::Improvement)
    };
    let total = comparisons.iter().filter(|comparison| changed(comparison)).count();
    if total > 0 {
        shell.status("Explaining", &plural(total.min(MOST), "change"));
    }
    let executables = Executables::default();
    let mut left = MOST;
    let mut entries = Vec::with_capacity(comparisons.len());
    for comparison in comparisons {
        let mut explanation = None;
        if changed(&comparison) && left > 0 {
            left -= 1;
            match explain_one(&comparison, baseline, candidate, sources, &executables) {
                Ok(found) => explanation = found,
                Err(reason) => shell.warn(&format!("{} cannot be explained: {reason}", comparison.label)),
            }
        }
        entries.push(Entry { comparison, explanation });
    }
    entries
}

fn explain_one(
    comparison: &Comparison,
    baseline: (&Run, &Path),
    candidate: (&Run, &Path),
    sources: &dyn Sources,
    executables: &Executables,
) -> Result<Option<Explanation>, String> {
    let (Some(before), Some(after)) = (recording(comparison, baseline)?, recording(comparison, candidate)?) else {
        return Ok(None);
    };
    let mut explanation = explain::explain(&before.side(), &after.side(), &comparison.source, sources, executables)
        .map_err(|error| format!("failed to {error}"))?;
    if comparison.framework == Framework::Command && !explanation.findings.is_empty() {
        // What there is to say of a bench target does not hold for any program.
        let ours = explanation.findings.iter().any(|finding| finding.origin == Origin::Repository);
        explanation.note = (!ours).then(|| NOT_OURS.to_owned());
    }
    Ok(Some(explanation))
}

/// The profile of one side, read.
struct Recording<'r> {
    stored: &'r StoredProfile,
    profile: Profile,
    executable: Option<PathBuf>,
}

impl Recording<'_> {
    fn side(&self) -> ProfiledSide<'_> {
        ProfiledSide {
            profile: &self.profile,
            iterations: self.stored.iterations,
            executable: self.executable.as_deref(),
            source_root: &self.stored.source_root,
        }
    }
}

/// Reads the profile of a benchmark; `None` if the run has none.
fn recording<'r>(comparison: &Comparison, (run, directory): (&'r Run, &Path)) -> Result<Option<Recording<'r>>, String> {
    let measured = run.benchmarks.iter().find(|measured| measured.benchmark.id == comparison.id);
    let Some(Outcome::Counted(Counted { profile: Some(stored), .. })) = measured.map(|measured| &measured.outcome)
    else {
        return Ok(None);
    };
    let mut profile: Option<Profile> = None;
    for part in &stored.parts {
        let path = directory.join(part);
        let bytes = fs::read(&path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
        let read = callgrind::parse(&bytes).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
        match &mut profile {
            Some(profile) => profile.merge(&read),
            None => profile = Some(read),
        }
    }
    let executable = Some(directory.join(&stored.executable)).filter(|path| path.exists());
    Ok(profile.map(|profile| Recording { stored, profile, executable }))
}

/// Source lines of both sides of a plan, from git.
pub(super) struct Trees<'a> {
    plan: &'a Plan,
    files: RefCell<HashMap<(Side, String), Lines>>,
}

/// The lines of a file; `None` if it is not in the tree.
type Lines = Option<Vec<String>>;

impl<'a> Trees<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { plan, files: RefCell::default() }
    }
}

impl Sources for Trees<'_> {
    fn line(&self, side: Side, file: &str, line: u32) -> Option<String> {
        let mut files = self.files.borrow_mut();
        let lines = files.entry((side, file.to_owned())).or_insert_with(|| {
            let role = match side {
                Side::Baseline => Role::Baseline,
                Side::Candidate => Role::Candidate,
            };
            let bytes = self.plan.repository.file(&self.plan.snapshot(role).tree, file).ok()??;
            Some(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
        });
        lines.as_ref()?.get(line.checked_sub(1)? as usize).cloned()
    }
}

/// No sources: the runs were measured somewhere else.
pub(super) struct NoTrees;

impl Sources for NoTrees {
    fn line(&self, _: Side, _: &str, _: u32) -> Option<String> {
        None
    }
}
