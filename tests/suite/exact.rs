//! Facts without statistics: zero noise and full batches are gradient descent; a coarse path is the sum of the fine one.

use crate::support::law::{all_near, near, passes};
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny, to_particle, to_rows};
use sgd_sde::dynamics::{Block, EulerMaruyama, Process, Sampling, Sgd};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{DoubleWell, Potential, Quadratic};

/// `count` particles, all at `w`.
fn block_at(w: &[f64], count: usize) -> Block {
    Block { first: 0, dim: w.len(), weights: w.repeat(count), extra: Vec::new() }
}

/// Steps `0..steps` of a block at `w`.
fn after(process: &dyn Process, w: &[f64], count: usize, steps: u64) -> Vec<f64> {
    let mut block = block_at(w, count);
    let mut work = process.work(count);
    process.advance(&mut block, 0, steps, &mut work);
    block.weights
}

#[test]
fn zero_noise_is_gradient_descent_bit_for_bit() {
    for backend in Backend::ALL.into_iter().filter(|b| b.is_available()) {
        zero_noise_on(backend);
    }
}

/// The reference rounds as the back end does: once with a fused multiply-add, twice without.
fn zero_noise_on(backend: Backend) {
    let tiny = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[0], 6).potential(backend);
    let quadratic = Quadratic::new(vec![0.5, 1.0, 3.0]);
    let cases: [(&dyn Potential, Vec<f64>); 3] =
        [(&tiny, Tiny::point()), (&quadratic, vec![1.0, -2.0, 0.5]), (&DoubleWell, vec![0.3])];
    for (potential, start) in cases {
        let dt = 0.07;
        let got = after(&EulerMaruyama::new(potential, 0.0, dt, 1).with_backend(backend), &start, 3, 100);
        let (mut w, mut gradient) = (start.repeat(3), vec![0.0; 3 * start.len()]);
        let mut scratch = potential.scratch();
        scratch.backend = backend;
        for _ in 0..100 {
            potential.block_gradient(&w, &mut gradient, &mut scratch);
            for (w, g) in w.iter_mut().zip(&gradient) {
                *w = if backend == Backend::Portable { *w - dt * g } else { g.mul_add(-dt, *w) };
            }
        }
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&got), bits(&w));
    }
}

/// Gradient descent with the test's own formulas against full-batch SGD and the SDE without noise.
#[test]
fn a_full_batch_is_gradient_descent_for_every_net() {
    let threads = Threads::new(1).unwrap();
    for backend in Backend::ALL.into_iter().filter(|b| b.is_available()) {
        for (activation, loss) in ACTIVATIONS.into_iter().flat_map(|a| LOSSES.map(|l| (a, l))) {
            let tiny = Tiny::new(activation, 1.3, loss, 7);
            let net = tiny.potential(backend);
            let (s, steps) = (0.2, 60);
            let mut want = Tiny::point();
            for _ in 0..steps {
                let gradient = tiny.gradient(&want);
                want.iter_mut().zip(gradient).for_each(|(w, g)| *w -= s * g);
            }
            let start = Start::Points { weights: to_particle(&Tiny::point(), 3) };
            let full = |sampling| Sgd::new(&net, s, 7, sampling, 5).with_backend(backend);
            let processes: [Box<dyn Process>; 3] = [
                Box::new(full(Sampling::WithoutReplacement)),
                Box::new(full(Sampling::Epochs)),
                Box::new(EulerMaruyama::new(&net, 0.0, s, 5).with_backend(backend)),
            ];
            for process in &processes {
                let mut ensemble = Ensemble::new(process.as_ref(), &start, 3, 5);
                ensemble.advance(steps, &threads);
                for w in ensemble.blocks().iter().flat_map(|b| b.weights.chunks_exact(6)) {
                    let what = format!("{backend} {activation:?} {loss:?} {}", process.facts().kind);
                    passes(all_near(&what, &to_rows(w, 3), &want, 1e-12));
                }
            }
        }
    }
}

