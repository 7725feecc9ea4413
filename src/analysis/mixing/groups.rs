//! Particles in groups: sums a group, so that a resample costs as much as there are groups.

use crate::random::{Key, Purpose};
use rand::RngExt;

/// The most groups; their sums are what is resampled. With 64 the error of a standard error is 9 %.
pub(super) const GROUPS: usize = 64;
/// The fewest: below it, Student's correction does not save the interval.
pub(super) const FEWEST_GROUPS: usize = 16;
/// Resamples of a bootstrap: they add 3.5 % to the error of a standard error, less than 64 groups do.
pub(super) const RESAMPLES: usize = 400;

/// Parts of a cross-validation: group g is judged by what the groups outside part g mod 8 give. Eight parts leave seven
/// eighths of the data to each training.
pub(super) const FOLDS: usize = 8;

/// How many groups `particles` particles make; `None` below [`FEWEST_GROUPS`] particles.
pub(super) fn group_count(particles: usize) -> Option<usize> {
    // A multiple, so that the parts of a cross-validation are of equal size.
    (particles >= FEWEST_GROUPS).then(|| particles.min(GROUPS) / FOLDS * FOLDS)
}

/// The group of particle number `rank` of `particles`: groups are runs of particles, equal in length up to one.
pub(super) fn group_of(rank: usize, particles: usize, groups: usize) -> usize {
    rank * groups / particles
}

/// `count` resamples of `groups` groups with replacement: how often each group is drawn.
///
/// The draws are scaled about their mean by √(G/(G−1)), so that the variance over resamples is the unbiased one.
pub(super) fn resamples(groups: usize, count: usize, seed: u64, tag: u64) -> Vec<Vec<f64>> {
    let key = Key::new(seed, Purpose::Resample).tagged(tag);
    let scale = (groups as f64 / (groups as f64 - 1.0)).sqrt();
    (0..count as u64)
        .map(|number| {
            let mut stream = key.stream(number, 0);
            let mut drawn = vec![0.0; groups];
            (0..groups).for_each(|_| drawn[stream.random_range(0..groups)] += 1.0);
            drawn.iter().map(|n| 1.0 + scale * (n - 1.0)).collect()
        })
        .collect()
}

/// Sums of curves over the particles of each group.
pub(super) struct GroupCurves {
    /// Points of a curve.
    pub points: usize,
    /// Particles a group.
    pub counts: Vec<f64>,
    /// Sums, groups × points.
    pub sums: Vec<f64>,
}

impl GroupCurves {
    /// No particle yet.
    pub fn new(groups: usize, points: usize) -> Self {
        Self { points, counts: vec![0.0; groups], sums: vec![0.0; groups * points] }
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.counts.len()
    }

    /// The sums of group `g`.
    pub fn of(&self, g: usize) -> &[f64] {
        &self.sums[g * self.points..][..self.points]
    }

    /// The mean curve when group g counts `times[g]` times.
    pub fn mean(&self, times: &[f64]) -> Vec<f64> {
        let mut curve = vec![0.0; self.points];
        let total: f64 = times.iter().zip(&self.counts).map(|(m, n)| m * n).sum();
        for (g, times) in times.iter().enumerate() {
            curve.iter_mut().zip(self.of(g)).for_each(|(c, s)| *c += times / total * s);
        }
        curve
    }

    /// The mean curve and its standard errors.
    pub fn mean_and_errors(&self) -> (Vec<f64>, Vec<f64>) {
        let groups = self.groups() as f64;
        let mean = self.mean(&vec![1.0; self.groups()]);
        let total: f64 = self.counts.iter().sum();
        let mut squares = vec![0.0; self.points];
        for (g, count) in self.counts.iter().enumerate() {
            for ((square, sum), m) in squares.iter_mut().zip(self.of(g)).zip(&mean) {
                *square += ((sum - count * m) / total).powi(2);
            }
        }
        let errors = squares.iter().map(|q| (q * groups / (groups - 1.0)).sqrt()).collect();
        (mean, errors)
    }
}

/// The standard deviation of numbers; not finite where one of them is not, or below two.
pub(super) fn deviation(numbers: &[f64]) -> f64 {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_resampled_means_is_the_standard_error() {
        let groups = 32;
        let mut curves = GroupCurves::new(groups, 1);
        for g in 0..groups {
            curves.counts[g] = 5.0;
            curves.sums[g] = 5.0 * (g as f64).sin();
        }
        let (_, errors) = curves.mean_and_errors();
        let count = 40_000;
        let means: Vec<f64> = resamples(groups, count, 1, 0).iter().map(|t| curves.mean(t)[0]).collect();
        // The relative error of a standard deviation of 40 000 numbers is 1/√80 000 = 0.35 %.
        assert!((deviation(&means) / errors[0] - 1.0).abs() < 5.0 * 0.0036);
    }

    #[test]
    fn groups_are_runs_of_nearly_equal_length() {
        let groups = group_count(1000).unwrap();
        let mut counts = vec![0; groups];
        (0..1000).for_each(|rank| counts[group_of(rank, 1000, groups)] += 1);
        assert!(counts.iter().all(|&n| n == 15 || n == 16));
        assert_eq!(group_count(15), None);
        assert_eq!(group_count(21), Some(16));
    }
}
