//! Gaussian laws: everything is known.

use super::*;
use crate::problem::Quadratic;

const S: f64 = 0.3;

#[test]
fn quadratics_have_their_gap_risk_and_multiplicities() {
    for theta in [vec![0.7], vec![0.5, 2.0], vec![1.0, 1.0], vec![0.01, 3.0]] {
        let potential = Quadratic::new(theta.clone());
        let started = std::time::Instant::now();
        let grid = Grid::new(&potential, S, None).unwrap();
        let modes = grid.slow_modes().unwrap();
        println!("{theta:?}: cells {:?}, {:?}, {:?}", grid.cells(), modes.rates(), started.elapsed());
        let mut exact: Vec<f64> = match theta.as_slice() {
            [a] => (1..7).map(|k| f64::from(k) * a).collect(),
            [a, b] => (0..7).flat_map(|i| (0..7).map(move |j| f64::from(i) * a + f64::from(j) * b)).collect(),
            _ => unreachable!(),
        };
        exact.retain(|rate| *rate > 0.0);
        exact.sort_by(f64::total_cmp);
        assert_numeric(modes.gap(), exact[0], 1e-4 * exact[0]);
        for (rate, want) in modes.rates().iter().zip(exact) {
            assert_numeric(*rate, want, 5e-3 * want);
        }
        assert_numeric(mean(&grid, Quantity::Risk), theta.len() as f64 * S / 4.0, 1e-10);
        let misses = identities(&grid, theta.len());
        assert!(misses.iter().all(|miss| *miss < 1e-9), "{misses:?}");
    }
}

#[test]
fn components_of_polynomials_are_those_of_hermite() {
    let potential = Quadratic::new(vec![0.5, 2.0]);
    let grid = Grid::new(&potential, S, None).unwrap();
    let modes = grid.slow_modes().unwrap();
    let first = grid.observe(&|w| w[0] + 3.0);
    let parts = grid.components(&modes, &first);
    assert_numeric(parts[0].variance, S / (2.0 * 0.5), 1e-4);
    assert!(parts[1..].iter().all(|part| part.variance.value < 1e-6), "{parts:?}");
    let square = grid.observe(&|w| w[0] * w[0]);
    let parts = grid.components(&modes, &square);
    assert!(parts[0].variance.value < 1e-10);
    assert_numeric(parts[1].variance, 2.0 * (S / (2.0 * 0.5)).powi(2), 1e-3);
    assert_numeric(grid.standard_deviation(&square), 2f64.sqrt() * S / (2.0 * 0.5), 1e-9);
}

#[test]
fn the_density_is_the_gaussian_one() {
    let potential = Quadratic::new(vec![0.5, 2.0]);
    let density = Grid::new(&potential, S, None).unwrap().density();
    let (x, y) = (&density.axes[0], &density.axes[1]);
    let (i, j) = (x.len() / 3, y.len() / 2);
    let scale = (0.5f64 * 2.0).sqrt() / (std::f64::consts::PI * S);
    let want = scale * (-(0.5 * x[i] * x[i] + 2.0 * y[j] * y[j]) / S).exp();
    let got = density.values[i * y.len() + j];
    assert!((got / want - 1.0).abs() < 1e-9, "{got}, expected {want}");
}

/// 1 + χ² = [σ⁴/(τ²(2σ² − τ²))]^{1/2} e^{m²/(2σ² − τ²)} for each weight, σ² = s/(2θ).
#[test]
fn chi_square_of_gaussian_starts() {
    let theta = [0.5, 2.0];
    let potential = Quadratic::new(theta.to_vec());
    let grid = Grid::new(&potential, S, None).unwrap();
    let sigma2 = theta.map(|t| S / (2.0 * t));
    for (mean, factor) in [([0.0, 0.0], 1.0), ([0.4, -0.3], 0.2), ([2.0, 1.0], 1.9)] {
        let tau2 = sigma2.map(|v| factor * v);
        let want: f64 = (0..2)
            .map(|k| {
                let room = 2.0 * sigma2[k] - tau2[k];
                0.5 * (sigma2[k] * sigma2[k] / (tau2[k] * room)).ln() + mean[k] * mean[k] / room
            })
            .sum();
        let got = grid.gaussian_log_chi_square(&mean, &tau2).unwrap();
        println!("{got:?}, {want}");
        assert_numeric(got, want, 1e-8);
    }
    let wide = sigma2.map(|v| 2.05 * v);
    assert_eq!(grid.gaussian_log_chi_square(&[0.0, 0.0], &wide).unwrap().value, f64::INFINITY);
}
