//! `[[command]]`: what is taken, and what every mistake in one looks like.

use std::path::Path;

use snapbox::{assert_data_eq, str};

use super::refused;
use crate::config::{commands_in, parse};

#[test]
fn a_program_of_the_repository_may_be_reached_from_its_working_directory() {
    let text = "[[command]]\nname = 'a b'\nrun = ['../../target/release/app', '']\ndirectory = 'crates/app'\n\
                [[command]]\nname = 'b'\nrun = ['/usr/bin/true']\ndirectory = '.'\n";
    let commands = parse(text, "perfgate.toml").unwrap().commands;
    assert_eq!(commands[0].run, ["../../target/release/app", ""]);
    assert_eq!(commands_in(text, Path::new("perfgate.toml")), ["a b", "b"]);
    let manifest = "[[workspace.metadata.perfgate.command]]\nname = 'c'\nrun = ['true']\n";
    assert_eq!(commands_in(manifest, Path::new("Cargo.toml")), ["c"]);
    assert!(commands_in("[[command]]", Path::new("perfgate.toml")).is_empty());
}

#[test]
fn what_is_needed_is_asked_for() {
    assert_data_eq!(
        refused("[[command]]\n"),
        str![[r#"
error: `[[command]]` without `name`
 --> perfgate.toml:1:1
  |
1 | [[command]]
  | ^^^^^^^^^^^ is needed here
  |
  = help: add one: `name = "startup"`

error: `[[command]]` without `run`
 --> perfgate.toml:1:1
  |
1 | [[command]]
  | ^^^^^^^^^^^ is needed here
  |
  = help: add it: `run = ["./target/release/app", "--version"]`
"#]]
    );
    assert_data_eq!(
        refused("[[command]]\nname = \"x\"\nrun = []\n"),
        str![[r#"
error: `command.run` names no program
 --> perfgate.toml:3:7
  |
3 | run = []
  |       ^^ expected an array such as ["./target/release/app", "--version"]
"#]]
    );
    assert_data_eq!(
        refused("[[command]]\nname = \"x\"\nrun = \"app --version\"\n"),
        str![[r#"
error: wrong type for `command.run`
 --> perfgate.toml:3:7
  |
3 | run = "app --version"
  |       ^^^^^^^^^^^^^^^ expected an array such as ["./target/release/app", "--version"], found a string
  |
  = help: a line for the shell is written ["sh", "-c", "…"]
"#]]
    );
    assert_data_eq!(
        refused("[[command]]\nname = \"x\"\nrun = [\"true\"]\ncwd = \"a\"\nstd-in = \"b\"\n"),
        str![[r#"
error: unknown key `cwd` in `[[command]]`
 --> perfgate.toml:4:1
  |
4 | cwd = "a"
  | ^^^ not known here
  |
  = help: known here: `directory`, `env`, `name`, `prepare`, `run`, `setup` and `stdin`

error: unknown key `std-in` in `[[command]]`
 --> perfgate.toml:5:1
  |
5 | std-in = "b"
  | ^^^^^^ not known here
  |
  = help: did you mean `stdin`?
"#]]
    );
}

#[test]
fn names_are_unique() {
    let two = "[[command]]\nname = \"x\"\nrun = [\"true\"]\n[[command]]\nname = \"x\"\nrun = [\"false\"]\n";
    assert_data_eq!(
        refused(two),
        str![[r#"
error: two commands are called `x`
 --> perfgate.toml:5:8
  |
2 | name = "x"
  |        --- the first
...
5 | name = "x"
  |        ^^^ the second
  |
  = help: give each a name of its own
"#]]
    );
}

#[test]
fn nothing_leaves_the_repository() {
    let text = "[[command]]\nname = \"x\"\nrun = [\"../app\"]\nstdin = \"/etc/passwd\"\ndirectory = \"a/../../b\"\n";
    assert_data_eq!(
        refused(text),
        str![[r#"
error: `../app` leaves the repository
 --> perfgate.toml:3:8
  |
3 | run = ["../app"]
  |        ^^^^^^^^ both sides must have one of their own
  |
  = help: name a program of the repository, one on the PATH, or one by its whole path

error: `command.stdin` leaves the repository
 --> perfgate.toml:4:9
  |
4 | stdin = "/etc/passwd"
  |         ^^^^^^^^^^^^^ not inside it
  |
  = help: both sides have their own files: name one relative to the workspace root

error: `command.directory` leaves the repository
 --> perfgate.toml:5:13
  |
5 | directory = "a/../../b"
  |             ^^^^^^^^^^^ not inside it
  |
  = help: both sides have their own files: name one relative to the workspace root
"#]]
    );
}

#[test]
fn what_no_program_can_be_given_is_refused() {
    let text = "[[command]]\nname = \" x\"\nrun = [\"a\\u0000\"]\nenv = { \"A=B\" = \"c\", N = 1 }\n";
    assert_data_eq!(
        refused(text),
        str![[r#"
error: invalid `command.name`
 --> perfgate.toml:2:8
  |
2 | name = " x"
  |        ^^^^ has control characters in it, or white space around it
  |
  = help: write a name that can be typed, such as "startup"

error: NUL in `command.run`
 --> perfgate.toml:3:8
  |
3 | run = ["a/u0000"]
  |        ^^^^^^^^^ no program can be given this
  |
  = help: remove the character

error: `A=B` is not the name of a variable
 --> perfgate.toml:4:9
  |
4 | env = { "A=B" = "c", N = 1 }
  |         ^^^^^ no variable can have this name
  |
  = help: write it as in `env = { LANG = "C" }`

error: wrong type for `command.env`
 --> perfgate.toml:4:26
  |
4 | env = { "A=B" = "c", N = 1 }
  |                          ^ expected strings as values, found an integer
"#]]
    );
}
