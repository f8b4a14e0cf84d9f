//! Which two states of the sources are compared: the merge base or what the user names, and the working tree.

use std::path::Path;

use super::git::Repository;
use super::{PlanError, Request, Sides};
use crate::run::Revision;

/// A state of the sources that can be laid out.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What it is called.
    pub revision: Revision,
    /// Its git tree.
    pub tree: String,
}

/// The two states.
#[derive(Clone, Debug)]
pub struct Snapshots {
    /// What the change is measured against; `None` if only one side was asked for.
    pub baseline: Option<Snapshot>,
    /// The change.
    pub candidate: Snapshot,
}

impl Snapshots {
    /// The git trees of both.
    pub fn trees(&self) -> impl Iterator<Item = &str> {
        self.baseline.iter().chain([&self.candidate]).map(|snapshot| snapshot.tree.as_str())
    }

    /// Resolves the baseline and captures the working tree. For one side, `--baseline` names the revision to take in
    /// the candidate's place.
    ///
    /// # Errors
    /// If there is no commit yet, no such revision, or no baseline.
    pub fn take(
        repository: &Repository,
        request: &Request,
        sides: Sides,
        target_directory: &Path,
    ) -> Result<Self, PlanError> {
        let head = repository.commit("HEAD")?.ok_or_else(|| PlanError::NoBaseline {
            reason: "the repository has no commit yet".into(),
            help: "commit the state to compare with: git add -A && git commit".into(),
        })?;
        if let (Sides::One, Some(revision)) = (sides, &request.baseline) {
            let candidate = Self::of_commit(repository, revision, revision)?;
            return Ok(Self { baseline: None, candidate });
        }
        let tree = repository.capture_working_tree(target_directory)?;
        let dirty = tree != repository.tree_of(&head)?;
        let label = if dirty { "working tree" } else { "HEAD" }.to_owned();
        let candidate = Snapshot { revision: Revision { commit: head.clone(), label, dirty }, tree };
        let baseline = match sides {
            Sides::One => None,
            Sides::Both => Some(Self::baseline(repository, request, &head, dirty)?),
        };
        Ok(Self { baseline, candidate })
    }

    fn baseline(repository: &Repository, request: &Request, head: &str, dirty: bool) -> Result<Snapshot, PlanError> {
        if let Some(revision) = &request.baseline {
            return Self::of_commit(repository, revision, revision);
        }
        let default = repository.default_branch(request.pull_request_base.as_deref())?;
        let shallow = repository.is_shallow()?;
        if let Some(branch) = &default {
            let name = branch.trim_start_matches("refs/heads/").trim_start_matches("refs/remotes/");
            let on_it = repository.head_branch()?.as_deref() == Some(branch);
            match repository.merge_base("HEAD", branch)? {
                Some(base) if base != head && !on_it => {
                    return Self::of_commit(repository, &base, &format!("merge base with {name}"));
                }
                Some(_) => {}
                None if shallow => return Err(cut_off(&format!("the merge base with {name}"))),
                None => {
                    return Err(PlanError::NoBaseline {
                        reason: format!("HEAD and {name} have no common ancestor"),
                        help: "name the revision to compare with: --baseline REV".into(),
                    });
                }
            }
        }
        if dirty {
            return Self::of_commit(repository, head, "HEAD");
        }
        if repository.commit("HEAD~1")?.is_some() {
            return Self::of_commit(repository, "HEAD~1", "HEAD~1");
        }
        if shallow {
            return Err(cut_off("the parent of HEAD"));
        }
        Err(PlanError::NoBaseline {
            reason: "HEAD is the first commit, and the working tree is clean".into(),
            help: "make the change to be judged, committed or not, and run perfgate check again".into(),
        })
    }

    fn of_commit(repository: &Repository, revision: &str, label: &str) -> Result<Snapshot, PlanError> {
        let commit =
            repository.commit(revision)?.ok_or_else(|| PlanError::NoSuchRevision { revision: revision.to_owned() })?;
        let tree = repository.tree_of(&commit)?;
        // A commit that was asked for by its number needs no other name.
        let label = if commit.starts_with(label) { String::new() } else { label.to_owned() };
        Ok(Snapshot { revision: Revision { commit, label, dirty: false }, tree })
    }
}

fn cut_off(what: &str) -> PlanError {
    PlanError::NoBaseline {
        reason: format!("this clone is shallow, and {what} is not in it"),
        help: "fetch the history: git fetch --unshallow (on GitHub: actions/checkout with fetch-depth: 0)".into(),
    }
}
