//! Real cargo projects in real git repositories, and the real binary run on them.

mod binary;
mod project;

pub use self::binary::{Outcome, perfgate, scrubbed};
pub use self::project::{Project, empty_directory, entry, git, report_in, verdicts};
