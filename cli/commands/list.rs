//! `perfgate list`: the benchmarks that would be measured.

use perfgate_harness::benchmark::Benchmark;
use perfgate_harness::measure::Side;
use perfgate_harness::metric::Metric;
use perfgate_harness::plan::{Role, Sides};
use perfgate_harness::process::Cancel;
use serde::Serialize;

use super::setup::Setup;
use super::watch::Watch;
use crate::args::ListArgs;
use crate::exit::{Code, Failure};
use crate::printable::printable;
use crate::report::print_text;
use crate::shell::Shell;

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    label: String,
    benchmark: &'a Benchmark,
    metrics: [Metric; 8],
}

/// Builds the candidate and lists what is in it.
pub(super) fn list(args: &ListArgs, shell: &Shell, cancel: &Cancel) -> Result<Code, Failure> {
    let setup = Setup::new(&args.measuring, None, Sides::One, cancel)?;
    let watch = Watch::new(shell);
    let select = |id: &_| setup.selects(id);
    let settings = setup.settings(&select, &watch, cancel);
    let mut side = Side::build(&setup.plan, Role::Candidate, &settings)?;
    side.list(&settings)?;
    let mut text = String::new();
    for benchmark in side.benchmarks() {
        let label = benchmark.id.to_string();
        if args.json {
            let line = Line { label, benchmark, metrics: Metric::ALL };
            text += &serde_json::to_string(&line).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            text.push('\n');
        } else {
            text += &format!("{}  ({}, {})\n", printable(&label), benchmark.framework, Metric::Instructions);
        }
    }
    print_text(&text)?;
    for target in &side.run.unmeasured {
        shell
            .warn(&format!("bench target {} would not be measured: {}; {}", target.target, target.reason, target.help));
    }
    if text.is_empty() {
        return Err(Failure::new(Code::Nothing, "there is no benchmark to measure")
            .help("add a benchmark, with criterion (https://docs.rs/criterion) or divan (https://docs.rs/divan), or loosen the filter"));
    }
    Ok(Code::Passed)
}
