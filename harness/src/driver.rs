//! What a benchmark framework must tell so that its benchmarks can be run and counted.

use std::path::PathBuf;

use crate::benchmark::Framework;

/// How a framework is driven from outside.
pub trait Driver: Send + Sync {
    /// Which framework it is.
    fn framework(&self) -> Framework;

    /// Arguments that make the executable list its benchmarks.
    fn list_args(&self) -> Vec<String>;

    /// The names in what it printed, as often as they are there, in the order in which they would run.
    fn parse_list(&self, output: &str) -> Vec<String>;

    /// Arguments that make it run some benchmarks once, at full speed, without measuring.
    fn once_args(&self, names: &[&str]) -> Vec<String>;

    /// Arguments that make it call some benchmarks, in the order of listing, as [`Scheme`] says.
    fn count_args(&self, names: &[&str]) -> Vec<String>;

    /// How its measurements are told from the rest of the program.
    fn scheme(&self) -> Scheme<'_>;

    /// How many of its benchmarks may be counted in one process, at most.
    fn batch(&self) -> usize {
        1
    }
}

/// How measurements are told from the rest of a program that runs under the harness's clock.
#[derive(Clone, Copy, Debug)]
pub enum Scheme<'d> {
    /// Every measurement is one call of certain functions, with 1, 2, 4, 8 … iterations until the clock says that it was
    /// enough. The call reads the clock first and last, and twice around each batch of iterations.
    Calls {
        /// Literal beginnings of the functions' mangled names.
        prefixes: &'d [String],
        /// Literal beginning of the mangled name of a function that is entered once, shortly before the first measurement
        /// of a benchmark. What was counted until then is forgotten there, which spares writing megabytes of start-up.
        threshold: Option<&'d str>,
    },
    /// Every measurement lies between two reads of the clock, and nothing else reads it.
    Reads(&'d Reads),
    /// The whole process is the measurement, of one iteration.
    Process,
    /// The framework's own runner starts callgrind, which leaves one iteration in its files.
    OwnRunner(&'d Runner),
}

/// The program that a bench executable hands its benchmarks to, because the framework counts outside of the process.
#[derive(Clone, Debug)]
pub struct Runner {
    /// Its name, which is also that of the crate that installs it.
    pub name: &'static str,
    /// Where it is; `None` if its path was built into the executable, so that no other can be put in its place.
    pub program: Option<PathBuf>,
    /// Whether it can be asked for one benchmark; if not, it goes through all of its bench target.
    pub selects: bool,
}

/// A sequence of clock reads that a framework makes: some that mean nothing, then pairs around what it times.
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    /// What the read with this index is, from 0, counted from the first read of the process (or from entering `within`).
    pub role: fn(usize) -> Read,
    /// Literal beginning of the mangled name of the function in which reads are counted; all of the program if `None`.
    pub within: Option<&'static str>,
}

/// What a read of the clock is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Read {
    /// Nothing that is timed begins or ends here.
    Other,
    /// So many iterations begin here.
    Begin(u64),
    /// They end here.
    End,
}
