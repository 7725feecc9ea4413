//! E φ(W_t) against Gaussian laws, and against the slow modes.

use super::*;
use crate::problem::{DoubleWell, Quadratic};

const S: f64 = 0.3;
const TIMES: [f64; 6] = [0.0, 0.01, 0.3, 1.0, 4.0, 30.0];

#[test]
fn means_and_variances_of_gaussian_laws_are_exact() {
    for (theta, w0, v0) in
        [(vec![0.7], vec![1.5], vec![0.05]), (vec![0.5, 2.0], vec![2.0, -1.0], vec![0.1, 0.03])]
    {
        let potential = Quadratic::new(theta.clone());
        let started = std::time::Instant::now();
        let grid = Grid::new(&potential, S, None).unwrap();
        let start = grid.gaussian_start(&w0, &v0).unwrap();
        let last = theta.len() - 1;
        let at_most = [1e-7, 1e-3][last];
        let observables = [grid.observe(&|w| w[last]), grid.observe(&|w| w[last] * w[last])];
        let curves = grid.curves(&observables, &start, &TIMES).unwrap();
        println!("{:?}, {:?}", grid.cells(), started.elapsed());
        for (k, t) in TIMES.iter().enumerate() {
            let fall = (-theta[last] * t).exp();
            let mean = fall * w0[last];
            let variance = S / (2.0 * theta[last]) * (1.0 - fall * fall) + fall * fall * v0[last];
            println!("t = {t}: {:?} {:?}", curves.means[0][k], curves.means[1][k]);
            assert_numeric(curves.means[0][k], mean, at_most);
            assert_numeric(curves.means[1][k], mean * mean + variance, at_most);
        }
    }
}

#[test]
fn point_starts_far_outside_the_bulk_are_served() {
    let potential = Quadratic::new(vec![1.0]);
    let grid = Grid::new(&potential, 0.02, Some(&[(-4.0, 4.0)])).unwrap();
    let start = grid.point_start(&[3.0, 2.0]).unwrap();
    let square = grid.observe(&|w| w[0] * w[0]);
    let curves = grid.curves(&[square], &start, &TIMES).unwrap();
    for (k, t) in TIMES.iter().enumerate() {
        let fall = (-2.0 * t).exp();
        let want = 0.01 * (1.0 - fall) + fall * 6.5;
        assert_numeric(curves.means[0][k], want, 1e-4);
    }
}

/// In a double well from one well: E x decays at the gap, and the risk at another rate.
#[test]
fn the_double_well_forgets_its_well_at_the_gap() {
    let grid = Grid::new(&DoubleWell, 0.2, None).unwrap();
    let gap = grid.slow_modes().unwrap().gap().value;
    let start = grid.point_start(&[-1.0]).unwrap();
    let observables = [grid.observe(&|w| w[0]), grid.quantity(Quantity::Risk).unwrap()];
    let curves = grid.curves(&observables, &start, &[20.0, 60.0, 120.0]).unwrap();
    let x: Vec<f64> = curves.means[0].iter().map(|mean| mean.value).collect();
    let rate = (x[0] / x[1]).ln() / 40.0;
    assert!((rate / gap - 1.0).abs() < 1e-6, "{rate}, gap {gap}");
    let rate = (x[1] / x[2]).ln() / 60.0;
    assert!((rate / gap - 1.0).abs() < 1e-6, "{rate}, gap {gap}");
    let stationary = grid.mean(&observables[1]).value;
    let risk = curves.means[1].iter().map(|mean| (mean.value - stationary).abs()).fold(0.0, f64::max);
    assert!(risk < 1e-8, "L̃ is even: it has no part in the slow mode, {risk:e}");
}

/// All by the modes: for t where the seventh mode is gone, Σ_k u_k(w) E(φ u_k) e^{−λ_k t} is the curve.
#[test]
fn curves_agree_with_the_sum_over_slow_modes() {
    let grid = Grid::new(&DoubleWell, 0.4, None).unwrap();
    let modes = grid.slow_modes().unwrap();
    let phi = grid.observe(&|w| (w[0] - 0.3).powi(2) + w[0]);
    let start = grid.gaussian_start(&[0.8], &[0.02]).unwrap();
    let times = [2.0, 5.0, 20.0];
    let curve = grid.curves(std::slice::from_ref(&phi), &start, &times).unwrap();
    let level = &grid.levels[2];
    for (k, t) in times.iter().enumerate() {
        let mut sum = level.mean(&phi.values[2]);
        for (number, rate) in modes.rates().iter().enumerate() {
            let u = modes.function(number);
            let along: Vec<f64> = u.iter().zip(&phi.values[2]).map(|(u, v)| u * v).collect();
            let begin: f64 = u.iter().zip(&start.weights[2]).map(|(u, p)| u * p).sum();
            sum += level.mean(&along) * begin * (-rate.value * t).exp();
        }
        let got = curve.means[0][k];
        assert!((got.value - sum).abs() < 2e-6, "t = {t}: {got:?}, modes {sum}");
    }
}
