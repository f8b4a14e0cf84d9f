//! What differs between the sources of the two sides: which files, and where their lines went.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::inputs::Roots;
use crate::plan::git::{ChangedFile, Hunk, Repository, moved};
use crate::plan::{Plan, PlanError, Role};

/// The difference between two trees.
#[derive(Debug)]
pub struct Changes {
    /// The files that differ.
    pub files: Vec<ChangedFile>,
    /// Every path of the candidate's tree.
    pub paths: BTreeSet<String>,
    /// Where the sources of either side stand while it is built and run.
    pub roots: Roots,
    /// The directory of the sources, by every name that it has.
    pub sources: Vec<String>,
    /// cargo's target directory, likewise.
    pub build: Vec<String>,
    repository: Repository,
    trees: [String; 2],
    texts: RefCell<BTreeMap<String, Option<Texts>>>,
}

/// A file of both trees.
#[derive(Debug)]
struct Texts {
    hunks: Vec<Hunk>,
    baseline: Vec<String>,
    candidate: Vec<String>,
}

impl Changes {
    /// Between the two sides of a plan.
    ///
    /// # Errors
    /// If git fails.
    pub fn of(plan: &Plan) -> Result<Self, PlanError> {
        let trees = [Role::Baseline, Role::Candidate].map(|role| plan.snapshot(role).tree.clone());
        let places = [plan.layout.sources(), plan.layout.build()];
        Self::between(plan.repository.clone(), trees, plan.roots(), places)
    }

    /// Between two trees, which are laid out and built in two places.
    ///
    /// # Errors
    /// If git fails.
    pub fn between(
        repository: Repository,
        trees: [String; 2],
        roots: Roots,
        places: [PathBuf; 2],
    ) -> Result<Self, PlanError> {
        let [sources, build] = places.map(|place| names(&place));
        let files = repository.changed(&trees[0], &trees[1])?;
        let paths = repository.paths(&trees[1])?;
        Ok(Self { files, paths, roots, sources, build, repository, trees, texts: RefCell::default() })
    }

    /// A path of the compiler's, relative to the repository.
    #[must_use]
    pub fn in_repository(&self, path: &str) -> Option<String> {
        self.roots.in_repository(path)
    }

    /// Whether a line of a file that changed is in the candidate what it was in the baseline, at another number, and has
    /// this column.
    #[must_use]
    pub fn moved(&self, path: &str, from: u32, to: u32, column: u32) -> bool {
        let mut texts = self.texts.borrow_mut();
        let texts = texts.entry(path.to_owned()).or_insert_with(|| self.read(path));
        let Some(Texts { hunks, baseline, candidate }) = texts else { return false };
        let line = |text: &'_ [String], number: u32| text.get(number as usize - 1).cloned();
        let (Some(one), Some(other)) = (line(baseline, from), line(candidate, to)) else { return false };
        moved(hunks, from) == Some(to) && one == other && column as usize <= one.chars().count()
    }

    fn read(&self, path: &str) -> Option<Texts> {
        self.files.iter().find(|file| file.path == path && file.before && file.after && file.plain)?;
        let text = |tree: &str| {
            let bytes = self.repository.file(tree, path).ok()??;
            Some(String::from_utf8(bytes).ok()?.split('\n').map(str::to_owned).collect())
        };
        let hunks = self.repository.hunks(&self.trees[0], &self.trees[1], path).ok()?;
        Some(Texts { hunks, baseline: text(&self.trees[0])?, candidate: text(&self.trees[1])? })
    }
}

/// The path of a directory as it was given, and as it really is.
fn names(directory: &Path) -> Vec<String> {
    let real = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    [directory, &real].map(|path| path.to_string_lossy().into_owned()).into()
}
