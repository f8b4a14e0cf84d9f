//! What callgrind's dumps tell of the benchmarks of one process, read while it runs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::calls::{Calls, Dump, Event, Observed};
use super::children::Children;
use super::clock::Question;
use super::dumps::Reader;
use super::reads::Samples;
use crate::driver::Scheme;
use crate::instrument::job::{Job, Observation};
use crate::instrument::started::Started;
use crate::process;
use crate::run::{Call, Count, Seeds};

/// What is known of the benchmarks so far.
pub struct Reading<'j> {
    job: &'j Job<'j>,
    reader: Reader<'j>,
    directory: &'j Path,
    /// The processes that the benchmark starts, where they are counted.
    children: Option<Children<'j>>,
    pid: Option<u32>,
    /// The files read so far; dump number N is `parts[N - 1]`.
    parts: Vec<PathBuf>,
    /// One for each benchmark that began, and when.
    benchmarks: Vec<Collected>,
    began: Vec<Instant>,
    /// The most memory that the process was seen to have, bytes, and when somebody looked.
    memory: u64,
    looked: Instant,
    /// Whether the last one was told that it was enough: what is entered next is another.
    released: bool,
}

/// What was collected of one benchmark.
enum Collected {
    Calls(Calls),
    Samples(Samples),
}

impl Collected {
    fn new(scheme: Scheme<'_>, slow: bool) -> Self {
        match scheme {
            Scheme::Calls { .. } | Scheme::Process | Scheme::OwnRunner(_) => Self::Calls(Calls::new(slow)),
            Scheme::Reads(reads) => Self::Samples(Samples::new(reads)),
        }
    }

    fn finished(&self) -> &[Observed] {
        match self {
            Self::Calls(calls) => calls.finished(),
            Self::Samples(samples) => samples.finished(),
        }
    }
}

impl<'j> Reading<'j> {
    /// Of a process that writes its dumps into `directory`.
    pub fn new(job: &'j Job<'j>, reader: Reader<'j>, directory: &'j Path, children: bool) -> Self {
        let children = children.then(|| Children::new(directory));
        let (benchmarks, now) = (vec![Collected::new(job.driver.scheme(), children.is_some())], Instant::now());
        let (parts, began) = (Vec::new(), vec![now]);
        Self {
            job,
            reader,
            directory,
            children,
            pid: None,
            parts,
            benchmarks,
            began,
            memory: 0,
            looked: now,
            released: false,
        }
    }

    fn path(&self, pid: u32, number: usize) -> PathBuf {
        self.directory.join(format!("o.{pid}.{number}"))
    }

