//! `perfgate doctor`: what this machine can measure, what is missing, and the command that mends it.

use std::process::Command;
use std::time::Duration;

use perfgate_harness::fingerprint;
use perfgate_harness::process::{self, Cancel};

use crate::exit::{Code, Failure};
use crate::report::print_text;

/// The oldest valgrind that knows the instructions and the debug information of today's compilers.
const VALGRIND: (u32, u32) = (3, 19);

/// One thing that was looked at.
struct Finding {
    good: bool,
    what: String,
    mend: Option<&'static str>,
}

/// Looks at this machine.
pub(super) fn doctor(cancel: &Cancel) -> Result<Code, Failure> {
    let findings = [
        valgrind(cancel),
        platform(),
        tool("git", "git 2", cancel),
        tool("cargo", "a Rust toolchain", cancel),
        tool("rustc", "a Rust toolchain", cancel),
        cores(),
    ];
    let mut text = String::new();
    for finding in &findings {
        text += &format!("{} {}\n", if finding.good { "ok     " } else { "MISSING" }, finding.what);
        if let Some(mend) = finding.mend {
            text += &format!("        mend: {mend}\n");
        }
    }
    let healthy = findings.iter().all(|finding| finding.good);
    text += if healthy {
        "\nThis machine can count instructions. Next: perfgate check\n"
    } else {
        "\nThis machine cannot count instructions until what is missing above is mended.\n"
    };
    print_text(&text)?;
    Ok(if healthy { Code::Passed } else { Code::Nothing })
}

fn valgrind(cancel: &Cancel) -> Finding {
    let install = Some("sudo apt-get install valgrind (or your system's package of that name)");
    let Some(version) = fingerprint::valgrind(cancel) else {
        return Finding { good: false, what: "valgrind counts instructions: not installed".into(), mend: install };
    };
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let good = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= VALGRIND;
    let what = format!("valgrind {version} counts instructions (3.19 or newer is needed)");
    Finding { good, what, mend: if good { None } else { install } }
}

fn platform() -> Finding {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let good = os == "linux" && arch == "x86_64";
    let what = format!("{arch} {os} (instructions are counted on x86_64 Linux)");
    Finding {
        good,
        what,
        mend: if good { None } else { Some("run perfgate on an x86_64 Linux machine, such as a hosted CI runner") },
    }
}

fn tool(name: &'static str, needed: &str, cancel: &Cancel) -> Finding {
    let answer = process::ask(Command::new(name).arg("--version"), Duration::from_secs(20), cancel);
    match answer {
        Ok(answer) if answer.success() => Finding { good: true, what: answer.text(), mend: None },
        _ => Finding {
            good: false,
            what: format!("{name}: not found ({needed} is needed)"),
            mend: Some(if name == "git" { "sudo apt-get install git" } else { "install Rust: https://rustup.rs" }),
        },
    }
}

fn cores() -> Finding {
    let cores = fingerprint::cores();
    let what = format!("{} count benchmarks at the same time", crate::number::plural(cores, "core"));
    Finding { good: true, what, mend: None }
}
