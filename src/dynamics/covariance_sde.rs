//! The SDE with SGD's own noise covariance.

use super::minibatch_heun::MinibatchHeun;
use super::sample_noise::SampleNoise;
use super::{Block, Facts, Minibatches, Noise, Process, Scheme, with_room};
use crate::numerics::{Backend, gradient_update};
use crate::problem::{FiniteSum, Potential, Scratch};

/// The covariance SDE dW = −∇L̃(W) dt + √(s c/b) Σ(W)^{1/2} dB (Li, Tai, E, ICML 2017, order 1), with
/// Σ = (1/n)Σ∇ℓ_i∇ℓ_iᵀ − ∇L∇Lᵀ of the data term and c = 1 for batches with replacement, (n − b)/(n − 1) without, by Euler and
/// Maruyama: W ← W − h[(1/n)Σ ω_i ∇ℓ_i(W) + λW], ω_i = 1 + √(s n c/(b h)) (g_i − ḡ), g_i independent N(0, 1).
///
/// No matrix is needed: the weights give the step exactly the covariance (s h c/b) Σ(W). Cost: one full gradient and n
/// normals. In h: weak order 1, strong order ½ (the noise depends on W). By [`Scheme::Heun`] the step is that of the
/// [`SecondOrderSde`](super::SecondOrderSde) without its correction of the drift: three gradients, weak error C₁h² + C₂s²h. In s: weak order 1 as a model of SGD on the clock
/// t = ks. With h = s a step has the mean and the covariance of a step of SGD, so agreement with SGD says nothing about the
/// SDE then: take h ≤ s/8. Not for epoch shuffling, whose noise is negatively correlated within an epoch.
pub struct CovarianceSde<'a> {
    sum: &'a dyn FiniteSum,
    s: f64,
    heun: MinibatchHeun<'a>,
    scheme: Scheme,
    backend: Backend,
}

impl<'a> CovarianceSde<'a> {
    /// The SDE of SGD with `batches` and step `dt` > 0 (times t, the clock of SGD), on a path drawn with dt/`refinement`: two
    /// processes of one seed with equal dt/`refinement` on the same rows share the g_i.
    ///
    /// # Panics
    /// For batches by epochs, s < 0, dt ≤ 0, `refinement` or batch 0, and batches of more than n rows without replacement.
    pub fn new(sum: &'a dyn FiniteSum, batches: Minibatches, dt: f64, refinement: u32, seed: u64) -> Self {
        let noise = SampleNoise::new(batches, sum.samples(), dt, refinement, seed);
        let heun = MinibatchHeun { sum, noise, dt, correction: 0.0 };
        Self { sum, s: batches.s, heun, scheme: Scheme::EulerMaruyama, backend: Backend::detect() }
    }

    /// The same by `scheme`; by default Euler and Maruyama's.
    pub fn with_scheme(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for CovarianceSde<'_> {
    fn facts(&self) -> Facts {
        let (rule, gradients_per_step) = match self.scheme {
            Scheme::EulerMaruyama => (
                "W <- W - dt (weighted gradient), row weights 1 + sqrt(s n c/(b dt)) (g_i - mean g), for \
                 dW = -grad L dt + sqrt(s c/b) Sigma^(1/2) dB",
                1.0,
            ),
            Scheme::Heun => (
                "W <- W - dt (grad L(W) + grad L(P))/2 + D, P = W - dt grad L(W) + D, D the noise of minibatches at \
                 W - dt grad L(W)/2, for dW = -grad L dt + sqrt(s c/b) Sigma^(1/2) dB",
                3.0,
            ),
        };
        Facts {
            kind: "covariance-sde",
            rule,
            strong_order: Some(0.5),
            weak_order: 1.0,
            noise: "Gaussian, with the covariance of minibatches",
            gradients_per_step,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.sum
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
        match self.scheme {
            Scheme::EulerMaruyama => self.heun.noise.len(count),
            Scheme::Heun => self.heun.room(count),
        }
    }

    fn noise(&self, count: usize) -> Noise {
        self.heun.noise.noise(count, self.backend)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.heun.noise.draw(block, step, noise);
    }

    fn step(&self, block: &mut Block, _: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        if self.scheme == Scheme::Heun {
            return self.heun.step(block, noise, gradient, scratch);
        }
        let len = self.heun.noise.len(block.count());
        with_room(scratch, |room, scratch| {
            let weights = &mut room[..len];
            self.heun.noise.weigh(1.0, noise, weights);
            self.sum.weighted_gradient(&block.weights, weights, gradient, scratch);
        });
        gradient_update(self.backend, &mut block.weights, gradient, self.heun.dt);
    }
}
