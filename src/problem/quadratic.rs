//! L̃(w) = ½ Σ θ_k w_k²: every law is known exactly.

use super::{Potential, Scratch};
use crate::numerics::{quadratic_gradient, quadratic_step};

/// The quadratic potential L̃(w) = ½ Σ_k θ_k w_k² with eigenvalues θ_k > 0.
///
/// The SDE is a sum of Ornstein–Uhlenbeck processes: mean e^{−θt} w₀, variance s/(2θ)(1 − e^{−2θt}); its spectral gap is
/// min θ. Euler–Maruyama with step h has its own law: mean (1−hθ)^k w₀, variance v_{k+1} = (1−hθ)² v_k + s h.
#[derive(Debug, Clone, PartialEq)]
pub struct Quadratic {
    eigenvalues: Vec<f64>,
}

impl Quadratic {
    /// A quadratic with the given eigenvalues, each positive and finite.
    ///
    /// # Panics
    /// When there is none or one is not positive and finite.
    pub fn new(eigenvalues: Vec<f64>) -> Self {
        assert!(
            !eigenvalues.is_empty() && eigenvalues.iter().all(|&t| t > 0.0 && t.is_finite()),
            "eigenvalues > 0"
        );
        Self { eigenvalues }
    }

    /// θ_1 … θ_D.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }
}

impl Potential for Quadratic {
    fn dim(&self) -> usize {
        self.eigenvalues.len()
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        for ((g, &x), &theta) in gradient.iter_mut().zip(w).zip(&self.eigenvalues) {
            *g = theta * x;
        }
        0.5 * gradient.iter().zip(w).map(|(g, x)| g * x).sum::<f64>()
    }

    fn block_gradient(&self, weights: &[f64], gradient: &mut [f64], scratch: &mut Scratch) {
        quadratic_gradient(scratch.backend, &self.eigenvalues, weights, gradient);
    }

    fn block_noisy_step(
        &self,
        weights: &mut [f64],
        normals: &[f64],
        [step, noise_scale]: [f64; 2],
        _gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let eigenvalues = &self.eigenvalues;
        quadratic_step(scratch.backend, eigenvalues, weights, normals, step, noise_scale);
    }

    fn hessian_vector(&self, _w: &[f64], v: &[f64], out: &mut [f64], _scratch: &mut Scratch) {
        for ((o, &x), &theta) in out.iter_mut().zip(v).zip(&self.eigenvalues) {
            *o = theta * x;
        }
    }

    fn laplacian(&self, _w: &[f64], _scratch: &mut Scratch) -> f64 {
        self.eigenvalues.iter().sum()
    }

    fn gradient_lipschitz(&self) -> Option<f64> {
        self.eigenvalues.iter().copied().reduce(f64::max)
    }

    /// s/(2θ_k): exp(−2L̃/s) is Gaussian.
    fn gaussian_gibbs(&self, s: f64) -> Option<Vec<f64>> {
        Some(self.eigenvalues.iter().map(|theta| s / (2.0 * theta)).collect())
    }
}
