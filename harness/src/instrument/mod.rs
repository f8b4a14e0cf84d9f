//! Instruments: from one benchmark of one executable to observations.

pub mod callgrind;
mod calls;
pub mod command;
mod dumps;
pub mod environment;
mod failure;

pub use failure::{describe, not_started};
