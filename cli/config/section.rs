//! The sections of a configuration file to settings: which keys there are, and what they set.

use std::collections::BTreeMap;

use perfgate_harness::metric::Metric;
use toml::de::{DeTable, DeValue};

use super::command::command;
use super::mistake::Mistake;
use super::percentage::display;
use super::read::{Reader, Value, quoted};
use super::value::{self, Percentage, Percentages};
use super::{Config, Skip, foreign};
use crate::policy::{Filter, Limits, OnInconclusive, Override};

/// The keys that each section knows. The schema and the documentation are tested against them.
pub(super) const ROOT: [&str; 4] = ["benchmark", "command", "gate", "run"];
pub(super) const GATE: [&str; 4] = ["exclude", "inconclusive", "limit", "metrics"];
pub(super) const RUN: [&str; 8] = [
    "all-features",
    "features",
    "jobs",
    "measure-identical",
    "no-default-features",
    "simulate",
    "time-limit",
    "timeout",
];
pub(super) const BENCHMARK: [&str; 5] = ["advisory", "exclude", "filter", "limit", "skip"];

/// Reads the whole configuration; `place` says where it stands, as in "unknown key `x` in the file".
pub(super) fn read(reader: &mut Reader, root: &DeTable<'_>, place: &str) -> Config {
    let mut config = Config::default();
    if let Some(mistake) = foreign::other_tool(root) {
        reader.mistakes.push(mistake);
        return config;
    }
    // The limits that hold for all come first, since those of single benchmarks are checked against them.
    for (key, value) in root {
        match key.get_ref().as_ref() {
            "gate" => gate(reader, value, &mut config),
            "run" => run(reader, value, &mut config),
            "benchmark" | "command" => {}
            _ => match foreign::not_yet(key) {
                Some(mistake) => reader.mistakes.push(mistake),
                None => reader.unknown(key, place, &ROOT),
            },
        }
    }
    sections(reader, root, "benchmark", |reader, entry| benchmark(reader, entry, &mut config));
    let mut named = Vec::new();
    sections(reader, root, "command", |reader, entry| command(reader, entry, &mut named, &mut config));
    config
}

/// Reads each section of a kind of which there may be several.
fn sections(reader: &mut Reader, root: &DeTable<'_>, kind: &str, mut read: impl FnMut(&mut Reader, &Value<'_>)) {
    let Some(value) = root.get(kind) else { return };
    match value.get_ref() {
        DeValue::Array(entries) => entries.iter().for_each(|entry| read(reader, entry)),
        _ => {
            let expected = format!("a section `[[{kind}]]`, of which there may be several");
            reader.wrong_type(value, kind, &expected).unwrap_or(());
        }
    }
}

fn gate(reader: &mut Reader, value: &Value<'_>, config: &mut Config) {
    let Some(table) = reader.table(value, "gate", "a section `[gate]`") else { return };
    let (mut limit, mut exclude) = (Percentages::new(), Percentages::new());
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "metrics" => config.policy.metrics = value::metrics(reader, value),
            "limit" => limit = value::limits(reader, value, "gate.limit"),
            "exclude" => exclude = value::limits(reader, value, "gate.exclude"),
            "inconclusive" => match reader.text(value, "gate.inconclusive", r#""warn" or "fail""#) {
                Some("warn") => config.policy.on_inconclusive = OnInconclusive::Warn,
                Some("fail") => config.policy.on_inconclusive = OnInconclusive::Fail,
                Some(other) => {
                    let title = format!("unknown value {} for `gate.inconclusive`", quoted(other));
                    reader.mistakes.push(Mistake::new(title, value.span(), r#"expected "warn" or "fail""#));
                }
                None => {}
            },
            _ => reader.unknown(key, "`[gate]`", &GATE),
        }
    }
    for metric in Metric::ALL {
        let (limit, exclude) = (limit.get(&metric), exclude.get(&metric));
        let chosen = limit.map_or(Limits::of(metric), |&(limit, _)| Limits::with_limit(metric, limit));
        check_order(reader, limit, exclude, chosen.limit);
        let limits = Limits { exclude: exclude.map_or(chosen.exclude, |&(exclude, _)| exclude), ..chosen };
        // What the file says of a metric as it is anyway changes nothing, and need not be told apart from saying nothing.
        if limits != Limits::of(metric) {
            config.policy.limits.insert(metric, limits);
        }
    }
}

