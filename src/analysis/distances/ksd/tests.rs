use super::super::testing::{Law, normals, shuffled};
use super::*;
use crate::problem::{DoubleWell, Quadratic};

const RESAMPLING: Resampling = Resampling { replicates: 199, seed: 5, tag: 2 };

fn stein(potential: &dyn Potential, s: f64, weights: &[f64], length: Option<f64>) -> KernelStein {
    kernel_stein(potential, s, weights, length, &RESAMPLING, &Threads::new(2).unwrap()).unwrap()
}

/// u(x, y) from the general formula with numbers of its own: k = q^β, ∇_x k = 2β q^{β−1}(x − y), ∇_y k its negative,
/// tr ∇_x∇_y k = −2βD q^{β−1} − 4β(β−1) r² q^{β−2}.
fn plain(potential: &dyn Potential, s: f64, x: &[f64], y: &[f64], c: f64) -> f64 {
    let score = |w: &[f64]| {
        let mut g = vec![0.0; w.len()];
        potential.value_gradient(w, &mut g, &mut potential.scratch());
        g.iter().map(|g| -2.0 * g / s).collect::<Vec<_>>()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (beta, dim) = (-0.5, x.len() as f64);
    let apart: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    let (squared, bx, by) = (dot(&apart, &apart), score(x), score(y));
    let q = c * c + squared;
    let slope = 2.0 * beta * q.powf(beta - 1.0);
    dot(&bx, &by) * q.powf(beta) - slope * dot(&bx, &apart) + slope * dot(&by, &apart)
        - slope * dim
        - 4.0 * beta * (beta - 1.0) * squared * q.powf(beta - 2.0)
}

#[test]
fn both_forms_are_the_plain_double_sums() {
    for (potential, n) in [(&Quadratic::new(vec![1.0, 3.0, 0.5]) as &dyn Potential, 37), (&DoubleWell, 300)] {
        let dim = potential.dim();
        let weights = normals(n, dim, 1, &Law { shift: 0.3, scale: 0.8 });
        let got = stein(potential, 0.7, &weights, Some(0.9));
        let row = |i: usize| &weights[i * dim..][..dim];
        let u = |i: usize, j: usize| plain(potential, 0.7, row(i), row(j), 0.9);
        let all: f64 = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| u(i, j)).sum();
        let diagonal: f64 = (0..n).map(|i| u(i, i)).sum();
        let n = n as f64;
        let (want_u, want_v) = ((all - diagonal) / (n * (n - 1.0)), all / (n * n));
        assert!((got.unbiased.statistic - want_u).abs() < 1e-10 * want_u.abs().max(1.0));
        assert!((got.biased.statistic - want_v).abs() < 1e-10 * want_v.abs().max(1.0));
        assert!(got.biased.statistic >= 0.0);
    }
}

/// n² V = n(n−1) U + Σ u(x_i, x_i), for the statistic and for its band alike.
#[test]
fn the_two_forms_differ_by_the_diagonal_and_reject_together() {
    let quadratic = Quadratic::new(vec![1.0, 2.0]);
    for seed in 0..20 {
        let weights = normals(60, 2, seed, &Law { scale: 0.7, ..Law::EXACT });
        let KernelStein { unbiased: u, biased: v, .. } = stein(&quadratic, 1.0, &weights, None);
        let (n, diagonal) = (60.0, 3600.0 * v.statistic - 3540.0 * u.statistic);
        for (u, v) in [(u.null_low, v.null_low), (u.null_high, v.null_high)] {
            assert!((n * n * v - n * (n - 1.0) * u - diagonal).abs() < 1e-9 * diagonal);
        }
        assert_eq!(u.p_value, v.p_value);
    }
}

#[test]
fn jackknife_by_hand() {
    // Leaving one of 1, 2, 6 out of their mean: 4, 3.5, 1.5; the error is that of a mean.
    let error = jackknife_error([4.0, 3.5, 1.5].into_iter());
    assert!((error - (7.0f64 / 3.0).sqrt()).abs() < 1e-14);
}

#[test]
fn the_length_is_half_the_median_distance() {
    assert_eq!(half_median_distance(&[0.0, 1.0, 3.0], 1), Some(2.0));
    assert_eq!(half_median_distance(&[1.0; 6], 2), None);
    let threads = Threads::new(1).unwrap();
    assert_eq!(kernel_stein(&DoubleWell, 0.1, &[1.0; 10], None, &RESAMPLING, &threads), None);
    assert_eq!(kernel_stein(&DoubleWell, 0.1, &[1.0, f64::NAN, 2.0, 3.0], None, &RESAMPLING, &threads), None);
}

#[test]
fn the_order_of_particles_and_the_number_of_threads_do_not_matter() {
    let quadratic = Quadratic::new(vec![1.0; 3]);
    let weights = normals(200, 3, 1, &Law::EXACT);
    let run = |weights: &[f64], threads| {
        kernel_stein(&quadratic, 2.0, weights, Some(1.2), &RESAMPLING, &Threads::new(threads).unwrap())
            .unwrap()
    };
    let one = run(&weights, 1);
    assert_eq!(one, run(&weights, 3));
    let other = run(&shuffled(&weights, 3), 1);
    assert!((one.unbiased.statistic - other.unbiased.statistic).abs() < 1e-13);
    assert!((one.unbiased.std_err.unwrap() - other.unbiased.std_err.unwrap()).abs() < 1e-13);
}

/// Noise √(2s) and s/2 in place of √s double and halve the variance. A correct test passes the last line once in twenty
/// seeds; the seed is fixed. The others are far from the band.
#[test]
fn wrong_noise_and_a_shift_are_rejected_and_the_right_law_is_not() {
    let quadratic = Quadratic::new(vec![1.0; 10]);
    let wrong = [
        Law { scale: 2f64.sqrt(), ..Law::EXACT },
        Law { scale: 0.5f64.sqrt(), ..Law::EXACT },
        Law { shift: 0.15, ..Law::EXACT },
    ];
    for law in wrong {
        let got = stein(&quadratic, 2.0, &normals(500, 10, 4, &law), None).unbiased;
        assert!(got.p_value <= 0.005 && got.statistic > got.null_high, "{law:?}: {got:?}");
    }
    let exact = stein(&quadratic, 2.0, &normals(500, 10, 5, &Law::EXACT), None).unbiased;
    assert!(exact.p_value > 0.05, "{exact:?}");
}

/// A shift of 0.5 in D = 2: the mean of 200 statistics against the mean jackknife error over the spread of the statistics,
/// whose own relative error is 1/√400: five of them make the window.
#[test]
fn the_standard_error_is_the_spread_of_the_statistic_away_from_the_null() {
    let quadratic = Quadratic::new(vec![1.0; 2]);
    let (mut statistics, mut errors) = (crate::estimates::Moments::default(), 0.0);
    for seed in 0..200 {
        let weights = normals(200, 2, seed, &Law { shift: 0.5, ..Law::EXACT });
        let got = stein(&quadratic, 2.0, &weights, Some(1.0)).unbiased;
        statistics.push(got.statistic);
        errors += got.std_err.unwrap() / 200.0;
    }
    let ratio = errors / statistics.variance().unwrap().sqrt();
    assert!((ratio - 1.0).abs() < 5.0 / 400f64.sqrt(), "{ratio}");
}
