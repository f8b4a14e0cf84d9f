//! Mistakes in the configuration file to diagnostics as rustc draws them: the place, the reason, and what to do.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::ConfigError;

/// The most mistakes that are shown: after a screenful, more of them help nobody.
const MOST_SHOWN: usize = 10;

/// Something in the file that cannot be meant.
#[derive(Clone, Debug)]
pub(super) struct Mistake {
    /// What is wrong, as a lowercase fragment.
    pub(super) title: String,
    /// Where, in bytes of the text.
    pub(super) span: Range<usize>,
    /// What is to be said right there.
    pub(super) label: String,
    /// Another place that has to do with it.
    pub(super) context: Option<(Range<usize>, String)>,
    /// What to do.
    pub(super) help: Vec<String>,
}

/// All that is wrong with a configuration file, at least one mistake, in the order of the file.
#[derive(Clone, Debug)]
pub struct Mistakes {
    file: String,
    text: String,
    mistakes: Vec<Mistake>,
}

impl Mistake {
    pub(super) fn new(title: impl Into<String>, span: Range<usize>, label: impl Into<String>) -> Self {
        Self { title: title.into(), span, label: label.into(), context: None, help: Vec::new() }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    pub(super) fn context(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.context = Some((span, label.into()));
        self
    }

    fn render(&self, file: &str, text: &str, renderer: &Renderer) -> String {
        let primary = clip(text, &self.span);
        let context = self.context.as_ref().map(|(span, label)| (clip(text, span), label));
        // Only the lines concerned go to the renderer, which looks at each byte that it gets.
        let start = context.iter().map(|(span, _)| span.start).fold(primary.start, usize::min);
        let end = context.iter().map(|(span, _)| span.end).fold(primary.end, usize::max);
        let first = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let last = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
        let shift = |span: &Range<usize>| span.start - first..span.end - first;
        let lines = text[first..last].trim_end_matches('\r');
        let mut snippet = Snippet::source(lines)
            .path(file)
            .line_start(line(text, first))
            .annotation(AnnotationKind::Primary.span(shift(&primary)).label(&self.label));
        if let Some((span, label)) = &context {
            snippet = snippet.annotation(AnnotationKind::Context.span(shift(span)).label(label.as_str()));
        }
        let mut group = Level::ERROR.primary_title(&self.title).element(snippet);
        for help in &self.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}

impl Mistakes {
    pub(super) fn new(file: &str, text: &str, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by_key(|mistake| mistake.span.start);
        Self { file: file.to_owned(), text: text.to_owned(), mistakes }
    }

    fn render(&self, renderer: &Renderer) -> String {
        let shown = self.mistakes.iter().take(MOST_SHOWN);
        let mut blocks: Vec<String> = shown.map(|m| m.render(&self.file, &self.text, renderer)).collect();
        if let Some(more) = self.mistakes.len().checked_sub(MOST_SHOWN).filter(|&more| more > 0) {
            let title = format!("{more} more in `{}`", self.file);
            blocks.push(renderer.render(&[
                Level::ERROR.primary_title(title).element(Level::HELP.message("mend those above and try again")),
            ]));
        }
        blocks.join("\n\n")
    }
}

/// One line: `perfgate.toml:3:1: unknown key …`, and how many more there are.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.mistakes.first() else { return f.write_str(&self.file) };
        let span = clip(&self.text, &first.span);
        let column = self.text[..span.start].chars().rev().take_while(|&c| c != '\n').count() + 1;
        write!(f, "{}:{}:{column}: {}", self.file, line(&self.text, span.start), first.title)?;
        match self.mistakes.len() - 1 {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for Mistakes {}

impl ConfigError {
    /// The whole diagnostic, of several lines without a newline at the end. With `colour` it has ANSI escapes in it.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let whole = |help: &str| {
            let title = Level::ERROR.primary_title(self.to_string());
            renderer.render(&[title.element(Level::HELP.message(help))])
        };
        match self {
            Self::Mistakes(mistakes) => mistakes.render(&renderer),
            Self::Unreadable { .. } => whole("let the file be read, or remove it: perfgate works without one"),
            Self::NotAFile { .. } => whole("remove it, or put a configuration file there: perfgate works without one"),
            Self::TooLarge { .. } => whole("this is hardly a configuration: `perfgate init` writes one"),
            Self::NotUtf8 { path, line } => {
                let origin = Origin::path(path.to_string_lossy()).line(*line);
                let group = Level::ERROR.primary_title(self.to_string()).element(origin);
                renderer.render(&[group.element(Level::HELP.message("save the file as UTF-8, as TOML asks"))])
            }
        }
    }
}

/// The part of a span that is on its first line, between whole characters, inside the text.
fn clip(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    let first_line = text[start..end].find(['\r', '\n']).map_or(end, |newline| start + newline);
    start..first_line
}

/// One-based line of a byte.
fn line(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1
}
