//! Tests of the whole: the sources obey the architecture, and the real binary does what it says on real projects under
//! real callgrind. One binary, so that everything links once.
#![expect(clippy::unwrap_used, reason = "a test that cannot get what it needs should stop")]

mod architecture;
mod check;
mod command;
mod commands;
mod frameworks;
mod iai;
mod identical;
mod installation;
mod interrupt;
mod preload;
mod refusals;
mod revisions;
mod support;
