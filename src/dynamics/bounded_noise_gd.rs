//! Gradient descent with bounded noise and steps that shrink.

use super::path::Path;
use super::{Block, Facts, Noise, Process};
use crate::numerics::{Backend, gradient_update};
use crate::problem::{Potential, Scratch};
use crate::random::Purpose;

/// Steps of Robbins and Monro, η_k = γ/(k + n₀)^q = η₀ (n₀/(k + n₀))^q with γ = η₀ n₀^q.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShrinkingSteps {
    /// η₀ > 0, the first step.
    pub first: f64,
    /// n₀ > 0: after this many steps they have begun to shrink.
    pub offset: f64,
    /// q ≥ 0; Robbins and Monro ask for ½ < q ≤ 1, 0 keeps the steps constant.
    pub exponent: f64,
}

impl ShrinkingSteps {
    /// η_k.
    pub fn at(&self, k: u64) -> f64 {
        self.first * (self.offset / (k as f64 + self.offset)).powf(self.exponent)
    }
}

/// W ← W − η_k(∇L̃(W) + √ρ Z) with Z uniform on the unit sphere of R^D: noise of the constant size √ρ, whatever the risk is,
/// as in the negative result of An and Lu (arXiv 2304.09221).
///
/// **The clock counts steps**: t = kη₀, with η₀ the first step, is a nominal time, not Σ η_j. Weak order 1 in η₀ towards gradient flow
/// for q = 0, none declared else. Noise scale 0, as for
/// [`ScaledNoiseGd`](super::ScaledNoiseGd); Z = ξ/‖ξ‖ of its normals with the same η₀. Cost: one gradient a step.
pub struct BoundedNoiseGd<'a> {
    potential: &'a dyn Potential,
    steps: ShrinkingSteps,
    variance: f64,
    path: Path,
    backend: Backend,
}

impl<'a> BoundedNoiseGd<'a> {
    /// Gradient descent with `steps` and noise of variance ρ = `variance` ≥ 0.
    ///
    /// # Panics
    /// When a number is out of its range.
    pub fn new(potential: &'a dyn Potential, steps: ShrinkingSteps, variance: f64, seed: u64) -> Self {
        let ShrinkingSteps { first, offset, exponent } = steps;
        assert!(first > 0.0 && offset > 0.0 && exponent >= 0.0 && variance >= 0.0, "η₀, n₀ > 0, q, ρ ≥ 0");
        let path = Path::new(seed, Purpose::Brownian, first, 1);
        Self { potential, steps, variance, path, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for BoundedNoiseGd<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "bounded-noise-gd",
            rule: "W <- W - step (n0/(k + n0))^q (grad L(W) + sqrt(variance) Z), Z uniform on the unit sphere",
            strong_order: None,
            // For q = 0.
            weak_order: 1.0,
            noise: "isotropic, of constant size",
            gradients_per_step: 1.0,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.potential
    }

    fn step_length(&self) -> f64 {
        self.steps.first
    }

    fn noise_scale(&self) -> f64 {
        0.0
    }

    fn backend(&self) -> Backend {
        self.backend
    }

    fn noise(&self, count: usize) -> Noise {
        self.path.noise(count * self.potential.dim(), self.backend)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.path.draw((block.first, block.count()), step, block.dim, noise);
    }

    fn step(&self, block: &mut Block, k: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let (dim, step) = (block.dim, self.steps.at(k));
        self.potential.block_gradient(&block.weights, gradient, scratch);
        for (xi, g) in noise.normals.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)) {
            let length = xi.iter().map(|x| x * x).sum::<f64>().sqrt();
            // A draw of zeros has no direction; it stands for no noise.
            let size = if length > 0.0 { self.variance.sqrt() / length } else { 0.0 };
            g.iter_mut().zip(xi).for_each(|(g, xi)| *g += size * xi);
        }
        gradient_update(self.backend, &mut block.weights, gradient, step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_shrink_as_robbins_and_monro_ask() {
        let steps = ShrinkingSteps { first: 0.1, offset: 10.0, exponent: 0.75 };
        let gamma = 0.1 * 10.0_f64.powf(0.75);
        assert_eq!(steps.at(0), 0.1);
        for k in [1, 10, 1000] {
            assert!((steps.at(k) / (gamma / (k as f64 + 10.0).powf(0.75)) - 1.0).abs() < 1e-14);
        }
        assert_eq!(ShrinkingSteps { exponent: 0.0, ..steps }.at(77), 0.1);
    }
}
