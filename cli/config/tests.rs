//! What every key does, what every mistake looks like, and that nothing in a file brings the program down.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use perfgate_harness::benchmark::BenchmarkId;
use perfgate_harness::metric::Metric;
use proptest::prelude::{Strategy, any, prop_assert, proptest};
use serde_json::Value;
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq, str};
use tempfile::TempDir;

use super::document::parse_manifest;
use super::{Config, ConfigError, command, load, parse, schema, section, value};
use crate::policy::{Limits, OnInconclusive};

mod commands;
mod mistakes;

/// The diagnostics of a file that has mistakes.
fn refused(text: &str) -> String {
    parse(text, "perfgate.toml").unwrap_err().render(false)
}

fn id(name: &str) -> BenchmarkId {
    BenchmarkId { package: "app".into(), target: "json".into(), name: name.into() }
}

fn workspace(files: &[(&str, &[u8])]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    root
}

fn loaded(files: &[(&str, &[u8])]) -> Result<Config, ConfigError> {
    load(workspace(files).path())
}

/// The `toml` blocks of `docs/configuration.md`.
fn examples() -> Vec<String> {
    let page = include_str!("../../docs/configuration.md");
    let blocks = page.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = parse("", "perfgate.toml").unwrap();
    assert_eq!(config, Config { file: Some("perfgate.toml".into()), ..Config::default() });
    assert_eq!(config.policy.limits_of(Metric::Instructions), Limits { limit: 0.005, exclude: 0.02 });
}

#[test]
fn every_key_of_the_documentation_does_what_it_says() {
    let config = parse(&examples()[0], "perfgate.toml").unwrap();
    assert_eq!(config.policy.limits_of(Metric::Instructions), Limits { limit: 0.005, exclude: 0.02 });
    assert_eq!(config.policy.on_inconclusive, OnInconclusive::Warn);
    assert_eq!(config.run.timeout, Some(Duration::from_mins(5)));
    assert_eq!(config.run.jobs.map(usize::from), Some(2));
    assert_eq!(config.run.features, ["simd"]);
    assert_eq!(config.policy.rule(&id("parse"), Metric::Instructions).limits, Limits { limit: 0.03, exclude: 0.06 });
    let advisory = |name| config.policy.rule(&id(name), Metric::Instructions).advisory;
    assert!(advisory("threads/4") && !advisory("parse"));
    assert!(config.skips(&id("huge_file")) && !config.skips(&id("parse")));
    let [startup, convert] = config.commands.as_slice() else { panic!("{:?}", config.commands) };
    assert_eq!(startup.run, ["./target/release/app", "--version"]);
    assert_eq!(startup.setup, ["cargo", "build", "--release"]);
    assert_eq!((&*startup.name, startup.stdin.as_deref(), startup.prepare.len()), ("startup", None, 0));
    assert_eq!(convert.prepare, ["cp", "../data/input.json", "copy.json"]);
    assert_eq!(convert.stdin.as_deref(), Some(Path::new("data/rules.txt")));
    assert_eq!(convert.directory, Path::new("scripts"));
    assert_eq!(convert.environment, [("LANG".to_owned(), "C.UTF-8".to_owned())]);
}

#[test]
fn the_example_for_the_manifest_is_read_from_there() {
    let config = parse_manifest(&examples()[1], "Cargo.toml").unwrap();
    assert_eq!(config.file, Some("Cargo.toml".into()));
    assert_eq!(config.policy.limits_of(Metric::Instructions), Limits { limit: 0.01, exclude: 0.02 });
    assert!(config.policy.rule(&id("threads"), Metric::Instructions).advisory);
}

#[test]
fn a_limit_alone_takes_what_must_be_excluded_with_it() {
    let limits = |text: &str| parse(text, "perfgate.toml").unwrap().policy.limits_of(Metric::Instructions);
    assert_eq!(limits("[gate]\nlimit.instructions = \"4%\""), Limits { limit: 0.04, exclude: 0.08 });
    assert_eq!(limits("[gate]\nlimit.instructions = \"0.1%\""), Limits { limit: 0.001, exclude: 0.02 });
    assert_eq!(limits("[gate]\nexclude.instructions = \"0.5%\""), Limits { limit: 0.005, exclude: 0.005 });
}

