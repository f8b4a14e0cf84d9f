//! Two runs to pairs of what each side measured of a benchmark, and a pair to its judgement.

use std::collections::BTreeMap;

use perfgate_harness::benchmark::{Benchmark, BenchmarkId, Framework, UnmeasuredTarget};
use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Count, Counted, Failure, FailureKind, Measured, Outcome, Run};

use super::figure::{self, Figures};
use super::{note, rule};
use crate::comparison::{Basis, Comparison, Side, SideFailure, Verdict};
use crate::policy::Policy;

/// What a side knows of a benchmark.
#[derive(Clone, Copy)]
enum Seen<'r> {
    /// It was counted, or failed.
    Measured(&'r Measured),
    /// Nothing of its bench target was measured.
    Unmeasured(&'r UnmeasuredTarget),
    /// The side does not have it.
    Absent,
}

/// A benchmark and what each side knows of it.
pub(super) struct Pair<'r> {
    benchmark: &'r Benchmark,
    baseline: Seen<'r>,
    candidate: Seen<'r>,
}

/// Every benchmark of either run. If a run file holds one twice, which perfgate does not write, the first counts.
pub(super) fn pairs<'r>(baseline: &'r Run, candidate: &'r Run) -> Vec<Pair<'r>> {
    let mut sides: BTreeMap<&BenchmarkId, [Option<&Measured>; 2]> = BTreeMap::new();
    for (side, run) in [baseline, candidate].into_iter().enumerate() {
        for measured in &run.benchmarks {
            sides.entry(&measured.benchmark.id).or_default()[side].get_or_insert(measured);
        }
    }
    let known = sides.into_values().filter_map(|[base, cand]| {
        // The candidate's description wins: it is where the reader will look for the source.
        let benchmark = &cand.or(base)?.benchmark;
        let seen = |run: &'r Run, measured: Option<&'r Measured>| match measured {
            Some(measured) => Seen::Measured(measured),
            None => unmeasured(run, &benchmark.id).map_or(Seen::Absent, Seen::Unmeasured),
        };
        Some(Pair { benchmark, baseline: seen(baseline, base), candidate: seen(candidate, cand) })
    });
    known.collect()
}

/// The run's word on the benchmark's target, if nothing of it was measured.
fn unmeasured<'r>(run: &'r Run, id: &BenchmarkId) -> Option<&'r UnmeasuredTarget> {
    run.unmeasured.iter().find(|t| t.package == id.package && t.target == id.target)
}

impl Pair<'_> {
    /// The benchmark's identity.
    pub(super) fn id(&self) -> &BenchmarkId {
        &self.benchmark.id
    }

    /// Whether this side lost the benchmark: the baseline counted it, and the candidate's target is there, but cannot be
    /// measured. Were that no failure, a change could take its benchmarks out of sight of the gate.
    fn lost(&self, side: Side) -> bool {
        side == Side::Candidate && self.baseline.counted().is_some()
    }

    /// The judgement.
    pub(super) fn judge(&self, label: String, policy: &Policy) -> Comparison {
        let rule = policy.rule(self.id());
        let mut comparison = Comparison {
            id: self.id().clone(),
            label,
            framework: self.benchmark.framework,
            source: self.benchmark.source.clone(),
            metric: Metric::Instructions,
            verdict: Verdict::Failed,
            basis: Basis::Counts,
            limits: rule.limits,
            advisory: rule.advisory,
            change: None,
            single: None,
            failures: [(Side::Baseline, self.baseline), (Side::Candidate, self.candidate)]
                .into_iter()
                .filter_map(|(side, seen)| Some(SideFailure { side, failure: failure(seen, self.lost(side))? }))
                .collect(),
            notes: Vec::new(),
        };
        match (self.baseline.counted(), self.candidate.counted()) {
            (Some(base), Some(cand)) => both(&mut comparison, base, cand),
            (None, Some(cand)) if matches!(self.baseline, Seen::Absent | Seen::Unmeasured(_)) => {
                one(&mut comparison, Verdict::New, cand, self.baseline);
            }
            (Some(base), None) if matches!(self.candidate, Seen::Absent) => {
                one(&mut comparison, Verdict::Removed, base, self.candidate);
            }
            (None, None) if matches!(self.candidate, Seen::Absent) => {
                // It failed where it was; that it is gone is all that the change did to it.
                comparison.verdict = Verdict::Removed;
                comparison.failures.clear();
                comparison.notes.push(note::FAILED_AND_REMOVED.to_owned());
            }
            _ if self.either(&Outcome::OutOfTime) && comparison.failures.is_empty() => {
                comparison.verdict = Verdict::Inconclusive;
                comparison.basis = Basis::OutOfTime;
            }
            _ if self.either(&Outcome::Identical) && comparison.failures.is_empty() => {
                comparison.verdict = Verdict::Unchanged;
                comparison.basis = Basis::SameCode;
            }
            _ => {}
        }
        comparison
    }

    /// Whether this is what came of it on either side.
    fn either(&self, outcome: &Outcome) -> bool {
        let has = |seen: Seen<'_>| matches!(seen, Seen::Measured(measured) if measured.outcome == *outcome);
        has(self.baseline) || has(self.candidate)
    }
}

