//! Benchmark frameworks: which one a bench executable was built with, how to ask it for its benchmarks, and how to have
//! it run a single one. One file per framework.

mod bencher;
mod command;
mod criterion;
mod divan;
mod iai;
mod libtest;
mod rounds;

use std::fs;
use std::path::Path;

pub use command::Command;
use object::{Object, ObjectSymbol};

use crate::driver::Driver;
pub use iai::Iai;

/// What an executable turned out to be.
pub enum Recognised {
    /// Built with a framework that can be driven.
    Driver(Box<dyn Driver>),
    /// Built with a framework that can be driven once its runner is found.
    NeedsRunner(Iai),
    /// Built with something else.
    Unknown {
        /// What, as a lowercase fragment.
        reason: String,
        /// What the user can do.
        help: String,
    },
}

/// Frameworks that can be told by their symbols, but not driven, and what can be done about it.
const KNOWN_BY_NAME: [(&str, &str, &str); 4] = [
    ("divan older than 0.1.6", "5divan", "update it: cargo update -p divan"),
    ("tango", "11tango_bench", COMMAND),
    ("an unknown version of the crate bencher", "7bencher9Bencher", COMMAND),
    ("an unknown version of libtest", "4test5bench", COMMAND),
];
/// The way for whatever is not a framework that perfgate drives.
const COMMAND: &str = "port it to criterion or divan, or have a program that does the same work counted as a whole: a \
                       [[command]] section in perfgate.toml";

/// Finds out which framework a bench executable was built with, from its symbol table.
///
/// # Errors
/// If the file cannot be read or is not an ELF executable with symbols; the text is a lowercase fragment.
pub fn recognise(executable: &Path) -> Result<Recognised, String> {
    let bytes = fs::read(executable).map_err(|error| format!("`{}` cannot be read: {error}", executable.display()))?;
    let file = object::File::parse(bytes.as_slice())
        .map_err(|error| format!("`{}` is not an executable: {error}", executable.display()))?;
    let symbols: Vec<&str> = file.symbols().filter_map(|symbol| symbol.name().ok()).collect();
    let unknown = |reason: String, help: &str| Ok(Recognised::Unknown { reason, help: help.to_owned() });
    if symbols.is_empty() {
        let reason = "its symbols were stripped, so that its framework cannot be told";
        return unknown(reason.into(), "build it with symbols: strip = \"none\" in the profile `bench`");
    }
    if let Some(driver) = driver(&symbols) {
        return Ok(Recognised::Driver(driver));
    }
    if let Some(iai) = Iai::recognise(&symbols) {
        return Ok(Recognised::NeedsRunner(iai));
    }
    let is_there = |mark: &str| symbols.iter().any(|symbol| symbol.contains(mark));
    match KNOWN_BY_NAME.iter().find(|(_, mark, _)| is_there(mark)) {
        Some((name, _, help)) => unknown(format!("it uses {name}, which this version does not measure"), help),
        None => unknown("it uses no benchmark framework that perfgate knows".into(), COMMAND),
    }
}

/// The driver for a framework, of which one is tried after the other: an executable may hold two, as where a library that is
/// benchmarked has `#[bench]` functions itself, and libtest comes with every test.
fn driver(symbols: &[&str]) -> Option<Box<dyn Driver>> {
    fn boxed(driver: impl Driver + 'static) -> Box<dyn Driver> {
        Box::new(driver)
    }
    criterion::Criterion::recognise(symbols)
        .map(boxed)
        .or_else(|| divan::Divan::recognise(symbols).map(boxed))
        .or_else(|| bencher::Bencher::recognise(symbols).map(boxed))
        .or_else(|| libtest::Libtest::recognise(symbols).map(boxed))
}
