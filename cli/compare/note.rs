//! What a person should know about the counts behind a judgement, as whole sentences.

use perfgate_harness::benchmark::UnmeasuredTarget;
use perfgate_harness::metric::Metric;

use super::rule::floor;
use crate::comparison::{Change, Class, Jitter, Region, Side, Verdict};

/// Instructions per iteration above which what the framework spends once per call, about 300 instructions, is less than
/// 0.03 % and not worth a sentence.
const OVERHEAD_IS_NOTHING: f64 = 1e6;

/// Of a benchmark that failed at the baseline and is gone from the candidate.
pub(super) const FAILED_AND_REMOVED: &str =
    "It could not be measured at the baseline, and the candidate no longer has it.";

/// What makes repeats differ and what can be done about it, where it keeps the benchmark from being judged as closely as
/// it could be: of noise that is no trouble nobody wants to hear.
pub(super) fn jitter(change: &Change, verdict: Verdict) -> Option<String> {
    let troubles = change.class == Class::Unstable || verdict == Verdict::Inconclusive;
    change.cause.filter(|_| troubles).map(|cause| remedy(cause).to_owned())
}

fn remedy(cause: Jitter) -> &'static str {
    match cause {
        Jitter::Threads => {
            "It starts threads inside the measured region, so that the count depends on how they are scheduled: measure \
             the work of one thread, or start them before the measured part."
        }
        Jitter::Clock => {
            "It reads the clock inside the measured region, and what it reads decides what it does: give it a fixed time."
        }
        Jitter::Processes => {
            "It starts processes inside the measured region, which do not count the same every time: keep them out of the \
             measured part."
        }
        Jitter::Addresses => {
            "Its count depends on where its memory lies: it hashes, orders or aligns by addresses. Use keys that are not \
             pointers."
        }
        Jitter::Randomness => {
            "It draws random numbers from the system: give the generator, or the hasher of its maps, a fixed seed."
        }
        Jitter::Company => {
            "What ran before it in the same process moves its count: it shares something with other benchmarks, such as a \
             cache, or whether there are threads."
        }
        Jitter::Unknown => {
            "Repeats that started alike counted differently, and it neither starts threads or processes nor reads the \
             clock: look for what it reads from outside, such as files, sockets or the environment."
        }
    }
}

/// What there is to say about a change of instructions.
///
/// `complete`: the benchmark is meant to be counted as it was, in one call and as a whole.
pub(super) fn notes(change: &Change, complete: bool, calls: usize, aligned: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let mut say = |applies: bool, sentence: String| {
        if applies {
            notes.push(sentence);
        }
    };
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
    let (base, cand, floor) = (change.baseline.median, change.candidate.median, floor(Metric::Instructions));
    say(
        base.min(cand) < floor && base.max(cand) >= floor,
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

/// The machines differ, but the system's part of the instructions is not known.
pub(super) const SYSTEM_UNKNOWN: &str = "The machines differ, and what the C library and the loader executed could not be \
     told apart here: part of the change may be theirs.";

/// Of a metric that has a say in the gate and was not counted on one of the sides, or on `None`: on both.
pub(super) fn unknown(metric: Metric, side: Option<Side>) -> String {
    let whose = match side {
        Some(Side::Baseline) => " at the baseline",
        Some(Side::Candidate) => " at the candidate",
        None => "",
    };
    let why = if metric.is_simulated() {
        "no caches were simulated"
    } else {
        "its allocator could not be watched, as with a `#[global_allocator]` of its own"
    };
    format!("The gate asks for `{metric}`, which could not be counted{whose}: {why}. It was not judged by them.")
}
