//! Text that others chose → Markdown that shows it as it is: on GitHub no name, message or line of source can become
//! markup, a link, a mention of somebody, or end the cell, the fence or the fold it stands in.

use std::fmt::Write;

use crate::printable::{last_lines, printable, shortened};

/// Characters of a name; beyond, its middle is left out.
const NAME: usize = 160;
/// Characters of a sentence.
const TEXT: usize = 600;
/// Characters of a line of output or source.
const LINE: usize = 500;

/// A name as code, on one line and in a table too.
pub fn code(name: &str) -> String {
    let name = printable(name);
    let name = shortened(&name, NAME);
    // Between single backticks everything else is literal, but a table reads `|` and `\` first, and blanks at the ends
    // are eaten.
    if name.is_empty() || name.contains(['`', '|', '\\']) || name.trim() != name {
        format!("<code>{}</code>", entities(&name))
    } else {
        format!("`{name}`")
    }
}

/// A sentence. What it has between backticks stays code, if they come in pairs.
pub fn text(sentence: &str) -> String {
    let sentence = printable(sentence);
    let sentence = shortened(&sentence, TEXT);
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return entities(&sentence);
    }
    let mut text = String::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at % 2 == 0 {
            text.push_str(&entities(part));
        } else {
            text.push_str(&code(part));
        }
    }
    text
}

/// At most `most` last lines of a text as a block of code, and how many lines were left out.
pub fn fenced(body: &str, language: &str, most: usize) -> (String, usize) {
    let (lines, left_out) = last_lines(body, most);
    let body: Vec<_> = lines
        .iter()
        .map(|line| {
            // The file may be printed into a job's log, where such a line would be a workflow command.
            let rule = if line.trim_start().starts_with("::") { "| " } else { "" };
            format!("{rule}{}", shortened(line, LINE))
        })
        .collect();
    let body = body.join("\n");
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    (format!("{fence}{language}\n{body}\n{fence}\n"), left_out)
}

/// Every character that Markdown, HTML or GitHub gives a meaning as an entity, which is never markup. After `@` and `#`
/// a space of no width: GitHub looks for mentions and issues after it has resolved entities.
fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match c {
            '@' | '#' => {
                let _ = write!(escaped, "&#{};&#8203;", u32::from(c));
            }
            '&' | '<' | '>' | '`' | '*' | '_' | '[' | ']' | '|' | '\\' | '~' | '!' | '$' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            ':' if rest.starts_with("://") => escaped.push_str("&#58;&#8203;"),
            '.' if text[..text.len() - rest.len()].to_ascii_lowercase().ends_with("www") => {
                escaped.push_str("&#46;&#8203;");
            }
            _ => escaped.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_names_stay_readable() {
        assert_eq!(code("json::parse_1mb/<u8 as T>::f, 50 %"), "`json::parse_1mb/<u8 as T>::f, 50 %`");
        assert_eq!(code("@octocat"), "`@octocat`");
    }

    #[test]
    fn hostile_names_are_entities() {
        assert_eq!(code("a|b`c"), "<code>a&#124;b&#96;c</code>");
        assert_eq!(code("x`</code><b>@me"), "<code>x&#96;&#60;/code&#62;&#60;b&#62;&#64;&#8203;me</code>");
        assert_eq!(code("a\nb"), "<code>a&#92;nb</code>");
        assert_eq!(code(""), "<code></code>");
        assert!(code(&"é".repeat(1000)).chars().count() <= NAME + 2);
    }

    #[test]
    fn sentences_keep_their_code_and_nothing_else() {
        assert_eq!(text("run `cargo update` first"), "run `cargo update` first");
        assert_eq!(text("odd ` tick *bold*"), "odd &#96; tick &#42;bold&#42;");
        assert_eq!(
            text("see https://x.y or WWW.x.y #1"),
            "see https&#58;&#8203;//x.y or WWW&#46;&#8203;x.y &#35;&#8203;1"
        );
        assert_eq!(text("`a|b`"), "<code>a&#124;b</code>");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a\n````\nb", "rust", 9), ("`````rust\na\n````\nb\n`````\n".to_owned(), 0));
        assert_eq!(fenced(" ::error::x", "", 2).0, "```\n|  ::error::x\n```\n");
        assert_eq!(fenced("a\nb\nc", "", 2), ("```\nb\nc\n```\n".to_owned(), 1));
    }
}
