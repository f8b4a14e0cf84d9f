//! One `gate::Report` → the terminal, lines of JSON, `report.json` and `report.md`: one file per format.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::Builder;

use crate::gate::Report;

mod alike;
mod blame;
mod diagnostic;
mod escape;
mod human;
mod json;
mod markdown;
mod page;
mod phrase;
mod quantity;
mod short;
mod table;
#[cfg(test)]
mod tests;
mod workflow;

pub use json::{report_schema, run_schema};

/// How the result is shown on the standard output: the values of `--message-format`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// Diagnostics and a table, for people.
    #[default]
    Human,
    /// One line per benchmark that changed, for grep.
    Short,
    /// One JSON object per line, for programs.
    Json,
}

/// Why a report could not be shown or stored.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file or its directory could not be written.
    #[error("write {path}: {source}", path = path.display())]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// Why it could not be.
        source: io::Error,
    },
    /// The standard output could not be written.
    #[error("write the result to the standard output: {0}")]
    Print(#[source] io::Error),
    /// The report holds what JSON cannot.
    #[error("encode the report as JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

/// The files of [`write_all`].
const JSON: &str = "report.json";
const MARKDOWN: &str = "report.md";

/// Writes `report.json` and `report.md` to a directory, which is made where it is missing. Each file is there whole or as
/// it was before.
///
/// # Errors
/// If the directory or a file cannot be written.
pub fn write_all(report: &Report, out_dir: &Path) -> Result<(), ReportError> {
    fs::create_dir_all(out_dir).map_err(|source| ReportError::Write { path: out_dir.to_owned(), source })?;
    replace(&out_dir.join(JSON), out_dir, &json::file(report)?)?;
    replace(&out_dir.join(MARKDOWN), out_dir, &markdown::render(report))
}

/// The report as `format` has it; `out_dir` is where [`write_all`] wrote. Human text holds escape sequences for colour,
/// which anstream takes out where they do not belong.
///
/// # Errors
/// If the report cannot be encoded.
pub fn render(report: &Report, format: Format, out_dir: &Path) -> Result<String, ReportError> {
    Ok(match format {
        Format::Human => human::render(report, out_dir),
        Format::Short => short::render(report),
        Format::Json => json::lines(report)?,
    })
}

/// Prints the report to the standard output, and in a GitHub job its annotations to the standard error, where no program
/// that reads the output stumbles over them.
///
/// # Errors
/// If the report cannot be encoded or the output not be written. A reader that has seen enough and closed its end is no
/// error.
pub fn print(report: &Report, format: Format, out_dir: &Path, in_github_actions: bool) -> Result<(), ReportError> {
    print_text(&render(report, format, out_dir)?)?;
    if in_github_actions {
        // What the verdict is does not hang on whether an annotation could be made.
        let _ = io::stderr().lock().write_all(workflow::render(report).as_bytes());
    }
    Ok(())
}

/// Prints the answer of a command to the standard output. A reader that has seen enough is no error.
///
/// # Errors
/// If the output cannot be written.
pub fn print_text(text: &str) -> Result<(), ReportError> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(ReportError::Print(error)),
        _ => Ok(()),
    }
}

/// Makes the directory, and takes away the reports of an earlier check, so that nobody takes them for this one's.
///
/// # Errors
/// If the directory cannot be made or written.
pub fn clear(out_dir: &Path) -> Result<(), ReportError> {
    let write = |path: &Path, source| ReportError::Write { path: path.to_owned(), source };
    fs::create_dir_all(out_dir).map_err(|source| write(out_dir, source))?;
    for name in [JSON, MARKDOWN] {
        let path = out_dir.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(write(&path, source)),
            _ => {}
        }
    }
    // That nothing was there to remove does not say that something can be written.
    tempfile::tempfile_in(out_dir).map(drop).map_err(|source| write(out_dir, source))
}

/// Puts a file in the place of another in one step, so that nobody ever reads half of one.
fn replace(path: &Path, directory: &Path, text: &str) -> Result<(), ReportError> {
    let written = || -> io::Result<()> {
        let mut builder = Builder::new();
        builder.prefix(".report");
        // A temporary file is private by default; a report is as readable as any other file the user makes.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|source| ReportError::Write { path: path.to_owned(), source })
}
