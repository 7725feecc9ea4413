//! Data and starting points by formulas that every program that is compared can evaluate.

use crate::workloads::{Kind, LAMBDA, Workload};
use sgd_sde::numerics::{Activation, Loss, Rows, plain};

/// Number `index` of the sequence of SplitMix64 from state 0, as a number in [−½, ½).
fn centred(index: u64) -> f64 {
    let mut z = (index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 * (0.5f64).powi(53) - 0.5
}

/// Where the starting points begin in that sequence.
const START: u64 = 1 << 40;

/// W₀ of a particle, `w[k*p + j]`: uniform in [−½, ½).
pub fn start(particle: usize, dim: usize) -> Vec<f64> {
    let first = START + (particle * dim) as u64;
    (first..first + dim as u64).map(centred).collect()
}

/// A net's data: rows of unit norm, labels by the sign of x₀ − x₁ + x₂ − …, outer layer ±1/√p.
#[derive(Debug, Clone)]
pub struct NetData {
    pub inputs: Vec<f64>,
    pub labels: Vec<f64>,
    pub outer: Vec<f64>,
    pub activation: Activation,
    pub dim: usize,
}

fn alternating(k: usize) -> f64 {
    if k.is_multiple_of(2) { 1.0 } else { -1.0 }
}

impl NetData {
    pub fn new(w: &Workload) -> Self {
        let (mut inputs, mut labels) = (Vec::with_capacity(w.n * w.d), Vec::with_capacity(w.n));
        for i in 0..w.n {
            let row: Vec<f64> = (0..w.d).map(|k| centred((i * w.d + k) as u64)).collect();
            let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            let side: f64 = row.iter().enumerate().map(|(k, x)| alternating(k) * x).sum();
            inputs.extend(row.iter().map(|x| x / norm));
            labels.push(if side >= 0.0 { 1.0 } else { -1.0 });
        }
        let outer = |j| alternating(j) / (w.p as f64).sqrt();
        Self {
            inputs,
            labels,
            outer: (0..w.p).map(outer).collect(),
            activation: if w.kind == Kind::Tanh { Activation::Tanh } else { Activation::Sigmoid },
            dim: w.d,
        }
    }

    /// The gradient by the plain scalar formula over the first `rows` rows.
    pub fn plain_gradient(&self, rows: usize, weights: &[f64]) -> Vec<f64> {
        let net = plain::Net {
            activation: self.activation,
            beta: 1.0,
            loss: Loss::Logistic,
            outer: &self.outer,
            lambda: LAMBDA,
        };
        let rows =
            Rows { inputs: &self.inputs[..rows * self.dim], labels: &self.labels[..rows], dim: self.dim };
        let mut gradient = vec![0.0; weights.len()];
        net.gradient(rows, weights, &mut gradient);
        gradient
    }
}

/// Largest difference, relative to the largest entry.
pub fn error(got: &[f64], want: &[f64]) -> f64 {
    let largest = want.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let differences = got.iter().zip(want).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f64::max) / largest
}
