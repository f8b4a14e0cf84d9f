//! `Report` → `report.md`: what a pull request comment and a step summary hold. The verdict first, then only what changed;
//! everything else is folded. Whole rows are left out where GitHub's limit would be passed.

use std::fmt::Write;

use perfgate_harness::metric::Metric;

use super::escape::{code, fenced, text};
use super::page::Page;
use super::{alike, blame, phrase, quantity};
use crate::comparison::{Basis, Change, Comparison, Verdict};
use crate::explanation::{Explanation, Finding, Origin as Whose, OriginCost};
use crate::gate::{Entry, Gate, Report};
use crate::number;

/// GitHub refuses comments above 65,536 characters; whoever posts this adds a marker and a link.
pub const MOST: usize = 65_000;
/// Regressions whose functions are shown; the table names the others.
const SECTIONS: usize = 10;
/// Functions of a regression that are shown.
const FUNCTIONS: usize = 8;
/// Lines of a failed benchmark's output.
const OUTPUT_LINES: usize = 20;

/// The whole text.
pub fn render(report: &Report) -> String {
    let tail = tail(report);
    let mut page = Page::new(MOST - tail.len());
    // The parts in order of worth: each may take a part of the room that those before it left.
    let _ = page.push(&head(report));
    changed(&mut page, report);
    sections(&mut page, report);
    beside(&mut page, report);
    folded(&mut page, report, "unchanged", &[Verdict::Unchanged]);
    folded(&mut page, report, "new or removed", &[Verdict::New, Verdict::Removed]);
    let mut page = page.finish();
    page.push_str(&tail);
    page
}

fn head(report: &Report) -> String {
    let mark = match report.gate {
        Gate::Passed => "✅ Performance gate passed",
        Gate::Regressed => "❌ Performance gate failed",
        Gate::Broken => "❌ Performance gate broken",
        Gate::Nothing => "⚠️ Nothing was measured",
    };
    let mut head = format!("## {mark}: {}\n\n", phrase::verdicts(report));
    let _ = writeln!(head, "{}\n", text(&phrase::compared(report)));
    if let Some(said) = phrase::machines(report) {
        let _ = writeln!(head, "> [!WARNING]\n> {}\n", sentence(&said));
    }
    for cause in &report.common {
        let _ = writeln!(head, "> [!NOTE]\n> {}\n", sentence(&alike::said(cause, report)));
    }
    for target in report.unmeasured.iter().take(SECTIONS) {
        let kind = if target.failed { "CAUTION" } else { "WARNING" };
        let name = code(&format!("{}::{}", target.package, target.target));
        let _ = writeln!(
            head,
            "> [!{kind}]\n> Bench target {name} was not measured: {}. {}\n",
            text(&target.reason),
            sentence(&target.help)
        );
        head.push_str(&last_output(&target.output));
    }
    let more = report.unmeasured.len().saturating_sub(SECTIONS);
    if more > 0 {
        let _ = writeln!(head, "{} not measured.\n", number::plural(more, "more bench target"));
    }
    head
}

fn changed(page: &mut Page, report: &Report) {
    let rows: Vec<&Entry> = report
        .entries
        .iter()
        .filter(|entry| !matches!(entry.comparison.verdict, Verdict::Unchanged | Verdict::New | Verdict::Removed))
        .collect();
    let head = "| | benchmark (instructions) | baseline | candidate | change | limit |\n|:--|:--|--:|--:|--:|--:|\n";
    let room = page.room() / 2;
    page.rows(room, head, rows.iter().map(|entry| row(&entry.comparison)), left_out, "\n");
}

