//! Values of single keys: a TOML value to what it means, or a mistake noted at its place.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Duration;

use perfgate_harness::metric::Metric;
use toml::de::DeValue;

use super::mistake::Mistake;
use super::read::{Reader, Value, listed, nearest, quoted};
use super::{duration, percentage};

/// The metrics of this version, by name, sorted.
pub(super) const METRICS: [&str; 8] = [
    "allocated-bytes",
    "allocations",
    "branch-misses",
    "estimated-cycles",
    "instructions",
    "l1-misses",
    "ll-misses",
    "peak-heap",
];

/// Metrics of a later version.
const METRICS_TO_COME: [&str; 1] = ["time"];

/// The most benchmarks measured at a time that is believed.
const MOST_JOBS: usize = 1024;

/// A fraction and where it stands.
pub(super) type Percentage = (f64, Range<usize>);

/// Percentages by metric.
pub(super) type Percentages = BTreeMap<Metric, Percentage>;

/// A table of percentages by metric.
pub(super) fn limits(reader: &mut Reader, value: &Value<'_>, name: &str) -> Percentages {
    let expected = r#"a table by metric such as `{ instructions = "1%" }`"#;
    let Some(table) = reader.table(value, name, expected) else { return Percentages::new() };
    let mut found = Percentages::new();
    for (key, value) in table {
        if let Some(metric) = metric(reader, key.get_ref(), key.span())
            && let Some(fraction) = fraction(reader, value, &format!("{name}.{metric}"))
        {
            found.insert(metric, fraction);
        }
    }
    found
}

fn fraction(reader: &mut Reader, value: &Value<'_>, name: &str) -> Option<Percentage> {
    let number = match value.get_ref() {
        DeValue::String(text) => match percentage(text) {
            Ok(fraction) => return Some((fraction, value.span())),
            Err(reason) => {
                let mistake = Mistake::new(format!("invalid percentage for `{name}`"), value.span(), reason);
                return reader.note(mistake.help(r#"write it as "1%" or "0.5%""#));
            }
        },
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        _ => return reader.wrong_type(value, name, r#"a percentage such as "1%""#),
    };
    let label = "a bare number may mean per cent or a fraction";
    let mistake = Mistake::new(format!("percentage without a percent sign for `{name}`"), value.span(), label);
    reader.note(mistake.help(format!(r#"write it as a string with a percent sign: "{number}%""#)))
}

pub(super) fn metrics(reader: &mut Reader, value: &Value<'_>) -> Vec<Metric> {
    let before = reader.mistakes.len();
    let texts = reader.texts(value, "gate.metrics", r#"an array such as ["instructions"]"#);
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in texts.into_iter().filter_map(|(text, span)| metric(reader, text, span)) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    if metrics.is_empty() && reader.mistakes.len() == before {
        let mistake = Mistake::new("`gate.metrics` is empty", value.span(), "nothing would be measured");
        reader.mistakes.push(mistake.help(r#"write `metrics = ["instructions"]`, or leave it out"#));
    }
    metrics
}

fn metric(reader: &mut Reader, name: &str, span: Range<usize>) -> Option<Metric> {
    if let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.to_string() == name) {
        return Some(metric);
    }
    let measured = format!("this version measures {}", listed(&METRICS));
    reader.note(if METRICS_TO_COME.contains(&name) {
        Mistake::new(format!("metric `{name}` is not supported by this version"), span, "not measured").help(measured)
    } else {
        let mistake = Mistake::new(format!("unknown metric {}", quoted(name)), span, "not a metric");
        match nearest(name, &METRICS) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help(measured),
        }
    })
}

pub(super) fn time(reader: &mut Reader, value: &Value<'_>, key: &str) -> Option<Duration> {
    let text = reader.text(value, key, r#"a duration such as "300s""#)?;
    duration(text).map_or_else(
        |reason| {
            let mistake = Mistake::new(format!("invalid duration for `{key}`"), value.span(), reason);
            reader.note(mistake.help(r#"write it as "300s", "5m" or "1h""#))
        },
        Some,
    )
}

pub(super) fn jobs(reader: &mut Reader, value: &Value<'_>) -> Option<NonZeroUsize> {
    let Some(number) = value.get_ref().as_integer() else {
        return reader.wrong_type(value, "run.jobs", "a number of benchmarks, such as `2`");
    };
    let jobs = usize::from_str_radix(number.as_str(), number.radix()).ok().filter(|&jobs| jobs <= MOST_JOBS);
    jobs.and_then(NonZeroUsize::new).or_else(|| {
        let label = format!("expected a number from 1 to {MOST_JOBS}");
        let mistake = Mistake::new("`run.jobs` is out of range", value.span(), label);
        reader.note(mistake.help("leave it out to use every core"))
    })
}

pub(super) fn features(reader: &mut Reader, value: &Value<'_>) -> Vec<String> {
    let texts = reader.texts(value, "run.features", r#"an array such as ["simd"]"#);
    let mut features = Vec::new();
    for (text, span) in texts {
        // What cargo takes as the name of a feature. A comma or a space would make two of one, a dash an option.
        let named = text.chars().all(|c| c.is_alphanumeric() || "_-+./".contains(c));
        if named && text.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            features.push(text.to_owned());
        } else {
            let title = format!("{} is not the name of a feature", quoted(text));
            reader.mistakes.push(
                Mistake::new(title, span, "expected `name` or `package/name`")
                    .help("write each feature as a string of its own"),
            );
        }
    }
    features
}
