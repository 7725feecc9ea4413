//! Where the net's output, the loss and its slopes can be.

use crate::numerics::{Activation, Loss};

/// The range of f: [−Σa⁻, Σa⁺] for sigmoid, ±‖a‖₁ for tanh; `None` for SoftPlus.
pub(super) fn output_range(activation: Activation, outer: &[f64]) -> Option<(f64, f64)> {
    let positive: f64 = outer.iter().map(|a| a.max(0.0)).sum();
    let negative: f64 = outer.iter().map(|a| (-a).max(0.0)).sum();
    match activation {
        Activation::Sigmoid => Some((-negative, positive)),
        Activation::Tanh => Some((-negative - positive, negative + positive)),
        Activation::SoftPlus => None,
    }
}

/// F = sup |f|: ‖a‖₁ for tanh, the larger of the sums of positive and negative parts of a for sigmoid, ∞ for SoftPlus.
pub(super) fn reach(activation: Activation, outer: &[f64]) -> f64 {
    output_range(activation, outer).map_or(f64::INFINITY, |(low, high)| high.max(-low))
}

/// The mean over rows of max ℓ − min ℓ over outputs in `range`: ℓ is convex in f, so its maximum is at an end and its
/// minimum at an end or, for the square loss, at y.
pub(super) fn oscillation(loss: Loss, (low, high): (f64, f64), labels: &[f64]) -> f64 {
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

/// (g_max, h_max) = (sup |∂ℓ/∂f|, sup ∂²ℓ/∂f²) over |f| ≤ F: (1/(1+e^{−F}), ¼) for the logistic loss, (max|y| + F, 1) for the
/// square loss, whose slope is unbounded where F is.
pub(super) fn loss_bounds(loss: Loss, reach: f64, labels: &[f64]) -> (Option<f64>, f64) {
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
        assert_eq!(reach(Activation::Sigmoid, &[0.5, -0.75]), 0.75);
        assert_eq!(reach(Activation::SoftPlus, &[1.0]), f64::INFINITY);
    }
}
