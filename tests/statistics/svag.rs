//! SVAG between SGD and the covariance SDE: the law at t = 3, by the energy distance and its permutation test.

use sgd_sde::analysis::distances::{Discrepancy, Reference, Resampling, energy_distance};
use sgd_sde::dynamics::{CovarianceSde, Minibatches, Process, Sampling, Svag};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::LeastSquares;
use sgd_sde::problem::data::{Rows, Split};

const S: f64 = 0.25;
const HORIZON: f64 = 3.0;
const PARTICLES: u64 = 2048;

/// Eight rows, one of them far off: batches of one row have a skewed noise.
fn squares() -> LeastSquares {
    let inputs: Vec<f64> = (0..16).map(|k| (f64::from(k) * 1.7).sin()).collect();
    let labels = vec![0.2, -0.1, 0.3, 0.0, -0.2, 0.1, 5.0, 0.2];
    let train = Rows { inputs, labels, dim: 2 };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: 2 };
    LeastSquares::new(Split { train, test, train_indices: (0..8).collect(), test_indices: Vec::new() }, 0.1)
}

fn end(process: &dyn Process, threads: &Threads) -> Vec<f64> {
    let start = Start::Points { weights: vec![1.0, -1.0] };
    let mut ensemble = Ensemble::new(process, &start, PARTICLES, 8);
    ensemble.advance((HORIZON / process.step_length()).round() as u64, threads);
    ensemble.blocks().iter().flat_map(|b| b.weights.clone()).collect()
}

#[test]
fn svag_tends_to_the_covariance_sde() {
    println!("error rate: 1e-3 (the largest of 999 permutations), and far below for the rejection of l = 1");
    let (squares, threads) = (squares(), Threads::new(0).unwrap());
    let batches = Minibatches { s: S, batch: 1, sampling: Sampling::WithReplacement };
    let sde = end(&CovarianceSde::new(&squares, batches, S / 64.0, 1, 8), &threads);
    let reference = Reference { weights: &sde, effective_size: PARTICLES as f64 };
    let distance = |l: u32| -> Discrepancy {
        let ours = end(&Svag::new(&squares, batches, l, 8), &threads);
        let resampling = Resampling { replicates: 999, seed: 8, tag: u64::from(l) };
        energy_distance(&ours, &reference, 2, &resampling, &threads).unwrap()
    };
    let all = [1, 4, 64].map(|l| (l, distance(l)));
    for (l, d) in &all {
        println!(
            "l = {l}: {:.2e}, null up to {:.2e}, p = {:.3}; n = {}, m = {}",
            d.statistic, d.null_high, d.p_value, d.n, d.m
        );
    }
    let [(_, sgd), _, (_, last)] = all;
    // Finds a noise that stays that of SGD.
    assert!(sgd.p_value <= 1e-3 && sgd.statistic > 3.0 * sgd.null_high);
    assert!(last.p_value > 1e-3);
}
