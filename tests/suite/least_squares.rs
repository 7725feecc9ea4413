//! Least squares: the potential against its rows, and the exact first and second moments of every process with the noise of
//! minibatches.

use crate::checks::derivatives;
use crate::support::law::{all_near, assert_law, near, passes};
use crate::support::linear::{Law, Moments, Rows as LinearRows};
use sgd_sde::dynamics::{CovarianceSde, Minibatches, Process, Sampling, Scheme, SecondOrderSde, Sgd, Svag};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::data::{Rows, Split};
use sgd_sde::problem::{FiniteSum, LeastSquares, Potential};

pub(crate) const LAMBDA: f64 = 0.1;
pub(crate) const INPUTS: [[f64; 2]; 6] =
    [[1.2, 0.3], [-0.4, 0.8], [0.5, -0.6], [-1.1, -0.2], [0.2, 1.0], [0.9, 0.4]];
pub(crate) const LABELS: [f64; 6] = [1.0, -0.3, 0.8, -0.9, 0.7, 0.1];
pub(crate) const START: [f64; 2] = [3.0, -2.0];

fn squares_of(inputs: &[[f64; 2]], labels: &[f64], lambda: f64) -> LeastSquares {
    let train = Rows { inputs: inputs.concat(), labels: labels.to_vec(), dim: 2 };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: 2 };
    let split = Split { train_indices: (0..train.len()).collect(), test_indices: Vec::new(), train, test };
    LeastSquares::new(split, lambda)
}

pub(crate) fn squares() -> LeastSquares {
    squares_of(&INPUTS, &LABELS, LAMBDA)
}

/// Value and gradient by their definition, row by row.
fn by_rows(w: &[f64]) -> (f64, Vec<f64>) {
    let mut value = 0.5 * LAMBDA * (w[0] * w[0] + w[1] * w[1]);
    let mut gradient = vec![LAMBDA * w[0], LAMBDA * w[1]];
    for (x, y) in INPUTS.iter().zip(LABELS) {
        let residual = x[0] * w[0] + x[1] * w[1] - y;
        value += residual * residual / 12.0;
        (0..2).for_each(|k| gradient[k] += residual * x[k] / 6.0);
    }
    (value, gradient)
}

#[test]
fn least_squares_are_the_mean_over_their_rows() {
    let squares = squares();
    passes(derivatives(&squares, &START, 1e-8));
    let (mut gradient, mut scratch) = (vec![0.0; 2], squares.scratch());
    let (value, want) = by_rows(&START);
    passes(near("value", squares.value_gradient(&START, &mut gradient, &mut scratch), value, 1e-14));
    passes(all_near("gradient", &gradient, &want, 1e-14));
    squares.weighted_gradient(&START, &[1.0; 6], &mut gradient, &mut scratch);
    passes(all_near("weighted gradient", &gradient, &want, 1e-14));
    let mut mean = vec![0.0; 2];
    for pair in (0..36).map(|k| [k / 6, k % 6]) {
        squares.minibatch_gradient(&START, &pair, &mut gradient, &mut scratch);
        (0..2).for_each(|k| mean[k] += gradient[k] / 36.0);
    }
    passes(all_near("mean minibatch gradient", &mean, &want, 1e-14));
}

#[test]
fn the_minimum_and_the_spectrum_are_exact() {
    let squares = squares();
    let (lowest, gradient) = by_rows(squares.minimiser());
    passes(all_near("gradient at the minimiser", &gradient, &[0.0, 0.0], 1e-14));
    assert!(by_rows(&[squares.minimiser()[0] + 1e-3, squares.minimiser()[1]]).0 > lowest);
    let h = squares.hessian();
    let (half_trace, determinant) = (0.5 * (h[0] + h[3]), h[0] * h[3] - h[1] * h[2]);
    let root = (half_trace * half_trace - determinant).sqrt();
    passes(all_near("eigenvalues", squares.eigenvalues(), &[half_trace - root, half_trace + root], 1e-14));
    assert!(squares.is_definite());
    // One row in two dimensions: a line of minimisers, of which the shortest fits the row.
    let flat = squares_of(&INPUTS[..1], &LABELS[..1], 0.0);
    assert!(!flat.is_definite());
    let w = flat.minimiser();
    passes(near("fit", INPUTS[0][0] * w[0] + INPUTS[0][1] * w[1], LABELS[0], 1e-14));
    passes(near("shortest", INPUTS[0][0] * w[1] - INPUTS[0][1] * w[0], 0.0, 1e-14));
}

const PARTICLES: u64 = 20_000;

