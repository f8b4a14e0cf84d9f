//! Single dumps of callgrind: what triggered them, and what they cost.

use std::fs;
use std::io;
use std::path::Path;

use super::amount::Amount;
use super::calls::{Dump, Event};
use crate::instrument::system;
use crate::profile::callgrind::{self, PartSummary};
use crate::run::Events;

/// The function by which a process reads the clock.
const CLOCK: &str = "clock_gettime";

/// How to read dumps.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Literal beginnings of the mangled names of the measuring functions.
    pub prefixes: &'a [&'a str],
    /// Whether the clock is the harness's, whose instructions are not the program's.
    pub our_clock: bool,
}

impl Reader<'_> {
    /// One dump as it lies on disk.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a whole callgrind file.
    pub fn read(&self, path: &Path) -> io::Result<Dump> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, format!("`{}`: {error}", path.display()));
        let clock = |symbol: &[u8]| self.our_clock && symbol.starts_with(CLOCK.as_bytes());
        let summary = callgrind::scan(&fs::read(path)?, &clock).map_err(invalid)?;
        let trigger = summary.trigger.as_deref().unwrap_or_default();
        let function = trigger.split_once('=').map_or("", |(_, function)| function).to_owned();
        let amount = Amount {
            instructions: summary.total().saturating_sub(summary.functions),
            system: system::share(&summary),
            events: events(&summary),
        };
        Ok(Dump { event: event(trigger, self.prefixes), function, amount, memory: None })
    }
}

/// What triggered a dump.
fn event(trigger: &str, prefixes: &[&str]) -> Event {
    let function = |option: &str| trigger.strip_prefix(option);
    let measuring = |symbol: &str| {
        let mut rest = prefixes.iter().filter_map(|prefix| symbol.strip_prefix(prefix));
        // A closure inside an asynchronous measuring function is entered as often as it is polled.
        rest.any(|rest| !rest.contains("$u7b$$u7b$closure"))
    };
    match (function("--dump-before="), function("--dump-after=")) {
        (Some(symbol), _) if symbol.starts_with(CLOCK) => Event::Clock,
        (Some(symbol), _) if measuring(symbol) => Event::Enter,
        (_, Some(symbol)) if measuring(symbol) => Event::Leave,
        _ => Event::Other,
    }
}

/// The events of the simulated caches, where they were simulated.
fn events(summary: &PartSummary) -> Option<Events> {
    let total = |name: &str| {
        let at = summary.events.iter().position(|event| event == name)?;
        summary.totals.get(at).copied()
    };
    let sum = |names: &[&str]| names.iter().filter_map(|name| total(name)).sum::<u64>();
    total("I1mr")?;
    let (l1_misses, ll_misses) = (sum(&["I1mr", "D1mr", "D1mw"]), sum(&["ILmr", "DLmr", "DLmw"]));
    Some(Events {
        estimated_cycles: summary.total() + 10 * l1_misses + 100 * ll_misses,
        l1_misses,
        ll_misses,
        branch_misses: sum(&["Bcm", "Bim"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_are_told_apart_by_symbol() {
        let prefixes = ["_ZN9criterion7bencher16Bencher$LT$M$GT$"];
        let event = |trigger: &str| event(trigger, &prefixes);
        assert_eq!(
            event("--dump-before=_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17hb2fa5095e9cd1dd6E"),
            Event::Enter
        );
        assert_eq!(
            event("--dump-after=_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17hb2fa5095e9cd1dd6E"),
            Event::Leave
        );
        assert_eq!(event("--dump-before=clock_gettime@@GLIBC_2.17"), Event::Clock);
        assert_eq!(
            event("--dump-before=_ZN9criterion7bencher16Bencher$LT$M$GT$4iter28_$u7b$$u7b$closure$u7d$$u7d$E"),
            Event::Other
        );
        assert_eq!(event("Program termination"), Event::Other);
    }
}
