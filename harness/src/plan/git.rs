//! The git repository, read through the `git` program. Nothing of the user's is written: objects of the captured
//! working tree and every index go to perfgate's own directory.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::PlanError;
use crate::process::{self, Cancel};

mod difference;

pub use difference::{ChangedFile, Hunk, moved};

const TIMEOUT: Duration = Duration::from_secs(300);

/// A repository of the user's.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Top of the working tree.
    pub root: PathBuf,
    git_dir: PathBuf,
    /// Where perfgate keeps its objects and indexes.
    state: Option<PathBuf>,
    cancel: Cancel,
}

impl Repository {
    /// The repository that holds a directory.
    ///
    /// # Errors
    /// If git is missing, or the directory is in no working tree.
    pub fn discover(directory: &Path, cancel: &Cancel) -> Result<Self, PlanError> {
        let mut command = Command::new("git");
        scrub(&mut command);
        command.arg("-C").arg(directory).args(["rev-parse", "--show-toplevel", "--absolute-git-dir"]);
        let answer = process::ask(&mut command, TIMEOUT, cancel)
            .map_err(|error| PlanError::Tool { tool: "git", error: error.to_string() })?;
        if cancel.requested() {
            return Err(PlanError::Interrupted);
        }
        let text = answer.text();
        match (answer.success(), text.split_once('\n')) {
            (true, Some((root, git_dir))) => Ok(Self {
                root: PathBuf::from(root),
                git_dir: PathBuf::from(git_dir),
                state: None,
                cancel: cancel.clone(),
            }),
            // Anything else, such as a directory of another user's that git does not trust, is best said in git's words.
            _ if answer.complaint().contains("not a git repository") || answer.success() => {
                Err(PlanError::NotARepository { directory: directory.to_owned() })
            }
            _ => Err(PlanError::Git { command: described(&command), complaint: answer.complaint() }),
        }
    }

    /// The same repository, with new objects going to a directory of perfgate's.
    ///
    /// # Errors
    /// If the directory cannot be made.
    pub fn with_state(mut self, state: &Path) -> Result<Self, PlanError> {
        fs::create_dir_all(state.join("objects")).map_err(PlanError::io(state))?;
        self.state = Some(state.to_owned());
        Ok(self)
    }

