//! The only place that starts processes: each in a group of its own, ended with everything it started when it is done,
//! late, or no longer wanted.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, dup2};

/// How much of a process's output is kept: enough for a backtrace, bounded whatever the process prints.
const TAIL_BYTES: usize = 16 * 1024;
/// How much standard output is read from a program that is asked for information.
const CAPTURE_BYTES: u64 = 64 * 1024 * 1024;
/// How often a running process is looked at.
const POLL: Duration = Duration::from_millis(2);
/// How long to wait for the last output of a process whose descendants may hold the pipe open.
const DRAIN: Duration = Duration::from_millis(500);

/// A request to stop, shared between the signal handler and everything that waits.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// The flag itself, for a signal handler to set.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Whether the user asked to stop.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// How a supervised process came to its end.
#[derive(Clone, Copy, Debug)]
pub enum Ended {
    /// By itself.
    Exited(ExitStatus),
    /// It was late, and was killed.
    TimedOut,
    /// The watcher had what it wanted, and the process was killed.
    Enough,
    /// The user asked to stop, and the process was killed.
    Cancelled,
}

/// A process that is over.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// The last of what it printed on either stream.
    pub tail: Vec<u8>,
}

/// Looks after a running process.
pub trait Watcher {
    /// Whether the process has done enough, and is to be killed. Asked every few milliseconds and told the process id.
    fn enough(&mut self, pid: u32) -> bool;

    /// Spends a moment, at most so long.
    fn spend(&mut self, moment: Duration) {
        thread::sleep(moment);
    }
}

impl<F: FnMut(u32) -> bool> Watcher for F {
    fn enough(&mut self, pid: u32) -> bool {
        self(pid)
    }
}

/// Runs a program without input until it ends, is late, or the watcher has enough. Whatever the program started is killed
/// with it.
///
/// # Errors
/// If the program cannot be started.
pub fn supervise(
    command: &mut Command,
    timeout: Duration,
    cancel: &Cancel,
    watcher: &mut dyn Watcher,
) -> io::Result<Finished> {
    supervise_with_input(command, Stdio::null(), timeout, cancel, watcher)
}

/// The same for a program that is given something to read.
///
/// # Errors
/// If the program cannot be started.
pub fn supervise_with_input(
    command: &mut Command,
    input: Stdio,
    timeout: Duration,
    cancel: &Cancel,
    watcher: &mut dyn Watcher,
) -> io::Result<Finished> {
    let (reader, writer) = io::pipe()?;
    command.stdin(input).stdout(writer.try_clone()?).stderr(writer);
    let mut group = Group::spawn(command)?;
    // The command holds the writing ends: without this the pipe would never close.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let tail = Tail::collect(reader);
    let ended = group.wait(timeout, cancel, watcher)?;
    group.end();
    Ok(Finished { ended, tail: tail.finish() })
}

/// What a program that was asked for information answered.
#[derive(Debug)]
pub struct Answer {
    /// How it ended.
    pub ended: Ended,
    /// Its standard output, at most 64 MiB.
    pub stdout: Vec<u8>,
    /// The last of its standard error.
    pub stderr: Vec<u8>,
}

impl Answer {
    /// Whether it ended by itself with code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        matches!(self.ended, Ended::Exited(status) if status.success())
    }

    /// Its standard output as text, without surrounding white space.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }

    /// Its standard error as text, without surrounding white space.
    #[must_use]
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }
}

/// Runs a program and collects its standard output.
///
/// # Errors
/// If the program cannot be started.
pub fn ask(command: &mut Command, timeout: Duration, cancel: &Cancel) -> io::Result<Answer> {
    let (reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(writer);
    let mut group = Group::spawn(command)?;
    command.stderr(Stdio::null());
    let tail = Tail::collect(reader);
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = group.child.stdout.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stdout.take(CAPTURE_BYTES).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
        });
    }
    let ended = group.wait(timeout, cancel, &mut |_: u32| false)?;
    group.end();
    let stdout = receiver.recv_timeout(DRAIN * 4).unwrap_or_default();
    Ok(Answer { ended, stdout, stderr: tail.finish() })
}

/// Runs a program whose standard error goes to the user as it comes, and hands over each line of its standard output.
///
/// # Errors
/// If the program cannot be started or its output cannot be read.
pub fn stream(command: &mut Command, cancel: &Cancel, line: &mut dyn FnMut(&str)) -> io::Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut group = Group::spawn(command)?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = group.child.stdout.take() {
        thread::spawn(move || {
            for text in BufReader::new(stdout).lines() {
                let Ok(text) = text else { break };
                if sender.send(text).is_err() {
                    break;
                }
            }
        });
    }
    loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok(text) => line(&text),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) if cancel.requested() => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
    if cancel.requested() {
        group.end();
        return Ok(Ended::Cancelled);
    }
    Ok(Ended::Exited(group.child.wait()?))
}

