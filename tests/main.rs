//! End-to-end tests: one binary, so that everything links once.