fn row(comparison: &Comparison) -> String {
    let word = match comparison.verdict {
        Verdict::Regression if comparison.advisory => "🟡 advisory regression",
        Verdict::Regression => "🔴 **regression**",
        Verdict::Improvement => "🟢 improvement",
        Verdict::Inconclusive => "🟡 inconclusive",
        Verdict::Failed => "⛔ **failed**",
        Verdict::Unchanged | Verdict::New | Verdict::Removed => phrase::verdict(comparison.verdict),
    };
    let metric = comparison.metric;
    let mut label = code(&comparison.label);
    if metric != Metric::Instructions {
        let _ = write!(label, " ({})", quantity::noun(metric));
    }
    let Some(change) = &comparison.change else {
        let said = match (comparison.verdict, comparison.basis) {
            (Verdict::Failed, _) => text(&phrase::failures(comparison)),
            (_, Basis::OutOfTime) => phrase::OUT_OF_TIME.to_owned(),
            _ => String::new(),
        };
        return format!("| {word} | {label} | – | – | {said} | |\n");
    };
    let (baseline, candidate) = quantity::pair(change, metric);
    let mut by = quantity::by(change, metric, comparison.limits.limit);
    if comparison.verdict == Verdict::Regression && !by.is_empty() {
        by = format!("**{by}**");
    }
    if change.half_width > 0.0 {
        let (low, high) = change.interval();
        let _ = write!(by, " ({} … {})", number::change(low), number::change(high));
    }
    let limit = number::change(comparison.limits.limit);
    format!("| {word} | {label} | {baseline} | {candidate} | {by} | {limit} |\n")
}

/// A section for each of the first regressions, failures and inconclusive ones.
fn sections(page: &mut Page, report: &Report) {
    let spoken_for = alike::spoken_for(report);
    let wanted: Vec<&Entry> = report
        .entries
        .iter()
        .filter(|entry| {
            matches!(entry.comparison.verdict, Verdict::Regression | Verdict::Failed | Verdict::Inconclusive)
                && !spoken_for.contains(&*entry.comparison.label)
        })
        .collect();
    let mut shown = 0;
    for entry in wanted.iter().take(SECTIONS) {
        let comparison = &entry.comparison;
        let section = match comparison.verdict {
            Verdict::Failed => failed(comparison, report),
            Verdict::Inconclusive => inconclusive(comparison, report),
            _ => regression(entry, report),
        };
        // A third stays for the folds below.
        if section.len() > page.room() * 2 / 3 || !page.push(&section) {
            break;
        }
        shown += 1;
    }
    if shown < wanted.len() {
        let more = number::plural(wanted.len() - shown, "more benchmark");
        let _ = page.push(&format!("Details of {more} are in `report.json`.\n\n"));
    }
}

fn regression(entry: &Entry, report: &Report) -> String {
    let comparison = &entry.comparison;
    let mut section = String::new();
    let by = comparison.change.as_ref().map(|change| heading(comparison, change));
    let _ = writeln!(section, "### {}{}\n", code(&comparison.label), by.unwrap_or_default());
    if let Some((_, others)) = alike::stands_for(entry, report) {
        let _ = writeln!(section, "It stands for {} that moved alike.\n", number::plural(others, "other regression"));
    }
    match (blame::culprit(entry), &entry.explanation) {
        (Some(finding), Some(explanation)) => {
            let at = blame::place(finding).map_or(String::new(), |place| format!(" ({})", code(&place)));
            let (carries, moved) = (sentence(&blame::carries(finding)), blame::moved(finding));
            let _ = writeln!(section, "{carries} {}{at}: **{}**.\n", code(&finding.function), text(&moved));
            if let Some(line) = finding.location.as_ref().and_then(|at| at.text.as_deref()) {
                let _ = writeln!(section, "{}", fenced(line.trim(), "rust", 1).0);
            }
            functions(&mut section, explanation);
        }
        _ => {
            let why = blame::unexplained(entry).unwrap_or_default();
            let _ = writeln!(section, "{}\n", sentence(&why));
        }
    }
    notes(&mut section, comparison, report);
    section
}

