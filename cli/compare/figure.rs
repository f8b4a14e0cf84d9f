//! From the calls that each process counted to one figure per process: what an iteration costs, taken from the same calls
//! everywhere, so that like is compared with like.

use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Call, Count};

use crate::comparison::Region;

/// The calls of some processes that can be compared with each other.
pub(super) struct Figures<'r> {
    /// The calls that are used, one list per process.
    used: Vec<&'r [Call]>,
    /// What the counts cover.
    pub(super) region: Region,
    /// Calls that every figure was drawn from; the fewest, where the processes called differently.
    pub(super) calls: usize,
    /// Whether all processes made the same calls.
    pub(super) aligned: bool,
    /// Whether all calls cover the same region. If not, their instructions are compared by the whole of each call, and of
    /// anything else it is not known what it covers.
    uniform: bool,
}

impl<'r> Figures<'r> {
    /// The usable calls of some processes, whichever side they belong to; `None` if one of them holds none.
    ///
    /// Processes may differ in how many calls they made: a slower side gets through fewer in the same time. All are cut
    /// to the calls that they have in common, those that made the same number of iterations. If there are none, as when a
    /// side changed the version of its framework, each process keeps its own.
    pub(super) fn new(processes: &[&'r Count]) -> Option<Self> {
        let (common, aligned) = match common_calls(processes) {
            0 => (usize::MAX, false),
            calls => (calls, true),
        };
        let used: Vec<&[Call]> = processes.iter().map(|count| usable(&count.calls, common)).collect();
        let calls = used.iter().map(|calls| calls.len()).min().filter(|&calls| calls > 0)?;
        let drawn = || used.iter().flat_map(|calls| drawn_from(calls));
        let timed = drawn().all(|call| call.timed.is_some());
        let uniform = timed || drawn().all(|call| call.timed.is_none());
        let region = if timed { Region::Timed } else { Region::Whole };
        Some(Self { used, region, calls, aligned, uniform })
    }

    /// Instructions per iteration, in the order of the processes, never negative.
    pub(super) fn instructions(&self) -> Vec<f64> {
        self.drawn(self.settled(), |call| self.counted(call))
    }

    /// The part of them that the system's libraries executed; `None` if it cannot be told apart.
    pub(super) fn system(&self) -> Option<Vec<f64>> {
        let system = |call: &Call| call.system.min(self.counted(call));
        // By the same calls as the whole of which it is a part.
        self.uniform.then(|| self.drawn(self.settled(), system))
    }

    /// Instructions per iteration without the system's part.
    pub(super) fn without_system(&self) -> Option<Vec<f64>> {
        let own = |call: &Call| self.counted(call).saturating_sub(call.system);
        self.uniform.then(|| self.drawn(self.settled(), own))
    }

    /// A further metric; `None` if one of the processes has no data. All are per iteration but the peak of the heap: that
    /// is what the last call needed, whichever number of iterations it made.
    pub(super) fn metric(&self, metric: Metric) -> Option<Vec<f64>> {
        let known = self.used.iter().flat_map(|calls| drawn_from(calls)).all(|call| value(call, metric).is_some());
        // The peak of a call depends on how often it iterates.
        let comparable = self.uniform && (self.aligned || metric != Metric::PeakHeap);
        if !known || !comparable {
            return None;
        }
        let cost = |call: &Call| value(call, metric).unwrap_or(0);
        Some(match metric {
            Metric::Instructions => self.instructions(),
            Metric::PeakHeap => self.used.iter().map(|calls| calls.last().map_or(0.0, |c| cost(c) as f64)).collect(),
            _ => self.drawn(self.used.iter().all(|calls| is_linear(calls, cost)), cost),
        })
    }

    /// The instructions of a call that count.
    fn counted(&self, call: &Call) -> u64 {
        call.timed.filter(|_| self.region == Region::Timed).unwrap_or(call.whole)
    }

    /// Whether the instructions have become the same for each iteration, in every process.
    fn settled(&self) -> bool {
        self.used.iter().all(|calls| is_linear(calls, |call| self.counted(call)))
    }

    fn drawn(&self, settled: bool, cost: impl Fn(&Call) -> u64) -> Vec<f64> {
        self.used.iter().map(|calls| per_iteration(calls, settled, &cost)).collect()
    }
}

/// What a call counted of a metric.
fn value(call: &Call, metric: Metric) -> Option<u64> {
    match metric {
        Metric::Instructions => Some(call.whole),
        Metric::Allocations => call.memory.map(|memory| memory.allocations),
        Metric::AllocatedBytes => call.memory.map(|memory| memory.bytes),
        Metric::PeakHeap => call.memory.map(|memory| memory.peak),
        Metric::EstimatedCycles => call.events.map(|events| events.estimated_cycles),
        Metric::L1Misses => call.events.map(|events| events.l1_misses),
        Metric::LlMisses => call.events.map(|events| events.ll_misses),
        Metric::BranchMisses => call.events.map(|events| events.branch_misses),
    }
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

/// What an iteration of one process costs, whose calls make 1, 2, 4, 8, … iterations.
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
    use perfgate_harness::run::Memory;

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

    fn figures<'r>(processes: &[&'r Count]) -> Option<Figures<'r>> {
        Figures::new(processes)
    }

    fn values(processes: &[&Count]) -> Vec<f64> {
        figures(processes).unwrap().instructions()
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
        assert_eq!(
            (figures.instructions().as_slice(), figures.calls, figures.aligned),
            ([10.0, 11.0].as_slice(), 3, true)
        );
    }

    #[test]
    fn the_common_calls_end_where_the_iterations_part() {
        let twos = count(&[(1, 10), (2, 20), (4, 40)]);
        let tens = count(&[(1, 10), (10, 100), (100, 1000)]);
        assert_eq!(figures(&[&twos, &tens]).unwrap().calls, 1);
        let other = count(&[(3, 33), (6, 66), (9, 99)]);
        let apart = figures(&[&twos, &other]).unwrap();
        assert_eq!((apart.instructions().as_slice(), apart.aligned), ([10.0, 11.0].as_slice(), false));
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
        assert_eq!((both.instructions().as_slice(), both.region), ([5.0, 5.0].as_slice(), Region::Timed));
        other.calls[3].timed = None;
        let both = figures(&[&timed, &other]).unwrap();
        assert_eq!((both.instructions().as_slice(), both.region), ([10.0, 10.0].as_slice(), Region::Whole));
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

    #[test]
    fn the_systems_part_and_the_rest_make_up_the_whole() {
        // A part for each call, and a part for each iteration.
        let mut process = count(&[(1, 5_000), (2, 2_290), (4, 4_290), (8, 8_290)]);
        for call in &mut process.calls {
            call.system = 90 + 250 * call.iterations;
        }
        let one = figures(&[&process]).unwrap();
        assert_eq!(one.instructions(), [1000.0]);
        assert_eq!((one.system().unwrap(), one.without_system().unwrap()), (vec![250.0], vec![750.0]));
    }

    #[test]
    fn of_calls_that_cover_different_regions_only_the_instructions_are_known() {
        let memory = Some(Memory { allocations: 4, bytes: 64, peak: 64 });
        let mut process = count(&[(1, 100), (2, 100), (4, 100), (8, 100)]);
        process.calls.iter_mut().for_each(|call| (call.timed, call.memory) = (Some(call.iterations * 5), memory));
        assert!(figures(&[&process]).unwrap().system().is_some());
        process.calls[3].timed = None;
        let mixed = figures(&[&process]).unwrap();
        assert!(mixed.system().is_none() && mixed.without_system().is_none());
        assert!(mixed.metric(Metric::Allocations).is_none());
    }

    #[test]
    fn allocations_are_per_iteration_and_the_peak_is_that_of_the_last_call() {
        let mut process = count(&[(1, 10), (2, 20), (4, 40), (8, 80)]);
        for call in &mut process.calls {
            let allocations = 3 * call.iterations + 1;
            call.memory = Some(Memory { allocations, bytes: 16 * allocations, peak: 500 + call.iterations });
        }
        let one = figures(&[&process]).unwrap();
        let of = |metric| one.metric(metric).map(|values| values[0]);
        assert_eq!(of(Metric::Allocations), Some(3.0));
        assert_eq!(of(Metric::AllocatedBytes), Some(48.0));
        assert_eq!(of(Metric::PeakHeap), Some(508.0));
        assert_eq!((of(Metric::Instructions), of(Metric::L1Misses)), (Some(10.0), None));
        process.calls[2].memory = None;
        assert!(figures(&[&process]).unwrap().metric(Metric::Allocations).is_none());
    }
}
