//! Speed of the callgrind parser on recorded parts, repeated to a few megabytes.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use perfgate_harness::profile::callgrind::{parse, scan};

const PARTS: [&[u8]; 4] = [
    include_bytes!("../tests/fixtures/callgrind/criterion-0.5-iter.out"),
    include_bytes!("../tests/fixtures/callgrind/criterion-0.8-iter.out"),
    include_bytes!("../tests/fixtures/callgrind/criterion-0.8-batched-1.out"),
    include_bytes!("../tests/fixtures/callgrind/criterion-0.8-batched-2.out"),
];

fn size(bytes: &[u8]) -> Throughput {
    Throughput::Bytes(bytes.len() as u64)
}

fn parser(c: &mut Criterion) {
    let mut group = c.benchmark_group("callgrind");

    let file = PARTS.concat().repeat(32);
    group.throughput(size(&file));
    group.bench_function("parse/parts", |b| b.iter(|| parse(black_box(&file)).expect("the recording is valid")));

    // Start-up parts are cost lines for the most part, timed parts are names for the most part.
    let costs = cost_lines(200_000);
    group.throughput(size(&costs));
    group.bench_function("parse/costs", |b| b.iter(|| parse(black_box(&costs)).expect("the file is valid")));

    let part = PARTS[2];
    group.throughput(size(part));
    group.bench_function("scan", |b| b.iter(|| scan(black_box(part), &|_| false).expect("the recording is valid")));
    group.bench_function("merge", |b| {
        let (whole, part) =
            (parse(part).expect("the recording is valid"), parse(PARTS[3]).expect("the recording is valid"));
        b.iter_with_large_drop(|| {
            let mut whole = whole.clone();
            whole.merge(black_box(&part));
            whole
        });
    });
    group.finish();
}

/// A file of cost lines as callgrind compresses them, over a thousand functions.
fn cost_lines(lines: usize) -> Vec<u8> {
    let mut file = String::from("positions: instr line\nevents: Ir\n");
    let mut total = 0;
    for line in 0..lines {
        if line % 200 == 0 {
            file.push_str(&format!(
                "\nfl=({0}) /project/src/file{0}.rs\nfn=({0}) _ZN7project6module{0}E'main\n",
                line / 200
            ));
            file.push_str(&format!("0x{:x} 17 {line}\n", 0x10000 + line));
        } else {
            file.push_str(&format!("+{} {} {line}\n", line % 7, ["*", "+3", "-2"][line % 3]));
        }
        total += line;
    }
    file.push_str(&format!("\ntotals: {total}\n"));
    file.into_bytes()
}

criterion_group!(benches, parser);
criterion_main!(benches);
