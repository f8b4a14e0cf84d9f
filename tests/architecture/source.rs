//! One Rust source file, read just far enough to say which paths it mentions: comments, literals and test modules left out.

use std::fs;
use std::path::Path;

/// A source file of the workspace.
pub struct Source {
    /// Relative to the workspace root, `/`-separated: `cli/compare/noise.rs`.
    pub path: String,
    /// The paths that its code mentions, `use` trees spelt out.
    pub mentions: Vec<Mention>,
    /// Lines, test modules left out.
    pub lines: usize,
    /// Names of the modules that it declares for tests only, in files of their own.
    test_modules: Vec<String>,
}

/// A path in the code: `crate::compare::judge`, `println!`, a single name, or a method: `.spawn()` if it takes
/// nothing, else `.args`.
#[derive(Debug, PartialEq)]
pub struct Mention {
    pub segments: Vec<String>,
    pub line: usize,
    /// Whether an opening parenthesis follows it.
    pub called: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let Tests { rest, lines, modules: test_modules } = take_out_tests(&tokens(text));
        let lines = text.lines().count() - lines;
        Self { path: path.to_owned(), mentions: mentions(&rest), lines, test_modules }
    }

    /// Every source under some directories of the workspace, modules that are for tests only left out.
    pub fn read_all(root: &Path, directories: &[&str]) -> Vec<Self> {
        let mut sources = Vec::new();
        let mut pending: Vec<_> = directories.iter().map(|directory| root.join(directory)).collect();
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(&directory).unwrap().map(Result::unwrap) {
                let path = entry.path();
                let name = entry.file_name().into_string().unwrap();
                if path.is_dir() {
                    pending.push(path);
                } else if name.ends_with(".rs") {
                    let relative = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                    sources.push(Self::new(&relative, &fs::read_to_string(&path).unwrap()));
                }
            }
        }
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        without_test_files(sources)
    }

    /// `cli`, `harness` or `preload`: what has a crate root of its own.
    pub fn package(&self) -> &str {
        let mut names = self.path.split('/');
        match (names.next(), names.next()) {
            (Some("harness"), Some("preload")) => "preload",
            (first, _) => first.unwrap_or_default(),
        }
    }

    /// The module that the file holds: `["compare", "noise"]`; empty for `lib.rs` and `main.rs`.
    pub fn module(&self) -> Vec<&str> {
        let roots = ["harness/src/", "harness/preload/", "cli/"];
        let inside = roots.iter().find_map(|root| self.path.strip_prefix(root));
        let mut module: Vec<_> = inside.unwrap_or(&self.path).trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
            module.pop();
        }
        module
    }

    /// The first name of the module's path: the stage, the noun or the ground-floor module. `None` for the crate root.
    pub fn top(&self) -> Option<&str> {
        self.module().first().copied()
    }

    /// The path of a mention from the crate root, where it leads into the same crate.
    pub fn within_crate<'a>(&'a self, mention: &'a Mention) -> Option<Vec<&'a str>> {
        let mut base = self.module();
        let mut segments = mention.segments.iter().map(String::as_str).peekable();
        match *segments.peek()? {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                while segments.next_if(|&segment| segment == "super").is_some() {
                    base.pop();
                }
                base.extend(segments);
                return Some(base);
            }
            _ => return None,
        }
        segments.next();
        base.extend(segments);
        Some(base)
    }
}

/// Splits a source into names, numbers, `::` and single characters. Comments, strings, characters and lifetimes vanish.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut tokens, mut i, mut line) = (Vec::new(), 0, 1);
    while i < chars.len() {
        let start = i;
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 || i >= chars.len() {
                        break;
                    }
                }
            }
            '"' => i = end_of_string(&chars, i),
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => {
                i += if at(i + 1) == '\\' { 3 } else { 2 };
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            '\'' => i += 1,
            ':' if at(i + 1) == ':' => {
                tokens.push(Token { text: "::".to_owned(), line });
                i += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                while at(i).is_alphanumeric() || at(i) == '_' {
                    i += 1;
                }
                let word: String = chars[start..i].iter().collect();
                let raw = matches!(word.as_str(), "r" | "br" | "cr");
                let hashes = (i..chars.len()).take_while(|&k| chars[k] == '#').count();
                if raw && at(i + hashes) == '"' {
                    i = end_of_raw_string(&chars, i + hashes + 1, hashes);
                } else if matches!(word.as_str(), "b" | "c") && at(i) == '"' {
                    i = end_of_string(&chars, i);
                } else if start == 0 || at(start - 1) != '\'' || at(i) == '\'' {
                    tokens.push(Token { text: word, line });
                }
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(Token { text: c.to_string(), line });
                }
                i += 1;
            }
        }
        line += chars[start..i.min(chars.len())].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

