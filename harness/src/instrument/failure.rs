//! From the end of a benchmark process that did not go well to what a person needs to know about it.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::process::Ended;
use crate::run::{Failure, FailureKind};

/// Lines of output that are kept.
const LINES: usize = 24;
/// Characters of a line that are kept.
const WIDTH: usize = 300;

/// The failure that the end of a process amounts to, or `None` if it ended well. `counted` says that it ran under
/// valgrind.
#[must_use]
pub fn describe(ended: Ended, tail: &[u8], timeout: Duration, counted: bool) -> Option<Failure> {
    let output = printable(tail);
    let failure =
        |kind, message: String, help: &str| Some(Failure { kind, message, help: help.into(), output: output.clone() });
    match ended {
        Ended::Enough | Ended::Cancelled => None,
        Ended::TimedOut => failure(
            FailureKind::TimedOut,
            format!("did not end within {} s", timeout.as_secs()),
            "give it more time with --timeout SECONDS, or make one iteration smaller",
        ),
        Ended::Exited(status) => {
            if let Some(number) = status.signal() {
                let name =
                    Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |s| s.as_str().to_owned());
                let help = if counted && number == Signal::SIGILL as i32 {
                    "valgrind does not know an instruction in it: build without target-cpu=native or the newest vector extensions"
                } else {
                    "run it by itself to see why: cargo bench"
                };
                return failure(FailureKind::Killed, format!("was killed by {name}"), help);
            }
            let code = status.code().unwrap_or(-1);
            if code == 0 {
                return None;
            }
            if code == 101 && output.contains("panicked at") {
                return failure(FailureKind::Panicked, "panicked".into(), "run it by itself to see why: cargo bench");
            }
            failure(FailureKind::Exited, format!("exited with code {code}"), "run it by itself to see why: cargo bench")
        }
    }
}

/// The failure of a benchmark that ran, but not as it can be counted.
pub fn not_countable(why: &str, tail: &[u8]) -> Failure {
    Failure {
        kind: FailureKind::NotCountable,
        message: format!("cannot be counted: {why}"),
        help: "please report it with the benchmark's source".into(),
        output: printable(tail),
    }
}

/// The failure of a program that could not be started, and why.
#[must_use]
pub fn not_started(why: &str, help: &str) -> Failure {
    Failure {
        kind: FailureKind::NotStarted,
        message: format!("was not started: {why}"),
        help: help.into(),
        output: String::new(),
    }
}

/// The last lines of whatever a process printed, safe to show: no control characters, no endless lines.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let safe = |c: char| {
        if c == '\t' {
            ' '
        } else if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    let lines: Vec<String> = text
        .split(['\n', '\r'])
        .map(|line| line.chars().map(safe).take(WIDTH).collect::<String>())
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    fn ended(wait_status: i32, tail: &[u8]) -> Option<Failure> {
        describe(Ended::Exited(ExitStatus::from_raw(wait_status)), tail, Duration::from_secs(5), true)
    }

    #[test]
    fn the_kinds_are_told_apart() {
        assert_eq!(ended(0, b""), None);
        assert_eq!(ended(101 << 8, b"thread 'main' panicked at x.rs:1:1:\nboo").unwrap().kind, FailureKind::Panicked);
        let exited = ended(3 << 8, b"bye").unwrap();
        assert_eq!((exited.kind, exited.message.as_str()), (FailureKind::Exited, "exited with code 3"));
        let killed = ended(4, b"").unwrap();
        assert_eq!((killed.kind, killed.message.as_str()), (FailureKind::Killed, "was killed by SIGILL"));
        assert!(killed.help.contains("target-cpu"));
        let late = describe(Ended::TimedOut, b"", Duration::from_secs(5), true).unwrap();
        assert_eq!(late.message, "did not end within 5 s");
    }

    #[test]
    fn junk_becomes_harmless() {
        let shown = printable(b"\x1b[31mred\x07\n\n\xff\xfe\r\nlast");
        assert_eq!(shown, "\u{fffd}[31mred\u{fffd}\n\u{fffd}\u{fffd}\nlast");
        let long = "x".repeat(1000);
        assert_eq!(printable(long.as_bytes()).chars().count(), WIDTH);
    }
}
