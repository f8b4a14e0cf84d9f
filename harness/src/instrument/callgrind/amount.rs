//! What was executed between two points in time, added up from dumps.

use std::ops::{AddAssign, Sub};

use super::clock::Question;
use crate::run::{Call, Events, Memory};

/// What was executed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Amount {
    /// Instructions, without those of the harness's own clock.
    pub instructions: u64,
    /// Those of them in libraries of the system.
    pub system: u64,
    /// Events of the simulated caches, where they are simulated.
    pub events: Option<Events>,
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.instructions += other.instructions;
        self.system += other.system;
        self.events = combined(self.events, other.events, |a, b| a + b);
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            instructions: self.instructions.saturating_sub(other.instructions),
            system: self.system.saturating_sub(other.system),
            events: combined(self.events, other.events, u64::saturating_sub),
        }
    }
}

fn combined(one: Option<Events>, other: Option<Events>, with: impl Fn(u64, u64) -> u64) -> Option<Events> {
    if one.is_none() && other.is_none() {
        return None;
    }
    let (a, b) = (one.unwrap_or_default(), other.unwrap_or_default());
    Some(Events {
        estimated_cycles: with(a.estimated_cycles, b.estimated_cycles),
        l1_misses: with(a.l1_misses, b.l1_misses),
        ll_misses: with(a.ll_misses, b.ll_misses),
        branch_misses: with(a.branch_misses, b.branch_misses),
    })
}

/// A read of the clock.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Index of the dump that it ended.
    pub index: usize,
    /// What was executed before it, from some beginning on.
    pub before: Amount,
    /// What was allocated before it.
    pub memory: Option<Question>,
}

/// Fills in what happened between pairs of reads: instructions where `call.timed` asks for them, and the rest.
#[must_use]
pub fn between(pairs: &[(&Mark, &Mark)], mut call: Call) -> Call {
    let mut sum = Amount::default();
    let mut memory = Some(Memory::default());
    for (from, to) in pairs {
        sum += to.before - from.before;
        memory = match (memory, from.memory, to.memory) {
            (Some(so_far), Some(from), Some(to)) => Some(Memory {
                allocations: so_far.allocations + to.allocations.saturating_sub(from.allocations),
                bytes: so_far.bytes + to.bytes.saturating_sub(from.bytes),
                peak: so_far.peak.max(to.peak.saturating_sub(from.live)),
            }),
            _ => None,
        };
    }
    call.timed = call.timed.map(|_| sum.instructions);
    (call.system, call.events, call.memory) = (sum.system, sum.events, memory);
    call
}
