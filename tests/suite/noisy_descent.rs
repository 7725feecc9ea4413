//! Gradient descent whose noise follows the risk or has constant size, and stopping at a sphere.

use crate::deep::{net, normals};
use crate::support::law::{all_near, assert_law, fires, near, passes};
use sgd_sde::analysis::lojasiewicz::NoisyDescent;
use sgd_sde::dynamics::{
    Block, BoundedNoiseGd, EulerMaruyama, NoiseLaw, Process, Sampling, ScaledNoiseGd, Sgd, ShrinkingSteps,
    Stopped,
};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::estimates::Moments;
use sgd_sde::numerics::Activation;
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{Potential, Quadratic, Quantity, Scratch};

fn block_at(w: &[f64], count: usize) -> Block {
    Block { first: 0, dim: w.len(), weights: w.repeat(count), extra: Vec::new() }
}

/// Without noise all of them are gradient descent bit for bit.
#[test]
fn without_noise_they_are_gradient_descent() {
    let net = net(Activation::Tanh, 3, 2);
    let start = normals(8, net.dim());
    let run = |process: &dyn Process| {
        let mut block = block_at(&start, 2);
        let mut work = process.work(2);
        process.begin(&mut block);
        process.advance(&mut block, 0, 20, &mut work);
        block.weights
    };
    let euler = run(&EulerMaruyama::new(&net, 0.0, 0.05, 3));
    let silent = NoiseLaw { sigma: 0.0, exponent: 1.0, cap: None };
    assert_eq!(euler, run(&ScaledNoiseGd::new(&net, 0.05, silent, 3)));
    let steps = ShrinkingSteps { first: 0.05, offset: 5.0, exponent: 0.0 };
    assert_eq!(euler, run(&BoundedNoiseGd::new(&net, steps, 0.0, 3)));
    assert_eq!(euler, run(&Stopped::new(Box::new(EulerMaruyama::new(&net, 0.0, 0.05, 3)), 1e6)));
    let full = run(&Stopped::new(Box::new(Sgd::new(&net, 0.05, 4, Sampling::WithoutReplacement, 3)), 1e6));
    passes(all_near("SGD with all rows", &full, &euler, 1e-12));
}

/// A step is −η(∇F + √(ρ/D) ξ), or has noise of length exactly η_k √ρ along ξ.
#[test]
fn steps_are_their_formulas() {
    let (potential, w) = (Quadratic::new(vec![1.0, 2.0]), [1.0, -1.0]);
    let xi = [0.6, -0.8];
    let step = |process: &dyn Process, k: u64| {
        let mut block = block_at(&w, 1);
        let mut work = process.work(1);
        work.noise.normals.copy_from_slice(&xi.map(|x| 3.0 * x));
        process.step(&mut block, k, &work.noise, &mut work.gradient, &mut work.scratch);
        block.weights
    };
    // F = 1.5.
    for (exponent, cap, variance) in
        [(1.0, None, 6.0), (2.0, None, 9.0), (1.0, Some(0.5), 2.0), (0.0, None, 4.0)]
    {
        let law = NoiseLaw { sigma: 4.0, exponent, cap };
        let size = 0.1 * (variance / 2.0_f64).sqrt() * 3.0;
        let want = [1.0 - 0.1 - size * xi[0], -1.0 + 0.2 - size * xi[1]];
        passes(all_near("scaled", &step(&ScaledNoiseGd::new(&potential, 0.1, law, 1), 0), &want, 1e-14));
    }
    let steps = ShrinkingSteps { first: 0.1, offset: 3.0, exponent: 1.0 };
    for (k, eta) in [(0, 0.1), (3, 0.05)] {
        let want = [1.0 - eta - 2.0 * eta * xi[0], -1.0 + 2.0 * eta - 2.0 * eta * xi[1]];
        passes(all_near("bounded", &step(&BoundedNoiseGd::new(&potential, steps, 4.0, 1), k), &want, 1e-14));
    }
}