/// ` +6.20 %` after the name; with the metric where that is not the instructions.
fn heading(comparison: &Comparison, change: &Change) -> String {
    let by = if quantity::from_or_to_nothing(change, comparison.metric) {
        let (baseline, candidate) = quantity::pair(change, comparison.metric);
        format!(" {baseline} → {candidate}")
    } else {
        format!(" {}", number::change(change.fraction()))
    };
    if comparison.metric == Metric::Instructions { by } else { format!("{by} {}", quantity::noun(comparison.metric)) }
}

fn functions(section: &mut String, explanation: &Explanation) {
    section.push_str("| function | where | baseline | candidate | change | share | |\n|:--|:--|--:|--:|--:|--:|:--|\n");
    for finding in explanation.findings.iter().take(FUNCTIONS) {
        section.push_str(&function(finding));
    }
    let more = explanation.findings.len().saturating_sub(FUNCTIONS);
    if more > 0 {
        let _ = writeln!(section, "\n{} in `report.json`.", number::plural(more, "more function"));
    }
    section.push('\n');
    if !explanation.split.is_empty() {
        let parts: Vec<String> = explanation.split.iter().map(whose).collect();
        let _ = writeln!(section, "By whose code it is: {}.\n", parts.join(", "));
    }
    if let Some(note) = &explanation.note {
        let _ = writeln!(section, "{}\n", sentence(note));
    }
}

/// `std 1,204 → 1,310`.
fn whose(cost: &OriginCost) -> String {
    let name = match cost.origin {
        Whose::Repository => "the repository",
        Whose::Dependency => "dependencies and the framework",
        Whose::Std => "std",
        Whose::System => "the C library, the allocator and the loader",
    };
    let (baseline, candidate) = number::pair(cost.baseline, cost.candidate);
    if baseline == candidate { format!("{name} {baseline}") } else { format!("{name} {baseline} → {candidate}") }
}

fn function(finding: &Finding) -> String {
    let at = blame::place(finding).map_or("–".to_owned(), |place| code(&place));
    let (baseline, candidate) = number::pair(finding.baseline.instructions, finding.candidate.instructions);
    let how = blame::how(finding).unwrap_or_default();
    format!(
        "| {} | {at} | {baseline} | {candidate} | {} | {} | {how} |\n",
        code(&finding.function),
        number::delta(finding.delta),
        number::share(finding.share),
    )
}

/// The end of what a process printed, folded; empty if it printed nothing.
fn last_output(output: &str) -> String {
    if output.trim().is_empty() {
        return String::new();
    }
    let (block, left_out) = fenced(output, "text", OUTPUT_LINES);
    let before = if left_out > 0 { format!(" ({} before)", number::plural(left_out, "line")) } else { String::new() };
    format!("<details><summary>Last output{before}</summary>\n\n{block}\n</details>\n\n")
}

fn failed(comparison: &Comparison, report: &Report) -> String {
    let mut section = format!("### {} failed\n\n", code(&comparison.label));
    for failure in &comparison.failures {
        let of = &failure.failure;
        let _ =
            writeln!(section, "On the {}: {}. {}\n", phrase::side(failure.side), text(&of.message), sentence(&of.help));
        section.push_str(&last_output(&of.output));
    }
    notes(&mut section, comparison, report);
    section
}

fn inconclusive(comparison: &Comparison, report: &Report) -> String {
    let mut section = format!("### {} inconclusive\n\n", code(&comparison.label));
    if let Some(change) = &comparison.change {
        let must = number::change(comparison.limits.exclude);
        let said = format!("{}; a pass must exclude {must}", phrase::not_excluded(change, comparison.metric));
        let _ = writeln!(section, "{}\n", sentence(&said));
    } else if comparison.basis == Basis::OutOfTime {
        let _ = writeln!(section, "It {}.\n", phrase::OUT_OF_TIME);
    }
    notes(&mut section, comparison, report);
    section
}

fn notes(section: &mut String, comparison: &Comparison, report: &Report) {
    for said in phrase::environment(comparison, report).iter().chain(&quantity::beside(comparison)) {
        let _ = writeln!(section, "{}\n", sentence(said));
    }
    for note in &comparison.notes {
        let _ = writeln!(section, "{}\n", sentence(note));
    }
}

