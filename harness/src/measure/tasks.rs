//! Which benchmarks are counted together in one process.
//!
//! Starting valgrind and a framework takes longer than counting most benchmarks, so several share a process. What runs
//! before a benchmark must not move its count; so that this is not only hoped for, every repeat groups the benchmarks in
//! another way. The number of cores has no say in the groups.

/// One process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Task {
    /// Indices of the benchmarks, ascending.
    pub members: Vec<usize>,
    /// Which repeat it is, from 0.
    pub repeat: usize,
}

/// The processes in which benchmarks that share an executable are counted for one repeat, at most `batch` in each. There
/// are a few at least, so that every core has something to do; a benchmark that took many `seconds` has one for itself.
#[must_use]
pub fn tasks(members: &[usize], repeat: usize, batch: usize, seconds: impl Fn(usize) -> f64) -> Vec<Task> {
    /// Processes that a repeat is split into where there are enough benchmarks.
    const SPLIT: usize = 4;
    /// Far more than a process takes to start.
    const LONG: f64 = 8.0;
    let (long, members): (Vec<usize>, Vec<usize>) = members.iter().partition(|&&member| seconds(member) > LONG);
    let alone = long.into_iter().map(|member| Task { members: vec![member], repeat });
    let size = members.len().div_ceil(SPLIT).clamp(1, batch.max(1));
    let processes = members.len().div_ceil(size);
    let task = |members: Vec<usize>| Task { members, repeat };
    let shared: Vec<Task> = if repeat.is_multiple_of(2) {
        members.chunks(size).map(|chunk| task(chunk.to_vec())).collect()
    } else {
        (0..processes).map(|first| task(members.iter().skip(first).step_by(processes).copied().collect())).collect()
    };
    alone.chain(shared).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_benchmark_is_in_one_process_of_each_repeat_and_with_others_in_the_next() {
        let members: Vec<usize> = (10..50).collect();
        for repeat in 0..3 {
            let tasks = tasks(&members, repeat, 16, |_| 0.5);
            assert_eq!(tasks.len(), 4);
            let mut all: Vec<usize> = tasks.iter().flat_map(|task| task.members.clone()).collect();
            all.sort_unstable();
            assert_eq!(all, members);
            assert!(tasks.iter().all(|task| task.members.is_sorted() && task.members.len() <= 16));
        }
        assert_eq!(tasks(&members, 0, 16, |_| 0.5)[0].members[..3], [10, 11, 12]);
        assert_eq!(tasks(&members, 1, 16, |_| 0.5)[0].members[..3], [10, 14, 18]);
    }

    #[test]
    fn few_benchmarks_and_frameworks_that_run_one_get_a_process_each() {
        assert_eq!(tasks(&[3, 5], 0, 16, |_| 0.5).len(), 2);
        assert_eq!(tasks(&(0..40).collect::<Vec<_>>(), 1, 1, |_| 0.5).len(), 40);
        let long = tasks(&(0..40).collect::<Vec<_>>(), 0, 16, |member| if member == 7 { 60.0 } else { 0.5 });
        assert_eq!((long.len(), &long[0].members), (5, &vec![7]));
        assert!(tasks(&[], 0, 16, |_| 0.5).is_empty());
    }
}
