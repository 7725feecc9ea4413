//! The SGD-SDE by the scheme of Heun, of weak order 2.

use super::path::Path;
use super::{Block, Facts, Noise, Process, with_room};
use crate::numerics::Backend;
use crate::problem::{Potential, Scratch};
use crate::random::Purpose;

/// The SGD-SDE dW = −∇L̃(W) dt + √s dB by P = W − h∇L̃(W) + √(s h) ξ, W ← W − ½h(∇L̃(W) + ∇L̃(P)) + √(s h) ξ, ξ ~ N(0, I_D)
/// (Heun; Kloeden, Platen 1992, chapter 15).
///
/// For smooth L̃ with Lipschitz gradient weak order 2 and, the noise being additive, strong order 1 in h, at two gradients a
/// step. It walks on the Brownian path of [`EulerMaruyama`](super::EulerMaruyama) with equal seed and finest step: the
/// difference of the two is the bias of the step with hardly any sampling error. Stable on a quadratic for h θ_max < 2.
pub struct Heun<'a> {
    potential: &'a dyn Potential,
    s: f64,
    dt: f64,
    path: Path,
    backend: Backend,
}

impl<'a> Heun<'a> {
    /// The process with noise scale `s` ≥ 0 and step `dt` > 0 (times t, the clock of SGD) on a Brownian path that is drawn
    /// with steps dt/`refinement` under `seed`.
    ///
    /// # Panics
    /// When s < 0, dt ≤ 0 or `refinement` is 0.
    pub fn new(potential: &'a dyn Potential, s: f64, dt: f64, refinement: u32, seed: u64) -> Self {
        assert!(s >= 0.0 && dt > 0.0 && refinement > 0, "s ≥ 0, dt > 0, refinement ≥ 1");
        let path = Path::new(seed, Purpose::Brownian, dt, refinement);
        Self { potential, s, dt, path, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for Heun<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "sgd-sde",
            rule: "W <- W - dt (grad L(W) + grad L(P))/2 + sqrt(s dt) N(0, I), P = W - dt grad L(W) + the same noise (Heun), \
                   for dW = -grad L dt + sqrt(s) dB",
            strong_order: Some(1.0),
            weak_order: 2.0,
            noise: "additive, isotropic",
            gradients_per_step: 2.0,
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

    fn room(&self, count: usize) -> usize {
        count * self.potential.dim()
    }

    fn noise(&self, count: usize) -> Noise {
        self.path.noise(count * self.potential.dim(), self.backend)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.path.draw((block.first, block.count()), step, block.dim, noise);
    }

    fn step(&self, block: &mut Block, _: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let (h, c) = (self.dt, (self.s * self.dt).sqrt());
        with_room(scratch, |room, scratch| {
            let predicted = &mut room[..block.weights.len()];
            self.potential.block_gradient(&block.weights, gradient, scratch);
            let normals = noise.normals.iter();
            for (((w, p), g), xi) in
                block.weights.iter_mut().zip(predicted.iter_mut()).zip(gradient.iter()).zip(normals)
            {
                *p = *w - h * g + c * xi;
                *w = *w - 0.5 * h * g + c * xi;
            }
            self.potential.block_gradient(predicted, gradient, scratch);
            block.weights.iter_mut().zip(gradient.iter()).for_each(|(w, g)| *w -= 0.5 * h * g);
        });
    }
}
