//! The profiles of a benchmark's two sides in; the functions and lines that carry its change out.
//!
//! The ranking lays library cost at the door of the repository's innermost function and cancels what the compiler only
//! moved about.

mod attribute;
mod executable;
mod frames;
mod locate;
mod rank;
mod symbols;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use perfgate_harness::profile::Profile;

use crate::comparison::Side;
use crate::explanation::{Explanation, Finding, Location, Origin, OriginCost};
use attribute::Attribution;
pub use executable::Executables;
use frames::{Book, Resolver};

/// One side of a benchmark, as it was recorded.
#[derive(Clone, Copy, Debug)]
pub struct ProfiledSide<'a> {
    /// What one call of the benchmark spent: all its parts together.
    pub profile: &'a Profile,
    /// Iterations that the call made; costs are divided by it.
    pub iterations: u64,
    /// The executable that ran, for the names of inlined functions.
    pub executable: Option<&'a Path>,
    /// Absolute directory in which the sources stood when it was built.
    pub source_root: &'a Path,
}

/// Gives the text of source lines.
pub trait Sources {
    /// A one-based line of a file of the repository as it was on one side, without its newline. `file` is relative to
    /// the repository root.
    fn line(&self, side: Side, file: &str, line: u32) -> Option<String>;
}

/// Why a change could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The executable is missing, or is not what the platform runs.
    #[error("read the debug information of {}: {reason}", path.display())]
    Executable {
        /// The executable.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

/// Says which functions and lines carry the change of a benchmark between its two sides.
///
/// `bench_source` is the source file of the bench target, relative to the repository root.
///
/// # Errors
/// If an executable was given but cannot be read.
pub fn explain(
    baseline: &ProfiledSide<'_>,
    candidate: &ProfiledSide<'_>,
    bench_source: &str,
    sources: &dyn Sources,
    executables: &Executables,
) -> Result<Explanation, ExplainError> {
    let mut book = Book::default();
    let mut sees_inlined = true;
    let mut attribute = |side: &ProfiledSide<'_>| -> Result<Attribution, ExplainError> {
        let mut resolver = Resolver::new(side, executables)?;
        sees_inlined &= resolver.sees_inlined();
        Ok(attribute::attribute(side, &mut resolver, bench_source, &mut book))
    };
    let (mut before, mut after) = (attribute(baseline)?, attribute(candidate)?);
    rank::identify([&mut before, &mut after], &book.functions);

    let benchmark = locate::benchmark(bench_source, (&before, &after), sources);
    let total = after.total - before.total;
    let findings: Vec<_> = rank::changes(&before, &after)
        .into_iter()
        .take(Explanation::MOST)
        .map(|change| {
            let id = change.function;
            let origin = after.origins.get(&id).or(before.origins.get(&id)).copied().unwrap_or(Origin::System);
            let sides = (&before, &after);
            Finding {
                function: book.functions.get(id).name.clone(),
                origin,
                location: locate::line_of_change(id, change.delta, origin, sides, &book.files, sources),
                baseline: change.baseline,
                candidate: change.candidate,
                delta: change.delta,
                share: if total.abs() > 1e-6 { change.delta / total } else { 0.0 },
                cause: change.cause,
            }
        })
        .collect();
    let note = note(&findings, benchmark.as_ref(), bench_source, sees_inlined);
    Ok(Explanation { benchmark, findings, split: split(&before, &after), note })
}

/// Both sides by whose code it is.
fn split(before: &Attribution, after: &Attribution) -> Vec<OriginCost> {
    let origins: BTreeSet<Origin> = before.split.keys().chain(after.split.keys()).copied().collect();
    let of = |side: &Attribution, origin| side.split.get(&origin).copied().unwrap_or(0.0);
    let cost = |origin| OriginCost { origin, baseline: of(before, origin), candidate: of(after, origin) };
    origins.into_iter().map(cost).collect()
}

/// What a reader should know before trusting the findings.
fn note(findings: &[Finding], benchmark: Option<&Location>, bench_source: &str, sees_inlined: bool) -> Option<String> {
    if findings.is_empty() {
        return Some("No function of the benchmark changed its cost.".to_owned());
    }
    if !sees_inlined {
        return Some(
            "The executable was not at hand, so functions that the compiler inlined are counted to their callers."
                .to_owned(),
        );
    }
    if benchmark.is_none() {
        return Some(format!("No line of {bench_source} was found in the profile, so lines may be missing or wrong."));
    }
    let first = findings.first()?;
    let outside = first.origin != Origin::Repository
        || first.location.as_ref().is_some_and(|location| location.file == bench_source);
    outside.then(|| {
        "The change is not in a function of the repository: look at updated dependencies, the compiler and its flags, \
         and the benchmark itself."
            .to_owned()
    })
}
