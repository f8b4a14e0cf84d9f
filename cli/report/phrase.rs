//! The sentences that every format shares, so that no two formats say different things of the same result.

use perfgate_harness::metric::Metric;
use perfgate_harness::run::Revision;

use super::quantity;
use crate::comparison::{Basis, Change, Class, Comparison, Jitter, Side, Verdict};
use crate::gate::{Counts, Gate, Report};
use crate::number;
use crate::policy::Filter;
use crate::printable::{printable, shell_word, visible_json};

/// The word for a verdict, as configuration and documentation have it.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regression => "regression",
        Verdict::Improvement => "improvement",
        Verdict::Unchanged => "unchanged",
        Verdict::Inconclusive => "inconclusive",
        Verdict::New => "new",
        Verdict::Removed => "removed",
        Verdict::Failed => "failed",
    }
}

/// The word for one of the sides.
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Baseline => "baseline",
        Side::Candidate => "candidate",
    }
}

/// The gate in a word: slower is `FAILED`, what could not be measured `BROKEN`.
pub fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::Passed => "PASSED",
        Gate::Regressed => "FAILED",
        Gate::Broken => "BROKEN",
        Gate::Nothing => "NOTHING MEASURED",
    }
}

/// `2 regressions, 1 inconclusive, 37 unchanged`: what is not zero, worst first.
fn counts(counts: &Counts) -> String {
    let plain = |number: usize, word: &str| (number > 0).then(|| format!("{} {word}", number::whole(number)));
    let plural = |number: usize, noun: &str| (number > 0).then(|| number::plural(number, noun));
    let parts = [
        plural(counts.regressions, "regression"),
        plain(counts.failed, "failed"),
        plural(counts.advisory_regressions, "advisory regression"),
        plain(counts.inconclusive, "inconclusive"),
        plural(counts.improvements, "improvement"),
        plain(counts.new, "new"),
        plain(counts.removed, "removed"),
        plain(
            counts.unchanged,
            &match counts.same_code {
                0 => "unchanged".to_owned(),
                all if all == counts.unchanged => "unchanged by construction".to_owned(),
                some => format!("unchanged ({} by construction)", number::whole(some)),
            },
        ),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `41 benchmarks in 48 s (12 s building)`.
fn effort(report: &Report) -> String {
    let benchmarks = number::plural(report.entries.len(), "benchmark");
    let (wall, build) = (report.cost.wall_seconds, report.cost.build_seconds);
    if build > 0.0 {
        format!("{benchmarks} in {} ({} building)", number::duration(wall + build), number::duration(build))
    } else {
        format!("{benchmarks} in {}", number::duration(wall))
    }
}

/// The last line after the gate's word: counts, then what it took.
pub fn summary(report: &Report) -> String {
    let verdicts = verdicts(report);
    if report.entries.is_empty() { verdicts } else { format!("{verdicts} · {}", effort(report)) }
}

/// The counts of benchmarks and of bench targets that failed.
pub fn verdicts(report: &Report) -> String {
    let failed = report.unmeasured.iter().filter(|target| target.failed).count();
    let mut parts = vec![counts(&report.counts)];
    if failed > 0 {
        parts.push(format!("{} not measured", number::plural(failed, "bench target")));
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        return "no benchmark was found".to_owned();
    }
    if failed == 0 && report.counts.same_code > 0 && report.counts.same_code == report.entries.len() {
        parts.push("nothing had to be run".to_owned());
    }
    parts.join(", ")
}

/// `9b1c2d3 (merge base with main) → working tree`.
pub fn compared(report: &Report) -> String {
    format!("{} → {}", revision(&report.baseline), revision(&report.candidate))
}

fn revision(revision: &Revision) -> String {
    let commit: String = revision.commit.chars().take(9).collect();
    let (commit, label) = (printable(&commit).into_owned(), printable(&revision.label));
    let dirty = if revision.dirty { " with uncommitted changes" } else { "" };
    if label.is_empty() || label == commit || revision.commit.starts_with(&*label) {
        format!("{commit}{dirty}")
    } else {
        format!("{label} ({commit}{dirty})")
    }
}

/// In what the machines of the two sides differ and what is made of it, as a sentence; `None` where they do not.
pub fn machines(report: &Report) -> Option<String> {
    if report.machine_differences.is_empty() {
        return None;
    }
    let differ = format!("the sides were measured on machines that differ in {}", differences(report));
    let set_aside = report.entries.iter().filter_map(|entry| {
        let change = entry.comparison.in_metric(Metric::Instructions)?.change;
        let system = change.system.filter(|system| !system.judged)?;
        let whole = (change.baseline.median + system.baseline).max(1.0);
        Some((entry, system.candidate - system.baseline, whole))
    });
    let most = set_aside.max_by(|(_, a, of_a), (_, b, of_b)| (a.abs() / of_a).total_cmp(&(b.abs() / of_b)));
    Some(match most {
        Some((entry, delta, _)) if delta != 0.0 => {
            let (label, delta) = (printable(&entry.comparison.label), number::delta(delta));
            format!(
                "{differ}: what libc and the loader execute is not judged; it moved `{label}` most, by {delta} instructions"
            )
        }
        Some(_) => format!("{differ}: what libc and the loader execute is not judged, and did not move"),
        None => format!("{differ}: part of a change may be theirs"),
    })
}

/// `37 benchmarks: 35 at 0 %, 2 within their limits (furthest ``json::write`` +0.12 %)`, after those that were not run;
/// `None` where there are none.
pub fn unchanged(report: &Report) -> Option<String> {
    let unchanged = report.entries.iter().map(|entry| &entry.comparison).filter(|of| of.verdict == Verdict::Unchanged);
    let (same, run): (Vec<&Comparison>, Vec<_>) = unchanged.partition(|of| of.basis == Basis::SameCode);
    let not_run = match same.len() {
        0 => None,
        1 => Some("1 benchmark not run, whose executable is the same".to_owned()),
        many => Some(format!("{} not run, whose executables are the same", number::plural(many, "benchmark"))),
    };
    let parts: Vec<String> = not_run.into_iter().chain(counted_unchanged(&run)).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The part of [`unchanged`] that was counted.
fn counted_unchanged(unchanged: &[&Comparison]) -> Option<String> {
    let unchanged: Vec<(&Comparison, f64)> =
        unchanged.iter().map(|of| (*of, of.change.map_or(0.0, |change| change.fraction()))).collect();
    if unchanged.is_empty() {
        return None;
    }
    // A noisy benchmark may have the same median by chance: that is not the same count.
    let exact = |of: &Comparison| of.change.is_none_or(|change| change.class == Class::Exact);
    let zero = unchanged.iter().filter(|(of, change)| *change == 0.0 && exact(of)).count();
    let benchmarks = number::plural(unchanged.len(), "benchmark");
    let furthest = unchanged.iter().max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()))?;
    let (label, change) = (printable(&furthest.0.label), number::change(furthest.1));
    Some(match unchanged.len() - zero {
        0 => format!("{benchmarks} at 0 %"),
        1 if zero == 0 => format!("{benchmarks} within its limit ({change})"),
        _ if zero == 0 => format!("{benchmarks} within their limits (furthest `{label}` {change})"),
        1 => format!("{benchmarks}: {} at 0 %, 1 within its limit (`{label}` {change})", number::whole(zero)),
        rest => format!(
            "{benchmarks}: {} at 0 %, {} within their limits (furthest `{label}` {change})",
            number::whole(zero),
            number::whole(rest)
        ),
    })
}

/// `runs 6.20 % more instructions than the baseline`, or `makes 3 allocations per iteration, the baseline none`.
pub fn runs(change: &Change, metric: Metric) -> String {
    let (verb, noun) = (quantity::verb(metric), quantity::noun(metric));
    let (baseline, candidate) = quantity::pair(change, metric);
    if quantity::from_or_to_nothing(change, metric) {
        return if change.log_ratio < 0.0 {
            format!("{verb} no {noun}, the baseline {baseline}")
        } else {
            format!("{verb} {candidate} {noun}, the baseline none")
        };
    }
    let fraction = change.fraction();
    let more = if fraction < 0.0 { "fewer" } else { "more" };
    format!("{verb} {} {more} {noun} than the baseline", number::size(fraction))
}

/// `12.41 M → 13.18 M instructions (+6.20 %, limit +0.50 %)`, with the interval where the counts were noisy.
pub fn counted(comparison: &Comparison, change: &Change) -> String {
    let metric = comparison.metric;
    let (baseline, candidate) = quantity::pair(change, metric);
    let limit = number::change(comparison.limits.limit);
    let by = quantity::by(change, metric, comparison.limits.limit);
    let mut by = vec![by, between(change), format!("limit {limit}")];
    by.retain(|part| !part.is_empty());
    format!("{baseline} → {candidate} {} ({})", quantity::noun(metric), by.join(", "))
}

/// `environment: libc and loader +12,345 instructions, not judged, …`; `None` where all was judged, or nothing moved.
pub fn environment(comparison: &Comparison, report: &Report) -> Option<String> {
    let system = comparison.in_metric(Metric::Instructions)?.change.system.filter(|system| !system.judged)?;
    let delta = system.candidate - system.baseline;
    (delta != 0.0).then(|| {
        format!(
            "environment: libc and loader {} instructions, not judged, because the machines differ ({})",
            number::delta(delta),
            differences(report)
        )
    })
}

/// `valgrind, C library`: in what the machines of the two sides differ.
pub fn differences(report: &Report) -> String {
    let differences: Vec<_> = report.machine_differences.iter().map(|difference| printable(difference)).collect();
    differences.join(", ")
}

/// Why a benchmark is not judged although nothing failed.
pub const OUT_OF_TIME: &str = "was not measured: the time that was given for the whole was up";

/// `between −1.60 % and +4.10 %`, or nothing where the counts are exact.
pub fn between(change: &Change) -> String {
    if change.half_width == 0.0 {
        return String::new();
    }
    let (low, high) = change.interval();
    format!("between {} and {}", number::change(low), number::change(high))
}

/// `a slowdown of up to +4.10 % cannot be excluded`.
pub fn not_excluded(change: &Change, metric: Metric) -> String {
    let what = if metric == Metric::Instructions { "a slowdown" } else { "an increase" };
    let of = if metric == Metric::Instructions { String::new() } else { format!(" of the {}", quantity::noun(metric)) };
    format!("{what}{of} of up to {} cannot be excluded", number::change(change.interval().1))
}

/// `perfgate check LABEL`: the command that measures one benchmark again.
pub fn again(comparison: &Comparison) -> String {
    format!("perfgate check {}", shell_word(&printable(&comparison.label)))
}

/// Lines of `perfgate.toml` that allow what was measured, in every metric that fails the gate the next whole per cent, and
/// how many other benchmarks of the report the filter in it selects as well.
pub fn allow(comparison: &Comparison, report: &Report) -> (Vec<String>, usize) {
    let filter = serde_json::Value::from(comparison.label.as_str());
    // A JSON string is a TOML basic string.
    let mut lines = vec!["[[benchmark]]".to_owned(), format!("filter = {}", visible_json(&filter.to_string()))];
    let speaks = comparison.in_metric(comparison.metric).into_iter();
    let gating = speaks.chain(comparison.further.iter().copied());
    let percent: Vec<(Metric, f64)> = gating
        .filter(|of| of.verdict == Verdict::Regression && !of.advisory)
        .map(|of| (of.metric, (of.change.interval().1 * 100.0).floor() + 1.0))
        .collect();
    // The configuration believes no limit beyond that: it is no limit any more.
    if percent.iter().any(|&(_, percent)| percent > 1000.0) {
        lines.push("advisory = true".to_owned());
    } else {
        lines.extend(percent.iter().map(|(metric, percent)| format!("limit.{metric} = \"{percent:.0}%\"")));
    }
    let filter = Filter(comparison.label.clone());
    let selected = report.entries.iter().filter(|entry| filter.matches(&entry.comparison.id)).count();
    (lines, selected.saturating_sub(1))
}

/// The word for what makes repeats differ.
pub fn jitter(cause: Jitter) -> &'static str {
    match cause {
        Jitter::Threads => "threads",
        Jitter::Clock => "clock",
        Jitter::Processes => "processes",
        Jitter::Addresses => "addresses",
        Jitter::Randomness => "randomness",
        Jitter::Company => "company",
        Jitter::Unknown => "unknown",
    }
}

/// `panicked on the candidate`: what failed on which side, one fragment per failure, said once where both sides say the same.
pub fn failures(comparison: &Comparison) -> String {
    let said = |failure: &crate::comparison::SideFailure| printable(&failure.failure.message).into_owned();
    match comparison.failures.as_slice() {
        [] => "could not be measured".to_owned(),
        [a, b] if a.failure.message == b.failure.message => format!("{} on both sides", said(a)),
        all => {
            let parts: Vec<_> = all.iter().map(|f| format!("{} on the {}", said(f), side(f.side))).collect();
            parts.join(", ")
        }
    }
}
