//! The sections `[[command]]`: programs that are benchmarks too.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use perfgate_harness::plan::CommandSpec;
use toml::de::DeTable;

use super::Config;
use super::mistake::Mistake;
use super::read::{Reader, Value, quoted};

/// The keys of a section.
pub(super) const COMMAND: [&str; 7] = ["directory", "env", "name", "prepare", "run", "setup", "stdin"];

/// What `run`, `setup` and `prepare` take.
const ARGV: &str = r#"an array such as ["./target/release/app", "--version"]"#;

/// A program's name and where it stands.
type Run = (Vec<String>, Range<usize>);

/// Reads one section; `named` are the names so far and where they stand.
pub(super) fn command(
    reader: &mut Reader,
    value: &Value<'_>,
    named: &mut Vec<(String, Range<usize>)>,
    config: &mut Config,
) {
    let Some(table) = reader.table(value, "command", "a section `[[command]]`") else { return };
    let mut spec = CommandSpec::default();
    let mut run: Option<Run> = None;
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "name" => spec.name = name(reader, value, named).unwrap_or_default(),
            "run" => run = argv(reader, value, "command.run").map(|argv| (argv, first(value))),
            "setup" => spec.setup = argv(reader, value, "command.setup").unwrap_or_default(),
            "prepare" => spec.prepare = argv(reader, value, "command.prepare").unwrap_or_default(),
            "stdin" => spec.stdin = path(reader, value, "command.stdin", "a file such as \"data/input.json\""),
            "directory" => {
                let given = path(reader, value, "command.directory", "a directory such as \"crates/app\"");
                spec.directory = given.unwrap_or_default();
            }
            "env" => spec.environment = environment(reader, value),
            _ => reader.unknown(key, "`[[command]]`", &COMMAND),
        }
    }
    require(reader, table, value, "name", r#"add one: `name = "startup"`"#);
    require(reader, table, value, "run", r#"add it: `run = ["./target/release/app", "--version"]`"#);
    let Some((argv, span)) = run else { return };
    if argv[0].contains('/') && !argv[0].starts_with('/') && leaves(&spec.directory.join(&argv[0])) {
        let title = format!("{} leaves the repository", quoted(&argv[0]));
        let mistake = Mistake::new(title, span, "both sides must have one of their own");
        reader
            .mistakes
            .push(mistake.help("name a program of the repository, one on the PATH, or one by its whole path"));
    }
    spec.run = argv;
    config.commands.push(spec);
}

fn require(reader: &mut Reader, table: &DeTable<'_>, section: &Value<'_>, key: &str, help: &str) {
    if !table.contains_key(key) {
        let mistake = Mistake::new(format!("`[[command]]` without `{key}`"), section.span(), "is needed here");
        reader.mistakes.push(mistake.help(help));
    }
}

fn name(reader: &mut Reader, value: &Value<'_>, named: &mut Vec<(String, Range<usize>)>) -> Option<String> {
    let name = reader.text(value, "command.name", r#"a name such as "startup""#)?;
    if name.chars().any(char::is_control) || name.trim() != name {
        let label = "has control characters in it, or white space around it";
        let mistake = Mistake::new("invalid `command.name`", value.span(), label);
        return reader.note(mistake.help("write a name that can be typed, such as \"startup\""));
    }
    if let Some((_, first)) = named.iter().find(|(other, _)| other == name) {
        let title = format!("two commands are called {}", quoted(name));
        let mistake = Mistake::new(title, value.span(), "the second").context(first.clone(), "the first");
        return reader.note(mistake.help("give each a name of its own"));
    }
    named.push((name.to_owned(), value.span()));
    Some(name.to_owned())
}

/// Where the first word of an array stands.
fn first(value: &Value<'_>) -> Range<usize> {
    let word = value.get_ref().as_array().and_then(|words| words.first());
    word.map_or_else(|| value.span(), Value::span)
}

/// A program and its arguments, of which only the first must not be empty.
fn argv(reader: &mut Reader, value: &Value<'_>, key: &str) -> Option<Vec<String>> {
    if value.get_ref().is_str() {
        let label = format!("expected {ARGV}, found a string");
        let mistake = Mistake::new(format!("wrong type for `{key}`"), value.span(), label);
        return reader.note(mistake.help(r#"a line for the shell is written ["sh", "-c", "…"]"#));
    }
    let Some(words) = value.get_ref().as_array() else { return reader.wrong_type(value, key, ARGV) };
    let mut argv = Vec::new();
    for word in words {
        match word.get_ref().as_str() {
            Some(text) if text.contains('\0') => return reader.note(no_nul(key, word.span())),
            Some(text) => argv.push(text.to_owned()),
            None => return reader.wrong_type(word, key, "a string"),
        }
    }
    if argv.first().is_none_or(String::is_empty) {
        let mistake = Mistake::new(format!("`{key}` names no program"), first(value), format!("expected {ARGV}"));
        return reader.note(mistake);
    }
    Some(argv)
}

fn no_nul(key: &str, span: Range<usize>) -> Mistake {
    Mistake::new(format!("NUL in `{key}`"), span, "no program can be given this").help("remove the character")
}

/// A path in the repository, relative to the workspace root.
fn path(reader: &mut Reader, value: &Value<'_>, key: &str, expected: &str) -> Option<PathBuf> {
    let text = reader.text(value, key, expected)?;
    if text.contains('\0') {
        return reader.note(no_nul(key, value.span()));
    }
    let path = Path::new(text);
    if path.is_absolute() || leaves(path) {
        let mistake = Mistake::new(format!("`{key}` leaves the repository"), value.span(), "not inside it");
        return reader.note(mistake.help("both sides have their own files: name one relative to the workspace root"));
    }
    Some(path.to_owned())
}

/// Whether a relative path goes above where it began.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_i32;
    path.components().any(|part| {
        depth += match part {
            Component::ParentDir => -1,
            Component::Normal(_) => 1,
            Component::CurDir | Component::RootDir | Component::Prefix(_) => 0,
        };
        depth < 0
    })
}

fn environment(reader: &mut Reader, value: &Value<'_>) -> Vec<(String, String)> {
    let expected = r#"a table of strings such as { LANG = "C" }"#;
    let Some(table) = reader.table(value, "command.env", expected) else { return Vec::new() };
    let mut environment = Vec::new();
    for (key, value) in table {
        let name = key.get_ref();
        match value.get_ref().as_str() {
            _ if name.is_empty() || name.contains(['=', '\0']) => {
                let title = format!("{} is not the name of a variable", quoted(name));
                let mistake = Mistake::new(title, key.span(), "no variable can have this name");
                reader.mistakes.push(mistake.help("write it as in `env = { LANG = \"C\" }`"));
            }
            Some(text) if text.contains('\0') => reader.mistakes.push(no_nul("command.env", value.span())),
            Some(text) => environment.push((name.to_string(), text.to_owned())),
            None => reader.wrong_type(value, "command.env", "strings as values").unwrap_or(()),
        }
    }
    environment
}
