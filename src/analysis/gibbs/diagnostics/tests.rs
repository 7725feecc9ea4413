//! Against cases done by hand and against AR(1) chains, whose effective sample size is known.

use super::*;
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// `count` stationary chains x' = ρx + √(1−ρ²)ξ of `length`.
fn autoregressive(rho: f64, count: u64, length: usize, seed: u64) -> Vec<Vec<f64>> {
    let key = Key::new(seed, Purpose::Reference);
    (0..count)
        .map(|chain| {
            let mut stream = key.stream(chain, 0);
            let mut x: f64 = stream.sample(StandardNormal);
            let mut next = || {
                x = rho * x + (1.0 - rho * rho).sqrt() * stream.sample::<f64, _>(StandardNormal);
                x
            };
            (0..length).map(|_| next()).collect()
        })
        .collect()
}

fn views(chains: &[Vec<f64>]) -> Vec<&[f64]> {
    chains.iter().map(Vec::as_slice).collect()
}

#[test]
fn small_cases_are_as_by_hand() {
    // Ranks 1 … 8 with scores z; halves (z1,z5), (z2,z6), (z3,z7), (z4,z8). The folded values are symmetric.
    let z = |rank: f64| {
        use statrs::distribution::{ContinuousCDF, Normal};
        Normal::standard().inverse_cdf((rank - 0.375) / 8.25)
    };
    let halves = [[z(1.0), z(5.0)], [z(2.0), z(6.0)], [z(3.0), z(7.0)], [z(4.0), z(8.0)]];
    let within = halves.iter().map(|h| (h[0] - h[1]).powi(2) / 2.0).sum::<f64>() / 4.0;
    let means: Vec<f64> = halves.iter().map(|h| 0.5 * (h[0] + h[1])).collect();
    let between = means.iter().map(|m| m * m).sum::<f64>() / 3.0;
    let want = ((0.5 * within + between) / within).sqrt();
    let got = r_hat(&[&[0.1, 0.5, 0.2, 0.6], &[0.3, 0.7, 0.4, 0.8]]).unwrap();
    let folded_between = |values: [f64; 8]| {
        let halves: Vec<&[f64]> = values.chunks_exact(2).collect();
        let w = halves.iter().map(|h| (h[0] - h[1]).powi(2) / 2.0).sum::<f64>() / 4.0;
        let m: Vec<f64> = halves.iter().map(|h| 0.5 * (h[0] + h[1])).collect();
        let mean = m.iter().sum::<f64>() / 4.0;
        let b = m.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 3.0;
        ((0.5 * w + b) / w).sqrt()
    };
    // |x − 0.45|: 0.35 0.05 0.25 0.15 0.15 0.25 0.05 0.35, up to rounding that may break ties: checked as a bound.
    let tied = [7.5, 1.5, 5.5, 3.5, 3.5, 5.5, 1.5, 7.5].map(z);
    let folded = folded_between(tied);
    assert!((got - want.max(folded)).abs() < 0.05, "{got}, {want}, {folded}");
    assert!(got >= want - 1e-12);
    assert_eq!(r_hat(&[&[2.0; 4], &[2.0; 4]]), Some(1.0));
    assert_eq!(r_hat(&[&[1.0, 2.0, 3.0, f64::NAN], &[1.0; 4]]), None);
    assert_eq!(r_hat(&[&[1.0; 4]]), None);
    assert_eq!(nested_r_hat(&[&[1.0; 4], &[1.0; 4], &[1.0; 4]], 2), None);
}

/// Nested R̂ of two superchains of two chains, by the formula on the scores of 16 distinct ranks.
#[test]
fn nested_r_hat_is_its_formula() {
    let ranks: [[f64; 4]; 4] =
        [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]];
    use statrs::distribution::{ContinuousCDF, Normal};
    let z = ranks.map(|c| c.map(|r| Normal::standard().inverse_cdf((r - 0.375) / 16.25)));
    let mean = |c: &[f64; 4]| c.iter().sum::<f64>() / 4.0;
    let variance = |c: &[f64; 4]| c.iter().map(|x| (x - mean(c)).powi(2)).sum::<f64>() / 3.0;
    let group = |a: &[f64; 4], b: &[f64; 4]| {
        let between = (mean(a) - mean(b)).powi(2) / 2.0;
        (0.5 * (mean(a) + mean(b)), between + 0.5 * (variance(a) + variance(b)))
    };
    let ((m1, w1), (m2, w2)) = (group(&z[0], &z[1]), group(&z[2], &z[3]));
    let want = (1.0 + (m1 - m2).powi(2) / 2.0 / (0.5 * (w1 + w2))).sqrt();
    let chains: Vec<&[f64]> = ranks.iter().map(|c| c.as_slice()).collect();
    assert!((nested_r_hat(&chains, 2).unwrap() - want).abs() < 1e-12);
}

/// The size of an AR(1) chain is S(1−ρ)/(1+ρ); the estimate's own spread at S = 40 000 is a few per cent.
#[test]
fn autoregressive_chains_have_their_known_size() {
    for (rho, tolerance) in [(0.0, 0.05), (0.5, 0.08), (0.9, 0.15), (-0.3, 0.08)] {
        let chains = autoregressive(rho, 20, 2000, 3);
        let want = 40_000.0 * (1.0 - rho) / (1.0 + rho);
        let got = effective_sample_size(&views(&chains)).unwrap();
        assert!((got / want - 1.0).abs() < tolerance, "rho = {rho}: {got}, expected {want}");
        let tail = tail_effective_sample_size(&views(&chains)).unwrap();
        assert!(tail > 0.4 * want.min(40_000.0), "rho = {rho}: tail {tail}");
        assert!(r_hat(&views(&chains)).unwrap() < 1.0 + 3.0 * 20.0 / want.min(40_000.0));
    }
}

/// One chain of twenty that is shifted by a standard deviation, spread twice as wide, or still on its way is seen.
#[test]
fn chains_that_disagree_are_seen() {
    let good = autoregressive(0.3, 20, 1000, 5);
    assert!(r_hat(&views(&good)).unwrap() < 1.005);
    assert!(nested_r_hat(&views(&good), 4).unwrap() < 1.005);
    let altered = |change: fn(usize, f64) -> f64| {
        let mut chains = good.clone();
        chains[7].iter_mut().enumerate().for_each(|(i, x)| *x = change(i, *x));
        r_hat(&views(&chains)).unwrap()
    };
    assert!(altered(|_, x| x + 1.0) > 1.01);
    assert!(altered(|_, x| 3.0 * x) > 1.01, "{}", altered(|_, x| 3.0 * x));
    assert!(altered(|i, x| x + if i < 500 { 2.0 } else { 0.0 }) > 1.01);
    let mut grouped = good.clone();
    grouped[4..8].iter_mut().flatten().for_each(|x| *x += 0.5);
    assert!(nested_r_hat(&views(&grouped), 4).unwrap() > 1.01);
}