#[test]
fn limits_are_by_metric_and_what_is_not_said_is_as_it_was() {
    let text = "[gate]\nmetrics = ['allocations', 'instructions', 'allocations']\nlimit = { allocations = '0%', peak-heap = '9%' }
        [[benchmark]]\nfilter = 'parse'\nlimit.allocations = '20%'\nexclude.l1-misses = '40%'";
    let policy = parse(text, "perfgate.toml").unwrap().policy;
    assert_eq!(policy.metrics, [Metric::Allocations, Metric::Instructions]);
    assert_eq!(policy.limits_of(Metric::Allocations), Limits { limit: 0.0, exclude: 0.02 });
    assert_eq!(policy.limits_of(Metric::PeakHeap), Limits { limit: 0.09, exclude: 0.18 });
    assert_eq!(policy.limits_of(Metric::LlMisses), Limits::of(Metric::LlMisses));
    let parse = |metric| policy.rule(&id("parse"), metric).limits;
    assert_eq!(parse(Metric::Allocations), Limits { limit: 0.2, exclude: 0.4 });
    assert_eq!(parse(Metric::L1Misses), Limits { limit: 0.02, exclude: 0.4 });
    assert_eq!(parse(Metric::Instructions), Limits::INSTRUCTIONS);
}

#[test]
fn booleans_and_the_other_values_are_taken() {
    let config = parse(
        "[gate]\ninconclusive = 'fail'\n[run]\nall-features = true\nno-default-features = true\njobs = 0x10\nfeatures = ['a/b-c', '_x']",
        "perfgate.toml",
    )
    .unwrap();
    assert_eq!(config.policy.on_inconclusive, OnInconclusive::Fail);
    assert!(config.run.all_features && config.run.no_default_features);
    assert_eq!(config.run.jobs.map(usize::from), Some(16));
    assert_eq!(config.run.features, ["a/b-c", "_x"]);
}

