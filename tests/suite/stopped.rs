//! Stopping at a sphere.

use crate::deep::block_at;
use crate::support::law::{assert_law, fires, near};
use sgd_sde::dynamics::{NoiseLaw, Process, ScaledNoiseGd, Stopped};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{Potential, Scratch};

/// F = 1 with gradient 0: with q = 0 a random walk with steps N(0, η²ρ).
struct Flat;

impl Potential for Flat {
    fn dim(&self) -> usize {
        1
    }

    fn value_gradient(&self, _: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
        gradient[0] = 0.0;
        1.0
    }
}

/// P(|S_k| ≤ 1 for all k ≤ 40) of a walk with steps N(0, 0.2²), by 40 applications of its kernel on a grid (trapezoidal rule, 2001
/// points). That only the end counts is another, larger number: a stopping that looks at the end alone is noticed.
#[test]
fn stopped_walks_stay_as_often_as_the_kernel_says() {
    let (points, size, steps) = (2001_usize, 0.2_f64, 40);
    let h = 2.0 / (points - 1) as f64;
    let density = |x: f64| (-0.5 * (x / size).powi(2)).exp() / (size * (2.0 * std::f64::consts::PI).sqrt());
    let kernel: Vec<f64> = (0..points).map(|k| density(k as f64 * h)).collect();
    let at = |i: usize| i as f64 * h - 1.0;
    let mut law: Vec<f64> = (0..points).map(|i| density(at(i))).collect();
    let weight = |i: usize| if i == 0 || i == points - 1 { 0.5 * h } else { h };
    for _ in 1..steps {
        law = (0..points)
            .map(|j| (0..points).map(|i| weight(i) * law[i] * kernel[i.abs_diff(j)]).sum())
            .collect();
    }
    let stay: f64 = law.iter().enumerate().map(|(i, p)| weight(i) * p).sum();
    let share = |stopped: bool| {
        let walk = ScaledNoiseGd::new(&Flat, 0.1, NoiseLaw { sigma: 4.0, exponent: 0.0, cap: None }, 9);
        let process: Box<dyn Process> =
            if stopped { Box::new(Stopped::new(Box::new(walk), 1.0)) } else { Box::new(walk) };
        let mut ensemble = Ensemble::new(process.as_ref(), &Start::Points { weights: vec![0.0] }, 20_000, 1);
        ensemble.advance(steps, &Threads::new(2).unwrap());
        let inside = ensemble.blocks().iter().flat_map(|b| &b.weights).filter(|w| w.abs() <= 1.0).count();
        inside as f64 / 20_000.0
    };
    let error = (stay * (1.0 - stay) / 20_000.0).sqrt();
    assert_law("stay", share(true), stay, error, 0.05);
    fires(near("stay", share(false), stay, 0.05));
}

/// A stopped particle is the particle itself until it leaves, stands still from then on, and pieces of a run are the run.
#[test]
fn a_stopped_particle_stands_where_it_left() {
    let walk = || ScaledNoiseGd::new(&Flat, 0.1, NoiseLaw { sigma: 4.0, exponent: 0.0, cap: None }, 9);
    let stopped = Stopped::new(Box::new(walk()), 1.5);
    let (mut free, mut held, mut pieces) = (block_at(&[0.5], 30), block_at(&[0.5], 30), block_at(&[0.5], 30));
    let (mut work, free_process) = (stopped.work(30), walk());
    stopped.begin(&mut held);
    stopped.begin(&mut pieces);
    let mut left = [None; 30];
    for step in 0..60 {
        free_process.advance(&mut free, step, step + 1, &mut work);
        stopped.advance(&mut held, step, step + 1, &mut work);
        for i in 0..30 {
            let want = *left[i].get_or_insert(free.weights[i]);
            assert_eq!(held.weights[i], want, "particle {i}, step {step}");
            if (want - 0.5).abs() <= 1.5 {
                left[i] = None;
            }
        }
    }
    let gone = left.iter().flatten().count();
    assert!((3..30).contains(&gone), "{gone} of 30 left");
    stopped.advance(&mut pieces, 0, 17, &mut work);
    stopped.advance(&mut pieces, 17, 60, &mut work);
    assert_eq!(held, pieces);
}
