#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const HEAD: &str =
    "# callgrind format\nversion: 1\ndesc: Trigger: --dump-before=clock\npositions: instr line\nevents: Ir\n";

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!("../../../../tests/fixtures/callgrind/", $name)).as_slice()
    };
}

fn recordings() -> [(&'static str, &'static [u8], u64); 4] {
    [
        ("criterion 0.5 iter", recorded!("criterion-0.5-iter.out"), 4066),
        ("criterion 0.8 iter", recorded!("criterion-0.8-iter.out"), 15168),
        ("criterion 0.8 batched 1", recorded!("criterion-0.8-batched-1.out"), 9804),
        ("criterion 0.8 batched 2", recorded!("criterion-0.8-batched-2.out"), 9768),
    ]
}

fn parse_body(body: &str) -> Result<Profile, SyntaxError> {
    parse(format!("{HEAD}{body}").as_bytes())
}

/// Self cost by symbol.
fn by_symbol(profile: &Profile) -> BTreeMap<&str, u64> {
    let mut costs = BTreeMap::new();
    for cost in &profile.costs {
        let symbol = profile.contexts[cost.context as usize].symbol();
        *costs.entry(profile.symbols.get(symbol)).or_default() += cost.instructions;
    }
    costs
}

fn problem(result: Result<Profile, SyntaxError>) -> (usize, Problem) {
    let error = result.unwrap_err();
    (error.line, error.problem)
}

#[test]
fn recorded_parts_add_up_and_agree_with_the_scan() {
    for (name, bytes, total) in recordings() {
        let profile = parse(bytes).unwrap();
        assert_eq!(profile.total, total, "{name}");
        assert_eq!(by_symbol(&profile).values().sum::<u64>(), total, "{name}");
        let summary = scan(bytes, &|_| false).unwrap();
        assert_eq!(summary.total(), total, "{name}");
        assert_eq!(summary.objects.iter().map(|(_, cost)| cost).sum::<u64>(), total, "{name}");
        let trigger = summary.trigger.unwrap();
        assert!(trigger.starts_with("--dump-"), "{name}: {trigger}");
    }
}

#[test]
fn a_recorded_part_has_the_costs_where_they_were_spent() {
    let profile = parse(recorded!("criterion-0.8-iter.out")).unwrap();
    let costs = by_symbol(&profile);
    assert_eq!(costs["_ZN7democ083sum17h57e938c59fbf3ed8E"], 15084, "{costs:#?}");
    let iter = "_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17h518e8a207e5efeb2E";
    let calls: Vec<_> = profile
        .calls
        .iter()
        .filter(|call| {
            let symbol = |context: u32| profile.symbols.get(profile.contexts[context as usize].symbol());
            symbol(call.caller) == iter && symbol(call.callee).contains("democ08")
        })
        .collect();
    assert_eq!(calls.iter().map(|call| (call.count, call.inclusive)).collect::<Vec<_>>(), [(1, 3771), (3, 11313)]);
    assert_eq!(profile.files.get(calls[0].file), "/project/c08/benches/b.rs");
}

#[test]
fn every_truncation_of_a_recorded_part_is_refused() {
    let bytes = recorded!("criterion-0.8-iter.out");
    let end = bytes.trim_ascii_end().len();
    let at_line_ends = (0..end).filter(|&length| length == 0 || bytes[length - 1] == b'\n');
    for length in at_line_ends.chain((0..end).step_by(101)).chain(end - 12..end) {
        assert!(parse(&bytes[..length]).is_err(), "the first {length} bytes");
        assert!(scan(&bytes[..length], &|_| false).is_err(), "the first {length} bytes");
    }
    assert!(
        scan(&bytes[..end], &|_| false).is_err(),
        "the newline after the total is missing, so the total may be too"
    );
}

