//! What a project allows: limits per benchmark, and what an inconclusive result does to the gate.

use perfgate_harness::benchmark::BenchmarkId;
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

    /// The limits for instruction counts where only the limit was chosen: what a pass must rule out is twice that, and
    /// never less than by default, so that noise has room between the two.
    #[must_use]
    pub fn with_limit(limit: f64) -> Self {
        Self { limit, exclude: Self::INSTRUCTIONS.exclude.max(2.0 * limit) }
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

/// Limits for the benchmarks that a filter selects; what is `None` is inherited.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// Which benchmarks.
    pub filter: Filter,
    /// δ.
    pub limit: Option<f64>,
    /// Δ.
    pub exclude: Option<f64>,
    /// Measured and shown, but without a say in the gate.
    pub advisory: Option<bool>,
}

/// The policy of a project for instruction counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// What holds where no override matches.
    pub limits: Limits,
    /// The last match wins, field by field.
    pub overrides: Vec<Override>,
    /// What an inconclusive result does.
    pub on_inconclusive: OnInconclusive,
}

/// What the policy says of one benchmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Its limits.
    pub limits: Limits,
    /// Whether it has no say in the gate.
    pub advisory: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { limits: Limits::INSTRUCTIONS, overrides: Vec::new(), on_inconclusive: OnInconclusive::default() }
    }
}

impl Policy {
    /// What holds for a benchmark. An override of the limit alone also widens what a pass must rule out, as
    /// [`Limits::with_limit`] does.
    #[must_use]
    pub fn rule(&self, id: &BenchmarkId) -> Rule {
        let mut rule = Rule { limits: self.limits, advisory: false };
        for over in self.overrides.iter().filter(|over| over.filter.matches(id)) {
            let widened = over.limit.map_or(rule.limits.exclude, |limit| rule.limits.exclude.max(2.0 * limit));
            rule.limits.limit = over.limit.unwrap_or(rule.limits.limit);
            rule.limits.exclude = over.exclude.unwrap_or(widened);
            rule.advisory = over.advisory.unwrap_or(rule.advisory);
        }
        rule.limits.exclude = rule.limits.exclude.max(rule.limits.limit);
        rule
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

    #[test]
    fn the_last_match_wins_field_by_field_and_exclude_never_falls_below_limit() {
        let over =
            |filter: &str, limit, exclude| Override { filter: Filter(filter.into()), limit, exclude, advisory: None };
        let policy = Policy {
            overrides: vec![over("json::*", Some(0.03), None), over("parse", None, Some(0.01))],
            ..Policy::default()
        };
        let rule = policy.rule(&id("parse"));
        assert_eq!(rule.limits, Limits { limit: 0.03, exclude: 0.03 });
        assert_eq!(policy.rule(&id("write")).limits, Limits { limit: 0.03, exclude: 0.06 });
    }
}
