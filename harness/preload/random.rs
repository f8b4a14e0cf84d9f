//! Random numbers that are the same in every process with the same seed: splitmix64 (Steele, Lea and Flood, "Fast
//! splittable pseudorandom number generators", OOPSLA 2014).

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::settings;

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Steps of the generator so far.
static STEPS: AtomicU64 = AtomicU64::new(0);
/// Times that somebody asked.
static DRAWS: AtomicU64 = AtomicU64::new(0);

/// How often the process asked for random numbers.
pub fn draws() -> u64 {
    DRAWS.load(Relaxed)
}

/// Fills a buffer.
///
/// # Safety
/// `buffer` must be valid for `length` bytes.
pub unsafe fn fill(buffer: *mut u8, length: usize) {
    let seed = settings::get().random.wrapping_mul(0xd134_2543_de82_ef95);
    DRAWS.fetch_add(1, Relaxed);
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
