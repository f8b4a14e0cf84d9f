//! The numbers of a callgrind line, read from the front of what is left of it.

use super::Problem;

/// What is left of a line.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    /// Skips blanks; whether anything is left.
    pub(super) fn more(&mut self) -> bool {
        while let [b' ' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
        !self.0.is_empty()
    }

    /// A number, decimal or with `0x` hexadecimal.
    pub(super) fn number(&mut self) -> Result<u64, Problem> {
        self.more();
        self.digits()
    }

    /// A position: a number, or `+n`, `-n`, `*` relative to the last position of its kind, which it becomes.
    pub(super) fn position(&mut self, last: &mut u64) -> Result<u64, Problem> {
        self.more();
        *last = match self.0 {
            [b'+', rest @ ..] => {
                self.0 = rest;
                last.checked_add(self.digits()?).ok_or(Problem::Range)?
            }
            [b'-', rest @ ..] => {
                self.0 = rest;
                last.checked_sub(self.digits()?).ok_or(Problem::Range)?
            }
            [b'*', rest @ ..] => {
                self.0 = rest;
                self.end_of_number()?;
                *last
            }
            _ => self.digits()?,
        };
        Ok(*last)
    }

    fn digits(&mut self) -> Result<u64, Problem> {
        let (base, mut rest) = match self.0 {
            [b'0', b'x', rest @ ..] => (16, rest),
            all => (10, all),
        };
        let (start, mut value) = (rest.len(), 0_u64);
        while let [first, tail @ ..] = rest {
            let digit = match first {
                b'0'..=b'9' => first - b'0',
                b'a'..=b'f' if base == 16 => first - b'a' + 10,
                b'A'..=b'F' if base == 16 => first - b'A' + 10,
                _ => break,
            };
            value = value.checked_mul(base).and_then(|v| v.checked_add(digit.into())).ok_or(Problem::Range)?;
            rest = tail;
        }
        let any = rest.len() < start;
        self.0 = rest;
        if any { self.end_of_number().map(|()| value) } else { Err(Problem::Number) }
    }

    /// A number ends at a blank, at the end of the line, or at the `/` of a conditional jump.
    fn end_of_number(&self) -> Result<(), Problem> {
        match self.0 {
            [] | [b' ' | b'\t' | b'/', ..] => Ok(()),
            _ => Err(Problem::Number),
        }
    }
}