fn run(reader: &mut Reader, value: &Value<'_>, config: &mut Config) {
    let Some(table) = reader.table(value, "run", "a section `[run]`") else { return };
    let run = &mut config.run;
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "timeout" => run.timeout = value::time(reader, value, "run.timeout"),
            "time-limit" => run.time_limit = value::time(reader, value, "run.time-limit"),
            "simulate" => run.simulate = reader.bool(value, "run.simulate").unwrap_or(false),
            "jobs" => run.jobs = value::jobs(reader, value),
            "features" => run.features = value::features(reader, value),
            "all-features" => run.all_features = reader.bool(value, "run.all-features").unwrap_or(false),
            "no-default-features" => {
                run.no_default_features = reader.bool(value, "run.no-default-features").unwrap_or(false);
            }
            "measure-identical" => {
                run.measure_identical = reader.bool(value, "run.measure-identical").unwrap_or(false);
            }
            _ => reader.unknown(key, "`[run]`", &RUN),
        }
    }
}

fn benchmark(reader: &mut Reader, value: &Value<'_>, config: &mut Config) {
    let Some(table) = reader.table(value, "benchmark", "a section `[[benchmark]]`") else { return };
    let (mut filter, mut advisory, mut skip) = (None, None, None);
    let (mut limit, mut exclude) = (Percentages::new(), Percentages::new());
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "filter" => filter = reader.text(value, "benchmark.filter", r#"a pattern such as "json::*""#),
            "limit" => limit = value::limits(reader, value, "benchmark.limit"),
            "exclude" => exclude = value::limits(reader, value, "benchmark.exclude"),
            "advisory" => advisory = reader.bool(value, "benchmark.advisory"),
            "skip" => skip = reader.bool(value, "benchmark.skip"),
            _ => reader.unknown(key, "`[[benchmark]]`", &BENCHMARK),
        }
    }
    if !table.contains_key("filter") {
        let label = "which benchmarks is this about?";
        let mistake = Mistake::new("`[[benchmark]]` without `filter`", value.span(), label);
        reader.mistakes.push(mistake.help(r#"add one: `filter = "json::*"`, or `filter = "*"` for all of them"#));
    }
    for (metric, exclude) in &exclude {
        check_order(reader, limit.get(metric), Some(exclude), config.policy.limits_of(*metric).limit);
    }
    let Some(filter) = filter.map(|text| Filter(text.to_owned())) else { return };
    if let Some(skip) = skip {
        config.skips.push(Skip { filter: filter.clone(), skip });
    }
    let plain = |of: Percentages| of.into_iter().map(|(metric, (fraction, _))| (metric, fraction)).collect();
    let (limit, exclude): (BTreeMap<_, _>, BTreeMap<_, _>) = (plain(limit), plain(exclude));
    if !limit.is_empty() || !exclude.is_empty() || advisory.is_some() {
        config.policy.overrides.push(Override { filter, limit, exclude, advisory });
    }
}

/// Notes an `exclude` below the `limit` that holds there: such a pass would promise more than the limit asks.
fn check_order(reader: &mut Reader, limit: Option<&Percentage>, exclude: Option<&Percentage>, inherited: f64) {
    let Some((exclude, span)) = exclude else { return };
    let allowed = limit.map_or(inherited, |&(limit, _)| limit);
    if *exclude >= allowed {
        return;
    }
    let title = format!("`exclude` of {} is below the `limit` of {}", display(*exclude), display(allowed));
    let label = format!("must be at least {}", display(allowed));
    let mut mistake = Mistake::new(title, span.clone(), label)
        .help("a change up to `limit` is allowed, so a pass can only rule out more than that");
    if let Some((_, limit)) = limit {
        mistake = mistake.context(limit.clone(), "the limit");
    }
    reader.mistakes.push(mistake);
}
