//! From the sequence of callgrind's dumps to the calls of a benchmark: how many instructions each took, and how many of
//! them between the clock reads with which the framework times it.
//!
//! A dump is written before and after each call of a measuring function, and before each clock read; it holds the cost
//! since the dump before it. criterion reads the clock once when a call begins, twice around each batch, and once at the
//! end; so of the R reads of a call, those from the second to the last but one are pairs around what is timed:
//!
//! ```text
//! before(iter)  clock | set-up | clock  TIMED  clock | drop, set-up | clock  TIMED  clock | drop | clock  after(iter)
//! ```
//!
//! A benchmark that reads the clock itself breaks the pattern. A call of n iterations has at most n batches, so that one
//! extra pair shows in the first call already; then only the whole call is counted.

use crate::run::Call;

/// What made callgrind write a dump.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// A measuring function is entered.
    Enter,
    /// A measuring function is left.
    Leave,
    /// The clock is read.
    Clock,
    /// Something else: the end of the program, a nested match.
    Other,
}

/// One dump: what ended it, and the instructions since the one before.
#[derive(Clone, Debug)]
pub struct Dump {
    /// What ended it.
    pub event: Event,
    /// The function that was entered or left.
    pub function: String,
    /// Instructions since the dump before it.
    pub cost: u64,
}

/// One call, and which dumps hold it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Observed {
    /// Its counts.
    pub call: Call,
    /// Index of the dumps that hold what is timed; of all its dumps where that could not be told.
    pub dumps: Vec<usize>,
}

/// Collects calls from dumps in the order in which they were written.
#[derive(Debug, Default)]
pub struct Calls {
    finished: Vec<Observed>,
    /// The measuring functions that were called, in the order of their first calls.
    functions: Vec<String>,
    depth: usize,
    seen: usize,
    whole: u64,
    /// Indices of the dumps of the open call, and of those that a clock read ended, with the cost before it.
    open: Vec<usize>,
    reads: Vec<(usize, u64)>,
}

impl Calls {
    /// Takes the next dump.
    pub fn push(&mut self, dump: &Dump) {
        let index = self.seen;
        self.seen += 1;
        if self.depth > 0 {
            self.whole += dump.cost;
            self.open.push(index);
            // What lies between two reads may be split further by nested matches: join it.
            match dump.event {
                Event::Clock => self.reads.push((index, self.whole)),
                Event::Enter => self.depth += 1,
                Event::Leave => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.finish();
                    }
                }
                Event::Other => {}
            }
        } else if dump.event == Event::Enter {
            self.depth = 1;
            self.whole = 0;
            self.open.clear();
            self.reads.clear();
            if !self.functions.contains(&dump.function) {
                self.functions.push(dump.function.clone());
            }
        }
    }

    /// Whether the benchmark calls several measuring functions for one sample. Their calls alternate then, nothing says
    /// which made how many iterations, and the framework itself keeps the time of the last alone.
    #[must_use]
    pub fn alternate(&self) -> bool {
        self.functions.len() > 1
    }

    fn finish(&mut self) {
        let iterations = 1_u64 << self.finished.len().min(63);
        let reads = self.reads.len();
        let batches = reads.saturating_sub(2) / 2;
        let plain = reads.is_multiple_of(2) && batches >= 1 && batches as u64 <= iterations;
        let pairs: Vec<_> = self.reads.get(1..reads.saturating_sub(1)).unwrap_or(&[]).chunks_exact(2).collect();
        let timed = plain.then(|| pairs.iter().map(|pair| pair[1].1 - pair[0].1).sum());
        let dumps = if plain {
            let inside = |index: &usize| pairs.iter().any(|pair| *index > pair[0].0 && *index <= pair[1].0);
            self.open.iter().copied().filter(inside).collect()
        } else {
            self.open.clone()
        };
        self.finished.push(Observed { call: Call { iterations, whole: self.whole, timed, ..Call::default() }, dumps });
    }

    /// The calls that are complete.
    #[must_use]
    pub fn finished(&self) -> &[Observed] {
        &self.finished
    }

    /// Whether the calls so far say all that more of them would: see [`settled`].
    #[must_use]
    pub fn settled(&self) -> bool {
        settled(&self.finished.iter().map(|observed| observed.call).collect::<Vec<_>>(), self.seen)
    }
}

/// What a call cost, as far as can be told.
fn cost(call: &Call) -> u64 {
    call.timed.unwrap_or(call.whole)
}