#[test]
fn names_positions_calls_and_jumps() {
    let profile = parse_body(
        "summary: 19\n\n\
         ob=(1) /lib/libc.so\nfl=(1) a.c\nfn=(1) f'2'g'(below main)\n0x10 5 1\n+4 +2 2\n* -1 3\n-4 * 4\n\
         fi=(2) inline.h\n+0x10 9 5\nfe=(1)\n+1 1 1\n\
         cob=(2) /bin/b\ncfi=(2)\ncfn=(2) h'f'g'(below main)\ncalls=3 0x99 7\n0x20 6 1000\n\
         jump=4 0x30 1\n+1 7\njcnd=1/2 +4 *\n+1 +1\n\
         cfn=(2)\ncalls=1 +1 *\n+1 * 10\n\
         \nob=(2)\nfl=(2)\nfn=(2)\n0 0 3\n\ntotals: 19\n",
    )
    .unwrap();
    let seen: Vec<_> =
        profile.costs.iter().map(|c| (c.address, c.line, profile.files.get(c.file), c.instructions)).collect();
    assert_eq!(
        seen,
        [
            (0x10, 5, "a.c", 1),
            (0x14, 7, "a.c", 2),
            (0x14, 6, "a.c", 3),
            (0x10, 6, "a.c", 4),
            (0x20, 9, "inline.h", 5),
            (0x21, 1, "a.c", 1),
            (0, 0, "inline.h", 3),
        ]
    );
    let context = &profile.contexts[0];
    assert_eq!(context.chain.iter().map(|&id| profile.symbols.get(id)).collect::<Vec<_>>(), ["f", "g", "(below main)"]);
    assert_eq!((context.recursion, profile.objects.get(context.object)), (2, "/lib/libc.so"));
    assert_eq!(profile.objects.get(profile.contexts[1].object), "/bin/b");
    assert_eq!(
        profile.calls.iter().map(|c| (c.address, c.count, c.inclusive)).collect::<Vec<_>>(),
        [(0x20, 3, 1000), (0x23, 1, 10)]
    );
    assert_eq!(profile.total, 19);
}

#[test]
fn uncompressed_names_and_other_columns() {
    let text = "events: Dr Ir\nfl=a.rs\nfn=(below main)\n3 7 20\n+1 8\ncfn=other\ncalls=1 9\n+1 1 50\nfn=other\n9 1 2\ntotals: 16 22\n";
    let profile = parse(text.as_bytes()).unwrap();
    assert_eq!(by_symbol(&profile), BTreeMap::from([("(below main)", 20), ("other", 2)]));
    assert_eq!((profile.contexts.len(), profile.calls[0].inclusive, profile.calls[0].line), (2, 50, 5));
}

#[test]
fn mistakes_are_named_with_their_line() {
    let line = HEAD.lines().count();
    assert_eq!(problem(parse(b"")), (1, Problem::Incomplete));
    assert_eq!(problem(parse_body("fn=(1) f\n0 0 1\n")), (line + 3, Problem::Incomplete));
    assert_eq!(problem(parse_body("fn=(1) f\n0 0 1\ntotals: 2\n")), (line + 3, Problem::Sum { sum: 1, totals: 2 }));
    assert_eq!(problem(parse_body("fn=(1)\n")), (line + 1, Problem::Undefined(1)));
    assert_eq!(problem(parse_body("0 0 1\n")), (line + 1, Problem::NoFunction));
    assert_eq!(problem(parse_body("fn=(1) f\n-1 0 1\n")), (line + 2, Problem::Range));
    assert_eq!(problem(parse_body("fn=(1) f\n0 99999999999 1\n")), (line + 2, Problem::Range));
    assert_eq!(problem(parse_body("fn=(1) f\n0 0 1x\n")), (line + 2, Problem::Number));
    assert_eq!(problem(parse_body("fn=(1) f\n0 0 1 1\n")), (line + 2, Problem::Form));
    assert_eq!(problem(parse_body("hello\n")), (line + 1, Problem::Form));
    assert_eq!(problem(parse_body("what=1\n")), (line + 1, Problem::Form));
    assert_eq!(problem(parse_body("fn=(1) f\ncfn=(1)\ncalls=1 0 0\nfn=(1)\n")), (line + 4, Problem::NoCallCost));
    assert_eq!(problem(parse(b"events: Cy\nfn=f\n1 1\n")), (3, Problem::NoInstructions));
    assert_eq!(parse_body("x\n").unwrap_err().to_string(), format!("line {}: the line has no known form", line + 1));
}

#[test]
fn the_scan_adds_up_by_object_and_for_the_functions_that_are_asked_for() {
    let clock = |symbol: &[u8]| symbol.starts_with(b"clock");
    let text = "desc: Trigger: --dump-before=clock\npositions: instr line\nevents: Ir Dr\n\n\
                ob=(1) /bin/b\nfn=(1) main\n0x10 5 7 1\n+3 * 2\n\
                cob=(2) /lib/c.so\ncfn=(2) clock'main\ncalls=1 0x99 7\n0x20 6 1000\njump=4 0x30 1\n+1 7\n\
                fn=(3) clockwork\n0x30 1 4\n\nob=(2)\nfn=(2)\n0 0 3\nfn=(4) other\n0 0 5\n\ntotals: 21 1\n";
    let summary = scan(text.as_bytes(), &clock).unwrap();
    assert_eq!(summary.trigger.as_deref(), Some("--dump-before=clock"));
    assert_eq!((summary.total(), summary.functions), (21, 7));
    assert_eq!(summary.objects, [("/bin/b".to_owned(), 13), ("/lib/c.so".to_owned(), 8)]);
    assert_eq!((summary.events, summary.totals), (vec!["Ir".to_owned(), "Dr".to_owned()], vec![21, 1]));
    let unnumbered = text.replace("(1) ", "").replace("(2) ", "").replace("(3) ", "").replace("ob=(2)", "ob=/lib/c.so");
    let again = scan(unnumbered.replace("fn=(2)", "fn=clock'main").replace("(4) ", "").as_bytes(), &clock).unwrap();
    assert_eq!((again.objects, again.functions), (summary.objects, summary.functions));
    let fails = |text: &[u8]| scan(text, &clock).unwrap_err();
    assert_eq!(fails(b"").problem, Problem::Incomplete);
    assert_eq!(fails(b"a\nb\ntotals: x\n"), SyntaxError { line: 3, problem: Problem::Number });
}

