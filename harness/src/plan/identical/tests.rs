//! Small programs, compiled twice: what may be taken for the same, and all that must not be.

use std::cell::OnceCell;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::plan::BenchTarget;
use crate::plan::git::{ChangedFile, Repository};
use crate::process::{self, Cancel};

/// Has panic locations for `unwrap` and for the bounds of the table.
const PROGRAM: &str = "//
//
static TABLE: [u32; 4] = [2, 3, 5, 7];
const FACTOR: u32 = 3;

fn main() {
    let argument = std::env::args().nth(1).unwrap();
    let at: usize = argument.parse().unwrap();
    println!(\"{}\", TABLE[at] * FACTOR);
}
";

/// A project that is compiled at two states.
struct Fixture {
    sources: TempDir,
    build: TempDir,
    baseline: OnceCell<(Executable, String)>,
}

impl Fixture {
    fn new(program: &str) -> Self {
        let directory = || tempfile::tempdir().unwrap();
        let fixture = Self { sources: directory(), build: directory(), baseline: OnceCell::new() };
        run(fixture.git(&["init", "--quiet"]));
        for (path, text) in
            [("src/main.rs", program), ("README.md", "Read me.\n"), ("data.bin", "1"), ("Cargo.toml", "")]
        {
            fixture.write(path, text);
        }
        fixture
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.sources.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.sources.path().join("src/main.rs")).unwrap();
        assert!(text.contains(from), "{text}");
        self.write("src/main.rs", &text.replacen(from, to, 1));
    }

    fn git(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.sources.path()).args(args);
        command
    }

    fn roots(&self) -> Roots {
        Roots { sources: self.sources.path().to_owned(), workspace: self.sources.path().to_owned() }
    }

    /// Compiles what is there, and gives the executable and the tree.
    fn compile(&self, side: &str, flags: &[&str]) -> (Executable, String) {
        run(self.git(&["add", "--all"]));
        let tree = run(self.git(&["write-tree"]));
        let built = self.build.path().join("main");
        let mut rustc = Command::new("rustc");
        rustc
            .args(["src/main.rs", "--edition=2021", "-O", "-Cdebuginfo=1", "--emit=link,dep-info", "-o"])
            .arg(&built)
            .args(flags);
        run(rustc
            .current_dir(self.sources.path())
            .env("CARGO_MANIFEST_DIR", self.sources.path())
            .env("BUILD", self.build.path().join("build")));
        let path = self.build.path().join(side);
        fs::copy(&built, &path).unwrap();
        let target = BenchTarget {
            package: "p".into(),
            package_id: "p".into(),
            name: "main".into(),
            library: false,
            package_root: self.sources.path().into(),
            source: "src/main.rs".into(),
        };
        let inputs = Inputs { compiled: self.roots().of_artifact(&built), ..Inputs::default() };
        assert!(inputs.compiled.contains("src/main.rs"), "{inputs:?}");
        (Executable { target, path, library_path: Vec::new(), inputs }, tree)
    }

    /// Whether a change leaves the program the same.
    fn compare(&self, change: impl FnOnce(&Self)) -> Result<(), Different> {
        self.compare_built([&[], &[]], change)
    }

    /// The same with compiler flags for each side. What was changed is taken back in the end.
    fn compare_built(&self, flags: [&[&str]; 2], change: impl FnOnce(&Self)) -> Result<(), Different> {
        let (baseline, from) = self.baseline.get_or_init(|| self.compile("base", flags[0]));
        change(self);
        let (candidate, to) = self.compile("cand", flags[1]);
        let repository = Repository::discover(self.sources.path(), &Cancel::default()).unwrap();
        let places = [self.sources.path().to_owned(), self.build.path().join("build")];
        let changes = Changes::between(repository, [from.clone(), to], self.roots(), places).unwrap();
        run(self.git(&["read-tree", "--reset", "-u", from]));
        identical(baseline, &candidate, &changes)
    }
}

#[track_caller]
fn run(mut command: impl std::borrow::BorrowMut<Command>) -> String {
    let command = command.borrow_mut();
    let answer = process::ask(command, Duration::from_secs(120), &Cancel::default()).unwrap();
    assert!(answer.success(), "{command:?}: {}", answer.complaint());
    answer.text()
}

fn section(name: &str) -> Result<(), Different> {
    Err(Different::Section(name.into()))
}

fn named(file: &str, part: &str) -> Result<(), Different> {
    Err(Different::Named { file: file.into(), part: part.into() })
}

#[test]
fn comments_and_tests_are_the_same() {
    let project = Fixture::new(PROGRAM);
    let moved = |by: &str| project.compare(|project| project.edit("fn main", &format!("{by}fn main")));
    assert_eq!(moved(""), Ok(()));
    assert_eq!(moved("// A comment,\n// and more.\n\n"), Ok(()));
    assert_eq!(moved("#[cfg(test)]\nmod tests { #[test] fn x() { assert_eq!(super::FACTOR, 3) } }\n"), Ok(()));
}

