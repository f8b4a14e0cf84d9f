//! Two packages of a like name on the crate registry are not ours: nothing we publish may send a reader to them.

use std::fs;
use std::path::{Path, PathBuf};

/// What a reader copies commands from.
const READ: [&str; 8] =
    ["README.md", "CHANGELOG.md", "action.yml", "baselines", "docs", ".github", "cli/commands", "tests/fixtures/demo"];

#[test]
fn no_page_installs_a_strangers_package() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending: Vec<PathBuf> = READ.iter().map(|place| root.join(place)).filter(|path| path.exists()).collect();
    let mut pages = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            pages += 1;
            assert_eq!(strangers(&text), Vec::<String>::new(), "in {}", path.display());
        }
    }
    assert!(pages > 5, "read only {pages} pages");
}

/// The commands in a text that install from the registry a package that we have not published there.
fn strangers(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split([' ', '\n', '\t', '`', '"', '\'']).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (i, pair) in words.windows(2).enumerate() {
        if pair[0] != "cargo" || !matches!(pair[1], "install" | "binstall" | "add") {
            continue;
        }
        let package = words[i + 2..].iter().find(|word| !word.starts_with('-'));
        if let Some(package) = package.filter(|word| word.starts_with("perfgate") || word.starts_with("cargo-perfgate"))
        {
            found.push(format!("cargo {} {package}", pair[1]));
        }
    }
    found
}

#[test]
fn a_strangers_package_is_seen_behind_flags_quotes_and_line_ends() {
    // In two pieces: nobody shall copy such a command from here either.
    let stranger = "perfgate";
    for text in [
        format!("run `cargo install {stranger}`"),
        format!("cargo  binstall --no-confirm\n{stranger}-cli"),
        format!("cargo install {stranger}@1"),
    ] {
        assert_eq!(strangers(&text).len(), 1, "{text}");
    }
    for text in [
        "cargo install --locked --path .",
        "cargo install --locked --git https://example.org/perfgate",
        "perfgate check",
    ] {
        assert_eq!(strangers(text), Vec::<String>::new(), "{text}");
    }
}
