//! The constants that tell where in the sources a panic comes from: `core::panic::Location`, which holds a line number, so
//! that a comment further up changes it.
//!
//! One is 24 bytes: a pointer to the path, its length, the line and the column. Since Rust 1.90 or so the path ends with
//! a NUL beyond its length, which no other string literal does; without one, this believes nothing.

use std::collections::BTreeSet;

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
fn location(image: &Image, place: u64) -> Option<(Location<'_>, std::ops::Range<u64>)> {
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
    let places: BTreeSet<Option<u64>> = differing.iter().map(|address| owner(baseline, *address)).collect();
    for place in places {
        let moved = || {
            let place = place?;
            let ((one, from), (other, to)) = (location(baseline, place)?, location(candidate, place)?);
            let path = changes.in_repository(one.path)?;
            let compiled = inputs.compiled.contains(&path) && others.compiled.contains(&path);
            let same = from == to && one.path == other.path && one.column == other.column;
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
    /// Those of an executable.
    pub(super) fn of(image: &Image) -> Self {
        let ranges = image.pointers.keys().filter_map(|place| location(image, *place));
        Self(ranges.map(|(_, range)| (range.end, range.start)).collect())
    }

    /// The range of a path that holds this address.
    pub(super) fn around(&self, address: u64) -> Option<std::ops::Range<u64>> {
        // Paths do not overlap but for one that is the end of another, and then the longest is first.
        let (end, start) = *self.0.range((address + 1, 0)..).next()?;
        (start..end).contains(&address).then_some(start..end)
    }
}
