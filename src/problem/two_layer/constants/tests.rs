//! Constants by hand; the bounds themselves are attacked in the suite.

use super::*;
use crate::numerics::{Backend, Loss};
use crate::problem::Precision;

fn constants(activation: Activation, loss: Loss, outer: Vec<f64>, lambda: f64, train: &Rows) -> Constants {
    let settings = TwoLayerSettings {
        activation,
        beta: 1.0,
        loss,
        outer,
        lambda,
        backend: Backend::Portable,
        precision: Precision::F64,
    };
    Constants::new(&settings, train)
}

fn close(got: Option<f64>, want: f64) {
    assert!((got.unwrap() / want - 1.0).abs() < 1e-14, "{got:?}, expected {want}");
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
        let row = Rows { inputs: vec![0.6, -0.8], labels: vec![1.0], dim: 2 };
        let got = constants(activation, loss, vec![0.8, -0.6], 0.1, &row).critical_lambda;
        close(got.printed, want);
        close(got.proof, want);
        assert_eq!((got.sharp, got.data), (Some(0.0), Some(0.0)), "{activation:?} {loss:?}");
        assert_eq!(got.named()[0], ("printed", got.printed));
    }
}

/// Two sigmoid gates, a = (1, −2), rows 3e₁ and 4e₂ with labels ±1, all by hand: F = 2, B_x² = 16, μ_x = 8, mean ‖x‖² = 12.5.
#[test]
fn two_gates_by_hand() {
    let rows = Rows { inputs: vec![3.0, 0.0, 0.0, 4.0], labels: vec![1.0, -1.0], dim: 2 };
    let got = constants(Activation::Sigmoid, Loss::Logistic, vec![1.0, -2.0], 4.0, &rows);
    let g = 1.0 / (1.0 + (-2.0_f64).exp());
    let bend = 1.0 / (6.0 * 3f64.sqrt());
    let norm = 5f64.sqrt();
    close(got.negative_curvature.sharp, g * 2.0 * bend * 16.0);
    close(got.negative_curvature.data, g * 2.0 * bend * 8.0);
    close(got.gradient_bound.sharp, g * norm * 0.25 * 4.0);
    close(got.gradient_bound.data, g * norm * 0.25 * 8f64.sqrt());
    close(got.gradient_lipschitz.sharp, 0.25 * 5.0 / 16.0 * 16.0 + g * 2.0 * bend * 16.0 + 4.0);
    close(got.gradient_lipschitz.data, 0.25 * 5.0 / 16.0 * 8.0 + g * 2.0 * bend * 8.0 + 4.0);
    close(got.strong_convexity.sharp, 4.0 - g * 2.0 * bend * 16.0);
    close(got.strong_convexity.data, 4.0 - g * 2.0 * bend * 8.0);
    close(got.laplacian_bound, 12.5 * (0.25 * 5.0 / 16.0 + g * 3.0 * bend));
    let (root, c) = (2f64.sqrt(), 2f64.sqrt() * 0.5);
    let first = root * norm / 16.0 * 4.0 / 4.0;
    let second = (2.0 + c + norm) / 4.0 * bend * 4.0 * 2.0;
    close(got.gradient_lipschitz.printed, root * (first + second + 4.0));
    close(got.gradient_lipschitz.proof, root * ((first + second) * norm * 4.0 + 4.0));
    assert_eq!(
        got.activation,
        ActivationFacts { bound: Some(1.0), slope: 0.25, curvature: bend, at_zero: 0.5 }
    );
}

/// One gate, a = 1, x = 5: printed 0.499 + λ, and L̃'' reaches 1.53 + λ (the suite shows it); sharp 2.149 + λ.
#[test]
fn printed_and_sharp_lipschitz_constants_of_one_gate() {
    let row = Rows { inputs: vec![5.0], labels: vec![-1.0], dim: 1 };
    let got = constants(Activation::Sigmoid, Loss::Logistic, vec![1.0], 0.1, &row).gradient_lipschitz;
    assert!((got.printed.unwrap() - 0.599).abs() < 1e-3, "{got:?}");
    assert!((got.sharp.unwrap() - 2.249).abs() < 1e-3, "{got:?}");
    assert!(got.proof.unwrap() >= got.sharp.unwrap());
}

#[test]
fn unbounded_slopes_have_no_constants_and_square_losses_nothing_printed() {
    let row = Rows { inputs: vec![1.0, 0.5], labels: vec![0.3], dim: 2 };
    let soft = constants(Activation::SoftPlus, Loss::Square, vec![1.0], 0.1, &row);
    for levels in
        [soft.gradient_lipschitz, soft.gradient_bound, soft.negative_curvature, soft.strong_convexity]
    {
        assert_eq!(levels, Levels::default());
    }
    assert_eq!((soft.oscillation, soft.laplacian_bound, soft.activation.bound), (None, None, None));
    let logistic = constants(Activation::SoftPlus, Loss::Logistic, vec![1.0], 0.1, &row);
    let published = (logistic.gradient_lipschitz.printed, logistic.gradient_lipschitz.proof);
    assert_eq!(published, (None, None), "B_σ = ∞");
    assert!(logistic.gradient_lipschitz.data.is_some() && logistic.laplacian_bound.is_some());
    let square = constants(Activation::Tanh, Loss::Square, vec![1.0], 0.1, &row);
    assert_eq!(square.gradient_lipschitz.printed, None);
    assert!(square.gradient_lipschitz.data.is_some());
}
