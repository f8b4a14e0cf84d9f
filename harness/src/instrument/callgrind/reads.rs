//! From the sequence of callgrind's dumps to the samples of a framework that times between plain reads of the clock:
//! [`crate::driver::Reads`] says what each read is.

use super::amount::{Amount, Mark, between};
use super::calls::{Dump, Event, Observed};
use super::settled::settled;
use crate::driver::{Read, Reads};
use crate::run::Call;

/// Collects the samples of one benchmark from dumps in the order in which they were written.
#[derive(Debug)]
pub struct Samples {
    role: fn(usize, usize) -> Read,
    gap: u64,
    /// Samples of more and more iterations: of several with as many, the last, which finds everything warm.
    finished: Vec<Observed>,
    /// Entries of anchors so far, and reads since the last of them.
    place: (usize, usize),
    /// The sample that is being taken, or that the next read may still prolong.
    open: Option<Open>,
    executed: Amount,
    /// What was executed before the first sample.
    start: Option<u64>,
    /// Samples, and dumps since the first of them began.
    made: usize,
    dumps: usize,
    strays: bool,
    clock: bool,
}

/// A sample that has begun.
#[derive(Debug)]
struct Open {
    begin: Mark,
    iterations: u64,
    /// Indices of its dumps.
    dumps: Vec<usize>,
    /// What was executed when it ended, if it did.
    ended: Option<u64>,
}

impl Samples {
    /// For a framework that reads the clock like this.
    #[must_use]
    pub fn new(reads: &Reads) -> Self {
        Self {
            role: reads.role,
            gap: reads.gap,
            finished: Vec::new(),
            place: (0, 0),
            open: None,
            executed: Amount::default(),
            start: None,
            made: 0,
            dumps: 0,
            strays: false,
            clock: false,
        }
    }

    /// Takes the next dump, which has this index in its process.
    pub fn push(&mut self, index: usize, dump: &Dump) {
        self.executed += dump.amount;
        self.dumps += usize::from(self.start.is_some());
        if let Some(open) = &mut self.open {
            open.dumps.push(index);
        }
        match dump.event {
            Event::Enter => {
                self.place = (self.place.0 + 1, 0);
                self.open = self.open.take().filter(|open| open.ended.is_none());
            }
            Event::Clock => {
                let role = (self.role)(self.place.0, self.place.1);
                self.place.1 += 1;
                self.read(role, Mark { index, before: self.executed, memory: dump.memory });
            }
            Event::Leave | Event::Other => {}
        }
    }

    fn read(&mut self, role: Read, mark: Mark) {
        match role {
            Read::Other => self.open = self.open.take().filter(|open| open.ended.is_none()),
            Read::Stray => self.strays = true,
            Read::Begin(iterations) => {
                let ended = self.open.as_ref().and_then(|open| open.ended);
                self.strays |= ended.is_some_and(|ended| self.executed.instructions - ended > self.gap);
                self.start.get_or_insert(self.executed.instructions);
                self.open = Some(Open { begin: mark, iterations, dumps: Vec::new(), ended: None });
            }
            Read::End => {
                let Some(open) = &mut self.open else { return };
                let call = Call { iterations: open.iterations, timed: Some(0), ..Call::default() };
                let call = between(&[(&open.begin, &mark)], call);
                self.clock |= open.ended.is_some();
                self.made += usize::from(open.ended.is_none());
                open.ended = Some(self.executed.instructions);
                let call = Call { whole: call.timed.unwrap_or(0), ..call };
                let observed = Observed { call, dumps: open.dumps.clone() };
                match self.finished.last_mut() {
                    Some(last) if call.iterations < last.call.iterations => {}
                    Some(last) if call.iterations == last.call.iterations => *last = observed,
                    _ => self.finished.push(observed),
                }
            }
        }
    }

