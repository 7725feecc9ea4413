//! Coverage of the intervals of ln(1 + χ²) of a start, by importance sampling.

use crate::support::two_weights::TwoWeights;
use sgd_sde::analysis::guarantee::{ImportanceSettings, chi_squared_estimate};
use sgd_sde::analysis::spectrum::Grid;
use sgd_sde::parallel::Threads;
use sgd_sde::problem::Potential;

const RUNS: u64 = 600;
const S: f64 = 0.2;

/// A tanh net of two weights, starts narrower than, as wide as and wider than N(0, s/(2λ) I): 600 seeds each, so that 30 misses are
/// expected, with a standard deviation of 5.3. The control halves the errors and must miss far more often.
#[test]
fn intervals_of_the_start_cover_the_value_of_the_grid() {
    println!("error rate: below 3e-3 (three counts of misses, each outside 13 … 49 less than once in 1000)");
    let net = TwoWeights::new(1, S).net;
    let grid = Grid::new(&net, S, None).expect("a grid");
    let prior = 0.5 * S / net.penalty();
    for factor in [0.5, 1.0, 1.5] {
        let variances = [factor * prior; 2];
        let truth = grid.gaussian_log_chi_square(&[0.0; 2], &variances).expect("finite").value;
        let misses = |seeds: std::ops::Range<u64>| {
            let alone = Threads::new(1).expect("one thread starts");
            let mut counts = [0_u64; 2];
            for seed in seeds {
                let settings = ImportanceSettings { draws: 1024, seed, plain: false };
                let found = chi_squared_estimate(&net, S, &variances, &settings, &alone).expect("resolved");
                let estimate = found.ln_one_plus_chi_squared;
                let (low, high) = estimate.interval().expect("an error");
                assert!(high - low < 0.5, "no power: {found:?}");
                let miss = (estimate.value - truth).abs();
                counts[0] += u64::from(miss > 0.5 * (high - low));
                counts[1] += u64::from(miss > 0.25 * (high - low));
            }
            counts
        };
        let [missed, halved] = std::thread::scope(|scope| {
            let other = scope.spawn(|| misses(RUNS / 2..RUNS));
            let mine = misses(0..RUNS / 2);
            let theirs = other.join().expect("the runs end");
            [mine[0] + theirs[0], mine[1] + theirs[1]]
        });
        println!(
            "τ²/σ² = {factor}, ln(1 + χ²) = {truth}: {missed} of {RUNS} missed, {halved} with half the errors"
        );
        assert!((13..=49).contains(&missed), "{missed} missed");
        assert!(halved > 100, "the control is not noticed: {halved}");
    }
}
