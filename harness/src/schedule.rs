//! What runs next, and where: counting is independent of the load on the machine, so that every core takes the next item as
//! soon as it is free, as long as there is memory for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Something to do, and the memory that it is expected to take, bytes.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// What to do.
    pub what: T,
    /// Bytes.
    pub memory: u64,
}

struct Queue<T> {
    /// In the order in which they should begin; `None` once begun.
    waiting: Vec<Option<Item<T>>>,
    running: usize,
    memory: u64,
}

impl<T> Queue<T> {
    /// The first that fits into what memory is left; the first of all if nothing else runs, since it will never fit better.
    fn next(&mut self, memory: u64) -> Option<Item<T>> {
        let left = memory.saturating_sub(self.memory);
        let alone = self.running == 0;
        let fits = |item: &Option<Item<T>>| item.as_ref().is_some_and(|item| alone || item.memory <= left);
        let at = self.waiting.iter().position(fits)?;
        let item = self.waiting[at].take()?;
        self.running += 1;
        self.memory = self.memory.saturating_add(item.memory);
        Some(item)
    }

    fn is_over(&self) -> bool {
        self.waiting.iter().all(Option::is_none)
    }
}

/// Runs `job(slot, what)` for each item on `slots` threads, with at most `memory` bytes expected to be in use at the same
/// time. A `false` ends everything: no further item is begun.
pub fn run<T: Send>(slots: usize, memory: u64, items: Vec<Item<T>>, job: impl Fn(usize, T) -> bool + Sync) {
    let queue = Mutex::new(Queue { waiting: items.into_iter().map(Some).collect(), running: 0, memory: 0 });
    let changed = Condvar::new();
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let next = |mut queue: MutexGuard<'_, Queue<T>>| loop {
        if let Some(item) = queue.next(memory) {
            return Some(item);
        }
        if queue.is_over() {
            return None;
        }
        queue = changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
    };
    let work = |slot| {
        while let Some(Item { what, memory }) = next(lock()) {
            let go_on = job(slot, what);
            let mut queue = lock();
            queue.running -= 1;
            queue.memory = queue.memory.saturating_sub(memory);
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
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    use super::*;

    fn items(memory: &[u64]) -> Vec<Item<usize>> {
        memory.iter().enumerate().map(|(what, &memory)| Item { what, memory }).collect()
    }

    fn done(slots: usize, memory: u64, items: Vec<Item<usize>>, job: impl Fn(usize) -> bool + Sync) -> Vec<usize> {
        let done = Mutex::new(Vec::new());
        run(slots, memory, items, |_, item| {
            done.lock().unwrap().push(item);
            job(item)
        });
        done.into_inner().unwrap()
    }

    #[test]
    fn every_item_is_done_once_and_begun_in_order() {
        assert_eq!(done(1, 100, items(&[1, 2, 3]), |_| true), [0, 1, 2]);
        let mut all = done(3, 100, items(&[1; 50]), |_| true);
        all.sort_unstable();
        assert_eq!(all, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn two_items_run_at_the_same_time() {
        // Both wait for one another: a single thread would never get past the first.
        let barrier = Barrier::new(2);
        let met = done(2, 100, items(&[1, 1]), |_| {
            barrier.wait();
            true
        });
        assert_eq!(met.len(), 2);
    }

    #[test]
    fn memory_is_never_promised_twice_and_what_is_too_large_runs_alone() {
        let (sizes, used, most) = ([60, 60, 30, 500, 40], AtomicU64::new(0), AtomicU64::new(0));
        let done = done(4, 100, items(&sizes), |item| {
            let now = used.fetch_add(sizes[item], SeqCst) + sizes[item];
            assert!(now <= 100 || now == 500, "{now} bytes at the same time");
            most.fetch_max(now, SeqCst);
            thread::yield_now();
            used.fetch_sub(sizes[item], SeqCst);
            true
        });
        assert_eq!(done.len(), 5);
        assert_eq!(most.into_inner(), 500);
    }

    #[test]
    fn a_job_can_end_it_all() {
        assert_eq!(done(1, 100, items(&[1; 100]), |item| item < 4), [0, 1, 2, 3, 4]);
    }
}
