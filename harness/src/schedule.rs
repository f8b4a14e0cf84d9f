//! What runs next, and where: counting is independent of the load on the machine, so that every core takes the next job
//! as soon as it is free.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Runs `job(slot, item)` for each item on `slots` threads; a job may put further items at the head of the queue.
/// Results come in the order of completion. A `None` ends everything: no further item is begun.
pub fn run<T: Send, R: Send>(
    slots: usize,
    items: impl IntoIterator<Item = T>,
    job: impl Fn(usize, T, &dyn Fn(T)) -> Option<R> + Sync,
) -> Vec<R> {
    let queue: Mutex<VecDeque<T>> = Mutex::new(items.into_iter().collect());
    let results = Mutex::new(Vec::new());
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    thread::scope(|scope| {
        for slot in 0..slots.max(1) {
            let (job, lock, results) = (&job, &lock, &results);
            scope.spawn(move || {
                loop {
                    let Some(item) = lock().pop_front() else { break };
                    match job(slot, item, &|more| lock().push_front(more)) {
                        Some(result) => results.lock().unwrap_or_else(PoisonError::into_inner).push(result),
                        None => lock().clear(),
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once_also_those_that_jobs_add() {
        let mut results = run(3, [1, 2, 3], |_, item: u32, add| {
            if item < 10 {
                add(item * 10);
            }
            Some(item)
        });
        results.sort_unstable();
        assert_eq!(results, [1, 2, 3, 10, 20, 30]);
    }

    #[test]
    fn a_job_can_end_it_all() {
        let results = run(1, 0..100, |_, item: u32, _| (item < 5).then_some(item));
        assert_eq!(results, [0, 1, 2, 3, 4]);
    }
}
