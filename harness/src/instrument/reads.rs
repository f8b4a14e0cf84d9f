//! From the sequence of callgrind's dumps to the samples of a framework that times between plain reads of the clock, with
//! nothing else to tell them by: [`crate::driver::Reads`] says what each read is.

use super::amount::{Amount, Mark, between};
use super::calls::{Dump, Event, Observed};
use super::settled::settled;
use crate::driver::{Read, Reads};
use crate::run::Call;

/// Collects the samples of one benchmark from dumps in the order in which they were written.
#[derive(Debug)]
pub struct Samples {
    reads: Reads,
    /// Samples of more and more iterations: of several with as many, the last, which finds everything warm.
    finished: Vec<Observed>,
    /// Reads so far; `None` before the function in which they count is entered.
    index: Option<usize>,
    /// Where the open sample began, and the indices of its dumps.
    begin: Option<(Mark, u64)>,
    open: Vec<usize>,
    executed: Amount,
    total: u64,
    made: usize,
    dumps: usize,
}

impl Samples {
    /// For a framework that reads the clock like this.
    #[must_use]
    pub fn new(reads: Reads) -> Self {
        Self {
            reads,
            finished: Vec::new(),
            index: reads.within.is_none().then_some(0),
            begin: None,
            open: Vec::new(),
            executed: Amount::default(),
            total: 0,
            made: 0,
            dumps: 0,
        }
    }

    /// Takes the next dump, which has this index in its process.
    pub fn push(&mut self, index: usize, dump: &Dump) {
        self.executed += dump.amount;
        self.dumps += 1;
        if self.begin.is_some() {
            self.open.push(index);
        }
        if dump.event == Event::Enter {
            self.index.get_or_insert(0);
        }
        let (Event::Clock, Some(read)) = (dump.event, self.index) else { return };
        self.index = Some(read + 1);
        let mark = Mark { index, before: self.executed, memory: dump.memory };
        match (self.reads.role)(read) {
            Read::Other => {}
            Read::Begin(iterations) => {
                self.begin = Some((mark, iterations));
                self.open.clear();
            }
            Read::End => {
                if let Some((begin, iterations)) = self.begin.take() {
                    let call = between(&[(&begin, &mark)], Call { iterations, timed: Some(0), ..Call::default() });
                    self.finish(Call { whole: call.timed.unwrap_or(0), ..call });
                }
            }
        }
    }

    fn finish(&mut self, call: Call) {
        self.total += call.whole;
        self.made += 1;
        let observed = Observed { call, dumps: std::mem::take(&mut self.open) };
        match self.finished.last_mut() {
            Some(last) if call.iterations < last.call.iterations => {}
            Some(last) if call.iterations == last.call.iterations => *last = observed,
            _ => self.finished.push(observed),
        }
    }

    /// Whether a sample is being taken.
    #[must_use]
    pub fn inside(&self) -> bool {
        self.begin.is_some()
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
        settled(&calls, self.total, self.made, self.dumps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two reads that mean nothing, then samples of 1, 1, 5, 2, 10, 20, 40 iterations.
    fn role(read: usize) -> Read {
        const ITERATIONS: [u64; 7] = [1, 1, 5, 2, 10, 20, 40];
        match read.checked_sub(2) {
            None => Read::Other,
            Some(read) if read.is_multiple_of(2) => ITERATIONS.get(read / 2).map_or(Read::Other, |&n| Read::Begin(n)),
            Some(_) => Read::End,
        }
    }

    fn samples(within: Option<&'static str>, costs: &[(Event, u64)]) -> Samples {
        let mut samples = Samples::new(Reads { role, within });
        for (index, &(event, instructions)) in costs.iter().enumerate() {
            let amount = Amount { instructions, ..Amount::default() };
            samples.push(index, &Dump { event, function: String::new(), amount, memory: None });
        }
        samples
    }

    #[test]
    fn samples_lie_between_the_reads_that_begin_and_end_them() {
        use Event::{Clock, Enter, Other};
        let reads = [9, 9, 3, 1007, 3, 1005, 3, 5005, 3, 2005, 3, 10_005];
        let dumps: Vec<_> = reads.iter().map(|&cost| (Clock, cost)).collect();
        let plain = samples(None, &dumps);
        let calls: Vec<_> =
            plain.finished().iter().map(|observed| (observed.call.iterations, observed.call.timed)).collect();
        assert_eq!(calls, [(1, Some(1005)), (5, Some(5005)), (10, Some(10_005))]);
        assert_eq!(plain.finished()[1].dumps, [7]);
        let inside = samples(Some("f"), &[&[(Clock, 1), (Other, 1), (Enter, 7)], &dumps[..4]].concat());
        assert_eq!(inside.finished()[0].call.timed, Some(1007));
        assert!(samples(Some("f"), &dumps).finished().is_empty());
    }
}
