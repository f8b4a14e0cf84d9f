//! What a benchmark framework must tell so that its benchmarks can be run one by one and counted.

use crate::benchmark::Framework;

/// How a framework is driven from outside.
pub trait Driver: Send + Sync {
    /// Which framework it is.
    fn framework(&self) -> Framework;

    /// Arguments that make the executable list its benchmarks.
    fn list_args(&self) -> Vec<String>;

    /// The names in what it printed, as often as they are there.
    fn parse_list(&self, output: &str) -> Vec<String>;

    /// Arguments that make it run a benchmark once, at full speed, without measuring.
    fn once_args(&self, name: &str) -> Vec<String>;

    /// Arguments that make it call a benchmark with 1, 2, 4, 8 … iterations.
    fn doubling_args(&self, name: &str) -> Vec<String>;

    /// Literal beginnings of the mangled names of the functions whose every call is one measurement.
    fn measuring_prefixes(&self) -> &[String];

    /// Literal beginning of the mangled name of a function that is entered once, shortly before the first measurement.
    /// What was counted until then is forgotten there, which spares writing megabytes of start-up.
    fn threshold_prefix(&self) -> Option<&str>;
}
