//! Processes with a velocity: exact facts of their steps.

use crate::support::law::{all_near, near, passes};
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny, to_particle, to_rows};
use crate::support::small::Coin;
use sgd_sde::dynamics::{Block, MomentumSgd, Process, Sampling, Sgd, UnderdampedSde};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::Quadratic;

const SAMPLINGS: [Sampling; 3] = [Sampling::WithReplacement, Sampling::WithoutReplacement, Sampling::Epochs];

/// `count` particles at `w` after steps `0..steps`.
fn after(process: &dyn Process, w: &[f64], count: usize, steps: u64) -> Vec<f64> {
    let mut block = Block { first: 0, dim: w.len(), weights: w.repeat(count), extra: Vec::new() };
    process.begin(&mut block);
    let mut work = process.work(count);
    process.advance(&mut block, 0, steps, &mut work);
    block.weights
}

#[test]
fn without_momentum_it_is_sgd_bit_for_bit() {
    let bits = |w: Vec<f64>| w.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for backend in Backend::ALL.into_iter().filter(|b| b.is_available()) {
        let net = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[1], 11).potential(backend);
        let w = to_particle(&Tiny::point(), 3);
        for sampling in SAMPLINGS {
            let sgd = || Sgd::new(&net, 0.1, 4, sampling, 7).with_backend(backend);
            let plain = bits(after(&sgd(), &w, 9, 50));
            assert_eq!(bits(after(&MomentumSgd::new(sgd(), 0.0), &w, 9, 50)), plain);
            assert_ne!(bits(after(&MomentumSgd::new(sgd(), 0.5), &w, 9, 50)), plain);
        }
    }
}

/// The usual form of the heavy ball with learning rate α = (1 − β)s: W_{k+1} = W_k − α∇L̃(W_k) + β(W_k − W_{k−1}).
#[test]
fn a_full_batch_with_momentum_is_the_heavy_ball() {
    let tiny = Tiny::new(ACTIVATIONS[0], 1.0, LOSSES[1], 6);
    let net = tiny.potential(Backend::detect());
    let (s, beta) = (0.3, 0.8);
    let sgd = Sgd::new(&net, s, 6, Sampling::WithoutReplacement, 1);
    let got = after(&MomentumSgd::new(sgd, beta), &to_particle(&Tiny::point(), 3), 1, 25);
    let (mut w, mut before) = (Tiny::point(), Tiny::point());
    for _ in 0..25 {
        let slope = tiny.gradient(&w);
        let next: Vec<f64> =
            (0..6).map(|k| w[k] - (1.0 - beta) * s * slope[k] + beta * (w[k] - before[k])).collect();
        (before, w) = (w, next);
    }
    passes(all_near("after 25 steps", &to_rows(&got, 3), &w, 1e-12));
}

/// One step of one particle on ½θw² from (w, v) with the normal ξ.
fn step(process: &UnderdampedSde, theta: f64, [w, v]: [f64; 2], xi: f64) -> [f64; 2] {
    let mut block = Block { first: 0, dim: 1, weights: vec![w], extra: vec![v, theta * w] };
    let mut work = process.work(1);
    work.noise.normals[0] = xi;
    process.step(&mut block, 1, &work.noise, &mut work.gradient, &mut work.scratch);
    [block.weights[0], block.extra[0]]
}

/// E of (w², wv, v²) after `steps` steps from (w, v) = (`start`, 0), by the linear map that a step is.
fn second_moments(process: &UnderdampedSde, theta: f64, start: f64, steps: u64) -> [f64; 3] {
    let [a, b] = [step(process, theta, [1.0, 0.0], 0.0), step(process, theta, [0.0, 1.0], 0.0)];
    let n = step(process, theta, [0.0, 0.0], 1.0);
    (0..steps).fold([start * start, 0.0, 0.0], |[ww, wv, vv], _| {
        let pair = |i: usize, j: usize| {
            a[i] * a[j] * ww + (a[i] * b[j] + b[i] * a[j]) * wv + b[i] * b[j] * vv + n[i] * n[j]
        };
        [pair(0, 0), pair(0, 1), pair(1, 1)]
    })
}

/// The stationary variance of W is s/(2θ) for every step: the Gibbs measure, without a bias of dt on a quadratic.
#[test]
fn baoab_has_the_gibbs_measure_of_a_quadratic_exactly() {
    let (s, beta) = (0.4, 0.6);
    for theta in [0.5, 3.0] {
        for dt in [0.05, 0.4] {
            let potential = Quadratic::new(vec![theta]);
            let process = UnderdampedSde::new(&potential, s, beta, dt, 1);
            let [ww, wv, vv] = second_moments(&process, theta, 0.0, 20_000);
            passes(near("E w²", ww, s / (2.0 * theta), 1e-11));
            passes(near("E w v", wv, 0.0, 1e-11));
            // That of V is γs/2 up to O(h²).
            let friction = (1.0 - beta) / s;
            let heat = 0.5 * friction * s;
            assert!((vv / heat - 1.0).abs() <= friction * theta * dt * dt, "{vv} {heat}");
        }
    }
}

/// The declared weak order towards its own limit, without sampling.
#[test]
fn baoab_has_weak_order_two() {
    let (potential, theta) = (Quadratic::new(vec![1.5]), 1.5);
    let at = |steps: u64| {
        let process = UnderdampedSde::new(&potential, 0.4, 0.6, 1.0 / steps as f64, 1);
        (second_moments(&process, theta, 2.0, steps)[0], process.facts().weak_order)
    };
    let (limit, declared) = at(8192);
    let error = |steps: u64| (at(steps).0 - limit).abs();
    let slope = (error(64) / error(128)).log2();
    assert!((slope - declared).abs() < 0.03, "{slope}");
}

/// For fixed β the limit s → 0 is gradient flow, with the declared order.
#[test]
fn momentum_tends_to_gradient_flow() {
    let process = |s: f64| MomentumSgd::new(Sgd::new(&Coin, s, 2, Sampling::WithoutReplacement, 1), 0.6);
    let error =
        |steps: u64| (after(&process(1.0 / steps as f64), &[1.0], 1, steps)[0] - (-1.0_f64).exp()).abs().ln();
    let slope = (error(256) - error(512)) / 2.0_f64.ln();
    assert!((slope - process(1.0).facts().weak_order).abs() < 0.05, "{slope}");
}

/// With γ = (1 − β)/s fixed, momentum SGD on full batches tends to the underdamped equation without noise, with order 1 in s.
#[test]
fn momentum_follows_the_underdamped_equation() {
    let (friction, potential) = (2.0, Quadratic::new(vec![1.0]));
    let difference = |steps: u64| {
        let s = 1.0 / steps as f64;
        let beta = 1.0 - friction * s;
        let sgd = Sgd::new(&Coin, s, 2, Sampling::WithoutReplacement, 1);
        let got = after(&MomentumSgd::new(sgd, beta), &[1.0], 1, steps)[0];
        let sde = UnderdampedSde::new(&potential, s, beta, s / 16.0, 1);
        let end = (0..16 * steps).fold([1.0, 0.0], |at, _| step(&sde, 1.0, at, 0.0));
        (got - end[0]).abs()
    };
    let slope = (difference(64) / difference(128)).log2();
    assert!((slope - 1.0).abs() < 0.1, "{slope}");
    assert!(difference(128) < 0.01);
}
