//! `perfgate init`: a first configuration, with the defaults explained.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use perfgate_harness::plan::{Project, git::Repository};
use perfgate_harness::process::Cancel;

use super::setup;
use crate::config;
use crate::exit::{Code, Failure};
use crate::printable::printable;
use crate::report::print_text;
use crate::shell::Shell;

/// What a project starts with: the defaults, so that nothing changes by it.
const TEMPLATE: &str = include_str!("perfgate.toml");

/// Writes `perfgate.toml` beside the workspace's `Cargo.toml`, unless there is one.
pub(super) fn init(shell: &Shell, cancel: &Cancel) -> Result<Code, Failure> {
    let directory = setup::working_directory()?;
    let repository = Repository::discover(&directory, cancel)?;
    let project = Project::discover(&directory, &repository.root, cancel)?;
    if let Some(file) = config::load(&project.root).map_err(|error| super::failures::configuration(&error))?.file {
        shell.note(&format!("there is a configuration already, in `{}`: left as it is", file.display()));
    } else {
        let path = project.root.join("perfgate.toml");
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        match file.and_then(|mut file| file.write_all(TEMPLATE.as_bytes())) {
            Ok(()) => shell.status("Created", &path.display().to_string()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                shell.note(&format!("`{}` exists already: left as it is", path.display()));
            }
            Err(error) => {
                return Err(Failure::new(Code::Usage, format!("cannot write `{}`: {error}", path.display()))
                    .help("run perfgate init where you may write"));
            }
        }
    }
    let (targets, unmeasured) = project.bench_targets(&repository.root, &Default::default(), cancel)?;
    let mut text = String::new();
    for target in &targets {
        text += &format!(
            "bench target {} of package {}, in {}\n",
            printable(&target.name),
            printable(&target.package),
            printable(&target.source)
        );
    }
    for target in &unmeasured {
        text += &format!("bench target {}: {}; {}\n", printable(&target.target), target.reason, target.help);
    }
    if targets.is_empty() {
        text += "no bench target yet: add a benchmark, with criterion (https://docs.rs/criterion) or divan (https://docs.rs/divan)\n";
    }
    text += "\nnext:\n  perfgate doctor   what this machine can measure\n  perfgate list     the benchmarks that would be measured\n  \
             perfgate check    your working tree against the baseline\n";
    print_text(&text)?;
    Ok(Code::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn the_template_is_the_default() {
        let parsed = config::parse(TEMPLATE, "perfgate.toml").map_err(|error| error.render(false));
        assert_eq!(parsed.map(|config| config.policy), Ok(Policy::default()));
    }
}
