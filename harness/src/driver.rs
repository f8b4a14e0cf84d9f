//! What a benchmark framework must tell so that its benchmarks can be run and counted.

use std::path::PathBuf;

use crate::benchmark::Framework;

/// How a framework is driven from outside.
pub trait Driver: Send + Sync {
    /// Which framework it is.
    fn framework(&self) -> Framework;

    /// Arguments that make the executable list its benchmarks.
    fn list_args(&self) -> Vec<String>;

    /// What else must stand in the environment for that.
    fn list_environment(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Nanoseconds by which each read of the clock advances it while the executable lists its benchmarks; `None` for the
    /// kernel's clock. For a framework that can only run them.
    fn list_tick(&self) -> Option<u64> {
        None
    }

    /// Arguments that make it list those of them that it leaves out unless asked for.
    fn list_ignored_args(&self) -> Option<Vec<String>> {
        None
    }

    /// The names in what it printed, as often as they are there, in the order in which they would run.
    fn parse_list(&self, output: &str) -> Vec<String>;

    /// Whether asking for a benchmark runs another one, which is listed earlier, first or in its place.
    fn runs_before(&self, _name: &str, _other: &str) -> bool {
        false
    }

    /// Arguments that make it run some benchmarks once, at full speed, without measuring.
    fn once_args(&self, names: &[&str]) -> Vec<String>;

    /// Arguments that make it call some benchmarks, in the order of listing, as [`Scheme`] says.
    fn count_args(&self, names: &[&str]) -> Vec<String>;

    /// How its measurements are told from the rest of the program.
    fn scheme(&self) -> Scheme<'_>;

    /// What it said at its end of the benchmarks that it ran, in the order in which it ran them; `None` if it says nothing
    /// of use, and runs them in the order of listing.
    fn told(&self, _output: &str) -> Option<Vec<Told>> {
        None
    }

    /// How many of its benchmarks may be counted in one process, at most.
    fn batch(&self) -> usize {
        1
    }
}

/// What a framework says of a benchmark.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    /// The name, as it is listed.
    pub name: String,
    /// So many samples, the last that it took, were of the same size, which the benchmark may have fixed in its source;
    pub samples: usize,
    /// namely of so many iterations.
    pub iterations: u64,
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
#[derive(Clone, Debug)]
pub struct Reads {
    /// Literal beginnings of the mangled names of functions that the framework enters at known points among its reads, so
    /// that a read is known by its place between two of them.
    pub anchors: Vec<String>,
    /// What a read is: after so many entries of anchors, and after so many reads since the last of them.
    pub role: fn(entries: usize, reads: usize) -> Read,
    /// The most instructions from the end of a sample to the next read, if that begins another and no anchor is entered
    /// between: more are not the framework's, and the reads are not what they seem.
    pub gap: u64,
    /// Nanoseconds by which a read advances the harness's clock: what the framework makes of them decides the roles.
    pub tick: u64,
}

impl Scheme<'_> {
    /// Nanoseconds by which a read advances the harness's clock.
    #[must_use]
    pub fn tick(&self) -> u64 {
        match self {
            Self::Reads(reads) => reads.tick,
            // So little that no framework takes it for the time it means to measure.
            Self::Calls { .. } | Self::Process | Self::OwnRunner(_) => 1000,
        }
    }
}

/// What a read of the clock is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Read {
    /// Nothing that is timed begins or ends here.
    Other,
    /// So many iterations begin here.
    Begin(u64),
    /// They end here, or at the next read if that is an end too: the benchmark may read the clock itself.
    End,
    /// None of the framework's: the benchmark reads the clock itself, and what is timed cannot be told.
    Stray,
}
