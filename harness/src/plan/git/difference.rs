//! What differs between two trees.

use std::collections::BTreeSet;

use super::Repository;
use crate::plan::PlanError;

/// A file that differs between two trees.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChangedFile {
    /// Its path, relative to the repository.
    pub path: String,
    /// Whether the first tree has it.
    pub before: bool,
    /// Whether the second has it.
    pub after: bool,
    /// Whether it is a plain file wherever it is: no link, and no submodule.
    pub plain: bool,
}

/// Lines of one text that stand in the place of lines of another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hunk {
    /// First line of the first text, from 1; where none is replaced, the line before.
    pub from: u32,
    /// How many lines are replaced.
    pub removed: u32,
    /// How many lines stand there instead.
    pub added: u32,
}

impl Repository {
    /// The files that differ between two trees.
    ///
    /// # Errors
    /// If git fails.
    pub fn changed(&self, from: &str, to: &str) -> Result<Vec<ChangedFile>, PlanError> {
        let list = self.git(&["diff-tree", "-r", "-z", "--raw", "--no-renames", from, to])?;
        let (mut files, mut fields) = (Vec::new(), list.split('\0'));
        // `:<mode> <mode> <object> <object> <status>`, and then the path.
        while let (Some(what), Some(path)) = (fields.next(), fields.next()) {
            let modes: Vec<&str> = what.trim_start_matches(':').split(' ').take(2).collect();
            let there = |mode: &&&str| **mode != "000000";
            files.push(ChangedFile {
                path: path.to_owned(),
                before: modes.first().filter(there).is_some(),
                after: modes.get(1).filter(there).is_some(),
                plain: modes.iter().filter(there).all(|mode| mode.starts_with("100")),
            });
        }
        Ok(files)
    }

    /// The paths of a tree.
    ///
    /// # Errors
    /// If git fails.
    pub fn paths(&self, tree: &str) -> Result<BTreeSet<String>, PlanError> {
        let list = self.git(&["ls-tree", "-r", "-z", "--full-tree", "--name-only", tree])?;
        Ok(list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// What was replaced in a file between two trees, from the top.
    ///
    /// # Errors
    /// If git fails.
    pub fn hunks(&self, from: &str, to: &str, path: &str) -> Result<Vec<Hunk>, PlanError> {
        let text = self.git(&[
            "--literal-pathspecs",
            "diff-tree",
            "-r",
            "-p",
            "--unified=0",
            "--inter-hunk-context=0",
            "--text",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            from,
            to,
            "--",
            path,
        ])?;
        Ok(text.lines().filter_map(hunk).collect())
    }
}

/// `@@ -12,0 +13,2 @@ fn main() {`. Lines of the files begin with `+` or `-`.
fn hunk(line: &str) -> Option<Hunk> {
    let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (before, after) = ranges.split_once(" +")?;
    let range = |text: &str| {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let ((from, removed), (_, added)): ((u32, u32), (u32, u32)) = (range(before)?, range(after)?);
    Some(Hunk { from, removed, added })
}

/// Where a line of the first text is in the second, if it is there still.
#[must_use]
pub fn moved(hunks: &[Hunk], line: u32) -> Option<u32> {
    let mut to = i64::from(line);
    for hunk in hunks {
        let first = if hunk.removed == 0 { hunk.from + 1 } else { hunk.from };
        if line < first {
            break;
        }
        if line < first + hunk.removed {
            return None;
        }
        to += i64::from(hunk.added) - i64::from(hunk.removed);
    }
    u32::try_from(to).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_are_read_and_lines_followed() {
        let hunks: Vec<_> = ["@@ -0,0 +1,2 @@", "@@ -3 +5 @@ fn a() {", "@@ -7,2 +8,0 @@"]
            .iter()
            .filter_map(|line| hunk(line))
            .collect();
        assert_eq!(hunks[1], Hunk { from: 3, removed: 1, added: 1 });
        let lines: Vec<_> = (1..=10).map(|line| moved(&hunks, line)).collect();
        let expected = [Some(3), Some(4), None, Some(6), Some(7), Some(8), None, None, Some(9), Some(10)];
        assert_eq!(lines, expected);
    }
}
