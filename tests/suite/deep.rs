//! Deep nets, gradient descent whose noise follows the risk, stopping at a sphere, and Łojasiewicz' inequality in a ball.

use crate::checks::derivatives;
use crate::support::law::{all_near, assert_law, fires, near, passes};
use crate::support::studies::{curve, outcome};
use rand::RngExt;
use rand_distr::StandardNormal;
use sgd_sde::analysis::lojasiewicz::{
    Ball, CertifiedRatio, NoisyDescent, condition, smallest_ratios, smoothness,
};
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
    DeepNet, DeepNetSettings, FiniteSum, Potential, Precision, Quadratic, Quantity, Scratch, TwoLayer,
    TwoLayerSettings,
};
use sgd_sde::random::{Key, Purpose};
use sgd_sde::study::{EstimateRow, Outcome};

const ACTIVATIONS: [Activation; 3] = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];

fn normals(seed: u64, count: usize) -> Vec<f64> {
    let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
    (0..count).map(|_| stream.sample(StandardNormal)).collect()
}

/// Four rows of five inputs, linearly independent.
fn split() -> Split {
    let train = Rows { inputs: normals(1, 20), labels: normals(2, 4), dim: 5 };
    let test = Rows { inputs: normals(3, 10), labels: normals(4, 2), dim: 5 };
    Split { train, test, train_indices: (0..4).collect(), test_indices: vec![4, 5] }
}

fn net(activation: Activation, depth: usize, width: usize) -> DeepNet {
    DeepNet::new(DeepNetSettings { activation, beta: 1.3, depth, width }, split())
}

/// The source's start: first layer 0, the others positive.
fn positive_start(net: &DeepNet, hidden: f64, output: f64) -> Vec<f64> {
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

/// The certain bound lies below the ratio at every point of the ball and below what the searches find; with α too large it would not.
#[test]
fn the_certified_ratio_is_below_every_ratio_in_the_ball() {
    for activation in ACTIVATIONS {
        for depth in [2, 3, 4] {
            let net = net(activation, depth, 3);
            let ball = Ball { centre: positive_start(&net, 0.4, 10.0), radius: 0.3 };
            let certified = CertifiedRatio::new(&net).unwrap();
            let certain = certified.within(&ball).unwrap();
            let threads = Threads::new(2).unwrap();
            let key = Key::new(1, Purpose::Direction);
            let found = smallest_ratios(&net, &[ball.clone()], 8, key, &threads).remove(0).unwrap();
            assert!(certain > 0.0 && certain <= found.alpha, "{activation:?} {depth}: {certain} {found:?}");
            let (mut scratch, mut g) = (net.scratch(), vec![0.0; net.dim()]);
            for i in 0..200 {
                let direction = normals(100 + i, net.dim());
                let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
                let w: Vec<f64> =
                    ball.centre.iter().zip(&direction).map(|(c, d)| c + 0.3 * d / length).collect();
                let risk = net.value_gradient(&w, &mut g, &mut scratch);
                let ratio = g.iter().map(|g| g * g).sum::<f64>() / risk;
                assert!(certain <= ratio && found.alpha <= ratio, "{activation:?} {depth}: {ratio}");
            }
            // ‖∇F‖² ≤ 2 C_L F wherever F ≥ 0 is smooth enough around.
            let largest = smoothness(&net, &ball, 2, 1, &threads).unwrap().constant;
            assert!(found.alpha <= 2.0 * largest);
            let wide = Ball { radius: 0.5, ..ball };
            assert!(certified.within(&wide).is_none() || depth == 2);
        }
    }
}

/// Chatterjee: α grows like the square of the output weights, so that large ones satisfy his condition.
#[test]
fn large_output_weights_satisfy_the_condition() {
    let net = net(Activation::SoftPlus, 3, 3);
    let conditions = [20.0, 80.0, 320.0].map(|output| {
        let ball = Ball { centre: positive_start(&net, 0.4, output), radius: 0.3 };
        let risk = net.value_gradient(&ball.centre, &mut vec![0.0; net.dim()], &mut net.scratch());
        condition(risk, 0.3, CertifiedRatio::new(&net).unwrap().within(&ball).unwrap())
    });
    assert!(conditions[0] < 1.0 && conditions[2] > 1.0, "{conditions:?}");
    assert!((conditions[2] / conditions[1] / 16.0 - 1.0).abs() < 0.2, "{conditions:?}");
}

const STUDY: &str = "seed = 2\n[problem]\nkind = 'deep-net'\nactivation = 'softplus'\ndepth = 3\nwidth = 3\n\
    [problem.data]\nkind = 'independent-inputs'\nsamples = 3\ndim = 5\n\
    [start]\nlaw = 'chatterjee'\nhidden = 0.5\noutput = 15.0\n\
    [[process]]\nkind = 'scaled-noise-gd'\nstep = 2e-5\nnoise = { sigma = 2e3 }\nparticles = 60\nstop_radius = 0.3\n\
    [[process]]\nkind = 'bounded-noise-gd'\nstep = 2e-5\nvariance = 1e7\nexponent = 0.5\nparticles = 60\nstop_radius = 0.3\n\
    [[process]]\nkind = 'sgd'\ns = 2e-5\nbatch = 1\nparticles = 40\n\
    [time]\nhorizon = 6e-3\npoints = 5\n[analysis]\nlojasiewicz = { radius = 0.3, radii = [0.1], searches = 6 }\n";

fn estimate<'o>(outcome: &'o Outcome, process: &str, name: &str) -> &'o EstimateRow {
    let rows = outcome.results.estimates.iter();
    rows.clone()
        .find(|row| row.process == process && row.name == name)
        .unwrap_or_else(|| panic!("no row {process} {name}"))
}

