//! Which bench targets need not be measured, because both sides' executables are the same.

use std::collections::BTreeSet;

use super::{MeasureError, Pair, Settings};
use crate::plan::identical::{Changes, identical};
use crate::plan::{BenchTarget, Plan, Role};
use crate::run::Identity;

/// Bench targets whose executables are the same on both sides.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    /// The sides.
    pub(super) pair: Identity,
    /// See [`key`].
    names: BTreeSet<(String, String, bool)>,
}

impl Targets {
    /// Those of a pair that is built; the observer hears what differs in each of the others.
    ///
    /// # Errors
    /// If the sources of the two sides cannot be compared.
    pub(super) fn of(plan: &Plan, pair: &Pair, settings: &Settings<'_>) -> Result<Self, MeasureError> {
        let (baseline, candidate) = (&pair.baseline, &pair.candidate);
        let machines = baseline.run.machine.differences(&candidate.run.machine);
        if !settings.skip_identical || !machines.is_empty() {
            return Ok(Self::default());
        }
        let changes = Changes::of(plan)?;
        let tree = |role| plan.snapshot(role).tree.clone();
        let pair = Identity { baseline: tree(Role::Baseline), candidate: tree(Role::Candidate) };
        let mut targets = Self { pair, ..Self::default() };
        for executable in candidate.executables() {
            let target = &executable.target;
            let is_same = |other: &BenchTarget| key(other) == key(target);
            let Some(other) = baseline.executables().iter().find(|other| is_same(&other.target)) else { continue };
            let answer = identical(other, executable, &changes);
            let name = format!("{}::{}", target.package, target.name);
            settings.observer.compared(&name, answer.as_ref().err().map(ToString::to_string).as_deref());
            if answer.is_ok() {
                targets.names.insert(key(target));
            }
        }
        Ok(targets)
    }

    /// Whether a bench target is among them.
    pub(super) fn contains(&self, target: &BenchTarget) -> bool {
        self.names.contains(&key(target))
    }
}

/// Package, name, and whether it is a library, whose name a bench target may have as well.
fn key(target: &BenchTarget) -> (String, String, bool) {
    (target.package.clone(), target.name.clone(), target.library)
}
