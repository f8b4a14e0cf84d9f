//! One file per subcommand: the only place that knows more than one stage. A stage's error becomes an exit code and a
//! help line here.

mod check;
mod compare;
mod doctor;
mod explaining;
mod failures;
mod init;
mod list;
mod measure;
mod print;
mod setup;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use perfgate_harness::process::Cancel;

use crate::args::{Cli, Command};
use crate::exit::{Code, Failure};
use crate::shell::{Shell, Verbosity};

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    // Started as a cargo subcommand, the first argument is our own name.
    let mut args: Vec<_> = std::env::args_os().collect();
    let as_subcommand =
        args.first().is_some_and(|path| std::path::Path::new(path).file_stem() == Some("cargo-perfgate".as_ref()));
    if as_subcommand && args.get(1).is_some_and(|arg| arg == "perfgate") {
        args.remove(1);
    }
    let cli = Cli::parse_from(args);
    cli.global.color.apply();
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let shell = Shell::new(verbosity);
    let cancel = Cancel::default();
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        if let Err(error) = signal_hook::flag::register(signal, cancel.flag()) {
            shell.warn(&format!("cannot catch signal {signal}, so that it will end perfgate at once: {error}"));
        }
    }
    match run(&cli, &shell, &cancel) {
        Ok(code) => code.into(),
        Err(failure) => {
            shell.fail(&failure);
            failure.code.into()
        }
    }
}

fn run(cli: &Cli, shell: &Shell, cancel: &Cancel) -> Result<Code, Failure> {
    match &cli.command {
        Command::Check(args) => check::check(args, shell, cancel),
        Command::Measure(args) => measure::measure(args, shell, cancel),
        Command::Compare(args) => compare::compare(args, shell),
        Command::List(args) => list::list(args, shell, cancel),
        Command::Doctor => doctor::doctor(cancel),
        Command::Init => init::init(shell, cancel),
        Command::Config(_) => print::schema(),
        Command::Completions { shell } => print::completions(*shell),
        Command::Man => print::man(),
    }
}
