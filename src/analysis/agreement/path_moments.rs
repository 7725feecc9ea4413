//! Mean and covariance over time of what particles read along their paths, in one pass, mergeable.

use crate::parallel::Threads;

/// Readings of one quantity: times × particles, all particles of one time after another; not finite where a particle has
/// left the finite numbers.
#[derive(Debug, Clone, Copy)]
pub struct Paths<'a> {
    /// The readings.
    pub values: &'a [f64],
    /// How many particles there are.
    pub particles: usize,
}

impl<'a> Paths<'a> {
    /// # Panics
    /// When `values` is not a whole number of rows.
    pub fn new(values: &'a [f64], particles: usize) -> Self {
        assert!(particles > 0 && values.len().is_multiple_of(particles), "times × particles");
        Self { values, particles }
    }

    /// How many times there are.
    pub fn times(&self) -> usize {
        self.values.len() / self.particles
    }

    /// The reading of one particle at one time.
    pub fn at(&self, time: usize, particle: usize) -> f64 {
        self.values[time * self.particles + particle]
    }

    /// Σ_t weights_t φ_i(t) of each particle; not finite for a particle that has left the finite numbers at a time with weight.
    /// [`window_mean`](super::window_mean) and [`integral`](super::integral) give weights.
    ///
    /// # Panics
    /// When there is not one weight a time.
    pub fn functionals(&self, weights: &[f64]) -> Vec<f64> {
        assert_eq!(self.times(), weights.len(), "one weight a time");
        let mut sums = vec![0.0; self.particles];
        for (row, &weight) in self.values.chunks_exact(self.particles).zip(weights) {
            if weight != 0.0 {
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * x);
            }
        }
        sums
    }
}

/// Particles of one piece of work; a part of the result's rounding, so never derived from the number of threads.
const BLOCK: usize = 256;

/// Count, mean path and sums of products of deviations at two times, over independent particles. Merging those of two sets of
/// particles gives those of the union, so that rounds of further particles can be added (Chan, Golub, LeVeque, *The American
/// Statistician* 37, 1983, eq. 1.5, for products).
///
/// A path that is not finite at every time is left out whole and counted, so that every time has the same particles.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PathMoments {
    n: u64,
    left_out: u64,
    #[serde(with = "crate::packed")]
    mean: Vec<f64>,
    /// T × T; only u ≥ t is kept up to date.
    #[serde(with = "crate::packed")]
    products: Vec<f64>,
}

impl PathMoments {
    /// Whether they are moments at so many times.
    pub fn fits(&self, times: usize) -> bool {
        self.mean.len() == times && times.checked_mul(times) == Some(self.products.len())
    }

    /// Of no path yet, at `times` times.
    pub fn empty(times: usize) -> Self {
        Self { n: 0, left_out: 0, mean: vec![0.0; times], products: vec![0.0; times * times] }
    }

    /// Of φ along the paths of one process. Cost: particles × times² / 2 multiplications.
    pub fn of(paths: &Paths, threads: &Threads) -> Self {
        Self::blockwise(paths.times(), paths.particles, threads, |t, i| paths.at(t, i))
    }

    /// Of the differences φ(a_i) − φ(b_i) of the first common particles: those of one number share their start and, between
    /// processes that can, their noise. Same cost.
    ///
    /// # Panics
    /// When the times of a and b are not equally many.
    pub fn paired(a: &Paths, b: &Paths, threads: &Threads) -> Self {
        assert_eq!(a.times(), b.times(), "a and b are read at the same times");
        let particles = a.particles.min(b.particles);
        Self::blockwise(a.times(), particles, threads, |t, i| a.at(t, i) - b.at(t, i))
    }

    fn blockwise(
        times: usize,
        particles: usize,
        threads: &Threads,
        reading: impl Fn(usize, usize) -> f64 + Sync + Send,
    ) -> Self {
        let mut starts: Vec<usize> = (0..particles).step_by(BLOCK).collect();
        let parts = threads.map(&mut starts, Vec::new, |start, path: &mut Vec<f64>| {
            let mut part = Self::empty(times);
            for i in *start..(*start + BLOCK).min(particles) {
                path.clear();
                path.extend((0..times).map(|t| reading(t, i)));
                part.push(path);
            }
            part
        });
        let mut all = Self::empty(times);
        parts.iter().for_each(|part| all.merge(part));
        all
    }

