//! Real cargo projects in real git repositories, and the real binary run on them.

mod binary;
mod project;
mod scripts;

pub use self::binary::{Outcome, perfgate, scrubbed};
pub use self::project::{Project, empty_directory, entry, git, report_in, verdicts};
pub use self::scripts::Scripts;
