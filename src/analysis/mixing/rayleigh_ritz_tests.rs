//! On a quadratic, where the weights are eigenfunctions and μ_s is Gaussian.

use super::*;
use crate::analysis::mixing::synthetic::holds;
use crate::analysis::mixing::{Basis, Directions};
use crate::problem::{Potential, Quadratic};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Independent draws of N(0, factor·s/(2θ_k)).
fn draws(quadratic: &Quadratic, s: f64, factor: f64, count: u64, seed: u64) -> Vec<f64> {
    let variances = quadratic.gaussian_gibbs(s).unwrap();
    let draw = |i| {
        let mut stream = Key::new(seed, Purpose::Reference).stream(i, 0);
        variances.iter().map(|v| (factor * v).sqrt() * stream.sample::<f64, _>(StandardNormal)).collect()
    };
    (0..count).map(draw).collect::<Vec<Vec<f64>>>().concat()
}

fn bound(quadratic: &Quadratic, s: f64, draws: &[f64], seed: u64) -> RitzBound {
    let basis = Basis::of_potential(quadratic, Directions::Weights);
    let threads = Threads::new(2).unwrap();
    rayleigh_ritz(&RitzSums::of(&basis, s, draws, 64, &threads), seed).unwrap()
}

#[test]
fn the_bound_of_a_quadratic_is_its_smallest_eigenvalue() {
    let quadratic = Quadratic::new(vec![3.0, 0.7, 1.5]);
    let got = bound(&quadratic, 0.2, &draws(&quadratic, 0.2, 1.0, 20_000, 1), 1);
    println!("{got:?}");
    assert!((got.value - 0.7).abs() < 5.0 * got.std_err && got.std_err < 0.01, "{got:?}");
    assert!((got.in_sample - 0.7).abs() < 0.05);
    // The slowest function is w[1], of standard deviation √(s/(2θ)).
    let unit = got.coefficients[1] * (0.2_f64 / 1.4).sqrt();
    assert!((unit.abs() - 1.0).abs() < 0.05 && got.functions[1] == "w[1]", "{got:?}");
    assert_eq!((got.draws, got.kept), (20_000, 6), "the risk is a sum of squares of the weights");
}

/// At 95 % coverage 60 runs have 11 misses or more 3 times in 10 000. The control: draws with √(2s) for √s.
#[test]
fn intervals_cover_and_wrong_noise_misses() {
    let quadratic = Quadratic::new(vec![2.0, 0.7]);
    let run = |factor, seed| bound(&quadratic, 0.2, &draws(&quadratic, 0.2, factor, 2000, seed), seed);
    let covered = (0..60).filter(|&seed| holds(run(1.0, seed).interval, 0.7)).count();
    println!("covered {covered} of 60");
    assert!(covered >= 50, "{covered}");
    assert!((0..10).all(|seed| run(2.0, seed).interval.1 < 0.6), "half the gap must show");
}

/// The reason for splitting: over 60 functions and 1000 draws the smallest eigenvalue is far below the gap.
#[test]
fn a_large_basis_biases_the_smallest_eigenvalue_but_not_the_bound() {
    let quadratic = Quadratic::new(vec![1.0; 60]);
    let basis = Basis::of_potential(&quadratic, Directions::Weights);
    let draws = draws(&quadratic, 0.2, 1.0, 1000, 3);
    let sums = RitzSums::of(&basis, 0.2, &draws, 40, &Threads::new(2).unwrap());
    let got = rayleigh_ritz(&sums, 1).unwrap();
    println!("{} ± {}, in sample {}", got.value, got.std_err, got.in_sample);
    assert!(got.in_sample < 0.75 && got.value - got.in_sample > 5.0 * got.std_err);
    assert!(got.value > 1.0 - 5.0 * got.std_err && got.std_err < 0.1, "{got:?}");
}

#[test]
fn few_groups_have_no_bound() {
    let quadratic = Quadratic::new(vec![1.0]);
    let basis = Basis::of_potential(&quadratic, Directions::Weights);
    let sums = RitzSums::of(&basis, 1.0, &[0.1, 0.4, -0.2], 3, &Threads::new(1).unwrap());
    assert_eq!(rayleigh_ritz(&sums, 1), None);
}