impl<'r> Seen<'r> {
    /// The counts, if there are any.
    fn counted(self) -> Option<&'r Counted> {
        match self {
            Seen::Measured(Measured { outcome: Outcome::Counted(counted), .. }) => Some(counted),
            _ => None,
        }
    }
}

/// Judges a benchmark that both sides counted.
fn both(comparison: &mut Comparison, baseline: &Counted, candidate: &Counted) {
    let processes: Vec<&Count> = baseline.repeats.iter().chain(&candidate.repeats).collect();
    let empty = [(Side::Baseline, baseline), (Side::Candidate, candidate)].map(|(side, c)| (side, countless(c)));
    let usable = figure::figures(&processes).filter(|_| empty.iter().all(|(_, empty)| !empty));
    let Some(Figures { values, region, calls, aligned }) = usable else {
        let sides = empty.into_iter().filter_map(|(side, empty)| empty.then_some(side));
        comparison.failures.extend(sides.map(|side| SideFailure { side, failure: no_counts() }));
        return;
    };
    let (base, cand) = values.split_at(baseline.repeats.len());
    let change = rule::change(base, cand, region);
    comparison.verdict = rule::verdict(&change, &comparison.limits);
    let complete = matches!(comparison.framework, Framework::IaiCallgrind | Framework::Gungraun | Framework::Command);
    comparison.notes = note::notes(&change, calls, aligned, [baseline.threads, candidate.threads], complete);
    comparison.change = Some(change);
}

/// Records a benchmark that only one side counted, or finds that the other side could not be.
fn one(comparison: &mut Comparison, verdict: Verdict, counted: &Counted, other: Seen<'_>) {
    let processes: Vec<&Count> = counted.repeats.iter().collect();
    let Some(figures) = figure::figures(&processes) else {
        let side = if verdict == Verdict::New { Side::Candidate } else { Side::Baseline };
        comparison.failures.push(SideFailure { side, failure: no_counts() });
        comparison.failures.sort_by_key(|failed| failed.side == Side::Candidate);
        return;
    };
    comparison.single = Some(rule::estimate(&figures.values));
    if comparison.failures.is_empty() {
        comparison.verdict = verdict;
    }
    if let Seen::Unmeasured(target) = other {
        comparison.notes.push(note::unmeasured(verdict, target));
    }
}

/// What kept a side from counting the benchmark, where that is a failure. A target that perfgate cannot measure yet is
/// none, unless the benchmark was `lost`: it is reported as such, and does not count against the gate.
fn failure(seen: Seen<'_>, lost: bool) -> Option<Failure> {
    match seen {
        Seen::Measured(Measured { outcome: Outcome::Failed(failure), .. }) => Some(failure.clone()),
        Seen::Unmeasured(target) if target.failed || lost => Some(Failure {
            kind: FailureKind::NotCountable,
            message: format!("was not measured: {}", target.reason),
            help: target.help.clone(),
            output: target.output.clone(),
        }),
        _ => None,
    }
}

/// Whether one of the processes holds no call that made an iteration. The harness writes none such: a damaged run file
/// may hold one.
fn countless(counted: &Counted) -> bool {
    figure::figures(&counted.repeats.iter().collect::<Vec<_>>()).is_none()
}

/// The failure of a benchmark that was counted, but of which the run file holds no counts.
fn no_counts() -> Failure {
    Failure {
        kind: FailureKind::NotCountable,
        message: "has no counts in the run file".to_owned(),
        help: "the run file is damaged: measure this side again".to_owned(),
        output: String::new(),
    }
}
