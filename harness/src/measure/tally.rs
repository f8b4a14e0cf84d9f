//! What is known of one benchmark while its processes run.

use crate::instrument::job::Observation;
use crate::run::{Counted, Failure, Outcome, Seeds, StoredProfile};

/// What the processes of a repeat start from, the same on both sides. The second differs from the first in everything, so
/// that whoever counts the same in both depends on nothing of it. The next ones, in processes of their own, tell on what a
/// benchmark depends that does not: one seed at a time is changed, and one repeat is like another.
#[must_use]
pub fn seeds(repeat: usize) -> Seeds {
    const CONTROL: usize = 5;
    let (heap, random) = match repeat {
        0 | 2 | CONTROL => (0, 0),
        1 => (1, 1),
        3 => (1, 0),
        4 => (0, 1),
        more => (more - 4, more - 4),
    };
    let seed = |seed: usize| u32::try_from(seed).unwrap_or(u32::MAX);
    Seeds { heap: seed(heap), random: seed(random), company: 0 }
}

/// The counts so far, and how many processes are still to come.
#[derive(Debug)]
pub struct Tally {
    counted: Counted,
    /// Observations with their repeats: they come in any order.
    fresh: Vec<(usize, Observation)>,
    failure: Option<Failure>,
    pending: usize,
}

impl Tally {
    /// Begins from what was counted before, aiming at `repeats` processes.
    #[must_use]
    pub fn new(before: Option<&Counted>, repeats: usize) -> Self {
        let counted = before.cloned().unwrap_or_default();
        let pending = repeats.saturating_sub(counted.repeats.len());
        Self { counted, fresh: Vec::new(), failure: None, pending }
    }

    /// Processes that are still to come.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Why it failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Takes what one process counted; `keep` stores the profile of the first repeat.
    ///
    /// # Errors
    /// If the profile cannot be stored.
    pub fn take<E>(
        &mut self,
        repeat: usize,
        observation: Observation,
        keep: impl FnOnce(&Observation) -> Result<StoredProfile, E>,
    ) -> Result<(), E> {
        self.counted.threads |= observation.threads;
        self.counted.processes |= observation.processes;
        self.counted.clock |= observation.clock;
        if repeat == 0 && self.counted.profile.is_none() {
            self.counted.profile = Some(keep(&observation)?);
        }
        self.fresh.push((repeat, observation));
        Ok(())
    }

    /// Takes a failure. The first one stands.
    pub fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    /// One process less is to come.
    pub fn one_done(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(mut self) -> Outcome {
        if let Some(failure) = self.failure {
            return Outcome::Failed(failure);
        }
        self.fresh.sort_by_key(|(repeat, _)| *repeat);
        if self.counted.repeats.is_empty() && self.fresh.is_empty() {
            return Outcome::OutOfTime;
        }
        self.counted.repeats.extend(self.fresh.into_iter().map(|(_, observation)| observation.count));
        Outcome::Counted(self.counted)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use super::*;
    use crate::run::{Call, Count};

    fn take(tally: &mut Tally, repeat: usize) {
        let call = Call { iterations: 1, whole: 10, timed: Some(5), ..Call::default() };
        let count = Count { seeds: seeds(repeat), calls: vec![call] };
        let observation = Observation { count, ..Observation::default() };
        let stored =
            StoredProfile { parts: Vec::new(), iterations: 1, executable: "x".into(), source_root: "/".into() };
        let Ok(()) = tally.take(repeat, observation, |_| Ok::<_, Infallible>(stored));
        tally.one_done();
    }

    #[test]
    fn repeats_are_in_order_whichever_process_was_first() {
        let mut tally = Tally::new(None, 2);
        assert_eq!(tally.pending(), 2);
        take(&mut tally, 1);
        take(&mut tally, 0);
        assert_eq!(tally.pending(), 0);
        let Outcome::Counted(counted) = tally.outcome() else { panic!("it was counted") };
        assert_eq!(counted.repeats.iter().map(|count| count.seeds).collect::<Vec<_>>(), [seeds(0), seeds(1)]);
        assert!(counted.profile.is_some());
        let mut more = Tally::new(Some(&counted), 5);
        assert_eq!(more.pending(), 3);
        (2..5).for_each(|repeat| take(&mut more, repeat));
        assert!(matches!(more.outcome(), Outcome::Counted(counted) if counted.repeats.len() == 5));
    }

    #[test]
    fn one_repeat_in_a_process_of_its_own_is_like_another() {
        assert_eq!(seeds(5), seeds(2));
        assert_eq!((1..9).map(seeds).collect::<BTreeSet<_>>().len(), 7);
    }
}
