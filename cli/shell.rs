//! What a person sees while they wait: status lines in cargo's manner on stderr, progress, and the error that ends it.
//!
//! Everything may be called from any thread. Nothing that a user or a benchmark names can reach the terminal as an
//! escape sequence, or the log of a GitHub job as a workflow command.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::Failure;
use crate::number::{duration, plural};
use crate::printable::{printable, shortened};

const VERB: Style = AnsiColor::Green.on_default().bold();
const PROGRESS: Style = AnsiColor::Cyan.on_default().bold();
const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::BrightGreen.on_default().bold();
const HELP: Style = AnsiColor::BrightCyan.on_default().bold();

/// How much is said on stderr. Errors always are.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verbosity {
    /// Warnings and errors only.
    Quiet,
    /// Status lines and progress.
    #[default]
    Normal,
    /// Also what [`Shell::verbose`] says, and how long each benchmark took.
    Verbose,
}

/// When to colour: the values of `--color`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal that can, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// Makes it hold for both streams of the process. Where it is `Auto`, `CARGO_TERM_COLOR` decides, and then
    /// `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR` and the terminal, as cargo has it.
    pub fn apply(self) {
        let cargo = std::env::var("CARGO_TERM_COLOR").ok();
        self.choice(cargo.as_deref()).write_global();
    }

    fn choice(self, cargo_term_color: Option<&str>) -> anstream::ColorChoice {
        match (self, cargo_term_color) {
            (Self::Always, _) | (Self::Auto, Some("always")) => anstream::ColorChoice::Always,
            (Self::Never, _) | (Self::Auto, Some("never")) => anstream::ColorChoice::Never,
            (Self::Auto, _) => anstream::ColorChoice::Auto,
        }
    }
}

/// The standard error stream, shared by everything that runs.
pub struct Shell {
    verbosity: Verbosity,
    /// Whether a GitHub job reads along: phases are folded, and the output of children is fenced off.
    actions: bool,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    bar: Option<ProgressBar>,
    in_phase: bool,
}

impl Shell {
    /// On the standard error stream, coloured as was [applied](Colour::apply) before.
    #[must_use]
    pub fn new(verbosity: Verbosity) -> Self {
        Self::on(Box::new(anstream::stderr()), verbosity, in_github_actions())
    }

    /// On any stream.
    fn on(out: Box<dyn Write + Send>, verbosity: Verbosity, actions: bool) -> Self {
        Self { verbosity, actions, state: Mutex::new(State { out, bar: None, in_phase: false }) }
    }

