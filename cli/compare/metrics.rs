//! A benchmark that both sides counted to its judgement in every metric of which both have data: the one that needs
//! attention most speaks for the benchmark.

use perfgate_harness::benchmark::Framework;
use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Count, Counted};

use super::cause::{self, cause};
use super::figure::Figures;
use super::rule::{self, Counts, floor};
use super::seeds::{Group, groups};
use super::{REPEATS_JITTERY, note};
use crate::comparison::{Change, Class, Comparison, Further, Region, Side, SystemShare, Verdict};
use crate::policy::Policy;

/// Judges a benchmark of which both sides hold usable calls, baseline first. `apart` says that their machines differ.
pub(super) fn judge(comparison: &mut Comparison, sides: [&Counted; 2], policy: &Policy, apart: bool) {
    let processes: Vec<&Count> = sides.iter().flat_map(|side| &side.repeats).collect();
    let Some(figures) = Figures::new(&processes) else { return };
    let threads = sides.iter().any(|side| side.threads);
    let rules = Rules {
        sides,
        groups: groups(&sides[0].repeats, &sides[1].repeats, threads),
        // A few repeats of what threads decide may agree by chance.
        enough: if threads { REPEATS_JITTERY } else { 2 },
        region: figures.region,
    };
    let instructions = rules.instructions(&figures, apart);
    let complete = matches!(comparison.framework, Framework::IaiCallgrind | Framework::Gungraun | Framework::Command);
    comparison.notes = note::notes(&instructions, complete, figures.calls, figures.aligned);
    if apart && instructions.system.is_none() {
        comparison.notes.push(note::SYSTEM_UNKNOWN.to_owned());
    }
    let changes = Metric::ALL.into_iter().filter_map(|metric| match metric {
        Metric::Instructions => Some((metric, instructions)),
        _ => Some((metric, rules.change(metric, &figures.metric(metric)?))),
    });
    let mut judged: Vec<Further> = changes
        .map(|(metric, change)| {
            let rule = policy.rule(&comparison.id, metric);
            let verdict = rule::verdict(&change, &rule.limits);
            Further { metric, verdict, limits: rule.limits, advisory: rule.advisory, change }
        })
        .collect();
    let asked = policy.metrics.iter().filter(|&&metric| judged.iter().all(|of| of.metric != metric));
    comparison.notes.extend(asked.map(|&metric| note::unknown(metric, only_missing(sides, metric))));

    let gating = judged.iter().enumerate().filter(|(_, of)| policy.gates(of.metric));
    // Of equals the first: instructions, of which the explanation tells most.
    let speaker = gating.min_by_key(|(_, of)| attention(of.verdict)).map_or(0, |(at, _)| at);
    let speaker = judged.remove(speaker);
    (comparison.metric, comparison.verdict, comparison.change) =
        (speaker.metric, speaker.verdict, Some(speaker.change));
    (comparison.limits, comparison.advisory) = (speaker.limits, speaker.advisory);
    comparison.notes.splice(0..0, note::jitter(&speaker.change, speaker.verdict));
    comparison.further = judged;
}

/// What holds for every metric of the benchmark.
struct Rules<'a> {
    sides: [&'a Counted; 2],
    groups: Vec<Group>,
    enough: usize,
    region: Region,
}

impl Rules<'_> {
    /// The change of the instructions: of all, or of those that are not the system's where the machines differ.
    fn instructions(&self, figures: &Figures<'_>, apart: bool) -> Change {
        let system = figures.system();
        let own = figures.without_system().filter(|_| apart);
        let judged = own.is_none();
        let mut change = self.change(Metric::Instructions, &own.unwrap_or_else(|| figures.instructions()));
        change.system = system.map(|system| {
            let (baseline, candidate) = self.split(&system);
            let median = |values| rule::estimate(values).median;
            SystemShare { baseline: median(baseline), candidate: median(candidate), judged }
        });
        change
    }

    /// The change of a metric, of which there is one figure per repeat, the baseline's first.
    fn change(&self, metric: Metric, figures: &[f64]) -> Change {
        let (baseline, candidate) = self.split(figures);
        let (groups, enough, floor) = (self.groups.as_slice(), self.enough, floor(metric));
        let region = self.region;
        let mut change = rule::change(&Counts { baseline, candidate, groups, enough, floor, region });
        if change.class != Class::Exact {
            let [base, cand] = self.sides;
            let side = |counted, figures| cause::Side { counted, figures };
            change.cause = cause([side(base, baseline), side(cand, candidate)], floor);
        }
        change
    }

    fn split<'f>(&self, figures: &'f [f64]) -> (&'f [f64], &'f [f64]) {
        figures.split_at(self.sides[0].repeats.len().min(figures.len()))
    }
}

/// The side that alone has no data of a metric; `None` if both have none.
fn only_missing(sides: [&Counted; 2], metric: Metric) -> Option<Side> {
    let known = sides.map(|side| {
        let processes: Vec<&Count> = side.repeats.iter().collect();
        Figures::new(&processes).is_some_and(|figures| figures.metric(metric).is_some())
    });
    match known {
        [false, true] => Some(Side::Baseline),
        [true, false] => Some(Side::Candidate),
        _ => None,
    }
}

/// Which verdict speaks for a benchmark, first of all the smallest.
fn attention(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Regression => 0,
        Verdict::Inconclusive => 1,
        Verdict::Improvement => 2,
        _ => 3,
    }
}
