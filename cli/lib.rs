//! The gate: plan → measure → compare → explain → report → publish.
//!
//! `perfgate-harness` produces measurements; this crate judges them, says why, and reports.

pub mod comparison;
pub mod explain;
pub mod explanation;
pub mod gate;
pub mod policy;
