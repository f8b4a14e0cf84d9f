//! The rules of the architecture, enforced on the sources: who may import whom, who may touch the world, and how long a file may be.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::source::{Mention, Source};

/// Where the code stands.
const DIRECTORIES: [&str; 3] = ["cli", "harness/preload", "harness/src"];
/// Modules that turn one type that flows into the next, by package.
const STAGES: [(&str, &[&str]); 2] = [
    ("cli", &["baseline", "compare", "config", "explain", "publish", "report"]),
    ("harness", &["framework", "instrument", "plan"]),
];
/// Modules of the types that flow, by package.
const NOUNS: [(&str, &[&str]); 2] = [
    ("cli", &["comparison", "explanation", "gate", "policy"]),
    ("harness", &["benchmark", "machine", "metric", "profile", "run"]),
];
/// What code without I/O has no business with.
const WORLD: [&str; 12] = [
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tempfile",
];
/// Names that say nothing about a file's job.
const EMPTY_NAMES: [&str; 7] = ["common", "errors", "helpers", "misc", "prelude", "types", "utils"];

/// A rule: what it finds in the sources, one sentence per finding.
type Rule = fn(&[Source]) -> Vec<String>;

#[test]
fn stages_keep_apart() {
    enforce(stage_imports);
}

#[test]
fn compare_and_the_nouns_do_no_io() {
    enforce(io_where_none_belongs);
}

#[test]
fn one_place_each_for_streams_children_http_and_exit_codes() {
    enforce(world_outside_its_place);
}

#[test]
fn files_are_named_for_their_job() {
    enforce(empty_names);
}

#[test]
fn imports_run_one_way() {
    enforce(circles);
}

#[test]
fn files_stay_small() {
    enforce(budgets);
}

fn enforce(rule: Rule) {
    let sources = Source::read_all(Path::new(env!("CARGO_MANIFEST_DIR")), &DIRECTORIES);
    assert!(sources.len() > 10, "found only {} sources", sources.len());
    let findings = rule(&sources);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

fn of_package(table: &[(&str, &'static [&'static str])], source: &Source) -> &'static [&'static str] {
    table.iter().find(|(package, _)| *package == source.package()).map_or(&[], |(_, names)| names)
}

/// Every mention of another module of the same crate: the mention, and the first name of its path.
fn imports(source: &Source) -> impl Iterator<Item = (&Mention, &str)> {
    source
        .mentions
        .iter()
        .filter_map(|mention| Some((mention, *source.within_crate(mention)?.first()?)))
        .filter(|(_, other)| Some(*other) != source.top())
}

fn finding(source: &Source, mention: &Mention, rule: &str) -> String {
    format!("{}:{}: `{}`: {rule}", source.path, mention.line, mention.segments.join("::"))
}

/// Rule 1. The nouns stand below the stages and know only each other; nothing but the crate roots knows the commands.
fn stage_imports(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        let (stages, nouns) = (of_package(&STAGES, source), of_package(&NOUNS, source));
        let Some(top) = source.top().filter(|&top| top != "commands") else { continue };
        let stage = stages.contains(&top);
        for (mention, other) in imports(source) {
            if stage && stages.contains(&other) {
                findings.push(finding(source, mention, "a stage does not import another stage"));
            } else if stage && top != "config" && other == "args" {
                findings.push(finding(source, mention, "a stage does not know the command line"));
            } else if nouns.contains(&top) && !nouns.contains(&other) {
                findings.push(finding(source, mention, "a noun imports nothing but nouns"));
            } else if other == "commands" {
                findings.push(finding(source, mention, "only the crate root knows the commands"));
            }
        }
    }
    findings
}

/// Whether a mention is a path or leads into it: `std::fs::read` leads into `std::fs`.
fn leads_into(mention: &Mention, path: &str) -> bool {
    let mut segments = mention.segments.iter();
    path.split("::").all(|part| segments.next().is_some_and(|segment| segment == part))
}