#[test]
fn a_comment_moves_the_locations() {
    // Or else the test above would prove less than it seems to.
    let project = Fixture::new(PROGRAM);
    let (baseline, _) = project.compile("base", &[]);
    project.edit("fn main", "//\nfn main");
    let (candidate, _) = project.compile("cand", &[]);
    let images = [baseline, candidate].map(|side| read(&side).unwrap());
    let differing = difference::differences(&images[0], &images[1]).unwrap();
    assert!(differing.len() >= 3, "{differing:?}");
}

#[test]
fn a_comment_is_the_same_in_a_program_at_a_fixed_address() {
    let fixed: &[&str] = &["-Crelocation-model=static"];
    let comment = |project: &Fixture| project.edit("fn main", "// A comment.\nfn main");
    assert_eq!(Fixture::new(PROGRAM).compare_built([fixed, fixed], comment), Ok(()));
}

#[test]
fn files_beside_the_program_are_the_same() {
    let project = Fixture::new(PROGRAM);
    let wrote = |path: &str| project.compare(|project| project.write(path, "// Something else.\n"));
    for path in
        ["README.md", "CHANGELOG.md", "docs/guide.md", "tests/tests.rs", ".github/workflows/ci.yml", "Cargo.lock"]
    {
        assert_eq!(wrote(path), Ok(()), "{path}");
    }
}

#[test]
fn what_is_compiled_in_is_not_the_same() {
    let project = Fixture::new(PROGRAM);
    let edited = |from: &str, to: &str| project.compare(|project| project.edit(from, to));
    assert_eq!(edited("[2, 3, 5, 7]", "[2, 3, 5, 8]"), section(".rodata"));
    assert_eq!(edited("FACTOR: u32 = 3", "FACTOR: u32 = 11"), section(".text"));
    assert_eq!(edited("TABLE[at] * FACTOR", "TABLE[at] + FACTOR"), section(".text"));
    // The column of a location is not forgiven.
    assert!(edited("    let at: usize = argument", "    let  at: usize = argument").is_err());
}

#[test]
fn flags_that_change_the_program_are_not_the_same() {
    let project = Fixture::new(PROGRAM);
    let built = |flag: &str| project.compare_built([&[], &[flag]], |_| {});
    assert!(built("-Copt-level=0").is_err());
    assert!(built("-Ctarget-cpu=x86-64-v3").is_err());
    assert_eq!(built("-Clink-arg=-Wl,-z,stack-size=1000000"), Err(Different::Layout));
    assert!(built("-Clink-arg=-Wl,-z,norelro").is_err());
    assert_eq!(built("-Cdebuginfo=2"), Ok(()));
}

#[test]
fn what_only_looks_like_a_location_is_not_the_same() {
    let numbers = "static PLACES: [(&str, u32, u32); 1] = [(PATH, 1, 2)];\n";
    for path in [r#"const PATH: &str = "src/main.rs";"#, r#"const PATH: &str = "src/main.rs\0".split_at(11).0;"#] {
        let print = "fn main() {\n    println!(\"{:?}\", std::hint::black_box(&PLACES));\n";
        let program = PROGRAM.replace("fn main() {\n", &format!("{path}\n{numbers}{print}"));
        // Lines 1 and 2 are alike, so that the texts of the lines would allow it.
        let renumbered = Fixture::new(&program).compare(|project| project.edit("PATH, 1, 2", "PATH, 2, 2"));
        assert_eq!(renumbered, section(".data.rel.ro"), "{path}");
    }
}

