//! Potentials of one weight whose laws are known, with Lipschitz gradients.

use sgd_sde::problem::{FiniteSum, Potential, Scratch};

/// w²/2 − 0.45 cos 2w: steep and far from a quadratic.
pub struct Wave;

impl Potential for Wave {
    fn dim(&self) -> usize {
        1
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
        gradient[0] = w[0] + 0.9 * (2.0 * w[0]).sin();
        0.5 * w[0] * w[0] - 0.45 * (2.0 * w[0]).cos()
    }
}

/// ℓ_i = ±½ w² and a penalty with λ = 1: the noise of minibatches is W itself, and the covariance SDE a geometric Brownian
/// motion dW = −W dt + √(s/b) W dB.
pub struct Coin;

impl Potential for Coin {
    fn dim(&self) -> usize {
        1
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
        gradient[0] = w[0];
        0.5 * w[0] * w[0]
    }

    fn hessian_vector(&self, _: &[f64], v: &[f64], out: &mut [f64], _: &mut Scratch) {
        out.copy_from_slice(v);
    }

    fn finite_sum(&self) -> Option<&dyn FiniteSum> {
        Some(self)
    }

    fn penalty(&self) -> f64 {
        1.0
    }
}

impl FiniteSum for Coin {
    fn samples(&self) -> usize {
        2
    }

    fn minibatch_gradient(&self, w: &[f64], batch: &[u32], gradient: &mut [f64], _: &mut Scratch) {
        let rows = batch.len() / w.len();
        for ((w, g), batch) in w.iter().zip(gradient).zip(batch.chunks_exact(rows)) {
            let heads = batch.iter().filter(|row| **row == 0).count() as f64;
            *g = w * (2.0 * heads / rows as f64 - 1.0) + w;
        }
    }

    fn weighted_gradient(&self, w: &[f64], omega: &[f64], gradient: &mut [f64], _: &mut Scratch) {
        for ((w, g), omega) in w.iter().zip(gradient).zip(omega.chunks_exact(2)) {
            *g = 0.5 * (omega[0] - omega[1]) * w + w;
        }
    }
}
