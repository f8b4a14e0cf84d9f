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

use super::amount::{Amount, Mark, between};
use super::clock::Question;
use super::settled::settled;
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

/// One dump: what ended it, and what was executed since the one before.
#[derive(Clone, Debug)]
pub struct Dump {
    /// What ended it.
    pub event: Event,
    /// The function that was entered or left.
    pub function: String,
    /// What was executed.
    pub amount: Amount,
    /// What the process had allocated when it read the clock, where it told.
    pub memory: Option<Question>,
}

/// One call, and which dumps hold it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Observed {
    /// Its counts.
    pub call: Call,
    /// Index of the dumps that hold what is timed; of all its dumps where that could not be told.
    pub dumps: Vec<usize>,
}

/// Collects the calls of one benchmark from dumps in the order in which they were written.
#[derive(Debug, Default)]
pub struct Calls {
    finished: Vec<Observed>,
    /// The measuring functions that were called, in the order of their first calls.
    functions: Vec<String>,
    depth: usize,
    /// Whether each iteration starts processes.
    slow: bool,
    /// Dumps of all calls.
    dumps: usize,
    whole: Amount,
    /// Indices of the dumps of the open call, and the clock reads in it.
    open: Vec<usize>,
    reads: Vec<Mark>,
}

impl Calls {
    /// Of a benchmark that is `slow`: see [`settled`].
    #[must_use]
    pub fn new(slow: bool) -> Self {
        Self { slow, ..Self::default() }
    }

    /// Takes the next dump, which has this index in its process.
    pub fn push(&mut self, index: usize, dump: &Dump) {
        if self.depth > 0 {
            self.dumps += 1;
            self.whole += dump.amount;
            self.open.push(index);
            // What lies between two reads may be split further by nested matches: join it.
            match dump.event {
                Event::Clock => self.reads.push(Mark { index, before: self.whole, memory: dump.memory }),
                Event::Enter => self.depth += 1,
                Event::Leave => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        let observed = self.observed();
                        self.finished.push(observed);
                    }
                }
                Event::Other => {}
            }
        } else if dump.event == Event::Enter {
            self.depth = 1;
            self.whole = Amount::default();
            self.open.clear();
            self.reads.clear();
            if !self.functions.contains(&dump.function) {
                self.functions.push(dump.function.clone());
            }
        }
    }

    /// Whether a call is under way.
    #[must_use]
    pub fn inside(&self) -> bool {
        self.depth > 0
    }

    /// Whether the benchmark calls several measuring functions for one sample. Their calls alternate then, nothing says
    /// which made how many iterations, and the framework itself keeps the time of the last alone.
    #[must_use]
    pub fn alternate(&self) -> bool {
        self.functions.len() > 1
    }

    /// Whether the open call reads the clock more often than the framework alone would.
    #[must_use]
    pub fn strays(&self) -> bool {
        self.inside() && self.reads.len().saturating_sub(2) as u64 > self.iterations().saturating_mul(2)
    }

    /// Iterations of the open call, or of the one that was just left.
    fn iterations(&self) -> u64 {
        1 << self.finished.len().min(63)
    }

    /// The call that was just left.
    fn observed(&self) -> Observed {
        let iterations = self.iterations();
        let batches = self.reads.len().saturating_sub(2) / 2;
        let plain = self.reads.len().is_multiple_of(2) && batches >= 1 && batches as u64 <= iterations;
        let inner = self.reads.get(1..self.reads.len().saturating_sub(1)).unwrap_or(&[]);
        let whole = Call { iterations, whole: self.whole.instructions, ..Call::default() };
        if plain {
            let pairs: Vec<_> = inner.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect();
            let inside = |index: &usize| pairs.iter().any(|(from, to)| *index > from.index && *index <= to.index);
            let dumps = self.open.iter().copied().filter(inside).collect();
            return Observed { call: between(&pairs, Call { timed: Some(0), ..whole }), dumps };
        }
        let mut call = match (self.reads.first(), self.reads.last()) {
            (Some(first), Some(last)) => between(&[(first, last)], whole),
            _ => whole,
        };
        (call.system, call.events) = (self.whole.system, self.whole.events);
        Observed { call, dumps: self.open.clone() }
    }

    /// The calls that are complete.
    #[must_use]
    pub fn finished(&self) -> &[Observed] {
        &self.finished
    }

    /// Whether the calls so far say all that more of them would: see [`settled`].
    #[must_use]
    pub fn settled(&self) -> bool {
        self.settled_by(&self.finished.iter().map(|observed| observed.call).collect::<Vec<_>>())
    }

    /// The same, if the open call were over with what it was last seen to time.
    #[must_use]
    pub fn settled_with_this(&self) -> bool {
        let reads = self.reads.len();
        if !self.inside() || reads < 3 || reads.is_multiple_of(2) {
            return false;
        }
        let pairs = self.reads[1..].chunks_exact(2);
        let timed = pairs.map(|pair| pair[1].before.instructions - pair[0].before.instructions).sum();
        let call = Call {
            iterations: self.iterations(),
            whole: self.whole.instructions,
            timed: Some(timed),
            ..Call::default()
        };
        self.settled_by(&self.finished.iter().map(|observed| observed.call).chain([call]).collect::<Vec<_>>())
    }

    fn settled_by(&self, calls: &[Call]) -> bool {
        settled(calls, calls.iter().map(|call| call.whole).sum(), calls.len(), self.dumps, self.slow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Memory;

    fn calls(events: &[(Event, u64)]) -> Calls {
        let mut calls = Calls::default();
        for (index, &(event, cost)) in events.iter().enumerate() {
            calls.push(index, &dump(event, "iter", cost));
        }
        calls
    }

    use Event::{Clock, Enter, Leave, Other};

    fn dump(event: Event, function: &str, instructions: u64) -> Dump {
        let amount = Amount { instructions, ..Amount::default() };
        Dump { event, function: function.into(), amount, memory: None }
    }

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
            calls.push(0, &dump(event, function, 5));
        }
        assert!(calls.alternate());
    }

    #[test]
    fn memory_is_what_was_allocated_between_the_reads() {
        let mut calls = Calls::default();
        let read = |allocations, live, peak| {
            let question = Question { allocations, bytes: 10 * allocations, live, peak };
            Dump { memory: Some(question), ..dump(Clock, "", 7) }
        };
        let dumps = [dump(Enter, "i", 0), read(1, 10, 99), read(3, 30, 40), read(6, 35, 80), read(9, 9, 99)];
        for (index, dump) in dumps.iter().chain([&dump(Leave, "i", 5)]).enumerate() {
            calls.push(index, dump);
        }
        let memory = calls.finished()[0].call.memory;
        assert_eq!(memory, Some(Memory { allocations: 3, bytes: 30, peak: 50 }));
    }

    #[test]
    fn a_read_too_many_shows_before_the_call_is_over() {
        let plain = [(Enter, 9), (Clock, 1), (Clock, 1), (Clock, 1), (Clock, 1)];
        assert!(!calls(&plain).strays());
        assert!(calls(&[&plain[..], &[(Clock, 1)]].concat()).strays());
    }
}