fn end_of_string(chars: &[char], open: usize) -> usize {
    let mut i = open + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn end_of_raw_string(chars: &[char], mut i: usize, hashes: usize) -> usize {
    let closes =
        |i: usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    while i < chars.len() && !closes(i) {
        i += 1;
    }
    i + 1 + hashes
}

/// Drops the files of modules that their parents declare for tests only, and of the modules below those.
fn without_test_files(mut sources: Vec<Source>) -> Vec<Source> {
    let place = |source: &Source| (source.package().to_owned(), source.module().join("::"));
    let child = |module: &str, name: &str| format!("{module}::{name}").trim_start_matches("::").to_owned();
    let declared: Vec<_> = sources
        .iter()
        .flat_map(|source| source.test_modules.iter().map(move |name| (place(source), name)))
        .map(|((package, module), name)| (package, child(&module, name)))
        .collect();
    sources.retain(|source| {
        let (package, module) = place(source);
        let below = |of: &str| module == of || module.starts_with(&format!("{of}::"));
        !declared.iter().any(|(other, tests)| *other == package && below(tests))
    });
    sources
}

/// The tokens of a source without its modules for tests, and what was taken out.
struct Tests {
    rest: Vec<Token>,
    lines: usize,
    modules: Vec<String>,
}

/// Takes out every `#[cfg(test)] mod … { … }` and `#[cfg(test)] mod …;`.
fn take_out_tests(tokens: &[Token]) -> Tests {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut tests = Tests { rest: Vec::new(), lines: 0, modules: Vec::new() };
    let mut i = 0;
    while i < tokens.len() {
        let text = |k: usize| tokens.get(k).map_or("", |token| token.text.as_str());
        let mut k = i;
        if ATTRIBUTE.iter().enumerate().all(|(offset, &part)| text(i + offset) == part) {
            k += ATTRIBUTE.len();
            while text(k) == "#" {
                k = closing(tokens, k + 1) + 1;
            }
        }
        if k > i && text(k) == "mod" && matches!(text(k + 2), "{" | ";") {
            let mut end = k + 2;
            if text(end) == "{" {
                end = closing(tokens, end);
            } else {
                tests.modules.push(text(k + 1).to_owned());
            }
            tests.lines += tokens.get(end).map_or(0, |token| token.line + 1 - tokens[i].line);
            i = end + 1;
        } else {
            tests.rest.push(tokens[i].clone());
            i += 1;
        }
    }
    tests
}

/// Index of the bracket that closes the one at `open`, or past the end.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i;
        }
    }
    tokens.len()
}

