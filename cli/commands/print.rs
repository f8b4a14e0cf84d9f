//! What the program prints about itself: completions, the manual page, the schema of its configuration.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::config;
use crate::exit::{Code, Failure};
use crate::report::print_text;

pub(super) fn schema() -> Result<Code, Failure> {
    print_text(&config::schema())?;
    Ok(Code::Passed)
}

pub(super) fn completions(shell: Shell) -> Result<Code, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "perfgate", &mut script);
    print_text(&String::from_utf8_lossy(&script))?;
    Ok(Code::Passed)
}

pub(super) fn man() -> Result<Code, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::new(Code::Internal, format!("cannot draw the manual page: {error}")))?;
    print_text(&String::from_utf8_lossy(&page))?;
    Ok(Code::Passed)
}
