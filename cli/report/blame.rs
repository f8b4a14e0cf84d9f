//! The sentences about the functions that a change is laid to.

use perfgate_harness::metric::Metric;

use super::quantity;
use crate::explanation::{Cause, Explanation, Finding, FunctionCost, Origin};
use crate::gate::Entry;
use crate::number;
use crate::printable::printable;

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
pub fn moved(finding: &Finding) -> String {
    format!(
        "{} instructions{}",
        number::delta(finding.delta),
        how(finding).map_or(String::new(), |how| format!(", {how}"))
    )
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
            let each = |cost: FunctionCost| cost.calls.map(|calls| cost.instructions / calls);
            ratio(each(baseline)?, each(candidate)?).map(|times| format!("each call costs {times} as much"))
        }
    }
}

/// `src/lexer.rs:118`, where the finding has a place.
pub fn place(finding: &Finding) -> Option<String> {
    finding.location.as_ref().map(|at| format!("{}:{}", printable(&at.file), at.line))
}

/// The function that carries most of the change in the direction of the change. A system library is none where what those
/// execute was not judged.
pub fn culprit(entry: &Entry) -> Option<&Finding> {
    let comparison = &entry.comparison;
    let explanation = entry.explanation.as_ref().filter(|_| comparison.metric == Metric::Instructions)?;
    let set_aside = comparison.change.and_then(|change| change.system).is_some_and(|system| !system.judged);
    let judged = |finding: &&Finding| !set_aside || finding.origin != Origin::System;
    explanation.findings.iter().find(judged).filter(|first| first.share > 0.0)
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
    if entry.comparison.metric != Metric::Instructions {
        let noun = quantity::noun(entry.comparison.metric);
        return Some(format!("profiles are of instructions: they do not tell which function the {noun} are in"));
    }
    let note = entry.explanation.as_ref().and_then(|explanation| explanation.note.clone());
    Some(note.unwrap_or_else(|| "no profile tells which function the change is in".to_owned()))
}
