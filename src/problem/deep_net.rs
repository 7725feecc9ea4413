//! A feed-forward net of any depth under the square loss: a finite sum with the gradient by back-propagation.

use super::data::{Rows, Split};
use super::{FiniteSum, Potential, Quantity, Readings, Scratch, derived_readings};
use crate::numerics::Activation;

/// What a [`DeepNet`] is made of, besides its rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeepNetSettings {
    /// σ_β before it is shifted.
    pub activation: Activation,
    /// β > 0.
    pub beta: f64,
    /// Matrices of weights, at least 2: hidden layers and one.
    pub depth: usize,
    /// Units of each hidden layer, at least 1.
    pub width: usize,
}

/// F(θ) = (1/n) Σ_i (f(x_i; θ) − y_i)² with f(x; θ) = W_L σ(W_{L−1} ⋯ σ(W_1 x)), all L = `depth` matrices trained.
///
/// W_1 is width × d, W_2 … W_{L−1} are width × width, W_L is 1 × width; D = width·(d + (L−2)·width + 1). σ(z) = σ_β(z) − σ_β(0) of
/// [`Activation`], so that σ(0) = 0; all three are smooth and strictly increasing. **Without the ½** of the two-layer net's
/// square loss: that is the F of Chatterjee (arXiv 2203.16462, §1), without his biases.
///
/// Weights: the matrices one after another, each row by row. Cost of a gradient: about 4 n D multiplications, in plain
/// arithmetic; meant for nets of some hundred weights. θ = 0 is a saddle; no bound on the Lipschitz constant of ∇F holds everywhere.
#[derive(Debug, Clone)]
pub struct DeepNet {
    settings: DeepNetSettings,
    train: Rows,
    test: Option<Rows>,
    /// σ_β(0).
    shift: f64,
    reference: Option<Vec<f64>>,
}

impl DeepNet {
    /// The net on the rows of `split`.
    ///
    /// # Panics
    /// When depth < 2, width is 0, β ≤ 0 or there are no training rows.
    pub fn new(settings: DeepNetSettings, split: Split) -> Self {
        let DeepNetSettings { activation, beta, depth, width } = settings;
        assert!(depth >= 2 && width > 0 && beta > 0.0, "depth ≥ 2, width ≥ 1, β > 0");
        let Split { train, test, .. } = split;
        assert!(!train.is_empty(), "at least one row");
        let test = (!test.is_empty()).then_some(test);
        Self { settings, train, test, shift: activation.at_zero(beta), reference: None }
    }

    /// What it is made of.
    pub fn settings(&self) -> DeepNetSettings {
        self.settings
    }

    /// Training rows.
    pub fn train_rows(&self) -> &Rows {
        &self.train
    }

    /// Makes `point` (D weights) the point that distances are measured from.
    ///
    /// # Panics
    /// When `point` is not of length D.
    pub fn set_reference_point(&mut self, point: Vec<f64>) {
        assert_eq!(point.len(), self.dim(), "a point of D weights");
        self.reference = Some(point);
    }

    /// (outputs, inputs) of layer number `layer`, from 0.
    pub fn layer_shape(&self, layer: usize) -> (usize, usize) {
        let DeepNetSettings { depth, width, .. } = self.settings;
        let inputs = if layer == 0 { self.train.dim } else { width };
        (if layer + 1 == depth { 1 } else { width }, inputs)
    }

    /// f(x; w), with σ and σ' of every hidden unit left in `units`.
    fn forward(&self, w: &[f64], x: &[f64], units: &mut [f64]) -> f64 {
        let DeepNetSettings { activation, beta, depth, width } = self.settings;
        let mut rest = w;
        for layer in 0..depth - 1 {
            let inputs = self.layer_shape(layer).1;
            let (matrix, after) = rest.split_at(width * inputs);
            rest = after;
            let (before, here) = units.split_at_mut(2 * width * layer);
            let from = if layer == 0 { x } else { &before[2 * width * (layer - 1)..][..width] };
            let (values, slopes) = here[..2 * width].split_at_mut(width);
            for ((value, slope), row) in values.iter_mut().zip(slopes).zip(matrix.chunks_exact(inputs)) {
                let [raised, derivative, _] = activation.derivatives(beta, dot(row, from));
                (*value, *slope) = (raised - self.shift, derivative);
            }
        }
        dot(rest, &units[2 * width * (depth - 2)..][..width])
    }

    /// Adds `factor`·∇f(x; w) to `gradient`; `units` as [`forward`](Self::forward) left them, `back` room for 2·width numbers.
    fn add_gradient(
        &self,
        (w, x): (&[f64], &[f64]),
        factor: f64,
        gradient: &mut [f64],
        units: &[f64],
        back: &mut [f64],
    ) {
        let DeepNetSettings { depth, width, .. } = self.settings;
        let (mut delta, mut next) = back.split_at_mut(width);
        let mut end = w.len() - width;
        let top = &units[2 * width * (depth - 2)..];
        for (j, d) in delta.iter_mut().enumerate() {
            gradient[end + j] += factor * top[j];
            *d = factor * w[end + j] * top[width + j];
        }
        for layer in (0..depth - 1).rev() {
            let inputs = self.layer_shape(layer).1;
            let start = end - width * inputs;
            let from = if layer == 0 { x } else { &units[2 * width * (layer - 1)..][..width] };
            for (row, d) in gradient[start..end].chunks_exact_mut(inputs).zip(delta.iter()) {
                row.iter_mut().zip(from).for_each(|(g, x)| *g += d * x);
            }
            if layer > 0 {
                let slopes = &units[2 * width * (layer - 1) + width..][..width];
                next.fill(0.0);
                for (row, d) in w[start..end].chunks_exact(inputs).zip(delta.iter()) {
                    next.iter_mut().zip(row).for_each(|(n, weight)| *n += d * weight);
                }
                next.iter_mut().zip(slopes).for_each(|(n, slope)| *n *= slope);
                std::mem::swap(&mut delta, &mut next);
            }
            end = start;
        }
    }

