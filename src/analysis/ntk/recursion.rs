//! The expected risk of one-pass SGD on kernel regression, exactly.

use crate::problem::ntk::{CircleTask, Harmonics};

/// E L after some steps, and the part of it that no noise makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedRisk {
    /// E ½ ‖f − f*‖².
    pub risk: f64,
    /// ½ ‖E f − f*‖².
    pub bias: f64,
}

/// E L of one-pass SGD from f = 0 after `steps` steps of sizes η_k = `step_size(k)`, on b = `batch` fresh samples each.
///
/// On the circle the squares of the functions of one frequency add up to a constant, M_k (1 for k = 0, else 2). With U_k the
/// expected square of the coefficients of f − f* at frequency k and e² = Σ_j U_j + noise², one step is exactly
///
/// U_k ← (1 − 2ηλ_k) U_k + η²λ_k² [M_k e²/b + (1 − 1/b) U_k],
///
/// because x is independent of f: E over x of |Σ e_k (f(x) − y)|² is M_k e². The bias is Σ Π(1 − ηλ_k)² θ_k². Cost: steps × frequencies.
pub fn expected_risk(
    task: &CircleTask,
    batch: usize,
    steps: u64,
    step_size: impl Fn(u64) -> f64,
) -> ExpectedRisk {
    let spectrum = task.spectrum();
    let harmonics = spectrum.harmonics();
    let multiplicities: Vec<f64> =
        harmonics.frequencies().iter().map(|k| Harmonics::multiplicity(*k) as f64).collect();
    let mut squares = vec![0.0; multiplicities.len()];
    for (c, j) in task.target().iter().zip(harmonics.places()) {
        squares[j] += c * c;
    }
    let (mut still, part) = (squares.clone(), 1.0 / batch as f64);
    let noise = task.settings().noise.powi(2);
    for k in 0..steps {
        let eta = step_size(k);
        let error = squares.iter().sum::<f64>() + noise;
        let each = squares.iter_mut().zip(&mut still).zip(spectrum.eigenvalues().iter().zip(&multiplicities));
        for ((u, b), (lambda, multiplicity)) in each {
            let pull = eta * lambda;
            *u = (1.0 - 2.0 * pull) * *u + pull * pull * (multiplicity * error * part + (1.0 - part) * *u);
            *b *= (1.0 - pull).powi(2);
        }
    }
    ExpectedRisk { risk: 0.5 * squares.iter().sum::<f64>(), bias: 0.5 * still.iter().sum::<f64>() }
}