/// Means and second moments of 20 000 particles after `steps` steps against the exact ones; finds 10 % of the noise's part.
fn agrees(what: &str, process: &dyn Process, law: &Law, steps: u64) {
    let start = Start::Points { weights: START.to_vec() };
    let mut ensemble = Ensemble::new(process, &start, PARTICLES, 5);
    ensemble.advance(steps, &Threads::new(0).unwrap());
    let want = law.after(Moments::at(&START), steps);
    let mean = [want.mean[(0, 0)], want.mean[(1, 0)]];
    let second = |i: usize, j: usize| want.second[(i, j)] - mean[i] * mean[j];
    let particles: Vec<[f64; 2]> = ensemble
        .blocks()
        .iter()
        .flat_map(|b| b.weights.chunks_exact(2).map(|w| [w[0], w[1]]).collect::<Vec<_>>())
        .collect();
    let check = |name: &str, of: &dyn Fn(&[f64; 2]) -> f64, want: f64, size: f64| {
        let values: Vec<f64> = particles.iter().map(of).collect();
        let (mean, variance) = crate::support::law::mean_variance(&values);
        let std_err = (variance / PARTICLES as f64).sqrt();
        assert_law(&format!("{what}, {name}"), mean, want, std_err, size);
    };
    let variance = |i: usize| second(i, i);
    for i in 0..2 {
        check(&format!("E w_{i}"), &|w| w[i], mean[i], 0.1 * variance(i).sqrt());
        // The deviation from the exact mean, so that the check sees the noise and not the mean.
        let centre = mean[i];
        check(&format!("Var w_{i}"), &|w| (w[i] - centre).powi(2), variance(i), 0.1 * variance(i));
    }
    let ([a, b], covariance) = (mean, second(0, 1));
    let scale = (variance(0) * variance(1)).sqrt();
    check("Cov", &|w| (w[0] - a) * (w[1] - b), covariance, 0.1 * scale);
}

/// Error rate: 10 processes with 5 checks each, below 3·10⁻⁵.
#[test]
fn processes_have_their_exact_moments_on_least_squares() {
    let squares = squares();
    let rows = LinearRows::of(&squares);
    let (s, b, n) = (0.2, 2.0, 6.0);
    for (sampling, share) in
        [(Sampling::WithReplacement, 1.0 / b), (Sampling::WithoutReplacement, (n - b) / (n - 1.0) / b)]
    {
        let batches = Minibatches { s, batch: 2, sampling };
        agrees("sgd", &Sgd::new(&squares, s, 2, sampling, 3), &rows.euler(s, s, share), 12);
        let sde = CovarianceSde::new(&squares, batches, 0.05, 2, 3);
        agrees("covariance-sde", &sde, &rows.euler(s, 0.05, share), 48);
        let sde = SecondOrderSde::new(&squares, batches, 0.1, 1, 3);
        agrees("second-order-sde", &sde, &rows.heun(s, 0.1, share, 0.5 * s), 24);
        let sde = CovarianceSde::new(&squares, batches, 0.1, 1, 3).with_scheme(Scheme::Heun);
        agrees("covariance-sde by Heun", &sde, &rows.heun(s, 0.1, share, 0.0), 24);
        // SVAG is Euler's step of s/l with the covariance (s²/l) Σ c/b.
        agrees("svag", &Svag::new(&squares, batches, 4, 3), &rows.euler(s, s / 4.0, share), 48);
    }
}

/// The orders in s of the two models, by the moments that the test above finds in the program: at t = 1 the covariance SDE is
/// off from SGD by O(s), the SDE of second order by O(s²). The steps of the models are s/64, their own error far below.
#[test]
fn the_models_have_their_orders_in_s() {
    let (squares, start) = (squares(), Moments::at(&START));
    let rows = LinearRows::of(&squares);
    let risks = |s: f64, steps: u64| {
        let sgd = rows.euler(s, s, 0.5).risk(start.clone(), steps);
        let h = s / 64.0;
        [rows.euler(s, h, 0.5), rows.heun(s, h, 0.5, 0.5 * s)]
            .map(|model| (model.risk(start.clone(), 64 * steps) - sgd).abs())
    };
    let (coarse, fine) = (risks(0.02, 50), risks(0.01, 100));
    for (k, want) in [(0, 1.0), (1, 2.0)] {
        let slope = (coarse[k] / fine[k]).log2();
        println!("order {want}: {slope:.3}, differences {:.2e} and {:.2e}", coarse[k], fine[k]);
        assert!((slope - want).abs() < 0.1, "order {want}: {slope}");
    }
    assert!(fine[1] < 0.1 * fine[0]);
}