/// Rule 2.
fn io_where_none_belongs(sources: &[Source]) -> Vec<String> {
    let pure = |source: &Source| {
        let top = source.top().unwrap_or_default();
        source.path.starts_with("cli/compare/") || of_package(&NOUNS, source).contains(&top)
    };
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| pure(source)) {
        for mention in source.mentions.iter().filter(|mention| WORLD.iter().any(|path| leads_into(mention, path))) {
            findings.push(finding(source, mention, "no file, clock, process or environment here"));
        }
    }
    findings
}

/// Whether a mention is `std::process::Command` or something of its: `process::Command::new`.
fn is_command(mention: &Mention) -> bool {
    mention.segments.windows(2).any(|pair| pair[0] == "process" && pair[1] == "Command")
}

/// Rule 3. Many places may say which command to run; one place runs it.
fn world_outside_its_place(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        let path = source.path.as_str();
        let builds_commands = source.mentions.iter().any(is_command);
        for mention in &source.mentions {
            let last = mention.segments.last().map_or("", String::as_str);
            let above = mention.segments.iter().rev().nth(1).map_or("", String::as_str);
            let first = mention.segments.first().map_or("", String::as_str);

            let streams = matches!(last, "print!" | "println!" | "eprint!" | "eprintln!" | "dbg!")
                || (matches!(last, "stdout" | "stderr") && (mention.called || matches!(above, "io" | "anstream")));
            if streams && path != "cli/shell.rs" && !path.starts_with("cli/report/") {
                findings.push(finding(source, mention, "only shell.rs and report/ write to the standard streams"));
            }

            let spawns = builds_commands && matches!(last, ".spawn()" | ".output()" | ".status()" | ".exec()");
            if spawns && path != "harness/src/process.rs" {
                findings.push(finding(source, mention, "only the harness's process.rs starts processes"));
            }

            let http = matches!(first, "octocrab" | "reqwest" | "ureq" | "hyper") || leads_into(mention, "std::net");
            if http && !path.starts_with("cli/publish/") {
                findings.push(finding(source, mention, "only publish/ speaks HTTP"));
            }

            let exits = (above == "process" && matches!(last, "exit" | "abort")) || above == "ExitCode";
            if exits && path != "cli/exit.rs" {
                findings.push(finding(source, mention, "only exit.rs names exit codes"));
            }
        }
    }
    findings
}

/// Rule 4.
fn empty_names(sources: &[Source]) -> Vec<String> {
    let empty = |source: &&Source| source.module().iter().any(|name| EMPTY_NAMES.contains(name));
    sources.iter().filter(empty).map(|source| format!("{}: the name says nothing about its job", source.path)).collect()
}

/// A package, and the path of a module in it.
type Module<'s> = (&'s str, Vec<&'s str>);

/// Rule 5, between the modules at the top of each crate, and between single files. The crate roots, and the `mod.rs` of a
/// folder, join what is below them and are left out.
fn circles(sources: &[Source]) -> Vec<String> {
    let mut edges: BTreeMap<Module<'_>, BTreeSet<Module<'_>>> = BTreeMap::new();
    let is_leaf = |source: &&Source| source.module().len() > 1 && !source.path.ends_with("/mod.rs");
    let leaves: BTreeSet<Module<'_>> =
        sources.iter().filter(is_leaf).map(|source| (source.package(), source.module())).collect();
    for source in sources {
        let Some(top) = source.top() else { continue };
        let others = imports(source).map(|(_, other)| (source.package(), vec![other]));
        edges.entry((source.package(), vec![top])).or_default().extend(others);
    }
    for source in sources.iter().filter(is_leaf) {
        let own = (source.package(), source.module());
        let leaf = |path: &[&'_ str]| leaves.iter().find(|(package, leaf)| *package == own.0 && path.starts_with(leaf));
        let mentioned = source.mentions.iter().filter_map(|mention| source.within_crate(mention));
        let others =
            mentioned.filter_map(|path| leaf(&path).cloned()).filter(|other| *other != own).collect::<Vec<_>>();
        edges.entry(own.clone()).or_default().extend(others);
    }
    let reaches = |from: &Module<'_>| {
        let (mut seen, mut pending) = (BTreeSet::new(), vec![from]);
        while let Some(next) = pending.pop() {
            for other in edges.get(next).into_iter().flatten() {
                if other == from {
                    return true;
                }
                if seen.insert(other) {
                    pending.push(other);
                }
            }
        }
        false
    };
    edges
        .keys()
        .filter(|module| reaches(module))
        .map(|(package, module)| format!("{package}: `{}` imports itself through other modules", module.join("::")))
        .collect()
}

