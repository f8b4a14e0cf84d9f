//! Builds the library that is preloaded into counted processes, for the target that perfgate itself is built for. It is
//! embedded in the executable, so that a released perfgate needs nothing on the machine where it runs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=preload");
    let variable = |name: &str| env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"));
    let out = PathBuf::from(variable("OUT_DIR")).join("preload.so");
    let target = variable("TARGET");
    // Other platforms are told at run time that they cannot count; they must still build.
    if target != "x86_64-unknown-linux-gnu" {
        return std::fs::write(&out, "").expect("the output directory can be written");
    }
    let mut command = Command::new(variable("RUSTC"));
    command.args(["--crate-name", "perfgate_preload", "--crate-type", "cdylib", "--edition", "2024", "--target"]);
    command.arg(&target).args(["-C", "opt-level=2", "-C", "panic=abort", "-C", "lto=fat", "-C", "codegen-units=1"]);
    // Symbols stay: callgrind knows functions by them. The same paths and no build id, so that its hash says what it is.
    command.args(["-C", "strip=debuginfo", "-C", "link-arg=-nostartfiles", "-C", "link-arg=-nostdlib"]);
    command.args(["-C", "link-arg=-Wl,--build-id=none", "-C", "metadata=perfgate"]);
    command.arg("--remap-path-prefix").arg(format!("{}=.", env!("CARGO_MANIFEST_DIR")));
    command.arg("-o").arg(&out).arg(Path::new("preload").join("lib.rs"));
    // Flags for the user's own programs (target-cpu=native, sanitizers) would not run under valgrind.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(name);
    }
    let status = command.status().unwrap_or_else(|error| panic!("cannot run rustc: {error}"));
    assert!(status.success(), "the preloaded library does not build");
}
