//! What is known of one benchmark while its processes run.

use crate::instrument::callgrind::Observation;
use crate::run::{Call, Count, Counted, Failure, Outcome, StoredProfile};

use super::REPEATS_JITTERY;

/// The counts so far, and how many processes are still to come.
#[derive(Debug)]
pub struct Tally {
    counts: Vec<Count>,
    profile: Option<StoredProfile>,
    threads: bool,
    processes: bool,
    failure: Option<Failure>,
    pending: usize,
    wanted: usize,
}

impl Tally {
    /// Begins from what was counted before, aiming at `repeats` processes.
    #[must_use]
    pub fn new(before: Option<&Counted>, repeats: usize) -> Self {
        let counted = before.cloned().unwrap_or_default();
        Self {
            pending: repeats.saturating_sub(counted.repeats.len()),
            wanted: repeats,
            counts: counted.repeats,
            profile: counted.profile,
            threads: counted.threads,
            processes: counted.processes,
            failure: None,
        }
    }

    /// Processes that are still to come.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Whether nothing was counted yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Why it failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Takes what one process counted; `keep` stores the profile of the first.
    ///
    /// # Errors
    /// If the profile cannot be stored.
    pub fn take<E>(
        &mut self,
        observation: Observation,
        keep: impl FnOnce(&Observation) -> Result<StoredProfile, E>,
    ) -> Result<(), E> {
        self.threads |= observation.threads;
        self.processes |= observation.processes;
        if self.profile.is_none() {
            self.profile = Some(keep(&observation)?);
        }
        self.counts.push(observation.count);
        Ok(())
    }

    /// Takes a failure. The first one stands.
    pub fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    /// One process less is to come; gives how many must be added because the counts differ.
    pub fn one_done(&mut self) -> usize {
        self.pending = self.pending.saturating_sub(1);
        if self.pending > 0 || self.failure.is_some() || self.wanted >= REPEATS_JITTERY || !differ(&self.counts) {
            return 0;
        }
        self.wanted = REPEATS_JITTERY;
        self.pending = REPEATS_JITTERY.saturating_sub(self.counts.len());
        self.pending
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self.failure {
            Some(failure) => Outcome::Failed(failure),
            None => Outcome::Counted(Counted {
                repeats: self.counts,
                profile: self.profile,
                threads: self.threads,
                processes: self.processes,
                ..Counted::default()
            }),
        }
    }
}

/// Whether two repeats differ in a call that both made.
fn differ(counts: &[Count]) -> bool {
    let value = |call: &Call| call.timed.unwrap_or(call.whole);
    counts.windows(2).any(|pair| pair[0].calls.iter().zip(&pair[1].calls).any(|(a, b)| value(a) != value(b)))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn take(tally: &mut Tally, cost: u64) -> usize {
        let call = Call { iterations: 1, whole: cost + 10, timed: Some(cost), ..Call::default() };
        let observation = Observation {
            count: Count { calls: vec![call], ..Count::default() },
            parts: Vec::new(),
            threads: false,
            processes: false,
        };
        let stored =
            StoredProfile { parts: Vec::new(), iterations: 1, executable: "x".into(), source_root: "/".into() };
        let Ok(()) = tally.take(observation, |_| Ok::<_, Infallible>(stored));
        tally.one_done()
    }

    #[test]
    fn equal_counts_are_enough_and_differing_ones_are_repeated() {
        let mut exact = Tally::new(None, 2);
        assert_eq!((take(&mut exact, 5), exact.pending()), (0, 1));
        assert_eq!((take(&mut exact, 5), exact.pending()), (0, 0));
        let mut jittery = Tally::new(None, 2);
        take(&mut jittery, 5);
        assert_eq!(take(&mut jittery, 6), 3);
        for _ in 0..3 {
            assert_eq!(take(&mut jittery, 7), 0);
        }
        assert!(matches!(jittery.outcome(), Outcome::Counted(counted) if counted.repeats.len() == 5));
    }
}
