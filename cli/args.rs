//! The command line. Every flag has a `PERFGATE_*` variable.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand};

use crate::report::Format;
use crate::shell::Colour;

/// What the exit codes mean, for `--help`; `exit.rs` defines them.
const EXIT_CODES: &str = "Exit codes:
  0 passed   100 regression   101 building or running failed   2 usage or configuration
  4 nothing was measured   5 no baseline   130 interrupted   1 perfgate itself failed";

/// A performance-regression gate: runs the benchmarks you have at the baseline and at your change, counts instructions,
/// decides, and names the culprit.
///
/// `perfgate check` needs no configuration and no edit to your project: in a git repository with benchmarks it
/// compares your working tree with the merge base of the default branch.
#[derive(Debug, Parser)]
#[command(name = "perfgate", version, max_term_width = 100, propagate_version = true)]
#[command(
    after_help = "Exit codes:\n  0 passed   100 regression   101 building or running failed   2 usage or configuration\n  \
                        4 nothing was measured   5 no baseline   130 interrupted   1 perfgate itself failed"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure your change against the baseline, judge, explain, report
    Check(CheckArgs),
    /// Measure one revision and write a run file
    Measure(MeasureArgs),
    /// Judge two run files
    Compare(CompareArgs),
    /// List the benchmarks that would be measured
    List(ListArgs),
    /// Say what this machine can measure, what is missing, and how to mend it
    Doctor,
    /// Write a perfgate.toml with the defaults explained; never overwrites
    Init,
    /// What perfgate.toml may hold
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the JSON Schema of perfgate.toml, for editors
    Schema,
}

/// What every command takes.
#[derive(Args, Debug)]
pub struct Global {
    /// Say only warnings, errors and the result
    #[arg(long, short, global = true, env = "PERFGATE_QUIET", value_parser = FalseyValueParser::new(), conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more about what is done
    #[arg(long, short, global = true, env = "PERFGATE_VERBOSE", value_parser = FalseyValueParser::new())]
    pub verbose: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value = "auto", env = "PERFGATE_COLOR")]
    pub color: Colour,
}

/// How to build and count.
#[derive(Args, Debug)]
pub struct MeasuringArgs {
    /// Only benchmarks whose `target::name` contains this, or matches it as a glob with `*` and `?`
    #[arg(value_name = "FILTER", env = "PERFGATE_FILTER", value_delimiter = '\n')]
    pub filters: Vec<String>,
    /// Give up on a benchmark that takes longer than this for one process [default: 300]
    #[arg(long, value_name = "SECONDS", env = "PERFGATE_TIMEOUT", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
    /// End within this time, building included: what is not measured by then is inconclusive [default: no limit]
    #[arg(long, value_name = "SECONDS", env = "PERFGATE_TIME_LIMIT", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub time_limit: Option<u64>,
    /// Simulate caches and branch prediction too, which takes two to nine times the time
    #[arg(long, env = "PERFGATE_SIMULATE", value_parser = FalseyValueParser::new())]
    pub simulate: bool,
    /// Count this many benchmarks at the same time [default: all cores]
    #[arg(long, short, value_name = "N", env = "PERFGATE_JOBS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Build with these features, separated by commas
    #[arg(long, short = 'F', value_name = "FEATURES", env = "PERFGATE_FEATURES")]
    pub features: Vec<String>,
    /// Build with all features
    #[arg(long, env = "PERFGATE_ALL_FEATURES", value_parser = FalseyValueParser::new())]
    pub all_features: bool,
    /// Build without the default features
    #[arg(long, env = "PERFGATE_NO_DEFAULT_FEATURES", value_parser = FalseyValueParser::new())]
    pub no_default_features: bool,
}

/// What `check` takes.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct CheckArgs {
    #[command(flatten)]
    pub measuring: MeasuringArgs,
    /// Compare with this revision [default: the merge base of HEAD and the default branch; on it, HEAD~1, or HEAD when
    /// there are uncommitted changes]
    #[arg(long, value_name = "REV", env = "PERFGATE_BASELINE")]
    pub baseline: Option<String>,
    /// Measure also where both sides' executables are the same, and a difference is impossible
    #[arg(long, env = "PERFGATE_MEASURE_IDENTICAL", value_parser = FalseyValueParser::new())]
    pub measure_identical: bool,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Write report.json and report.md here [default: target/perfgate]
    #[arg(long, value_name = "DIR", env = "PERFGATE_OUT_DIR")]
    pub out_dir: Option<PathBuf>,
}

/// How to say the result.
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// How to print the result
    #[arg(long, value_enum, default_value = "human", env = "PERFGATE_MESSAGE_FORMAT")]
    pub message_format: Format,
}

/// What `measure` takes.
#[derive(Args, Debug)]
pub struct MeasureArgs {
    #[command(flatten)]
    pub measuring: MeasuringArgs,
    /// The revision to measure [default: the working tree]
    #[arg(long, value_name = "REV", env = "PERFGATE_REVISION")]
    pub revision: Option<String>,
    /// Write the run file here; profiles go to FILE.d beside it
    #[arg(long, short, value_name = "FILE", env = "PERFGATE_OUT")]
    pub out: PathBuf,
}

/// What `compare` takes.
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Run file of the baseline
    #[arg(value_name = "BASELINE")]
    pub baseline: PathBuf,
    /// Run file of the candidate
    #[arg(value_name = "CANDIDATE")]
    pub candidate: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Write report.json and report.md here [default: do not]
    #[arg(long, value_name = "DIR", env = "PERFGATE_OUT_DIR")]
    pub out_dir: Option<PathBuf>,
}

/// What `list` takes.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    pub measuring: MeasuringArgs,
    /// Print JSON lines
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound_and_every_flag_of_a_command_has_a_variable() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        for name in ["check", "measure", "compare"] {
            let subcommand = command.find_subcommand(name).map(clap::Command::get_arguments);
            let flags = subcommand.into_iter().flatten().filter(|arg| arg.get_long().is_some());
            for flag in flags.filter(|arg| !["help", "version"].contains(&arg.get_id().as_str())) {
                let variable = flag.get_env().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
                assert!(variable.starts_with("PERFGATE_"), "--{} of {name}", flag.get_id());
            }
        }
    }
}
