//! The gate: plan → measure → compare → explain → report → publish.
//!
//! `perfgate-harness` produces measurements; this crate judges them, says why, and reports.

pub mod args;
pub mod baseline;
pub mod commands;
pub mod compare;
pub mod comparison;
pub mod config;
pub mod exit;
pub mod explain;
pub mod explanation;
pub mod gate;
pub mod number;
pub mod policy;
pub mod printable;
pub mod report;
pub mod shell;
