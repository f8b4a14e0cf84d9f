//! The harness's end of the clock of a counted process: every read of the clock is a question, and the answer is how much
//! time to let pass. The other end, and the form of both, are in `harness/preload/clock.rs`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

const MAGIC: u64 = u64::from_le_bytes(*b"perfgate");
const WORDS: usize = 5;

/// One read of the clock, and what the process had allocated by then.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Question {
    /// Calls that allocated, so far.
    pub allocations: u64,
    /// Bytes that were asked for, so far.
    pub bytes: u64,
    /// Bytes in use.
    pub live: u64,
    /// The most bytes in use since the read before.
    pub peak: u64,
}

/// The pipes of one process.
#[derive(Debug)]
pub struct Pipes {
    ask: File,
    answer: File,
}

impl Pipes {
    /// Makes the pipes in a directory. Both ends are held, so that neither side ever waits for the other to open them.
    ///
    /// # Errors
    /// If they cannot be made.
    pub fn make(directory: &Path) -> io::Result<Self> {
        let open = |name: &str, flags: i32| {
            let path = directory.join(name);
            mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)?;
            OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)
        };
        Ok(Self { ask: open("ask", O_NONBLOCK)?, answer: open("answer", 0)? })
    }

    /// Waits for a question, at most so long.
    ///
    /// # Errors
    /// If the pipe breaks, or holds what the library does not write.
    pub fn next(&mut self, wait: Duration) -> io::Result<Option<Question>> {
        let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.ask.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(1..) => {}
            Ok(_) | Err(Errno::EINTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let mut bytes = [0; 8 * WORDS];
        match self.ask.read(&mut bytes) {
            Ok(read) if read == bytes.len() => {}
            Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "half a question about the clock")),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| bytes[8 * at + byte]));
        if word(0) != MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an unknown question about the clock"));
        }
        Ok(Some(Question { allocations: word(1), bytes: word(2), live: word(3), peak: word(4) }))
    }

    /// Answers the last question: so much time passes.
    ///
    /// # Errors
    /// If the pipe breaks.
    pub fn answer(&mut self, advance: Duration) -> io::Result<()> {
        let nanoseconds = u64::try_from(advance.as_nanos()).unwrap_or(u64::MAX);
        self.answer.write_all(&nanoseconds.to_le_bytes())
    }
}
