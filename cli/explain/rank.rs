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

/// With `c` calls and `s` per call, Δ = (c′ − c)·s + c′·(s′ − s): whichever part is larger is the cause.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::symbols::Function;

    fn spent(owned: &[(FunctionId, Option<FunctionId>, f64)]) -> Attribution {
        Attribution {
            owned: owned.iter().map(|&(host, owner, amount)| ((host, owner), amount)).collect(),
            total: owned.iter().map(|(_, _, amount)| amount).sum(),
            ..Attribution::default()
        }
    }

    #[test]
    fn what_only_moved_within_a_function_cancels() {
        let baseline = spent(&[(0, Some(1), 1000.0), (0, Some(2), 5000.0), (0, None, 10.0)]);
        let moved = spent(&[(0, Some(1), 4000.0), (0, Some(2), 2000.0), (0, None, 10.0)]);
        assert_eq!(changes(&baseline, &moved), []);
        let moved_and_more = spent(&[(0, Some(1), 4100.0), (0, Some(2), 2000.0), (0, None, 10.0)]);
        let changes = changes(&baseline, &moved_and_more);
        assert_eq!(changes.iter().map(|change| (change.function, change.delta)).collect::<Vec<_>>(), [(1, 100.0)]);
        assert_eq!(changes[0].candidate.instructions, 1100.0);
    }

    #[test]
    fn a_function_that_is_no_longer_inlined_keeps_its_cost() {
        let inlined = spent(&[(0, Some(0), 500.0), (0, Some(1), 1000.0)]);
        let called = spent(&[(0, Some(0), 500.0), (1, Some(1), 1000.0)]);
        assert_eq!(changes(&inlined, &called), []);
    }

    #[test]
    fn small_change_is_dropped_only_beside_a_large_one() {
        let alone = changes(&spent(&[(0, Some(0), 10.0)]), &spent(&[(0, Some(0), 10.5)]));
        assert_eq!(alone.len(), 1);
        let baseline = spent(&[(0, Some(0), 10.0), (1, Some(1), 10.0)]);
        let beside = changes(&baseline, &spent(&[(0, Some(0), 10.5), (1, Some(1), 5000.0)]));
        assert_eq!(beside.iter().map(|change| change.function).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn calls_count_only_where_no_copy_is_inlined() {
        let mut side = spent(&[(0, Some(0), 100.0)]);
        side.calls.insert(0, 3.0);
        assert_eq!(calls(&side, 0, 100.0), Some(3.0));
        side.inlined.insert(0, 50.0);
        assert_eq!(calls(&side, 0, 100.0), None);
        assert_eq!(calls(&side, 7, 100.0), None);
    }

    #[test]
    fn an_inlined_copy_without_a_path_is_the_function_in_the_same_file() {
        let mut functions = Functions::default();
        let whole = |name: &str| Function { name: name.to_owned(), file: None };
        let skip = functions.intern(whole("json::lexer::skip"));
        let short = functions.intern(Function { name: "skip".to_owned(), file: Some(4) });
        let elsewhere = functions.intern(Function { name: "skip".to_owned(), file: Some(5) });
        let mut called = spent(&[(skip, Some(skip), 10.0)]);
        called.lines.insert((skip, (4, 1)), 10.0);
        let mut inlined = spent(&[(9, Some(short), 7.0), (9, Some(elsewhere), 3.0)]);
        inlined.lines.insert((short, (4, 2)), 7.0);
        identify([&mut called, &mut inlined], &functions);
        assert_eq!(by_owner(&inlined), BTreeMap::from([(skip, 7.0), (elsewhere, 3.0)]));
        assert_eq!(inlined.lines, BTreeMap::from([((skip, (4, 2)), 7.0)]));
    }
}
