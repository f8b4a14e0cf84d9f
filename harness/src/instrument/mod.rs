//! Instruments: from one benchmark of one executable to observations.

pub mod callgrind;
mod calls;
mod dumps;
pub mod environment;
mod failure;
pub mod own_runner;
mod stand_in;

pub use failure::describe;
