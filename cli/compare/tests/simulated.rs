//! How often the rule is wrong and how often it helps, with noise whose size is known.

use perfgate_harness::run::{Count, Counted, Outcome, Seeds};

use super::super::repeats_wanted;
use super::{judge, process};
use crate::comparison::{Comparison, Verdict};

const SEEDS: [(u32, u32); 9] = [(0, 0), (1, 1), (0, 0), (1, 0), (0, 1), (5, 5), (6, 6), (7, 7), (8, 8)];
const TRIALS: usize = 400;
/// Standard deviations of the difference of two repeats.
const NOISES: [f64; 5] = [0.000_5, 0.002, 0.005, 0.01, 0.03];

/// Random numbers that are the same in every run of the test: the generator is Knuth's MMIX.
struct Random(u64);

impl Random {
    /// Uniform from 0 to 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, of mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// A side of a million instructions times `factor`, with noise in every repeat, or one noise for each of the seeds.
fn side(random: &mut Random, factor: f64, noise: f64, repeatable: bool) -> Vec<Count> {
    let mut repeats: Vec<(Seeds, f64)> = Vec::new();
    for &(heap, of_random) in &SEEDS {
        let seeds = Seeds { heap, random: of_random, company: 0 };
        let before = repeats.iter().find(|(of, _)| *of == seeds && repeatable).map(|&(_, noise)| noise);
        let drawn = before.unwrap_or_else(|| noise / 2.0_f64.sqrt() * random.normal());
        repeats.push((seeds, drawn));
    }
    let count = |(seeds, noise): (Seeds, f64)| Count { seeds, ..process((1e6 * factor * (1.0 + noise)) as u64) };
    repeats.into_iter().map(count).collect()
}

/// Judges as a check does: five repeats, and nine where that is not enough.
fn checked(baseline: &[Count], candidate: &[Count]) -> Comparison {
    let counted = |repeats: &[Count]| Outcome::Counted(Counted { repeats: repeats.to_vec(), ..Counted::default() });
    let first = judge(Some(counted(&baseline[..5])), Some(counted(&candidate[..5])));
    if repeats_wanted(&first).is_none() {
        return first;
    }
    judge(Some(counted(baseline)), Some(counted(candidate)))
}

/// How many of the trials get a verdict.
fn count(random: &mut Random, factor: f64, noise: f64, repeatable: bool, verdict: Verdict) -> usize {
    let trial = |_: &usize| {
        let (base, cand) = (side(random, 1.0, noise, repeatable), side(random, factor, noise, repeatable));
        checked(&base, &cand).verdict == verdict
    };
    (0..TRIALS).filter(trial).count()
}

#[test]
fn what_did_not_change_is_hardly_ever_called_a_regression_whatever_its_noise() {
    let mut random = Random(1);
    let mut wrong = 0;
    for noise in NOISES {
        for repeatable in [true, false] {
            wrong += count(&mut random, 1.0, noise, repeatable, Verdict::Regression);
        }
    }
    assert!(wrong <= 1, "{wrong} of {}", TRIALS * NOISES.len() * 2);
}

#[test]
fn a_change_well_above_the_noise_is_found() {
    let mut random = Random(2);
    for (noise, factor) in [(0.000_5, 1.03), (0.002, 1.03), (0.01, 1.2)] {
        for repeatable in [true, false] {
            let found = count(&mut random, factor, noise, repeatable, Verdict::Regression);
            assert!(found >= TRIALS * 99 / 100, "{found} of {TRIALS} with noise {noise}");
        }
    }
}
