//! How an executable is linked, as far as it matters for what can be preloaded into it.

use std::fs;
use std::path::Path;

use object::{Object, ObjectSymbol};

/// How an executable is linked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Linkage {
    /// By the system's loader, so that a library can be preloaded.
    pub dynamic: bool,
    /// With an allocator of its own in place of the system's.
    pub own_allocator: bool,
}

impl Linkage {
    /// Of a file; of one that cannot be read, nothing is claimed.
    #[must_use]
    pub fn of(executable: &Path) -> Self {
        let Ok(bytes) = fs::read(executable) else { return Self::default() };
        let Ok(file) = object::File::parse(bytes.as_slice()) else { return Self::default() };
        // rustc defines the former for `#[global_allocator]`, and `__rdl_alloc` for the system's.
        let own_allocator = file.symbols().any(|symbol| symbol.name().is_ok_and(|name| name.contains("__rg_alloc")));
        Self { dynamic: file.section_by_name(".interp").is_some(), own_allocator }
    }
}
