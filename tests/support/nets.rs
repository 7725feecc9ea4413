//! Small nets with formulas of their own: textbook expressions, weights row by row, nothing shared with the crate.

use sgd_sde::numerics::{Activation, Backend, Loss};
use sgd_sde::problem::data::{LabelKind, Rows, Split};
use sgd_sde::problem::{TwoLayer, TwoLayerSettings};

pub const ACTIVATIONS: [Activation; 3] = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];
pub const LOSSES: [Loss; 2] = [Loss::Logistic, Loss::Square];
pub const BETAS: [f64; 3] = [0.3, 1.0, 4.0];

/// A net of 3 hidden units on rows of 2 inputs.
#[derive(Clone)]
pub struct Tiny {
    pub activation: Activation,
    pub beta: f64,
    pub loss: Loss,
    pub outer: Vec<f64>,
    pub lambda: f64,
    pub rows: Vec<[f64; 2]>,
    pub labels: Vec<f64>,
}

impl Tiny {
    /// `n` rows without structure; labels ±1 for the logistic loss, real for the square loss.
    pub fn new(activation: Activation, beta: f64, loss: Loss, n: usize) -> Self {
        let wave = |i: usize, f: f64| (f * (i as f64 + 1.0)).sin();
        let label = |i: usize| match loss {
            Loss::Logistic => {
                if i.is_multiple_of(2) {
                    1.0
                } else {
                    -1.0
                }
            }
            Loss::Square => 1.5 * wave(i, 2.3),
        };
        Self {
            activation,
            beta,
            loss,
            outer: vec![0.9, -0.6, 0.4],
            lambda: 0.15,
            rows: (0..n).map(|i| [wave(i, 1.7), wave(i, 0.9)]).collect(),
            labels: (0..n).map(label).collect(),
        }
    }

    /// Weights, row by row, that are no special point.
    pub fn point() -> Vec<f64> {
        vec![0.7, -0.4, 0.2, 1.1, -0.8, 0.3]
    }

    pub fn width(&self) -> usize {
        self.outer.len()
    }

    /// The same net as the crate's potential.
    pub fn potential(&self, backend: Backend) -> TwoLayer {
        let train = Rows { inputs: self.rows.concat(), labels: self.labels.clone(), dim: 2 };
        let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: 2 };
        let split =
            Split { train_indices: (0..train.len()).collect(), test_indices: Vec::new(), train, test };
        let settings = TwoLayerSettings {
            activation: self.activation,
            beta: self.beta,
            loss: self.loss,
            outer: self.outer.clone(),
            lambda: self.lambda,
            backend,
            precision: sgd_sde::problem::Precision::F64,
        };
        let labels = match self.loss {
            Loss::Logistic => LabelKind::Signs,
            Loss::Square => LabelKind::Real,
        };
        TwoLayer::new(settings, split, labels)
    }

    /// σ_β(z) and σ_β'(z).
    fn sigma(&self, z: f64) -> (f64, f64) {
        let b = self.beta;
        let logistic = 1.0 / (1.0 + (-b * z).exp());
        match self.activation {
            Activation::Sigmoid => (logistic, b * logistic * (1.0 - logistic)),
            Activation::Tanh => ((b * z).tanh(), b * (1.0 - (b * z).tanh().powi(2))),
            Activation::SoftPlus => ((1.0 + (b * z).exp()).ln() / b, logistic),
        }
    }

    /// ∇ℓ_i at row-by-row weights, without the penalty.
    pub fn row_gradient(&self, w: &[f64], i: usize) -> Vec<f64> {
        let (x, y) = (self.rows[i], self.labels[i]);
        let units: Vec<(f64, f64)> =
            w.chunks_exact(2).map(|row| self.sigma(row[0] * x[0] + row[1] * x[1])).collect();
        let f: f64 = units.iter().zip(&self.outer).map(|(u, a)| a * u.0).sum();
        let slope = match self.loss {
            Loss::Logistic => -y / (1.0 + (y * f).exp()),
            Loss::Square => f - y,
        };
        let rows = units.iter().zip(&self.outer);
        rows.flat_map(|(u, a)| [slope * a * u.1 * x[0], slope * a * u.1 * x[1]]).collect()
    }

    /// (1/|batch|) Σ ∇ℓ_i + λW over the rows of `batch`.
    pub fn batch_gradient(&self, w: &[f64], batch: &[usize]) -> Vec<f64> {
        let mut sum = vec![0.0; w.len()];
        for &i in batch {
            sum.iter_mut().zip(self.row_gradient(w, i)).for_each(|(s, g)| *s += g);
        }
        let b = batch.len() as f64;
        sum.iter().zip(w).map(|(s, w)| s / b + self.lambda * w).collect()
    }

    /// ∇L̃ at row-by-row weights.
    pub fn gradient(&self, w: &[f64]) -> Vec<f64> {
        let all: Vec<usize> = (0..self.labels.len()).collect();
        self.batch_gradient(w, &all)
    }

    /// Σ = (1/n) Σ ∇ℓ_i ∇ℓ_iᵀ − ∇L ∇Lᵀ along the directions `u` and `v`.
    pub fn noise_along(&self, w: &[f64], u: &[f64], v: &[f64]) -> f64 {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let n = self.labels.len();
        let rows: Vec<(f64, f64)> =
            (0..n).map(|i| self.row_gradient(w, i)).map(|g| (dot(&g, u), dot(&g, v))).collect();
        let mean = |f: fn(&(f64, f64)) -> f64| rows.iter().map(f).sum::<f64>() / n as f64;
        mean(|r| r.0 * r.1) - mean(|r| r.0) * mean(|r| r.1)
    }
}

/// Row-by-row weights in the order of the crate's particles (hidden index fastest), and back.
pub fn to_particle(w: &[f64], width: usize) -> Vec<f64> {
    let inputs = w.len() / width;
    let entry = |k: usize, j: usize| w[j * inputs + k];
    (0..inputs).flat_map(|k| (0..width).map(move |j| (k, j))).map(|(k, j)| entry(k, j)).collect()
}

/// The inverse of [`to_particle`].
pub fn to_rows(w: &[f64], width: usize) -> Vec<f64> {
    to_particle(w, w.len() / width)
}
