//! From an address to the functions that stand there: the one that was called and those that were inlined into it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use addr2line::Loader;
use object::{Object, ObjectSymbol};
use perfgate_harness::profile::{NameId, Names, Profile};

use super::symbols::{Function, FunctionId, Functions, Role, crate_of, is_mangled, normalise, role, without_closure};
use super::{ExplainError, ProfiledSide};
use crate::explanation::Origin;

/// A function at a place in its source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The function, or the closure itself.
    pub(super) function: FunctionId,
    /// The function whose source text it is part of.
    pub(super) owner: FunctionId,
    /// Relative to the repository root for the repository's own files.
    pub(super) file: NameId,
    /// 0 if unknown.
    pub(super) line: u32,
    pub(super) origin: Origin,
    pub(super) role: Role,
}

/// What both sides share: functions and files by number.
#[derive(Default)]
pub(super) struct Book {
    pub(super) functions: Functions,
    pub(super) files: Names,
}

/// Resolves the addresses of one side.
pub(super) struct Resolver<'a> {
    profile: &'a Profile,
    source_root: String,
    executable: Option<Executable>,
    known: HashMap<(NameId, u64), Rc<[Frame]>>,
}

struct Executable {
    loader: Loader,
    /// The profile's name for it.
    object: NameId,
    /// What to subtract from an address of the profile to get one of the file.
    bias: u64,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(side: &ProfiledSide<'a>) -> Result<Self, ExplainError> {
        let root = side.source_root.to_string_lossy();
        let executable = side.executable.map(|path| Executable::open(path, side.profile)).transpose()?.flatten();
        Ok(Self {
            profile: side.profile,
            source_root: format!("{}/", root.trim_end_matches('/')),
            executable,
            known: HashMap::new(),
        })
    }

    /// Whether inlined functions can be told apart.
    pub(super) fn sees_inlined(&self) -> bool {
        self.executable.is_some()
    }

    /// The functions at an address in a context, innermost first. Never empty; the last is the one that was called.
    ///
    /// `file` and `line` are the profile's own, for objects that were not given.
    pub(super) fn frames(
        &mut self,
        context: u32,
        address: u64,
        file: NameId,
        line: u32,
        book: &mut Book,
    ) -> Rc<[Frame]> {
        let (symbol, object) = {
            let context = &self.profile.contexts[context as usize];
            (context.symbol(), context.object)
        };
        let expanded = self.executable.as_ref().is_some_and(|executable| executable.object == object);
        if expanded && let Some(frames) = self.known.get(&(symbol, address)) {
            return frames.clone();
        }
        let frames = if expanded { self.expand(symbol, address, book) } else { Vec::new() };
        if frames.is_empty() {
            return [self.unexpanded(context, file, line, book)].into();
        }
        let frames: Rc<[Frame]> = frames.into();
        self.known.insert((symbol, address), frames.clone());
        frames
    }

    fn expand(&self, symbol: NameId, address: u64, book: &mut Book) -> Vec<Frame> {
        let Some(executable) = &self.executable else { return Vec::new() };
        let Ok(mut found) = executable.loader.find_frames(address.wrapping_sub(executable.bias)) else {
            return Vec::new();
        };
        let mut places = Vec::new();
        while let Ok(Some(frame)) = found.next() {
            let name = frame.function.and_then(|name| name.raw_name().ok().map(|name| name.into_owned()));
            let (file, line) =
                frame.location.map_or((None, 0), |at| (at.file.map(str::to_owned), at.line.unwrap_or(0)));
            places.push((name, file, line));
        }
        // The line program without a function says nothing that the profile does not.
        if places.iter().all(|(_, file, _)| file.is_none()) {
            return Vec::new();
        }
        let called = places.len() - 1;
        let name = |index: usize, name: Option<String>| {
            if index == called { Some(self.profile.symbols.get(symbol).to_owned()) } else { name }
        };
        let places = places.into_iter().enumerate();
        places
            .filter_map(|(index, (given, file, line))| {
                let symbol = name(index, given)?;
                Some(self.frame(&symbol, &file.unwrap_or_default(), line, index == called, book))
            })
            .collect()
    }

    /// What the profile alone says of an address.
    fn unexpanded(&self, context: u32, file: NameId, line: u32, book: &mut Book) -> Frame {
        let context = &self.profile.contexts[context as usize];
        // A line of another file belongs to something inlined, of which the name is not known.
        let line = if file == context.file { line } else { 0 };
        let file = self.profile.files.get(context.file);
        self.frame(self.profile.symbols.get(context.symbol()), file, line, true, book)
    }

    fn frame(&self, symbol: &str, path: &str, line: u32, called: bool, book: &mut Book) -> Frame {
        let name = normalise(symbol);
        let whole = called || is_mangled(symbol);
        let (path, origin) = self.place(path, whole.then_some(name.as_str()), is_mangled(symbol));
        let file = book.files.intern(&path);
        let role = match (whole, origin) {
            // criterion's own repository is judged like any other, but for the loop itself.
            (true, Origin::Repository) if role(&name) == Role::Criterion => Role::Work,
            (true, _) => role(&name),
            (false, _) if in_criterion(&path) => Role::Criterion,
            (false, _) => Role::Work,
        };
        let file_of_name = (!whole).then_some(file);
        let owner = book.functions.intern(Function { name: without_closure(&name).to_owned(), file: file_of_name });
        let function = book.functions.intern(Function { name, file: file_of_name });
        Frame { function, owner, file, line, origin, role }
    }

