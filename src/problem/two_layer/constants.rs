//! The numbers that the theorems and the default step need, for one net and one data set.

use super::TwoLayerSettings;
use crate::numerics::{Activation, Loss};
use crate::problem::data::{DataFacts, Rows};

/// Constants of a two-layer net on its training rows.
///
/// `critical_lambda` is the sources' printed threshold; the other constants are for the data at hand. Derivation of the
/// last two: the Hessian of the data term is (1/n) Σ [h_i ∇f_i ∇f_iᵀ + g_i ∇²f_i]; the first part has norm at most
/// h_max ‖a‖² M_D² μ_x, the second is block-diagonal with norm at most g_max ‖a‖_∞ M'_D μ_x.
#[derive(Debug, Clone, PartialEq)]
pub struct Constants {
    /// ‖a‖₂.
    pub outer_norm: f64,
    /// B_x = max ‖x_i‖₂ and μ_x = λ_max((1/n) Σ x_i x_iᵀ) of the training rows.
    pub data: DataFacts,
    /// λ_c as printed: M_D L B_x² ‖a‖²/2 for the logistic loss (Gopalani, Jha, Mukherjee, arXiv 2309.09258, Lemma 3.1),
    /// 2 M_D L B_x² ‖a‖² for the square loss (Gopalani, Mukherjee, arXiv 2210.11452).
    pub critical_lambda: f64,
    /// M, a bound on the most negative curvature of the data term: g_max ‖a‖_∞ M'_D μ_x; `None` where g is unbounded.
    pub negative_curvature: Option<f64>,
    /// K, a bound on ‖∇(data term)‖: g_max ‖a‖ M_D √μ_x, since (1/n) Σ |⟨v, x_i⟩| ≤ √μ_x for unit v; `None` where g is
    /// unbounded.
    pub gradient_bound: Option<f64>,
    /// A bound on sup − inf of the data term: the mean over rows of the range of ℓ_i for f in its range; `None` for
    /// SoftPlus.
    pub oscillation: Option<f64>,
    /// A bound on the Lipschitz constant of ∇L̃: h_max ‖a‖² M_D² μ_x + M + λ; `None` where M is.
    pub gradient_lipschitz: Option<f64>,
}

impl Constants {
    /// The constants of a net on training rows. Cost: one eigenvalue of the d×d matrix of second moments.
    pub fn new(settings: &TwoLayerSettings, train: &Rows) -> Self {
        let TwoLayerSettings { activation, beta, loss, outer, lambda, .. } = settings;
        let data = train.facts();
        let outer_norm = outer.iter().map(|a| a * a).sum::<f64>().sqrt();
        let largest = outer.iter().fold(0.0_f64, |m, a| m.max(a.abs()));
        let slope = activation.max_slope(*beta);
        let (g_max, h_max) = loss_bounds(*loss, reach(*activation, outer), &train.labels);
        let critical_lambda = critical_lambda(*activation, *beta, *loss, outer_norm * data.max_norm);
        let negative_curvature =
            g_max.map(|g| g * largest * activation.max_curvature(*beta) * data.mean_square_top_eigenvalue);
        let positive = h_max * outer_norm * outer_norm * slope * slope * data.mean_square_top_eigenvalue;
        let gradient_lipschitz = negative_curvature.map(|m| positive + m + lambda);
        let root = data.mean_square_top_eigenvalue.sqrt();
        let gradient_bound = g_max.map(|g| g * outer_norm * slope * root);
        let oscillation =
            output_range(*activation, outer).map(|range| oscillation(*loss, range, &train.labels));
        Self {
            outer_norm,
            data,
            critical_lambda,
            negative_curvature,
            gradient_bound,
            oscillation,
            gradient_lipschitz,
        }
    }
}

/// λ_c of the sources, a function of ‖a‖·B_x alone; see [`Constants::critical_lambda`].
pub fn critical_lambda(
    activation: Activation,
    beta: f64,
    loss: Loss,
    outer_norm_times_input_norm: f64,
) -> f64 {
    let slope = activation.max_slope(beta);
    let factor = match loss {
        Loss::Logistic => 0.5,
        Loss::Square => 2.0,
    };
    factor * slope * slope * outer_norm_times_input_norm * outer_norm_times_input_norm
}

