//! End-to-end tests: one binary, so that everything links once.
#![expect(clippy::unwrap_used, reason = "a test that cannot get what it needs should stop")]

mod architecture;
mod installation;
