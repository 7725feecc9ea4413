//! The SDE that follows SGD to second order in s.

use super::sample_noise::SampleNoise;
use super::{Block, Facts, Minibatches, Noise, Process, with_room};
use crate::numerics::Backend;
use crate::problem::{FiniteSum, Potential, Scratch};

/// The second-order SDE dW = −∇(L̃ + (s/4)‖∇L̃‖²) dt + √(s c/b) Σ(W)^{1/2} dB (Li, Tai, E, JMLR 20, 2019, order 2; Σ and c as
/// in [`CovarianceSde`](super::CovarianceSde)). Its drift is −b(W), b = ∇L̃ + (s/2) ∇²L̃ ∇L̃. A step of length h:
///
///     M = W − ½h b(W),   D = −(h/n) Σ κ(g_i − ḡ) ∇ℓ_i(M),   P = W − h b(W) + D,   W ← W − ½h (b(W) + b(P)) + D.
///
/// The drift is Heun's, so that the noise is seen through ∇b; the noise is weighed at the midpoint of the drift, so that its
/// covariance moves with W. In h: weak error C₁h² + C₂s²h, where C₂ comes from what the noise does to its own covariance alone
/// (the terms with Σ in Σ's derivatives). So the order for fixed s and h → 0 is 1, but with h = s/8, say, the whole error is
/// O(s²/64) beside the O(s²) of the model: a method of order 2 where it is used. Strong order ½. In s: weak order 2 as a model
/// of SGD on the clock t = ks, for sampling that is independent from step to step.
///
/// Cost: two full gradients, one weighted gradient, two Hessian–vector products, n normals.
pub struct SecondOrderSde<'a> {
    sum: &'a dyn FiniteSum,
    s: f64,
    dt: f64,
    noise: SampleNoise,
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
        Self { sum, s: batches.s, dt, noise, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// b at every particle of `weights` into `slope`; `product` is room for ∇²L̃∇L̃.
    fn slope(&self, weights: &[f64], slope: &mut [f64], product: &mut [f64], scratch: &mut Scratch) {
        self.sum.block_gradient(weights, slope, scratch);
        if self.s > 0.0 {
            self.sum.block_hessian_vector(weights, slope, product, scratch);
            slope.iter_mut().zip(product.iter()).for_each(|(b, hg)| *b += 0.5 * self.s * hg);
        }
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
        self.sum
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
        self.noise.len(count) + 3 * count * self.sum.dim()
    }

    fn noise(&self, count: usize) -> Noise {
        self.noise.noise(count, self.backend)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.noise.draw(block, step, noise);
    }

    fn step(&self, block: &mut Block, _: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let (h, lambda, len) = (self.dt, self.sum.penalty(), block.weights.len());
        let rows = self.noise.len(block.count());
        with_room(scratch, |room, scratch| {
            let (omega, room) = room.split_at_mut(rows);
            let (slope, room) = room.split_at_mut(len);
            let (point, room) = room.split_at_mut(len);
            let noise_step = &mut room[..len];
            self.slope(&block.weights, slope, gradient, scratch);
            for ((m, w), b) in point.iter_mut().zip(&block.weights).zip(slope.iter()) {
                *m = w - 0.5 * h * b;
            }
            self.noise.weigh(0.0, noise, omega);
            self.sum.weighted_gradient(point, omega, noise_step, scratch);
            // The weights add up to 0, but the penalty is in every weighted gradient.
            noise_step.iter_mut().zip(point.iter()).for_each(|(d, m)| *d = -h * (*d - lambda * m));
            for (((p, w), b), d) in
                point.iter_mut().zip(&block.weights).zip(slope.iter()).zip(noise_step.iter())
            {
                *p = w - h * b + d;
            }
            for ((w, b), d) in block.weights.iter_mut().zip(slope.iter()).zip(noise_step.iter()) {
                *w = *w - 0.5 * h * b + d;
            }
            self.slope(point, slope, gradient, scratch);
            block.weights.iter_mut().zip(slope.iter()).for_each(|(w, b)| *w -= 0.5 * h * b);
        });
    }
}