    /// Whose a file is, and what to call it.
    fn place(&self, path: &str, name: Option<&str>, rust: bool) -> (String, Origin) {
        let path = tidy(path);
        if path.contains("/registry/src/") || path.contains("/git/checkouts/") {
            return (path, Origin::Dependency);
        }
        if let Some(relative) = path.strip_prefix(&self.source_root) {
            return (relative.to_owned(), Origin::Repository);
        }
        let std = ["/rustc/", "/rust/deps/"].iter().any(|start| path.starts_with(start))
            || path.contains("/rustlib/src/rust/");
        let in_std = name.is_some_and(|name| matches!(crate_of(name), "core" | "alloc" | "std"));
        let origin = match (std || (rust && in_std), rust || path.ends_with(".rs")) {
            (true, _) => Origin::Std,
            (false, true) => Origin::Dependency,
            (false, false) => Origin::System,
        };
        (path, origin)
    }
}

/// Whether a path is in a checkout of criterion: `…/criterion-0.8.2/src/bencher.rs`.
fn in_criterion(path: &str) -> bool {
    path.split('/').any(|part| {
        part.strip_prefix("criterion-").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            || part.starts_with("criterion.rs-")
    })
}

/// A path without `.` and `..`, as text.
fn tidy(path: &str) -> String {
    if !path.contains("/.") && !path.starts_with('.') {
        return path.to_owned();
    }
    let mut out = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            std::path::Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            std::path::Component::CurDir => {}
            other => out.push(other),
        }
    }
    out.to_string_lossy().into_owned()
}

impl Executable {
    /// Opens the executable and finds out which object of the profile it is, and by how much the addresses differ.
    /// `None` if the profile holds no function of it.
    fn open(path: &Path, profile: &Profile) -> Result<Option<Self>, ExplainError> {
        let unreadable = |source: Box<dyn std::error::Error>| ExplainError::Executable {
            path: path.to_owned(),
            reason: source.to_string(),
        };
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.into()))?;
        let file = object::File::parse(&*bytes).map_err(|error| unreadable(error.into()))?;
        let symbols = file.symbols().filter(|symbol| symbol.is_definition() && symbol.size() > 0);
        let ranges: HashMap<&str, (u64, u64)> =
            symbols.filter_map(|symbol| Some((symbol.name().ok()?, (symbol.address(), symbol.size())))).collect();
        let Some((object, bias)) = bias(profile, &ranges) else { return Ok(None) };
        let loader = Loader::new(path).map_err(unreadable)?;
        Ok(Some(Self { loader, object, bias }))
    }
}

/// The object whose functions have the names that an executable's symbol table has, and the distance of its addresses
/// in the profile from those in the table. The distance is a whole number of pages, because that is how programs are
/// loaded: each address votes for the page distance to the start of its function, and the distance that puts most
/// addresses into the functions that they belong to is taken.
fn bias(profile: &Profile, ranges: &HashMap<&str, (u64, u64)>) -> Option<(NameId, u64)> {
    const PAGE: u64 = 4096;
    let places = profile.costs.iter().map(|cost| (cost.context, cost.address));
    let places: BTreeSet<_> = places.chain(profile.calls.iter().map(|call| (call.caller, call.address))).collect();
    let mut known: BTreeMap<NameId, Vec<(u64, (u64, u64))>> = BTreeMap::new();
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
        let ranges = HashMap::from([("f", (0x100, 0x80)), ("g", (0x2000, 0x2000))]);
        let object = profile.objects.find("b").unwrap();
        assert_eq!(bias(&profile, &ranges), Some((object, 0x0010_8000)));
        assert_eq!(bias(&profile, &HashMap::new()), None);
    }

    #[test]
    fn paths_are_tidied_and_placed() {
        assert_eq!(tidy("/a/./b/../c.rs"), "/a/c.rs");
        assert_eq!(tidy("./csu/../csu/x.c"), "csu/x.c");
        let profile = Profile::default();
        let resolver =
            Resolver { profile: &profile, source_root: "/p/".into(), executable: None, known: HashMap::new() };
        let place = |path, name, rust| resolver.place(path, name, rust);
        assert_eq!(place("/p/src/./a.rs", None, false), ("src/a.rs".into(), Origin::Repository));
        assert_eq!(place("/p/.cargo/registry/src/x/y-1/z.rs", None, false).1, Origin::Dependency);
        assert_eq!(place("/pq/a.rs", None, false).1, Origin::Dependency);
        assert_eq!(place("/rustc/59/library/core/src/a.rs", None, false).1, Origin::Std);
        assert_eq!(place("???", Some("alloc::vec::x"), true).1, Origin::Std);
        assert_eq!(place("???", Some("memcpy"), false).1, Origin::System);
        assert!(in_criterion("/r/criterion-0.8.2/src/bencher.rs") && !in_criterion("/r/criterion-plot-0.8/src/a.rs"));
    }
}
