//! The readable statement of the mathematics: one particle, scalar f64, no vectors.
//!
//! It is what the vectorised kernels are tested against and what analyses may call where speed does not matter.
//!
//! Net: f(x) = Σ_j a_j σ_β(w_j·x), hidden index j < p, input index k < d. **Weights are flat as vec(W), column by column:
//! `w[k*p + j]` = W_jk**, here and for every kernel and precision. Risk: L̃(W) = (1/n) Σ_i ℓ_i + (λ/2)‖W‖².

use super::{Activation, Loss};

/// A two-layer net: everything but the trained weights and the data.
#[derive(Debug, Clone, Copy)]
pub struct Net<'a> {
    pub activation: Activation,
    /// Sharpness β > 0 of σ_β.
    pub beta: f64,
    pub loss: Loss,
    /// The fixed outer layer a, length p.
    pub outer: &'a [f64],
    /// Penalty λ ≥ 0 in (λ/2)‖W‖².
    pub lambda: f64,
}

/// Samples (x_i, y_i), i < n.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, T = f64> {
    /// n × d, row-major.
    pub inputs: &'a [T],
    /// n labels.
    pub labels: &'a [T],
    /// d ≥ 1.
    pub dim: usize,
}

impl<'a, T> Rows<'a, T> {
    /// n, the number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample at all.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// x_i.
    pub fn input(&self, i: usize) -> &'a [T] {
        &self.inputs[i * self.dim..(i + 1) * self.dim]
    }
}

/// What one sample contributes: f_i, ℓ_i, g_i, h_i.
struct Sample<'a> {
    input: &'a [f64],
    output: f64,
    value: f64,
    slope: f64,
    curvature: f64,
}

