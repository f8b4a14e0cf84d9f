//! Programs that the configuration names: there is nothing to recognise in them, and the whole process is the measurement.

use crate::benchmark::Framework;
use crate::driver::{Driver, Scheme};

/// A program and its arguments, which are all that there is to tell it.
#[derive(Debug)]
pub struct Command {
    /// The arguments.
    pub arguments: Vec<String>,
}

impl Driver for Command {
    fn framework(&self) -> Framework {
        Framework::Command
    }

    fn list_args(&self) -> Vec<String> {
        Vec::new()
    }

    fn parse_list(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn once_args(&self, _: &[&str]) -> Vec<String> {
        self.arguments.clone()
    }

    fn count_args(&self, _: &[&str]) -> Vec<String> {
        self.arguments.clone()
    }

    fn scheme(&self) -> Scheme<'_> {
        Scheme::Process
    }
}
