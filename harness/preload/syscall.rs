//! System calls, made directly: the C library may not be there yet.

use core::arch::asm;
use core::ffi::{c_int, c_long};

pub const READ: usize = 0;
pub const WRITE: usize = 1;
pub const OPEN: usize = 2;
pub const CLOSE: usize = 3;
pub const MMAP: usize = 9;
pub const MUNMAP: usize = 11;
pub const MREMAP: usize = 25;
pub const CLOCK_GETTIME: usize = 228;
const EXIT_GROUP: usize = 231;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

/// A system call: the kernel's own result, an error as a negative number.
#[inline(always)]
pub fn call(number: usize, arguments: [usize; 6]) -> isize {
    let result: isize;
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the registers are those of the kernel's calling convention; what the call does to memory is the caller's
    // business, as in C.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Ends the process.
pub fn exit_group(code: usize) -> ! {
    loop {
        call(EXIT_GROUP, [code, 0, 0, 0, 0, 0]);
    }
}

/// Sets `errno`.
pub fn set_errno(error: c_int) {
    // SAFETY: the C library gives a valid address for the calling thread.
    unsafe { *__errno_location() = error }
}

/// The C library's convention: -1, with the error in `errno`.
pub fn result(value: isize) -> c_long {
    if value < 0 && value > -4096 {
        set_errno(-value as c_int);
        return -1;
    }
    value as c_long
}
