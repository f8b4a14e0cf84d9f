//! What runs next, and where: counting is independent of the load on the machine, so that every core takes the next job
//! as soon as it is free.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What is to do, and how many items are being done: these may add more.
struct Queue<T> {
    waiting: VecDeque<T>,
    running: usize,
}

/// Runs `job(slot, item, add)` for each item on `slots` threads; a job may `add` further items at the head of the queue.
/// A `false` ends everything: no further item is begun.
pub fn run<T: Send>(
    slots: usize,
    items: impl IntoIterator<Item = T>,
    job: impl Fn(usize, T, &dyn Fn(T)) -> bool + Sync,
) {
    let queue = Mutex::new(Queue { waiting: items.into_iter().collect(), running: 0 });
    let changed = Condvar::new();
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    // The next item, waiting for one as long as a running job may add it.
    let next = |mut queue: MutexGuard<'_, Queue<T>>| loop {
        if let Some(item) = queue.waiting.pop_front() {
            queue.running += 1;
            return Some(item);
        }
        if queue.running == 0 {
            return None;
        }
        queue = changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
    };
    let work = |slot| {
        while let Some(item) = next(lock()) {
            let add = |more| {
                lock().waiting.push_front(more);
                changed.notify_one();
            };
            let go_on = job(slot, item, &add);
            let mut queue = lock();
            queue.running -= 1;
            if !go_on {
                queue.waiting.clear();
            }
            changed.notify_all();
        }
    };
    thread::scope(|scope| {
        for slot in 0..slots.max(1) {
            let work = &work;
            scope.spawn(move || work(slot));
        }
    });
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn done(slots: usize, items: Vec<u32>, job: impl Fn(u32, &dyn Fn(u32)) -> bool + Sync) -> Vec<u32> {
        let done = Mutex::new(Vec::new());
        run(slots, items, |_, item, add| {
            done.lock().unwrap().push(item);
            job(item, add)
        });
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        done
    }

    #[test]
    fn every_item_is_done_once_also_those_that_jobs_add() {
        let add_tens = |item, add: &dyn Fn(u32)| {
            if item < 10 {
                add(item * 10);
            }
            true
        };
        assert_eq!(done(3, vec![1, 2, 3], add_tens), [1, 2, 3, 10, 20, 30]);
    }

    #[test]
    fn what_a_job_adds_is_done_by_idle_threads_too() {
        // Both added items wait for one another: a single thread would never get past the first.
        let barrier = Barrier::new(2);
        let meet = |item, add: &dyn Fn(u32)| {
            if item == 0 {
                add(1);
                add(2);
            } else {
                barrier.wait();
            }
            true
        };
        assert_eq!(done(2, vec![0], meet), [0, 1, 2]);
    }

    #[test]
    fn a_job_can_end_it_all() {
        assert_eq!(done(1, (0..100).collect(), |item, _| item < 4), [0, 1, 2, 3, 4]);
    }
}
