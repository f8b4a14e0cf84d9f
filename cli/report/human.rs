//! `Report` → what a person reads on a terminal: a diagnostic per problem, a table of what changed, and the verdict last,
//! where the eye is when the command returns.

use std::fmt::Write;
use std::path::Path;

use annotate_snippets::{Group, Level, Renderer};
use anstyle::{AnsiColor, Style};
use perfgate_harness::metric::Metric;

use super::table::{self, Align};
use super::{alike, blame, diagnostic, phrase, quantity};
use crate::comparison::{Basis, Comparison, Verdict};
use crate::gate::{Entry, Gate, Report};
use crate::number;
use crate::printable::{printable, shortened};

/// Diagnostics drawn in full; the others get a line.
const FULL: usize = 10;
/// One-line notes of a kind; the table names the others.
const NOTES: usize = 10;
/// Columns that a name may take in the table.
const NAME: usize = 60;

const RED: Style = AnsiColor::BrightRed.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const GREEN: Style = AnsiColor::BrightGreen.on_default().bold();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The whole text with escape sequences for colour.
pub fn render(report: &Report, out_dir: &Path) -> String {
    let mut text = String::new();
    diagnostics(&mut text, report);
    small_news(&mut text, report);
    targets(&mut text, report);
    remarks(&mut text, report);
    changed(&mut text, report);
    unchanged(&mut text, report);
    footer(&mut text, report, out_dir);
    text
}

fn diagnostics(text: &mut String, report: &Report) {
    let grave = |entry: &&Entry| {
        matches!(entry.comparison.verdict, Verdict::Regression | Verdict::Failed | Verdict::Inconclusive)
    };
    let spoken_for = alike::spoken_for(report);
    let (mut taught, mut full, mut abridged) = (false, 0, 0);
    for entry in report.entries.iter().filter(grave) {
        if full < FULL && !spoken_for.contains(&*entry.comparison.label) {
            let teach = !taught && entry.comparison.verdict == Verdict::Regression;
            taught |= teach;
            full += 1;
            let _ = writeln!(text, "{}", diagnostic::full(entry, report, teach));
        } else {
            abridged += 1;
            text.push_str(&diagnostic::abridged(entry));
        }
    }
    if abridged > 0 {
        let said =
            format!("{} abridged to one line: report.json has them in full", number::plural(abridged, "diagnostic"));
        push(text, Level::NOTE, said, None);
        text.push('\n');
    }
}

/// Improvements, new and removed benchmarks: a line each.
fn small_news(text: &mut String, report: &Report) {
    let start = text.len();
    for verdict in [Verdict::Improvement, Verdict::New, Verdict::Removed] {
        let of_kind = || report.entries.iter().filter(|entry| entry.comparison.verdict == verdict);
        for entry in of_kind().take(NOTES) {
            push(text, Level::NOTE, news(entry), None);
        }
        let more = of_kind().count().saturating_sub(NOTES);
        if more > 0 {
            let said = format!("and {} more {}, in the table below", number::whole(more), phrase::verdict(verdict));
            push(text, Level::NOTE, said, None);
        }
    }
    paragraph(text, start);
}

fn news(entry: &Entry) -> String {
    let comparison = &entry.comparison;
    let (label, metric) = (printable(&comparison.label), comparison.metric);
    let single = comparison.single.map(|single| format!("{} {}", number::count(single.median), quantity::noun(metric)));
    match (comparison.verdict, &comparison.change) {
        (_, Some(change)) => {
            let (baseline, candidate) = quantity::pair(change, metric);
            let by = blame::culprit(entry)
                .map_or(String::new(), |finding| format!(", mostly in `{}`", printable(&finding.function)));
            let beside: String = quantity::moved(comparison).map(|of| format!("; {}", quantity::one(of))).collect();
            format!("`{label}` {}: {baseline} → {candidate}{by}{beside}", phrase::runs(change, metric))
        }
        (Verdict::Removed, None) => {
            format!("`{label}` was removed{}", single.map_or(String::new(), |count| format!(": it ran {count}")))
        }
        (_, None) => format!("`{label}` is new{}", single.map_or(String::new(), |count| format!(": it runs {count}"))),
    }
}

