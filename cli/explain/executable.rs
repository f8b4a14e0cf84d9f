//! The debug information of an executable: which functions stand at an address of a profile.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use addr2line::Loader;
use object::{Object, ObjectSymbol};
use perfgate_harness::profile::{NameId, Profile};

use super::ExplainError;

/// Executables that were opened, so that each is read once however many of its benchmarks are explained.
#[derive(Default)]
pub struct Executables {
    opened: RefCell<HashMap<PathBuf, Rc<Opened>>>,
}

/// The debug information and the functions of an executable.
struct Opened {
    loader: Loader,
    ranges: HashMap<String, Range>,
}

impl Executables {
    fn open(&self, path: &Path) -> Result<Rc<Opened>, ExplainError> {
        if let Some(opened) = self.opened.borrow().get(path) {
            return Ok(Rc::clone(opened));
        }
        let opened = Rc::new(Opened::read(path)?);
        self.opened.borrow_mut().insert(path.to_owned(), Rc::clone(&opened));
        Ok(opened)
    }
}

impl Opened {
    fn read(path: &Path) -> Result<Self, ExplainError> {
        let unreadable = |source: Box<dyn std::error::Error>| ExplainError::Executable {
            path: path.to_owned(),
            reason: source.to_string(),
        };
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.into()))?;
        let file = object::File::parse(&*bytes).map_err(|error| unreadable(error.into()))?;
        let symbols = file.symbols().filter(|symbol| symbol.is_definition() && symbol.size() > 0);
        let range =
            |symbol: object::Symbol<'_, '_>| Some((symbol.name().ok()?.to_owned(), (symbol.address(), symbol.size())));
        Ok(Self { ranges: symbols.filter_map(range).collect(), loader: Loader::new(path).map_err(unreadable)? })
    }
}

/// An executable that ran, as one profile has it.
pub(super) struct Executable {
    opened: Rc<Opened>,
    /// The profile's name for it.
    pub(super) object: NameId,
    /// What to subtract from an address of the profile to get one of the file.
    bias: u64,
}

/// Name, source file and line of a function at an address, as far as the debug information has them.
pub(super) type Place = (Option<String>, Option<String>, u32);

impl Executable {
    /// Opens the executable and finds out which object of the profile it is, and by how much the addresses differ.
    /// `None` if the profile holds no function of it.
    pub(super) fn open(
        path: &Path,
        profile: &Profile,
        executables: &Executables,
    ) -> Result<Option<Self>, ExplainError> {
        let opened = executables.open(path)?;
        Ok(bias(profile, &opened.ranges).map(|(object, bias)| Self { opened, object, bias }))
    }

    /// The functions at an address of the profile, innermost first; the last was called, the others were inlined.
    pub(super) fn places(&self, address: u64) -> Vec<Place> {
        let mut places = Vec::new();
        // Debug information that cannot be read is as good as none: the profile still has the symbol.
        let Ok(mut frames) = self.opened.loader.find_frames(address.wrapping_sub(self.bias)) else { return places };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.and_then(|name| name.raw_name().ok().map(Cow::into_owned));
            let (file, line) = frame.location.map_or((None, 0), |at| (at.file, at.line.unwrap_or(0)));
            places.push((name, file.map(str::to_owned), line));
        }
        places
    }
}

/// Address and size of a function, bytes.
type Range = (u64, u64);

/// The object whose functions have the names that an executable's symbol table has, and the distance of its addresses
/// in the profile from those in the table. The distance is a whole number of pages, because that is how programs are
/// loaded: each address votes for the page distance to the start of its function, and the distance that puts most
/// addresses into the functions that they belong to is taken.
fn bias(profile: &Profile, ranges: &HashMap<String, Range>) -> Option<(NameId, u64)> {
    const PAGE: u64 = 4096;
    let places = profile.costs.iter().map(|cost| (cost.context, cost.address));
    let places: BTreeSet<_> = places.chain(profile.calls.iter().map(|call| (call.caller, call.address))).collect();
    let mut known: BTreeMap<NameId, Vec<(u64, Range)>> = BTreeMap::new();
    for (context, address) in places {
        let context = &profile.contexts[context as usize];
        if let Some(&range) = ranges.get(profile.symbols.get(context.symbol())) {
            known.entry(context.object).or_default().push((address, range));
        }
    }
    let mut best = None;
    for (object, places) in known {
        let guesses: BTreeSet<u64> =
            places.iter().map(|&(address, (start, _))| address.wrapping_sub(start) / PAGE * PAGE).collect();
        // A function longer than a page makes wrong guesses too, but few and near; so the lowest will do.
        for bias in guesses.into_iter().take(64) {
            let inside = places
                .iter()
                .filter(|&&(address, (start, size))| address.wrapping_sub(bias).wrapping_sub(start) < size)
                .count();
            if best.is_none_or(|(most, _, _)| inside > most) {
                best = Some((inside, object, bias));
            }
        }
    }
    best.filter(|&(inside, _, _)| inside > 0).map(|(_, object, bias)| (object, bias))
}

#[cfg(test)]
mod tests {
    use perfgate_harness::profile::callgrind::parse;

    use super::*;

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn the_bias_is_found_from_the_middle_of_functions() {
        let profile = parse(
            b"positions: instr line\nevents: Ir\nob=(1) libc\nfn=(1) malloc\n0x9000 1 1\nob=(2) b\nfn=(2) f\n0x108150 1 1\n\
              fn=(3) g\n0x10a010 1 1\n+0x1800 1 1\ntotals: 4\n",
        )
        .unwrap();
        let ranges = HashMap::from([("f".to_owned(), (0x100, 0x80)), ("g".to_owned(), (0x2000, 0x2000))]);
        let object = profile.objects.find("b").unwrap();
        assert_eq!(bias(&profile, &ranges), Some((object, 0x0010_8000)));
        assert_eq!(bias(&profile, &HashMap::new()), None);
    }
}