    /// A git command on this repository.
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        scrub(&mut command);
        command.arg("-C").arg(&self.root);
        command.env("GIT_OPTIONAL_LOCKS", "0");
        // Each of these would have git write into the user's repository, or run something of theirs.
        for setting in ["core.splitIndex=false", "core.fsmonitor=false", "core.hooksPath=/dev/null"] {
            command.args(["-c", setting]);
        }
        if let Some(state) = &self.state {
            let mut alternates = self.git_dir.join("objects").into_os_string();
            let common = self.common_dir().join("objects");
            if common != self.git_dir.join("objects") {
                alternates = common.into_os_string();
            }
            command.env("GIT_OBJECT_DIRECTORY", state.join("objects"));
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&alternates));
        }
        command
    }

    /// In a linked worktree, the directory of the main repository.
    fn common_dir(&self) -> PathBuf {
        fs::read_to_string(self.git_dir.join("commondir"))
            .map_or_else(|_| self.git_dir.clone(), |text| self.git_dir.join(text.trim()))
    }

    /// Runs git and gives what it printed; `None` if it failed.
    fn try_git<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Option<String>, PlanError> {
        let answer = self.ask(self.command().args(args))?;
        Ok(answer.success().then(|| answer.text()))
    }

    /// Runs git and gives what it printed.
    fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String, PlanError> {
        let mut command = self.command();
        self.git_command(command.args(args))
    }

    fn git_command(&self, command: &mut Command) -> Result<String, PlanError> {
        let answer = self.ask(command)?;
        if answer.success() {
            return Ok(answer.text());
        }
        Err(PlanError::Git { command: described(command), complaint: answer.complaint() })
    }

    fn ask(&self, command: &mut Command) -> Result<process::Answer, PlanError> {
        let answer = process::ask(command, TIMEOUT, &self.cancel)
            .map_err(|error| PlanError::Tool { tool: "git", error: error.to_string() })?;
        if self.cancel.requested() { Err(PlanError::Interrupted) } else { Ok(answer) }
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn commit(&self, revision: &str) -> Result<Option<String>, PlanError> {
        self.try_git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
    }

    /// The best common ancestor of two commits.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, PlanError> {
        self.try_git(&["merge-base", one, other])
    }

    /// Whether history is cut off.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn is_shallow(&self) -> Result<bool, PlanError> {
        Ok(self.git(&["rev-parse", "--is-shallow-repository"])? == "true")
    }

    /// The reference of the default branch, such as `refs/remotes/origin/main`, and its short name.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn default_branch(&self, pull_request_base: Option<&str>) -> Result<Option<String>, PlanError> {
        let mut candidates = Vec::new();
        if let Some(base) = pull_request_base {
            candidates.push(format!("refs/remotes/origin/{base}"));
            candidates.push(format!("refs/heads/{base}"));
        }
        candidates.extend(self.try_git(&["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])?);
        for name in ["main", "master", "trunk", "develop"] {
            candidates.push(format!("refs/remotes/origin/{name}"));
        }
        candidates.extend(self.try_git(&["config", "init.defaultBranch"])?.map(|name| format!("refs/heads/{name}")));
        for name in ["main", "master", "trunk", "develop"] {
            candidates.push(format!("refs/heads/{name}"));
        }
        for candidate in candidates {
            if self.commit(&candidate)?.is_some() {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// The reference that HEAD stands on, if it is not detached.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn head_branch(&self) -> Result<Option<String>, PlanError> {
        self.try_git(&["symbolic-ref", "--quiet", "HEAD"])
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// If there is no such commit.
    pub fn tree_of(&self, commit: &str) -> Result<String, PlanError> {
        self.git(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])
    }

    /// Writes the working tree, with uncommitted and untracked but not ignored files, as a tree object of perfgate's
    /// own, through an index of perfgate's own. `except` is left out if git would take it.
    ///
    /// # Errors
    /// If the state directory cannot be written, or git fails.
    pub fn capture_working_tree(&self, except: &Path) -> Result<String, PlanError> {
        if let Some(path) = self.changed_submodules()?.into_iter().next() {
            return Err(PlanError::ChangedSubmodule { path });
        }
        let state = self.state.as_deref().expect("a repository is given its state directory before it is written to");
        let index = state.join("capture.index");
        // Starting from the user's index spares hashing what did not change.
        match fs::copy(self.git_dir.join("index"), &index) {
            Ok(_) => {
                // git hashes a file again if it is as young as the index: the copy must not look younger than it is.
                let modified = fs::metadata(self.git_dir.join("index")).and_then(|data| data.modified());
                let copy = fs::File::options().write(true).open(&index);
                copy.and_then(|copy| copy.set_modified(modified?)).map_err(PlanError::io(&index))?;
                self.see_assumed_unchanged(&index)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let _ = fs::remove_file(&index);
            }
            Err(error) => return Err(PlanError::io(&index)(error)),
        }
        let mut add = self.command();
        add.env("GIT_INDEX_FILE", &index);
        add.args(["-c", "core.safecrlf=false", "-c", "advice.addEmbeddedRepo=false", "add", "--all", "--", "."]);
        // git refuses to exclude what it ignores anyway.
        if let Ok(inside) = except.strip_prefix(&self.root)
            && !self.ask(self.command().args(["check-ignore", "--quiet", "--no-index"]).arg(except))?.success()
        {
            let mut exclude = std::ffi::OsString::from(":(exclude,top,literal)");
            exclude.push(inside);
            add.arg(exclude);
        }
        self.git_command(&mut add)?;
        let mut write = self.command();
        write.env("GIT_INDEX_FILE", &index).arg("write-tree");
        let tree = self.git_command(&mut write);
        let _ = fs::remove_file(&index);
        tree
    }

    /// Makes a copy of the user's index forget which files git was told not to look at (`--assume-unchanged`): what is
    /// built must be what is on disk.
    fn see_assumed_unchanged(&self, index: &Path) -> Result<(), PlanError> {
        let mut list = self.command();
        list.env("GIT_INDEX_FILE", index).args(["ls-files", "-v", "-z"]);
        let listing = self.git_command(&mut list)?;
        // A lower-case tag marks them.
        let assumed = listing.split('\0').filter_map(|entry| entry.split_once(' '));
        let assumed: Vec<_> =
            assumed.filter(|(tag, _)| tag.starts_with(char::is_lowercase)).map(|(_, path)| path).collect();
        if assumed.is_empty() {
            return Ok(());
        }
        let mut forget = self.command();
        forget.env("GIT_INDEX_FILE", index).args(["update-index", "--no-assume-unchanged", "--"]).args(assumed);
        self.git_command(&mut forget).map(drop)
    }

    /// The submodules whose checkout differs from the commit that is recorded for it.
    fn changed_submodules(&self) -> Result<Vec<String>, PlanError> {
        if !self.root.join(".gitmodules").exists() {
            return Ok(Vec::new());
        }
        let status =
            self.git(&["status", "--porcelain=v2", "-z", "--ignore-submodules=none", "--untracked-files=no"])?;
        // `1 <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>`, where <sub> is S, and then C, M or U for what has changed.
        let changed = status.split('\0').filter_map(|entry| {
            let fields: Vec<&str> = entry.splitn(9, ' ').collect();
            match fields[..] {
                ["1", _, sub, .., path] if sub.starts_with('S') && sub.contains(['M', 'U']) => Some(path.to_owned()),
                _ => None,
            }
        });
        Ok(changed.collect())
    }

    /// Makes a directory hold a tree, touching only the files that differ from what it held before.
    ///
    /// # Errors
    /// If the tree cannot be written there, or holds a submodule whose commit is not at hand.
    pub fn check_out(&self, tree: &str, directory: &Path) -> Result<(), PlanError> {
        let state = self.state.as_deref().expect("a repository is given its state directory before it is written to");
        let (index, unfinished) = (state.join("checkout.index"), state.join("checkout.unfinished"));
        if unfinished.exists() || !index.exists() {
            // What an interrupted checkout left is in no index, so that nothing would ever remove it.
            let _ = fs::remove_dir_all(directory);
            let _ = fs::remove_file(&index);
            let _ = fs::remove_file(state.join("checkout.index.lock"));
        }
        fs::create_dir_all(directory).map_err(PlanError::io(directory))?;
        fs::write(&unfinished, "").map_err(PlanError::io(&unfinished))?;
        let mut command = self.command();
        command.env("GIT_INDEX_FILE", &index);
        command.env("GIT_DIR", &self.git_dir).env("GIT_WORK_TREE", directory);
        command.args(["-c", "core.bare=false", "read-tree", "--reset", "-u", tree]);
        self.git_command(&mut command)?;
        fs::remove_file(&unfinished).map_err(PlanError::io(&unfinished))?;
        for (commit, path) in self.submodules(tree)? {
            self.check_out_submodule(&commit, &path, directory)?;
        }
        Ok(())
    }

    /// Removes what is not of the tree from a directory that [`Self::check_out`] wrote; what git ignores too, if asked.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub fn clean(&self, directory: &Path, ignored_too: bool) -> Result<(), PlanError> {
        let state = self.state.as_deref().expect("a repository is given its state directory before it is written to");
        let mut command = self.command();
        command.env("GIT_INDEX_FILE", state.join("checkout.index"));
        command.env("GIT_DIR", &self.git_dir).env("GIT_WORK_TREE", directory);
        command.arg("-C").arg(directory).args(["-c", "core.bare=false", "clean", "--quiet", "-ffd"]);
        if ignored_too {
            command.arg("-x");
        }
        self.git_command(&mut command).map(drop)
    }

    /// The submodules of a tree: commit and path.
    fn submodules(&self, tree: &str) -> Result<Vec<(String, String)>, PlanError> {
        let listing = self.git(&["ls-tree", "-r", "-z", "--full-tree", tree])?;
        let entries = listing.split('\0').filter_map(|entry| {
            let (kind, path) = entry.split_once('\t')?;
            let commit = kind.strip_prefix("160000 commit ")?;
            Some((commit.to_owned(), path.to_owned()))
        });
        Ok(entries.collect())
    }

    fn check_out_submodule(&self, commit: &str, path: &str, directory: &Path) -> Result<(), PlanError> {
        let missing = || PlanError::Submodule { path: path.to_owned(), commit: commit.to_owned() };
        let sub = Self::discover(&self.root.join(path), &self.cancel).map_err(|_| missing())?;
        if sub.root == self.root {
            return Err(missing());
        }
        let name: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let state = self.state.as_deref().expect("a repository is given its state directory before it is written to");
        let sub = sub.with_state(&state.join("submodules").join(name))?;
        if sub.commit(commit)?.is_none() {
            return Err(missing());
        }
        sub.check_out(&sub.tree_of(commit)?, &directory.join(path))
    }

    /// The bytes of a file in a tree, if it is there.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn file(&self, tree: &str, path: &str) -> Result<Option<Vec<u8>>, PlanError> {
        let answer = self.ask(self.command().args(["cat-file", "blob", &format!("{tree}:{path}")]))?;
        Ok(answer.success().then_some(answer.stdout))
    }
}

/// Removes what a surrounding git (a hook, a rebase) may have set, so that the repository is the one we name.
fn scrub(command: &mut Command) {
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
    ] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C");
}

/// A path for `GIT_ALTERNATE_OBJECT_DIRECTORIES`, where `:` separates: git reads C-style quotes there.
fn quoted(path: &OsStr) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""))
}

/// `git add --all …`, for a message.
fn described(command: &Command) -> String {
    let words = command.get_args().skip(2).map(|word| word.to_string_lossy());
    std::iter::once("git".into()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
