//! The constants that tell where in the sources a panic comes from: `core::panic::Location`, which holds a line number, so
//! that a comment further up changes it.
//!
//! One is 24 bytes: a pointer to the path, its length, the line and the column. With newer compilers (1.95 is one) the path
//! is followed by a NUL, and linkers keep such a string once. A program's own literals have none, but may be followed by
//! one by chance: of a path that is in two places nothing is believed, and without a NUL neither.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::changes::Changes;
use super::image::Image;
use super::{Different, Inputs, difference};

/// Where the line is in a location, and where it ends.
const LINE: u64 = 16;
const COLUMN: u64 = 20;
/// Longest path that is looked at.
const LONGEST: u64 = 4096;

/// A location in an executable.
#[derive(Debug)]
struct Location<'i> {
    path: &'i str,
    line: u32,
    column: u32,
}

/// The location at an address, if what is there has the form of one.
fn location(image: &Image, place: u64) -> Option<(Location<'_>, Range<u64>)> {
    let target = *image.pointers.get(&place)?;
    let length = image.word(place + 8).filter(|length| (4..LONGEST).contains(length))?;
    let (path, nul) =
        image.at(target, usize::try_from(length).ok()? + 1)?.split_at_checked(usize::try_from(length).ok()?)?;
    if nul != [0] || !path.ends_with(b".rs") || path.contains(&0) {
        return None;
    }
    let (line, column) = (image.half(place + LINE)?, image.half(place + COLUMN)?);
    let path = std::str::from_utf8(path).ok().filter(|_| line > 0 && column > 0)?;
    Some((Location { path, line, column }, target..target + length))
}

/// Whether the executables differ at these addresses in nothing but the lines of locations, each of which moved as its line
/// did in the sources.
pub(super) fn only_moved(
    (baseline, candidate): (&Image, &Image),
    (inputs, others): (&Inputs, &Inputs),
    differing: &[u64],
    changes: &Changes,
) -> Result<(), Different> {
    let paths = Paths::of(baseline, changes);
    let places: BTreeSet<Option<u64>> = differing.iter().map(|address| owner(baseline, *address)).collect();
    for place in places {
        let moved = || {
            let place = place?;
            let ((one, from), (other, to)) = (location(baseline, place)?, location(candidate, place)?);
            let path = changes.in_repository(one.path)?;
            let compiled = inputs.compiled.contains(&path) && others.compiled.contains(&path);
            let same = from == to
                && paths.around(from.start).as_ref() == Some(&from)
                && one.path == other.path
                && one.column == other.column;
            Some(compiled && same && changes.moved(&path, one.line, other.line, one.column))
        };
        if moved() != Some(true) {
            return Err(difference::name(baseline, candidate));
        }
    }
    Ok(())
}

/// The place of the location whose line is at this address, if a pointer stands where it should.
fn owner(image: &Image, address: u64) -> Option<u64> {
    let place = (address - address % 8).checked_sub(LINE)?;
    (address < place + COLUMN && image.pointers.contains_key(&place)).then_some(place)
}

/// The ranges of addresses that hold the paths of locations.
#[derive(Debug)]
pub(super) struct Paths(BTreeSet<(u64, u64)>);

impl Paths {
    /// Those of an executable. A path of a file of the repository is none if the program has another use for it.
    pub(super) fn of(image: &Image, changes: &Changes) -> Self {
        let mut places: BTreeMap<&str, BTreeSet<(u64, u64)>> = BTreeMap::new();
        let mut others = image.pointers.clone();
        for place in image.pointers.keys() {
            if let Some((location, range)) = location(image, *place) {
                places.entry(location.path).or_default().insert((range.end, range.start));
                others.remove(place);
            }
        }
        let (ours, theirs): (Vec<_>, Vec<_>) =
            places.into_iter().partition(|(path, _)| changes.in_repository(path).is_some());
        let mut ranges: BTreeSet<_> =
            ours.into_iter().map(|(_, ranges)| ranges).filter(|r| r.len() == 1).flatten().collect();
        let starts: BTreeSet<u64> = ranges.iter().map(|(_, start)| *start).collect();
        let used: BTreeSet<u64> = others.into_values().chain(image.referred(&starts)).collect();
        ranges.retain(|(end, start)| used.range(start..end).next().is_none());
        ranges.extend(theirs.into_iter().flat_map(|(_, ranges)| ranges));
        Self(ranges)
    }

    /// The range of a path that holds this address.
    pub(super) fn around(&self, address: u64) -> Option<Range<u64>> {
        // Paths do not overlap but for one that is the end of another, and then the longest is first.
        let (end, start) = *self.0.range((address + 1, 0)..).next()?;
        (start..end).contains(&address).then_some(start..end)
    }
}