#[test]
fn the_last_skip_that_matches_wins() {
    let text = "[[benchmark]]\nfilter = '*'\nskip = true\n[[benchmark]]\nfilter = 'parse'\nskip = false";
    let config = parse(text, "perfgate.toml").unwrap();
    assert!(config.skips(&id("write")) && !config.skips(&id("parse")));
    assert!(config.policy.overrides.is_empty());
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistakes_and_move_nothing() {
    let config = parse("\u{feff}[run]\r\njobs = 3\r\n", "perfgate.toml").unwrap();
    assert_eq!(config.run.jobs.map(usize::from), Some(3));
    let plain = refused("[run]\njob = 3\n");
    assert_eq!(refused("\u{feff}[run]\r\njob = 3\r\n"), plain);
    assert!(plain.contains("perfgate.toml:2:1"), "{plain}");
    let two = "[gate]\nlimit.instructions = '3%'\n\nexclude.instructions = '2%'\n";
    assert_eq!(refused(&two.replace('\n', "\r\n")), refused(two));
}

#[test]
fn the_first_place_that_has_a_file_is_read() {
    let jobs = |n: u8| format!("[run]\njobs = {n}").into_bytes();
    let (one, two) = (jobs(1), jobs(2));
    let manifest = b"[workspace.metadata.perfgate.run]\njobs = 3";
    let read = |files: &[(&str, &[u8])]| {
        let config = loaded(files).unwrap();
        (config.file.map(|file| file.display().to_string()), config.run.jobs.map(usize::from))
    };
    let all: [(&str, &[u8]); 3] = [("perfgate.toml", &one), (".config/perfgate.toml", &two), ("Cargo.toml", manifest)];
    assert_eq!(read(&all), (Some("perfgate.toml".into()), Some(1)));
    assert_eq!(read(&all[1..]), (Some(".config/perfgate.toml".into()), Some(2)));
    assert_eq!(read(&all[2..]), (Some("Cargo.toml".into()), Some(3)));
    assert_eq!(read(&[("Cargo.toml", b"[package]\nname = 'x'")]), (None, None));
    assert_eq!(read(&[]), (None, None));
    assert_eq!(read(&[(".config", b"a file")]), (None, None));
}

#[test]
fn a_file_that_cannot_be_read_is_never_taken_for_none() {
    let root = workspace(&[]);
    fs::create_dir(root.path().join("perfgate.toml")).unwrap();
    assert_data_eq!(
        load(root.path()).unwrap_err().render(false),
        str![[r#"
error: `perfgate.toml` is not a file
 |
 = help: remove it, or put a configuration file there: perfgate works without one
"#]]
    );
    let root = workspace(&[]);
    std::os::unix::fs::symlink("nowhere", root.path().join("perfgate.toml")).unwrap();
    assert_data_eq!(
        load(root.path()).unwrap_err().render(false),
        str![[r#"
error: could not read `perfgate.toml`: No such file or directory (os error 2)
 |
 = help: let the file be read, or remove it: perfgate works without one
"#]]
    );
    let latin = loaded(&[("perfgate.toml", b"[run]\n# caf\xe9\n")]);
    assert_data_eq!(
        latin.unwrap_err().render(false),
        str![[r#"
error: `perfgate.toml` is not UTF-8: line 2 has an invalid byte
--> perfgate.toml:2
 = help: save the file as UTF-8, as TOML asks
"#]]
    );
    let large = vec![b'#'; 10_000_000];
    assert_data_eq!(
        loaded(&[("perfgate.toml", &large)]).unwrap_err().render(false),
        str![[r#"
error: `perfgate.toml` is larger than 4 MiB
 |
 = help: this is hardly a configuration: `perfgate init` writes one
"#]]
    );
}

#[test]
fn the_other_tools_file_is_recognised() {
    assert_data_eq!(
        refused("[defaults]\nrepeat = 5\n\n[[bench]]\nname = \"startup\"\ncommand = [\"true\"]\n"),
        str![[r#"
error: this file belongs to another tool of the same name
 --> perfgate.toml:4:3
  |
4 | [[bench]]
  |   ^^^^^ `[[bench]]` with a `command` is how that tool names a benchmark
  |
  = help: this perfgate is `cargo-perfgate`, which gates the benchmarks of a cargo project; the other is published as `perfgate` and `perfgate-cli`
  = help: move this file out of the way to use this perfgate; `perfgate init` then writes a new one
"#]]
    );
    assert!(refused("[[bench]]\ncommand = [\"true\"]\n").contains("another tool"));
    assert!(refused("[defaults]\nrepeat = 5\n").contains("another tool"));
    assert!(!refused("[gate]\n[defaults]\nrepeat = 5\n").contains("another tool"));
}

#[test]
fn a_syntax_error_is_shown() {
    assert_data_eq!(
        refused("[gate]\nlimit = { instructions = \"1% }\n"),
        str![[r#"
error: not valid TOML
 --> perfgate.toml:2:31
  |
2 | limit = { instructions = "1% }
  |                               ^ invalid basic string, expected `"`
"#]]
    );
    assert_data_eq!(
        refused("[gate\n"),
        str![[r#"
error: not valid TOML
 --> perfgate.toml:1:6
  |
1 | [gate
  |      ^ unclosed table, expected `]`
"#]]
    );
    assert_data_eq!(
        refused("[run]\njobs = 1\njobs = 2\n"),
        str![[r#"
error: not valid TOML
 --> perfgate.toml:3:1
  |
3 | jobs = 2
  | ^^^^ duplicate key
"#]]
    );
}

#[test]
fn mistakes_in_the_manifest_are_shown_there() {
    let shown = |text| parse_manifest(text, "Cargo.toml").unwrap_err().render(false);
    assert_data_eq!(
        shown("[package]\nname = \"app\"\n\n[workspace.metadata.perfgate]\ngates = {}\n"),
        str![[r#"
error: unknown key `gates` in `[workspace.metadata.perfgate]`
 --> Cargo.toml:5:1
  |
5 | gates = {}
  | ^^^^^ not known here
  |
  = help: did you mean `gate`?
"#]]
    );
    assert_data_eq!(
        shown("[package.metadata.perfgate.gate]\ninconclusive = \"fail\"\n"),
        str![[r#"
error: `[package.metadata.perfgate]` is not supported
 --> Cargo.toml:1:19
  |
1 | [package.metadata.perfgate.gate]
  |                   ^^^^^^^^ not read: a workspace has one gate
  |
  = help: write `[workspace.metadata.perfgate]`, or a `perfgate.toml`
"#]]
    );
}

#[test]
fn all_mistakes_are_shown_at_once_up_to_a_screenful() {
    let many: String = (0..12).map(|n| format!("k{n:02} = 1\n")).collect();
    let shown = refused(&many);
    assert_eq!(shown.matches("error: unknown key").count(), 10, "{shown}");
    assert!(
        shown.ends_with("error: 2 more in `perfgate.toml`\n |\n = help: mend those above and try again"),
        "{shown}"
    );
    let line = parse(&many, "perfgate.toml").unwrap_err().to_string();
    assert_eq!(line, "perfgate.toml:1:1: unknown key `k00` in the file (and 11 more)");
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let error = parse("x = 1", "perfgate.toml").unwrap_err();
    assert!(error.render(true).contains('\u{1b}') && !error.render(false).contains('\u{1b}'));
}

#[test]
fn escapes_in_a_key_do_not_reach_the_terminal() {
    let shown = refused("\"\\u001b[31mred\\n\" = 1\n[gate]\n\"\\u001b]0;x\" = 1\n");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let metric = refused("[gate]\nmetrics = ['\\u001b', \"\\u001b[2J\"]\nlimit.\"\\u001b\" = '1%'");
    assert!(!metric.contains('\u{1b}'), "{metric:?}");
}

#[test]
fn hostile_files_are_refused_quickly() {
    let nested = format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let dotted = format!("[{}]\n", vec!["a"; 100_000].join("."));
    let keys: String = (0..20_000).map(|n| format!("k{n} = 1\n")).collect();
    let long_key = format!("{} = 1", "k".repeat(300_000));
    let long_line = format!("[gate]\nlimit = {{ instructions = \"{}\" }}", "%".repeat(300_000));
    let strings = "x = \"".repeat(100_000);
    for text in [nested, dotted, keys, long_key, long_line, strings] {
        let started = Instant::now();
        let shown = refused(&text);
        assert!(shown.starts_with("error: "), "{}", &shown[..200]);
        assert!(shown.len() < 20_000, "{} bytes for {}", shown.len(), &text[..20]);
        assert!(started.elapsed() < Duration::from_secs(10), "{:?} for {}", started.elapsed(), &text[..20]);
    }
}

#[test]
fn the_schema_is_the_one_that_is_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/perfgate.schema.json");
    let checked_in = Data::read_from(&path, Some(DataFormat::Text));
    assert_data_eq!(schema(), checked_in.raw());
}

#[test]
fn schema_reader_and_documentation_know_the_same_keys() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let page = include_str!("../../docs/configuration.md");
    let keys = |of: &Value| of["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&schema), section::ROOT);
    let tables: [(&str, &[&str]); 5] = [
        ("Gate", &section::GATE),
        ("Run", &section::RUN),
        ("Benchmark", &section::BENCHMARK),
        ("Command", &command::COMMAND),
        ("Limits", &value::METRICS),
    ];
    for (definition, known) in tables {
        assert_eq!(keys(&schema["definitions"][definition]), known, "{definition}");
        for key in known {
            assert!(page.contains(&format!("`{key}`")), "`{key}` is not in docs/configuration.md");
            assert!(examples()[0].contains(key), "the example lacks `{key}`");
        }
    }
}

/// Text that gets further into the reader than any text does.
fn plausible() -> impl Strategy<Value = String> {
    let words = [
        "[gate]",
        "[run]",
        "[[benchmark]]",
        "[benchmark]",
        "[[command]]",
        "run",
        "setup",
        "env",
        "directory",
        "[[bench]]",
        "[defaults]",
        "metrics",
        "limit",
        "exclude",
        "inconclusive",
        "timeout",
        "time-limit",
        "simulate",
        "jobs",
        "features",
        "all-features",
        "filter",
        "advisory",
        "skip",
        "command",
        "instructions",
        " = ",
        ".",
        "{ ",
        " }",
        "[",
        "]",
        ", ",
        "\n",
        "\r\n",
        "\"1%\"",
        "\"300s\"",
        "\"json::*\"",
        "1",
        "-1",
        "1e400",
        "nan",
        "0x7fffffffffffffff",
        "true",
        "1979-05-27",
        "\"\"",
        "'''",
        "é",
        "\u{feff}",
        "\t",
        "#",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_brings_the_program_down(text in any::<String>(), words in plausible()) {
        for text in [&text, &words] {
            for result in [parse(text, "perfgate.toml"), parse_manifest(text, "Cargo.toml")] {
                match result {
                    Ok(config) => {
                        for limits in Metric::ALL.map(|metric| config.policy.limits_of(metric)) {
                            prop_assert!(limits.exclude >= limits.limit);
                        }
                    }
                    Err(error) => {
                        prop_assert!(error.render(false).starts_with("error: "));
                        prop_assert!(error.render(true).len() > error.to_string().len() / 2);
                    }
                }
            }
        }
    }
}
