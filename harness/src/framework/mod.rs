//! Benchmark frameworks: which one a bench executable was built with, how to ask it for its benchmarks, and how to have
//! it run a single one. One file per framework.

mod criterion;
mod iai;

use std::fs;
use std::path::Path;

use object::{Object, ObjectSymbol};

use crate::driver::Driver;
pub use iai::Iai;

/// What an executable turned out to be.
pub enum Recognised {
    /// Built with a framework that can be driven.
    Driver(Box<dyn Driver>),
    /// Built with a framework that can be driven once its runner is found.
    NeedsRunner(Iai),
    /// Built with something else: what, as a lowercase fragment.
    Unknown(String),
}

/// Frameworks that can be told by their symbols, but not driven by this version.
const KNOWN_BY_NAME: [(&str, &str); 4] =
    [("divan", "5divan"), ("tango", "11tango_bench"), ("bencher", "7bencher9Bencher"), ("libtest", "4test5bench")];

/// Finds out which framework a bench executable was built with, from its symbol table.
///
/// # Errors
/// If the file cannot be read or is not an ELF executable with symbols; the text is a lowercase fragment.
pub fn recognise(executable: &Path) -> Result<Recognised, String> {
    let bytes = fs::read(executable).map_err(|error| format!("`{}` cannot be read: {error}", executable.display()))?;
    let file = object::File::parse(bytes.as_slice())
        .map_err(|error| format!("`{}` is not an executable: {error}", executable.display()))?;
    let symbols: Vec<&str> = file.symbols().filter_map(|symbol| symbol.name().ok()).collect();
    if symbols.is_empty() {
        return Ok(Recognised::Unknown("its symbols were stripped, so that its framework cannot be told".into()));
    }
    if let Some(driver) = criterion::Criterion::recognise(&symbols) {
        return Ok(Recognised::Driver(Box::new(driver)));
    }
    if let Some(iai) = Iai::recognise(&symbols) {
        return Ok(Recognised::NeedsRunner(iai));
    }
    let named = KNOWN_BY_NAME.iter().find(|(_, mark)| symbols.iter().any(|symbol| symbol.contains(mark)));
    Ok(Recognised::Unknown(match named {
        Some((name, _)) => format!("it uses {name}, which this version does not measure yet"),
        None => "it uses no benchmark framework that perfgate knows".into(),
    }))
}
