//! Level and power of the kernel Stein discrepancy on quadratics, whose Gibbs measures are sampled exactly.

use rand::RngExt;
use rand_distr::StandardNormal;
use sgd_sde::analysis::distances::{Discrepancy, Resampling, kernel_stein};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{Potential, Quadratic};
use sgd_sde::random::{Key, Purpose};

const S: f64 = 0.3;

/// D weights with eigenvalues from 1 to `spread`, evenly on a log scale.
fn quadratic(dim: usize, spread: f64) -> Quadratic {
    let power = |k: usize| k as f64 / (dim - 1).max(1) as f64;
    Quadratic::new((0..dim).map(|k| spread.powf(power(k))).collect())
}

/// The Stein discrepancy of particles with `change` times the right variance.
fn stein(quadratic: &Quadratic, change: f64, n: u64, seed: u64, threads: &Threads) -> Discrepancy {
    let deviations: Vec<f64> =
        quadratic.gaussian_gibbs(S).unwrap().iter().map(|v| (change * v).sqrt()).collect();
    let key = Key::new(seed, Purpose::Start);
    let draw = |particle: u64| {
        let mut stream = key.stream(particle, 0);
        deviations.iter().map(|sd| sd * stream.sample::<f64, _>(StandardNormal)).collect::<Vec<_>>()
    };
    let weights: Vec<f64> = (0..n).flat_map(draw).collect();
    let resampling = Resampling { replicates: 199, seed, tag: 0 };
    kernel_stein(quadratic, S, &weights, None, &resampling, threads).unwrap().unbiased
}

/// How many of `seeds` runs reject at level 5 %.
fn rejections(quadratic: &Quadratic, change: f64, n: u64, seeds: u64) -> usize {
    let threads = Threads::new(0).unwrap();
    (0..seeds).filter(|&seed| stein(quadratic, change, n, seed, &threads).p_value <= 0.05).count()
}

#[test]
fn the_stein_discrepancy_keeps_its_level() {
    println!("error rate: below 1e-4 (three binomials of 400 at 5 % above 40: 1.2e-5 each)");
    for dim in [2, 10, 160] {
        let rejected = rejections(&quadratic(dim, 1.0), 1.0, 512, 400);
        println!("D = {dim}, n = 512: {rejected} of 400 exact samples rejected at level 5 %");
        assert!(rejected <= 40, "D = {dim}: {rejected} of 400");
    }
}

#[test]
fn the_stein_discrepancy_rejects_a_wrong_variance() {
    println!(
        "error rate: about 2e-4 (the statistics stand 3.7 or more of their standard errors above the band)"
    );
    let threads = Threads::new(0).unwrap();
    for (dim, change) in [(2, 1.2), (10, 1.2), (160, 1.5), (160, 2.0), (160, 0.5)] {
        let got = stein(&quadratic(dim, 1.0), change, 4096, 1, &threads);
        println!(
            "D = {dim}, variance × {change}: {:.3e} ± {:.1e}, null up to {:.3e}",
            got.statistic,
            got.std_err.unwrap(),
            got.null_high
        );
        assert!(got.p_value <= 0.05 && got.statistic > got.null_high, "D = {dim}, × {change}: {got:?}");
    }
}

/// One row of the table in the documentation of `kernel_stein`, for eigenvalues from 1 to `spread`.
fn row(dim: usize, spread: f64, change: f64, seeds: u64) {
    let rejected = rejections(&quadratic(dim, spread), change, 4096, seeds);
    println!("D = {dim}, eigenvalues 1 to {spread}, variance × {change}: {rejected} of {seeds} rejected");
}

#[test]
#[ignore = "a measurement of many minutes, not a check"]
fn the_levels_of_the_documentation() {
    for (dim, spread) in [(10, 1.0), (160, 1.0), (2, 1.0), (160, 20.0)] {
        row(dim, spread, 1.0, 200);
    }
}

#[test]
#[ignore = "a measurement of many minutes, not a check"]
fn the_powers_of_the_documentation() {
    for (dim, spread, change) in [
        (160, 1.0, 1.5),
        (10, 1.0, 1.2),
        (2, 1.0, 1.2),
        (160, 1.0, 1.2),
        (10, 1.0, 1.1),
        (2, 1.0, 1.1),
        (160, 20.0, 1.5),
        (160, 20.0, 1.2),
    ] {
        row(dim, spread, change, 50);
    }
}
