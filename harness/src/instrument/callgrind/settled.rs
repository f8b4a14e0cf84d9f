//! When a benchmark has been called often enough.

use crate::run::Call;

/// What a call cost, as far as can be told.
fn cost(call: &Call) -> u64 {
    call.timed.unwrap_or(call.whole)
}

/// Whether calling it with still more iterations would tell nothing new, after calls with more and more iterations, so
/// many instructions in so many calls altogether, and so many dumps.
///
/// Either the marginal cost of the last two steps is the same to the instruction, after enough work that a buffer of
/// ordinary size has filled and a cache begun to evict: the benchmark is linear, and its cost per iteration is exact. Or
/// so many instructions were executed, set-up included, that the framework's own hundred are nothing beside them and what
/// a benchmark draws at random has averaged out as far as it is worth waiting for. Both depend on counts alone, never on
/// time, so that all runs of the same code stop at the same call. The bound is low enough to come well before the second
/// after which criterion stops by itself, where it has its own clock. A benchmark is `slow` if each of its iterations starts
/// processes, whose start-up under valgrind takes longer than what they do.
#[must_use]
pub fn settled(calls: &[Call], total: u64, made: usize, dumps: usize, slow: bool) -> bool {
    /// What a linear benchmark must at least have done: so many instructions, or iterations, or, where each batch costs a
    /// dump, so many of these.
    const WORKED: (u64, u64, usize) = (1_000_000, 1024, 1000);
    /// A few tenths of a second under callgrind; and where each iteration starts processes, a few seconds.
    const ENOUGH: [u64; 2] = [10_000_000, 500_000];
    /// So much that a second call might not come, because criterion's second is over. Below it, there is one: the first
    /// call finds everything cold.
    const HUGE: u64 = 40_000_000;
    let linear = match calls {
        [_, .., a, b, c] => {
            let steps = [(a, b), (b, c)].map(|(from, to)| {
                let iterations = i128::from(to.iterations) - i128::from(from.iterations);
                (i128::from(cost(to)) - i128::from(cost(from)), iterations)
            });
            let [(first, few), (second, many)] = steps;
            few > 0 && many > 0 && first.checked_mul(many) == second.checked_mul(few)
        }
        _ => false,
    };
    let iterations = calls.last().map_or(0, |call| call.iterations);
    let worked = total >= WORKED.0 || iterations >= WORKED.1 || dumps >= WORKED.2;
    (linear && worked) || total >= HUGE || (total >= ENOUGH[usize::from(slow)] && made >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubling_stops_when_the_marginal_cost_repeats_or_enough_was_executed() {
        let settled = |timed: &[u64], set_up: u64| {
            let call = |(k, &timed): (usize, &u64)| Call {
                iterations: 1 << k,
                whole: timed + (set_up << k),
                timed: Some(timed),
                ..Call::default()
            };
            let calls: Vec<_> = timed.iter().enumerate().map(call).collect();
            super::settled(&calls, calls.iter().map(|call| call.whole).sum(), calls.len(), 0, false)
        };
        assert!(!settled(&[100, 200, 400, 800], 0), "a ring of a few entries has not gone round");
        let tiny: Vec<u64> = (0..11).map(|k| 52 + (7 << k)).collect();
        assert!(settled(&tiny, 0) && !settled(&tiny[..10], 0));
        assert!(!settled(&[3831, 7610, 15_168], 200_000));
        assert!(settled(&[3831, 7610, 15_168, 30_284], 200_000));
        assert!(settled(&[9000, 7610, 15_168, 30_284], 200_000), "the first call may be cold");
        assert!(!settled(&[10_000, 20_100, 39_800, 80_400], 0));
        assert!(settled(&[10_000, 20_100, 39_800, 80_400], 1_000_000), "set-up takes its time too");
        assert!(settled(&[1_000_000, 2_010_000, 3_980_000, 8_040_000], 0));
        assert!(settled(&[100_000_000], 0));
        assert!(!settled(&[20_000_000], 0));
        assert!(settled(&[20_000_000, 30_000_000], 0));
        assert!(!settled(&[2_000_000, 4_000_000], 0));
    }
}
