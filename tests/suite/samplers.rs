//! Minibatches, enumerated: mean and covariance of the stochastic gradient exactly, and that the samplers reach every batch.

use crate::support::law::{all_near, near, passes};
use crate::support::nets::{ACTIVATIONS, BETAS, LOSSES, Tiny, to_particle, to_rows};
use sgd_sde::dynamics::{Block, Process, Sampling, Sgd};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{FiniteSum, Potential, TwoLayer};
use statrs::distribution::{ChiSquared, ContinuousCDF};
use std::collections::BTreeMap;

const N: usize = 6;

/// The stochastic gradient of one batch at [`Tiny::point`], row by row.
fn batch_gradient(net: &TwoLayer, batch: &[u32]) -> Vec<f64> {
    let w = to_particle(&Tiny::point(), 3);
    let mut gradient = vec![0.0; w.len()];
    net.minibatch_gradient(&w, batch, &mut gradient, &mut net.scratch());
    to_rows(&gradient, 3)
}

fn mean_of(vectors: &[Vec<f64>]) -> Vec<f64> {
    let n = vectors.len() as f64;
    (0..vectors[0].len()).map(|k| vectors.iter().map(|v| v[k]).sum::<f64>() / n).collect()
}

/// Mean and covariance of equally likely `gradients` are ∇L̃ and `factor`·Σ.
fn check_moments(tiny: &Tiny, gradients: &[Vec<f64>], factor: f64) {
    let w = Tiny::point();
    let mean = mean_of(gradients);
    passes(all_near("mean", &mean, &tiny.gradient(&w), 1e-12));
    let unit = |k: usize| (0..6).map(|i| f64::from(u8::from(i == k))).collect::<Vec<_>>();
    for (j, k) in (0..6).flat_map(|j| (0..6).map(move |k| (j, k))) {
        let products = gradients.iter().map(|g| (g[j] - mean[j]) * (g[k] - mean[k]));
        let covariance = products.sum::<f64>() / gradients.len() as f64;
        let want = factor * tiny.noise_along(&w, &unit(j), &unit(k));
        passes(near("covariance", covariance, want, 1e-12));
    }
}

fn for_every_net(check: impl Fn(&Tiny, &TwoLayer)) {
    for (activation, loss) in ACTIVATIONS.into_iter().flat_map(|a| LOSSES.map(|l| (a, l))) {
        for (beta, backend) in BETAS.into_iter().zip(Backend::ALL) {
            if backend.is_available() {
                let tiny = Tiny::new(activation, beta, loss, N);
                check(&tiny, &tiny.potential(backend));
            }
        }
    }
}

#[test]
fn all_15_batches_without_replacement_have_the_finite_population_covariance() {
    for_every_net(|tiny, net| {
        let pairs = (0..6).flat_map(|i| (i + 1..6).map(move |j| [i, j]));
        let gradients: Vec<_> = pairs.map(|pair| batch_gradient(net, &pair)).collect();
        assert_eq!(gradients.len(), 15);
        check_moments(tiny, &gradients, 0.5 * (6.0 - 2.0) / (6.0 - 1.0));
    });
}

#[test]
fn all_36_batches_with_replacement_have_the_plain_covariance() {
    for_every_net(|tiny, net| {
        let pairs = (0..6).flat_map(|i| (0..6).map(move |j| [i, j]));
        let gradients: Vec<_> = pairs.map(|pair| batch_gradient(net, &pair)).collect();
        check_moments(tiny, &gradients, 0.5);
    });
}

