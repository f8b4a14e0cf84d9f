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
}

impl Metric {
    /// Every metric there is.
    pub const ALL: [Self; 1] = [Self::Instructions];
}

/// The name used in configuration and in sentences: `instructions`.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instructions => "instructions",
        })
    }
}