/// On ½θ‖w‖² the bound of An and Lu is attained: α = 2θ, C_L = θ and E F shrinks by exactly (1 − ηθ)² + ½η²θσ. The check fires where
/// the variance is taken for that of one component.
#[test]
fn the_risk_contracts_as_the_bound_says_where_it_is_attained() {
    let (theta, step, sigma, dim) = (0.8, 0.1, 5.0, 4);
    let potential = Quadratic::new(vec![theta; dim]);
    let bound = NoisyDescent { step, sigma, alpha: 2.0 * theta, smoothness: theta }.contraction();
    let factor = (1.0 - step * theta).powi(2) + 0.5 * step * step * theta * sigma;
    passes(near("bound", bound, factor, 1e-14));
    let measured = |sigma: f64| {
        let law = NoiseLaw { sigma, exponent: 1.0, cap: None };
        let process = ScaledNoiseGd::new(&potential, step, law, 11);
        let mut ensemble = Ensemble::new(&process, &Start::Points { weights: vec![1.0; dim] }, 20_000, 1);
        let threads = Threads::new(2).unwrap();
        ensemble.advance(5, &threads);
        let readings = ensemble.observe(&[Quantity::Risk], &threads);
        Moments::of(readings.iter().map(|r| r[Quantity::Risk as usize])).estimate().unwrap()
    };
    let start = 0.5 * theta * dim as f64;
    let (want, got) = (start * bound.powi(5), measured(sigma));
    assert_law("E F", got.value, want, got.std_err.unwrap(), 0.05 * want);
    let wrong = measured(dim as f64 * sigma);
    fires(near("E F", wrong.value, want, 0.05));
}

/// Both tend to gradient flow with weak order 1: E F on θ/2 w² at t = 1, exact, since a step is A w + B ξ.
#[test]
fn their_weak_order_towards_gradient_flow_is_one() {
    let potential = Quadratic::new(vec![1.0]);
    let error = |scaled: bool, n: i32| {
        let eta = 1.0 / f64::from(n);
        let law = NoiseLaw { sigma: 3.0, exponent: 1.0, cap: None };
        let process: Box<dyn Process> = if scaled {
            Box::new(ScaledNoiseGd::new(&potential, eta, law, 1))
        } else {
            Box::new(BoundedNoiseGd::new(
                &potential,
                ShrinkingSteps { first: eta, offset: 1.0, exponent: 0.0 },
                2.0,
                1,
            ))
        };
        assert_eq!((process.facts().strong_order, process.facts().weak_order), (None, 1.0));
        // The law of ξ enters a step through its sign and size 1 alone: two points are exact for second moments.
        let second = |square: f64| {
            let moved = [1.0, -1.0].map(|xi| {
                let mut block = block_at(&[square.sqrt()], 1);
                let mut work = process.work(1);
                work.noise.normals[0] = xi;
                process.step(&mut block, 0, &work.noise, &mut work.gradient, &mut work.scratch);
                block.weights[0].powi(2)
            });
            0.5 * (moved[0] + moved[1])
        };
        let end = (0..n).fold(1.0, |square, _| second(square));
        (end - (-2.0_f64).exp()).abs().ln()
    };
    for scaled in [true, false] {
        let slope = (error(scaled, 512) - error(scaled, 1024)) / 2.0_f64.ln();
        assert!((slope - 1.0).abs() < 0.02, "{scaled}: {slope}");
    }
}

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
        for (i, left) in left.iter_mut().enumerate() {
            let want = *left.get_or_insert(free.weights[i]);
            assert_eq!(held.weights[i], want, "particle {i}, step {step}");
            if (want - 0.5).abs() <= 1.5 {
                *left = None;
            }
        }
    }
    let gone = left.iter().flatten().count();
    assert!((3..30).contains(&gone), "{gone} of 30 left");
    stopped.advance(&mut pieces, 0, 17, &mut work);
    stopped.advance(&mut pieces, 17, 60, &mut work);
    assert_eq!(held, pieces);
}
