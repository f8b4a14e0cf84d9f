//! The two facts about a part that the harness needs of hundreds: what ended it, and what it cost.

use super::numbers::Fields;
use super::{Problem, SyntaxError};

/// Why callgrind wrote a part, and the instructions in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartSummary {
    /// Text after `desc: Trigger:`, such as `--dump-before=clock_gettime@@GLIBC_2.17` or `Program termination`.
    pub trigger: Option<String>,
    /// First figure of the last `totals:` line: instructions, where `Ir` is the first event.
    pub total: u64,
}

/// Reads the trigger from the head of a callgrind file and the total from its tail, and nothing in between.
///
/// # Errors
/// If there is no `totals:` line at the end (callgrind writes it last, so the file is incomplete), or it has no figure.
pub fn scan(bytes: &[u8]) -> Result<PartSummary, SyntaxError> {
    let trigger = bytes
        .split(|&byte| byte == b'\n')
        .take_while(|line| !line.starts_with(b"events:"))
        .find_map(|line| line.strip_prefix(b"desc: Trigger:"))
        .map(|text| String::from_utf8_lossy(text.trim_ascii()).into_owned());
    // A figure at the very end may be cut short: only a whole line counts.
    let whole = &bytes[..bytes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0)];
    let last = whole.trim_ascii_end();
    let start = last.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let fail = |problem| SyntaxError { line: 1 + bytes[..start].iter().filter(|&&b| b == b'\n').count(), problem };
    let figures = last[start..].strip_prefix(b"totals:").ok_or_else(|| fail(Problem::Incomplete))?;
    let total = Fields(figures).number().map_err(fail)?;
    Ok(PartSummary { trigger, total })
}
