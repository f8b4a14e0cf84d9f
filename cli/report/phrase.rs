//! The sentences that every format shares, so that no two formats say different things of the same result.

use perfgate_harness::metric::Metric;
use perfgate_harness::run::Revision;

use crate::comparison::{Basis, Change, Class, Comparison, Side, Verdict};
use crate::explanation::{Cause, Explanation, Finding};
use crate::gate::{Counts, Entry, Gate, Report};
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

/// In what the machines of the two sides differ, as a sentence; `None` where they do not.
pub fn machines(report: &Report) -> Option<String> {
    let differences: Vec<_> = report.machine_differences.iter().map(|difference| printable(difference)).collect();
    (!differences.is_empty()).then(|| {
        format!(
            "the sides were measured on machines that differ in {}: part of a change may be theirs",
            differences.join(", ")
        )
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

/// `runs 6.20 % more instructions than the baseline`.
pub fn runs(change: &Change, metric: Metric) -> String {
    let fraction = change.fraction();
    let more = if fraction < 0.0 { "fewer" } else { "more" };
    format!("runs {} {more} {metric} than the baseline", number::size(fraction))
}

/// `12.41 M → 13.18 M instructions (+6.20 %, limit +0.50 %)`, with the interval where the counts were noisy.
pub fn counted(comparison: &Comparison, change: &Change) -> String {
    let (baseline, candidate) = number::pair(change.baseline.median, change.candidate.median);
    let metric = comparison.metric;
    let limit = number::change(comparison.limits.limit);
    let by = number::change_beside(change.fraction(), comparison.limits.limit);
    let mut by = vec![by, between(change), format!("limit {limit}")];
    by.retain(|part| !part.is_empty());
    format!("{baseline} → {candidate} {metric} ({})", by.join(", "))
}

/// `between −1.60 % and +4.10 %`, or nothing where the counts are exact.
pub fn between(change: &Change) -> String {
    if change.half_width == 0.0 {
        return String::new();
    }
    let (low, high) = change.interval();
    format!("between {} and {}", number::change(low), number::change(high))
}

/// `a slowdown of up to +4.10 % cannot be excluded`.
pub fn not_excluded(change: &Change) -> String {
    format!("a slowdown of up to {} cannot be excluded", number::change(change.interval().1))
}

/// `91 % of the increase is in `, before the name of the function.
pub fn carries(finding: &Finding) -> String {
    // A culprit's share is positive: it moved the way its benchmark did.
    let whole = if finding.delta < 0.0 { "decrease" } else { "increase" };
    if finding.share > 1.005 {
        format!("more than the whole {whole} ({}) is in ", number::share(finding.share))
    } else if finding.share > 0.995 {
        format!("the whole {whole} is in ")
    } else {
        format!("{} of the {whole} is in ", number::share(finding.share))
    }
}

/// `+702,114 instructions, called 2.00× as often`.
pub fn moved(finding: &Finding, metric: Metric) -> String {
    format!("{} {metric}{}", number::delta(finding.delta), how(finding).map_or(String::new(), |how| format!(", {how}")))
}

/// `called 2.00× as often`, `each call costs 1.40× as much`, `new here`: `None` where the calls cannot be counted.
pub fn how(finding: &Finding) -> Option<String> {
    let (baseline, candidate) = (finding.baseline, finding.candidate);
    let ratio = |b: f64, c: f64| (b > 0.0 && c > 0.0).then(|| number::times(c / b));
    match finding.cause {
        Cause::New => Some("new here".to_owned()),
        Cause::Gone => Some("no longer called".to_owned()),
        Cause::MoreCalls | Cause::FewerCalls => {
            ratio(baseline.calls?, candidate.calls?).map(|times| format!("called {times} as often"))
        }
        Cause::CostlierCalls | Cause::CheaperCalls => {
            let each = |cost: crate::explanation::FunctionCost| cost.calls.map(|calls| cost.instructions / calls);
            ratio(each(baseline)?, each(candidate)?).map(|times| format!("each call costs {times} as much"))
        }
    }
}

/// `src/lexer.rs:118`, where the finding has a place.
pub fn place(finding: &Finding) -> Option<String> {
    finding.location.as_ref().map(|at| format!("{}:{}", printable(&at.file), at.line))
}

/// The function that carries most of the change in the direction of the change.
pub fn culprit(entry: &Entry) -> Option<&Finding> {
    entry.explanation.as_ref().and_then(|explanation| explanation.findings.first()).filter(|first| first.share > 0.0)
}

/// Functions after the culprit that carry a part worth a line.
pub fn accomplices(explanation: &Explanation) -> impl Iterator<Item = &Finding> {
    explanation.findings.iter().skip(1).filter(|finding| finding.share >= 0.05).take(2)
}

/// Why no function is named, as a sentence; `None` where one is.
pub fn unexplained(entry: &Entry) -> Option<String> {
    if culprit(entry).is_some() {
        return None;
    }
    let note = entry.explanation.as_ref().and_then(|explanation| explanation.note.clone());
    Some(note.unwrap_or_else(|| "no profile tells which function the change is in".to_owned()))
}

/// `perfgate check LABEL`: the command that measures one benchmark again.
pub fn again(comparison: &Comparison) -> String {
    format!("perfgate check {}", shell_word(&printable(&comparison.label)))
}

/// Lines of `perfgate.toml` that allow what was measured, the next whole per cent, and how many other benchmarks of the
/// report the filter in it selects as well.
pub fn allow(comparison: &Comparison, change: &Change, report: &Report) -> ([String; 3], usize) {
    let percent = (change.interval().1 * 100.0).floor() + 1.0;
    let filter = serde_json::Value::from(comparison.label.as_str());
    let lines = [
        "[[benchmark]]".to_owned(),
        // A JSON string is a TOML basic string.
        format!("filter = {}", visible_json(&filter.to_string())),
        format!("limit.{} = \"{percent:.0}%\"", comparison.metric),
    ];
    let filter = Filter(comparison.label.clone());
    let selected = report.entries.iter().filter(|entry| filter.matches(&entry.comparison.id)).count();
    (lines, selected.saturating_sub(1))
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
