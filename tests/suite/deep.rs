//! Deep nets: gradients, finite sums, and the two-layer net among them.

use crate::checks::derivatives;
use crate::support::law::{all_near, near, passes};
use rand::RngExt;
use rand_distr::StandardNormal;
use sgd_sde::numerics::{Activation, Backend, Loss};
use sgd_sde::problem::data::{LabelKind, Rows, Split};
use sgd_sde::problem::{
    DeepNet, DeepNetSettings, FiniteSum, Potential, Precision, Quantity, TwoLayer, TwoLayerSettings,
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