/// n = 5, b = 2: the third batch of an epoch holds one row and averages over that one.
#[test]
fn the_short_last_batch_averages_over_its_own_size() {
    let tiny = Tiny::new(ACTIVATIONS[2], 1.0, LOSSES[1], 5);
    let net = tiny.potential(Backend::detect());
    let sgd = Sgd::new(&net, 0.3, 2, Sampling::Epochs, 3);
    let w = to_particle(&Tiny::point(), 3);
    let mut work = sgd.work(1);
    for step in 0..9 {
        let mut block = block_at(&w, 1);
        sgd.draw(&block, step, &mut work.noise);
        let rows = if step % 3 == 2 { 1 } else { 2 };
        let batch: Vec<usize> = work.noise.batch[..rows].iter().map(|&i| i as usize).collect();
        sgd.step(&mut block, step, &work.noise, &mut work.gradient, &mut work.scratch);
        let gradient = tiny.batch_gradient(&Tiny::point(), &batch);
        let want: Vec<f64> = Tiny::point().iter().zip(gradient).map(|(w, g)| w - 0.3 * g).collect();
        passes(all_near("a step", &to_rows(&block.weights, 3), &want, 1e-12));
    }
}

/// dt = 0.2 with 8 pieces, 0.1 with 4 and 0.025 with 1 walk on one Brownian path, for few and for many weights.
#[test]
fn a_coarse_brownian_path_is_the_sum_of_the_fine_one() {
    for dim in [1, 3, 40] {
        let potential = Quadratic::new(vec![1.0; dim]);
        let path = |dt: f64, pieces: u32| EulerMaruyama::on_refined_path(&potential, 1.0, dt, pieces, 11);
        let (coarse, middle, fine) = (path(0.2, 8), path(0.1, 4), path(0.025, 1));
        let block = block_at(&vec![0.0; dim], 130);
        let increments = |process: &EulerMaruyama, steps: std::ops::Range<u64>| {
            let mut noise = process.noise(130);
            let mut sum = vec![0.0; 130 * dim];
            for step in steps {
                process.draw(&block, step, &mut noise);
                let scale = process.step_length().sqrt();
                sum.iter_mut().zip(&noise.normals).for_each(|(s, xi)| *s += scale * xi);
            }
            sum
        };
        let first = increments(&coarse, 3..5);
        passes(all_near("two pieces", &increments(&middle, 6..10), &first, 1e-12));
        passes(all_near("eight pieces", &increments(&fine, 24..40), &first, 1e-12));
        let other = EulerMaruyama::on_refined_path(&potential, 1.0, 0.2, 4, 11);
        assert!(all_near("another path", &increments(&other, 3..5), &first, 1e-3).is_err());
    }
}

/// On a flat stretch of the potential the process is the Brownian path itself.
#[test]
fn without_a_gradient_the_path_is_brownian_motion() {
    struct Flat;
    impl Potential for Flat {
        fn dim(&self) -> usize {
            2
        }
        fn value_gradient(&self, _: &[f64], g: &mut [f64], _: &mut sgd_sde::problem::Scratch) -> f64 {
            g.fill(0.0);
            0.0
        }
    }
    let process = EulerMaruyama::new(&Flat, 0.3, 0.04, 2);
    let (mut noise, mut path) = (process.noise(5), vec![0.0; 10]);
    let block = block_at(&[0.0, 0.0], 5);
    for step in 0..50 {
        process.draw(&block, step, &mut noise);
        path.iter_mut().zip(&noise.normals).for_each(|(w, xi)| *w += (0.3_f64 * 0.04).sqrt() * xi);
    }
    for (got, want) in after(&process, &[0.0, 0.0], 5, 50).iter().zip(&path) {
        passes(near("W_50", *got, *want, 1e-14));
    }
}
