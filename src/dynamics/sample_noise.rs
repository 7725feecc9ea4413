//! The Gaussian noise that has the covariance of minibatches: a normal weight for every data row.

use super::path::Path;
use super::{Block, Minibatches, Noise};
use crate::numerics::Backend;
use crate::random::Purpose;

/// Weights ω_i = base + κ(g_i − ḡ), g_i independent N(0, 1), κ = √(s n c/(b h)), with c = 1 for batches with replacement and
/// (n − b)/(n − 1) without.
///
/// h/n Σ ω_i ∇ℓ_i has the covariance (h²κ²/n) Σ = (s h c/b) Σ, Σ = (1/n)Σ∇ℓ_i∇ℓ_iᵀ − ∇L∇Lᵀ, since the g_i − ḡ have the
/// covariance I − 11ᵀ/n: that of √(s c/b) Σ^{1/2} dB over the time h. The g_i are increments of one n-dimensional path:
/// processes with the same rows, seed and finest step share it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampleNoise {
    path: Path,
    samples: usize,
    amplitude: f64,
}

impl SampleNoise {
    /// The noise of `batches` of `samples` rows over steps of `dt`, drawn with steps dt/`refinement`.
    ///
    /// # Panics
    /// For batches by epochs, s < 0, dt ≤ 0, `refinement` or batch 0, and more than n rows without replacement.
    pub fn new(batches: Minibatches, samples: usize, dt: f64, refinement: u32, seed: u64) -> Self {
        let s = batches.s;
        assert!(s >= 0.0 && dt > 0.0 && refinement > 0, "s ≥ 0, dt > 0, refinement ≥ 1");
        let share =
            batches.noise_share(samples).expect("the noise of an epoch is not independent from step to step");
        let amplitude = (s * samples as f64 * share / dt).sqrt();
        Self { path: Path::new(seed, Purpose::Sample, dt, refinement), samples, amplitude }
    }

    /// Room for the noise of a block of `count` particles.
    pub fn noise(&self, count: usize, backend: Backend) -> Noise {
        self.path.noise(count * self.samples, backend)
    }

    /// The g_i of step number `step`, n a particle.
    pub fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.path.draw((block.first, block.count()), step, self.samples, noise);
    }

    /// How many weights `count` particles have.
    pub fn len(&self, count: usize) -> usize {
        count * self.samples
    }

    /// ω of each particle into `weights`.
    pub fn weigh(&self, base: f64, noise: &Noise, weights: &mut [f64]) {
        let particles = noise.normals.chunks_exact(self.samples);
        for (normals, weights) in particles.zip(weights.chunks_exact_mut(self.samples)) {
            let mean = sum(normals) / self.samples as f64;
            weights.iter_mut().zip(normals).for_each(|(w, g)| *w = base + self.amplitude * (g - mean));
        }
    }
}

/// The sum in eight lanes: several times as fast as one after another, in an order that is as fixed.
fn sum(numbers: &[f64]) -> f64 {
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane += x);
    }
    lanes.iter().chain(rest).sum()
}
