//! Instruments: from benchmarks of one executable to observations.

mod amount;
mod attempt;
pub mod callgrind;
mod calls;
mod children;
mod clock;
pub mod command;
mod command_line;
mod dumps;
pub mod environment;
mod failure;
pub mod job;
pub mod own_runner;
pub mod preload;
mod reading;
mod reads;
mod settled;
mod stand_in;
mod told;

pub use failure::{describe, not_started};
