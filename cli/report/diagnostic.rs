//! One benchmark that needs attention → a diagnostic as rustc draws them: where it stands, what happened, whose fault
//! it is, and what to do.

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{alike, blame, phrase, quantity};
use crate::comparison::{Basis, Comparison, Verdict};
use crate::explanation::{Finding, Location, Origin as Whose};
use crate::gate::{Entry, Report};
use crate::number;
use crate::printable::{last_lines, printable, source_line};

/// Lines of a failed benchmark's output that are shown.
const OUTPUT_LINES: usize = 20;

/// The whole diagnostic, coloured, ending in a newline. `teach` adds how to allow the change, which one telling teaches.
pub fn full(entry: &Entry, report: &Report, teach: bool) -> String {
    let comparison = &entry.comparison;
    let mut groups = match comparison.verdict {
        Verdict::Failed => failed(comparison, report),
        Verdict::Inconclusive => inconclusive(comparison, report),
        _ => regression(entry, report, teach),
    };
    groups.push(help(format!("to run only this benchmark again: {}", phrase::again(comparison))));
    let mut text = Renderer::styled().render(&groups);
    text.push('\n');
    text
}

/// The first line of the diagnostic, with the numbers and the function.
pub fn abridged(entry: &Entry) -> String {
    let comparison = &entry.comparison;
    let mut text = title(comparison);
    if let (Verdict::Regression, Some(change)) = (comparison.verdict, &comparison.change) {
        text = format!("`{}`: {}", printable(&comparison.label), phrase::counted(comparison, change));
        if let Some(finding) = blame::culprit(entry) {
            let at = blame::place(finding).map_or(String::new(), |place| format!(" at {place}"));
            text.push_str(&format!(", mostly in `{}`{at}", printable(&finding.function)));
        }
    }
    let mut text = Renderer::styled().render(&[Group::with_title(heading(comparison, text))]);
    text.push('\n');
    text
}

fn title(comparison: &Comparison) -> String {
    let label = printable(&comparison.label);
    match (comparison.verdict, &comparison.change) {
        (Verdict::Inconclusive, Some(change)) => {
            format!("`{label}`: {}", phrase::not_excluded(change, comparison.metric))
        }
        (Verdict::Inconclusive, None) if comparison.basis == Basis::OutOfTime => {
            format!("`{label}` {}", phrase::OUT_OF_TIME)
        }
        (Verdict::Failed, _) => format!("`{label}` {}", phrase::failures(comparison)),
        (_, Some(change)) => format!("`{label}` {}", phrase::runs(change, comparison.metric)),
        (_, None) => format!("`{label}`"),
    }
}

fn heading(comparison: &Comparison, text: String) -> annotate_snippets::Title<'static> {
    let grave = !comparison.advisory && comparison.verdict != Verdict::Inconclusive;
    let level = if grave { Level::ERROR } else { Level::WARNING };
    level.primary_title(text).id(phrase::verdict(comparison.verdict))
}

fn regression(entry: &Entry, report: &Report, teach: bool) -> Vec<Group<'static>> {
    let comparison = &entry.comparison;
    let at = entry.explanation.as_ref().and_then(|explanation| explanation.benchmark.as_ref());
    let said = comparison.change.as_ref().map(|change| phrase::counted(comparison, change)).unwrap_or_default();
    let first = heading(comparison, title(comparison)).elements(place(at, &comparison.source, said));
    let mut first = notes(first, comparison, report);
    if comparison.advisory {
        first = first.element(Level::NOTE.message("the policy marks it as advisory: it has no say in the gate"));
    }
    if let Some((cause, others)) = alike::stands_for(entry, report) {
        let said = alike::said(cause, report);
        let others = number::plural(others, "other regression");
        first = first.element(Level::NOTE.message(format!("{said}; this diagnostic stands for {others}")));
    }
    if let Some(why) = blame::unexplained(entry) {
        return finish(
            vec![first.element(Level::NOTE.message(printable(&why).into_owned()))],
            comparison,
            report,
            teach,
        );
    }
    let mut groups = vec![first];
    if let (Some(explanation), Some(finding)) = (&entry.explanation, blame::culprit(entry)) {
        let mut note = culprit(finding);
        for other in blame::accomplices(explanation) {
            let at = blame::place(other).map_or(String::new(), |place| format!(" ({place})"));
            let moved = blame::moved(other);
            let share = number::share(other.share);
            note =
                note.element(Level::NOTE.message(format!("{share} in `{}`{at}: {moved}", printable(&other.function))));
        }
        if let Some(why) = &explanation.note {
            note = note.element(Level::NOTE.message(printable(why).into_owned()));
        }
        groups.push(note);
    }
    finish(groups, comparison, report, teach)
}

fn finish(mut groups: Vec<Group<'static>>, of: &Comparison, report: &Report, teach: bool) -> Vec<Group<'static>> {
    if teach && !of.advisory {
        let (lines, others) = phrase::allow(of, report);
        let also = match others {
            0 => String::new(),
            n => format!(" (the filter selects {} too)", number::plural(n, "more benchmark")),
        };
        groups.push(help(format!("if it is intended, allow it in perfgate.toml{also}:\n{}", lines.join("\n"))));
    }
    groups
}

fn culprit(finding: &Finding) -> Group<'static> {
    let whose = match finding.origin {
        Whose::Repository => "",
        Whose::Dependency => " (a dependency)",
        Whose::Std => " (the standard library)",
        Whose::System => " (a system library)",
    };
    let title = format!("{}`{}`{whose}", blame::carries(finding), printable(&finding.function));
    let moved = blame::moved(finding);
    let group = Group::with_title(Level::NOTE.secondary_title(title));
    match &finding.location {
        Some(at) => group.elements(place(Some(at), "", moved)),
        None => group.element(Level::NOTE.message(moved)),
    }
}

