//! From an address to the functions that stand there: the one that was called and those that were inlined into it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use perfgate_harness::profile::{NameId, Names, Profile};

use super::executable::{Executable, Executables};
use super::symbols::{
    Function, FunctionId, Functions, Role, crate_of, is_mangled, is_std, normalise, role, without_closure,
};
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
    /// Without an executable: the crates of the repository.
    crates: HashSet<String>,
    known: HashMap<(NameId, u64), Rc<[Frame]>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(side: &ProfiledSide<'a>, executables: &Executables) -> Result<Self, ExplainError> {
        let root = side.source_root.to_string_lossy();
        let executable =
            side.executable.map(|path| Executable::open(path, side.profile, executables)).transpose()?.flatten();
        let source_root = format!("{}/", root.trim_end_matches('/'));
        let crates = if executable.is_some() { HashSet::new() } else { crates_in(&source_root, side.profile) };
        Ok(Self { profile: side.profile, source_root, executable, crates, known: HashMap::new() })
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
        let places = self.executable.as_ref().map(|executable| executable.places(address)).unwrap_or_default();
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

    /// What the profile alone says of an address: the function that was called, not those inlined into it.
    fn unexpanded(&self, context: u32, file: NameId, line: u32, book: &mut Book) -> Frame {
        let context = &self.profile.contexts[context as usize];
        let (path, function_path) = (self.profile.files.get(file), self.profile.files.get(context.file));
        // The profile takes the file of a function from its first instruction, which may be an inlined one. So a line
        // of the repository is worth more than that file; any other line of another file is something inlined.
        let (path, line) = match path.starts_with(&self.source_root) || file == context.file {
            true => (path, line),
            false => (function_path, 0),
        };
        let mut frame = self.frame(self.profile.symbols.get(context.symbol()), path, line, true, book);
        if self.crates.contains(crate_of(&book.functions.get(frame.function).name)) {
            frame.origin = Origin::Repository;
        }
        frame
    }

    fn frame(&self, symbol: &str, path: &str, line: u32, called: bool, book: &mut Book) -> Frame {
        let name = normalise(symbol);
        let whole = called || is_mangled(symbol);
        let (path, origin) = self.place(path, whole.then_some(name.as_str()), is_mangled(symbol));
        let file = book.files.intern(&path);
        let role = match whole {
            true => role(&name),
            false if in_framework(&path) => Role::Framework,
            false => Role::Work,
        };
        let file_of_name = (!whole).then_some(file);
        let owner = book.functions.intern(Function { name: without_closure(&name).to_owned(), file: file_of_name });
        let function = book.functions.intern(Function { name, file: file_of_name });
        Frame { function, owner, file, line, origin, role }
    }

    /// Whose a function is, and what to call its file. `name`: with its whole path, if that is known.
    fn place(&self, path: &str, name: Option<&str>, rust: bool) -> (String, Origin) {
        let path = tidy(path);
        let std = ["/rustc/", "/rust/deps/"].iter().any(|start| path.starts_with(start))
            || path.contains("/rustlib/src/rust/")
            || name.is_some_and(is_std);
        let fetched = is_fetched(&path);
        if let Some(relative) = path.strip_prefix(&self.source_root).filter(|_| !fetched) {
            // Where the compiler merged lines, a function of the standard library stands at a line of its caller.
            return (relative.to_owned(), if std { Origin::Std } else { Origin::Repository });
        }
        let in_std = name.is_some_and(|name| rust && matches!(crate_of(name), "core" | "alloc" | "std"));
        let origin = if fetched {
            Origin::Dependency
        } else if std || in_std {
            Origin::Std
        } else if rust || path.ends_with(".rs") {
            Origin::Dependency
        } else {
            Origin::System
        };
        (path, origin)
    }
}

/// The crates most of whose functions are in the repository, as far as a profile alone can tell.
fn crates_in(source_root: &str, profile: &Profile) -> HashSet<String> {
    let mut votes: HashMap<String, i32> = HashMap::new();
    for context in &profile.contexts {
        let path = profile.files.get(context.file);
        let vote = i32::from(path.starts_with(source_root)) - i32::from(is_fetched(path));
        let name = normalise(profile.symbols.get(context.symbol()));
        if !is_std(&name) && role(&name) == Role::Work {
            *votes.entry(crate_of(&name).to_owned()).or_default() += vote;
        }
    }
    votes.into_iter().filter(|(_, votes)| *votes > 0).map(|(name, _)| name).collect()
}

/// Whether cargo fetched the file: also where its directory is inside the repository, as on some CI systems.
fn is_fetched(path: &str) -> bool {
    path.contains("/registry/src/") || path.contains("/git/checkouts/")
}

/// Whether a path is in the sources of a benchmark framework: `…/criterion-0.8.2/src/bencher.rs`.
fn in_framework(path: &str) -> bool {
    let version = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    path.contains("/library/test/src/")
        || path.split('/').any(|part| {
            ["criterion-", "divan-", "bencher-"].iter().any(|name| part.strip_prefix(name).is_some_and(version))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tidied_and_placed() {
        assert_eq!(tidy("/a/./b/../c.rs"), "/a/c.rs");
        assert_eq!(tidy("./csu/../csu/x.c"), "csu/x.c");
        let profile = Profile::default();
        let side = ProfiledSide { profile: &profile, iterations: 1, executable: None, source_root: Path::new("/p") };
        let resolver = Resolver::new(&side, &Executables::default()).expect("no executable is opened");
        let place = |path, name, rust| resolver.place(path, name, rust);
        assert_eq!(place("/p/src/./a.rs", None, false), ("src/a.rs".into(), Origin::Repository));
        assert_eq!(place("/p/.cargo/registry/src/x/y-1/z.rs", None, false).1, Origin::Dependency);
        assert_eq!(place("/pq/a.rs", None, false).1, Origin::Dependency);
        assert_eq!(place("/rustc/59/library/core/src/a.rs", None, false).1, Origin::Std);
        assert_eq!(place("???", Some("alloc::vec::x"), true).1, Origin::Std);
        assert_eq!(place("???", Some("memcpy"), false).1, Origin::System);
        assert!(in_framework("/r/criterion-0.8.2/src/bencher.rs") && !in_framework("/r/criterion-plot-0.8/src/a.rs"));
        assert!(in_framework("/r/divan-0.1.21/src/a.rs") && in_framework("/rustc/59/library/test/src/bench.rs"));
    }
}
