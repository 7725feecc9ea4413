//! Labels of a linear map: regression data on which least squares are exactly solvable.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::spec::{check_shape, check_variance};
use super::{Dataset, FieldError, LabelKind, Rows};
use crate::random::{Key, Purpose};

/// y = v·x + N(0, `noise_variance`), x_k ~ N(0, `condition`^{−k/(dim−1)}) for k = 0 … dim − 1, v_k ~ N(0, 1/dim).
///
/// `condition` is the ratio of the largest to the smallest eigenvalue of E xxᵀ; the rows' own is larger. v is drawn first, so
/// more `samples` keep it and the earlier rows. Cost: `samples`·`dim`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// Rows, at least 1.
    pub samples: usize,
    /// Inputs of a row, at least 1.
    pub dim: usize,
    /// Variance of the noise in the labels, at least 0.
    #[serde(default = "default_noise_variance")]
    pub noise_variance: f64,
    /// Largest by smallest variance of the inputs, in [1, 1e12].
    #[serde(default = "default_condition")]
    pub condition: f64,
}

fn default_noise_variance() -> f64 {
    0.25
}

fn default_condition() -> f64 {
    1.0
}

impl Linear {
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        check_shape(self.samples, 1, self.dim)?;
        check_variance("noise_variance", self.noise_variance)?;
        if (1.0..=1e12).contains(&self.condition) {
            return Ok(());
        }
        let rule = "at least 1 and at most 1e12";
        Err(FieldError::new("condition", self.condition, rule, "1 gives inputs of equal variance"))
    }

    pub(super) fn load(&self, seed: u64) -> Dataset {
        let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut stream) };
        let size = (self.dim as f64).sqrt();
        let map: Vec<f64> = (0..self.dim).map(|_| normal() / size).collect();
        let last = self.dim.saturating_sub(1).max(1) as f64;
        let scales: Vec<f64> = (0..self.dim).map(|k| self.condition.powf(-0.5 * k as f64 / last)).collect();
        let mut rows =
            Rows { inputs: Vec::with_capacity(self.samples * self.dim), labels: Vec::new(), dim: self.dim };
        let noise_std = self.noise_variance.sqrt();
        for i in 0..self.samples {
            rows.inputs.extend(scales.iter().map(|scale| scale * normal()));
            let target: f64 = rows.input(i).iter().zip(&map).map(|(x, v)| x * v).sum();
            rows.labels.push(target + noise_std * normal());
        }
        let note = format!(
            "y = v·x + N(0, {}), x_k ~ N(0, {}^(-k/{last})), v ~ N(0, I/{})",
            self.noise_variance, self.condition, self.dim
        );
        Dataset::drawn("linear", rows, LabelKind::Real, vec![note])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::data::assert_law;

    fn linear(samples: usize, noise_variance: f64, condition: f64) -> Linear {
        Linear { samples, dim: 3, noise_variance, condition }
    }

    #[test]
    fn without_noise_four_rows_fit_one_map_and_the_seed_names_the_data() {
        let data = linear(4, 0.0, 10.0).load(3);
        // Three rows determine the map by Cramer's rule; the fourth must agree.
        let x = |i: usize| &data.inputs[3 * i..3 * i + 3];
        let determinant = |columns: [[f64; 3]; 3]| {
            let [a, b, c] = columns;
            a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1])
                + c[0] * (a[1] * b[2] - a[2] * b[1])
        };
        let column = |k: usize| [x(0)[k], x(1)[k], x(2)[k]];
        let labels = [data.labels[0], data.labels[1], data.labels[2]];
        let whole = determinant([column(0), column(1), column(2)]);
        let map: Vec<f64> = (0..3)
            .map(|k| {
                let mut columns = [column(0), column(1), column(2)];
                columns[k] = labels;
                determinant(columns) / whole
            })
            .collect();
        let fourth: f64 = x(3).iter().zip(&map).map(|(x, v)| x * v).sum();
        assert!((fourth - data.labels[3]).abs() < 1e-9);
        assert_eq!(data, linear(4, 0.0, 10.0).load(3));
        assert_ne!(data.inputs, linear(4, 0.0, 10.0).load(4).inputs);
    }

    /// Finds a condition that is taken for that of standard deviations (100 or 10 in place of 0.1 and 0.01).
    #[test]
    fn inputs_have_their_variances() {
        let data = linear(20_000, 0.25, 100.0).load(7);
        for (k, want) in [1.0, 0.1, 0.01].into_iter().enumerate() {
            let squares = data.inputs.chunks_exact(3).map(|x| x[k] * x[k]).sum::<f64>() / 20_000.0;
            assert_law(squares, want, want * (2.0_f64 / 20_000.0).sqrt(), 0.2 * want);
        }
    }

    #[test]
    fn impossible_values_are_refused() {
        for (condition, shown) in [(0.5, "0.5"), (f64::NAN, "NaN"), (1e13, "10000000000000")] {
            assert_eq!(
                linear(4, 0.1, condition).validate().unwrap_err().to_string(),
                format!(
                    "problem.data.condition = {shown}: must be at least 1 and at most 1e12; 1 gives inputs of equal variance"
                )
            );
        }
        assert!(linear(0, 0.1, 1.0).validate().is_err() && linear(4, -0.1, 1.0).validate().is_err());
    }
}
