//! What can be measured of a benchmark.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A quantity measured per iteration of a benchmark. Smaller is better for all of them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Instructions executed in user space, counted by callgrind (its `Ir` event).
    Instructions,
    /// Calls that allocated memory: `malloc`, `calloc`, `realloc` and their like.
    Allocations,
    /// Bytes that were asked for in those calls.
    AllocatedBytes,
    /// The most bytes that were allocated at the same time, rounded up to what the allocator hands out. Not per iteration.
    PeakHeap,
    /// Cycles estimated from simulated caches: `Ir + 10·L1 misses + 100·LL misses`, KCachegrind's formula.
    EstimatedCycles,
    /// Accesses that missed the simulated first-level caches, instructions and data together.
    L1Misses,
    /// Accesses that missed the simulated last-level cache.
    LlMisses,
    /// Simulated mispredictions of branches, conditional and indirect together.
    BranchMisses,
}

impl Metric {
    /// Every metric there is.
    pub const ALL: [Self; 8] = [
        Self::Instructions,
        Self::Allocations,
        Self::AllocatedBytes,
        Self::PeakHeap,
        Self::EstimatedCycles,
        Self::L1Misses,
        Self::LlMisses,
        Self::BranchMisses,
    ];

    /// Whether caches and branch prediction must be simulated for it, which costs two to nine times the time.
    #[must_use]
    pub fn is_simulated(self) -> bool {
        matches!(self, Self::EstimatedCycles | Self::L1Misses | Self::LlMisses | Self::BranchMisses)
    }
}

/// The name used in configuration and in sentences: `instructions`.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
            Self::AllocatedBytes => "allocated-bytes",
            Self::PeakHeap => "peak-heap",
            Self::EstimatedCycles => "estimated-cycles",
            Self::L1Misses => "l1-misses",
            Self::LlMisses => "ll-misses",
            Self::BranchMisses => "branch-misses",
        })
    }
}
