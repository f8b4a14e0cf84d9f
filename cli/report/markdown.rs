//! `Report` → `report.md`: what a pull request comment and a step summary hold. The verdict first, then only what changed;
//! everything else is folded. Whole rows are left out where GitHub's limit would be passed.

use std::fmt::Write;

use super::escape::{code, fenced, text};
use super::page::Page;
use super::phrase;
use crate::comparison::{Comparison, Verdict};
use crate::explanation::{Explanation, Finding};
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
    let metric = rows.first().map_or(String::new(), |entry| format!(" ({})", entry.comparison.metric));
    let head = format!("| | benchmark{metric} | baseline | candidate | change | limit |\n|:--|:--|--:|--:|--:|--:|\n");
    let room = page.room() / 2;
    page.rows(room, &head, rows.iter().map(|entry| row(&entry.comparison)), left_out, "\n");
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
    let label = code(&comparison.label);
    let Some(change) = &comparison.change else {
        let said =
            if comparison.verdict == Verdict::Failed { text(&phrase::failures(comparison)) } else { String::new() };
        return format!("| {word} | {label} | – | – | {said} | |\n");
    };
    let (baseline, candidate) = number::pair(change.baseline.median, change.candidate.median);
    let mut by = number::change_beside(change.fraction(), comparison.limits.limit);
    if comparison.verdict == Verdict::Regression {
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
    let wanted: Vec<&Entry> = report
        .entries
        .iter()
        .filter(|entry| {
            matches!(entry.comparison.verdict, Verdict::Regression | Verdict::Failed | Verdict::Inconclusive)
        })
        .collect();
    let mut shown = 0;
    for entry in wanted.iter().take(SECTIONS) {
        let comparison = &entry.comparison;
        let section = match comparison.verdict {
            Verdict::Failed => failed(comparison),
            Verdict::Inconclusive => inconclusive(comparison),
            _ => regression(entry),
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

fn regression(entry: &Entry) -> String {
    let comparison = &entry.comparison;
    let mut section = String::new();
    let by =
        comparison.change.as_ref().map_or(String::new(), |change| format!(" {}", number::change(change.fraction())));
    let _ = writeln!(section, "### {}{by}\n", code(&comparison.label));
    match (phrase::culprit(entry), &entry.explanation) {
        (Some(finding), Some(explanation)) => {
            let at = phrase::place(finding).map_or(String::new(), |place| format!(" ({})", code(&place)));
            let (carries, moved) = (sentence(&phrase::carries(finding)), phrase::moved(finding, comparison.metric));
            let _ = writeln!(section, "{carries} {}{at}: **{}**.\n", code(&finding.function), text(&moved));
            if let Some(line) = finding.location.as_ref().and_then(|at| at.text.as_deref()) {
                let _ = writeln!(section, "{}", fenced(line.trim(), "rust", 1).0);
            }
            functions(&mut section, explanation);
        }
        _ => {
            let why = phrase::unexplained(entry).unwrap_or_default();
            let _ = writeln!(section, "{}\n", sentence(&why));
        }
    }
    notes(&mut section, comparison);
    section
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
    if let Some(note) = &explanation.note {
        let _ = writeln!(section, "{}\n", sentence(note));
    }
}

fn function(finding: &Finding) -> String {
    let at = phrase::place(finding).map_or("–".to_owned(), |place| code(&place));
    let (baseline, candidate) = number::pair(finding.baseline.instructions, finding.candidate.instructions);
    let how = phrase::how(finding).unwrap_or_default();
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

fn failed(comparison: &Comparison) -> String {
    let mut section = format!("### {} failed\n\n", code(&comparison.label));
    for failure in &comparison.failures {
        let of = &failure.failure;
        let _ =
            writeln!(section, "On the {}: {}. {}\n", phrase::side(failure.side), text(&of.message), sentence(&of.help));
        section.push_str(&last_output(&of.output));
    }
    notes(&mut section, comparison);
    section
}

fn inconclusive(comparison: &Comparison) -> String {
    let mut section = format!("### {} inconclusive\n\n", code(&comparison.label));
    if let Some(change) = &comparison.change {
        let must = number::change(comparison.limits.exclude);
        let said = format!("{}; a pass must exclude {must}", phrase::not_excluded(change));
        let _ = writeln!(section, "{}\n", sentence(&said));
    }
    notes(&mut section, comparison);
    section
}

fn notes(section: &mut String, comparison: &Comparison) {
    for note in &comparison.notes {
        let _ = writeln!(section, "{}\n", sentence(note));
    }
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
                let (baseline, candidate) = number::pair(change.baseline.median, change.candidate.median);
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