/// Benchmarks without a section of their own whose further metrics changed: a row per metric.
fn beside(page: &mut Page, report: &Report) {
    let own = [Verdict::Regression, Verdict::Failed, Verdict::Inconclusive];
    let quiet = report.entries.iter().map(|entry| &entry.comparison).filter(|of| !own.contains(&of.verdict));
    let rows: Vec<String> = quiet
        .flat_map(|comparison| quantity::moved(comparison).map(move |further| (comparison, further)))
        .map(|(comparison, further)| format!("| {} | {} |\n", code(&comparison.label), text(&quantity::one(further))))
        .collect();
    let title = number::plural(rows.len(), "other change");
    let head = format!("<details><summary>{title}</summary>\n\n| benchmark | |\n|:--|:--|\n");
    page.rows(page.room() / 3, &head, rows.into_iter(), left_out, "\n</details>\n\n");
}

fn folded(page: &mut Page, report: &Report, title: &str, verdicts: &[Verdict]) {
    let rows: Vec<&Comparison> = report
        .entries
        .iter()
        .map(|entry| &entry.comparison)
        .filter(|comparison| verdicts.contains(&comparison.verdict))
        .collect();
    let head = format!(
        "<details><summary>{} {title}</summary>\n\n| benchmark | baseline | candidate | change |\n|:--|--:|--:|--:|\n",
        number::whole(rows.len())
    );
    let row = |comparison: &&Comparison| {
        let label = code(&comparison.label);
        let single = comparison.single.map_or("–".to_owned(), |single| number::count(single.median));
        match (&comparison.change, comparison.verdict) {
            (Some(change), _) => {
                let (baseline, candidate) = quantity::pair(change, comparison.metric);
                format!("| {label} | {baseline} | {candidate} | {} |\n", number::change(change.fraction()))
            }
            (None, Verdict::Unchanged) => format!("| {label} | – | – | same executable, not run |\n"),
            (None, Verdict::Removed) => format!("| {label} | {single} | – | removed |\n"),
            (None, _) => format!("| {label} | – | {single} | new |\n"),
        }
    };
    // Half of what is left, so that a second fold has its turn.
    let room = page.room() / 2;
    page.rows(room, &head, rows.iter().map(row), left_out, "\n</details>\n\n");
}

fn left_out(rows: usize) -> String {
    format!("\n{} in `report.json`.\n", number::plural(rows, "more benchmark"))
}

/// What it cost and where, and the command that gives the verdict again: always there.
fn tail(report: &Report) -> String {
    let (machine, cost) = (&report.machine, &report.cost);
    let mut tail = String::from("<details><summary>Machine and cost</summary>\n\n| | |\n|:--|:--|\n");
    let facts = [
        ("processor", format!("{}, {}", machine.cpu_model, number::plural(machine.cores, "core"))),
        ("target", machine.target.clone()),
        ("kernel", machine.kernel.clone()),
        ("C library", machine.libc.clone()),
        ("rustc", machine.rustc.clone()),
        ("valgrind", machine.valgrind.clone()),
        ("measuring", format!("{} on {}", number::duration(cost.wall_seconds), number::plural(cost.jobs, "core"))),
        ("processor time", number::duration(cost.children_cpu_seconds)),
        ("building", number::duration(cost.build_seconds)),
    ];
    for (name, value) in facts {
        let _ = writeln!(tail, "| {name} | {} |", text(&value));
    }
    tail.push_str("\n</details>\n");
    if !report.reproduce.is_empty() {
        let _ = write!(tail, "\nReproduce with:\n\n{}", fenced(&report.reproduce, "sh", 5).0);
    }
    tail
}

/// A fragment as a sentence of its own: capital first, full stop last.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.trim().chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let said = text(&format!("{first}{}", letters.as_str()));
    let open = fragment.ends_with(' ');
    if said.is_empty() || open || said.ends_with(['.', '!', '?', ';']) { said } else { format!("{said}.") }
}
