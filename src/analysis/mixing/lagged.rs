//! Lagged covariances of stationary readings, a group of particles at a time.

use super::groups::{GroupCurves, group_of};
use super::slowest::StationaryReadings;
use crate::parallel::Threads;

/// Multiply–adds that the lagged matrices may cost; more time origins are thinned.
const BUDGET: f64 = 3e9;
/// Lags of the matrices: 1, 2, 3, 4, 6, 8, 12, … up to half the readings.
const MOST_LAGS: usize = 14;
/// Lags of the coordinate's own correlation: the first 60 all, then thinned.
const DENSE_LAGS: usize = 60;

/// Which particles count, in groups, and the mean of every function over them.
pub(super) struct Grouped<'a> {
    pub readings: &'a StationaryReadings<'a>,
    /// Numbers of the particles of each group.
    pub members: Vec<Vec<usize>>,
    /// Means over particles and times.
    pub centre: Vec<f64>,
}

/// Sums over the particles of a group and the time origins, divided by the number of origins.
pub(super) struct LaggedSums {
    /// Particles.
    pub count: f64,
    /// Σ x xᵀ over all times, m × m.
    pub instant: Vec<f64>,
    /// Σ x_t x_{t+τ}ᵀ for each lag, m × m each.
    pub lagged: Vec<Vec<f64>>,
}

impl<'a> Grouped<'a> {
    /// Splits `finite` particles into `groups` runs.
    pub fn new(readings: &'a StationaryReadings<'a>, finite: &[usize], groups: usize) -> Self {
        let mut members = vec![Vec::new(); groups];
        for (rank, &i) in finite.iter().enumerate() {
            members[group_of(rank, finite.len(), groups)].push(i);
        }
        let mut centre = vec![0.0; readings.functions];
        for t in 0..readings.times {
            for &i in finite {
                centre.iter_mut().zip(readings.of(t, i)).for_each(|(c, x)| *c += x);
            }
        }
        centre.iter_mut().for_each(|c| *c /= (finite.len() * readings.times) as f64);
        Self { readings, members, centre }
    }

    /// The centred readings of one particle, times × functions.
    fn centred(&self, i: usize, out: &mut [f64]) {
        let m = self.readings.functions;
        for (t, row) in out.chunks_exact_mut(m).enumerate() {
            for ((o, x), c) in row.iter_mut().zip(self.readings.of(t, i)).zip(&self.centre) {
                *o = x - c;
            }
        }
    }

    /// The lags of the matrices, in numbers of readings.
    pub fn matrix_lags(&self) -> Vec<usize> {
        let longest = self.readings.times / 2;
        let powers = (0..).map(|k: u32| if k.is_multiple_of(2) { 1 << (k / 2) } else { 3 << (k / 2) >> 1 });
        let mut lags: Vec<usize> = powers.take(2 * MOST_LAGS).filter(|&l| l > 0 && l <= longest).collect();
        lags.sort_unstable();
        lags.dedup();
        lags.truncate(MOST_LAGS);
        lags
    }

    /// The sums of every group for `lags`.
    pub fn sums(&self, lags: &[usize], threads: &Threads) -> Vec<LaggedSums> {
        let StationaryReadings { times, functions: m, .. } = *self.readings;
        let particles: usize = self.members.iter().map(Vec::len).sum();
        let cost = (particles * times * m * m * (lags.len() + 1)) as f64;
        let stride = (cost / BUDGET).ceil().max(1.0) as usize;
        let mut groups: Vec<usize> = (0..self.members.len()).collect();
        threads.map(
            &mut groups,
            || vec![0.0; times * m],
            |&mut g, path| {
                let members = &self.members[g];
                let mut sums = LaggedSums {
                    count: members.len() as f64,
                    instant: vec![0.0; m * m],
                    lagged: vec![vec![0.0; m * m]; lags.len()],
                };
                for &i in members {
                    self.centred(i, path);
                    add_products(path, m, 0, stride, &mut sums.instant);
                    for (matrix, &lag) in sums.lagged.iter_mut().zip(lags) {
                        add_products(path, m, lag, stride, matrix);
                    }
                }
                sums
            },
        )
    }

    /// The correlation curve of the coordinate `vector(g)`ᵀφ of each group at lags 0, 1, …, and the lags; the second curve
    /// holds the sums of its mean over all times, over the first third and over the last third.
    pub fn correlation(&self, vector: impl Fn(usize) -> Vec<f64>) -> (Vec<usize>, GroupCurves, GroupCurves) {
        let StationaryReadings { times, functions: m, .. } = *self.readings;
        let longest = times / 2;
        let thin = longest.saturating_sub(DENSE_LAGS).div_ceil(DENSE_LAGS).max(1);
        let lags: Vec<usize> =
            (0..longest.min(DENSE_LAGS)).chain((DENSE_LAGS..=longest).step_by(thin)).collect();
        let mut curves = GroupCurves::new(self.members.len(), lags.len());
        let mut means = GroupCurves::new(self.members.len(), 3);
        let (mut path, mut u) = (vec![0.0; times * m], vec![0.0; times]);
        for (g, members) in self.members.iter().enumerate() {
            let v = vector(g);
            curves.counts[g] = members.len() as f64;
            means.counts[g] = members.len() as f64;
            for &i in members {
                self.centred(i, &mut path);
                for (u, x) in u.iter_mut().zip(path.chunks_exact(m)) {
                    *u = x.iter().zip(&v).map(|(x, v)| x * v).sum();
                }
                let sums = &mut curves.sums[g * lags.len()..][..lags.len()];
                for (sum, &lag) in sums.iter_mut().zip(&lags) {
                    let products: f64 = u[lag..].iter().zip(&u).map(|(a, b)| a * b).sum();
                    *sum += products / (times - lag) as f64;
                }
                let third = (times / 3).max(1);
                for (sum, part) in
                    means.sums[3 * g..3 * g + 3].iter_mut().zip([&u[..], &u[..third], &u[times - third..]])
                {
                    *sum += part.iter().sum::<f64>() / part.len() as f64;
                }
            }
        }
        (lags, curves, means)
    }
}

/// Adds the mean over time origins of x_t x_{t+lag}ᵀ.
fn add_products(path: &[f64], m: usize, lag: usize, stride: usize, to: &mut [f64]) {
    let times = path.len() / m;
    let origins = (times - lag).div_ceil(stride);
    let scale = 1.0 / origins as f64;
    for t in (0..times - lag).step_by(stride) {
        let later = &path[(t + lag) * m..(t + lag + 1) * m];
        for (row, x) in to.chunks_exact_mut(m).zip(&path[t * m..(t + 1) * m]) {
            let factor = x * scale;
            row.iter_mut().zip(later).for_each(|(r, y)| *r += factor * y);
        }
    }
}
