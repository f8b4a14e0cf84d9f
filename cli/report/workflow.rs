//! `Report` → workflow commands that put a regression beside the line that is to blame, in a GitHub job's summary.
//!
//! The escaping is that of GitHub's `@actions/core` toolkit (`command.ts`).

use super::{alike, blame, phrase};
use crate::comparison::{Basis, Comparison, Verdict};
use crate::explanation::Origin;
use crate::gate::{Entry, Report};
use crate::number;
use crate::printable::{printable, shortened};

/// GitHub shows ten annotations of a kind per step and drops the others.
const MOST: usize = 10;

/// One command per line, errors first; empty where there is nothing to say.
pub fn render(report: &Report) -> String {
    let mut errors: Vec<String> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    let spoken_for = alike::spoken_for(report);
    for entry in report.entries.iter().filter(|entry| !spoken_for.contains(&*entry.comparison.label)) {
        let comparison = &entry.comparison;
        let Some((title, mut message)) = said(entry) else { continue };
        if let Some((cause, others)) = alike::stands_for(entry, report) {
            let others = number::plural(others, "other regression");
            message.push_str(&format!("; {}; this stands for {others}", alike::said(cause, report)));
        }
        let (file, line) = place(entry);
        let grave = !comparison.advisory && comparison.verdict != Verdict::Inconclusive;
        let (kind, list) = if grave { ("error", &mut errors) } else { ("warning", &mut warnings) };
        list.push(command(kind, file, line, title, &message));
    }
    for target in &report.unmeasured {
        let message = format!("{}::{}: {}; {}", target.package, target.target, target.reason, target.help);
        let (kind, list) = if target.failed { ("error", &mut errors) } else { ("warning", &mut warnings) };
        list.push(command(kind, "", None, "Bench target not measured", &message));
    }
    errors.into_iter().take(MOST).chain(warnings.into_iter().take(MOST)).collect()
}

fn said(entry: &Entry) -> Option<(&'static str, String)> {
    let comparison = &entry.comparison;
    let label = &comparison.label;
    match (comparison.verdict, &comparison.change) {
        (Verdict::Regression, Some(change)) => {
            let by = blame::culprit(entry).map_or(String::new(), |finding| {
                let moved = blame::moved(finding);
                format!("; {}{}: {moved}", blame::carries(finding), finding.function)
            });
            let message = format!(
                "{label} {}: {}{by}",
                phrase::runs(change, comparison.metric),
                phrase::counted(comparison, change)
            );
            Some(("Performance regression", message))
        }
        (Verdict::Inconclusive, Some(change)) => {
            let said = phrase::not_excluded(change, comparison.metric);
            Some(("Performance inconclusive", format!("{label}: {said}")))
        }
        (Verdict::Inconclusive, None) if comparison.basis == Basis::OutOfTime => {
            Some(("Benchmark not measured", format!("{label} {}", phrase::OUT_OF_TIME)))
        }
        (Verdict::Failed, _) => Some(("Benchmark failed", format!("{label} {}", phrase::failures(comparison)))),
        _ => None,
    }
}

/// The culprit's line if it is in the repository, else the benchmark's, else the file of its target.
fn place(entry: &Entry) -> (&str, Option<u32>) {
    let source = &entry.comparison.source;
    let Some(explanation) = entry.explanation.as_ref().filter(|_| slower(&entry.comparison)) else {
        return (source, None);
    };
    let culprit = blame::culprit(entry).filter(|finding| finding.origin == Origin::Repository);
    match culprit.and_then(|finding| finding.location.as_ref()).or(explanation.benchmark.as_ref()) {
        Some(at) => (&at.file, Some(at.line)),
        None => (source, None),
    }
}

fn slower(comparison: &Comparison) -> bool {
    comparison.verdict == Verdict::Regression
}

fn command(kind: &str, file: &str, line: Option<u32>, title: &str, message: &str) -> String {
    let place = match (file, line) {
        ("", _) => String::new(),
        (file, Some(line)) => format!("file={},line={line},", property(file)),
        (file, None) => format!("file={},", property(file)),
    };
    format!("::{kind} {place}title={}::{}\n", property(title), data(&shortened(&printable(message), 1000)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_property_or_the_line_is_escaped() {
        assert_eq!(
            command("error", "a,b:c%.rs", Some(3), "t::x", "100 %\n::set-output name=x::y"),
            "::error file=a%2Cb%3Ac%25.rs,line=3,title=t%3A%3Ax::100 %25\\n::set-output name=x::y\n"
        );
    }
}
