//! Labels of a small random net: regression data that a wider net can realise.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::spec::{check_shape, check_variance};
use super::{Dataset, FieldError, LabelKind, MAX_NUMBERS, Rows};
use crate::random::{Key, Purpose};

/// x ~ U[0, 1)^dim, y = Σ_j a_j σ_β(w_j·x) + N(0, `noise_variance`), a_j ~ N(0, 1)/√width, w_j ~ N(0, I).
///
/// The net is drawn first, so more `samples` keep the net and the earlier rows. Cost: `samples`·`width`·`dim`.
/// Source: Mukherjee, slides of 2023, with the defaults here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teacher {
    /// Rows, at least 1.
    pub samples: usize,
    /// Inputs of a row, at least 1.
    #[serde(default = "default_dim")]
    pub dim: usize,
    /// Gates of the teacher, at least 1.
    #[serde(default = "default_width")]
    pub width: usize,
    #[serde(default)]
    pub activation: TeacherActivation,
    /// Slope β of the activation, in [1e-100, 1e100].
    #[serde(default = "default_beta")]
    pub beta: f64,
    /// Variance of the noise in the labels, at least 0.
    #[serde(default = "default_noise_variance")]
    pub noise_variance: f64,
}

/// σ_β of the teacher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeacherActivation {
    /// 1/(1 + e^{−βz})
    #[default]
    Sigmoid,
    /// tanh(βz)
    Tanh,
    /// log(1 + e^{βz})/β
    Softplus,
}

impl TeacherActivation {
    /// σ_β(z), `beta` > 0; finite for every finite βz.
    pub fn value(self, beta: f64, z: f64) -> f64 {
        let t = beta * z;
        match self {
            Self::Sigmoid => 1.0 / (1.0 + (-t).exp()),
            Self::Tanh => t.tanh(),
            Self::Softplus => (t.max(0.0) + (-t.abs()).exp().ln_1p()) / beta,
        }
    }
}

fn default_dim() -> usize {
    20
}

fn default_width() -> usize {
    5
}

fn default_beta() -> f64 {
    1.0
}

fn default_noise_variance() -> f64 {
    0.01
}

/// The net behind the labels.
#[derive(Debug, Clone, PartialEq)]
pub struct TeacherNet {
    /// a, length `width`.
    pub outer: Vec<f64>,
    /// W, width × dim, row-major.
    pub inner: Vec<f64>,
    activation: TeacherActivation,
    beta: f64,
}

impl TeacherNet {
    /// Σ_j a_j σ_β(w_j·x); `x` of length `dim`.
    pub fn value(&self, x: &[f64]) -> f64 {
        let gates = self.inner.chunks_exact(x.len());
        let terms = self.outer.iter().zip(gates).map(|(a, w)| {
            let z: f64 = w.iter().zip(x).map(|(w, x)| w * x).sum();
            a * self.activation.value(self.beta, z)
        });
        terms.sum()
    }
}

impl Teacher {
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        check_shape(self.samples, 1, self.dim)?;
        if self.width == 0 {
            return Err(FieldError::new(
                "width",
                self.width,
                "at least 1",
                "the source uses 5",
            ));
        }
        if self.width as u128 * self.dim as u128 > u128::from(MAX_NUMBERS) {
            let rule = format!("at most {} for dim = {}", MAX_NUMBERS / self.dim as u64, self.dim);
            return Err(FieldError::new("width", self.width, rule, "the source uses 5"));
        }
        // Beyond this range βz or log(2)/β may leave the finite numbers.
        if !(1e-100..=1e100).contains(&self.beta) {
            return Err(FieldError::new(
                "beta",
                self.beta,
                "at least 1e-100 and at most 1e100",
                "1 is usual",
            ));
        }
        check_variance("noise_variance", self.noise_variance)
    }

    /// The net that [`Teacher`] draws for `seed`: what a student should find.
    pub fn net(&self, seed: u64) -> TeacherNet {
        self.draw_net(&mut Key::new(seed, Purpose::Data).stream(0, 0))
    }

    fn draw_net(&self, stream: &mut Xoshiro256PlusPlus) -> TeacherNet {
        let mut normal = || -> f64 { StandardNormal.sample(stream) };
        let scale = 1.0 / (self.width as f64).sqrt();
        let outer = (0..self.width).map(|_| scale * normal()).collect();
        let inner = (0..self.width * self.dim).map(|_| normal()).collect();
        TeacherNet {
            outer,
            inner,
            activation: self.activation,
            beta: self.beta,
        }
    }

    pub(super) fn load(&self, seed: u64) -> Dataset {
        let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
        let net = self.draw_net(&mut stream);
        let mut rows = Rows {
            inputs: Vec::with_capacity(self.samples * self.dim),
            labels: Vec::new(),
            dim: self.dim,
        };
        let noise_std = self.noise_variance.sqrt();
        for i in 0..self.samples {
            rows.inputs.extend((0..self.dim).map(|_| stream.random::<f64>()));
            let noise: f64 = StandardNormal.sample(&mut stream);
            rows.labels.push(net.value(rows.input(i)) + noise_std * noise);
        }
        let note = format!(
            "labels of a random net of width {} + N(0, {})",
            self.width, self.noise_variance
        );
        Dataset::drawn("teacher", rows, LabelKind::Real, vec![note])
    }
}