    /// How much is said.
    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// `    Building json (bench) at the baseline`: a step begins, or is done.
    pub fn status(&self, verb: &str, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.line(format_args!("{}\n", verb_line(VERB, verb, &printable(text))));
        }
    }

    /// A status line for `--verbose` only.
    pub fn verbose(&self, verb: &str, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.status(verb, text);
        }
    }

    /// Something that the user should look at, and that ends nothing.
    pub fn warn(&self, text: &str) {
        self.labelled(WARNING, "warning", text);
    }

    /// Something went wrong.
    pub fn error(&self, text: &str) {
        self.labelled(ERROR, "error", text);
    }

    /// Something worth knowing.
    pub fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.labelled(NOTE, "note", text);
        }
    }

    /// The failure that ends the program, with what to do about it.
    pub fn fail(&self, failure: &Failure) {
        self.measuring_end();
        if let Some(rendered) = &failure.rendered {
            self.line(format_args!("{}\n", rendered.trim_end_matches('\n')));
            return;
        }
        self.error(&failure.message);
        if let Some(help) = &failure.help {
            self.labelled(HELP, "help", help);
        }
    }

    /// A phase begins, and the one before ends: in a GitHub job its lines are folded under this title.
    pub fn phase(&self, title: &str) {
        self.phase_end();
        if self.actions {
            self.line(format_args!("::group::{}\n", printable(title)));
            self.state().in_phase = true;
        }
    }

    /// The phase ends.
    pub fn phase_end(&self) {
        let open = std::mem::take(&mut self.state().in_phase);
        if open {
            self.line(format_args!("::endgroup::\n"));
        }
    }

    /// As long as the value lives, what children write straight to the streams of this process is not read as workflow
    /// commands by a GitHub job.
    #[must_use]
    pub fn children_write(&self) -> ChildrenWrite<'_> {
        let token = self.actions.then(|| {
            // Two keys from the system's generator: a child cannot guess what ends the fence.
            let half = || RandomState::new().build_hasher().finish();
            format!("perfgate-{:016x}{:016x}", half(), half())
        });
        if let Some(token) = &token {
            self.line(format_args!("::stop-commands::{token}\n"));
        }
        ChildrenWrite { shell: self, token }
    }

    /// Measuring begins: a bar on a terminal, a line per benchmark elsewhere.
    pub fn measuring_start(&self, total: usize) {
        self.phase(&format!("Measuring {}", plural(total, "benchmark")));
        if self.verbosity >= Verbosity::Normal {
            // Hidden by itself where stderr is no terminal.
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            if !bar.is_hidden() {
                bar.set_style(style());
                bar.set_prefix(progress_prefix());
                bar.force_draw();
                self.state().bar = Some(bar);
            }
        }
    }

    /// A benchmark was measured; `done` of `total` are, this one included. Times are seconds.
    pub fn measured(&self, label: &str, done: usize, total: usize, seconds: f64, seconds_left: Option<f64>) {
        if self.verbosity < Verbosity::Normal {
            return;
        }
        if let Some(bar) = &self.state().bar {
            bar.set_length(total as u64);
            bar.set_message(progress_message(label, seconds_left));
            bar.set_position(done as u64);
            return;
        }
        let took =
            if self.verbosity >= Verbosity::Verbose { format!(" in {}", duration(seconds)) } else { String::new() };
        self.status("Measuring", &format!("{} ({done}/{total}){took}", printable(label)));
    }

    /// Measuring is over, however it went.
    pub fn measuring_end(&self) {
        if let Some(bar) = self.state().bar.take() {
            bar.finish_and_clear();
        }
        self.phase_end();
    }

    fn labelled(&self, style: Style, label: &str, text: &str) {
        // A message may have several lines of its own; each is made printable and none stands at the margin.
        let mut lines = text.lines().map(printable);
        let mut message = format!("{style}{label}{style:#}: {}\n", lines.next().unwrap_or_default());
        for line in lines {
            message.push_str("  | ");
            message.push_str(&line);
            message.push('\n');
        }
        self.line(format_args!("{message}"));
    }

    /// Writes whole lines, above the bar if there is one. A stream that is gone is nothing to stop for.
    fn line(&self, text: std::fmt::Arguments<'_>) {
        let mut state = self.state();
        let State { out, bar, .. } = &mut *state;
        let mut write = || {
            let _ = out.write_fmt(text).and_then(|()| out.flush());
        };
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Shell::children_write`].
pub struct ChildrenWrite<'a> {
    shell: &'a Shell,
    token: Option<String>,
}

impl Drop for ChildrenWrite<'_> {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            // A child may have left its last line open.
            self.shell.line(format_args!("\n::{token}::\n"));
        }
    }
}

/// Whether a GitHub job reads the streams of this process.
#[must_use]
pub fn in_github_actions() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Whether the standard error stream is coloured.
#[must_use]
pub fn coloured() -> bool {
    AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// Cargo's twelve columns, so that the lines of both stand under one another.
fn verb_line(style: Style, verb: &str, text: &str) -> String {
    format!("{style}{verb:>12}{style:#} {text}")
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} [{bar:25}] {pos}/{len}{wide_msg}")
        .expect("the template is a constant that a test draws")
        .progress_chars("=> ")
}

/// indicatif asks other variables about colour than anstream does; so the prefix is coloured here.
fn progress_prefix() -> String {
    verb_line(if coloured() { PROGRESS } else { Style::new() }, "Measuring", "").trim_end().to_owned()
}

fn progress_message(label: &str, seconds_left: Option<f64>) -> String {
    let left = seconds_left.map_or_else(String::new, |seconds| format!(", {} left", duration(seconds.ceil())));
    format!("{left}: {}", shortened(&printable(label), 60))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Arc;

    use anstream::StripStream;
    use indicatif::TermLike;

    use super::*;
    use crate::exit::Code;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn said(verbosity: Verbosity, actions: bool, say: impl FnOnce(&Shell)) -> String {
        let sink = Sink::default();
        // Stripped of colours, as anstream does where there is no terminal.
        let mut raw = Vec::new();
        say(&Shell::on(Box::new(sink.clone()), verbosity, actions));
        StripStream::new(&mut raw).write_all(&sink.0.lock().unwrap()).unwrap();
        String::from_utf8(raw).unwrap()
    }

    fn everything(shell: &Shell) {
        shell.status("Building", "app at the baseline");
        shell.verbose("Running", "cargo bench --no-run");
        shell.measuring_start(24);
        shell.measured("json::parse_1mb", 8, 24, 1.25, Some(12.0));
        shell.measuring_end();
        shell.warn("two\nlines");
        shell.note("worth knowing");
        shell.fail(&Failure::new(Code::Broken, "the baseline does not build").help("see above"));
    }

    #[test]
    fn lines_stand_under_cargos() {
        snapbox::assert_data_eq!(
            said(Verbosity::Normal, false, everything),
            snapbox::str![[r#"
    Building app at the baseline
   Measuring json::parse_1mb (8/24)
warning: two
  | lines
note: worth knowing
error: the baseline does not build
help: see above

"#]]
        );
        snapbox::assert_data_eq!(
            said(Verbosity::Verbose, false, everything),
            snapbox::str![[r#"
    Building app at the baseline
     Running cargo bench --no-run
   Measuring json::parse_1mb (8/24) in 1.2 s
warning: two
  | lines
note: worth knowing
error: the baseline does not build
help: see above

"#]]
        );
        snapbox::assert_data_eq!(
            said(Verbosity::Quiet, false, everything),
            snapbox::str![[r#"
warning: two
  | lines
error: the baseline does not build
help: see above

"#]]
        );
    }

    #[test]
    fn a_github_job_gets_a_group_per_phase() {
        snapbox::assert_data_eq!(
            said(Verbosity::Normal, true, |shell| {
                shell.phase("Building");
                shell.status("Building", "app");
                everything(shell);
            }),
            snapbox::str![[r#"
::group::Building
    Building app
    Building app at the baseline
::endgroup::
::group::Measuring 24 benchmarks
   Measuring json::parse_1mb (8/24)
::endgroup::
warning: two
  | lines
note: worth knowing
error: the baseline does not build
help: see above

"#]]
        );
    }

    #[test]
    fn the_output_of_children_is_fenced_off_in_a_github_job_only() {
        let fence = |actions| {
            said(Verbosity::Normal, actions, |shell| {
                let _fence = shell.children_write();
                shell.status("Compiling", "app");
            })
        };
        let (first, second) = (fence(true), fence(true));
        let token = first.lines().next().unwrap().strip_prefix("::stop-commands::").unwrap();
        assert!(token.len() > 32, "{token}");
        assert_eq!(first.lines().last(), Some(format!("::{token}::").as_str()));
        assert_ne!(first, second);
        assert_eq!(fence(false), "   Compiling app\n");
    }

    #[test]
    fn hostile_names_neither_move_the_cursor_nor_command_the_job() {
        let sink = Sink::default();
        let shell = Shell::on(Box::new(sink.clone()), Verbosity::Normal, true);
        let name = "a\u{1b}[2J\n::error::b\r##[error]c\u{202e}";
        shell.measured(name, 1, 2, 0.1, None);
        shell.error(name);
        shell.note(&format!("one\n{name}"));
        shell.phase(name);
        let raw = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert!(!raw.contains("\u{1b}[2J") && !raw.contains('\r') && !raw.contains('\u{202e}'), "{raw}");
        assert!(!raw.contains("##["), "{raw}");
        assert!(raw.lines().all(|line| !line.trim_start().starts_with("::") || line.starts_with("::group::")), "{raw}");
    }

    /// A terminal that remembers what was drawn on it.
    #[derive(Clone, Debug, Default)]
    struct Drawn(Arc<Mutex<Vec<String>>>);

    impl TermLike for Drawn {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            if !text.trim().is_empty() {
                self.0.lock().unwrap().push(text.to_owned());
            }
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_bar_shows_how_far_and_how_long() {
        let term = Drawn::default();
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let bar = ProgressBar::with_draw_target(Some(24), target).with_style(style());
        bar.set_prefix(verb_line(Style::new(), "Measuring", "").trim_end().to_owned());
        bar.set_message(progress_message("json::parse_1mb", Some(11.2)));
        bar.set_position(8);
        let drawn = term.0.lock().unwrap().clone();
        assert_eq!(
            drawn.last().unwrap().trim_end(),
            "   Measuring [========>                ] 8/24, 12 s left: json::parse_1mb"
        );
    }

    #[test]
    fn the_flag_decides_before_the_environment() {
        use anstream::ColorChoice;
        assert_eq!(Colour::Auto.choice(None), ColorChoice::Auto);
        assert_eq!(Colour::Auto.choice(Some("always")), ColorChoice::Always);
        assert_eq!(Colour::Never.choice(Some("always")), ColorChoice::Never);
        assert_eq!(Colour::Always.choice(Some("never")), ColorChoice::Always);
    }

    #[test]
    fn it_is_shared_between_threads() {
        fn shared<T: Sync + Send>() {}
        shared::<Shell>();
    }
}
