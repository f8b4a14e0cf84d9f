//! Random numbers that are the same in every process with the same seed: splitmix64 (Steele, Lea and Flood, "Fast
//! splittable pseudorandom number generators", OOPSLA 2014).

use core::ffi::{c_int, c_long, c_void};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::{settings, syscall};

/// Number of the system call by which some crates ask for random numbers.
const GETRANDOM: usize = 318;
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Steps of the generator so far.
static STEPS: AtomicU64 = AtomicU64::new(0);

/// Fills a buffer.
///
/// # Safety
/// `buffer` must be valid for `length` bytes.
pub unsafe fn fill(buffer: *mut u8, length: usize) {
    let seed = settings::get().random.wrapping_mul(0xd134_2543_de82_ef95);
    let mut at = 0;
    while at < length {
        let mut z = seed.wrapping_add(STEPS.fetch_add(1, Relaxed).wrapping_add(1).wrapping_mul(GAMMA));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let mut byte = 0;
        while byte < 8 && at < length {
            // SAFETY: `at` is below `length`.
            unsafe { buffer.add(at).write((z >> (8 * byte)) as u8) };
            at += 1;
            byte += 1;
        }
    }
}

/// `getrandom(2)`.
///
/// # Safety
/// `buffer` must be valid for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, _flags: u32) -> isize {
    // SAFETY: as the caller promises.
    unsafe { fill(buffer.cast(), length) };
    length as isize
}

/// `getentropy(3)`.
///
/// # Safety
/// `buffer` must be valid for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getentropy(buffer: *mut c_void, length: usize) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { fill(buffer.cast(), length) };
    0
}

/// `syscall(2)`. The arguments that a caller leaves out are passed on as they lie in the registers, as the C library does.
///
/// # Safety
/// As for the system call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn syscall(number: c_long, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_long {
    if number as usize == GETRANDOM {
        // SAFETY: the caller gives a buffer of that size.
        unsafe { fill(a as *mut u8, b) };
        return b as c_long;
    }
    syscall::result(syscall::call(number as usize, [a, b, c, d, e, f]))
}