#[test]
fn merging_parts_is_the_same_as_reading_them_in_one_file() {
    let (first, second) = (recorded!("criterion-0.8-batched-1.out"), recorded!("criterion-0.8-batched-2.out"));
    let together = parse(&[first, second].concat()).unwrap();
    let mut merged = parse(first).unwrap();
    merged.merge(&parse(second).unwrap());
    assert_eq!(merged.total, 9804 + 9768);
    assert_eq!(by_symbol(&merged), by_symbol(&together));
    let calls = |profile: &Profile| profile.calls.iter().map(|call| call.count).sum::<u64>();
    assert_eq!(calls(&merged), calls(&together));
}

#[test]
fn merging_the_same_part_again_adds_amounts_but_no_entries() {
    let part = parse(recorded!("criterion-0.8-iter.out")).unwrap();
    let mut merged = Profile::default();
    for _ in 0..50 {
        merged.merge(&part);
    }
    assert_eq!(merged.total, 50 * part.total);
    assert_eq!(merged.costs.iter().map(|cost| cost.instructions).sum::<u64>(), merged.total);
    assert!(merged.costs.len() <= 3 * part.costs.len(), "{} entries", merged.costs.len());
    assert!(merged.contexts.len() <= part.contexts.len());
}

/// Lines of the kinds that there are, well formed or nearly so.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        (prop_oneof!["fn", "cfn", "fl", "fi", "fe", "ob", "cob", "cfi", "cfl", "jfi", "jfn"], 0..3_u8, "[a-z']{0,4}")
            .prop_map(|(key, id, name)| format!("{key}=({id}) {name}")),
        "(calls|jump|jcnd)=[0-9]{1,2}(/[0-9])? [+*-]?[0-9] ?[+*-]?[0-9]?",
        "[+*-]?(0x)?[0-9a-f]{0,3} [+*-]?[0-9]{0,2} ?[0-9]{0,20}",
        "(events|positions|totals|summary|part): ?(Ir|instr|line|[0-9]{1,20}| ){0,3}",
    ]
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = (parse(&bytes), scan(&bytes, &|_| false));
    }

    #[test]
    fn likely_lines_never_panic_and_accepted_files_add_up(lines in proptest::collection::vec(line(), 0..40)) {
        let body = lines.join("\n");
        if let Ok(mut profile) = parse_body(&body) {
            prop_assert_eq!(profile.costs.iter().map(|cost| cost.instructions).sum::<u64>(), profile.total);
            profile.merge(&profile.clone());
        }
    }

    #[test]
    fn one_changed_byte_never_panics(at in 0..15_000_usize, byte in any::<u8>()) {
        let mut bytes = recorded!("criterion-0.8-iter.out").to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = (parse(&bytes), scan(&bytes, &|_| false));
    }

    #[test]
    fn what_is_written_is_read(costs in proptest::collection::vec((0..4_u8, 0..1_000_000_u64, 0..10_000_u32, 1..1_000_000_u64), 0..60)) {
        use std::fmt::Write as _;
        let (mut body, mut last, mut seen, mut total) = (String::new(), (0_u64, 0_u32), [false; 4], 0);
        for &(function, address, line, instructions) in &costs {
            let name = if std::mem::replace(&mut seen[usize::from(function)], true) { String::new() } else { format!(" f{function}'main") };
            let relative = |now: u64, last: u64| match now {
                now if now == last => "*".to_owned(),
                now if now > last => format!("+{}", now - last),
                now => format!("-{}", last - now),
            };
            writeln!(body, "fn=({function}){name}\n{} {} {instructions}", relative(address, last.0), relative(line.into(), last.1.into())).unwrap();
            last = (address, line);
            total += instructions;
        }
        writeln!(body, "totals: {total}").unwrap();
        let profile = parse_body(&body).unwrap();
        let read: Vec<_> = profile.costs.iter().map(|c| {
            let name = profile.symbols.get(profile.contexts[c.context as usize].symbol());
            (name[1..].parse::<u8>().unwrap(), c.address, c.line, c.instructions)
        }).collect();
        prop_assert_eq!(read, costs);
    }
}
