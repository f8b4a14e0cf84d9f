//! Instruments: from benchmarks of one executable to observations.

pub mod callgrind;
pub mod command;
pub mod environment;
mod failure;
pub mod job;
pub mod own_runner;
pub mod preload;
mod started;
mod system;

pub use failure::{describe, not_started};
