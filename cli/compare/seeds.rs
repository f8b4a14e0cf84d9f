//! Repeats of both sides to groups that started alike: only those may differ by the code alone.

use std::collections::BTreeMap;

use perfgate_harness::run::{Count, Seeds};

/// The repeats, by index, that started from the same seeds on either side; neither list is empty.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Group {
    /// Of the baseline.
    pub(super) baseline: Vec<usize>,
    /// Of the candidate.
    pub(super) candidate: Vec<usize>,
}

/// One group per seeds of the repeats that have a partner on the other side, if there are two at least or that is all of
/// them; else a single group of all, within which nothing is known of who started like whom.
///
/// A side may repeat seeds: that is the control, which tells whether the seeds decide what is counted at all. Where
/// `threads` may decide and no seeds were repeated, nothing tells, and the seeds are not believed: two differences that
/// agree could do so by chance.
pub(super) fn groups(baseline: &[Count], candidate: &[Count], threads: bool) -> Vec<Group> {
    let mut groups: BTreeMap<Seeds, Group> = BTreeMap::new();
    for (index, count) in baseline.iter().enumerate() {
        groups.entry(count.seeds).or_default().baseline.push(index);
    }
    for (index, count) in candidate.iter().enumerate() {
        groups.entry(count.seeds).or_default().candidate.push(index);
    }
    let all = groups.len();
    groups.retain(|_, group| group.baseline.len() == group.candidate.len());
    let matched = groups.len() == all || groups.len() >= 2;
    let controlled = groups.values().any(|group| group.baseline.len() > 1);
    if matched && (controlled || !threads) {
        groups.into_values().collect()
    } else {
        vec![Group { baseline: (0..baseline.len()).collect(), candidate: (0..candidate.len()).collect() }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeats(seeds: &[(u32, u32)]) -> Vec<Count> {
        let count = |&(heap, random)| Count { seeds: Seeds { heap, random, company: 0 }, ..Count::default() };
        seeds.iter().map(count).collect()
    }

    fn indices(baseline: &[(u32, u32)], candidate: &[(u32, u32)], threads: bool) -> Vec<(Vec<usize>, Vec<usize>)> {
        let groups = groups(&repeats(baseline), &repeats(candidate), threads);
        groups.into_iter().map(|group| (group.baseline, group.candidate)).collect()
    }

    #[test]
    fn repeats_of_the_same_seeds_are_grouped_whatever_their_order() {
        let found = indices(&[(0, 0), (1, 1), (0, 0)], &[(1, 1), (0, 0), (0, 0)], true);
        assert_eq!(found, [(vec![0, 2], vec![1, 2]), (vec![1], vec![0])]);
    }

    #[test]
    fn a_repeat_without_a_partner_leaves_all_in_one_group() {
        let all = (vec![0, 1], vec![0, 1]);
        assert_eq!(indices(&[(0, 0), (1, 1)], &[(0, 0), (2, 2)], false), [all]);
        assert_eq!(indices(&[(0, 0), (1, 1)], &[(0, 0)], false), [(vec![0, 1], vec![0])]);
    }

    #[test]
    fn threads_without_a_control_are_not_paired() {
        let seeds = [(0, 0), (1, 1)];
        assert_eq!(indices(&seeds, &seeds, false).len(), 2);
        assert_eq!(indices(&seeds, &seeds, true).len(), 1);
    }
}
