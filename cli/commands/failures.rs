//! From the errors of the stages to exit codes and help.

use perfgate_harness::measure::MeasureError;
use perfgate_harness::plan::PlanError;

use crate::baseline::RunFileError;
use crate::config::ConfigError;
use crate::exit::{Code, Failure};
use crate::explain::ExplainError;
use crate::report::ReportError;
use crate::shell;

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let code = match &error {
            PlanError::NoBaseline { .. } => Code::NoBaseline,
            PlanError::Build { .. } => Code::Broken,
            PlanError::Interrupted => Code::Interrupted,
            PlanError::Busy { .. } | PlanError::Io { .. } | PlanError::Git { .. } => Code::Internal,
            PlanError::Tool { .. }
            | PlanError::NotARepository { .. }
            | PlanError::Cargo { .. }
            | PlanError::NoSuchRevision { .. }
            | PlanError::OutsideDependency { .. }
            | PlanError::Submodule { .. }
            | PlanError::ChangedSubmodule { .. } => Code::Usage,
        };
        let failure = Self::new(code, error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

impl From<MeasureError> for Failure {
    fn from(error: MeasureError) -> Self {
        match error {
            MeasureError::Plan(error) => error.into(),
            MeasureError::Interrupted => Self::new(Code::Interrupted, "interrupted"),
            MeasureError::NoValgrind => Self::new(Code::Nothing, error.to_string()).help(
                "install it, for example with `sudo apt-get install valgrind`; `perfgate doctor` checks the rest",
            ),
            MeasureError::Broken { .. } => {
                Self::new(Code::Broken, error.to_string()).help("`perfgate doctor` checks this machine")
            }
            MeasureError::Io { .. } => Self::new(Code::Internal, error.to_string()),
        }
    }
}

impl From<RunFileError> for Failure {
    fn from(error: RunFileError) -> Self {
        let (code, help) = match &error {
            RunFileError::Io { .. } => (Code::Usage, "name a file that can be read and written here"),
            RunFileError::Malformed { .. } => (Code::Usage, "give a file that `perfgate measure --out FILE` wrote"),
            RunFileError::Version { .. } => {
                (Code::Usage, "measure again with this perfgate, or use the one that wrote the file")
            }
        };
        Self::new(code, error.to_string()).help(help)
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        Self::new(Code::Internal, error.to_string())
            .help("see that the output directory can be written, or choose another with --out-dir")
    }
}

impl From<ExplainError> for Failure {
    fn from(error: ExplainError) -> Self {
        Self::new(Code::Internal, error.to_string())
    }
}

/// A mistake in the configuration, shown where it is.
pub(super) fn configuration(error: &ConfigError) -> Failure {
    Failure::new(Code::Usage, error.to_string()).rendered(error.render(shell::coloured()))
}
