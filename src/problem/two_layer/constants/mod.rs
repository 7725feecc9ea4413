//! The numbers that the theorems and the default step need, for one net and one data set.

mod levels;
mod published;
mod ranges;
#[cfg(test)]
mod tests;

pub use levels::Levels;
pub use published::critical_lambda;

use super::TwoLayerSettings;
use crate::numerics::Activation;
use crate::problem::data::{DataFacts, Rows};
use published::gradient_lipschitz;
use ranges::{loss_bounds, oscillation, output_range, reach};

/// Constants of a two-layer net on its training rows, each at the levels at which it has a value.
///
/// With g = ∂ℓ/∂f, h = ∂²ℓ/∂f² and F = sup|f| the loss enters through g_max = sup|g| and h_max = sup h over |f| ≤ F: logistic
/// (1/(1+e^{−F}), ¼), square (max|y| + F, 1). F is ‖a‖₁ for tanh, the larger of Σa_j⁺ and Σa_j⁻ for sigmoid, ∞ for SoftPlus, so
/// that g is unbounded for the square loss with SoftPlus alone.
///
/// The derivations are in docs/theory.md, §4. The sharp level puts B_x² where the level of the data has μ_x.
#[derive(Debug, Clone, PartialEq)]
pub struct Constants {
    /// ‖a‖₂.
    pub outer_norm: f64,
    /// B_x = max ‖x_i‖₂ and μ_x = λ_max((1/n) Σ x_i x_iᵀ) of the training rows.
    pub data: DataFacts,
    /// B_σ, L = M_D, M'_D and c.
    pub activation: ActivationFacts,
    /// λ_c, above which a Villani function is proved. Printed and proof: [`critical_lambda`]. Sharp and data: 0, since
    /// V_s = ‖∇L̃‖²/s − ΔL̃ → ∞ for every λ > 0 (g bounded: ‖∇L̃‖ ≥ λ‖W‖ − K and ΔL̃ is bounded; square loss with SoftPlus:
    /// ⟨W, ∇L̃⟩ ≥ λ‖W‖² − const and |ΔL̃| grows at most linearly).
    pub critical_lambda: Levels,
    /// gLip, a Lipschitz constant of ∇L̃.
    ///
    /// Printed, logistic loss with bounded σ: √p(√p‖a‖M_D²B_x/4 + ((2+‖c‖+‖a‖B_σ)/4) M'_D B_x p + λ), ‖c‖ = √p|c| (Gopalani, Jha,
    /// Mukherjee, arXiv 2309.09258, eq. 3.2); **not a bound where ‖a‖B_x > 1**. Proof (there, appendix B): the first two
    /// summands times ‖a‖B_x more. Sharp: h_max‖a‖²M_D²B_x² + M + λ; data: the same with μ_x. `None` where M is.
    pub gradient_lipschitz: Levels,
    /// K, a bound on ‖∇(data term)‖: g_max‖a‖M_D B_x, and for the data g_max‖a‖M_D√μ_x, since (1/n) Σ|⟨v, x_i⟩| ≤ √μ_x for
    /// unit v. No source has it. `None` where g is unbounded.
    pub gradient_bound: Levels,
    /// M ≥ 0: no eigenvalue of the data term's Hessian is below −M = −g_max‖a‖_∞M'_D B_x² (data: μ_x for B_x²). No source has it.
    /// `None` where g is unbounded.
    pub negative_curvature: Levels,
    /// λ − M where it is positive: L̃ is that strongly convex. `None` elsewhere, which does not say that L̃ is not convex.
    pub strong_convexity: Levels,
    /// A bound on sup − inf of the data term: the mean over rows of the range of ℓ_i for f in its range; `None` for
    /// SoftPlus.
    pub oscillation: Option<f64>,
    /// A bound from above on the Laplacian of the data term: (1/n)Σ‖x_i‖² · (h_max‖a‖²M_D² + g_max‖a‖₁M'_D), term by term in
    /// (1/n)Σ‖x_i‖² Σ_j [h_i a_j²σ'_ij² + g_i a_j σ''_ij]; `None` where g is unbounded.
    pub laplacian_bound: Option<f64>,
}

/// What the theory knows of σ_β.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ActivationFacts {
    /// B_σ = sup|σ|; `None` where σ is unbounded.
    pub bound: Option<f64>,
    /// L = M_D = sup|σ'|.
    pub slope: f64,
    /// M'_D = sup|σ''|.
    pub curvature: f64,
    /// c = σ(0).
    pub at_zero: f64,
}

impl ActivationFacts {
    /// Of σ_β, β > 0.
    pub fn new(activation: Activation, beta: f64) -> Self {
        Self {
            bound: Some(activation.bound(beta)).filter(|bound| bound.is_finite()),
            slope: activation.max_slope(beta),
            curvature: activation.max_curvature(beta),
            at_zero: activation.at_zero(beta),
        }
    }
}

impl Constants {
    /// The constants of a net on training rows. Cost: one eigenvalue of the d×d matrix of second moments.
    pub fn new(settings: &TwoLayerSettings, train: &Rows) -> Self {
        let TwoLayerSettings { activation, beta, loss, outer, lambda, .. } = settings;
        let data = train.facts();
        let facts = ActivationFacts::new(*activation, *beta);
        let slope = facts.slope;
        let outer_norm = outer.iter().map(|a| a * a).sum::<f64>().sqrt();
        let largest = outer.iter().fold(0.0_f64, |m, a| m.max(a.abs()));
        let (g_max, h_max) = loss_bounds(*loss, reach(*activation, outer), &train.labels);
        let [sharp, own] = [data.max_norm * data.max_norm, data.mean_square_top_eigenvalue];

        let curvature = |moment: f64| g_max.map(|g| g * largest * facts.curvature * moment);
        let negative_curvature = Levels::own(curvature(sharp), curvature(own));
        let lipschitz = |moment: f64| {
            let positive = h_max * outer_norm * outer_norm * slope * slope * moment;
            curvature(moment).map(|m| positive + m + lambda)
        };
        let [printed, proof] =
            gradient_lipschitz(&facts, *loss, outer.len(), [outer_norm, data.max_norm], *lambda);
        let gradient = |norm: f64| g_max.map(|g| g * outer_norm * slope * norm);
        let convexity = |m: Option<f64>| m.map(|m| lambda - m).filter(|modulus| *modulus > 0.0);
        let critical = critical_lambda(*activation, *beta, *loss, outer_norm * data.max_norm);
        let outer_sum: f64 = outer.iter().map(|a| a.abs()).sum();
        let trace = train.inputs.iter().map(|x| x * x).sum::<f64>() / train.labels.len() as f64;
        let laplacian =
            |g: f64| h_max * outer_norm * outer_norm * slope * slope + g * outer_sum * facts.curvature;
        Self {
            outer_norm,
            data,
            activation: facts,
            critical_lambda: Levels {
                printed: Some(critical),
                proof: Some(critical),
                sharp: Some(0.0),
                data: Some(0.0),
            },
            gradient_lipschitz: Levels { printed, proof, sharp: lipschitz(sharp), data: lipschitz(own) },
            gradient_bound: Levels::own(gradient(data.max_norm), gradient(own.sqrt())),
            strong_convexity: Levels::own(
                convexity(negative_curvature.sharp),
                convexity(negative_curvature.data),
            ),
            negative_curvature,
            oscillation: output_range(*activation, outer)
                .map(|range| oscillation(*loss, range, &train.labels)),
            laplacian_bound: g_max.map(|g| trace * laplacian(g)),
        }
    }
}
