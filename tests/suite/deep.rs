//! Deep nets, and gradient descent whose noise follows the risk.

use crate::checks::derivatives;
use crate::support::law::{all_near, assert_law, fires, near, passes};
use rand::RngExt;
use rand_distr::StandardNormal;
use sgd_sde::analysis::lojasiewicz::NoisyDescent;
use sgd_sde::dynamics::{
    Block, BoundedNoiseGd, EulerMaruyama, NoiseLaw, Process, Sampling, ScaledNoiseGd, Sgd, ShrinkingSteps,
    Stopped,
};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::estimates::Moments;
use sgd_sde::numerics::{Activation, Backend, Loss};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::data::{LabelKind, Rows, Split};
use sgd_sde::problem::{
    DeepNet, DeepNetSettings, FiniteSum, Potential, Precision, Quadratic, Quantity, TwoLayer,
    TwoLayerSettings,
};
use sgd_sde::random::{Key, Purpose};

pub const ACTIVATIONS: [Activation; 3] = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];

pub fn normals(seed: u64, count: usize) -> Vec<f64> {
    let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
    (0..count).map(|_| stream.sample(StandardNormal)).collect()
}

/// Four rows of five inputs, linearly independent.
fn split() -> Split {
    let train = Rows { inputs: normals(1, 20), labels: normals(2, 4), dim: 5 };
    let test = Rows { inputs: normals(3, 10), labels: normals(4, 2), dim: 5 };
    Split { train, test, train_indices: (0..4).collect(), test_indices: vec![4, 5] }
}

pub fn net(activation: Activation, depth: usize, width: usize) -> DeepNet {
    DeepNet::new(DeepNetSettings { activation, beta: 1.3, depth, width }, split())
}

/// The source's start: first layer 0, the others positive.
pub fn positive_start(net: &DeepNet, hidden: f64, output: f64) -> Vec<f64> {
    let depth = net.settings().depth;
    let layers = (0..depth).map(|layer| (layer, net.layer_shape(layer)));
    let value = |layer: usize| match layer {
        0 => 0.0,
        _ if layer + 1 == depth => output,
        _ => hidden,
    };
    layers.flat_map(|(layer, (out, inputs))| vec![value(layer); out * inputs]).collect()
}

#[test]
fn gradients_of_deep_nets_agree_with_central_differences() {
    for activation in ACTIVATIONS {
        for (depth, width) in [(2, 3), (3, 2), (4, 3), (5, 1)] {
            let net = net(activation, depth, width);
            let w: Vec<f64> = normals(5, net.dim()).iter().map(|x| 0.7 * x).collect();
            let check = derivatives(&net, &w, 1e-6);
            passes(check.map_err(|e| format!("{activation:?}, depth {depth}, width {width}: {e}")));
        }
    }
}

/// With tanh, σ(0) = 0, a net of two matrices is the two-layer net: F is twice its square loss (which has a ½) with a = W_2, and so
/// is the gradient along W_1. Along W_2 it is (2/n) Σ (f − y) σ(W_1 x).
#[test]
fn two_matrices_are_the_two_layer_net() {
    let (deep, width) = (net(Activation::Tanh, 2, 3), 3);
    let w = normals(6, deep.dim());
    let (first, outer) = w.split_at(15);
    let settings = TwoLayerSettings {
        activation: Activation::Tanh,
        beta: 1.3,
        loss: Loss::Square,
        outer: outer.to_vec(),
        lambda: 0.0,
        backend: Backend::detect(),
        precision: Precision::F64,
    };
    let flat = TwoLayer::new(settings, split(), LabelKind::Real);
    let (mut particle, mut g, mut rows) = (vec![0.0; 15], vec![0.0; 15], vec![0.0; 15]);
    flat.read_row_major(first, &mut particle);
    let value = flat.value_gradient(&particle, &mut g, &mut flat.scratch());
    flat.write_row_major(&g, &mut rows);
    let mut gradient = vec![0.0; 18];
    let mut scratch = deep.scratch();
    passes(near("value", deep.value_gradient(&w, &mut gradient, &mut scratch), 2.0 * value, 1e-12));
    passes(all_near("W_1", &gradient[..15], &rows.iter().map(|g| 2.0 * g).collect::<Vec<_>>(), 1e-12));
    let mut want = vec![0.0; width];
    for i in 0..4 {
        let x = deep.train_rows().input(i);
        let hidden: Vec<f64> = first
            .chunks(5)
            .map(|row| (1.3 * row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).tanh())
            .collect();
        let residual = deep.output(&w, x, &mut scratch) - deep.train_rows().labels[i];
        want.iter_mut().zip(&hidden).for_each(|(g, h)| *g += 0.5 * residual * h);
    }
    passes(all_near("W_2", &gradient[15..], &want, 1e-12));
}

/// Batches and weights are means of single rows; the test risk is the mean over its rows.
#[test]
fn a_deep_net_is_a_finite_sum() {
    let net = net(Activation::SoftPlus, 3, 2);
    let (w, dim) = (normals(7, 2 * net.dim()), net.dim());
    let (mut scratch, mut full) = (net.scratch(), vec![0.0; 2 * dim]);
    net.block_gradient(&w, &mut full, &mut scratch);
    let mut got = vec![0.0; 2 * dim];
    net.minibatch_gradient(&w, &[0, 1, 2, 3, 3, 1, 0, 2], &mut got, &mut scratch);
    passes(all_near("all rows", &got, &full, 1e-13));
    let mut rows = vec![vec![0.0; 2 * dim]; 4];
    for (i, row) in rows.iter_mut().enumerate() {
        net.minibatch_gradient(&w, &[i as u32, i as u32], row, &mut scratch);
    }
    let omega = [0.5, -1.0, 2.0, 0.0, 3.0, 1.0, 0.0, 0.25];
    net.weighted_gradient(&w, &omega, &mut got, &mut scratch);
    let want: Vec<f64> = (0..2 * dim)
        .map(|k| (0..4).map(|i| omega[4 * (k / dim) + i] * rows[i][k]).sum::<f64>() / 4.0)
        .collect();
    passes(all_near("weights", &got, &want, 1e-13));
    let mut readings = vec![[f64::NAN; Quantity::COUNT]; 2];
    net.block_readings(&w, &[Quantity::TestRisk], &mut readings, &mut got, &mut scratch);
    let test = split().test;
    let square =
        |i: usize| (net.output(&w[..dim], test.input(i), &mut net.scratch()) - test.labels[i]).powi(2);
    passes(near("test risk", readings[0][Quantity::TestRisk as usize], 0.5 * (square(0) + square(1)), 1e-13));
}

pub fn block_at(w: &[f64], count: usize) -> Block {
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