    /// Reads the dumps up to the newest, which the read of the clock that was just asked about has ended.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn asked(&mut self, pid: u32, question: Question) -> io::Result<()> {
        self.pid = Some(pid);
        loop {
            let path = self.path(pid, self.parts.len() + 1);
            if !path.exists() {
                return Ok(());
            }
            let mut dump = match self.reader.read(&path) {
                Ok(dump) => dump,
                // Another thread may be writing it just now.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(()),
                Err(error) => return Err(error),
            };
            if dump.event == Event::Clock
                && !self.job.linkage.own_allocator
                && !self.path(pid, self.parts.len() + 2).exists()
            {
                dump.memory = Some(question);
            }
            if let Some(children) = &mut self.children {
                dump.amount += children.collect(pid, &self.reader)?;
            }
            self.take(path, &dump);
        }
    }

    /// Reads the dumps that are complete: while the process runs, all but the newest.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn catch_up(&mut self, pid: u32, ended: bool) -> io::Result<()> {
        self.pid = Some(pid);
        loop {
            let next = self.parts.len() + 1;
            if !self.path(pid, next + usize::from(!ended)).exists() || (!ended && self.settled()) {
                return Ok(());
            }
            let path = self.path(pid, next);
            let dump = self.reader.read(&path)?;
            self.take(path, &dump);
        }
    }

    /// Reads what an ended process left, also one that ended before anybody looked.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn finish(&mut self) -> io::Result<()> {
        let pid = match self.pid {
            Some(pid) => Some(pid),
            None => only_pid(self.directory)?,
        };
        pid.map_or(Ok(()), |pid| self.catch_up(pid, true))
    }

    fn take(&mut self, path: PathBuf, dump: &Dump) {
        let index = self.parts.len();
        self.parts.push(path);
        let open = match self.benchmarks.last() {
            Some(Collected::Calls(calls)) => calls.inside(),
            Some(Collected::Samples(samples)) => samples.open(),
            None => false,
        };
        if self.released && dump.event == Event::Enter && !open {
            self.benchmarks.push(Collected::new(self.job.driver.scheme(), self.children.is_some()));
            self.began.push(Instant::now());
            self.released = false;
        }
        match self.benchmarks.last_mut() {
            Some(Collected::Calls(calls)) => calls.push(index, dump),
            Some(Collected::Samples(samples)) => samples.push(index, dump),
            None => {}
        }
    }

    /// Looks now and then how much memory the process has.
    pub fn look(&mut self, pid: u32) {
        const EVERY: Duration = Duration::from_millis(50);
        if self.memory == 0 || self.looked.elapsed() > EVERY {
            self.looked = Instant::now();
            self.memory = self.memory.max(process::peak_memory(pid).unwrap_or(0));
        }
    }

    /// Dumps so far.
    pub fn dumps(&self) -> usize {
        self.parts.len()
    }

    /// Whether a call or a sample is under way.
    pub fn inside(&self) -> bool {
        match self.benchmarks.last() {
            Some(Collected::Calls(calls)) => calls.inside(),
            Some(Collected::Samples(samples)) => samples.inside(),
            None => false,
        }
    }

    /// Whether the benchmark that runs reads the clock itself.
    pub fn strays(&self) -> bool {
        match self.benchmarks.last() {
            Some(Collected::Calls(calls)) => calls.strays(),
            Some(Collected::Samples(samples)) => samples.strays(),
            None => false,
        }
    }

    /// Whether the benchmark that runs has been called often enough.
    pub fn settled(&self) -> bool {
        match self.benchmarks.last() {
            Some(Collected::Calls(calls)) => calls.settled(),
            Some(Collected::Samples(samples)) => samples.settled(),
            None => false,
        }
    }

    /// Whether it is time to let the time pass that makes the framework end the benchmark that runs.
    pub fn release(&mut self) -> bool {
        let enough = !self.released
            && match self.benchmarks.last() {
                Some(Collected::Calls(calls)) => calls.settled_with_this(),
                Some(Collected::Samples(samples)) => samples.settled(),
                None => false,
            };
        self.released |= enough;
        enough
    }

    /// Whether the framework goes on with the last of the benchmarks that were asked for, which has been called often enough.
    pub fn goes_on(&self) -> bool {
        self.benchmarks.len() == self.job.names.len() && self.released && self.inside()
    }

    /// Whether a benchmark calls several measuring functions for one sample.
    pub fn alternates(&self) -> bool {
        self.benchmarks.iter().any(|benchmark| matches!(benchmark, Collected::Calls(calls) if calls.alternate()))
    }

    /// How many benchmarks ran that have a call to show.
    pub fn seen(&self) -> usize {
        self.benchmarks.iter().filter(|benchmark| !benchmark.finished().is_empty()).count()
    }

    /// Whether what ran after the only benchmark that was asked for is another, of the same name: this one was called
    /// often enough to tell that it calls the bencher once for a sample.
    pub fn has_namesake(&self) -> bool {
        self.job.names.len() == 1 && self.benchmarks.len() == 2 && self.benchmarks[0].finished().len() > 1
    }

    /// One observation for each benchmark that ran.
    pub fn observations(&self) -> Vec<Observation> {
        let ended = self.began.iter().skip(1).copied().chain([Instant::now()]);
        let seconds = self.began.iter().zip(ended).map(|(began, ended)| (ended - *began).as_secs_f64());
        let benchmarks = self.benchmarks.iter().zip(seconds).enumerate();
        let observation = |(at, (benchmark, seconds))| self.observation(at, benchmark, seconds);
        benchmarks.filter_map(observation).collect()
    }

    fn observation(&self, at: usize, benchmark: &Collected, seconds: f64) -> Option<Observation> {
        let finished = benchmark.finished();
        let calls: Vec<Call> = finished.iter().map(|observed| observed.call).collect();
        let last = finished.last()?;
        let parts: Vec<PathBuf> = last.dumps.iter().filter_map(|&index| self.parts.get(index).cloned()).collect();
        let started = Started::in_files(&parts);
        let before = self.job.names.get(..at).unwrap_or(self.job.names);
        let count = Count { seeds: Seeds { company: company(before), ..self.job.seeds }, calls };
        Some(Observation {
            count,
            parts,
            threads: started.threads,
            processes: started.processes,
            clock: matches!(benchmark, Collected::Samples(samples) if samples.clock()),
            seconds,
            memory: self.memory,
        })
    }
}

/// A number for the benchmarks that ran before one: 0 for none. FNV-1a (Fowler, Noll and Vo), which is the same everywhere.
fn company(names: &[&str]) -> u32 {
    const PRIME: u32 = 16_777_619;
    let bytes = names.iter().flat_map(|name| name.bytes().chain([0]));
    if names.is_empty() {
        0
    } else {
        bytes.fold(2_166_136_261, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME))
    }
}

/// The process id in the names of callgrind's files, for a process that ended before anybody looked.
fn only_pid(directory: &Path) -> io::Result<Option<u32>> {
    let pids = fs::read_dir(directory)?.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.strip_prefix("o.")?.strip_suffix(".1")?.parse().ok()
    });
    Ok(pids.min())
}

#[cfg(test)]
mod tests {
    use super::company;

    #[test]
    fn company_is_what_ran_before_and_in_which_order() {
        assert_eq!(company(&[]), 0);
        let all = [company(&["a", "b"]), company(&["b", "a"]), company(&["ab"]), company(&["a"])];
        assert!(all.iter().all(|&one| one != 0 && all.iter().filter(|&&other| other == one).count() == 1), "{all:?}");
    }
}
