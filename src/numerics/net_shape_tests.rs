//! Gradients on random shapes against the plain scalar path; a failure is reduced to the smallest shape that fails.

use super::plain::{Net, Rows};
use super::{Activation, Backend, Loss, NetKernel};
use crate::random::{Key, Purpose};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use rand::RngExt;

#[derive(Debug, Clone)]
struct Problem {
    width: usize,
    dim: usize,
    rows: usize,
    batch: usize,
    particles: usize,
    activation: Activation,
    loss: Loss,
    beta: f64,
    lambda: f64,
    seed: u64,
}

fn problems() -> impl Strategy<Value = Problem> {
    let sizes = (1..=40usize, 1..=40usize, 1..=150usize, 1..=40usize, 1..=20usize);
    let activation = prop::sample::select(vec![Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus]);
    let loss = prop::sample::select(vec![Loss::Logistic, Loss::Square]);
    let laws = (activation, loss, 0.1..5.0, 0.0..1.0, any::<u64>());
    (sizes, laws).prop_map(|(sizes, (activation, loss, beta, lambda, seed))| {
        let (width, dim, rows, batch, particles) = sizes;
        Problem { width, dim, rows, batch, particles, activation, loss, beta, lambda, seed }
    })
}

/// Numbers of a problem, uniform in ±1 (inputs in ±2/√d), labels ±1.
struct Numbers {
    outer: Vec<f64>,
    inputs: Vec<f64>,
    labels: Vec<f64>,
    weights: Vec<f64>,
    batch: Vec<u32>,
}

impl Numbers {
    fn new(problem: &Problem) -> Self {
        let mut random = Key::new(problem.seed, Purpose::Data).stream(0, 0);
        let mut uniform = |count: usize, scale: f64| -> Vec<f64> {
            (0..count).map(|_| scale * (2.0 * random.random::<f64>() - 1.0)).collect()
        };
        let outer = uniform(problem.width, 1.0);
        let inputs = uniform(problem.rows * problem.dim, 2.0 / (problem.dim as f64).sqrt());
        let labels = uniform(problem.rows, 1.0).iter().map(|y| y.signum()).collect();
        let weights = uniform(problem.particles * problem.width * problem.dim, 2.0);
        let batch = uniform(problem.particles * problem.batch, 0.5);
        let index = |u: &f64| (((u + 0.5) * problem.rows as f64) as u32).min(problem.rows as u32 - 1);
        Self { outer, inputs, labels, weights, batch: batch.iter().map(index).collect() }
    }
}

/// (1/b) Σ |g_i a_j σ'_ij x_ik| + λ|w_jk| over the rows `batch`: what rounding errors are measured by.
fn scale(net: &Net, rows: Rows, batch: &[u32], w: &[f64]) -> Vec<f64> {
    let p = net.outer.len();
    let mut scale: Vec<f64> = w.iter().map(|w| net.lambda * w.abs()).collect();
    for &i in batch {
        let x = rows.input(i as usize);
        let slope = net.loss.derivatives(rows.labels[i as usize], net.output(w, x))[1];
        for (j, a) in net.outer.iter().enumerate() {
            let z: f64 = x.iter().enumerate().map(|(k, x)| w[k * p + j] * x).sum();
            let gate = net.activation.derivatives(net.beta, z)[1];
            for (k, x) in x.iter().enumerate() {
                scale[k * p + j] += (slope * a * gate * x).abs() / batch.len() as f64;
            }
        }
    }
    scale
}

fn check(problem: &Problem, backend: Backend) -> TestCaseResult {
    let numbers = Numbers::new(problem);
    let net = Net {
        activation: problem.activation,
        beta: problem.beta,
        loss: problem.loss,
        outer: &numbers.outer,
        lambda: problem.lambda,
    };
    let rows = Rows { inputs: &numbers.inputs, labels: &numbers.labels, dim: problem.dim };
    let kernel =
        NetKernel::<f64>::new(backend, net.activation, net.beta, net.loss, net.outer, net.lambda, rows.dim);
    let work = &mut kernel.work(problem.rows.max(problem.batch));
    let [mut full, mut mini] = [(); 2].map(|()| vec![f64::NAN; numbers.weights.len()]);
    kernel.gradient(rows, &numbers.weights, &mut full, work);
    kernel.minibatch_gradient(rows, &numbers.batch, &numbers.weights, &mut mini, work);
    let size = problem.width * problem.dim;
    let all: Vec<u32> = (0..problem.rows as u32).collect();
    let mut want = vec![0.0; size];
    for (index, w) in numbers.weights.chunks_exact(size).enumerate() {
        let batch = &numbers.batch[index * problem.batch..(index + 1) * problem.batch];
        for (got, batch) in [(&full, &all[..]), (&mini, batch)] {
            net.minibatch_gradient(rows, batch, w, &mut want);
            let scale = scale(&net, rows, batch, w);
            for (k, got) in got[index * size..(index + 1) * size].iter().enumerate() {
                let error = (got - want[k]).abs();
                prop_assert!(
                    error <= 1e-13 * scale[k],
                    "particle {index} weight {k}: {error:e} of {:e}",
                    scale[k]
                );
            }
        }
    }
    Ok(())
}

#[test]
#[cfg_attr(miri, ignore = "too long to be interpreted")]
fn gradients_of_random_shapes_agree_with_the_plain_path() {
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        // A fixed seed: what passes here passes everywhere.
        let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let result = runner.run(&problems(), |problem| check(&problem, backend));
        assert!(result.is_ok(), "{backend}: {}", result.unwrap_err());
    }
}
