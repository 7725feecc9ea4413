//! What is known for certain of a risk: the common ground of certificates and guarantees.

use crate::numerics::Loss;
use crate::problem::{Potential, TwoLayer};

/// What is known for certain of a risk L̃ = G + (λ/2)‖W‖², G ≥ 0 the data term. Every `None` only costs the bounds that need it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RiskFacts {
    /// D, the number of weights.
    pub dim: usize,
    /// The noise scale s > 0 of dW = −∇L̃ dt + √s dB.
    pub s: f64,
    /// λ ≥ 0; bounds that divide by it are left out at 0.
    pub lambda: f64,
    /// M ≥ 0: the Hessian of G is nowhere below −M.
    pub negative_curvature: Option<f64>,
    /// K: sup ‖∇G‖ is at most this.
    pub gradient_bound: Option<f64>,
    /// sup G − inf G is at most this.
    pub oscillation: Option<f64>,
    /// sup ΔG is at most this.
    pub laplacian_bound: Option<f64>,
    /// A Lipschitz constant of ∇L̃, the penalty included.
    pub gradient_lipschitz: Option<f64>,
    /// Λ: G(W) ≤ (Λ/2)‖W‖² + O(‖W‖). For the square loss ‖a‖² L² μ_x, since |f(W) − f(0)| ≤ ‖a‖ L ‖W x‖. Not needed where
    /// K is known.
    pub growth: Option<f64>,
    /// A certified lower bound of the spectral gap λ_s.
    pub gap_lower: Option<f64>,
}

impl RiskFacts {
    /// Of a net at noise scale `s`, by the constants of its own data; without a certified gap.
    pub fn of_net(net: &TwoLayer, s: f64) -> Self {
        let (constants, settings) = (net.constants(), net.settings());
        let slope = constants.outer_norm * constants.activation.slope;
        let growth = slope * slope * constants.data.mean_square_top_eigenvalue;
        Self {
            dim: net.dim(),
            s,
            lambda: settings.lambda,
            negative_curvature: constants.negative_curvature.data,
            gradient_bound: constants.gradient_bound.data,
            oscillation: constants.oscillation,
            laplacian_bound: constants.laplacian_bound,
            gradient_lipschitz: constants.gradient_lipschitz.data,
            growth: (settings.loss == Loss::Square).then_some(growth),
            gap_lower: None,
        }
    }

    /// λ − M where it is not negative: the modulus of convexity of L̃.
    pub fn convexity(&self) -> Option<f64> {
        self.negative_curvature.map(|m| self.lambda - m).filter(|r| *r >= 0.0)
    }
}