#[test]
fn a_study_answers_with_its_errors_on_any_number_of_threads() {
    let one = outcome(STUDY, 1);
    assert_eq!(one.results.estimates, outcome(STUDY, 3).results.estimates);
    assert_eq!(one.results.curves, outcome(STUDY, 3).results.curves);
    let condition = estimate(&one, "", "chatterjee_condition");
    assert!(condition.ci_low.unwrap() < condition.value.unwrap(), "{condition:?}");
    let stay = estimate(&one, "scaled-noise-gd", "stay_probability");
    assert_eq!((stay.value, stay.ci_high), (Some(1.0), Some(1.0)));
    assert!(stay.ci_low.unwrap() > 0.9 && stay.note.contains("every step"), "{stay:?}");
    let (factor, bound) = ("contraction", "contraction_bound");
    let [factor, bound] = [factor, bound].map(|name| estimate(&one, "scaled-noise-gd", name));
    assert!(
        factor.ci_high.unwrap() < bound.value.unwrap() && bound.value.unwrap() < 1.0,
        "{factor:?} {bound:?}"
    );
    assert_eq!(estimate(&one, "bounded-noise-gd", "contraction_bound").value, None);
    // 10⁷ in place of 2·10³ F: most leave.
    let left = estimate(&one, "bounded-noise-gd", "stay_probability");
    assert!(left.ci_high.unwrap() < 0.9, "{left:?}");
    assert!(estimate(&one, "sgd", "stay_probability").note.contains("observation times alone"));
    let slope = estimate(&one, "sgd", "noise_scaling");
    assert!((0.7..1.3).contains(&slope.value.unwrap()), "{slope:?}");
    assert_eq!(curve(&one, "sgd", "stay").len(), 5);
}

#[test]
fn random_starts_are_checked_one_by_one() {
    let starts = |width: u64| {
        let text = STUDY.split("[start]").next().unwrap().replace("width = 3", &format!("width = {width}"));
        let text = text.replace("softplus", "tanh");
        let rest = "[start]\nlaw = 'fan-in'\n[[process]]\nkind = 'scaled-noise-gd'\nstep = 0.01\n\
            noise = { sigma = 0.0 }\nparticles = 1\n[time]\nhorizon = 0.01\npoints = 2\n\
            [analysis]\nlojasiewicz = { radius = 1.0, radii = [0.3, 3.0], searches = 2, starts = 12 }\n";
        let outcome = outcome(&(text + rest), 2);
        let row = estimate(&outcome, "", "lojasiewicz_starts").clone();
        let quartiles = estimate(&outcome, "", "chatterjee_condition").clone();
        assert!(row.ci_low < row.value || row.value == Some(0.0), "{row:?}");
        assert!(quartiles.ci_low <= quartiles.value && quartiles.value <= quartiles.ci_high);
        quartiles.value.unwrap()
    };
    let (narrow, wide) = (starts(2), starts(24));
    assert!(wide > 2.0 * narrow, "{narrow} {wide}");
}
