//! What a project allows: limits per benchmark, and what an inconclusive result does to the gate.

use std::collections::BTreeMap;

use perfgate_harness::benchmark::BenchmarkId;
use perfgate_harness::metric::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The allowed change of a metric, as fractions of the baseline (0.01 is one per cent).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Limits {
    /// δ: a slowdown shown to be beyond this is a regression.
    pub limit: f64,
    /// Δ: a pass must rule out a slowdown of this size. Never below `limit`.
    pub exclude: f64,
}

impl Limits {
    /// For instruction counts: ten times the worst range that identical code was seen to have.
    pub const INSTRUCTIONS: Self = Self { limit: 0.005, exclude: 0.02 };

    /// For allocations and their bytes. They repeat exactly in nearly all code, so that the limit is no guard against
    /// noise: it lets a growing table take one step more, one call in a hundred, and never one allocation in a routine
    /// that makes a handful.
    const ALLOCATIONS: Self = Self { limit: 0.01, exclude: 0.02 };

    /// For the peak of the heap, which moves by whole size classes of the allocator, and for what is simulated: caches
    /// depend on where the linker puts code, which an edit elsewhere moves.
    const COARSE: Self = Self { limit: 0.02, exclude: 0.05 };

    /// What holds for a metric unless the project says otherwise.
    #[must_use]
    pub fn of(metric: Metric) -> Self {
        match metric {
            Metric::Instructions => Self::INSTRUCTIONS,
            Metric::Allocations | Metric::AllocatedBytes => Self::ALLOCATIONS,
            Metric::PeakHeap | Metric::EstimatedCycles | Metric::L1Misses | Metric::LlMisses | Metric::BranchMisses => {
                Self::COARSE
            }
        }
    }

    /// The limits for a metric where only the limit was chosen: what a pass must rule out is twice that, and never less
    /// than by default, so that noise has room between the two.
    #[must_use]
    pub fn with_limit(metric: Metric, limit: f64) -> Self {
        Self { limit, exclude: Self::of(metric).exclude.max(2.0 * limit) }
    }
}

/// What an inconclusive result does to the gate.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnInconclusive {
    /// Pass, with a warning.
    #[default]
    Warn,
    /// Fail, as a regression does.
    Fail,
}

/// A pattern over benchmark names.
///
/// With `*` or `?` it is a glob over the whole name, where `*` matches any text, `/` and `::` included; without, it
/// matches any name that contains it. The name is `target::name` or `package::target::name`: either may match.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Filter(pub String);

/// Limits for the benchmarks that a filter selects; what is missing is inherited.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// Which benchmarks.
    pub filter: Filter,
    /// δ, by metric.
    pub limit: BTreeMap<Metric, f64>,
    /// Δ, by metric.
    pub exclude: BTreeMap<Metric, f64>,
    /// Measured and shown, but without a say in the gate.
    pub advisory: Option<bool>,
}

/// The policy of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The metrics that gate, at least one; the others are advisory.
    pub metrics: Vec<Metric>,
    /// What holds where no override matches, for the metrics of which the project says something.
    pub limits: BTreeMap<Metric, Limits>,
    /// The last match wins, field by field.
    pub overrides: Vec<Override>,
    /// What an inconclusive result does.
    pub on_inconclusive: OnInconclusive,
}

/// What the policy says of one benchmark in one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Its limits.
    pub limits: Limits,
    /// Whether it has no say in the gate.
    pub advisory: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            metrics: vec![Metric::Instructions],
            limits: BTreeMap::new(),
            overrides: Vec::new(),
            on_inconclusive: OnInconclusive::default(),
        }
    }
}

impl Policy {
    /// The limits of a metric where no override matches.
    #[must_use]
    pub fn limits_of(&self, metric: Metric) -> Limits {
        self.limits.get(&metric).copied().unwrap_or(Limits::of(metric))
    }

    /// Whether a metric has a say in the gate.
    #[must_use]
    pub fn gates(&self, metric: Metric) -> bool {
        self.metrics.contains(&metric)
    }

