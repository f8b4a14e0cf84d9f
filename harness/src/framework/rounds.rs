//! How libtest times a benchmark, and the crate bencher, which was made from it.
//!
//! A single iteration first, from whose time follows how many, `n`, take a millisecond. Then rounds of 50 samples of `n`
//! and 50 samples of `5n` iterations, with `n` doubled from round to round until the samples agree. Each set of 50 samples
//! is handed to a function `winsorize`, which no optimisation was seen to inline: between its entries, the reads of the
//! clock are in known places.

use crate::driver::Read;

/// Nanoseconds by which a read advances the clock, so that the single iteration seems to take the whole millisecond: the
/// first round has `n = 1`.
pub const TICK: u64 = 1_000_000;
/// Reads around 50 samples.
const SET: usize = 100;

/// What a read is: after so many entries of `winsorize`, and so many reads since the last of them.
pub fn role(sets: usize, read: usize) -> Read {
    // Before the first set of a round stand a read that begins the round, one that ends the round before, or in its place
    // the two around the single iteration.
    let before = match sets {
        0 => 3,
        sets if sets.is_multiple_of(2) => 2,
        _ => 0,
    };
    let n = 1_u64.checked_shl(u32::try_from(sets / 2).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
    let iterations = if sets.is_multiple_of(2) { n } else { n.saturating_mul(5) };
    match read.checked_sub(before) {
        None if (sets, read) == (0, 0) => Read::Begin(1),
        None if (sets, read) == (0, 1) => Read::End,
        None => Read::Other,
        Some(read) if read >= SET => Read::Stray,
        Some(read) if read.is_multiple_of(2) => Read::Begin(iterations),
        Some(_) => Read::End,
    }
}

/// The part of a symbol that names the function alone, without what a link-time optimiser appended.
pub fn function(symbol: &str) -> &str {
    symbol.split_once(".llvm.").map_or(symbol, |(function, _)| function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Read::{Begin, End, Other, Stray};

    /// The roles of all reads between two entries.
    fn set(sets: usize) -> Vec<Read> {
        (0..).map(|read| role(sets, read)).take_while(|read| *read != Stray).collect()
    }

    fn samples(iterations: u64) -> Vec<Read> {
        [Begin(iterations), End].repeat(50)
    }

    #[test]
    fn the_reads_of_three_rounds() {
        // As recorded from libtest of Rust 1.95 and bencher 0.1.5.
        let expected = [
            [&[Begin(1), End, Other], &samples(1)[..]].concat(),
            samples(5),
            [&[Other, Other], &samples(2)[..]].concat(),
            samples(10),
            [&[Other, Other], &samples(4)[..]].concat(),
            samples(20),
        ];
        for (sets, expected) in expected.iter().enumerate() {
            assert_eq!(&set(sets), expected, "after {sets} sets");
        }
        assert_eq!(role(1000, 2), Begin(u64::MAX));
    }
}