/// Median ≤ 180 lines, nine in ten ≤ 350, none above 500.
fn budgets(sources: &[Source]) -> Vec<String> {
    let mut lengths: Vec<_> = sources.iter().map(|source| (source.lines, source.path.as_str())).collect();
    lengths.sort_unstable();
    let mut findings = Vec::new();
    let median = lengths[lengths.len() / 2].0;
    if median > 180 {
        findings.push(format!("the median file has {median} lines, the budget is 180"));
    }
    let over: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > 350).map(|(_, path)| *path).collect();
    if over.len() * 10 > lengths.len() {
        findings.push(format!("more than one file in ten has over 350 lines: {}", over.join(", ")));
    }
    let long = lengths.iter().filter(|(lines, _)| *lines > 500);
    findings.extend(long.map(|(lines, path)| format!("{path}: {lines} lines, none may have over 500")));
    findings
}

/// The rules themselves: each is shown made-up sources that break it, and ones that only look as if they did.
mod rules {
    use super::*;

    #[track_caller]
    fn reports(rule: Rule, files: &[(&str, &str)], expected: &[&str]) {
        let sources: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        let findings = rule(&sources);
        assert_eq!(findings.len(), expected.len(), "{findings:#?}");
        for (found, part) in findings.iter().zip(expected) {
            assert!(found.contains(part), "{found:?} does not say {part:?}");
        }
    }

    #[test]
    fn a_stage_that_imports_another_is_reported() {
        reports(
            stage_imports,
            &[
                (
                    "cli/compare/judge.rs",
                    "use crate::{policy::Limits, report::Row};\nfn f() { super::super::config::load() }",
                ),
                ("cli/explain/mod.rs", "use crate::args::Args;"),
                ("cli/gate.rs", "use crate::shell::Shell;"),
                ("cli/shell.rs", "use crate::commands::check;"),
                ("harness/src/plan/mod.rs", "use crate::framework::Criterion;"),
            ],
            &[
                "judge.rs:1: `crate::report::Row`",
                "judge.rs:2",
                "command line",
                "but nouns",
                "crate root",
                "plan/mod.rs:1",
            ],
        );
    }

    #[test]
    fn the_commands_and_the_ground_floor_are_free() {
        reports(
            stage_imports,
            &[
                ("cli/commands/check.rs", "use crate::{compare, config, explain, report};"),
                (
                    "cli/compare/mod.rs",
                    "use crate::policy::Policy; use self::noise::Noise; use super::comparison::Comparison;",
                ),
                ("cli/config/mod.rs", "use crate::args::CheckArgs;"),
                ("cli/report/mod.rs", "use crate::shell::Shell; use crate::gate::Report; // crate::compare\n"),
                ("harness/src/instrument/mod.rs", "use crate::process::Process;"),
            ],
            &[],
        );
    }

    #[test]
    fn io_in_compare_or_a_noun_is_reported() {
        reports(
            io_where_none_belongs,
            &[
                ("cli/compare/mod.rs", "use std::time::{Duration, Instant};"),
                ("cli/policy.rs", "fn f() { std::env::var(\"X\"); }"),
                ("harness/src/profile/parse.rs", "use std::{fs::File, fmt};"),
                ("cli/explain/mod.rs", "use std::fs;"),
            ],
            &["std::time::Instant", "std::env::var", "std::fs::File"],
        );
    }

