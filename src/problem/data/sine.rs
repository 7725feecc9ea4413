//! A radial sine with noisy labels: regression data without a net behind it.

use std::f64::consts::PI;

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::spec::{check_shape, check_variance};
use super::{Dataset, FieldError, LabelKind, Rows};
use crate::random::{Key, Purpose};

/// x ~ U[0, 1)^dim, y = sin(π‖x‖²/dim) + N(0, `noise_variance`).
///
/// More `samples` keep the earlier rows. Cost: `samples`·`dim`. Source: Mukherjee, slides of 2023, with the defaults here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sine {
    /// Rows, at least 1.
    pub samples: usize,
    /// Inputs of a row, at least 1.
    #[serde(default = "default_dim")]
    pub dim: usize,
    /// Variance of the noise in the labels, at least 0.
    #[serde(default = "default_noise_variance")]
    pub noise_variance: f64,
}

fn default_dim() -> usize {
    20
}

fn default_noise_variance() -> f64 {
    0.25
}

impl Sine {
    /// The label without noise, sin(π‖x‖²/dim); `x` of length `dim`.
    pub fn target(&self, x: &[f64]) -> f64 {
        (PI * x.iter().map(|x| x * x).sum::<f64>() / self.dim as f64).sin()
    }

    pub(super) fn validate(&self) -> Result<(), FieldError> {
        check_shape(self.samples, 1, self.dim)?;
        check_variance("noise_variance", self.noise_variance)
    }

    pub(super) fn load(&self, seed: u64) -> Dataset {
        let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
        let mut rows =
            Rows { inputs: Vec::with_capacity(self.samples * self.dim), labels: Vec::new(), dim: self.dim };
        let noise_std = self.noise_variance.sqrt();
        for i in 0..self.samples {
            rows.inputs.extend((0..self.dim).map(|_| stream.random::<f64>()));
            let noise: f64 = StandardNormal.sample(&mut stream);
            rows.labels.push(self.target(rows.input(i)) + noise_std * noise);
        }
        let note =
            format!("y = sin(π‖x‖²/{}) + N(0, {}), x ~ U[0, 1)^{}", self.dim, self.noise_variance, self.dim);
        Dataset::drawn("sine", rows, LabelKind::Real, vec![note])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::data::assert_law;

    fn sine(samples: usize, noise_variance: f64) -> Sine {
        Sine { samples, dim: 20, noise_variance }
    }

    #[test]
    fn the_target_is_the_sine_of_the_mean_square() {
        let spec = Sine { samples: 1, dim: 2, noise_variance: 0.0 };
        for (x, want) in
            [([0.0, 0.0], 0.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0), ([0.5, 0.5], 0.5f64.sqrt())]
        {
            assert!((spec.target(&x) - want).abs() < 1e-15, "{x:?}");
        }
    }

    #[test]
    fn without_noise_labels_are_targets_and_the_seed_names_the_data() {
        let spec = sine(100, 0.0);
        let data = spec.load(3);
        for (x, y) in data.inputs.chunks_exact(20).zip(&data.labels) {
            assert_eq!(*y, spec.target(x));
        }
        assert_eq!(data, spec.load(3));
        assert_ne!(data.inputs, spec.load(4).inputs);
        // Neither more samples nor louder noise change the rows.
        assert_eq!(data.inputs, sine(200, 0.25).load(3).inputs[..2000]);
        assert_eq!(
            data.check_classification().unwrap_err().to_string(),
            "problem.data.kind = \"sine\": its labels are real numbers; a classification needs labels -1 and 1; set \
             problem.loss = \"square\" or take another kind of data"
        );
    }

    /// Finds a variance taken for a standard deviation (0.0625 or 0.5 in place of 0.25) and inputs that are not U[0, 1).
    #[test]
    fn noise_and_inputs_have_their_moments() {
        let spec = sine(20_000, 0.25);
        let data = spec.load(7);
        let n = data.len() as f64;
        let residuals: Vec<f64> =
            data.inputs.chunks_exact(20).zip(&data.labels).map(|(x, y)| y - spec.target(x)).collect();
        let mean_square = residuals.iter().map(|r| r * r).sum::<f64>() / n;
        assert_law(mean_square, 0.25, 0.25 * (2.0 / n).sqrt(), 0.05);
        assert_law(residuals.iter().sum::<f64>() / n, 0.0, 0.5 / n.sqrt(), 0.05);
        let numbers = data.inputs.len() as f64;
        assert!(data.inputs.iter().all(|x| (0.0..1.0).contains(x)));
        assert_law(data.inputs.iter().sum::<f64>() / numbers, 0.5, (12.0 * numbers).sqrt().recip(), 0.01);
        // Var U² = 4/45.
        let second = data.inputs.iter().map(|x| x * x).sum::<f64>() / numbers;
        assert_law(second, 1.0 / 3.0, (4.0 / 45.0 / numbers).sqrt(), 0.01);
    }

    #[test]
    fn impossible_values_are_refused() {
        for (value, shown) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
            assert_eq!(
                sine(1, value).validate().unwrap_err().to_string(),
                format!(
                    "problem.data.noise_variance = {shown}: must be a finite number, at least 0; 0 gives labels without noise"
                )
            );
        }
        assert!(sine(0, 0.1).validate().is_err());
    }
}
