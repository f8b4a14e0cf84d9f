//! The library that is preloaded into a counted process. It takes away what moves an instruction count and is not the code
//! under test: the state of the heap, random seeds, and the clock by which a framework decides how often to call a
//! benchmark. It uses neither Rust's standard library nor versioned symbols of the C library, so that one build of it
//! works wherever an x86-64 Linux process is dynamically linked.
//!
//! What it is to do stands in the environment: `PERFGATE_PRELOAD=heap:random:clock:directory`, where `heap` and `random` are
//! seeds, `clock` is `real` or the nanoseconds by which every read of the clock advances it, and `directory` holds the two
//! pipes over which each read is told to the harness and answered ([`clock`]). Without the variable, nothing is seeded and
//! the clock is real.

#![no_std]
#![no_builtins]

mod clock;
mod heap;
mod random;
mod settings;
mod syscall;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    syscall::exit_group(134)
}
