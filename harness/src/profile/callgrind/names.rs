//! Callgrind's compressed names: `(id) name` the first time, `(id)` from then on.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Problem;

/// What a name field says.
pub(super) enum Field<'a> {
    /// `(id) name`.
    Defined(u64, &'a [u8]),
    /// `(id)`.
    Known(u64),
    /// A name without a number: names were not compressed.
    Plain(&'a [u8]),
}

impl<'a> Field<'a> {
    /// Reads what follows the `=`. A name may itself begin with a parenthesis, as `(below main)` does.
    pub(super) fn read(text: &'a [u8]) -> Result<Self, Problem> {
        let text = text.trim_ascii();
        let [b'(', inner @ ..] = text else { return Ok(Self::Plain(text)) };
        let length = inner.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = inner.split_at(length);
        let [b')', name @ ..] = rest else { return Ok(Self::Plain(text)) };
        if digits.is_empty() {
            return Ok(Self::Plain(text));
        }
        let number = |value: u64, digit: &u8| value.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
        let id = digits.iter().try_fold(0, number).ok_or(Problem::Range)?;
        let name = name.trim_ascii_start();
        Ok(if name.is_empty() { Self::Known(id) } else { Self::Defined(id, name) })
    }
}

/// Numbers of the file to numbers of the profile. Callgrind counts from 1 without large gaps, other writers need not.
#[derive(Default)]
pub(super) struct Table {
    low: Vec<Option<u32>>,
    high: HashMap<u64, u32>,
}

/// Below this, a number is an index. A file whose numbers are scattered costs at most this many entries.
const LOW: u64 = 1 << 20;

impl Table {
    pub(super) fn get(&self, id: u64) -> Result<u32, Problem> {
        let found = if id < LOW {
            usize::try_from(id).ok().and_then(|id| self.low.get(id).copied().flatten())
        } else {
            self.high.get(&id).copied()
        };
        found.ok_or(Problem::Undefined(id))
    }

    pub(super) fn set(&mut self, id: u64, value: u32) {
        match usize::try_from(id) {
            Ok(index) if id < LOW => {
                if self.low.len() <= index {
                    self.low.resize(index + 1, None);
                }
                self.low[index] = Some(value);
            }
            _ => {
                self.high.insert(id, value);
            }
        }
    }
}

/// A name as text. Symbols and paths are UTF-8 but for oddities, of which a legible form is kept.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
