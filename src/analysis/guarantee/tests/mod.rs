//! Bounds and estimates against the truth on a grid, and against themselves broken on purpose.

mod curves;
mod moments;
mod start;

use super::*;
use crate::analysis::certificate::LowerBounds;
use crate::analysis::risk::RiskFacts;
use crate::analysis::spectrum::Grid;
use crate::numerics::{Activation, Backend, Loss};
use crate::problem::data::{LabelKind, Rows, Split};
use crate::problem::{Potential, Precision, Scratch, TwoLayer, TwoLayerSettings, minimise};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

const ROWS: usize = 12;

/// A random net of `width` units and `inputs` inputs.
fn random_net(number: u64, width: usize, inputs: usize, loss: Loss) -> TwoLayer {
    let mut stream = Key::new(number, Purpose::Data).tagged(91).stream(0, 0);
    let activations = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];
    let choices = if loss == Loss::Square { 2 } else { 3 };
    let activation = activations[stream.random_range(0..choices)];
    let beta = 0.3 + 2.7 * stream.random::<f64>();
    let lambda = 0.02 * 50.0_f64.powf(stream.random());
    let mut normals = |n: usize| (0..n).map(|_| stream.sample(StandardNormal)).collect::<Vec<f64>>();
    let (outer, rows) = (normals(width), normals(ROWS * inputs));
    let labels = normals(ROWS).into_iter().map(|y| if loss == Loss::Logistic { y.signum() } else { y });
    let train = Rows { inputs: rows, labels: labels.collect(), dim: inputs };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: inputs };
    let (backend, precision) = (Backend::Portable, Precision::F64);
    let settings = TwoLayerSettings { activation, beta, loss, outer, lambda, backend, precision };
    let split = Split { train, test, train_indices: (0..ROWS).collect(), test_indices: Vec::new() };
    TwoLayer::new(settings, split, LabelKind::Real)
}

/// Everything that is known of a net.
fn facts(net: &TwoLayer, s: f64) -> RiskFacts {
    let facts = RiskFacts::of_net(net, s);
    RiskFacts { gap_lower: LowerBounds::new(&facts).best().map(|best| best.1), ..facts }
}

fn noise(number: u64) -> f64 {
    0.05 * 20.0_f64.powf(Key::new(number, Purpose::Data).tagged(92).stream(0, 0).random())
}

/// One weight each, all activations and both losses; then a few of two.
fn nets() -> Vec<(u64, TwoLayer)> {
    let losses = [Loss::Logistic, Loss::Square];
    let mut nets: Vec<(u64, TwoLayer)> =
        (0..60).map(|n| (n, random_net(n, 1, 1, losses[n as usize % 2]))).collect();
    nets.extend(
        (100..104)
            .map(|n| (n, random_net(n, 1 + n as usize % 2, 2 - n as usize % 2, losses[n as usize / 2 % 2]))),
    );
    nets
}

fn lowest(net: &TwoLayer) -> f64 {
    let starts: Vec<Vec<f64>> = (-12..=12).map(|k| vec![f64::from(k) * 0.7; net.dim()]).collect();
    let mixed =
        (-12..=12).map(|k| (0..net.dim()).map(|j| f64::from(k) * if j == 0 { 0.7 } else { -0.7 }).collect());
    minimise(net, &starts.into_iter().chain(mixed).collect::<Vec<_>>()).unwrap().value
}

/// ⟨v, w⟩ + (λ/2)‖w‖²: μ_s = N(−v/λ, σ² I), everything in closed form.
struct Tilt {
    slope: Vec<f64>,
    lambda: f64,
}

impl Potential for Tilt {
    fn dim(&self) -> usize {
        self.slope.len()
    }
    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
        gradient.iter_mut().zip(w).zip(&self.slope).for_each(|((g, x), v)| *g = v + self.lambda * x);
        w.iter().zip(&self.slope).map(|(x, v)| (v + 0.5 * self.lambda * x) * x).sum()
    }
    fn penalty(&self) -> f64 {
        self.lambda
    }
}

fn tilt(dim: usize, size: f64) -> (Tilt, RiskFacts, f64) {
    let (lambda, s) = (0.5, 0.02);
    let slope: Vec<f64> = (0..dim).map(|k| size * (k as f64 + 1.0).sin() / (dim as f64).sqrt()).collect();
    let k = slope.iter().map(|v| v * v).sum::<f64>().sqrt();
    let facts = RiskFacts {
        dim,
        s,
        lambda,
        negative_curvature: Some(0.0),
        gradient_bound: Some(k),
        oscillation: None,
        laplacian_bound: Some(0.0),
        gradient_lipschitz: Some(lambda),
        growth: None,
        gap_lower: Some(lambda),
    };
    (Tilt { slope, lambda }, facts, k)
}
