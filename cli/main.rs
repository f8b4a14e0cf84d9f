//! The `perfgate` binary, also reachable as `cargo perfgate`.

fn main() {}
