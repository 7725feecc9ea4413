//! L̃(x) = (x² − 1)²/4: the smallest potential with two minima.

use super::{Potential, Scratch};
use crate::numerics::{double_well_gradient, double_well_step};

/// The double well L̃(x) = (x² − 1)²/4 on R, with minima at ±1 and a barrier of height H = ¼ at 0.
///
/// For small s the spectral gap follows Eyring and Kramers, λ_s ≈ (√2/π) e^{−1/(2s)}. The gradient x³ − x is not globally
/// Lipschitz, so Euler–Maruyama diverges from far starts: without noise
/// from |x| > √(1 + 2/h) on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DoubleWell;

impl Potential for DoubleWell {
    fn dim(&self) -> usize {
        1
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        let x = w[0];
        gradient[0] = x * (x * x - 1.0);
        0.25 * (x * x - 1.0).powi(2)
    }

    fn block_gradient(&self, weights: &[f64], gradient: &mut [f64], scratch: &mut Scratch) {
        double_well_gradient(scratch.backend, weights, gradient);
    }

    fn block_noisy_step(
        &self,
        weights: &mut [f64],
        normals: &[f64],
        [step, noise_scale]: [f64; 2],
        _gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        double_well_step(scratch.backend, weights, normals, step, noise_scale);
    }

    fn hessian_vector(&self, w: &[f64], v: &[f64], out: &mut [f64], _scratch: &mut Scratch) {
        out[0] = (3.0 * w[0] * w[0] - 1.0) * v[0];
    }

    fn laplacian(&self, w: &[f64], _scratch: &mut Scratch) -> f64 {
        3.0 * w[0] * w[0] - 1.0
    }
}
