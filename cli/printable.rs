//! Text that others chose (names, source lines, what a benchmark printed), made safe to show.
//!
//! Nothing that leaves here can move a cursor, change a colour, reorder a line or be read as a workflow command.

use std::borrow::Cow;
use std::fmt::Write;

/// One line: what cannot be seen is spelled out (`\n`, `\u{1b}`), and `##[`, which opens a workflow command wherever it
/// stands in a line, is broken.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    clean(text, |_| false)
}

/// A line of source: as [`printable`], with its tabs as four spaces.
#[must_use]
pub fn source_line(text: &str) -> String {
    clean(text, |c| c == '\t').replace('\t', "    ")
}

/// At most `most` last lines, each [`printable`], and how many were left out before them.
#[must_use]
pub fn last_lines(text: &str, most: usize) -> (Vec<String>, usize) {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let left_out = lines.len().saturating_sub(most);
    (lines[left_out..].iter().map(|line| source_line(line)).collect(), left_out)
}

/// A name cut to a number of characters, with an ellipsis in its middle: both ends tell names apart.
#[must_use]
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= most {
        return Cow::Borrowed(text);
    }
    let head = most / 2;
    let tail = most - head - 1;
    let front: String = text.chars().take(head).collect();
    let back: String = text.chars().skip(length - tail).collect();
    Cow::Owned(format!("{front}…{back}"))
}

/// An argument that a POSIX shell reads as one word.
#[must_use]
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-:/.,+=@%".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

fn clean(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains("##[") && !text.chars().any(|c| unseen(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if !unseen(c) || keep(c) {
            clean.push(c);
        } else if matches!(c, '\n' | '\r' | '\t') {
            clean.extend(c.escape_default());
        } else {
            write!(clean, "\\u{{{:x}}}", u32::from(c)).expect("writing to a string cannot fail");
        }
    }
    Cow::Owned(clean.replace("##[", "## ["))
}

/// Controls, and format characters that hide or reorder text (Unicode's `Cf` in so far as fonts show nothing for them).
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_is_left_alone() {
        for text in ["json::parse/1mb", "grüße λ 日本語", "a  b", ""] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(printable("a\u{1b}[31mb\nc\td\u{9b}2J"), r"a\u{1b}[31mb\nc\td\u{9b}2J");
        assert_eq!(printable("x\u{202e}y\u{200b}z\u{2028}"), r"x\u{202e}y\u{200b}z\u{2028}");
    }

    #[test]
    fn no_line_is_a_workflow_command() {
        assert_eq!(printable("see ##[add-mask]x"), "see ## [add-mask]x");
        assert_eq!(printable("###[x"), "### [x");
        // Cleaning must not put together what it looks for.
        assert!(!printable("##\u{200b}[error]").contains("##["));
    }

    #[test]
    fn the_end_of_the_output_is_kept() {
        let (lines, left_out) = last_lines("a\nb\n\tc\u{7}\n\n", 2);
        assert_eq!((lines, left_out), (vec!["b".to_owned(), "    c\\u{7}".to_owned()], 1));
        assert_eq!(last_lines("", 5), (vec![], 0));
    }

    #[test]
    fn names_are_cut_in_the_middle_and_by_characters() {
        assert_eq!(shortened("abcdefghij", 5), "ab…ij");
        assert_eq!(shortened("äöüäöü", 6), "äöüäöü");
        assert_eq!(shortened("äöüäöüß", 5).chars().count(), 5);
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(shell_word("json::parse/1mb"), "json::parse/1mb");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell_word("--help"), "'--help'");
        assert_eq!(shell_word(""), "''");
    }
}
