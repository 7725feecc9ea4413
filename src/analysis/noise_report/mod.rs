//! The noise of minibatches along SGD's path, and whether the isotropic SGD-SDE is the right model of it.
//!
//! One step of SGD has the noise covariance s² f Σ(W), f = 1/b with replacement and (n − b)/(b(n − 1)) without; the isotropic
//! SDE dW = −∇L̃ dt + √s dB has s² I over the time s. The second is a model of the first only where f Σ ≈ I.

mod batch;
mod point;
mod rows;
#[cfg(test)]
mod tests;
mod verdict;

pub use batch::{NoiseShape, batch_shape, noise_factor};
pub use point::{NoiseAt, Structure, noise_at, noise_trace};
pub use verdict::{EIGENVALUE_SCATTER, TEMPERATURE_FACTOR, Verdict};

use crate::dynamics::{Minibatches, Sampling};
use crate::estimates::{Estimate, Moments};
use crate::parallel::Threads;
use crate::problem::FiniteSum;
use crate::random::Key;

/// Means over particles at one time, each with its standard error over the particles; the data rows are fixed. `None` where
/// no particle had the number: no noise at all, or a direction that is not defined.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseReport {
    /// Particles whose gradients were finite.
    pub particles: u64,
    /// D.
    pub dim: usize,
    /// How the batches are drawn.
    pub sampling: Sampling,
    /// tr Σ.
    pub trace: Option<Estimate>,
    /// f tr Σ/D: 1 in the isotropic SDE. In a quadratic valley with constant Σ the stationary excess of SGD for small s is
    /// this many times the D s/4 of the isotropic SDE, whatever the shape of Σ: HC + CH = s f Σ for the covariance C of W
    /// gives the excess ½ tr HC = s f tr Σ/4. For epochs it is that of each single batch.
    pub temperature: Option<Estimate>,
    /// The share of the largest eigenvalue of Σ in tr Σ.
    pub top_share: Option<Estimate>,
    /// The share of the four largest.
    pub four_share: Option<Estimate>,
    /// (tr Σ)²/tr Σ², from 1 to D.
    pub participation: Option<Estimate>,
    /// tr(HΣ)/(‖H‖_F ‖Σ‖_F); that the noise of SGD follows the Hessian, and what it does to the way out of a minimum
    /// through tr(HΣ), is observed by Zhu, Wu, Yu, Wu, Ma, ICML 2019 (arXiv 1803.00195). The normalisation is ours.
    pub hessian_cosine: Option<Estimate>,
    /// What it would be with isotropic noise, tr H/(√D ‖H‖_F).
    pub isotropic_cosine: Option<Estimate>,
    /// |⟨u, v⟩| of the leading eigenvectors of Σ and H.
    pub direction_cosine: Option<Estimate>,
    /// Along the leading eigenvector of Σ.
    pub leading: Shape,
    /// Along random directions.
    pub random: Shape,
    /// The largest residual of a leading eigenvalue, by the largest eigenvalue.
    pub residual: f64,
}

/// The law of one minibatch's noise along a direction: each number 0 for a Gaussian. Exact for each particle from its rows,
/// not from drawn batches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// |γ₁|: directions have no sign.
    pub skewness: Option<Estimate>,
    /// γ₂.
    pub excess_kurtosis: Option<Estimate>,
    /// Minibatches after which a test sees it ([`NoiseShape::visible_after`]), with the means of |γ₁| and γ₂.
    pub visible_after: Option<f64>,
}

impl NoiseReport {
    /// The noise of `batches` over `points`, particles of SGD at one time (D numbers each, one after another).
    ///
    /// Particle i draws from the streams (i, ·) of `key`; the result does not depend on the number of threads. `None` where
    /// no particle has finite gradients. Cost and errors of a particle: [`noise_at`].
    ///
    /// # Panics
    /// Unless `points` is a multiple of D ≥ 1 numbers, and for a batch of 0.
    pub fn new(
        sum: &dyn FiniteSum,
        batches: Minibatches,
        points: &[f64],
        key: Key,
        threads: &Threads,
    ) -> Option<Self> {
        let dim = sum.dim();
        assert!(dim > 0 && points.len().is_multiple_of(dim), "points hold D numbers each");
        assert!(batches.batch > 0, "batch ≥ 1");
        let mut numbered: Vec<(u64, &[f64])> = (0..).zip(points.chunks_exact(dim)).collect();
        let found = threads.map(
            &mut numbered,
            || sum.scratch(),
            |&mut (i, w), scratch| noise_at(sum, w, (key, i), scratch),
        );
        let found: Vec<NoiseAt> = found.into_iter().flatten().collect();
        (!found.is_empty()).then(|| Self::of(&found, batches, (dim, sum.samples())))
    }

    fn of(found: &[NoiseAt], batches: Minibatches, (dim, samples): (usize, usize)) -> Self {
        let factor = noise_factor(batches, samples);
        let traces = || found.iter().map(|at| at.trace);
        let structures = || found.iter().filter_map(|at| at.structure.as_ref().map(|s| (at.trace, s)));
        let mean = |of: &dyn Fn(f64, &Structure) -> Option<f64>| {
            Moments::of(structures().filter_map(|(trace, s)| of(trace, s))).estimate()
        };
        let shape = |moments: &[f64; 3]| batch_shape(*moments, batches, samples);
        let leading: Vec<Vec<NoiseShape>> =
            structures().map(|(_, s)| shape(&s.leading_moments).into_iter().collect()).collect();
        let random: Vec<Vec<NoiseShape>> =
            structures().map(|(_, s)| s.random_moments.iter().filter_map(shape).collect()).collect();
        Self {
            particles: found.len() as u64,
            dim,
            sampling: batches.sampling,
            trace: Moments::of(traces()).estimate(),
            temperature: Moments::of(traces().map(|trace| factor * trace / dim as f64)).estimate(),
            top_share: mean(&|trace, s| s.leading.first().map(|top| top / trace)),
            four_share: mean(&|trace, s| Some(s.leading.iter().sum::<f64>() / trace)),
            participation: mean(&|_, s| Some(s.participation)),
            hessian_cosine: mean(&|_, s| Some(s.hessian_cosine)),
            isotropic_cosine: mean(&|_, s| Some(s.isotropic_cosine)),
            direction_cosine: mean(&|_, s| s.direction_cosine),
            leading: Shape::over(&leading),
            random: Shape::over(&random),
            residual: structures()
                .filter_map(|(_, s)| s.leading.first().map(|top| s.residual / top))
                .fold(0.0, f64::max),
        }
    }
}

impl Shape {
    /// Each particle's mean over its directions, then the mean over particles: those are independent, the directions of one
    /// particle are not.
    fn over(particles: &[Vec<NoiseShape>]) -> Self {
        let mean = |of: &dyn Fn(&NoiseShape) -> f64| {
            let own = particles.iter().filter(|shapes| !shapes.is_empty());
            Moments::of(own.map(|shapes| shapes.iter().map(of).sum::<f64>() / shapes.len() as f64)).estimate()
        };
        let (skewness, excess_kurtosis) = (mean(&|s| s.skewness.abs()), mean(&|s| s.excess_kurtosis));
        let visible_after = skewness.zip(excess_kurtosis).map(|(skewness, kurtosis)| {
            NoiseShape { skewness: skewness.value, excess_kurtosis: kurtosis.value }.visible_after()
        });
        Self { skewness, excess_kurtosis, visible_after }
    }
}