fn targets(text: &mut String, report: &Report) {
    let start = text.len();
    let (failed, limits): (Vec<_>, Vec<_>) = report.unmeasured.iter().partition(|target| target.failed);
    for target in failed.into_iter().chain(limits) {
        let level = if target.failed { Level::ERROR } else { Level::WARNING };
        let name = format!("{}::{}", target.package, target.target);
        let said = format!("bench target `{}` was not measured: {}", printable(&name), printable(&target.reason));
        let mut group = Group::with_title(level.primary_title(said));
        if let Some(output) = diagnostic::last_output("", &target.output) {
            group = group.element(Level::NOTE.message(output));
        }
        show(text, group, Some(&target.help));
    }
    paragraph(text, start);
}

/// Notes of benchmarks that have no diagnostic to carry them, each said once, with the benchmarks it holds for; and in
/// what the machines differ.
fn remarks(text: &mut String, report: &Report) {
    let start = text.len();
    let mut remarks: Vec<(&str, Vec<&Comparison>)> = Vec::new();
    for comparison in report.entries.iter().map(|entry| &entry.comparison) {
        if matches!(comparison.verdict, Verdict::Regression | Verdict::Failed | Verdict::Inconclusive) {
            continue;
        }
        for note in &comparison.notes {
            match remarks.iter_mut().find(|(said, _)| said == note) {
                Some((_, of)) => of.push(comparison),
                None => remarks.push((note, vec![comparison])),
            }
        }
    }
    for (note, of) in &remarks {
        let names: Vec<_> = of.iter().take(3).map(|comparison| format!("`{}`", printable(&comparison.label))).collect();
        let more = if of.len() > 3 { format!(" and {} more", number::whole(of.len() - 3)) } else { String::new() };
        push(text, Level::NOTE, format!("{}{more}: {}", names.join(", "), printable(note)), None);
    }
    for cause in &report.common {
        if !report.entries.iter().any(|entry| alike::stands_for(entry, report).is_some_and(|(of, _)| of == cause)) {
            push(text, Level::NOTE, alike::said(cause, report), None);
        }
    }
    if let Some(said) = phrase::machines(report) {
        push(text, Level::WARNING, said, Some("measure both sides on one machine to compare to the instruction"));
    }
    paragraph(text, start);
}

/// The table of everything that is not unchanged, where there is more than a diagnostic has said already; last those
/// whose further metrics changed alone.
fn changed(text: &mut String, report: &Report) {
    let all = || report.entries.iter().map(|entry| &entry.comparison);
    let mut changed: Vec<&Comparison> = all().filter(|of| of.verdict != Verdict::Unchanged).collect();
    let beside: Vec<&Comparison> =
        all().filter(|of| of.verdict == Verdict::Unchanged && quantity::moved(of).next().is_some()).collect();
    let more = beside.len().saturating_sub(NOTES);
    changed.extend(&beside[..beside.len() - more]);
    let first_beside = changed.len() - (beside.len() - more);
    if changed.len() < 2 && beside.is_empty() {
        return;
    }
    let heads = ["", "benchmark", "baseline", "candidate", "change", ""].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> =
        std::iter::once(heads).chain(changed.iter().map(|comparison| row(comparison))).collect();
    let columns = [Align::Left, Align::Left, Align::Right, Align::Right, Align::Right, Align::Left];
    text.push_str(&table::draw(&columns, &rows, |row, column, cell| {
        let style = match (row.checked_sub(1), column) {
            (None, _) => DIM,
            (Some(at), 0 | 4) if at >= first_beside => YELLOW,
            (Some(at), 0 | 4) => colour(changed[at]),
            (Some(_), 5) => DIM,
            _ => return cell.to_owned(),
        };
        format!("{style}{cell}{style:#}")
    }));
    if more > 0 {
        let said = number::plural(more, "more benchmark");
        let _ = writeln!(text, "{DIM}{said} changed beside the gate: report.json has them{DIM:#}");
    }
    text.push('\n');
}