    /// Adds one path.
    ///
    /// # Panics
    /// When its length is not the number of times.
    pub fn push(&mut self, path: &[f64]) {
        assert_eq!(path.len(), self.mean.len(), "one reading a time");
        if !path.iter().all(|x| x.is_finite()) {
            self.left_out += 1;
            return;
        }
        let shift: Vec<f64> = path.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
        self.n += 1;
        let n = self.n as f64;
        self.add_products(&shift, (n - 1.0) / n);
        self.mean.iter_mut().zip(&shift).for_each(|(mean, d)| *mean += d / n);
    }

    /// Adds all paths of `other`, which has the same times.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.mean.len(), other.mean.len(), "the same times");
        self.left_out += other.left_out;
        if other.n == 0 {
            return;
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let shift: Vec<f64> = other.mean.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
        self.products.iter_mut().zip(&other.products).for_each(|(x, y)| *x += y);
        self.add_products(&shift, a * b / (a + b));
        self.mean.iter_mut().zip(&shift).for_each(|(mean, d)| *mean += d * (b / (a + b)));
        self.n += other.n;
    }

    fn add_products(&mut self, shift: &[f64], weight: f64) {
        for (t, row) in self.products.chunks_exact_mut(shift.len()).enumerate() {
            let factor = weight * shift[t];
            row[t..].iter_mut().zip(&shift[t..]).for_each(|(sum, d)| *sum += factor * d);
        }
    }

    /// How many paths went in.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// How many paths were left out because they are not finite.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The mean path.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The covariance of the *mean* at two times, T × T; `None` below two paths, and where squares overflow.
    pub fn covariance_of_mean(&self) -> Option<Vec<f64>> {
        let times = self.mean.len();
        let scale = 1.0 / (self.n as f64 * self.n.saturating_sub(1) as f64);
        let entry = |k: usize| {
            let (t, u) = (k / times, k % times);
            self.products[t.min(u) * times + t.max(u)] * scale
        };
        let all: Vec<f64> = (0..times * times).map(entry).collect();
        (self.n > 1 && all.iter().all(|x| x.is_finite())).then_some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(t: usize, i: usize) -> f64 {
        ((3 * t + 7 * i) as f64).sin() + if t == 0 { 0.0 } else { 1e3 }
    }

    #[test]
    fn blocks_on_any_number_of_threads_are_the_whole() {
        let (times, particles) = (4, 3 * BLOCK + 17);
        let values: Vec<f64> = (0..times).flat_map(|t| (0..particles).map(move |i| wave(t, i))).collect();
        let paths = Paths::new(&values, particles);
        let [one, three] = [1, 3].map(|n| PathMoments::of(&paths, &Threads::new(n).unwrap()));
        assert_eq!(one, three);
        let n = particles as f64;
        let mean = |t: usize| (0..particles).map(|i| paths.at(t, i)).sum::<f64>() / n;
        let covariance = one.covariance_of_mean().unwrap();
        for t in 0..times {
            assert!((one.mean()[t] - mean(t)).abs() < 1e-11);
            for u in 0..times {
                let sum: f64 =
                    (0..particles).map(|i| (paths.at(t, i) - mean(t)) * (paths.at(u, i) - mean(u))).sum();
                let want = sum / (n - 1.0) / n;
                assert!((covariance[t * times + u] - want).abs() < 1e-12, "{t} {u}");
            }
        }
    }

    #[test]
    fn pairs_are_subtracted_and_lost_paths_are_left_out_whole() {
        let threads = Threads::new(1).unwrap();
        let a = [1.0, 2.0, 3.0, 9.0, 5.0, 6.0, f64::NAN, 9.0];
        let b = [0.0, 0.0, 1.0, 2.0, 4.0, 1.0];
        let moments = PathMoments::paired(&Paths::new(&a, 4), &Paths::new(&b, 3), &threads);
        // Differences (1, 3), (2, 2) and (2, not finite).
        assert_eq!((moments.n(), moments.left_out()), (2, 1));
        assert_eq!(moments.mean(), [1.5, 2.5]);
        assert_eq!(moments.covariance_of_mean().unwrap(), [0.25, -0.25, -0.25, 0.25]);
        assert_eq!(PathMoments::empty(2).covariance_of_mean(), None);
    }
}