    /// What holds for a benchmark in a metric. An override of the limit alone also widens what a pass must rule out, as
    /// [`Limits::with_limit`] does.
    #[must_use]
    pub fn rule(&self, id: &BenchmarkId, metric: Metric) -> Rule {
        let mut limits = self.limits_of(metric);
        let mut advisory = false;
        for over in self.overrides.iter().filter(|over| over.filter.matches(id)) {
            let limit = over.limit.get(&metric);
            let widened = limit.map_or(limits.exclude, |limit| limits.exclude.max(2.0 * limit));
            limits.limit = limit.copied().unwrap_or(limits.limit);
            limits.exclude = over.exclude.get(&metric).copied().unwrap_or(widened);
            advisory = over.advisory.unwrap_or(advisory);
        }
        limits.exclude = limits.exclude.max(limits.limit);
        Rule { limits, advisory: advisory || !self.gates(metric) }
    }
}

impl Filter {
    /// Whether it selects a benchmark.
    #[must_use]
    pub fn matches(&self, id: &BenchmarkId) -> bool {
        let pattern = self.0.as_str();
        let qualified = id.qualified();
        if pattern.contains(['*', '?']) {
            glob(pattern, &id.to_string()) || glob(pattern, &qualified)
        } else {
            qualified.contains(pattern)
        }
    }
}

/// Whether a glob of `*` and `?` matches the whole of a text. Linear backtracking to the last star.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> BenchmarkId {
        BenchmarkId { package: "app".into(), target: "json".into(), name: name.into() }
    }

    #[test]
    fn plain_text_matches_anywhere() {
        assert!(Filter("parse".into()).matches(&id("parse/1mb")));
        assert!(Filter("app::json".into()).matches(&id("parse")));
        assert!(!Filter("write".into()).matches(&id("parse")));
    }

    #[test]
    fn a_glob_matches_the_whole_name_with_or_without_the_package() {
        assert!(Filter("json::*".into()).matches(&id("parse/1mb")));
        assert!(Filter("app::json::p?rse*".into()).matches(&id("parse/1mb")));
        assert!(!Filter("parse*".into()).matches(&id("parse/1mb")));
        assert!(Filter("*a*b*".into()).matches(&id("xaxxb")));
        assert!(!Filter("*a*b".into()).matches(&id("xaxxbx")));
    }

    fn over(filter: &str, limit: Option<f64>, exclude: Option<f64>) -> Override {
        let of = |value: Option<f64>| value.map(|value| (Metric::Instructions, value)).into_iter().collect();
        Override { filter: Filter(filter.into()), limit: of(limit), exclude: of(exclude), advisory: None }
    }

    #[test]
    fn the_last_match_wins_field_by_field_and_exclude_never_falls_below_limit() {
        let policy = Policy {
            overrides: vec![over("json::*", Some(0.03), None), over("parse", None, Some(0.01))],
            ..Policy::default()
        };
        let limits = |name, metric| policy.rule(&id(name), metric).limits;
        assert_eq!(limits("parse", Metric::Instructions), Limits { limit: 0.03, exclude: 0.03 });
        assert_eq!(limits("write", Metric::Instructions), Limits { limit: 0.03, exclude: 0.06 });
        assert_eq!(limits("parse", Metric::Allocations), Limits::of(Metric::Allocations));
    }

    #[test]
    fn only_the_metrics_that_gate_have_a_say_and_an_override_takes_it_from_them_too() {
        let advisory = Override { advisory: Some(true), ..over("write", None, None) };
        let metrics = vec![Metric::Allocations];
        let policy = Policy { metrics, overrides: vec![advisory], ..Policy::default() };
        let advisory = |name, metric| policy.rule(&id(name), metric).advisory;
        assert!(!advisory("parse", Metric::Allocations) && advisory("parse", Metric::Instructions));
        assert!(advisory("write", Metric::Allocations) && advisory("write", Metric::PeakHeap));
    }
}
