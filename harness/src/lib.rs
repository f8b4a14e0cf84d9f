//! Finds the benchmarks of a cargo project, builds and runs them at a revision, and measures them.
//!
//! What goes in is a project and a revision; what comes out is a [`run::Run`]. This crate never judges a
//! measurement: verdicts, explanations and reports are the business of `cargo-perfgate`.

pub mod benchmark;
pub mod driver;
pub mod fingerprint;
pub mod framework;
pub mod instrument;
pub mod linkage;
pub mod machine;
pub mod measure;
pub mod metric;
pub mod observer;
pub mod plan;
pub mod process;
pub mod profile;
pub mod run;
pub mod schedule;
pub mod tools;
