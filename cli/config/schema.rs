//! The JSON Schema of `perfgate.toml`, for editors: derived from structs that mirror the file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use perfgate_harness::metric::Metric;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::policy::OnInconclusive;

/// The JSON Schema of `perfgate.toml` (draft 7, which editors know), with a newline at the end.
#[must_use]
pub fn schema() -> String {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(without_null));
    let schema = settings.into_generator().into_root_schema_for::<File>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// Takes `null` out of what an optional key may be: TOML has none, and a key is left out instead.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
    // Draft 7 ignores what stands beside a `$ref`, the description too: one inside `allOf` leaves it be.
    if choices.len() == 1
        && let Some(choices) = schema.remove("anyOf")
    {
        schema.insert("allOf".to_owned(), choices);
    }
}

/// Configuration of perfgate (cargo-perfgate): `perfgate.toml`, `.config/perfgate.toml`, or
/// `[workspace.metadata.perfgate]` in `Cargo.toml`.
#[derive(JsonSchema, Serialize)]
#[schemars(title = "perfgate.toml", deny_unknown_fields)]
struct File {
    gate: Option<Gate>,
    run: Option<Run>,
    /// What holds for some benchmarks only. The last match wins, key by key.
    benchmark: Option<Vec<Benchmark>>,
    /// Programs, in any language, that are benchmarks too: each is counted as a whole, with the processes that it starts.
    command: Option<Vec<Command>>,
}

/// What the gate lets through.
#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Gate {
    /// The metrics that gate; the others are advisory. Default: the instructions.
    #[schemars(length(min = 1))]
    metrics: Option<Vec<Metric>>,
    /// The allowed slowdown: one shown to be larger is a regression. Default: 0.5% of the instructions, 1% of the
    /// allocations and their bytes, 2% of the others.
    limit: Option<Limits>,
    /// A pass must rule out a slowdown of this size. At least the limit. Default: 2% of the instructions, allocations and
    /// bytes, 5% of the others, or twice the limit if that is more.
    exclude: Option<Limits>,
    /// What an inconclusive result does to the gate. Default: "warn".
    inconclusive: Option<OnInconclusive>,
}

/// How the benchmarks are built and run.
#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
#[serde(rename_all = "kebab-case")]
struct Run {
    /// Longest wall-clock time of one process of one benchmark.
    timeout: Option<Duration>,
    /// Longest wall-clock time of the whole, building included. Default: none.
    time_limit: Option<Duration>,
    /// Simulate caches and branch prediction too, which takes two to nine times the time.
    simulate: Option<bool>,
    /// Benchmarks measured at the same time. Default: one per core.
    #[schemars(range(min = 1, max = 1024))]
    jobs: Option<u32>,
    /// Cargo features to build the benchmarks with: `name` or `package/name`.
    features: Option<Vec<String>>,
    /// Build with all features.
    all_features: Option<bool>,
    /// Build without the default features.
    no_default_features: Option<bool>,
    /// Measure also where both sides' executables are the same.
    measure_identical: Option<bool>,
}

/// What holds for the benchmarks that a filter selects.
#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Benchmark {
    /// Which benchmarks. With `*` or `?` a pattern for the whole of `target::name` or `package::target::name`; without,
    /// any part of it.
    #[schemars(length(min = 1))]
    filter: String,
    /// The allowed slowdown.
    limit: Option<Limits>,
    /// A pass must rule out a slowdown of this size. At least the limit.
    exclude: Option<Limits>,
    /// Measure and show, but give no say in the gate.
    advisory: Option<bool>,
    /// Do not measure at all.
    skip: Option<bool>,
}

/// A program that is a benchmark. Programs are looked for in the working directory if there is a `/` in their name, else
/// on the PATH.
#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Command {
    /// What it is called: `command::name` in reports and filters.
    #[schemars(length(min = 1))]
    name: String,
    /// The program that is counted, and its arguments.
    #[schemars(length(min = 1))]
    run: Vec<String>,
    /// What builds it: a program and its arguments, run before a side is measured, with your environment.
    #[schemars(length(min = 1))]
    setup: Option<Vec<String>>,
    /// What runs before every process that is counted: a program and its arguments.
    #[schemars(length(min = 1))]
    prepare: Option<Vec<String>>,
    /// File that it reads as its standard input, relative to the workspace root.
    #[schemars(length(min = 1))]
    stdin: Option<String>,
    /// Working directory of all three, relative to the workspace root.
    #[schemars(length(min = 1))]
    directory: Option<String>,
    /// Variables that `run` and `prepare` get beside the pinned ones.
    env: Option<BTreeMap<String, String>>,
}

/// A percentage by metric.
#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
#[serde(rename_all = "kebab-case")]
struct Limits {
    /// Bytes asked for, per iteration.
    allocated_bytes: Option<Percentage>,
    /// Calls that allocate, per iteration.
    allocations: Option<Percentage>,
    /// Simulated mispredictions of branches, per iteration.
    branch_misses: Option<Percentage>,
    /// Cycles estimated from simulated caches, per iteration.
    estimated_cycles: Option<Percentage>,
    /// Instructions executed, per iteration.
    instructions: Option<Percentage>,
    /// Misses of the simulated first-level caches, per iteration.
    l1_misses: Option<Percentage>,
    /// Misses of the simulated last-level cache, per iteration.
    ll_misses: Option<Percentage>,
    /// The most bytes in use at the same time.
    peak_heap: Option<Percentage>,
}

#[derive(Serialize)]
struct Percentage(String);

impl JsonSchema for Percentage {
    fn schema_name() -> Cow<'static, str> {
        "Percentage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A percentage with its sign, up to 1000%.",
            "type": "string",
            "pattern": r"^\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*%\s*$",
            "examples": ["1%", "0.5%"],
        })
    }
}

#[derive(Serialize)]
struct Duration(String);

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration with its unit (ms, s, m, min or h), up to 24h.",
            "type": "string",
            "pattern": r"^\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*(ms|s|m|min|h)\s*$",
            "examples": ["300s", "5m"],
        })
    }
}
