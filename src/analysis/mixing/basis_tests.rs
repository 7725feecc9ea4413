//! Gradients against central differences, values against the kernels.

use super::*;
use crate::numerics::{Backend, Loss};
use crate::problem::data::{LabelKind, Rows, Split};
use crate::problem::{Precision, Quadratic, TwoLayerSettings};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

fn net(activation: Activation, p: usize, d: usize, n: usize) -> TwoLayer {
    let inputs = (0..n * d).map(|i| (1.7 * i as f64 + 0.3).sin()).collect();
    let labels = (0..n).map(|i| if (i * i) % 3 == 0 { 1.0 } else { -1.0 }).collect();
    let settings = TwoLayerSettings {
        activation,
        beta: 1.3,
        loss: Loss::Logistic,
        outer: (0..p).map(|j| (j as f64 + 0.5).cos()).collect(),
        lambda: 0.1,
        backend: Backend::detect(),
        precision: Precision::F64,
    };
    let split = Split {
        train: Rows { inputs, labels, dim: d },
        test: Rows { inputs: Vec::new(), labels: Vec::new(), dim: d },
        train_indices: (0..n).collect(),
        test_indices: Vec::new(),
    };
    TwoLayer::new(settings, split, LabelKind::Signs)
}

#[track_caller]
fn check_gradients(basis: &Basis) {
    let (dim, m, mut work) = (basis.dim(), basis.len(), basis.work());
    let w: Vec<f64> = (0..dim).map(|k| (2.1 * k as f64 + 1.0).sin()).collect();
    let (mut values, mut gradients) = (vec![0.0; m], vec![0.0; m * dim]);
    basis.values_and_gradients(&w, &mut values, &mut gradients, &mut work);
    let threads = Threads::new(1).unwrap();
    assert_eq!(basis.values(&w, &threads).len(), m);
    for (a, b) in basis.values(&w, &threads).iter().zip(&values) {
        assert!((a - b).abs() < 1e-12);
    }
    let step = 1e-5;
    for k in 0..dim {
        let [up, down] = [step, -step].map(|h| {
            let mut moved = w.clone();
            moved[k] += h;
            basis.values(&moved, &threads)
        });
        for (i, name) in basis.names().iter().enumerate() {
            let slope = (up[i] - down[i]) / (2.0 * step);
            assert!((slope - gradients[i * dim + k]).abs() < 1e-8, "{name}: d/dw[{k}]");
        }
    }
}

#[test]
fn gradients_agree_with_central_differences() {
    for activation in [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus] {
        check_gradients(&Basis::of_net(&net(activation, 3, 2, 9), Directions::Weights));
    }
    let wide = net(Activation::Tanh, 40, 1, 5);
    check_gradients(&Basis::of_net(&wide, Directions::of_dim(40, 1)));
    let quadratic = Quadratic::new(vec![1.0, 2.0, 0.5]);
    check_gradients(&Basis::of_potential(&quadratic, Directions::Weights));
}

#[test]
fn outputs_are_those_of_the_kernels() {
    let net = net(Activation::SoftPlus, 4, 3, 8);
    let basis = Basis::of_net(&net, Directions::Weights);
    let w: Vec<f64> = (0..12).map(|k| (0.7 * k as f64).cos()).collect();
    let values = basis.values(&w, &Threads::new(1).unwrap());
    let settings = net.settings();
    let kernel: crate::numerics::NetKernel<f64> = crate::numerics::NetKernel::new(
        settings.backend,
        settings.activation,
        settings.beta,
        settings.loss,
        &settings.outer,
        settings.lambda,
        3,
    );
    let mut outputs = vec![0.0; 8];
    kernel.outputs(net.train_rows(), &w, &mut outputs, &mut kernel.work(8));
    for (a, b) in values[12..20].iter().zip(&outputs) {
        assert!((a - b).abs() < 1e-12);
    }
    assert_eq!(basis.names()[12..14], ["f[0]", "f[1]"]);
    assert_eq!(basis.len(), 12 + 8 + 4 + 1);
}

#[test]
fn principal_directions_are_those_of_the_largest_variance() {
    let dim = 20;
    let mut stream = Key::new(1, Purpose::Direction).stream(0, 0);
    let sample: Vec<f64> = (0..4000 * dim)
        .map(|i| stream.sample::<f64, _>(StandardNormal) * if i % dim == 7 { 3.0 } else { 1.0 })
        .collect();
    let quadratic = Quadratic::new(vec![1.0; dim]);
    let directions = Directions::Principal { count: 2, sample: &sample, seed: 1 };
    let basis = Basis::of_potential(&quadratic, directions);
    let Observable::Direction(v) = &basis.observables()[0] else { panic!("a direction comes first") };
    assert!(v[7].abs() > 0.99, "{v:?}");
    assert_eq!(basis.names(), ["direction[0]", "direction[1]", "|W|^2", "risk"]);
}

#[test]
fn lost_particles_give_nan() {
    let quadratic = Quadratic::new(vec![1.0]);
    let basis = Basis::of_potential(&quadratic, Directions::Weights);
    let values = basis.values(&[2.0, f64::NAN], &Threads::new(1).unwrap());
    assert_eq!(values[..3], [2.0, 4.0, 2.0]);
    assert!(values[3..].iter().all(|x| x.is_nan()));
}