fn is_name(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn mentions(tokens: &[Token]) -> Vec<Mention> {
    let (mut mentions, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        let before = i.checked_sub(1).map_or("", |k| tokens[k].text.as_str());
        if tokens[i].text == "use" {
            i = use_tree(tokens, i + 1, &mut Vec::new(), &mut mentions);
        } else if is_name(&tokens[i]) {
            let (start, mut segments) = (i, vec![tokens[i].text.clone()]);
            while tokens.get(i + 1).is_some_and(|t| t.text == "::") && tokens.get(i + 2).is_some_and(is_name) {
                i += 2;
                segments.push(tokens[i].text.clone());
            }
            let after = tokens.get(i + 1).map_or("", |token| token.text.as_str());
            if after == "!" && tokens.get(i + 2).is_some_and(|t| matches!(t.text.as_str(), "(" | "[" | "{")) {
                segments.iter_mut().next_back().expect("a path has a segment").push('!');
            }
            if before == "." {
                segments[0].insert(0, '.');
                if after == "(" && tokens.get(i + 2).is_some_and(|t| t.text == ")") {
                    segments[0].push_str("()");
                }
            }
            if before != "fn" {
                mentions.push(Mention { segments, line: tokens[start].line, called: after == "(" });
            }
            i += 1;
        } else {
            i += 1;
        }
    }
    mentions
}

/// Spells out a `use` tree that starts at `i`; returns where it ends.
fn use_tree(tokens: &[Token], mut i: usize, prefix: &mut Vec<String>, mentions: &mut Vec<Mention>) -> usize {
    let depth = prefix.len();
    while let Some(token) = tokens.get(i) {
        match token.text.as_str() {
            "{" => {
                i += 1;
                while tokens.get(i).is_some_and(|t| t.text != "}") {
                    i = use_tree(tokens, i, prefix, mentions);
                    i += usize::from(tokens.get(i).is_some_and(|t| t.text == ","));
                }
                prefix.truncate(depth);
                return i + 1;
            }
            "as" => i += 2,
            "::" => i += 1,
            ";" | "," | "}" => break,
            name => {
                prefix.push(name.to_owned());
                i += 1;
            }
        }
    }
    if prefix.last().is_some_and(|last| last == "self") {
        prefix.pop();
    }
    let line = tokens.get(i.saturating_sub(1)).map_or(0, |token| token.line);
    mentions.push(Mention { segments: prefix.clone(), line, called: false });
    prefix.truncate(depth);
    i
}

#[cfg(test)]
mod tests {
    use super::{Mention, Source, without_test_files};

    fn mention(path: &str, line: usize, called: bool) -> Mention {
        Mention { segments: path.split("::").map(str::to_owned).collect(), line, called }
    }

    #[test]
    fn use_trees_are_spelt_out() {
        let source = Source::new("cli/a.rs", "use std::{fs, io::{self, Read as R}};\nuse crate::gate::Gate;\n");
        let expected = [
            mention("std::fs", 1, false),
            mention("std::io", 1, false),
            mention("std::io::Read", 1, false),
            mention("crate::gate::Gate", 2, false),
        ];
        assert_eq!(source.mentions, expected);
    }

    #[test]
    fn comments_literals_lifetimes_methods_and_test_modules_are_not_mentions() {
        let text = r##"
            // std::fs /* */
            /* std::fs /* nested */ std::env */
            const A: &'static str = "std::fs \" std::env";
            const B: &str = r#"std::process "quoted" "#;
            const C: [char; 3] = ['"', '\'', 'x'];
            child.stdout(pipe);
            #[cfg(test)]
            #[expect(clippy::unwrap_used, reason = "tests")]
            mod tests {
                use std::fs;
            }
            println!("{}", std::env::var("X"));
        "##;
        let source = Source::new("cli/a.rs", text);
        let spelt: Vec<_> = source.mentions.iter().map(|m| m.segments.join("::")).collect();
        for absent in ["std::fs", "std::process", "stdout"] {
            assert!(!spelt.iter().any(|path| path == absent), "{absent} in {spelt:?}");
        }
        assert!(source.mentions.contains(&mention("println!", 13, false)), "{:?}", source.mentions);
        assert!(source.mentions.contains(&mention("std::env::var", 13, true)), "{:?}", source.mentions);
        assert_eq!(source.lines, text.lines().count() - 5);
    }

    #[test]
    fn files_for_tests_only_are_left_out_and_others_of_their_name_are_not() {
        let files = [
            ("cli/lib.rs", "pub mod compare; pub mod tests;"),
            ("cli/tests.rs", ""),
            ("cli/compare/mod.rs", "mod rule; #[cfg(test)] #[expect(unused, reason = \"x\")] mod properties;"),
            ("cli/compare/rule.rs", ""),
            ("cli/compare/properties.rs", ""),
            ("cli/compare/properties/deep.rs", ""),
            ("harness/src/compare/properties.rs", ""),
        ];
        let sources = files.map(|(path, text)| Source::new(path, text)).into();
        let left: Vec<_> = without_test_files(sources).into_iter().map(|source| source.path).collect();
        let expected = [0, 1, 2, 3, 6].map(|i| files[i].0);
        assert_eq!(left, expected);
    }

    #[test]
    fn relative_paths_are_followed_from_the_module_of_the_file() {
        let source = Source::new("cli/compare/noise.rs", "use super::super::report; use self::x::Y; use crate::gate;");
        let inside: Vec<_> = source.mentions.iter().map(|m| source.within_crate(m).unwrap().join("::")).collect();
        assert_eq!(inside, ["report", "compare::noise::x::Y", "gate"]);
        assert_eq!(Source::new("harness/src/plan/mod.rs", "").module(), ["plan"]);
        assert!(Source::new("cli/main.rs", "").module().is_empty());
    }
}
