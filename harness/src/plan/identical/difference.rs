//! Where two executables differ in what is loaded.

use std::ops::Range;

use super::Different;
use super::image::{Image, Section};

/// Fields of the ELF header that say where the section table is, which is not loaded: its offset, the number of its entries,
/// and which of them holds the names.
const SECTION_TABLE: [Range<u64>; 2] = [0x28..0x30, 0x3c..0x40];

/// The addresses of the bytes that differ, but for those that tell the linker's output from another's and nothing else. An
/// error if the two are not even laid out alike.
pub(super) fn differences(baseline: &Image, candidate: &Image) -> Result<Vec<u64>, Different> {
    if baseline.headers != candidate.headers || !same_layout(&baseline.sections, &candidate.sections) {
        return Err(name(baseline, candidate));
    }
    let ignored = ignored(baseline);
    let mut differing = Vec::new();
    for (one, other) in baseline.segments.iter().zip(&candidate.segments) {
        let bytes = baseline.loaded(one).iter().zip(candidate.loaded(other)).enumerate();
        let addresses = bytes.filter(|(_, (a, b))| a != b).map(|(at, _)| one.address + at as u64);
        differing.extend(addresses.filter(|address| !ignored.iter().any(|range| range.contains(address))));
    }
    Ok(differing)
}

/// The section whose difference says most of two executables that differ.
pub(super) fn name(baseline: &Image, candidate: &Image) -> Different {
    let differs = |section: &&Section| {
        let other = candidate.sections.iter().find(|other| other.name == section.name);
        let same =
            |other: &Section| other.size == section.size && baseline.contents(section) == candidate.contents(other);
        !is_build_id(section) && !other.is_some_and(same)
    };
    let names: Vec<&str> = baseline.sections.iter().filter(differs).map(|section| section.name.as_str()).collect();
    let telling = [".text", ".rodata", ".data", ".data.rel.ro"].into_iter().find(|name| names.contains(name));
    let named = telling.or_else(|| names.first().copied());
    named.map_or(Different::Layout, |name| Different::Section(name.to_owned()))
}

/// Sections in the same places. Their names are not loaded, but tell what is what.
fn same_layout(baseline: &[Section], candidate: &[Section]) -> bool {
    baseline == candidate
}

/// The ranges of addresses whose bytes do not matter.
fn ignored(image: &Image) -> Vec<Range<u64>> {
    let build_ids = image.sections.iter().filter(|section| is_build_id(section));
    // A note is its three lengths, the name `GNU` and the contents, of which only these may differ.
    let mut ranges: Vec<_> = build_ids.map(|note| note.address + 16..note.address + note.size).collect();
    if let Some(first) = image.segments.iter().find(|segment| image.loaded(segment).starts_with(b"\x7fELF")) {
        ranges.extend(SECTION_TABLE.map(|field| first.address + field.start..first.address + field.end));
    }
    ranges
}

fn is_build_id(section: &Section) -> bool {
    section.name == ".note.gnu.build-id"
}
