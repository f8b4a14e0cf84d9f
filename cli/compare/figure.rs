//! From the calls that each process counted to one figure per process: instructions per iteration, taken from the same
//! calls everywhere, so that like is compared with like.

use perfgate_harness::run::{Call, Count};

use crate::comparison::Region;

/// One figure per process, in the order of the processes.
pub(super) struct Figures {
    /// Instructions per iteration, never negative.
    pub(super) values: Vec<f64>,
    /// What they cover.
    pub(super) region: Region,
    /// Calls that every figure was drawn from; the fewest, where the processes called differently.
    pub(super) calls: usize,
    /// Whether all processes made the same calls.
    pub(super) aligned: bool,
}

/// The figures of some processes, whichever side they belong to; `None` if one of them holds no usable call.
///
/// Processes may differ in how many calls they made: a slower side gets through fewer in the same time. All are cut to
/// the calls that they have in common, those that made the same number of iterations. If there are none, as when a side
/// changed the version of its framework, each process keeps its own.
pub(super) fn figures(processes: &[&Count]) -> Option<Figures> {
    let (common, aligned) = match common_calls(processes) {
        0 => (usize::MAX, false),
        calls => (calls, true),
    };
    let used: Vec<&[Call]> = processes.iter().map(|count| usable(&count.calls, common)).collect();
    let calls = used.iter().map(|calls| calls.len()).min().filter(|&calls| calls > 0)?;
    let timed = used.iter().all(|calls| drawn_from(calls).all(|call| call.timed.is_some()));
    let cost = |call: &Call| call.timed.filter(|_| timed).unwrap_or(call.whole);
    let settled = used.iter().all(|calls| is_linear(calls, cost));
    let values = used.iter().map(|calls| per_iteration(calls, settled, cost)).collect();
    Some(Figures { values, region: if timed { Region::Timed } else { Region::Whole }, calls, aligned })
}

/// How many leading calls made the same number of iterations in every process.
fn common_calls(processes: &[&Count]) -> usize {
    let Some((first, rest)) = processes.split_first() else { return 0 };
    let agree =
        |k: usize, call: &Call| rest.iter().all(|p| p.calls.get(k).map(|c| c.iterations) == Some(call.iterations));
    first.calls.iter().enumerate().take_while(|&(k, call)| call.iterations > 0 && agree(k, call)).count()
}

/// At most so many leading calls, ending before one of no iterations: it has no count per iteration.
fn usable(calls: &[Call], most: usize) -> &[Call] {
    let end = calls.iter().take(most).take_while(|call| call.iterations > 0).count();
    &calls[..end]
}

/// The calls that [`per_iteration`] reads: the second, where there are three or more, and the last ones.
fn drawn_from(calls: &[Call]) -> impl Iterator<Item = &Call> {
    let last = calls.get(calls.len().saturating_sub(3)..).filter(|_| calls.len() > 3).unwrap_or(&[]);
    calls.get(1).filter(|_| calls.len() > 2).into_iter().chain(last).chain(calls.last())
}

/// Whether one more iteration cost the same, to the instruction, in the last two doublings.
fn is_linear(calls: &[Call], cost: impl Fn(&Call) -> u64) -> bool {
    let [_, .., a, b, c] = calls else { return false };
    let step = |from: &Call, to: &Call| {
        let iterations = i128::from(to.iterations) - i128::from(from.iterations);
        (i128::from(cost(to)) - i128::from(cost(from)), iterations)
    };
    let ((first, few), (second, many)) = (step(a, b), step(b, c));
    few > 0 && many > 0 && first.checked_mul(many).zip(second.checked_mul(few)).is_some_and(|(one, other)| one == other)
}

/// Instructions per iteration of one process, whose calls make 1, 2, 4, 8, … iterations.
///
/// Where the benchmark has `settled` in every process that is compared, it is the marginal cost of the last doubling,
/// which is exact. Else, with three calls or more, it is the slope `(T_K − T_2) / (n_K − n_2)`: what the framework spends once per call, a few
/// hundred instructions, is in both terms and cancels, and the first call, which finds everything cold (lazy statics,
/// first allocations), is left out. The last call weighs most, since it makes half of all iterations.
/// With fewer calls it is `T_K / n_K`: only a benchmark of millions of instructions makes so few, and the few hundred
/// instructions are nothing beside it. The same holds for a schedule that does not grow.
///
/// A slope below zero means that more iterations cost less: nothing in it depends on their number, and it counts as zero.
fn per_iteration(calls: &[Call], settled: bool, cost: impl Fn(&Call) -> u64) -> f64 {
    match calls {
        [] => 0.0,
        [.., before, last] if settled => {
            ratio(cost(last).saturating_sub(cost(before)), last.iterations - before.iterations)
        }
        [_, second, .., last] if last.iterations > second.iterations => {
            ratio(cost(last).saturating_sub(cost(second)), last.iterations - second.iterations)
        }
        [.., last] => ratio(cost(last), last.iterations),
    }
}

