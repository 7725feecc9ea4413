//! The SGD-SDE by the scheme of Euler and Maruyama.

use super::path::Path;
use super::{Block, Facts, Noise, Process};
use crate::numerics::Backend;
use crate::problem::{Potential, Scratch};
use crate::random::Purpose;

/// The SGD-SDE dW = −∇L̃(W) dt + √s dB (Gopalani, Jha, Mukherjee, arXiv 2309.09258, eq. 3.4; Shi, Su, Jordan,
/// arXiv 2004.06977) by W ← W − h∇L̃(W) + √(s h) ξ, ξ ~ N(0, I_D).
///
/// Strong and weak order 1 in h for gradients that are Lipschitz, since the noise is additive. Stable on a quadratic only for h θ_max < 2. With h = s it is
/// "SGD with unit Gaussian noise".
pub struct EulerMaruyama<'a> {
    potential: &'a dyn Potential,
    s: f64,
    dt: f64,
    path: Path,
    backend: Backend,
}

impl<'a> EulerMaruyama<'a> {
    /// The process with noise scale `s` ≥ 0 and step `dt` > 0 (times t, the clock of SGD) under `seed`.
    pub fn new(potential: &'a dyn Potential, s: f64, dt: f64, seed: u64) -> Self {
        Self::on_refined_path(potential, s, dt, 1, seed)
    }

    /// The same on a Brownian path that is drawn with steps dt/`refinement`: each increment is the sum of `refinement`
    /// finer ones. Two processes with equal dt/`refinement` share one path, particle by particle.
    ///
    /// Cost: `refinement` times the noise.
    ///
    /// # Panics
    /// When s < 0, dt ≤ 0 or `refinement` is 0.
    pub fn on_refined_path(
        potential: &'a dyn Potential,
        s: f64,
        dt: f64,
        refinement: u32,
        seed: u64,
    ) -> Self {
        assert!(s >= 0.0 && dt > 0.0 && refinement > 0, "s ≥ 0, dt > 0, refinement ≥ 1");
        let path = Path::new(seed, Purpose::Brownian, dt, refinement);
        Self { potential, s, dt, path, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for EulerMaruyama<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "sgd-sde",
            rule: "W <- W - dt grad L(W) + sqrt(s dt) N(0, I), for dW = -grad L dt + sqrt(s) dB",
            strong_order: Some(1.0),
            weak_order: 1.0,
            noise: "additive, isotropic",
            gradients_per_step: 1.0,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.potential
    }

    fn step_length(&self) -> f64 {
        self.dt
    }

    fn noise_scale(&self) -> f64 {
        self.s
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

    fn step(
        &self,
        block: &mut Block,
        _step: u64,
        noise: &Noise,
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let normals = &noise.normals[..block.weights.len()];
        let sizes = [self.dt, (self.s * self.dt).sqrt()];
        self.potential.block_noisy_step(&mut block.weights, normals, sizes, gradient, scratch);
    }
}
