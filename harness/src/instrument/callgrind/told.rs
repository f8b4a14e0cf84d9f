//! Puts right what was counted by what the framework says of it at its end.

use crate::driver::Told;
use crate::instrument::job::Observation;

/// The observations in the order of the names, with the iterations that were really made; `None` if they do not go with what
/// the framework says.
pub fn reconcile(observations: Vec<Observation>, names: &[&str], told: Option<Vec<Told>>) -> Option<Vec<Observation>> {
    let Some(told) = told else { return Some(observations) };
    let mut observations = observations;
    if let ([only], [_]) = (observations.as_mut_slice(), names) {
        // A process that had to be killed says nothing.
        if let [told] = told.as_slice() {
            correct(only, told);
        }
        return Some(observations);
    }
    if told.len() != observations.len() || names.len() != observations.len() {
        return None;
    }
    for (observation, told) in observations.iter_mut().zip(&told) {
        correct(observation, told);
    }
    let mut observations: Vec<Option<Observation>> = observations.into_iter().map(Some).collect();
    names.iter().map(|name| observations.get_mut(told.iter().position(|told| told.name == *name)?)?.take()).collect()
}

/// Gives the last samples the size that they had.
fn correct(observation: &mut Observation, told: &Told) {
    let calls = &mut observation.count.calls;
    let from = calls.len().saturating_sub(told.samples);
    calls[from..].iter_mut().for_each(|call| call.iterations = told.iterations);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Call, Count};

    fn observation(iterations: &[u64]) -> Observation {
        let calls = iterations.iter().map(|&iterations| Call { iterations, ..Call::default() }).collect();
        Observation { count: Count { calls, ..Count::default() }, ..Observation::default() }
    }

    fn told(name: &str, samples: usize, iterations: u64) -> Told {
        Told { name: name.into(), samples, iterations }
    }

    fn iterations(observations: Option<Vec<Observation>>) -> Option<Vec<Vec<u64>>> {
        let of = |one: &Observation| one.count.calls.iter().map(|call| call.iterations).collect();
        observations.map(|all| all.iter().map(of).collect())
    }

    #[test]
    fn fixed_sizes_and_another_order_are_put_right() {
        let counted = || vec![observation(&[1, 2, 4]), observation(&[1, 2]), observation(&[1, 2, 4, 8])];
        let told = vec![told("a", 1, 4), told("b", 2, 100), told("c", 2, 4)];
        let expected = vec![vec![1, 2, 4, 4], vec![1, 2, 4], vec![100, 100]];
        assert_eq!(iterations(reconcile(counted(), &["c", "a", "b"], Some(told.clone()))), Some(expected));
        assert_eq!(iterations(reconcile(counted(), &["c", "a", "x"], Some(told.clone()))), None);
        assert_eq!(iterations(reconcile(counted(), &["c", "a"], Some(told))), None);
        assert_eq!(iterations(reconcile(counted(), &["x", "y", "z"], None)).map(|all| all.len()), Some(3));
    }

    #[test]
    fn of_a_single_one_the_name_is_known() {
        let one = |told| iterations(reconcile(vec![observation(&[1, 2])], &["a"], Some(told)));
        assert_eq!(one(vec![told("cut off", 2, 7)]), Some(vec![vec![7, 7]]));
        assert_eq!(one(vec![]), Some(vec![vec![1, 2]]));
    }
}