impl Net<'_> {
    fn width(&self) -> usize {
        self.outer.len()
    }

    /// w_j·x.
    fn pre_activation(&self, w: &[f64], j: usize, x: &[f64]) -> f64 {
        let p = self.width();
        x.iter().enumerate().map(|(k, x)| w[k * p + j] * x).sum()
    }

    /// f(x) = Σ_j a_j σ(w_j·x).
    pub fn output(&self, w: &[f64], x: &[f64]) -> f64 {
        let unit = |(j, a): (usize, &f64)| a * self.activation.value(self.beta, self.pre_activation(w, j, x));
        self.outer.iter().enumerate().map(unit).sum()
    }

    fn sample<'r>(&self, rows: Rows<'r>, w: &[f64], i: usize) -> Sample<'r> {
        let input = rows.input(i);
        let output = self.output(w, input);
        let [value, slope, curvature] = self.loss.derivatives(rows.labels[i], output);
        Sample { input, output, value, slope, curvature }
    }

    fn check(&self, rows: Rows, w: &[f64]) {
        assert_eq!(rows.inputs.len(), rows.len() * rows.dim, "inputs must hold n × d numbers");
        assert_eq!(w.len(), self.width() * rows.dim, "weights must hold p × d numbers");
    }

    /// f_i of every row, into `out` (length n). Cost O(npd).
    pub fn outputs(&self, rows: Rows, w: &[f64], out: &mut [f64]) {
        self.check(rows, w);
        assert_eq!(out.len(), rows.len());
        for (i, out) in out.iter_mut().enumerate() {
            *out = self.output(w, rows.input(i));
        }
    }

    /// (1/n) Σ ℓ_i, without the penalty.
    pub fn data_risk(&self, rows: Rows, w: &[f64]) -> f64 {
        self.check(rows, w);
        let sum: f64 = (0..rows.len()).map(|i| self.sample(rows, w, i).value).sum();
        sum / rows.len() as f64
    }

    /// L̃(W) = (1/n) Σ ℓ_i + (λ/2)‖W‖².
    pub fn value(&self, rows: Rows, w: &[f64]) -> f64 {
        self.data_risk(rows, w) + 0.5 * self.lambda * w.iter().map(|w| w * w).sum::<f64>()
    }

    /// The fraction of rows with y_i f_i > 0.
    pub fn correct(&self, rows: Rows, w: &[f64]) -> f64 {
        self.check(rows, w);
        let right = (0..rows.len()).filter(|&i| rows.labels[i] * self.sample(rows, w, i).output > 0.0);
        right.count() as f64 / rows.len() as f64
    }

    /// Adds `factor · ∇f(x)`: entry (j,k) is factor · a_j σ'(w_j·x) x_k.
    fn add_output_gradient(&self, w: &[f64], x: &[f64], factor: f64, gradient: &mut [f64]) {
        let p = self.width();
        for (j, a) in self.outer.iter().enumerate() {
            let slope = self.activation.derivatives(self.beta, self.pre_activation(w, j, x))[1];
            for (k, x) in x.iter().enumerate() {
                gradient[k * p + j] += factor * a * slope * x;
            }
        }
    }

    fn start_with_penalty(&self, w: &[f64], gradient: &mut [f64]) {
        assert_eq!(gradient.len(), w.len(), "the gradient has the length of the weights");
        for (gradient, w) in gradient.iter_mut().zip(w) {
            *gradient = self.lambda * w;
        }
    }

    /// ∇L̃, row j: (1/n) Σ_i g_i a_j σ'(w_j·x_i) x_i + λ w_j.
    pub fn gradient(&self, rows: Rows, w: &[f64], gradient: &mut [f64]) {
        self.value_gradient(rows, w, gradient);
    }

    /// L̃ (returned) and ∇L̃ in one pass.
    pub fn value_gradient(&self, rows: Rows, w: &[f64], gradient: &mut [f64]) -> f64 {
        self.check(rows, w);
        self.start_with_penalty(w, gradient);
        let n = rows.len() as f64;
        let mut sum = 0.0;
        for i in 0..rows.len() {
            let sample = self.sample(rows, w, i);
            sum += sample.value;
            self.add_output_gradient(w, sample.input, sample.slope / n, gradient);
        }
        sum / n + 0.5 * self.lambda * w.iter().map(|w| w * w).sum::<f64>()
    }

    /// (1/n) Σ_i ω_i ∇ℓ_i + λ W for `sample_weights` ω of length n.
    pub fn weighted_gradient(&self, rows: Rows, sample_weights: &[f64], w: &[f64], gradient: &mut [f64]) {
        self.check(rows, w);
        assert_eq!(sample_weights.len(), rows.len(), "one weight a row");
        self.start_with_penalty(w, gradient);
        for (i, omega) in sample_weights.iter().enumerate() {
            let sample = self.sample(rows, w, i);
            self.add_output_gradient(w, sample.input, omega * sample.slope / rows.len() as f64, gradient);
        }
    }

    /// (1/b) Σ_{i∈batch} ∇ℓ_i + λ W; an index may repeat.
    pub fn minibatch_gradient(&self, rows: Rows, batch: &[u32], w: &[f64], gradient: &mut [f64]) {
        self.check(rows, w);
        self.start_with_penalty(w, gradient);
        for &i in batch {
            let sample = self.sample(rows, w, i as usize);
            self.add_output_gradient(w, sample.input, sample.slope / batch.len() as f64, gradient);
        }
    }

    /// ΔL̃ = (1/n) Σ_i ‖x_i‖² Σ_j [h_i a_j² σ'_ij² + g_i a_j σ''_ij] + λpd.
    pub fn laplacian(&self, rows: Rows, w: &[f64]) -> f64 {
        self.check(rows, w);
        let mut sum = 0.0;
        for i in 0..rows.len() {
            let sample = self.sample(rows, w, i);
            let square: f64 = sample.input.iter().map(|x| x * x).sum();
            for (j, a) in self.outer.iter().enumerate() {
                let z = self.pre_activation(w, j, sample.input);
                let [_, slope, curvature] = self.activation.derivatives(self.beta, z);
                sum += square * (sample.curvature * (a * slope).powi(2) + sample.slope * a * curvature);
            }
        }
        sum / rows.len() as f64 + self.lambda * w.len() as f64
    }

    /// ∇²L̃ · v, row j: (1/n) Σ_i [h_i ⟨∇f_i, v⟩ a_j σ'_ij + g_i a_j σ''_ij (v_j·x_i)] x_i + λ v_j.
    pub fn hessian_vector(&self, rows: Rows, w: &[f64], v: &[f64], out: &mut [f64]) {
        self.check(rows, w);
        assert_eq!(v.len(), w.len(), "the vector has the length of the weights");
        self.start_with_penalty(v, out);
        let p = self.width();
        for i in 0..rows.len() {
            let sample = self.sample(rows, w, i);
            let unit = |j: usize| {
                let z = self.pre_activation(w, j, sample.input);
                let [_, slope, curvature] = self.activation.derivatives(self.beta, z);
                (self.outer[j] * slope, self.outer[j] * curvature, self.pre_activation(v, j, sample.input))
            };
            let along: f64 = (0..p).map(|j| unit(j).0 * unit(j).2).sum();
            for j in 0..p {
                let (slope, curvature, tangent) = unit(j);
                let factor = sample.curvature * along * slope + sample.slope * curvature * tangent;
                for (k, x) in sample.input.iter().enumerate() {
                    out[k * p + j] += factor * x / rows.len() as f64;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};
    use rand::RngExt;

    struct Case {
        outer: Vec<f64>,
        inputs: Vec<f64>,
        labels: Vec<f64>,
        weights: Vec<f64>,
        vector: Vec<f64>,
    }

    const N: usize = 7;
    const D: usize = 3;
    const P: usize = 4;

    fn case() -> Case {
        let mut rng = Key::new(1, Purpose::Data).stream(0, 0);
        let mut numbers =
            |count: usize| -> Vec<f64> { (0..count).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect() };
        Case {
            outer: numbers(P),
            inputs: numbers(N * D),
            labels: numbers(N).iter().map(|y| y.signum()).collect(),
            weights: numbers(P * D),
            vector: numbers(P * D),
        }
    }

    /// Calls `check` with every activation, loss and β on one small random problem.
    fn for_every_net(check: impl Fn(Net, Rows, &Case)) {
        let case = case();
        let rows = Rows { inputs: &case.inputs, labels: &case.labels, dim: D };
        for activation in [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus] {
            for loss in [Loss::Logistic, Loss::Square] {
                for beta in [0.3, 1.0, 4.0] {
                    let net = Net { activation, beta, loss, outer: &case.outer, lambda: 0.2 };
                    check(net, rows, &case);
                }
            }
        }
    }

    const STEP: f64 = 1e-4;

    /// The gradient at w + `shift`·e_index.
    fn shifted(net: Net, rows: Rows, w: &[f64], index: usize, shift: f64) -> (f64, Vec<f64>) {
        let (mut moved, mut gradient) = (w.to_vec(), vec![0.0; w.len()]);
        moved[index] += shift;
        (net.value_gradient(rows, &moved, &mut gradient), gradient)
    }

    #[test]
    fn gradient_laplacian_and_hessian_agree_with_central_differences() {
        for_every_net(|net, rows, case| {
            let w = &case.weights;
            let (value, gradient) = shifted(net, rows, w, 0, 0.0);
            assert_eq!(value, net.value(rows, w));
            let (mut laplacian, mut product) = (0.0, vec![0.0; w.len()]);
            for (index, gradient) in gradient.iter().enumerate() {
                let up = shifted(net, rows, w, index, STEP);
                let down = shifted(net, rows, w, index, -STEP);
                assert!(((up.0 - down.0) / (2.0 * STEP) - gradient).abs() < 1e-6);
                laplacian += (up.1[index] - down.1[index]) / (2.0 * STEP);
                for (product, (up, down)) in product.iter_mut().zip(up.1.iter().zip(&down.1)) {
                    *product += case.vector[index] * (up - down) / (2.0 * STEP);
                }
            }
            assert!((laplacian - net.laplacian(rows, w)).abs() < 1e-5);
            let mut exact = vec![0.0; w.len()];
            net.hessian_vector(rows, w, &case.vector, &mut exact);
            for (got, want) in exact.iter().zip(&product) {
                assert!((got - want).abs() < 1e-5, "{got} {want}");
            }
        });
    }

    #[test]
    fn weighted_and_minibatch_gradients_contain_the_full_one() {
        for_every_net(|net, rows, case| {
            let w = &case.weights;
            let full = shifted(net, rows, w, 0, 0.0).1;
            let (mut weighted, mut batch) = (vec![0.0; w.len()], vec![0.0; w.len()]);
            net.weighted_gradient(rows, &[1.0; N], w, &mut weighted);
            net.minibatch_gradient(rows, &std::array::from_fn::<u32, N, _>(|i| i as u32), w, &mut batch);
            assert_eq!((&full, &full), (&weighted, &batch));
            // A weight of n/2 on rows 2 and 5 is the batch {2, 5}.
            let omega: [f64; N] =
                std::array::from_fn(|i| if i == 2 || i == 5 { N as f64 / 2.0 } else { 0.0 });
            net.weighted_gradient(rows, &omega, w, &mut weighted);
            net.minibatch_gradient(rows, &[5, 2], w, &mut batch);
            for (a, b) in weighted.iter().zip(&batch) {
                assert!((a - b).abs() < 1e-14);
            }
        });
    }

    #[test]
    fn everything_is_finite_far_out() {
        for_every_net(|net, rows, case| {
            for far in [1e4, -1e4] {
                let w: Vec<f64> = case.weights.iter().map(|w| far * w.signum()).collect();
                let (value, gradient) = shifted(net, rows, &w, 0, 0.0);
                let mut product = vec![0.0; w.len()];
                net.hessian_vector(rows, &w, &case.vector, &mut product);
                assert!(value.is_finite() && net.laplacian(rows, &w).is_finite());
                assert!(gradient.iter().chain(&product).all(|v| v.is_finite()));
            }
        });
    }

    #[test]
    fn outputs_risk_and_fraction_correct_belong_together() {
        for_every_net(|net, rows, case| {
            let mut f = [0.0; N];
            net.outputs(rows, &case.weights, &mut f);
            let right = f.iter().zip(rows.labels).filter(|(f, y)| *f * *y > 0.0).count();
            assert_eq!(net.correct(rows, &case.weights), right as f64 / N as f64);
            let risk: f64 = f.iter().zip(rows.labels).map(|(f, y)| net.loss.derivatives(*y, *f)[0]).sum();
            assert!((net.data_risk(rows, &case.weights) - risk / N as f64).abs() < 1e-15);
        });
    }
}
