//! The preloaded library does what it is for: what a program did before moves no count of what it does now.

use std::path::Path;
use std::process::Command;

use perfgate_harness::instrument::preload::{self, Clock};
use perfgate_harness::run::Seeds;

/// Allocates and frees as its argument says, and then does what is counted.
const PROGRAM: &str = r#"
use std::collections::HashMap;
use std::hint::black_box;

#[no_mangle]
#[inline(never)]
pub extern "C" fn counted() -> usize {
    let mut map = HashMap::new();
    for i in 0..200_usize {
        let text = "x".repeat(i % 37 * 11);
        map.insert(i, text.into_bytes().into_boxed_slice());
    }
    map.retain(|key, _| key % 3 != 0);
    let boxes: Vec<Box<usize>> = (0..300).map(Box::new).collect();
    map.values().map(|value| value.len()).sum::<usize>() + boxes.len()
}

fn main() {
    let history: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let (mut state, mut kept) = (history, Vec::new());
    for _ in 0..history * 500 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        kept.push(vec![0_u8; (state >> 33) as usize % 700]);
        if state >> 62 == 0 {
            kept.swap_remove((state >> 40) as usize % kept.len());
        }
    }
    black_box(counted());
}
"#;

/// Instructions of `counted` after a history, with the library and these seeds or without.
fn count(directory: &Path, history: u64, seeds: Option<Seeds>) -> u64 {
    let out = directory.join("out");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--toggle-collect=counted", "--quiet"]);
    command.arg(format!("--callgrind-out-file={}", out.display())).arg(directory.join("program"));
    command.arg(history.to_string()).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    if let Some(seeds) = seeds {
        preload::install(directory).unwrap();
        command.env("LD_PRELOAD", preload::path(directory));
        command.env(preload::VARIABLE, preload::settings(seeds, Clock::Real));
    }
    assert!(command.status().unwrap().success());
    let text = std::fs::read_to_string(out).unwrap();
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
    total.trim().parse().unwrap()
}

#[test]
fn what_a_program_did_before_moves_no_count() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("program.rs");
    std::fs::write(&source, PROGRAM).unwrap();
    let mut compiler = Command::new("rustc");
    compiler.args(["--edition", "2021", "-O", "-o"]).arg(directory.path().join("program")).arg(&source);
    assert!(compiler.status().unwrap().success());

    let of = |seeds: Option<Seeds>| [0, 1, 3].map(|history| count(directory.path(), history, seeds));
    let seeds = Some(Seeds::default());
    let pinned = of(seeds);
    assert_eq!(pinned, [pinned[0]; 3], "the heap's state and the hash seeds are the library's");
    assert_eq!(pinned, of(seeds), "the same again");
    let other = of(Some(Seeds { random: 1, ..Seeds::default() }));
    assert_eq!(other, [other[0]; 3]);
    assert_ne!(pinned, other, "the seed of the random numbers arrives: the map hashes otherwise");
    let system = of(None);
    assert_ne!(system, [system[0]; 3], "without the library there is something to pin");
}
