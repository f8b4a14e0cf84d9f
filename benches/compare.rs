//! Judging two runs of a thousand benchmarks: one in ten changed, one in ten jittery, one new, one removed.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use perfgate::compare::compare;
use perfgate::policy::{Filter, Override, Policy};
use perfgate_harness::benchmark::{Benchmark, BenchmarkId, Framework};
use perfgate_harness::machine::Machine;
use perfgate_harness::metric::Metric;
use perfgate_harness::run::{Call, Cost, Count, Counted, Measured, Outcome, RUN_FORMAT, Revision, Run};

const BENCHMARKS: u64 = 1_000;

/// One side of the comparison; the candidate lacks the first benchmark and has one more at the end.
fn side(candidate: bool) -> Run {
    let first = u64::from(candidate);
    Run {
        format: RUN_FORMAT,
        revision: Revision::default(),
        machine: Machine::default(),
        benchmarks: (first..BENCHMARKS + first).map(|index| measured(index, candidate)).collect(),
        unmeasured: Vec::new(),
        cost: Cost::default(),
    }
}

fn measured(index: u64, candidate: bool) -> Measured {
    let id = BenchmarkId {
        package: format!("package-{}", index % 7),
        target: format!("target_{}", index % 31),
        name: format!("group {}/function/{index}", index % 101),
    };
    let slower = if candidate && index % 10 == 1 { 60 * index } else { 0 };
    let jitter = |repeat: u64| if index % 10 == 2 { repeat } else { 0 };
    let repeats = (0..5).map(|repeat| process(1_000 * (index + 1) + slower + jitter(repeat))).collect();
    Measured {
        benchmark: Benchmark { id, framework: Framework::Criterion, source: "benches/all.rs".to_owned() },
        outcome: Outcome::Counted(Counted { repeats, ..Counted::default() }),
    }
}

/// A process that called the benchmark ten times, with 1 to 512 iterations.
fn process(per_iteration: u64) -> Count {
    let call = |k: u32| {
        let iterations = 1 << k;
        let timed = iterations * per_iteration;
        Call { iterations, whole: timed + 290, timed: Some(timed), ..Call::default() }
    };
    Count { calls: (0..10).map(call).collect(), ..Count::default() }
}

fn benchmarks(criterion: &mut Criterion) {
    let (baseline, candidate) = (side(false), side(true));
    let over = |filter: &str| Override {
        filter: Filter(filter.to_owned()),
        limit: [(Metric::Instructions, 0.03)].into(),
        exclude: BTreeMap::new(),
        advisory: None,
    };
    let policy = Policy { overrides: vec![over("target_1*::*function*"), over("group 7/")], ..Policy::default() };
    criterion.bench_function("compare/1000", |bencher| {
        bencher.iter(|| compare(black_box(&baseline), black_box(&candidate), black_box(&policy)));
    });
}

criterion_group!(all, benchmarks);
criterion_main!(all);