    #[test]
    fn streams_children_http_and_exit_codes_out_of_place_are_reported() {
        reports(
            world_outside_its_place,
            &[
                ("cli/commands/list.rs", "fn f() { println!(\"x\"); let out = std::io::stdout().lock(); }"),
                ("cli/commands/measure.rs", "use std::io::{stderr, Write};"),
                ("cli/commands/doctor.rs", "use std::process::{Command, Stdio}; fn f(c: &mut Command) { c.spawn(); }"),
                (
                    "cli/commands/init.rs",
                    "use std::process; fn f() { process::Command::new(\"git\").status(); process::exit(3) }",
                ),
                ("harness/src/plan/git.rs", "use std::process::Command; fn f(c: &mut Command) { c.output(); }"),
                ("cli/main.rs", "fn main() -> std::process::ExitCode { std::process::ExitCode::from(2) }"),
                ("cli/baseline/mod.rs", "use std::net::TcpStream;"),
            ],
            &[
                "println!",
                "stdout",
                "stderr",
                "processes",
                "processes",
                "exit codes",
                "processes",
                "exit codes",
                "HTTP",
            ],
        );
        reports(
            world_outside_its_place,
            &[
                ("cli/shell.rs", "fn f() { anstream::eprintln!(\"x\"); }"),
                ("cli/report/human.rs", "use anstream::stdout;"),
                (
                    "cli/commands/list.rs",
                    "use std::process::Command; fn f(s: &Shell) { s.status(\"Listing\", ask(Command::new(\"git\"))); }",
                ),
                ("cli/exit.rs", "fn f() { std::process::ExitCode::from(100) }"),
                ("harness/src/process.rs", "use std::process::Command; fn f(c: &mut Command) { c.spawn(); }"),
                (
                    "harness/src/plan/build.rs",
                    "use std::process::Command; fn f() -> Command { Command::new(\"cargo\") }",
                ),
                (
                    "harness/src/plan/git.rs",
                    "use std::process::Stdio; fn f(o: Output) { o.stdout; x.stdout(Stdio::null()); }",
                ),
                ("cli/args.rs", "fn f() -> clap::Command { clap::Command::new(\"perfgate\") }"),
            ],
            &[],
        );
    }

    #[test]
    fn empty_names_are_reported() {
        let files = [("cli/utils.rs", ""), ("harness/src/plan/types/mod.rs", ""), ("cli/report/html.rs", "")];
        reports(empty_names, &files, &["cli/utils.rs", "types"]);
    }

    #[test]
    fn circles_are_reported_and_straight_lines_are_not() {
        reports(
            circles,
            &[
                ("cli/a.rs", "use crate::b::B;"),
                ("cli/b/deep.rs", "use crate::c::C;"),
                ("cli/c.rs", "use crate::{a::A, d::D};"),
                ("cli/d.rs", "use perfgate_harness::run::Run;"),
                ("harness/src/a.rs", "use crate::b::B;"),
            ],
            &["cli: `a`", "cli: `b`", "cli: `c`"],
        );
        reports(
            circles,
            &[
                ("cli/config/mod.rs", "mod find; mod read; use find::load;"),
                ("cli/config/find.rs", "use super::read::parse; use super::Config;"),
                ("cli/config/read.rs", "use super::find::PLACE;"),
                ("cli/config/text.rs", "use super::read::parse;"),
                ("harness/preload/clock.rs", "use crate::heap;"),
                ("harness/preload/heap.rs", "use crate::clock::now;"),
            ],
            &["cli: `config::find`", "cli: `config::read`", "preload: `clock`", "preload: `heap`"],
        );
    }

    #[test]
    fn long_files_are_reported_without_their_tests() {
        let long = "fn f() {}\n".repeat(501);
        let tested = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        let short = [("cli/b.rs", "fn f() {}\n"), ("cli/c.rs", ""), ("cli/d.rs", tested.as_str())];
        reports(budgets, &short, &[]);
        reports(budgets, &[short.as_slice(), &[("cli/a.rs", &long)]].concat(), &["one file in ten", "501 lines"]);
        reports(budgets, &[("cli/a.rs", &"\n".repeat(200))], &["the median"]);
    }
}
