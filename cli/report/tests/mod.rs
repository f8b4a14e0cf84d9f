//! What people and programs read, kept as files: look at them before accepting a change with `SNAPSHOTS=overwrite`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use anstream::adapter::strip_str;
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};

use super::{Format, human, json, markdown, render, short, workflow, write_all};
use crate::comparison::Verdict;
use crate::gate::{Gate, Report};

mod beside;
pub(super) mod samples;

/// A file of the repository. snapbox's own macro takes the outermost cargo project that holds this one for its root.
fn in_repository(path: &str, format: DataFormat) -> Data {
    Data::read_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path), Some(format)).raw()
}

fn snapshot(name: &str) -> Data {
    in_repository(&format!("cli/report/tests/snapshots/{name}"), DataFormat::Text)
}

fn plain(report: &Report) -> String {
    strip_str(&human::render(report, Path::new("target/perfgate"))).to_string()
}

#[test]
fn the_picture_of_the_readme() {
    let report = samples::readme();
    let colours = human::render(&report, Path::new("target/perfgate"));
    assert_data_eq!(colours, in_repository("docs/img/regression.term.svg", DataFormat::TermSvg));
}

#[test]
fn human() {
    assert_data_eq!(plain(&samples::readme()), snapshot("regression.txt"));
    assert_data_eq!(plain(&samples::mixed()), snapshot("mixed.txt"));
    assert_data_eq!(plain(&samples::unexplained()), snapshot("unexplained.txt"));
    assert_data_eq!(plain(&samples::passed()), snapshot("passed.txt"));
    assert_data_eq!(plain(&samples::all_identical()), snapshot("identical.txt"));
    assert_data_eq!(plain(&samples::partly_identical()), snapshot("partly-identical.txt"));
    assert_data_eq!(plain(&samples::empty()), snapshot("empty.txt"));
    assert_data_eq!(plain(&samples::hostile()), snapshot("hostile.txt"));
    assert_data_eq!(plain(&samples::large(12)), snapshot("large.txt"));
}

#[test]
fn short() {
    assert_data_eq!(short::render(&samples::mixed()), snapshot("mixed.short.txt"));
    assert_data_eq!(short::render(&samples::hostile()), snapshot("hostile.short.txt"));
    assert_data_eq!(short::render(&samples::empty()), "summary nothing benchmarks=0 regressions=0 [..]\n");
}

#[test]
fn json_lines() {
    assert_data_eq!(
        json::lines(&samples::mixed()).unwrap(),
        in_repository("cli/report/tests/snapshots/mixed.jsonl", DataFormat::JsonLines)
    );
    let types: Vec<String> = json::lines(&samples::hostile())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(types, ["benchmark", "benchmark", "benchmark", "unmeasured", "summary"]);
    let first: serde_json::Value =
        serde_json::from_str(json::lines(&samples::hostile()).unwrap().lines().next().unwrap()).unwrap();
    assert_eq!(first["comparison"]["id"]["name"], samples::HOSTILE);
}

#[test]
fn markdown() {
    assert_data_eq!(markdown::render(&samples::mixed()), snapshot("mixed.md"));
    assert_data_eq!(markdown::render(&samples::passed()), snapshot("passed.md"));
    assert_data_eq!(markdown::render(&samples::partly_identical()), snapshot("partly-identical.md"));
    assert_data_eq!(markdown::render(&samples::empty()), snapshot("empty.md"));
    assert_data_eq!(markdown::render(&samples::hostile()), snapshot("hostile.md"));
}

#[test]
fn workflow_commands() {
    assert_data_eq!(workflow::render(&samples::mixed()), snapshot("mixed.workflow.txt"));
    let many = workflow::render(&samples::large(30));
    assert_eq!(many.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    let hostile = workflow::render(&samples::hostile());
    assert!(hostile.lines().all(|line| line.starts_with("::error ")), "{hostile}");
    assert!(!hostile.contains("##["), "{hostile}");
    assert_eq!(workflow::render(&samples::passed()), "");
}

#[test]
fn nothing_in_a_log_is_read_as_a_workflow_command_or_moves_the_cursor() {
    for format in [Format::Human, Format::Short, Format::Json] {
        let text = render(&samples::hostile(), format, Path::new(samples::HOSTILE)).unwrap();
        let text = strip_known(&text);
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{format:?}: {line}");
        }
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(bad), "{format:?}: {text}");
    }
}