#[test]
fn a_path_that_the_program_uses_is_no_locations_alone() {
    // Both are the very string that the locations have.
    let in_code = "    println!(\"{:?}\", std::fs::read(c\"src/main.rs\".to_str().unwrap()).unwrap().len());\n";
    let in_table = "    static FILES: [&std::ffi::CStr; 2] = [c\"src/main.rs\", c\"x\"];
    println!(\"{:?}\", std::hint::black_box(&FILES));\n";
    let comment = |project: &Fixture| project.edit("fn main", "// A comment.\nfn main");
    for used in [in_code, in_table] {
        let program = PROGRAM.replace("fn main() {\n", &format!("fn main() {{\n{used}"));
        assert!(Fixture::new(&program).compare(comment).is_err(), "{used}");
    }
}

#[test]
fn files_that_are_read_are_not_the_same() {
    let reading = |what: &str| {
        let read = format!("fn main() {{\n    println!(\"{{}}\", {what}.unwrap().len());\n");
        Fixture::new(&PROGRAM.replace("fn main() {\n", &read))
    };
    let data = |project: &Fixture| project.write("data.bin", "2");
    let comment = |project: &Fixture| project.edit("fn main", "// A comment.\nfn main");
    let link = |project: &Fixture| symlink("data.bin", project.sources.path().join("LICENSE")).unwrap();
    let project = reading(r#"std::fs::read("data.bin")"#);
    assert_eq!(project.compare(data), Err(Different::File("data.bin".into())));
    assert_eq!(project.compare(link), Err(Different::File("LICENSE".into())));
    assert_eq!(project.compare(comment), Ok(()));
    let readme = |project: &Fixture| project.write("README.md", "Read on.\n");
    assert_eq!(reading(r#"std::fs::read("README.md")"#).compare(readme), named("README.md", "README.md"));
    let guide = |project: &Fixture| project.write("docs/guide.md", "Read on.\n");
    assert_eq!(
        reading(r#"std::fs::read_dir("docs").map(Iterator::count).map(|n| vec![0; n])"#).compare(guide),
        named("docs/guide.md", "docs")
    );
    assert_eq!(reading(r#"std::fs::read("src/main.rs")"#).compare(comment), named("src/main.rs", "src"));
}

#[test]
fn the_directory_of_the_sources_leads_to_all_of_them() {
    let reading = |what: &str| {
        let read = format!("fn main() {{\n    println!(\"{{:?}}\", {what});\n");
        Fixture::new(&PROGRAM.replace("fn main() {\n", &read))
    };
    let comment = |project: &Fixture| project.edit("fn main", "// A comment.\nfn main");
    let all = reading(r#"std::fs::read_dir(env!("CARGO_MANIFEST_DIR"))"#).compare(comment);
    assert_eq!(all, Err(Different::HoldsSources));
    let late = reading(r#"std::env::var_os("CARGO_MANIFEST_DIR")"#).compare(comment);
    assert_eq!(late, Err(Different::LooksForSources));
    let one = reading(r#"std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data.bin"))"#).compare(comment);
    assert_eq!(one, Ok(()));
}

#[test]
fn what_the_build_makes_besides_is_not_known_to_be_the_same() {
    let comment = |project: &Fixture| project.edit("fn main", "// A comment.\nfn main");
    let start = "fn main() {\n    println!(\"{}\", concat!(env!(\"BUILD\"), \"/release/app\"));\n";
    let starts = Fixture::new(&PROGRAM.replace("fn main() {\n", start));
    assert_eq!(starts.compare(comment), Err(Different::HoldsBuild));
    assert_eq!(starts.compare(|_| {}), Ok(()));

    let project = Fixture::new(PROGRAM);
    let (mut executable, tree) = project.compile("base", &[]);
    executable.library_path = vec![project.build.path().join("build")];
    let repository = Repository::discover(project.sources.path(), &Cancel::default()).unwrap();
    let places = [project.sources.path().to_owned(), project.build.path().join("build")];
    let mut changes = Changes::between(repository, [tree.clone(), tree], project.roots(), places).unwrap();
    assert_eq!(identical(&executable, &executable, &changes), Ok(()));
    fs::create_dir(project.build.path().join("build")).unwrap();
    fs::write(project.build.path().join("build/libours.so.1"), "").unwrap();
    assert_eq!(identical(&executable, &executable, &changes), Err(Different::Libraries));
    executable.inputs.scripts.insert("build.rs".into());
    executable.library_path.clear();
    project.write("build.rs", "// A comment.\n");
    let (candidate, _) = project.compile("cand", &[]);
    let script = ChangedFile { path: "build.rs".into(), before: true, after: true, plain: true };
    changes.files = vec![script];
    assert_eq!(identical(&executable, &candidate, &changes), Err(Different::Script("build.rs".into())));
}

#[test]
fn included_files_are_the_same_only_if_nothing_of_them_is_used() {
    let including =
        |what: &str| {
            Fixture::new(&PROGRAM.replace(
                "fn main() {\n",
                &format!("{what}fn main() {{\n    println!(\"{{}}\", TEXT.as_bytes()[0]);\n"),
            ))
        };
    let used = including("static TEXT: &str = include_str!(\"../data.bin\");\n");
    assert!(used.compare(|project| project.write("data.bin", "2")).is_err());
    let documented = including("#[doc = include_str!(\"../README.md\")]\nstatic TEXT: &str = \"x\";\n");
    assert_eq!(documented.compare(|project| project.write("README.md", "Read on.\n")), Ok(()));
}

#[test]
fn what_is_no_executable_is_not_the_same() {
    let project = Fixture::new(PROGRAM);
    let (executable, _) = project.compile("base", &[]);
    let whole = fs::read(&executable.path).unwrap();
    for data in [b"".to_vec(), b"#!/bin/sh\n".to_vec(), whole[..whole.len() / 8].to_vec(), whole[..80].to_vec()] {
        assert!(Image::parse(data).is_err());
    }
}