/// F = sup |f|: ‖a‖₁ for tanh, the larger of the sums of positive and negative parts of a for sigmoid, ∞ for SoftPlus.
fn reach(activation: Activation, outer: &[f64]) -> f64 {
    let positive: f64 = outer.iter().map(|a| a.max(0.0)).sum();
    let negative: f64 = outer.iter().map(|a| (-a).max(0.0)).sum();
    match activation {
        Activation::Sigmoid => positive.max(negative),
        Activation::Tanh => positive + negative,
        Activation::SoftPlus => f64::INFINITY,
    }
}

/// The range of f: [−Σa⁻, Σa⁺] for sigmoid, ±‖a‖₁ for tanh.
fn output_range(activation: Activation, outer: &[f64]) -> Option<(f64, f64)> {
    let positive: f64 = outer.iter().map(|a| a.max(0.0)).sum();
    let negative: f64 = outer.iter().map(|a| (-a).max(0.0)).sum();
    match activation {
        Activation::Sigmoid => Some((-negative, positive)),
        Activation::Tanh => Some((-negative - positive, negative + positive)),
        Activation::SoftPlus => None,
    }
}

/// The mean over rows of max ℓ − min ℓ over outputs in `range`: ℓ is convex in f, so its maximum is at an end and its
/// minimum at an end or, for the square loss, at y.
fn oscillation(loss: Loss, (low, high): (f64, f64), labels: &[f64]) -> f64 {
    let range = |y: f64| {
        let [at_low, at_high] = [low, high].map(|f| loss.derivatives(y, f)[0]);
        let least = match loss {
            Loss::Logistic => at_low.min(at_high),
            Loss::Square => loss.derivatives(y, y.clamp(low, high))[0],
        };
        at_low.max(at_high) - least
    };
    labels.iter().map(|y| range(*y)).sum::<f64>() / labels.len() as f64
}

/// (sup |∂ℓ/∂f|, sup ∂²ℓ/∂f²) over |f| ≤ F: (1/(1+e^{−F}), ¼) for the logistic loss, (max|y| + F, 1) for the square loss.
fn loss_bounds(loss: Loss, reach: f64, labels: &[f64]) -> (Option<f64>, f64) {
    match loss {
        Loss::Logistic => (Some(1.0 / (1.0 + (-reach).exp())), 0.25),
        Loss::Square => {
            let largest = labels.iter().fold(0.0_f64, |m, y| m.max(y.abs()));
            (reach.is_finite().then_some(largest + reach), 1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logistic: ln(1+e^F) − ln(1+e^{−F}) = F for ±F; square: the farther end from y, and 0 where y lies within.
    #[test]
    fn oscillations_by_hand() {
        let logistic = oscillation(Loss::Logistic, (-2.0, 2.0), &[1.0, -1.0]);
        assert!((logistic - 2.0).abs() < 1e-14, "{logistic}");
        let square = oscillation(Loss::Square, (-1.0, 0.5), &[0.0, 2.0]);
        assert!((square - 0.5 * (0.5 + (4.5 - 1.125))).abs() < 1e-14, "{square}");
        assert_eq!(output_range(Activation::Sigmoid, &[1.0, -0.25]), Some((-0.25, 1.0)));
        assert_eq!(output_range(Activation::Tanh, &[1.0, -0.25]), Some((-1.25, 1.25)));
    }

    /// Printed values of the sources at β = 1, ‖a‖ B_x = 1 (arXiv 2309.09258 §3; arXiv 2210.11452).
    #[test]
    fn critical_lambda_has_the_published_values() {
        let cases = [
            (Activation::Sigmoid, Loss::Logistic, 1.0 / 32.0),
            (Activation::Tanh, Loss::Logistic, 0.5),
            (Activation::SoftPlus, Loss::Logistic, 0.5),
            (Activation::Sigmoid, Loss::Square, 0.125),
            (Activation::Tanh, Loss::Square, 2.0),
            (Activation::SoftPlus, Loss::Square, 2.0),
        ];
        for (activation, loss, want) in cases {
            assert!(
                (critical_lambda(activation, 1.0, loss, 1.0) - want).abs() < 1e-15,
                "{activation:?} {loss:?}"
            );
        }
    }
}
