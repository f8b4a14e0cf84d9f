//! The pinned environment of a benchmark process, the same on both sides: whatever moves a count but is not the code.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Keeps the C library from choosing code by features that valgrind passes through from the processor, and `memcpy` from
/// using `rep movsb`, which callgrind counts once per byte.
pub const GLIBC_TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ:\
                                  glibc.cpu.x86_rep_movsb_threshold=9223372036854775807";

/// What every benchmark process gets, and nothing else of the user's environment.
const FIXED: [(&str, &str); 6] = [
    ("GLIBC_TUNABLES", GLIBC_TUNABLES),
    ("LC_ALL", "C"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("RUST_BACKTRACE", "0"),
    ("TMPDIR", "/tmp"),
    ("TZ", "UTC"),
];

/// `NAME=value` of the fixed part, sorted, for the fingerprint.
#[must_use]
pub fn fingerprint() -> Vec<String> {
    FIXED.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// The fixed part, for programs that are no cargo benchmarks.
pub fn pinned() -> impl Iterator<Item = (OsString, OsString)> {
    FIXED.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)))
}

/// The environment of the benchmarks of one package. `scratch` is the same directory for both sides.
#[must_use]
pub fn of_package(
    package: &str,
    package_root: &Path,
    library_path: &[PathBuf],
    scratch: &Path,
) -> Vec<(OsString, OsString)> {
    let mut environment: Vec<(OsString, OsString)> =
        FIXED.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    let mut set = |name: &str, value: OsString| environment.push((name.into(), value));
    // Benchmarks find their data through these, as under cargo bench.
    set("CARGO_MANIFEST_DIR", package_root.into());
    set("CARGO_PKG_NAME", package.into());
    // Without it, criterion starts `cargo metadata` from within the benchmark process.
    set("CRITERION_HOME", scratch.join("criterion").into());
    set("HOME", scratch.join("home").into());
    if let Ok(joined) = std::env::join_paths(library_path)
        && !joined.is_empty()
    {
        set("LD_LIBRARY_PATH", joined);
    }
    environment
}