/// The most memory that a running process had so far, bytes; `None` if it is gone.
#[must_use]
pub fn peak_memory(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

/// Runs a program whose output, on either stream, goes to the user's standard error as it comes.
///
/// # Errors
/// If the program cannot be started.
#[expect(unsafe_code, reason = "joining two streams of the child needs a hook before exec")]
pub fn follow(command: &mut Command, cancel: &Cancel) -> io::Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    // SAFETY: the hook makes one system call, which is async-signal-safe, on descriptors that a new process has.
    unsafe {
        command.pre_exec(|| {
            let (errors, mut output) =
                (BorrowedFd::borrow_raw(2), std::mem::ManuallyDrop::new(OwnedFd::from_raw_fd(1)));
            dup2(errors, &mut output).map_err(io::Error::from)
        });
    }
    Group::spawn(command)?.wait(Duration::MAX, cancel, &mut |_: u32| false)
}

/// CPU time of all processes that were started here and have ended, in seconds.
#[must_use]
pub fn children_cpu_seconds() -> f64 {
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0.0, |usage| seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// A child at the head of a process group; the group is killed when this is dropped.
struct Group {
    child: Child,
    over: bool,
}

impl Group {
    #[expect(unsafe_code, reason = "asking the kernel to end the child when we are killed needs a hook before exec")]
    fn spawn(command: &mut Command) -> io::Result<Self> {
        command.process_group(0);
        // SAFETY: the hook makes one system call, which is async-signal-safe, and touches no memory of the parent.
        unsafe {
            command.pre_exec(|| prctl::set_pdeathsig(Some(Signal::SIGKILL)).map_err(io::Error::from));
        }
        Ok(Self { child: command.spawn()?, over: false })
    }

    /// Waits until the child ends, is late, is no longer wanted, or the watcher has enough.
    fn wait(&mut self, timeout: Duration, cancel: &Cancel, watcher: &mut dyn Watcher) -> io::Result<Ended> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Ended::Exited(status));
            }
            if cancel.requested() {
                return Ok(Ended::Cancelled);
            }
            if watcher.enough(self.child.id()) {
                return Ok(Ended::Enough);
            }
            if started.elapsed() > timeout {
                return Ok(Ended::TimedOut);
            }
            watcher.spend(POLL);
        }
    }

    fn end(&mut self) {
        if !self.over {
            self.over = true;
            if let Ok(id) = i32::try_from(self.child.id()) {
                let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
            }
            let _ = self.child.wait();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Collects the end of a stream in the background.
struct Tail {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    done: mpsc::Receiver<()>,
}

impl Tail {
    fn collect(mut reader: io::PipeReader) -> Self {
        let bytes = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, done) = mpsc::channel();
        let shared = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&buffer[..read]);
                let excess = kept.len().saturating_sub(TAIL_BYTES);
                kept.drain(..excess);
            }
            let _ = sender.send(());
        });
        Self { bytes, done }
    }

    fn finish(self) -> Vec<u8> {
        let _ = self.done.recv_timeout(DRAIN);
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_are_kept_and_only_their_end() {
        let script = "yes 0123456789 | head -c 100000; echo last >&2";
        let finished =
            supervise(&mut shell(script), Duration::from_secs(20), &Cancel::default(), &mut |_: u32| false).unwrap();
        assert!(matches!(finished.ended, Ended::Exited(status) if status.success()));
        assert!(finished.tail.len() <= TAIL_BYTES);
        assert!(finished.tail.ends_with(b"last\n"));
    }

    #[test]
    fn a_late_process_is_killed_with_its_children() {
        let marker = format!("{}", 1_000_000 + std::process::id());
        let script = format!("sleep {marker} & sleep {marker}");
        let finished =
            supervise(&mut shell(&script), Duration::from_millis(300), &Cancel::default(), &mut |_: u32| false)
                .unwrap();
        assert!(matches!(finished.ended, Ended::TimedOut));
        let left = ask(&mut shell("ps -eo args"), Duration::from_secs(5), &Cancel::default()).unwrap();
        assert!(!left.text().contains(&format!("sleep {marker}")), "a child outlived its group");
    }

    #[test]
    fn the_watcher_can_have_enough_and_the_user_too() {
        let ended = |cancel: &Cancel, answer: bool| {
            supervise(&mut shell("sleep 60"), Duration::from_secs(20), cancel, &mut |_: u32| answer).unwrap().ended
        };
        assert!(matches!(ended(&Cancel::default(), true), Ended::Enough));
        let cancel = Cancel::default();
        cancel.flag().store(true, Ordering::SeqCst);
        assert!(matches!(ended(&cancel, false), Ended::Cancelled));
    }
}
