//! A step of Heun for SDEs with the noise of minibatches.

use super::sample_noise::SampleNoise;
use super::{Block, Noise, with_room};
use crate::problem::{FiniteSum, Scratch};

/// The step of dW = −b(W) dt + √(s c/b) Σ(W)^{1/2} dB, b = ∇L̃ + q ∇²L̃ ∇L̃, over a time h:
///
/// ```text
/// M = W − ½h b(W),   D = −(h/n) Σ κ(g_i − ḡ) ∇ℓ_i(M),   P = W − h b(W) + D,   W ← W − ½h (b(W) + b(P)) + D.
/// ```
///
/// The drift is Heun's, so that the noise is seen through ∇b; the noise is weighed at the midpoint of the drift, so that its
/// covariance moves with W. Weak error C₁h² + C₂s²h, where C₂ comes from what the noise does to its own covariance alone (the
/// terms with Σ in Σ's derivatives): the order for fixed s and h → 0 is 1, but with h in proportion to s the error is O(s²).
pub(super) struct MinibatchHeun<'a> {
    pub sum: &'a dyn FiniteSum,
    pub noise: SampleNoise,
    /// h.
    pub dt: f64,
    /// q.
    pub correction: f64,
}

impl MinibatchHeun<'_> {
    /// How many numbers of room a step of `count` particles needs.
    pub fn room(&self, count: usize) -> usize {
        self.noise.len(count) + 3 * count * self.sum.dim()
    }

    /// The step, given its normals.
    pub fn step(&self, block: &mut Block, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let (h, len) = (self.dt, block.weights.len());
        let rows = self.noise.len(block.count());
        with_room(scratch, |room, scratch| {
            let (omega, room) = room.split_at_mut(rows);
            let (slope, room) = room.split_at_mut(len);
            let (point, room) = room.split_at_mut(len);
            let kick = &mut room[..len];
            self.slope(&block.weights, slope, gradient, scratch);
            for ((m, w), b) in point.iter_mut().zip(&block.weights).zip(slope.iter()) {
                *m = w - 0.5 * h * b;
            }
            self.noise.weigh(0.0, noise, omega);
            self.kick(point, omega, kick, scratch);
            for (((p, w), b), d) in
                point.iter_mut().zip(block.weights.iter_mut()).zip(slope.iter()).zip(kick.iter())
            {
                *p = *w - h * b + d;
                *w = *w - 0.5 * h * b + d;
            }
            self.slope(point, slope, gradient, scratch);
            block.weights.iter_mut().zip(slope.iter()).for_each(|(w, b)| *w -= 0.5 * h * b);
        });
    }

    /// b at every particle of `weights` into `slope`; `product` is room for ∇²L̃∇L̃.
    fn slope(&self, weights: &[f64], slope: &mut [f64], product: &mut [f64], scratch: &mut Scratch) {
        self.sum.block_gradient(weights, slope, scratch);
        if self.correction > 0.0 {
            self.sum.block_hessian_vector(weights, slope, product, scratch);
            slope.iter_mut().zip(product.iter()).for_each(|(b, hg)| *b += self.correction * hg);
        }
    }

    /// D at `point`. The weights add up to 0, but the penalty is in every weighted gradient.
    fn kick(&self, point: &[f64], omega: &[f64], kick: &mut [f64], scratch: &mut Scratch) {
        let lambda = self.sum.penalty();
        self.sum.weighted_gradient(point, omega, kick, scratch);
        kick.iter_mut().zip(point).for_each(|(d, m)| *d = -self.dt * (*d - lambda * m));
    }
}
