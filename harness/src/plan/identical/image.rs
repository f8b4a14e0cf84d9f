//! An ELF executable as the loader sees it: what of the file gets into memory, and the pointers that are made on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use object::Endianness;
use object::elf::{
    EM_X86_64, ET_EXEC, FileHeader64, PF_X, PT_LOAD, R_X86_64_RELATIVE, SHF_ALLOC, SHT_NOBITS, SHT_RELA, SHT_STRTAB,
};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};

type Header = FileHeader64<Endianness>;

/// What of an executable is loaded.
#[derive(Debug)]
pub(super) struct Image {
    data: Vec<u8>,
    /// Every entry of the program header table, field by field: segments, the stack, the interpreter.
    pub(super) headers: Vec<[u64; 8]>,
    /// The parts of the file that are loaded.
    pub(super) segments: Vec<Segment>,
    /// The sections that are loaded.
    pub(super) sections: Vec<Section>,
    /// Places that hold a pointer once the program is loaded, and where each points.
    pub(super) pointers: BTreeMap<u64, u64>,
    names: Vec<Range<usize>>,
    /// It is loaded where it was linked for.
    fixed: bool,
}

/// Bytes of the file that are loaded together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Where they are loaded.
    pub(super) address: u64,
    offset: usize,
    size: usize,
    code: bool,
}

/// A section that is loaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) address: u64,
    pub(super) size: u64,
    flags: u64,
    in_file: bool,
}

impl Image {
    /// Reads an executable; a fragment that fits after "it cannot be read: " if it is none that this understands.
    pub(super) fn parse(data: Vec<u8>) -> Result<Self, String> {
        let mut image = Self::tables(&data).map_err(|error| error.to_string())?;
        if image.sections.is_empty() || image.segments.is_empty() {
            return Err("it has no sections".into());
        }
        let whole = |segment: &Segment| segment.offset.checked_add(segment.size).is_some_and(|end| end <= data.len());
        if !image.segments.iter().all(whole) {
            return Err("it is cut short".into());
        }
        let fixed = matches!(Header::parse(&*data).and_then(|h| Ok(h.e_type(h.endian()?))), Ok(ET_EXEC));
        image.data = data;
        image.fixed = fixed;
        if fixed {
            image.pointers = image.fixed_pointers();
        }
        Ok(image)
    }

    fn tables(data: &[u8]) -> object::Result<Self> {
        let header = Header::parse(data)?;
        let endian = header.endian()?;
        let (mut headers, mut segments) = (Vec::new(), Vec::new());
        for entry in header.program_headers(endian, data)? {
            let (offset, size) = entry.file_range(endian);
            let flags = entry.p_flags(endian);
            headers.push([
                entry.p_type(endian).0.into(),
                flags.0.into(),
                offset,
                entry.p_vaddr(endian),
                entry.p_paddr(endian),
                size,
                entry.p_memsz(endian),
                entry.p_align(endian),
            ]);
            if entry.p_type(endian) == PT_LOAD {
                // What does not fit is beyond the end of the file too.
                let in_memory = |number| usize::try_from(number).unwrap_or(usize::MAX);
                let (offset, size) = (in_memory(offset), in_memory(size));
                segments.push(Segment { address: entry.p_vaddr(endian), offset, size, code: flags.0 & PF_X.0 != 0 });
            }
        }
        let table = header.sections(endian, data)?;
        let (mut sections, mut pointers, mut names) = (Vec::new(), BTreeMap::new(), Vec::new());
        for section in table.iter() {
            let flags = section.sh_flags(endian);
            if flags.0 & SHF_ALLOC.0 == 0 {
                if section.sh_type(endian) == SHT_STRTAB
                    && let Some((offset, size)) = section.file_range(endian)
                    && let (Ok(start), Ok(size)) = (usize::try_from(offset), usize::try_from(size))
                {
                    names.push(start..start.saturating_add(size));
                }
                continue;
            }
            let name = String::from_utf8_lossy(table.section_name(endian, section)?).into_owned();
            let (address, size) = (section.sh_addr(endian), section.sh_size(endian));
            let in_file = section.sh_type(endian) != SHT_NOBITS;
            sections.push(Section { name, address, size, flags: flags.0, in_file });
            if section.sh_type(endian) == SHT_RELA && header.e_machine(endian) == EM_X86_64 {
                for relocation in section.rela(endian, data)?.map_or(&[][..], |(entries, _)| entries) {
                    if relocation.r_type(endian, false) == R_X86_64_RELATIVE {
                        pointers
                            .insert(relocation.r_offset.get(endian), relocation.r_addend.get(endian).cast_unsigned());
                    }
                }
            }
        }
        Ok(Self { data: Vec::new(), headers, segments, sections, pointers, names, fixed: false })
    }

