//! What the harness tells whoever is watching. It writes to no stream itself.

use crate::benchmark::BenchmarkId;

/// Receives progress, from several threads at once.
pub trait Observer: Sync {
    /// One side is about to be built; cargo's own output follows on standard error.
    fn building(&self, side: &str);

    /// The side is built, or did not build: cargo writes no more.
    fn built(&self);

    /// The executables of a bench target were compared: what differs, as a fragment that fits after "because ", or nothing
    /// that can matter.
    fn compared(&self, target: &str, difference: Option<&str>);

    /// Measuring begins, with this many benchmarks ahead.
    fn measuring(&self, side: &str, total: usize);

    /// A benchmark is done.
    fn measured(&self, progress: &Progress<'_>);

    /// Measuring is over.
    fn measuring_done(&self);
}

/// How far measuring is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The benchmark that is done.
    pub id: &'a BenchmarkId,
    /// Why it failed, if it did.
    pub failed: Option<&'a str>,
    /// Benchmarks done, this one included.
    pub done: usize,
    /// All benchmarks of this side.
    pub total: usize,
    /// Seconds since measuring this side began.
    pub seconds: f64,
    /// Estimated seconds left on this side.
    pub seconds_left: f64,
}
