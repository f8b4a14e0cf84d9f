//! What a person should know about the counts behind a judgement, as whole sentences.

use perfgate_harness::benchmark::UnmeasuredTarget;

use super::rule::FLOOR;
use crate::comparison::{Change, Region, Verdict};

/// Instructions per iteration above which what the framework spends once per call, about 300 instructions, is less than
/// 0.03 % and not worth a sentence.
const OVERHEAD_IS_NOTHING: f64 = 1e6;

/// Of a benchmark that failed at the baseline and is gone from the candidate.
pub(super) const FAILED_AND_REMOVED: &str =
    "It could not be measured at the baseline, and the candidate no longer has it.";

/// What there is to say about a change.
///
/// `complete`: the benchmark is meant to be counted as it was, in one call and as a whole.
pub(super) fn notes(change: &Change, calls: usize, aligned: bool, threads: [bool; 2], complete: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let mut say = |applies: bool, sentence: String| {
        if applies {
            notes.push(sentence);
        }
    };
    say(
        threads.contains(&true),
        "It starts threads inside the measured region, so that the count depends on how they are scheduled.".into(),
    );
    say(
        change.region == Region::Whole && !complete,
        "The count covers the framework's whole measuring function, set-up and drops included: the part that it times \
         could not be told apart."
            .into(),
    );
    let alone = match (change.baseline.repeats, change.candidate.repeats) {
        (0 | 1, 0 | 1) => "either side",
        (0 | 1, _) => "the baseline",
        _ => "the candidate",
    };
    say(
        change.baseline.repeats.min(change.candidate.repeats) < 2,
        format!("Only one process of {alone} was counted, so that its noise is unknown and a wide one is assumed."),
    );
    say(
        calls < 3 && !complete && change.baseline.median.min(change.candidate.median) < OVERHEAD_IS_NOTHING,
        format!(
            "Only {calls} {} could be compared, so that the count includes what the framework spends once per call, \
             about 300 instructions.",
            if calls == 1 { "call" } else { "calls" }
        ),
    );
    say(
        !aligned,
        "The processes called the benchmark with different numbers of iterations, so that they are compared by their \
         averages only."
            .into(),
    );
    let (base, cand) = (change.baseline.median, change.candidate.median);
    say(
        base.min(cand) < FLOOR && base.max(cand) >= FLOOR,
        format!(
            "The {} spends less than half an instruction per iteration, so that the change is given against half of one. \
             Was the work optimised away?",
            if base < cand { "baseline" } else { "candidate" }
        ),
    );
    notes
}

/// Of a benchmark that one side has, in a target of which perfgate can measure nothing on the other.
pub(super) fn unmeasured(verdict: Verdict, target: &UnmeasuredTarget) -> String {
    let other = if verdict == Verdict::New { "baseline" } else { "candidate" };
    format!("The bench target `{}` was not measured at the {other}: {}.", target.target, target.reason)
}