    /// In a program that is loaded where it was linked for, every aligned word that could be a pointer into its data.
    fn fixed_pointers(&self) -> BTreeMap<u64, u64> {
        let data = self.segments.iter().filter(|segment| !segment.code);
        let words = data.flat_map(|segment| {
            let start = segment.address.next_multiple_of(8);
            (start..segment.address + segment.size as u64).step_by(8)
        });
        let pointer = |place| {
            let target = self.word(place)?;
            self.at(target, 1).map(|_| (place, target))
        };
        words.filter_map(pointer).collect()
    }

    /// The loaded bytes of a segment.
    pub(super) fn loaded(&self, segment: &Segment) -> &[u8] {
        &self.data[segment.offset..segment.offset + segment.size]
    }

    /// Loaded bytes by their address.
    pub(super) fn at(&self, address: u64, size: usize) -> Option<&[u8]> {
        self.segments.iter().find_map(|segment| {
            let start = usize::try_from(address.checked_sub(segment.address)?).ok()?;
            self.loaded(segment).get(start..start.checked_add(size)?)
        })
    }

    /// A loaded word of eight bytes.
    pub(super) fn word(&self, address: u64) -> Option<u64> {
        Some(u64::from_le_bytes(self.at(address, 8)?.try_into().ok()?))
    }

    /// A loaded word of four bytes.
    pub(super) fn half(&self, address: u64) -> Option<u32> {
        Some(u32::from_le_bytes(self.at(address, 4)?.try_into().ok()?))
    }

    /// The contents of a section.
    pub(super) fn contents(&self, section: &Section) -> Option<&[u8]> {
        if section.in_file { self.at(section.address, usize::try_from(section.size).ok()?) } else { None }
    }

    /// Whether a text occurs in the names of the program's symbols, which are not loaded.
    pub(super) fn has_symbol_like(&self, part: &str) -> bool {
        let tables = self.names.iter().filter_map(|range| self.data.get(range.clone()));
        tables.into_iter().any(|table| find(table, part.as_bytes()).next().is_some())
    }

    /// Those of some addresses that instructions may refer to: relative to themselves, as x86-64 has it, or in a
    /// fixed program by the address.
    pub(super) fn referred(&self, addresses: &BTreeSet<u64>) -> Vec<u64> {
        let (Some(first), Some(last)) = (addresses.first(), addresses.last()) else { return Vec::new() };
        let mut referred = Vec::new();
        for segment in self.segments.iter().filter(|segment| segment.code) {
            for (at, bytes) in self.loaded(segment).windows(4).enumerate() {
                let number = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                let next = segment.address + at as u64 + 4;
                let relative = next.wrapping_add_signed(number.cast_signed().into());
                let candidates = std::iter::once(relative).chain(self.fixed.then_some(number.into()));
                let near = candidates.filter(|address| (first..=last).contains(&address));
                referred.extend(near.filter(|address| addresses.contains(address)));
            }
        }
        referred
    }

    /// The addresses at which a text occurs in what is loaded.
    pub(super) fn occurrences(&self, text: &str) -> Vec<u64> {
        let of = |segment: &Segment| {
            let address = segment.address;
            find(self.loaded(segment), text.as_bytes()).map(move |at| address + at as u64).collect::<Vec<_>>()
        };
        self.segments.iter().flat_map(of).collect()
    }
}

/// Where a text begins in bytes.
fn find<'d>(data: &'d [u8], text: &'d [u8]) -> impl Iterator<Item = usize> + 'd {
    let first = text.first().copied();
    let starts = data.iter().enumerate().filter(move |(_, byte)| Some(**byte) == first).map(|(at, _)| at);
    starts.filter(move |at| data[*at..].starts_with(text))
}
