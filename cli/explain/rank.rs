//! From what both sides spent to the functions that changed, the largest contribution to the benchmark's change first.

use std::collections::BTreeMap;

use super::attribute::Attribution;
use super::symbols::{FunctionId, Functions, last_segment};
use crate::explanation::{Cause, FunctionCost};

/// A function whose cost changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) function: FunctionId,
    pub(super) baseline: FunctionCost,
    pub(super) candidate: FunctionCost,
    pub(super) delta: f64,
    pub(super) cause: Cause,
}

/// The functions whose cost changed by an amount worth a word.
pub(super) fn changes(baseline: &Attribution, candidate: &Attribution) -> Vec<Change> {
    let deltas = netted(baseline, candidate);
    let whole: f64 = deltas.values().map(|delta| delta.abs()).sum();
    let (before, after) = (by_owner(baseline), by_owner(candidate));
    let mut changes: Vec<_> = deltas
        .into_iter()
        .filter(|(_, delta)| delta.abs() >= 1.0 || (delta.abs() >= 1e-3 * whole && delta.abs() > NOTHING))
        .map(|(function, delta)| {
            let spent = before.get(&function).copied().unwrap_or(0.0);
            let baseline = FunctionCost { instructions: spent, calls: calls(baseline, function, spent) };
            // What the compiler merely moved stays where it was.
            let instructions = (spent + delta).max(0.0);
            let calls = calls(candidate, function, after.get(&function).copied().unwrap_or(0.0));
            let candidate = FunctionCost { instructions, calls };
            Change { function, baseline, candidate, delta, cause: cause(&baseline, &candidate) }
        })
        .collect();
    let direction = candidate.total - baseline.total;
    changes.sort_by(|a, b| {
        let against = |change: &Change| change.delta * direction < 0.0;
        against(a).cmp(&against(b)).then(b.delta.abs().total_cmp(&a.delta.abs())).then(a.function.cmp(&b.function))
    });
    changes
}

/// Sums of divided counts differ in their last bits; less than this is no change, instructions per iteration.
const NOTHING: f64 = 1e-6;

/// Change per owner. Within one called function the compiler merges equal instructions and keeps the source line of
/// either, so cost wanders between owners while the function costs what it did: there the changes of the owners are
/// scaled down to the change of the function, and those against its direction are struck out.
fn netted(baseline: &Attribution, candidate: &Attribution) -> BTreeMap<FunctionId, f64> {
    let mut hosts: BTreeMap<FunctionId, BTreeMap<Option<FunctionId>, f64>> = BTreeMap::new();
    for (side, sign) in [(baseline, -1.0), (candidate, 1.0)] {
        for (&(host, owner), &amount) in &side.owned {
            *hosts.entry(host).or_default().entry(owner).or_default() += sign * amount;
        }
    }
    let mut deltas = BTreeMap::new();
    for owners in hosts.into_values() {
        let net: f64 = owners.values().sum();
        let along: f64 = owners.values().filter(|&&delta| delta * net > 0.0).sum();
        for (owner, delta) in owners {
            if let Some(owner) = owner
                && delta * net > 0.0
            {
                *deltas.entry(owner).or_default() += delta * (net / along);
            }
        }
    }
    deltas
}

fn by_owner(side: &Attribution) -> BTreeMap<FunctionId, f64> {
    let mut sums = BTreeMap::new();
    for (&(_, owner), &amount) in &side.owned {
        if let Some(owner) = owner {
            *sums.entry(owner).or_default() += amount;
        }
    }
    sums
}

/// Calls per iteration, where they can be counted: calls to an inlined copy cannot.
fn calls(side: &Attribution, function: FunctionId, spent: f64) -> Option<f64> {
    let calls = side.calls.get(&function).copied()?;
    let inlined = side.inlined.get(&function).copied().unwrap_or(0.0);
    (inlined <= 0.01 * spent).then_some(calls)
}

/// Δ = (c_h − c_b)·s_b + c_h·(s_h − s_b), with c calls and s cost per call: whichever is larger is the cause.
fn cause(baseline: &FunctionCost, candidate: &FunctionCost) -> Cause {
    let delta = candidate.instructions - baseline.instructions;
    let ran = |cost: &FunctionCost, other: &FunctionCost| {
        cost.instructions > 1e-3 * other.instructions || cost.calls.is_some_and(|calls| calls > 0.0)
    };
    if !ran(baseline, candidate) {
        return Cause::New;
    }
    if !ran(candidate, baseline) {
        return Cause::Gone;
    }
    if let (Some(before), Some(after)) = (baseline.calls, candidate.calls)
        && before > 0.0
    {
        let by_calls = (after - before) * (baseline.instructions / before);
        let per_call = delta - by_calls;
        if by_calls.abs() > per_call.abs() {
            return if by_calls > 0.0 { Cause::MoreCalls } else { Cause::FewerCalls };
        }
        return if per_call > 0.0 { Cause::CostlierCalls } else { Cause::CheaperCalls };
    }
    if delta > 0.0 { Cause::CostlierCalls } else { Cause::CheaperCalls }
}

/// Gives inlined copies the identity of the function itself.
///
/// Line tables alone name an inlined function without its path. Where exactly one function with a whole name has this
/// last segment and lines in the same file, it is the one.
pub(super) fn identify(sides: [&mut Attribution; 2], functions: &Functions) {
    let mut whole: BTreeMap<(u32, &str), Vec<FunctionId>> = BTreeMap::new();
    for (id, function) in functions.iter().filter(|(_, function)| function.file.is_none()) {
        let mut files: Vec<_> = sides
            .iter()
            .flat_map(|side| {
                side.lines.range((id, (0, 0))..=(id, (u32::MAX, u32::MAX))).map(|(&(_, (file, _)), _)| file)
            })
            .collect();
        files.sort_unstable();
        files.dedup();
        for file in files {
            whole.entry((file, last_segment(&function.name))).or_default().push(id);
        }
    }
    let same: BTreeMap<FunctionId, FunctionId> = functions
        .iter()
        .filter_map(|(id, function)| match whole.get(&(function.file?, function.name.as_str()))?.as_slice() {
            [only] => Some((id, *only)),
            _ => None,
        })
        .collect();
    let of = |id: FunctionId| same.get(&id).copied().unwrap_or(id);
    for side in sides {
        side.owned = sum(std::mem::take(&mut side.owned), |(host, owner)| (host, owner.map(of)));
        side.lines = sum(std::mem::take(&mut side.lines), |(id, place)| (of(id), place));
        side.inlined = sum(std::mem::take(&mut side.inlined), of);
    }
}

fn sum<K: Ord>(amounts: BTreeMap<K, f64>, key: impl Fn(K) -> K) -> BTreeMap<K, f64> {
    let mut sums = BTreeMap::new();
    for (old, amount) in amounts {
        *sums.entry(key(old)).or_default() += amount;
    }
    sums
}
