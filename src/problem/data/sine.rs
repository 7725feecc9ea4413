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
        let mut rows = Rows {
            inputs: Vec::with_capacity(self.samples * self.dim),
            labels: Vec::new(),
            dim: self.dim,
        };
        let noise_std = self.noise_variance.sqrt();
        for i in 0..self.samples {
            rows.inputs.extend((0..self.dim).map(|_| stream.random::<f64>()));
            let noise: f64 = StandardNormal.sample(&mut stream);
            rows.labels.push(self.target(rows.input(i)) + noise_std * noise);
        }
        let note = format!(
            "y = sin(π‖x‖²/{}) + N(0, {}), x ~ U[0, 1)^{}",
            self.dim, self.noise_variance, self.dim
        );
        Dataset::drawn("sine", rows, LabelKind::Real, vec![note])
    }
}
