//! What the measuring commands have in common: the request, the configuration, and the settings that come of both.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use perfgate_harness::benchmark::BenchmarkId;
use perfgate_harness::fingerprint::cores;
use perfgate_harness::measure::{Pair, Settings};
use perfgate_harness::observer::Observer;
use perfgate_harness::plan::{self, CommandSpec, Features, Plan, Request, Sides};
use perfgate_harness::process::Cancel;

use super::failures;
use crate::args::MeasuringArgs;
use crate::comparison::Comparison;
use crate::config::{self, Config};
use crate::exit::{Code, Failure};
use crate::policy::Filter;

/// When to give up on one process of a benchmark, unless somebody says otherwise.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A plan, and how to carry it out.
pub(super) struct Setup {
    pub(super) plan: Plan,
    pub(super) config: Config,
    pub(super) jobs: usize,
    pub(super) timeout: Duration,
    /// Whether benchmarks whose executable is the same on both sides are left out.
    pub(super) skip_identical: bool,
    simulate: bool,
    deadline: Option<Instant>,
    filters: Vec<Filter>,
}

impl Setup {
    /// Finds the project around the working directory, reads its configuration, and lays flags over it.
    pub(super) fn new(
        args: &MeasuringArgs,
        revision: Option<&String>,
        sides: Sides,
        cancel: &Cancel,
    ) -> Result<Self, Failure> {
        let started = Instant::now();
        let directory = working_directory()?;
        let request = Request {
            configured_in: config::around(&directory).map(Path::to_owned),
            commands: Vec::new(),
            directory,
            baseline: revision.cloned(),
            features: Features::default(),
            pull_request_base: std::env::var("GITHUB_BASE_REF").ok().filter(|name| !name.is_empty()),
        };
        let mut plan = plan::plan(request, sides, cancel)?;
        let config = config::load(&plan.project.root).map_err(|error| failures::configuration(&error))?;
        plan.request.features = Features {
            list: if args.features.is_empty() { config.run.features.clone() } else { args.features.clone() },
            all: args.all_features || config.run.all_features,
            no_default: args.no_default_features || config.run.no_default_features,
        };
        if !plan.project.cargo && config.commands.is_empty() {
            return Err(Failure::new(
                Code::Nothing,
                "there is nothing to measure: no cargo project, and no `[[command]]`",
            )
            .help("name a program in perfgate.toml, with `[[command]]`, or run perfgate in a cargo project"));
        }
        plan.request.commands = commands(&plan, &config)?;
        let jobs = args.jobs.map(usize::from).or(config.run.jobs.map(Into::into)).unwrap_or_else(cores);
        let timeout = args.timeout.map(Duration::from_secs).or(config.run.timeout).unwrap_or(TIMEOUT);
        let filters = args.filters.iter().filter(|text| !text.is_empty()).cloned().map(Filter).collect();
        let simulate =
            args.simulate || config.run.simulate || config.policy.metrics.iter().any(|metric| metric.is_simulated());
        let limit = args.time_limit.map(Duration::from_secs).or(config.run.time_limit);
        let deadline = limit.map(|limit| started + limit);
        let skip_identical = !config.run.measure_identical;
        Ok(Self { plan, config, jobs, timeout, skip_identical, simulate, deadline, filters })
    }

    /// How to measure.
    pub(super) fn settings<'a>(
        &self,
        select: &'a (dyn Fn(&BenchmarkId) -> bool + Sync),
        observer: &'a dyn Observer,
        cancel: &'a Cancel,
    ) -> Settings<'a> {
        let Self { jobs, timeout, skip_identical, simulate, deadline, .. } = *self;
        Settings { jobs, timeout, skip_identical, simulate, deadline, select, observer, cancel }
    }

    /// A filter that selects nothing is a mistake, which an empty report would not tell.
    pub(super) fn require_a_match(&self, comparisons: &[Comparison], pair: &Pair) -> Result<(), Failure> {
        let runs = [&pair.baseline.run, &pair.candidate.run];
        let broken = runs.iter().flat_map(|run| &run.unmeasured).any(|target| target.failed);
        if broken || !comparisons.is_empty() || self.filters.is_empty() {
            return Ok(());
        }
        let filters: Vec<_> = self.filters.iter().map(|filter| format!("`{}`", filter.0)).collect();
        let message = format!("no benchmark matches {}", filters.join(" or "));
        Err(Failure::new(Code::Nothing, message).help("`perfgate list` shows the benchmarks that there are"))
    }

    /// Whether a benchmark is to be measured.
    pub(super) fn selects(&self, id: &BenchmarkId) -> bool {
        (self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(id))) && !self.config.skips(id)
    }
}

/// The commands, each knowing where it stands and whether the baseline's configuration has it too.
fn commands(plan: &Plan, config: &Config) -> Result<Vec<CommandSpec>, Failure> {
    let (mut commands, Some(file)) = (config.commands.clone(), config.file.as_deref()) else { return Ok(Vec::new()) };
    let source = plan.project.inside.join(file).to_string_lossy().into_owned();
    let before = match &plan.snapshots.baseline {
        Some(baseline) if !commands.is_empty() => {
            let text = plan.repository.file(&baseline.tree, &source)?.unwrap_or_default();
            // One that cannot be read establishes nothing.
            config::commands_in(&String::from_utf8_lossy(&text), file)
        }
        _ => Vec::new(),
    };
    for command in &mut commands {
        command.established = before.contains(&command.name);
        command.source.clone_from(&source);
    }
    Ok(commands)
}

pub(super) fn working_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .and_then(std::fs::canonicalize)
        .map_err(|error| Failure::new(Code::Usage, format!("cannot use the working directory: {error}")))
}
