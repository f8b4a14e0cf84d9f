//! What the harness asks for, read from the environment of the process the first time that anybody wants to know. Memory is
//! allocated before the C library has an environment, so it is read from the kernel.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::syscall::{self, call};

const VARIABLE: &[u8] = b"PERFGATE_PRELOAD=";
/// Longest path of the directory, with the terminating zero.
pub const PATH: usize = 512;

/// The settings.
pub struct Settings {
    /// Where the heap begins.
    pub heap: u64,
    /// Seed of the random numbers.
    pub random: u64,
    /// Whether the clock is the harness's.
    pub virtual_clock: bool,
    /// Nanoseconds by which every read advances the clock.
    pub tick: u64,
    /// The directory of the pipes, ended by a zero.
    pub directory: [u8; PATH],
}

static mut SETTINGS: Settings = Settings { heap: 0, random: 0, virtual_clock: false, tick: 0, directory: [0; PATH] };
/// 0: not read yet; 1: being read; 2: there.
static STATE: AtomicU8 = AtomicU8::new(0);

/// The settings of this process. The first call comes long before there is a second thread.
#[inline]
pub fn get() -> &'static Settings {
    if STATE.load(Relaxed) != 2 {
        read();
    }
    // SAFETY: nothing writes once the state is 2.
    unsafe { &*&raw const SETTINGS }
}

#[cold]
#[inline(never)]
fn read() {
    STATE.store(1, Relaxed);
    let path = b"/proc/self/environ\0";
    let file = call(syscall::OPEN, [path.as_ptr() as usize, 0, 0, 0, 0, 0]);
    if file >= 0 {
        parse(file as usize);
        call(syscall::CLOSE, [file as usize, 0, 0, 0, 0, 0]);
    }
    STATE.store(2, Relaxed);
}

/// Looks for the variable, a byte at a time, with no memory but the stack.
fn parse(file: usize) {
    let mut reader = Reader { file, buffer: [0; 512], at: 0, end: 0 };
    loop {
        let mut matched = 0;
        let mut byte = reader.next();
        while matched < VARIABLE.len() && byte == Some(VARIABLE[matched]) {
            matched += 1;
            byte = reader.next();
        }
        if matched == VARIABLE.len() {
            return value(&mut reader, byte);
        }
        while byte.is_some_and(|byte| byte != 0) {
            byte = reader.next();
        }
        if byte.is_none() {
            return;
        }
    }
}

/// `heap:random:clock:directory`.
fn value(reader: &mut Reader, mut byte: Option<u8>) {
    // SAFETY: only this thread is there, and it has not handed out the settings yet.
    let settings = unsafe { &mut *&raw mut SETTINGS };
    let mut field = 0;
    let mut length = 0;
    while let Some(c) = byte {
        match (field, c) {
            (_, 0) => break,
            (0..3, b':') => field += 1,
            (0, b'0'..=b'9') => settings.heap = settings.heap.wrapping_mul(10).wrapping_add(u64::from(c - b'0')),
            (1, b'0'..=b'9') => settings.random = settings.random.wrapping_mul(10).wrapping_add(u64::from(c - b'0')),
            (2, b'0'..=b'9') => {
                settings.virtual_clock = true;
                settings.tick = settings.tick.wrapping_mul(10).wrapping_add(u64::from(c - b'0'));
            }
            (3, _) if length + 1 < PATH => {
                settings.directory[length] = c;
                length += 1;
            }
            _ => {}
        }
        byte = reader.next();
    }
}

struct Reader {
    file: usize,
    buffer: [u8; 512],
    at: usize,
    end: usize,
}

impl Reader {
    fn next(&mut self) -> Option<u8> {
        if self.at == self.end {
            let read = call(syscall::READ, [self.file, self.buffer.as_mut_ptr() as usize, self.buffer.len(), 0, 0, 0]);
            if read <= 0 {
                return None;
            }
            (self.at, self.end) = (0, read as usize);
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += 1;
        byte
    }
}