fn row(comparison: &Comparison) -> Vec<String> {
    let word = phrase::verdict(comparison.verdict).to_owned();
    let label = shortened(&printable(&comparison.label), NAME).into_owned();
    let single = comparison.single.map_or("–".to_owned(), |single| number::count(single.median));
    let dash = || "–".to_owned();
    let [baseline, candidate, change, remark] = match (comparison.verdict, &comparison.change) {
        (Verdict::New, _) => [dash(), single, String::new(), String::new()],
        (Verdict::Removed, _) => [single, dash(), String::new(), String::new()],
        (Verdict::Failed, _) => [dash(), dash(), String::new(), phrase::failures(comparison)],
        (Verdict::Inconclusive, None) if comparison.basis == Basis::OutOfTime => {
            [dash(), dash(), String::new(), phrase::OUT_OF_TIME.to_owned()]
        }
        (_, None) => [dash(), dash(), String::new(), String::new()],
        (_, Some(change)) => {
            let metric = comparison.metric;
            let (baseline, candidate) = quantity::pair(change, metric);
            let named = (metric != Metric::Instructions).then(|| quantity::noun(metric).to_owned());
            let slower = matches!(comparison.verdict, Verdict::Regression | Verdict::Inconclusive);
            let limit = slower.then(|| format!("limit {}", number::change(comparison.limits.limit)));
            let between = Some(phrase::between(change)).filter(|between| !between.is_empty());
            let advisory = comparison.advisory.then(|| "advisory".to_owned());
            // Of all others it is said above.
            let quiet = comparison.verdict == Verdict::Unchanged;
            let beside: Vec<_> = quantity::moved(comparison).filter(|_| quiet).map(quantity::one).collect();
            let beside = (!beside.is_empty()).then(|| beside.join("; "));
            let remark: Vec<_> = [named, limit, between, advisory, beside].into_iter().flatten().collect();
            let by = quantity::by(change, metric, comparison.limits.limit);
            [baseline, candidate, by, remark.join(", ")]
        }
    };
    vec![word, label, baseline, candidate, change, remark]
}

fn colour(comparison: &Comparison) -> Style {
    match comparison.verdict {
        Verdict::Regression | Verdict::Failed if !comparison.advisory => RED,
        Verdict::Regression | Verdict::Failed | Verdict::Inconclusive => YELLOW,
        Verdict::Improvement => GREEN,
        Verdict::Unchanged | Verdict::New | Verdict::Removed => BOLD,
    }
}

fn unchanged(text: &mut String, report: &Report) {
    if let Some(said) = phrase::unchanged(report) {
        let _ = writeln!(text, "{BOLD}unchanged{BOLD:#}  {said}\n");
    }
}

fn footer(text: &mut String, report: &Report, out_dir: &Path) {
    let compared = phrase::compared(report);
    let files = format!("{} (report.json, report.md)", printable(&out_dir.display().to_string()));
    let rows = [("compared", compared), ("report", files), ("again", printable(&report.reproduce).into_owned())];
    let rows: Vec<_> =
        rows.into_iter().filter(|(_, said)| !said.is_empty()).map(|(what, said)| vec![what.to_owned(), said]).collect();
    text.push_str(&table::draw(&[Align::Left, Align::Left], &rows, |_, column, cell| {
        if column == 0 { format!("{DIM}{cell}{DIM:#}") } else { cell.to_owned() }
    }));
    let style = match report.gate {
        Gate::Passed => GREEN,
        Gate::Regressed | Gate::Broken => RED,
        Gate::Nothing => YELLOW,
    };
    let word = phrase::gate(report.gate);
    let _ = writeln!(text, "\n{style}{word}{style:#}  {}", phrase::summary(report));
}

fn push(text: &mut String, level: Level<'static>, said: String, help: Option<&str>) {
    show(text, Group::with_title(level.primary_title(said)), help);
}

fn show(text: &mut String, mut group: Group<'static>, help: Option<&str>) {
    if let Some(help) = help.filter(|help| !help.is_empty()) {
        group = group.element(Level::HELP.message(printable(help).into_owned()));
    }
    text.push_str(&Renderer::styled().render(&[group]));
    text.push('\n');
}

/// Ends what was written since `start` with an empty line, if anything was.
fn paragraph(text: &mut String, start: usize) {
    if text.len() > start {
        text.push('\n');
    }
}