/// Over the 720 orders of an epoch each batch alone has the covariance of a batch without replacement, two batches have
/// the cross covariance −Σ/(n − 1), and the three together are ∇L̃ exactly.
#[test]
fn the_720_orders_of_an_epoch_cancel_over_the_epoch() {
    let tiny = Tiny::new(ACTIVATIONS[0], 1.0, LOSSES[0], N);
    let net = tiny.potential(Backend::detect());
    let orders = permutations(&[0, 1, 2, 3, 4, 5]);
    assert_eq!(orders.len(), 720);
    let parts: Vec<[Vec<f64>; 3]> = orders
        .iter()
        .map(|order| [0, 2, 4].map(|from| batch_gradient(&net, &order[from..from + 2])))
        .collect();
    for part in 0..3 {
        let alone: Vec<Vec<f64>> = parts.iter().map(|p| p[part].clone()).collect();
        check_moments(&tiny, &alone, 0.4);
    }
    let full = tiny.gradient(&Tiny::point());
    let (first, second) = ([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    let products = parts.iter().map(|p| (p[0][0] - full[0]) * (p[1][2] - full[2]));
    let want = -tiny.noise_along(&Tiny::point(), &first, &second) / 5.0;
    passes(near("cross covariance", products.sum::<f64>() / 720.0, want, 1e-12));
    for p in &parts {
        let mean: Vec<f64> = (0..6).map(|k| (p[0][k] + p[1][k] + p[2][k]) / 3.0).collect();
        passes(all_near("an epoch", &mean, &full, 1e-12));
    }
}

fn permutations(items: &[u32]) -> Vec<Vec<u32>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let one = |i: usize| {
        let mut rest = items.to_vec();
        let first = rest.remove(i);
        permutations(&rest).into_iter().map(move |tail| [vec![first], tail].concat())
    };
    (0..items.len()).flat_map(one).collect()
}

/// Weights ω_i of the covariance SDE: against the test's own sum, several particles at once.
#[test]
fn weighted_and_minibatch_gradients_of_a_block_are_the_sums_they_name() {
    for_every_net(|tiny, net| {
        let count = 5;
        let particle =
            |i: usize| Tiny::point().iter().map(|w| w * (1.0 + 0.2 * i as f64)).collect::<Vec<_>>();
        let omega = |i: usize, row: usize| 1.0 + ((3 * i + row) as f64).cos();
        let weights: Vec<f64> = (0..count).flat_map(|i| to_particle(&particle(i), 3)).collect();
        let omegas: Vec<f64> = (0..count * N).map(|at| omega(at / N, at % N)).collect();
        let batches: Vec<u32> = (0..count as u32).flat_map(|i| [i % 6, 5, (2 * i) % 6]).collect();
        let (mut weighted, mut batched) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
        let mut scratch = net.scratch();
        net.weighted_gradient(&weights, &omegas, &mut weighted, &mut scratch);
        net.minibatch_gradient(&weights, &batches, &mut batched, &mut scratch);
        for i in 0..count {
            let w = particle(i);
            let mut want: Vec<f64> = w.iter().map(|w| tiny.lambda * w).collect();
            for row in 0..N {
                let gradient = tiny.row_gradient(&w, row);
                want.iter_mut().zip(gradient).for_each(|(s, g)| *s += omega(i, row) * g / N as f64);
            }
            let got = to_rows(&weighted[6 * i..6 * i + 6], 3);
            passes(all_near("weighted", &got, &want, 1e-12));
            let batch: Vec<usize> = batches[3 * i..3 * i + 3].iter().map(|&r| r as usize).collect();
            let got = to_rows(&batched[6 * i..6 * i + 6], 3);
            passes(all_near("minibatch", &got, &tiny.batch_gradient(&w, &batch), 1e-12));
        }
    });
}

/// The batches of many particles and steps, `steps` draws each.
fn drawn(sampling: Sampling, steps: std::ops::Range<u64>, particles: usize) -> Vec<Vec<Vec<u32>>> {
    let net = Tiny::new(ACTIVATIONS[0], 1.0, LOSSES[0], N).potential(Backend::detect());
    let sgd = Sgd::new(&net, 0.1, 2, sampling, 17);
    let block = Block { first: 3, dim: 6, weights: vec![0.0; 6 * particles], extra: Vec::new() };
    let mut noise = sgd.noise(particles);
    let draw = |step| {
        sgd.draw(&block, step, &mut noise);
        noise.batch.chunks_exact(2).map(<[u32]>::to_vec).collect()
    };
    steps.map(draw).collect()
}

/// Pearson's test of equal probabilities; a correct program fails it for one seed in 10⁴.
#[track_caller]
fn equally_likely(counts: &BTreeMap<Vec<u32>, u64>, cells: usize) {
    assert_eq!(counts.len(), cells, "every choice is reached and no other");
    let total: u64 = counts.values().sum();
    let expected = total as f64 / cells as f64;
    let chi: f64 = counts.values().map(|&c| (c as f64 - expected).powi(2) / expected).sum();
    let tail = ChiSquared::new(cells as f64 - 1.0).unwrap().sf(chi);
    assert!(tail > 1e-4, "chi-square {chi} with {} degrees of freedom: p = {tail}", cells - 1);
}

/// Error rate: 4·10⁻⁴ over the four tests inside.
#[test]
fn the_samplers_reach_every_batch_equally_often() {
    let count = |batches: Vec<Vec<u32>>| {
        let mut counts = BTreeMap::new();
        batches.into_iter().for_each(|batch| *counts.entry(batch).or_insert(0_u64) += 1);
        counts
    };
    let with = drawn(Sampling::WithReplacement, 0..400, 50).concat();
    equally_likely(&count(with), 36);
    let without = drawn(Sampling::WithoutReplacement, 0..400, 50).concat();
    equally_likely(&count(without), 30);
    let steps = drawn(Sampling::Epochs, 0..3 * 1000, 50);
    let mut epochs = Vec::new();
    for epoch in steps.chunks_exact(3) {
        for ((a, b), c) in epoch[0].iter().zip(&epoch[1]).zip(&epoch[2]) {
            let order = [a.clone(), b.clone(), c.clone()].concat();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5], "an epoch holds every row once");
            epochs.push(order);
        }
    }
    let heads = epochs.iter().map(|order| order[..2].to_vec()).collect();
    equally_likely(&count(heads), 30);
    equally_likely(&count(epochs), 720);
}