/// Without the colours that the renderer chose, and only those: an escape that came in from outside stays to be found.
fn strip_known(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        clean.push_str(&rest[..at]);
        let code = &rest[at + 2..];
        let end = code.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
        // The hostile red, 31, is no colour of ours: those are the bright ones.
        assert!(code[end..].starts_with('m') && &code[..end] != "31", "{text}");
        rest = &code[end + 1..];
    }
    clean + rest
}

#[test]
fn a_comment_never_grows_beyond_what_github_takes() {
    for each in [40, 5_000] {
        let text = markdown::render(&samples::large(each));
        assert!(text.len() <= markdown::MOST, "{}", text.len());
        assert!(text.contains("more benchmarks are in `report.json`"));
        assert!(text.contains("Reproduce with:"));
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        // Whole rows only: each begins and ends with its bars.
        assert!(text.lines().filter(|line| line.starts_with('|')).all(|line| line.ends_with('|')));
    }
    // What fits is not left out either.
    let text = markdown::render(&samples::large(5_000));
    assert!(text.len() > markdown::MOST * 3 / 4, "{}", text.len());
    assert!(text.contains("more benchmarks in `report.json`"));
    let whole = samples::report(Gate::Passed, (0..5_000).map(|at| samples::unchanged(&format!("b/{at}"))).collect());
    assert!(markdown::render(&whole).len() <= markdown::MOST);
}

#[test]
fn a_hostile_name_stays_in_its_cell() {
    let text = markdown::render(&samples::hostile());
    let outside_fences: Vec<&str> = {
        let mut fence = None;
        text.lines()
            .filter(|line| {
                let ticks = line.len() - line.trim_start_matches('`').len();
                match fence {
                    Some(open) if ticks >= open && line.len() == ticks => fence = None,
                    None if ticks >= 3 => fence = Some(ticks),
                    None => return true,
                    Some(_) => {}
                }
                false
            })
            .collect()
    };
    for line in &outside_fences {
        assert!(!line.contains("<img") && !line.contains("@octocat") && !line.contains("#1 "), "{line}");
        assert!(!line.contains("</details>") || *line == "</details>", "{line}");
    }
    let bars = |line: &&&str| line.matches('|').count();
    for table in outside_fences.split(|line| !line.starts_with('|')).filter(|table| !table.is_empty()) {
        assert!(table.iter().all(|line| bars(&line) == bars(&&table[0])), "{table:?}");
    }
}

#[test]
fn files_are_replaced_whole_and_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("made/on the way");
    write_all(&samples::large(3), &out).unwrap();
    write_all(&samples::mixed(), &out).unwrap();
    let read: Report = serde_json::from_str(&std::fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(read, samples::mixed());
    assert_eq!(std::fs::read_to_string(out.join("report.md")).unwrap(), markdown::render(&samples::mixed()));
    let mut files: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["report.json", "report.md"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = write_all(&samples::passed(), &file.join("below")).unwrap_err().to_string();
    assert!(error.starts_with(&format!("write {}", file.join("below").display())), "{error}");
}

#[test]
fn schemas_are_those_of_the_docs() {
    assert_data_eq!(super::report_schema(), in_repository("docs/report.schema.json", DataFormat::Text));
    assert_data_eq!(super::run_schema(), in_repository("docs/run.schema.json", DataFormat::Text));
}

#[test]
fn an_improvement_is_never_a_diagnostic() {
    let report = samples::report(Gate::Passed, vec![samples::improvement(), samples::only_on(Verdict::New, "n")]);
    let text = plain(&report);
    assert!(!text.contains("error") && !text.contains("warning"), "{text}");
    assert!(text.contains("PASSED"));
}