/// Whether doubling further would tell nothing new, after calls with 1, 2, 4, 8 … iterations and so many dumps.
///
/// Either the marginal cost of the last two doublings is the same to the instruction, after enough work that a buffer of
/// ordinary size has filled and a cache begun to evict: the benchmark is linear, and its cost per iteration is exact. Or so many instructions were executed, set-up included, that the harness's own hundred
/// are nothing beside them and what a benchmark draws at random has averaged out as far as it is worth waiting for. Both
/// depend on counts alone, never on time, so that all runs of the same code stop at the same call. The bound is low
/// enough to come well before the second after which criterion stops by itself.
fn settled(calls: &[Call], dumps: usize) -> bool {
    /// What a linear benchmark must at least have done: so many instructions, or iterations, or, where each batch costs a
    /// dump, so many of these.
    const WORKED: (u64, u64, usize) = (1_000_000, 1024, 1000);
    /// A few tenths of a second under callgrind.
    const ENOUGH: u64 = 10_000_000;
    /// So much that a second call might not come, because criterion's second is over. Below it, there is one: the first
    /// call finds everything cold.
    const HUGE: u64 = 40_000_000;
    let linear = match calls {
        [_, .., a, b, c] => {
            let [a, b, c] = [a, b, c].map(|call| i128::from(cost(call)));
            c - b == 2 * (b - a)
        }
        _ => false,
    };
    let total: u64 = calls.iter().map(|call| call.whole).sum();
    let iterations = calls.last().map_or(0, |call| call.iterations);
    let worked = total >= WORKED.0 || iterations >= WORKED.1 || dumps >= WORKED.2;
    (linear && worked) || total >= HUGE || (total >= ENOUGH && calls.len() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(events: &[(Event, u64)]) -> Calls {
        let mut calls = Calls::default();
        for &(event, cost) in events {
            calls.push(&Dump { event, cost, function: "iter".into() });
        }
        calls
    }

    use Event::{Clock, Enter, Leave, Other};

    #[test]
    fn a_plain_call_is_timed_between_the_second_and_third_read() {
        // Recorded from criterion 0.8, `iter`.
        let calls = calls(&[
            (Enter, 657_064),
            (Clock, 19),
            (Clock, 34),
            (Clock, 3831),
            (Clock, 95),
            (Leave, 86),
            (Enter, 30),
            (Clock, 19),
            (Clock, 34),
            (Clock, 7610),
            (Clock, 95),
            (Leave, 86),
        ]);
        let [first, second] = calls.finished() else { panic!("two calls") };
        assert_eq!(first.call, Call { iterations: 1, whole: 4065, timed: Some(3831), ..Call::default() });
        assert_eq!(first.dumps, [3]);
        assert_eq!(second.call, Call { iterations: 2, whole: 7844, timed: Some(7610), ..Call::default() });
        assert_eq!(second.dumps, [9]);
    }

    #[test]
    fn batches_are_summed_and_set_up_is_left_out() {
        let once = [(Enter, 29), (Clock, 40), (Clock, 400), (Clock, 100), (Clock, 60), (Leave, 87)];
        let twice = [
            (Enter, 29),
            (Clock, 40),
            (Clock, 41_710),
            (Clock, 9804),
            (Clock, 47_736),
            (Clock, 9768),
            (Clock, 6201),
            (Leave, 87),
        ];
        let calls = calls(&[&once[..], &twice[..]].concat());
        assert_eq!(calls.finished()[1].call.timed, Some(9804 + 9768));
        assert_eq!(calls.finished()[1].dumps, [9, 11]);
    }

    #[test]
    fn a_benchmark_that_reads_the_clock_is_counted_whole() {
        for extra in 1..=4 {
            let mut events = vec![(Enter, 5), (Clock, 10), (Clock, 10)];
            events.extend(vec![(Clock, 50); extra]);
            events.extend([(Clock, 10), (Clock, 10), (Leave, 10)]);
            let calls = calls(&events);
            assert_eq!(calls.finished()[0].call.timed, None, "{extra} reads");
            assert_eq!(calls.finished()[0].call.whole, 50 + 50 * extra as u64);
        }
    }

    #[test]
    fn nested_measuring_functions_and_other_dumps_stay_in_one_call() {
        let calls = calls(&[
            (Enter, 9),
            (Clock, 1),
            (Enter, 2),
            (Clock, 3),
            (Other, 4),
            (Clock, 5),
            (Clock, 6),
            (Leave, 7),
            (Leave, 8),
            (Other, 1000),
        ]);
        assert_eq!(calls.finished().len(), 1);
        assert_eq!(calls.finished()[0].call, Call { iterations: 1, whole: 36, timed: Some(9), ..Call::default() });
        assert_eq!(calls.finished()[0].dumps, [4, 5]);
    }

    #[test]
    fn several_measuring_functions_for_one_sample_are_noticed() {
        let mut calls = Calls::default();
        for (event, function) in [(Enter, "iter<a>"), (Leave, "iter<a>"), (Enter, "iter<b>"), (Leave, "iter<b>")] {
            assert!(!calls.alternate() || function == "iter<b>");
            calls.push(&Dump { event, cost: 5, function: function.into() });
        }
        assert!(calls.alternate());
    }

    #[test]
    fn doubling_stops_when_the_marginal_cost_repeats_or_enough_was_executed() {
        let settled = |timed: &[u64], set_up: u64| {
            let call = |(k, &timed): (usize, &u64)| Call {
                iterations: 1 << k,
                whole: timed + (set_up << k),
                timed: Some(timed),
                ..Call::default()
            };
            super::settled(&timed.iter().enumerate().map(call).collect::<Vec<_>>(), 0)
        };
        assert!(!settled(&[100, 200, 400, 800], 0), "a ring of a few entries has not gone round");
        let tiny: Vec<u64> = (0..11).map(|k| 52 + (7 << k)).collect();
        assert!(settled(&tiny, 0) && !settled(&tiny[..10], 0));
        assert!(!settled(&[3831, 7610, 15_168], 200_000));
        assert!(settled(&[3831, 7610, 15_168, 30_284], 200_000));
        assert!(settled(&[9000, 7610, 15_168, 30_284], 200_000), "the first call may be cold");
        assert!(!settled(&[10_000, 20_100, 39_800, 80_400], 0));
        assert!(settled(&[10_000, 20_100, 39_800, 80_400], 1_000_000), "set-up takes its time too");
        assert!(settled(&[1_000_000, 2_010_000, 3_980_000, 8_040_000], 0));
        assert!(settled(&[100_000_000], 0));
        assert!(!settled(&[20_000_000], 0));
        assert!(settled(&[20_000_000, 30_000_000], 0));
        assert!(!settled(&[2_000_000, 4_000_000], 0));
    }
}
