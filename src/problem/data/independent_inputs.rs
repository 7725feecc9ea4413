//! No more rows than inputs, linearly independent: data that a net of any width can fit exactly.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::spec::{check_shape, check_variance, check_work};
use super::{Dataset, FieldError, LabelKind, Rows};
use crate::random::{Key, Purpose};

/// x_i uniform on the unit sphere of R^dim, y_i ~ N(0, `label_variance`), `samples` ≤ `dim`.
///
/// The rows are linearly independent with probability 1, as Chatterjee (arXiv 2203.16462, theorem on feed-forward nets) asks;
/// the smallest eigenvalue of the Gram matrix of the rows is in the record's notes. Cost: `samples`²·`dim`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndependentInputs {
    /// Rows, from 1 to `dim`.
    pub samples: usize,
    /// Inputs of a row.
    pub dim: usize,
    /// Variance of a label, at least 0.
    #[serde(default = "default_label_variance")]
    pub label_variance: f64,
}

fn default_label_variance() -> f64 {
    1.0
}

impl IndependentInputs {
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        check_shape(self.samples, 1, self.dim)?;
        check_variance("label_variance", self.label_variance)?;
        if self.samples <= self.dim {
            return check_work("samples", self.samples, &[self.samples, self.samples, self.dim]);
        }
        let rule = format!("at most dim = {}: more rows than inputs are linearly dependent", self.dim);
        Err(FieldError::new("samples", self.samples, rule, "take fewer samples or a larger dim"))
    }

    pub(super) fn load(&self, seed: u64) -> Dataset {
        let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut stream) };
        let mut rows =
            Rows { inputs: Vec::with_capacity(self.samples * self.dim), labels: Vec::new(), dim: self.dim };
        let label_std = self.label_variance.sqrt();
        for _ in 0..self.samples {
            let x: Vec<f64> = (0..self.dim).map(|_| normal()).collect();
            let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
            rows.inputs.extend(x.iter().map(|x| x / length));
            rows.labels.push(label_std * normal());
        }
        let note = format!(
            "x uniform on the unit sphere of R^{}, y ~ N(0, {}); smallest eigenvalue of X X^T {:.4}",
            self.dim,
            self.label_variance,
            rows.smallest_gram_eigenvalue()
        );
        Dataset::drawn("independent-inputs", rows, LabelKind::Real, vec![note])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(samples: usize, dim: usize) -> IndependentInputs {
        IndependentInputs { samples, dim, label_variance: 4.0 }
    }

    #[test]
    fn rows_are_unit_vectors_and_independent_and_the_seed_names_them() {
        let data = spec(6, 8).load(3);
        for x in data.inputs.chunks_exact(8) {
            assert!((x.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-14);
        }
        let rows = Rows { inputs: data.inputs.clone(), labels: data.labels.clone(), dim: 8 };
        let least = rows.smallest_gram_eigenvalue();
        assert!(least > 1e-3 && least < 1.0, "{least}");
        assert_eq!(data, spec(6, 8).load(3));
        assert_ne!(data.inputs, spec(6, 8).load(4).inputs);
        // Two orthogonal rows and one of length 2 along the third axis: the Gram matrix is diag(1, 1, 4).
        let inputs = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0];
        let rows = Rows { inputs, labels: vec![0.0; 3], dim: 3 };
        assert!((rows.smallest_gram_eigenvalue() - 1.0).abs() < 1e-14);
        let certain = rows.certain_gram_eigenvalue().unwrap();
        assert!(certain < rows.smallest_gram_eigenvalue() && certain > 1.0 - 1e-13, "{certain}");
    }

    /// The bound is none for equal rows at any scale, for more rows than inputs and for numbers that are none; it is one for
    /// independent rows at any scale.
    #[test]
    fn dependent_rows_have_no_certain_eigenvalue() {
        let certain = |inputs: Vec<f64>, dim: usize| {
            let labels = vec![0.0; inputs.len() / dim];
            Rows { inputs, labels, dim }.certain_gram_eigenvalue()
        };
        for scale in [1e-9, 1.0, 1e9] {
            let scaled = |rows: &[f64]| rows.iter().map(|x| scale * x).collect::<Vec<f64>>();
            assert_eq!(certain(scaled(&[0.1, 0.7, 0.3, 0.1, 0.7, 0.3]), 3), None);
            assert_eq!(certain(scaled(&[0.1, 0.7, 0.3, 0.2, 1.4, 0.6 * (1.0 + 1e-15)]), 3), None);
            let found = certain(scaled(&[1.0, 0.0, 0.0, 0.0, 2.0, 0.0]), 3).unwrap();
            assert!((found / (scale * scale) - 1.0).abs() < 1e-13);
        }
        assert_eq!(certain(vec![1.0, 0.0, 0.0, 1.0, 1.0, 1.0], 2), None);
        assert_eq!(certain(vec![1.0, f64::NAN, 0.0, 1.0], 2), None);
        assert_eq!(certain(vec![f64::INFINITY, 0.0, 0.0, 1.0], 2), None);
    }

    #[test]
    fn more_rows_than_inputs_are_refused() {
        let error = spec(9, 8).validate().unwrap_err().to_string();
        assert!(error.contains("at most dim = 8"), "{error}");
    }
}
