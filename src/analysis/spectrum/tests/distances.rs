//! The partition and its null band: level, power, and reproducibility.

use super::*;
use crate::analysis::spectrum::Partition;
use crate::problem::Quadratic;
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

const S: f64 = 0.3;
const THETA: [f64; 2] = [0.5, 2.0];

/// n particles of the Gibbs measure with its standard deviations times `wide`.
fn sample(n: usize, wide: f64, seed: u64) -> Vec<f64> {
    let mut stream = Key::new(seed, Purpose::Start).stream(0, 0);
    let sd = THETA.map(|t| wide * (S / (2.0 * t)).sqrt());
    (0..2 * n).map(|i| sd[i % 2] * stream.sample::<f64, _>(StandardNormal)).collect()
}

/// 200 samples of μ: P(more than 22 rejections at 5 %) = 1/1000 for a correct program, by the binomial law.
#[test]
fn exact_samples_are_rejected_at_the_level() {
    let potential = Quadratic::new(THETA.to_vec());
    let grid = Grid::new(&potential, S, None).unwrap();
    let partition = Partition::new(&grid, 400);
    let masses = partition.masses();
    let even = 1.0 / masses.len() as f64;
    assert!((masses.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(masses.iter().all(|m| *m > 0.7 * even && *m < 1.4 * even), "{masses:?}");
    let mut rejected = [0; 3];
    let mut shift = [0.0; 3];
    for seed in 0..200 {
        let found = partition.distances(&sample(400, 1.0, seed), seed).unwrap();
        for (k, d) in [found.chi_square, found.kullback_leibler, found.total_variation].iter().enumerate() {
            rejected[k] += usize::from(d.p_value <= 0.05);
            shift[k] += d.corrected / d.null_95 / 200.0;
        }
    }
    println!("rejected {rejected:?} of 200, mean corrected {shift:?}");
    assert!(rejected.iter().all(|r| *r <= 22), "{rejected:?}");
    // Bias: the standard deviation of a null is below half its 95 % point here, so five standard errors of the mean are 0.18.
    assert!(shift.iter().all(|x| x.abs() < 0.18), "{shift:?}");
}

#[test]
fn ten_per_cent_more_width_is_seen_and_measured() {
    let potential = Quadratic::new(THETA.to_vec());
    let grid = Grid::new(&potential, S, None).unwrap();
    let n = 20_000;
    let partition = Partition::new(&grid, n);
    let found = partition.distances(&sample(n, 1.1, 7), 1).unwrap();
    for d in [found.chi_square, found.kullback_leibler, found.total_variation] {
        assert!(d.p_value == 0.001 && d.value > d.null_95, "{d:?}");
    }
    // KL of N(0, 1.21) to N(0, 1), twice: 2·½(0.21 − ln 1.21); binning loses a little.
    let exact = 0.21 - 1.21f64.ln();
    let kl = found.kullback_leibler;
    assert!(kl.corrected < exact + 4.0 * kl.std_err && kl.corrected > 0.6 * exact, "{kl:?}, exact {exact}");
    assert_eq!(partition.distances(&sample(n, 1.1, 7), 1), Some(found));
    assert_eq!(partition.distances(&[], 1), None);
}

#[test]
fn particles_outside_the_box_count_for_its_edge() {
    let potential = Quadratic::new(vec![1.0]);
    let grid = Grid::new(&potential, S, None).unwrap();
    let partition = Partition::new(&grid, 1000);
    let counts = partition.counts(&[-1e9, 1e9, 1e9]);
    assert_eq!((counts[0], *counts.last().unwrap()), (1, 2));
    assert_eq!(counts.iter().sum::<u64>(), 3);
}