    /// Σ ω_i (f(x_i) − y_i)² over (row, ω), with its gradient added to `gradient`.
    fn add_rows(
        &self,
        w: &[f64],
        gradient: &mut [f64],
        rows: impl Iterator<Item = (usize, f64)>,
        numbers: &mut [f64],
    ) -> f64 {
        let (back, units) = numbers.split_at_mut(2 * self.settings.width);
        let mut value = 0.0;
        for (i, weight) in rows {
            let x = self.train.input(i);
            let residual = self.forward(w, x, units) - self.train.labels[i];
            value += weight * residual * residual;
            self.add_gradient((w, x), 2.0 * weight * residual, gradient, units, back);
        }
        value
    }

    /// f(x; w) of one input of length d.
    pub fn output(&self, w: &[f64], x: &[f64], scratch: &mut Scratch) -> f64 {
        self.forward(w, x, &mut scratch.numbers[2 * self.settings.width..])
    }

    /// (1/m) Σ (f(x_i) − y_i)² over the rows kept for testing, where there are any.
    fn test_risk(&self, w: &[f64], scratch: &mut Scratch) -> Option<f64> {
        let test = self.test.as_ref()?;
        let squares =
            (0..test.len()).map(|i| (self.output(w, test.input(i), scratch) - test.labels[i]).powi(2));
        Some(squares.sum::<f64>() / test.len() as f64)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Potential for DeepNet {
    fn dim(&self) -> usize {
        let DeepNetSettings { depth, width, .. } = self.settings;
        width * (self.train.dim + (depth - 2) * width + 1)
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], scratch: &mut Scratch) -> f64 {
        let share = 1.0 / self.samples() as f64;
        gradient.fill(0.0);
        self.add_rows(w, gradient, (0..self.samples()).map(|i| (i, share)), &mut scratch.numbers)
    }

    /// σ and σ' of every hidden unit, and two layers of back-propagated numbers.
    fn scratch(&self) -> Scratch {
        Scratch::new(2 * self.settings.width * self.settings.depth)
    }

    /// Small: a step of one particle is long, and many blocks keep every thread at work.
    fn block_len(&self) -> usize {
        (4096 / self.dim()).clamp(1, 32)
    }

    fn block_readings(
        &self,
        weights: &[f64],
        wanted: &[Quantity],
        out: &mut [Readings],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let dim = self.dim();
        for ((w, g), reading) in weights.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)).zip(out) {
            let risk = self.value_gradient(w, g, scratch);
            (reading[Quantity::Risk as usize], reading[Quantity::DataRisk as usize]) = (risk, risk);
            derived_readings(w, g, reading);
            reading[Quantity::Distance as usize] = self.distance(w);
            if wanted.contains(&Quantity::TestRisk) {
                reading[Quantity::TestRisk as usize] = self.test_risk(w, scratch).unwrap_or(f64::NAN);
            }
            if wanted.contains(&Quantity::Laplacian) {
                reading[Quantity::Laplacian as usize] = self.laplacian(w, scratch);
            }
        }
    }

    fn finite_sum(&self) -> Option<&dyn FiniteSum> {
        Some(self)
    }

    fn has(&self, quantity: Quantity) -> bool {
        match quantity {
            Quantity::Distance => self.reference.is_some(),
            _ => !quantity.needs_classes() && (!quantity.needs_test_rows() || self.test.is_some()),
        }
    }

    fn reference_point(&self) -> Option<&[f64]> {
        self.reference.as_deref()
    }
}

impl FiniteSum for DeepNet {
    fn samples(&self) -> usize {
        self.train.len()
    }

    fn minibatch_gradient(
        &self,
        weights: &[f64],
        batch: &[u32],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let dim = self.dim();
        let rows = batch.len() / (weights.len() / dim);
        let share = 1.0 / rows as f64;
        gradient.fill(0.0);
        let particles = weights.chunks_exact(dim).zip(batch.chunks_exact(rows));
        for ((w, batch), g) in particles.zip(gradient.chunks_exact_mut(dim)) {
            self.add_rows(w, g, batch.iter().map(|&i| (i as usize, share)), &mut scratch.numbers);
        }
    }

    fn weighted_gradient(
        &self,
        weights: &[f64],
        sample_weights: &[f64],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let dim = self.dim();
        let share = 1.0 / self.samples() as f64;
        gradient.fill(0.0);
        let particles = weights.chunks_exact(dim).zip(sample_weights.chunks_exact(self.samples()));
        for ((w, omega), g) in particles.zip(gradient.chunks_exact_mut(dim)) {
            let rows = omega.iter().enumerate().map(|(i, omega)| (i, share * omega));
            self.add_rows(w, g, rows, &mut scratch.numbers);
        }
    }
}
