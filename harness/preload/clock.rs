//! The clock. Under the harness's clock, time stands still but for what each read adds, and each read is told to the
//! harness, which answers with the time to let pass: so that it decides, by counts and not by seconds, when a framework has
//! called a benchmark often enough.
//!
//! A question is five, an answer one little-endian 64-bit words, written and read in one piece:
//!
//! ```text
//! question: "perfgate" | allocations | bytes allocated | bytes live | most bytes live
//! answer:   nanoseconds to let pass
//! ```
//!
//! The system calls block, so that waiting costs no instructions.

use core::ffi::c_int;
use core::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};

use crate::heap;
use crate::settings::{self, PATH, Settings};
use crate::syscall::{self, call};

/// `struct timespec`.
#[repr(C)]
pub struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

const MAGIC: u64 = u64::from_le_bytes(*b"perfgate");
/// Words of a question.
const WORDS: usize = 5;
/// Where the harness's clock starts: some time after boot, so that programs may subtract from it.
const EPOCH: u64 = 1_000_000 * SECOND;
const SECOND: u64 = 1_000_000_000;

/// Nanoseconds since the epoch of the harness's clock.
static PASSED: AtomicU64 = AtomicU64::new(0);
/// Descriptors of the pipes: -1 before they are opened, -2 if they cannot be.
static ASK: AtomicI32 = AtomicI32::new(-1);
static ANSWER: AtomicI32 = AtomicI32::new(-1);

/// `clock_gettime(2)`. Only clocks that measure durations are the harness's.
///
/// # Safety
/// `time` must be valid for writes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    const MONOTONIC: c_int = 1;
    const MONOTONIC_RAW: c_int = 4;
    const MONOTONIC_COARSE: c_int = 6;
    const BOOTTIME: c_int = 7;
    let settings = settings::get();
    if settings.virtual_clock && matches!(clock, MONOTONIC | MONOTONIC_RAW | MONOTONIC_COARSE | BOOTTIME) {
        let advance = settings.tick.wrapping_add(ask(settings));
        let now = EPOCH.wrapping_add(PASSED.fetch_add(advance, Relaxed)).wrapping_add(advance);
        // SAFETY: as the caller promises.
        unsafe { time.write(Timespec { seconds: (now / SECOND) as i64, nanoseconds: (now % SECOND) as i64 }) };
        return 0;
    }
    syscall::result(call(syscall::CLOCK_GETTIME, [clock as usize, time as usize, 0, 0, 0, 0])) as c_int
}

/// Tells the harness of a read; gives the nanoseconds to let pass, 0 if nobody answers.
fn ask(settings: &Settings) -> u64 {
    if ASK.load(Relaxed) == -1 {
        open(settings);
    }
    let (ask, answer) = (ASK.load(Relaxed), ANSWER.load(Relaxed));
    if ask < 0 || answer < 0 {
        return 0;
    }
    let memory = heap::report();
    let question: [u64; WORDS] = [MAGIC, memory.allocations, memory.bytes, memory.live, memory.peak];
    let mut advance = 0_u64;
    let written = call(syscall::WRITE, [ask as usize, question.as_ptr() as usize, 8 * WORDS, 0, 0, 0]);
    if written == 8 * WORDS as isize {
        call(syscall::READ, [answer as usize, &raw mut advance as usize, 8, 0, 0, 0]);
    }
    advance
}

#[cold]
#[inline(never)]
fn open(settings: &Settings) {
    const WRITE_ONLY: usize = 1;
    const CLOSE_ON_EXEC: usize = 0o2_000_000;
    let open = |name: &[u8], flags: usize| {
        let mut path = [0; PATH + 16];
        let mut length = 0;
        while length < PATH && settings.directory[length] != 0 {
            path[length] = settings.directory[length];
            length += 1;
        }
        let mut at = 0;
        while at < name.len() {
            path[length + at] = name[at];
            at += 1;
        }
        let file = call(syscall::OPEN, [path.as_ptr() as usize, flags | CLOSE_ON_EXEC, 0, 0, 0, 0]);
        if file < 0 { -2 } else { file as i32 }
    };
    ANSWER.store(open(b"/answer\0", 0), Relaxed);
    ASK.store(open(b"/ask\0", WRITE_ONLY), Relaxed);
}
