//! Potentials of one weight whose laws are known, with Lipschitz gradients.

use rand::RngExt;
use sgd_sde::problem::{FiniteSum, Fresh, Oracle, Potential, Scratch};

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

impl Oracle for Coin {
    fn sample_len(&self) -> usize {
        1
    }

    /// 0 for heads, 1 for tails: the row's number.
    fn draw(&self, fresh: &mut Fresh<'_>, samples: &mut [f64]) {
        let mut stream = fresh.stream();
        samples.fill_with(|| f64::from(u8::from(stream.random::<bool>())));
    }

    fn sample_gradient(
        &self,
        w: &[f64],
        samples: &[f64],
        batch: usize,
        gradient: &mut [f64],
        _: &mut Scratch,
    ) {
        for ((w, g), samples) in w.iter().zip(gradient).zip(samples.chunks_exact(batch)) {
            let heads = batch as f64 - samples.iter().sum::<f64>();
            *g = w * (2.0 * heads / batch as f64 - 1.0) + w;
        }
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
