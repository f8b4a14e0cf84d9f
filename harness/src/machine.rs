//! The recorded environment of a run: everything known to move an instruction count that is not the code itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a run was measured. Two runs are comparable to the instruction only if their machines are equal.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Machine {
    /// Target triple of the host, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// `model name` of the processor as the kernel reports it.
    pub cpu_model: String,
    /// Number of processors available to the run.
    pub cores: usize,
    /// Kernel release.
    pub kernel: String,
    /// Version of valgrind, such as `3.19.0`.
    pub valgrind: String,
    /// Version line of the C library, such as `ldd (Debian GLIBC 2.36-9+deb12u10) 2.36`.
    pub libc: String,
    /// `rustc --version --verbose`, first line and LLVM version.
    pub rustc: String,
    /// The processor features that run-time dispatch can see, sorted.
    pub cpu_features: Vec<String>,
    /// Version of the library that is preloaded into counted processes: its allocator is counted too.
    #[serde(default)]
    pub preload: String,
    /// The pinned environment of the benchmarks, sorted by name: `NAME=value`.
    pub environment: Vec<String>,
}

impl Machine {
    /// Names of the fields in which two machines differ in a way that can move an instruction count.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let mut fields = Vec::new();
        let mut differ = |name, differs: bool| {
            if differs {
                fields.push(name);
            }
        };
        differ("target", self.target != other.target);
        differ("valgrind", self.valgrind != other.valgrind);
        differ("C library", self.libc != other.libc);
        differ("perfgate's allocator", self.preload != other.preload);
        differ("rustc", self.rustc != other.rustc);
        differ("processor features", self.cpu_features != other.cpu_features);
        differ("environment", self.environment != other.environment);
        fields
    }
}
