//! `Report` → JSON: the whole of it as `report.json`, or a line per benchmark for programs that read along; and the
//! schemas of the files that perfgate writes.

use perfgate_harness::benchmark::UnmeasuredTarget;
use perfgate_harness::machine::Machine;
use perfgate_harness::run::{Cost, Revision, Run};
use schemars::schema_for;
use serde::Serialize;

use crate::comparison::{CommonCause, Comparison};
use crate::explanation::Explanation;
use crate::gate::{Counts, Gate, REPORT_FORMAT, Report};
use crate::printable::visible_json;

/// A line of the stream, told apart by `type`; `format` is that of `report.json`, whose fields these are.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Message<'a> {
    Benchmark {
        format: u32,
        comparison: &'a Comparison,
        explanation: Option<&'a Explanation>,
    },
    Unmeasured {
        format: u32,
        target: &'a UnmeasuredTarget,
    },
    /// Always there, always last.
    Summary {
        format: u32,
        gate: Gate,
        counts: Counts,
        baseline: &'a Revision,
        candidate: &'a Revision,
        machine: &'a Machine,
        machine_differences: &'a [String],
        common: &'a [CommonCause],
        cost: Cost,
        reproduce: &'a str,
    },
}

/// One object per line: the benchmarks, the targets that were not measured, the summary.
pub fn lines(report: &Report) -> Result<String, serde_json::Error> {
    let format = REPORT_FORMAT;
    let mut text = String::new();
    let mut push = |message: &Message<'_>| -> Result<(), serde_json::Error> {
        text.push_str(&visible_json(&serde_json::to_string(message)?));
        text.push('\n');
        Ok(())
    };
    for entry in &report.entries {
        push(&Message::Benchmark { format, comparison: &entry.comparison, explanation: entry.explanation.as_ref() })?;
    }
    for target in &report.unmeasured {
        push(&Message::Unmeasured { format, target })?;
    }
    push(&Message::Summary {
        format,
        gate: report.gate,
        counts: report.counts,
        baseline: &report.baseline,
        candidate: &report.candidate,
        machine: &report.machine,
        machine_differences: &report.machine_differences,
        common: &report.common,
        cost: report.cost,
        reproduce: &report.reproduce,
    })?;
    Ok(text)
}

/// The contents of `report.json`.
pub fn file(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

/// JSON Schema of `report.json`: the contents of `docs/report.schema.json`.
#[must_use]
pub fn report_schema() -> String {
    schema(&schema_for!(Report))
}

/// JSON Schema of a run file: the contents of `docs/run.schema.json`.
#[must_use]
pub fn run_schema() -> String {
    schema(&schema_for!(Run))
}

fn schema(schema: &schemars::Schema) -> String {
    format!("{:#}\n", schema.as_value())
}
