//! Gradient descent with noise whose variance is a function of the risk.

use super::path::Path;
use super::{Block, Facts, Noise, Process};
use crate::numerics::{Backend, gradient_update};
use crate::problem::{Potential, Scratch};
use crate::random::Purpose;
use serde::{Deserialize, Serialize};

/// ρ(F) = σ min(F, cap)^q, the variance of the noise of one stochastic gradient as a function of the risk F ≥ 0.
///
/// q = 1 without cap is *machine-learning noise* (Wojtowytsch, arXiv 2105.01650; An, Lu, arXiv 2304.09221): it vanishes at every
/// global minimum of risk 0, as that of minibatches does. q = 0 is noise of constant variance σ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseLaw {
    /// σ ≥ 0; for q = 1 a squared gradient per risk.
    pub sigma: f64,
    /// q ≥ 0.
    #[serde(default = "one")]
    pub exponent: f64,
    /// The risk beyond which the noise no longer grows, > 0; by default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<f64>,
}

fn one() -> f64 {
    1.0
}

impl NoiseLaw {
    /// ρ(F).
    pub fn variance(&self, risk: f64) -> f64 {
        self.sigma * self.cap.map_or(risk, |cap| risk.min(cap)).max(0.0).powf(self.exponent)
    }
}

/// W ← W − η(∇L̃(W) + √ρ(L̃(W)) Z), Z ~ N(0, I/D), on the clock t = kη: E‖Z‖² = 1, so that ρ is the *whole* variance of the
/// stochastic gradient, whatever D is (An, Lu, arXiv 2304.09221, where E‖Z‖² ≤ 1).
///
/// For potentials with L̃ ≥ 0. It has no stationary density of the form exp(−2L̃/s): its noise scale is given as 0. Cost: one
/// gradient a step. Normals are those of [`EulerMaruyama`](super::EulerMaruyama) with dt = η, so laws ρ are compared on one path.
pub struct ScaledNoiseGd<'a> {
    potential: &'a dyn Potential,
    step: f64,
    noise: NoiseLaw,
    path: Path,
    backend: Backend,
}

impl<'a> ScaledNoiseGd<'a> {
    /// Gradient descent with step η = `step` > 0 and noise of variance ρ = `noise`.
    ///
    /// # Panics
    /// When η ≤ 0, σ < 0, q < 0 or the cap is not above 0.
    pub fn new(potential: &'a dyn Potential, step: f64, noise: NoiseLaw, seed: u64) -> Self {
        let NoiseLaw { sigma, exponent, cap } = noise;
        assert!(step > 0.0 && sigma >= 0.0 && exponent >= 0.0, "η > 0, σ ≥ 0, q ≥ 0");
        assert!(cap.is_none_or(|cap| cap > 0.0), "cap > 0");
        let path = Path::new(seed, Purpose::Brownian, step, 1);
        Self { potential, step, noise, path, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for ScaledNoiseGd<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "scaled-noise-gd",
            rule: "W <- W - step (grad L(W) + sqrt(sigma min(L(W), cap)^q) Z), Z ~ N(0, I/D)",
            strong_order: None,
            weak_order: 1.0,
            noise: "isotropic, variance a function of the risk",
            gradients_per_step: 1.0,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.potential
    }

    fn step_length(&self) -> f64 {
        self.step
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

    fn step(&self, block: &mut Block, _: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let dim = block.dim;
        let particles = block.weights.chunks_exact(dim).zip(noise.normals.chunks_exact(dim));
        for ((w, xi), g) in particles.zip(gradient.chunks_exact_mut(dim)) {
            let risk = self.potential.value_gradient(w, g, scratch);
            let size = (self.noise.variance(risk) / dim as f64).sqrt();
            g.iter_mut().zip(xi).for_each(|(g, xi)| *g += size * xi);
        }
        gradient_update(self.backend, &mut block.weights, gradient, self.step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variance_is_the_law() {
        let law = |exponent, cap| NoiseLaw { sigma: 3.0, exponent, cap };
        assert_eq!(law(1.0, None).variance(2.0), 6.0);
        assert_eq!(law(2.0, None).variance(2.0), 12.0);
        assert_eq!((law(0.0, None).variance(2.0), law(0.0, None).variance(0.0)), (3.0, 3.0));
        assert_eq!((law(1.0, Some(0.5)).variance(2.0), law(1.0, Some(0.5)).variance(0.25)), (1.5, 0.75));
        assert_eq!(law(1.0, None).variance(-1e-18), 0.0);
    }
}
