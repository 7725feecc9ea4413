//! Labels of a small random net: regression data that a wider net can realise.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::spec::{check_shape, check_variance, check_work};
use super::{Dataset, FieldError, LabelKind, MAX_NUMBERS, Rows};
use crate::numerics::Activation;
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
    /// σ of the teacher.
    #[serde(default = "sigmoid")]
    pub activation: Activation,
    /// Slope β of the activation, in [1e-100, 1e100].
    #[serde(default = "default_beta")]
    pub beta: f64,
    /// Variance of the noise in the labels, at least 0.
    #[serde(default = "default_noise_variance")]
    pub noise_variance: f64,
}

fn sigmoid() -> Activation {
    Activation::Sigmoid
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
    activation: Activation,
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
            return Err(FieldError::new("width", self.width, "at least 1", "the source uses 5"));
        }
        if self.width as u128 * self.dim as u128 > u128::from(MAX_NUMBERS) {
            let rule = format!("at most {} for dim = {}", MAX_NUMBERS / self.dim as u64, self.dim);
            return Err(FieldError::new("width", self.width, rule, "the source uses 5"));
        }
        check_work("width", self.width, &[self.samples, self.dim, self.width])?;
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
        TeacherNet { outer, inner, activation: self.activation, beta: self.beta }
    }

    pub(super) fn load(&self, seed: u64) -> Dataset {
        let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
        let net = self.draw_net(&mut stream);
        let mut rows =
            Rows { inputs: Vec::with_capacity(self.samples * self.dim), labels: Vec::new(), dim: self.dim };
        let noise_std = self.noise_variance.sqrt();
        for i in 0..self.samples {
            rows.inputs.extend((0..self.dim).map(|_| stream.random::<f64>()));
            let noise: f64 = StandardNormal.sample(&mut stream);
            rows.labels.push(net.value(rows.input(i)) + noise_std * noise);
        }
        let note = format!("labels of a random net of width {} + N(0, {})", self.width, self.noise_variance);
        Dataset::drawn("teacher", rows, LabelKind::Real, vec![note])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::data::assert_law;

    fn teacher() -> Teacher {
        toml::from_str("samples = 20_000").unwrap()
    }

    #[test]
    fn without_noise_labels_are_the_net_and_the_seed_names_both() {
        for activation in [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus] {
            let spec = Teacher { samples: 50, noise_variance: 0.0, activation, ..teacher() };
            let (data, net) = (spec.load(3), spec.net(3));
            for (x, y) in data.inputs.chunks_exact(20).zip(&data.labels) {
                assert_eq!(*y, net.value(x));
            }
            assert_eq!(data, spec.load(3));
            assert_ne!(net.inner, spec.net(4).inner);
            assert_eq!(data.inputs[..], Teacher { samples: 80, ..spec }.load(3).inputs[..1000]);
        }
    }

    /// A net whose value is known: both gates at 0 or at w·x = 1.
    #[test]
    fn the_net_is_the_sum_of_its_gates() {
        let net = |activation| TeacherNet {
            outer: vec![2.0, -3.0],
            inner: vec![1.0, 0.0, 0.0, 1.0],
            activation,
            beta: 2.0,
        };
        let sigmoid = 1.0 / (1.0 + (-2.0f64).exp());
        let softplus = (1.0 + 2.0f64.exp()).ln() / 2.0;
        for (activation, at_zero, at_one) in [
            (Activation::Sigmoid, 0.5, sigmoid),
            (Activation::Tanh, 0.0, 2.0f64.tanh()),
            (Activation::SoftPlus, 2.0f64.ln() / 2.0, softplus),
        ] {
            assert!((net(activation).value(&[1.0, 0.0]) - (2.0 * at_one - 3.0 * at_zero)).abs() < 1e-14);
            assert!((net(activation).value(&[0.0, 1.0]) - (2.0 * at_zero - 3.0 * at_one)).abs() < 1e-14);
        }
        assert_eq!(Activation::SoftPlus.value(1.0, 1000.0), 1000.0);
        assert_eq!(Activation::SoftPlus.value(1.0, -1000.0), 0.0);
        assert_eq!(Activation::Sigmoid.value(1.0, -1000.0), 0.0);
    }

    /// Finds a variance taken for a standard deviation and outer weights that are not divided by √width.
    #[test]
    fn noise_and_weights_have_their_moments() {
        let spec = teacher();
        let (data, net) = (spec.load(8), spec.net(8));
        let n = data.len() as f64;
        let residuals = data.inputs.chunks_exact(20).zip(&data.labels).map(|(x, y)| y - net.value(x));
        let mean_square = residuals.map(|r| r * r).sum::<f64>() / n;
        assert_law(mean_square, 0.01, 0.01 * (2.0 / n).sqrt(), 0.002);

        let wide = Teacher { samples: 1, width: 20_000, ..spec };
        let net = wide.net(8);
        let width = 20_000.0;
        let outer = net.outer.iter().map(|a| a * a).sum::<f64>();
        assert_law(outer, 1.0, (2.0f64 / width).sqrt(), 0.1);
        let inner = net.inner.iter().map(|w| w * w).sum::<f64>() / (width * 20.0);
        assert_law(inner, 1.0, (2.0 / (width * 20.0)).sqrt(), 0.1);
    }

    #[test]
    fn impossible_values_are_refused() {
        let refusal = |spec: Teacher| spec.validate().unwrap_err().to_string();
        assert_eq!(
            refusal(Teacher { width: 0, ..teacher() }),
            "problem.data.width = 0: must be at least 1; the source uses 5"
        );
        assert_eq!(
            refusal(Teacher { width: 1 << 29, ..teacher() }),
            "problem.data.width = 536870912: must be at most 26843545 for dim = 20; the source uses 5"
        );
        for (beta, shown) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN")] {
            assert_eq!(
                refusal(Teacher { beta, ..teacher() }),
                format!("problem.data.beta = {shown}: must be at least 1e-100 and at most 1e100; 1 is usual")
            );
        }
        assert!(Teacher { noise_variance: -1.0, ..teacher() }.validate().is_err());
    }
}
