//! `perfgate measure`: one half of a check, for people who script.

use std::fs;
use std::path::{Path, PathBuf};

use perfgate_harness::measure::{self, Settings};
use perfgate_harness::plan::{Role, Sides};
use perfgate_harness::process::Cancel;
use perfgate_harness::run::{Outcome, Run};

use super::setup::Setup;
use super::watch::Watch;
use crate::args::MeasureArgs;
use crate::baseline;
use crate::exit::{Code, Failure};
use crate::number::plural;
use crate::shell::Shell;

/// Measures one revision and writes a run file, with its profiles and executables in a directory beside it.
pub(super) fn measure(args: &MeasureArgs, shell: &Shell, cancel: &Cancel) -> Result<Code, Failure> {
    let setup = Setup::new(&args.measuring, args.revision.as_ref(), Sides::One, cancel)?;
    let data = data_directory(&args.out);
    if !is_ours(&data) {
        return Err(Failure::new(Code::Usage, format!("`{}` exists, and is not perfgate's", data.display()))
            .help("the profiles would go there: choose another file with --out FILE, or move the directory away"));
    }
    let watch = Watch::new(shell);
    let select = |id: &_| setup.selects(id);
    let settings = Settings {
        jobs: setup.jobs,
        timeout: setup.timeout,
        skip_identical: false,
        select: &select,
        observer: &watch,
        cancel,
    };
    let mut run = measure::measure_one(&setup.plan, &settings)?;
    let side = setup.plan.layout.side(Role::Candidate);
    replace(&side, &data).map_err(unusable(&data))?;
    move_paths(&mut run, Role::Candidate.directory(), &data);
    baseline::save(&run, &args.out)?;
    let failed = run.benchmarks.iter().filter(|measured| matches!(measured.outcome, Outcome::Failed(_))).count()
        + run.unmeasured.iter().filter(|target| target.failed).count();
    let counted = run.benchmarks.len();
    shell.status("Finished", &format!("{} in `{}`", plural(counted, "benchmark"), args.out.display()));
    for target in &run.unmeasured {
        shell.warn(&format!("bench target {} was not measured: {}; {}", target.target, target.reason, target.help));
    }
    match (counted, failed) {
        (_, 1..) => Ok(Code::Broken),
        (0, _) => Ok(Code::Nothing),
        _ => Ok(Code::Passed),
    }
}

/// `run.json.d` for `run.json`.
fn data_directory(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".d");
    out.with_file_name(name)
}

/// Makes the paths of a run, which name perfgate's own directory, name the directory beside the run file.
fn move_paths(run: &mut Run, from: &str, data: &Path) {
    let name = data.file_name().unwrap_or_default();
    let moved =
        |path: &Path| path.strip_prefix(from).map_or_else(|_| path.to_owned(), |rest| Path::new(name).join(rest));
    for measured in &mut run.benchmarks {
        if let Outcome::Counted(counted) = &mut measured.outcome
            && let Some(profile) = &mut counted.profile
        {
            profile.executable = moved(&profile.executable);
            profile.parts.iter_mut().for_each(|part| *part = moved(part));
        }
    }
}

/// In every directory of profiles that perfgate wrote, so that it replaces no other.
const MARKER: &str = ".perfgate";

/// Whether a directory may be replaced: it is missing, empty, or was written by perfgate.
fn is_ours(directory: &Path) -> bool {
    match fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_none() || directory.join(MARKER).exists(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Puts a copy of a directory in the place of another, which is there until the copy is whole.
fn replace(from: &Path, to: &Path) -> std::io::Result<()> {
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let copy = tempfile::Builder::new().prefix(MARKER).tempdir_in(parent)?;
    copy_directory(from, copy.path())?;
    fs::write(copy.path().join(MARKER), "")?;
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(copy.keep(), to)
}

fn copy_directory(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn unusable(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| {
        Failure::new(Code::Usage, format!("cannot write `{}`: {error}", path.display()))
            .help("choose another file with --out FILE")
    }
}