    /// Whether a sample is being taken.
    #[must_use]
    pub fn inside(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.ended.is_none())
    }

    /// Whether a sample is being taken or no anchor has been entered since.
    #[must_use]
    pub fn open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether the benchmark reads the clock, so that what is timed cannot be told.
    #[must_use]
    pub fn strays(&self) -> bool {
        self.strays
    }

    /// Whether the benchmark reads the clock within what is timed.
    #[must_use]
    pub fn clock(&self) -> bool {
        self.clock
    }

    /// The samples that are complete.
    #[must_use]
    pub fn finished(&self) -> &[Observed] {
        &self.finished
    }

    /// Whether the samples so far say all that more of them would: see [`settled`].
    #[must_use]
    pub fn settled(&self) -> bool {
        let calls: Vec<_> = self.finished.iter().map(|observed| observed.call).collect();
        let total = self.executed.instructions - self.start.unwrap_or(self.executed.instructions);
        settled(&calls, total, self.made, self.dumps, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Event::{Clock, Enter, Other};

    /// Two reads that mean nothing, then samples of 1, 1, 5, 2, 10 iterations.
    fn in_a_row(_: usize, read: usize) -> Read {
        const ITERATIONS: [u64; 5] = [1, 1, 5, 2, 10];
        match read.checked_sub(2) {
            None => Read::Other,
            Some(read) if read.is_multiple_of(2) => ITERATIONS.get(read / 2).map_or(Read::Stray, |&n| Read::Begin(n)),
            Some(_) => Read::End,
        }
    }

    /// A sample after each odd entry of the anchor.
    fn anchored(entries: usize, read: usize) -> Read {
        match (entries.is_multiple_of(2), read) {
            (true, _) => Read::Other,
            (false, 0) => Read::Begin(1 << (entries / 2)),
            (false, _) => Read::End,
        }
    }

    fn samples(role: fn(usize, usize) -> Read, costs: &[(Event, u64)]) -> Samples {
        let mut samples = Samples::new(&Reads { role, anchors: Vec::new(), gap: 1000, tick: 1000 });
        for (index, &(event, instructions)) in costs.iter().enumerate() {
            let amount = Amount { instructions, ..Amount::default() };
            samples.push(index, &Dump { event, function: String::new(), amount, memory: None });
        }
        samples
    }

    fn calls(samples: &Samples) -> Vec<(u64, Option<u64>)> {
        samples.finished().iter().map(|observed| (observed.call.iterations, observed.call.timed)).collect()
    }

    #[test]
    fn samples_lie_between_the_reads_that_begin_and_end_them() {
        let reads = [9, 9, 3, 1007, 3, 1005, 3, 5005, 3, 2005, 3, 10_005];
        let dumps: Vec<_> = reads.iter().map(|&cost| (Clock, cost)).collect();
        let row = samples(in_a_row, &dumps);
        assert_eq!(calls(&row), [(1, Some(1005)), (5, Some(5005)), (10, Some(10_005))]);
        assert_eq!(row.finished()[1].dumps, [7]);
        let late = [&dumps[..4], &[(Clock, 1001)]].concat();
        assert!(samples(in_a_row, &late).strays(), "a benchmark that reads the clock before and after its work");
        assert!(!row.strays() && samples(in_a_row, &[&dumps[..], &[(Clock, 1)]].concat()).strays());
    }

    #[test]
    fn a_sample_between_anchors_ends_at_the_last_read() {
        let before = [(Clock, 5), (Clock, 5), (Enter, 5)];
        let first = [(Clock, 1), (Other, 50), (Clock, 60), (Enter, 4)];
        let second = [(Enter, 900), (Clock, 1), (Clock, 100), (Clock, 50), (Clock, 70), (Enter, 4), (Clock, 9)];
        let plain = samples(anchored, &[&before[..], &first].concat());
        assert_eq!((calls(&plain), plain.clock(), plain.inside()), (vec![(1, Some(110))], false, false));
        let reading = samples(anchored, &[&before[..], &first, &second].concat());
        assert_eq!((calls(&reading), reading.clock()), (vec![(1, Some(110)), (2, Some(220))], true));
        assert_eq!(reading.made, 2);
        assert!(samples(anchored, &[&before[..], &first[..1]].concat()).inside());
    }
}
