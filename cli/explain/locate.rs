//! Where in a function the change is: its line, matched between the sides by text, because edits shift line numbers.

use std::collections::BTreeMap;

use perfgate_harness::profile::Names;

use super::Sources;
use super::attribute::{Attribution, Place};
use super::symbols::FunctionId;
use crate::comparison::Side;
use crate::explanation::{Location, Origin};

/// The line of a function that carries most of a change in the direction of `delta`: of the candidate, or of the
/// baseline if the candidate has no line of it.
pub(super) fn line_of_change(
    function: FunctionId,
    delta: f64,
    origin: Origin,
    sides: (&Attribution, &Attribution),
    files: &Names,
    sources: &dyn Sources,
) -> Option<Location> {
    let text = |side, (file, line): Place| match origin {
        Origin::Repository => sources.line(side, files.get(file), line),
        _ => None,
    };
    let lines = |attribution: &Attribution| -> BTreeMap<Place, f64> {
        let all = (function, (0, 1))..=(function, (u32::MAX, u32::MAX));
        attribution
            .lines
            .range(all)
            .filter(|((_, (_, line)), _)| *line > 0)
            .map(|(&(_, place), &cost)| (place, cost))
            .collect()
    };
    let (before, after) = (lines(sides.0), lines(sides.1));
    let (side, here, there) =
        if after.is_empty() { (Side::Baseline, before, after) } else { (Side::Candidate, after, before) };
    let other = if side == Side::Candidate { Side::Baseline } else { Side::Candidate };

    // A line is known again by its file and text; without the text, by its number.
    let key = |side, place: Place| {
        let text = text(side, place).map(|text| text.trim().to_owned());
        let number = if text.is_some() { 0 } else { place.1 };
        (place.0, number, text)
    };
    let mut change: BTreeMap<_, f64> = BTreeMap::new();
    for (&place, &cost) in &here {
        *change.entry(key(side, place)).or_default() += cost;
    }
    for (&place, &cost) in &there {
        // Only what still stands on this side can be shown.
        if let Some(change) = change.get_mut(&key(other, place)) {
            *change -= cost;
        }
    }
    let direction = if side == Side::Candidate { delta.signum() } else { -delta.signum() };
    let pushed = |place: Place| change.get(&key(side, place)).map_or(0.0, |change| (change * direction).max(0.0));
    let best = here.iter().max_by(|(a, a_cost), (b, b_cost)| {
        pushed(**a).total_cmp(&pushed(**b)).then(a_cost.total_cmp(b_cost)).then(b.cmp(a))
    });
    let (&(file, line), _) = best?;
    Some(Location { file: files.get(file).to_owned(), line, text: text(side, (file, line)) })
}

/// The line of the bench file that stands for the benchmark: the one nearest to the framework's loop that spends nearly
/// everything.
pub(super) fn benchmark(
    bench_source: &str,
    sides: (&Attribution, &Attribution),
    sources: &dyn Sources,
) -> Option<Location> {
    let (side, lines) = match (&sides.0.bench, &sides.1.bench) {
        (before, after) if after.is_empty() => (Side::Baseline, before),
        (_, after) => (Side::Candidate, after),
    };
    let most = lines.values().map(|(amount, _)| *amount).fold(0.0, f64::max);
    let nearly = lines.iter().filter(|(_, (amount, _))| *amount >= 0.95 * most);
    let (&line, _) = nearly.min_by_key(|&(&line, &(_, depth))| (depth, line))?;
    Some(Location { file: bench_source.to_owned(), line, text: sources.line(side, bench_source, line) })
}
