//! Shows the harness's progress in the shell.

use std::sync::{Mutex, PoisonError};

use perfgate_harness::observer::{Observer, Progress};

use crate::number::plural;
use crate::shell::{ChildrenWrite, Shell};

/// A shell that watches the harness.
pub(super) struct Watch<'a> {
    shell: &'a Shell,
    /// Up while cargo writes to our streams.
    fence: Mutex<Option<ChildrenWrite<'a>>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(shell: &'a Shell) -> Self {
        Self { shell, fence: Mutex::new(None) }
    }

    fn fence(&self, fence: Option<ChildrenWrite<'a>>) {
        // The old fence is taken down before a new one is put up.
        let mut current = self.fence.lock().unwrap_or_else(PoisonError::into_inner);
        drop(current.take());
        *current = fence;
    }
}

impl Observer for Watch<'_> {
    fn building(&self, side: &str) {
        self.fence(None);
        self.shell.phase(&format!("Building {side}"));
        self.shell.status("Building", side);
        self.fence(Some(self.shell.children_write()));
    }

    fn built(&self) {
        self.fence(None);
        self.shell.phase_end();
    }

    fn compared(&self, target: &str, difference: Option<&str>) {
        match difference {
            Some(difference) => self.shell.verbose("Comparing", &format!("{target}: measured, because {difference}")),
            None => self.shell.status("Unchanged", &format!("{target}: the executable is the same, and need not run")),
        }
    }

    fn measuring(&self, side: &str, total: usize) {
        self.shell.status("Measuring", &format!("{} of the {side}", plural(total, "benchmark")));
        self.shell.measuring_start(total);
    }

    fn measured(&self, progress: &Progress<'_>) {
        if let Some(reason) = progress.failed {
            self.shell.warn(&format!("{} {reason}", progress.id));
        }
        let left = progress.seconds_left;
        self.shell.measured(&progress.id.to_string(), progress.done, progress.total, progress.seconds, Some(left));
    }

    fn measuring_done(&self) {
        self.shell.measuring_end();
    }
}
