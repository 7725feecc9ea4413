//! The SDE that follows SGD to second order in s.

use super::minibatch_heun::MinibatchHeun;
use super::sample_noise::SampleNoise;
use super::{Block, Facts, Minibatches, Noise, Process};
use crate::numerics::Backend;
use crate::problem::{FiniteSum, Potential, Scratch};

/// The second-order SDE dW = −∇(L̃ + (s/4)‖∇L̃‖²) dt + √(s c/b) Σ(W)^{1/2} dB (Li, Tai, E, JMLR 20, 2019, order 2; Σ and c as
/// in [`CovarianceSde`](super::CovarianceSde)). Its drift is −b(W), b = ∇L̃ + (s/2) ∇²L̃ ∇L̃. A step of length h:
///
/// ```text
/// M = W − ½h b(W),   D = −(h/n) Σ κ(g_i − ḡ) ∇ℓ_i(M),   P = W − h b(W) + D,   W ← W − ½h (b(W) + b(P)) + D.
/// ```
///
/// In h: weak error C₁h² + C₂s²h. So the order for fixed s and h → 0 is 1, but with h = s/8, say, the whole error is
/// O(s²/64) beside the O(s²) of the model: a method of order 2 where it is used. Strong order ½. In s: weak order 2 as a model
/// of SGD on the clock t = ks, for sampling that is independent from step to step.
///
/// Cost: two full gradients, one weighted gradient, two Hessian–vector products, n normals.
pub struct SecondOrderSde<'a> {
    heun: MinibatchHeun<'a>,
    s: f64,
    backend: Backend,
}

impl<'a> SecondOrderSde<'a> {
    /// The SDE of SGD with `batches` and step `dt` > 0 (times t, the clock of SGD), on a path drawn with dt/`refinement`: the
    /// one that the [`CovarianceSde`](super::CovarianceSde) of equal dt/`refinement`, seed and rows walks on.
    ///
    /// # Panics
    /// For batches by epochs, s < 0, dt ≤ 0, `refinement` or batch 0, and batches of more than n rows without replacement.
    pub fn new(sum: &'a dyn FiniteSum, batches: Minibatches, dt: f64, refinement: u32, seed: u64) -> Self {
        let noise = SampleNoise::new(batches, sum.samples(), dt, refinement, seed);
        let heun = MinibatchHeun { sum, noise, dt, correction: 0.5 * batches.s };
        Self { heun, s: batches.s, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for SecondOrderSde<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "second-order-sde",
            rule: "W <- W - dt (b(W) + b(P))/2 + D with b = grad L + (s/2) Hess L grad L, P = W - dt b(W) + D, D the noise of \
                   minibatches at W - dt b(W)/2, for dW = -grad(L + (s/4) |grad L|^2) dt + sqrt(s c/b) Sigma^(1/2) dB",
            strong_order: Some(0.5),
            weak_order: 1.0,
            noise: "Gaussian, with the covariance of minibatches",
            gradients_per_step: 6.0,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.heun.sum
    }

    fn step_length(&self) -> f64 {
        self.heun.dt
    }

    fn noise_scale(&self) -> f64 {
        self.s
    }

    fn backend(&self) -> Backend {
        self.backend
    }

    fn room(&self, count: usize) -> usize {
        self.heun.room(count)
    }

    fn noise(&self, count: usize) -> Noise {
        self.heun.noise.noise(count, self.backend)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.heun.noise.draw(block, step, noise);
    }

    fn step(&self, block: &mut Block, _: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        self.heun.step(block, noise, gradient, scratch);
    }
}