/// Equal integers give equal figures, and different ones different figures below 2^52 instructions, about a month of
/// callgrind: so that figures are exactly as comparable as the counts.
fn ratio(instructions: u64, iterations: u64) -> f64 {
    instructions as f64 / iterations as f64
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn count(calls: &[(u64, u64)]) -> Count {
        let call = |&(iterations, whole)| Call { iterations, whole, ..Call::default() };
        Count { calls: calls.iter().map(call).collect(), ..Count::default() }
    }

    #[test]
    fn a_benchmark_that_settled_costs_exactly_what_one_more_iteration_costs() {
        // The second call still grew the heap: a slope from there would be off by it.
        let settled = count(&[(1, 9000), (2, 1100), (4, 420), (8, 820), (16, 1620)]);
        assert_eq!(values(&[&settled, &settled]), [100.0, 100.0]);
        // One process that has not settled decides how all are read, so that like is compared with like.
        let unsettled = count(&[(1, 9000), (2, 1100), (4, 420), (8, 820), (16, 1621)]);
        let slope = |last: f64| (last - 1100.0) / 14.0;
        assert_eq!(values(&[&settled, &unsettled]), [slope(1620.0), slope(1621.0)]);
    }

    fn values(processes: &[&Count]) -> Vec<f64> {
        figures(processes).unwrap().values
    }

    #[test]
    fn the_slope_cancels_the_overhead_and_leaves_out_the_cold_first_call() {
        let process = count(&[(1, 9_999), (2, 290 + 14), (4, 290 + 28), (8, 290 + 56)]);
        assert_eq!(values(&[&process]), [7.0]);
    }

    #[test]
    fn one_or_two_calls_are_divided_as_they_are() {
        assert_eq!(values(&[&count(&[(1, 500)])]), [500.0]);
        assert_eq!(values(&[&count(&[(1, 900), (2, 1000)])]), [500.0]);
    }

    #[test]
    fn a_schedule_that_does_not_grow_is_divided_too() {
        assert_eq!(values(&[&count(&[(1, 600), (1, 500), (1, 500)])]), [500.0]);
    }

    #[test]
    fn all_processes_are_cut_to_the_calls_they_share() {
        let long = count(&[(1, 0), (2, 20), (4, 40), (8, 800)]);
        let short = count(&[(1, 0), (2, 20), (4, 42)]);
        let figures = figures(&[&long, &short]).unwrap();
        assert_eq!((figures.values.as_slice(), figures.calls, figures.aligned), ([10.0, 11.0].as_slice(), 3, true));
    }

    #[test]
    fn the_common_calls_end_where_the_iterations_part() {
        let twos = count(&[(1, 10), (2, 20), (4, 40)]);
        let tens = count(&[(1, 10), (10, 100), (100, 1000)]);
        assert_eq!(figures(&[&twos, &tens]).unwrap().calls, 1);
        let other = count(&[(3, 33), (6, 66), (9, 99)]);
        let apart = figures(&[&twos, &other]).unwrap();
        assert_eq!((apart.values.as_slice(), apart.aligned), ([10.0, 11.0].as_slice(), false));
    }

    #[test]
    fn the_timed_region_is_used_only_if_every_call_that_counts_has_it() {
        let mut timed = count(&[(1, 10), (2, 20), (4, 40), (8, 80)]);
        for call in &mut timed.calls {
            call.timed = Some(call.iterations * 5);
        }
        let mut other = timed.clone();
        other.calls[0].timed = None;
        let both = figures(&[&timed, &other]).unwrap();
        assert_eq!((both.values.as_slice(), both.region), ([5.0, 5.0].as_slice(), Region::Timed));
        other.calls[3].timed = None;
        let both = figures(&[&timed, &other]).unwrap();
        assert_eq!((both.values.as_slice(), both.region), ([10.0, 10.0].as_slice(), Region::Whole));
    }

    #[test]
    fn a_falling_cost_counts_as_zero() {
        assert_eq!(values(&[&count(&[(1, 900), (2, 800), (4, 700)])]), [0.0]);
    }

    #[test]
    fn calls_without_iterations_and_processes_without_calls_are_no_figures() {
        assert!(figures(&[&count(&[])]).is_none());
        assert!(figures(&[&count(&[(0, 5), (1, 6)])]).is_none());
        assert!(figures(&[&count(&[(1, 5)]), &count(&[])]).is_none());
        assert!(figures(&[]).is_none());
        assert_eq!(values(&[&count(&[(1, 5), (0, 7), (4, 9)])]), [5.0]);
    }
}
