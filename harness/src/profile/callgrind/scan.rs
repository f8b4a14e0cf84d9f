//! What the harness needs of a part at once, of hundreds of them: what ended it, and what it cost, by object.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use super::numbers::Fields;
use super::{Problem, SyntaxError};

/// Why callgrind wrote a part, and what is in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PartSummary {
    /// Text after `desc: Trigger:`, such as `--dump-before=clock_gettime@@GLIBC_2.17` or `Program termination`.
    pub trigger: Option<String>,
    /// Names of the events, in the order of the figures.
    pub events: Vec<String>,
    /// The last `totals:` line: first the instructions, where `Ir` is the first event.
    pub totals: Vec<u64>,
    /// Instructions by the executable or library that they are in.
    pub objects: Vec<(String, u64)>,
    /// Instructions of functions by the beginning of their symbols, for those that were asked for.
    pub functions: u64,
}

impl PartSummary {
    /// Instructions.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.totals.first().copied().unwrap_or(0)
    }
}

/// Reads a callgrind file without keeping it; `function` says of a symbol whether its self cost goes to
/// [`PartSummary::functions`]. Costs are read as far as `positions:` and `events:` tell their columns; only self costs are
/// added up.
///
/// # Errors
/// If there is no `totals:` line at the end (callgrind writes it last, so the file is incomplete), or a figure is none.
pub fn scan(bytes: &[u8], function: &dyn Fn(&[u8]) -> bool) -> Result<PartSummary, SyntaxError> {
    let mut scanner = Scanner::default();
    let mut number = 0;
    // A figure at the very end may be cut short: only a whole line counts.
    let whole = &bytes[..bytes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0)];
    for line in whole.split(|&byte| byte == b'\n') {
        number += 1;
        scanner.line(line, function).map_err(|problem| SyntaxError { line: number, problem })?;
    }
    if !scanner.complete {
        return Err(SyntaxError { line: number, problem: Problem::Incomplete });
    }
    let name = |id: u64| scanner.names.get(&id).cloned().unwrap_or_default();
    scanner.summary.objects = scanner.costs.iter().map(|(&id, &cost)| (name(id), cost)).collect();
    scanner.summary.objects.sort();
    Ok(scanner.summary)
}

#[derive(Default)]
struct Scanner {
    summary: PartSummary,
    /// Columns in front of the costs.
    positions: usize,
    names: HashMap<u64, String>,
    costs: HashMap<u64, u64>,
    wanted: HashMap<u64, bool>,
    object: u64,
    counts: bool,
    /// The next line of figures belongs to a call.
    call: bool,
    complete: bool,
}

impl Scanner {
    fn line(&mut self, line: &[u8], function: &dyn Fn(&[u8]) -> bool) -> Result<(), Problem> {
        match line {
            [b'0'..=b'9' | b'+' | b'-' | b'*', ..] => {
                if std::mem::take(&mut self.call) {
                    return Ok(());
                }
                let cost = self.cost(line)?;
                let sum = self.costs.entry(self.object).or_default();
                *sum = sum.saturating_add(cost);
                if self.counts {
                    self.summary.functions = self.summary.functions.saturating_add(cost);
                }
            }
            [b'f', b'n', b'=', rest @ ..] => {
                self.complete = false;
                let (id, name) = numbered(rest);
                self.counts = match name {
                    Some(name) => *self.wanted.entry(id).insert_entry(function(name)).get(),
                    None => self.wanted.get(&id).copied().unwrap_or(false),
                };
            }
            [b'c', b'f', b'n', b'=', rest @ ..] => {
                // A name may be given for the first time where the function is called.
                if let (id, Some(name)) = numbered(rest) {
                    self.wanted.insert(id, function(name));
                }
            }
            [b'o', b'b', b'=', rest @ ..] => self.object = self.named(rest),
            [b'c', b'o', b'b', b'=', rest @ ..] => {
                self.named(rest);
            }
            [b'c', b'a', b'l', b'l', b's', b'=', ..] => self.call = true,
            _ => self.header(line)?,
        }
        Ok(())
    }

    fn header(&mut self, line: &[u8]) -> Result<(), Problem> {
        let words = |rest: &[u8]| -> Vec<String> {
            String::from_utf8_lossy(rest).split_ascii_whitespace().map(str::to_owned).collect()
        };
        if let Some(text) = line.strip_prefix(b"desc: Trigger:") {
            let text = String::from_utf8_lossy(text.trim_ascii()).into_owned();
            self.summary.trigger.get_or_insert(text);
        } else if let Some(rest) = line.strip_prefix(b"positions:") {
            self.positions = words(rest).len();
        } else if let Some(rest) = line.strip_prefix(b"events:") {
            self.summary.events = words(rest);
        } else if let Some(figures) = line.strip_prefix(b"totals:") {
            let mut fields = Fields(figures);
            self.summary.totals = vec![fields.number()?];
            while let Ok(figure) = fields.number() {
                self.summary.totals.push(figure);
            }
            self.complete = true;
        }
        Ok(())
    }

    /// The first figure after the positions.
    fn cost(&self, line: &[u8]) -> Result<u64, Problem> {
        let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
        match fields.nth(self.positions.max(1)) {
            // Trailing zeros may be left out.
            None => Ok(0),
            Some(field) => Fields(field).number(),
        }
    }

    fn named(&mut self, rest: &[u8]) -> u64 {
        let (id, name) = numbered(rest);
        if let Some(name) = name {
            self.names.insert(id, String::from_utf8_lossy(name).into_owned());
        }
        id
    }
}

/// `(12) name` or `(12)`; or the name alone, which gets a number of its own, where callgrind was told not to give any.
fn numbered(text: &[u8]) -> (u64, Option<&[u8]>) {
    let text = text.trim_ascii();
    let number = || {
        let rest = text.strip_prefix(b"(")?;
        let end = rest.iter().position(|&byte| byte == b')')?;
        Some((Fields(&rest[..end]).number().ok()?, rest[end + 1..].trim_ascii()))
    };
    match number() {
        Some((id, name)) => (id, (!name.is_empty()).then_some(name)),
        None => {
            let mut hasher = DefaultHasher::new();
            hasher.write(text);
            (hasher.finish(), Some(text))
        }
    }
}