fn failed(comparison: &Comparison, report: &Report) -> Vec<Group<'static>> {
    let mut first =
        heading(comparison, title(comparison)).element(Origin::path(printable(&comparison.source).into_owned()));
    let mut helps: Vec<&str> = Vec::new();
    let mut shown = "";
    for failure in &comparison.failures {
        // Both sides usually fail alike: once is enough.
        if failure.failure.output != shown
            && let Some(text) = last_output(&format!(" on the {}", phrase::side(failure.side)), &failure.failure.output)
        {
            first = first.element(Level::NOTE.message(text));
            shown = &failure.failure.output;
        }
        if !helps.contains(&failure.failure.help.as_str()) {
            helps.push(&failure.failure.help);
        }
    }
    let mut groups = vec![notes(first, comparison, report)];
    groups.extend(helps.into_iter().filter(|text| !text.is_empty()).map(|text| help(printable(text).into_owned())));
    groups
}

/// The end of what a process printed, for a note; `None` if it printed nothing.
pub(super) fn last_output(of: &str, output: &str) -> Option<String> {
    let (lines, left_out) = last_lines(output, OUTPUT_LINES);
    if lines.is_empty() {
        return None;
    }
    let more = if left_out > 0 { format!(", {} before", number::plural(left_out, "line")) } else { String::new() };
    let mut text = format!("last output{of}{more}:");
    for line in lines {
        // The rule keeps what it printed from being read as a workflow command or as perfgate's own words.
        text.push_str(if line.is_empty() { "\n|" } else { "\n| " });
        text.push_str(&line);
    }
    Some(text)
}

fn inconclusive(comparison: &Comparison, report: &Report) -> Vec<Group<'static>> {
    let mut first =
        heading(comparison, title(comparison)).element(Origin::path(printable(&comparison.source).into_owned()));
    let Some(change) = &comparison.change else { return vec![notes(first, comparison, report)] };
    let must = number::change(comparison.limits.exclude);
    let said = format!("{}; a pass must exclude {must}", phrase::counted(comparison, change));
    first = first.element(Level::NOTE.message(said));
    // Where the reason is known, a note says what to do about it.
    let what = match change.cause {
        Some(_) => "if that cannot be mended, give it a wider limit in perfgate.toml",
        None => {
            "its count differs from run to run: look for threads, random seeds, time or addresses that decide what it \
             does,\nor give it a wider limit in perfgate.toml"
        }
    };
    vec![notes(first, comparison, report), help(what.to_owned())]
}

fn notes(mut group: Group<'static>, comparison: &Comparison, report: &Report) -> Group<'static> {
    for note in phrase::environment(comparison, report).iter().chain(&quantity::beside(comparison)) {
        group = group.element(Level::NOTE.message(note.clone()));
    }
    for note in &comparison.notes {
        group = group.element(Level::NOTE.message(printable(note).into_owned()));
    }
    group
}

fn help(text: String) -> Group<'static> {
    Group::with_title(Level::HELP.secondary_title(text))
}

/// A place and what is said of it: under the line of source where there is one, else below the path.
fn place(at: Option<&Location>, source: &str, said: String) -> Vec<Element<'static>> {
    let Some(at) = at else {
        return vec![Origin::path(printable(source).into_owned()).into(), Level::NOTE.message(said).into()];
    };
    let (path, line) = (printable(&at.file).into_owned(), at.line as usize);
    match at.text.as_deref().map(source_line).filter(|text| !text.trim().is_empty()) {
        Some(text) => {
            let annotation = mark(&text).label(said);
            vec![Snippet::source(text).path(path).line_start(line).annotation(annotation).into()]
        }
        None => vec![Origin::path(path).line(line).into(), Level::NOTE.message(said).into()],
    }
}

/// The part of a line to underline: the name of the function that it declares, else all of it but its opening brace.
fn mark(text: &str) -> Annotation<'static> {
    let from = text.len() - text.trim_start().len();
    let to = text.trim_end().trim_end_matches('{').trim_end().len().max(from + 1);
    let span = declared(text).unwrap_or(from..to);
    AnnotationKind::Primary.span(span)
}

fn declared(text: &str) -> Option<std::ops::Range<usize>> {
    let at = text.find("fn ").filter(|&at| at == 0 || text[..at].ends_with(' '))? + "fn ".len();
    let length = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len() - at);
    (length > 0).then_some(at..at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_marked_by_its_name() {
        assert_eq!(declared("fn parse(b: &mut B) {"), Some(3..8));
        assert_eq!(declared("    pub(crate) async fn größe<T>()"), Some(24..31));
        assert_eq!(declared("defn x"), None);
        assert_eq!(declared("let f: fn () = x"), None);
        assert_eq!(declared("b.iter(|| parse(x))"), None);
    }
}
