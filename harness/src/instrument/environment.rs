//! The pinned environment of a benchmark process, the same on both sides: whatever moves a count but is not the code.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Keeps the C library from choosing code by features that valgrind passes through from the processor, and `memcpy` from
/// using `rep movsb`, which callgrind counts once per byte.
const MASKED: &str = "-ERMS,-FSRM,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ";

/// Features to mask as well, in glibc's spelling and separated by commas, such as `AVX2_Usable,AVX2`: to count as on a
/// machine that has less.
const MORE_MASKED: &str = "PERFGATE_MASK_CPU";

/// What every benchmark process gets besides, and nothing else of the user's environment.
const FIXED: [(&str, &str); 5] = [
    ("LC_ALL", "C"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("RUST_BACKTRACE", "0"),
    ("TMPDIR", "/tmp"),
    ("TZ", "UTC"),
];

/// The tunables of the C library.
fn glibc_tunables() -> String {
    let more = std::env::var(MORE_MASKED).unwrap_or_default();
    let plain = |feature: &&str| !feature.is_empty() && feature.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let more: String = more.split(',').filter(plain).map(|feature| format!(",-{feature}")).collect();
    format!("glibc.cpu.hwcaps={MASKED}{more}:glibc.cpu.x86_rep_movsb_threshold={}", i64::MAX)
}

/// The part that is the same for all packages.
fn fixed() -> impl Iterator<Item = (&'static str, String)> {
    let rest = FIXED.iter().map(|&(name, value)| (name, value.to_owned()));
    [("GLIBC_TUNABLES", glibc_tunables())].into_iter().chain(rest)
}

/// `NAME=value` of the fixed part, sorted, for the fingerprint.
#[must_use]
pub fn fingerprint() -> Vec<String> {
    fixed().map(|(name, value)| format!("{name}={value}")).collect()
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
        fixed().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
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
