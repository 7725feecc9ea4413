//! Constants as the sources print them, and as their proofs give them.

use super::ActivationFacts;
use crate::numerics::{Activation, Loss};

/// λ_c of the sources, a function of ‖a‖·B_x: M_D L (‖a‖B_x)²/2 for the logistic loss (Gopalani, Jha, Mukherjee, arXiv
/// 2309.09258, Lemma 3.1; its section 5 prints four times as much), 2 M_D L (‖a‖B_x)² for the square loss with the ½
/// (Gopalani, Mukherjee, arXiv 2210.11452).
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

/// gLip as printed and as proved, for the logistic loss with bounded σ and `width` = p; see
/// [`Constants::gradient_lipschitz`](super::Constants::gradient_lipschitz). They agree where ‖a‖B_x = 1.
pub(super) fn gradient_lipschitz(
    activation: &ActivationFacts,
    loss: Loss,
    width: usize,
    [outer_norm, input_norm]: [f64; 2],
    lambda: f64,
) -> [Option<f64>; 2] {
    let ActivationFacts { bound: Some(bound), slope, curvature, at_zero } = *activation else {
        return [None; 2];
    };
    if loss == Loss::Square {
        return [None; 2];
    }
    let p = width as f64;
    let from_slope = p.sqrt() * outer_norm * slope * slope * input_norm / 4.0;
    let norm_at_zero = p.sqrt() * at_zero;
    let from_curvature = (2.0 + norm_at_zero + outer_norm * bound) / 4.0 * curvature * input_norm * p;
    let with = |factor: f64| Some(p.sqrt() * ((from_slope + from_curvature) * factor + lambda));
    [with(1.0), with(outer_norm * input_norm)]
}
