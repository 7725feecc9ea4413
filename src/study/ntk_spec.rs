//! The keys of regression with the neural tangent kernel, and of the start that belongs to it.

use crate::problem::ntk::{NtkActivation, NtkOuter};
use serde::{Deserialize, Serialize};

/// `[problem] kind = "kernel-regression"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircleSpec {
    /// σ.
    pub activation: NtkActivation,
    /// r of f* = L_K^r g.
    pub regularity: f64,
    /// δ: g has squared coefficients j^{−1−δ}.
    #[serde(default = "tenth")]
    pub margin: f64,
    /// Standard deviation of the noise on labels.
    #[serde(default = "one")]
    pub noise: f64,
    /// Frequencies kept.
    #[serde(default = "many_modes")]
    pub modes: usize,
}

/// `[problem] kind = "ntk-net"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NtkNetSpec {
    /// m.
    pub width: usize,
    /// Points that the population risk is a mean over; by default four times the highest frequency of the target, at least 256.
    #[serde(default)]
    pub nodes: Option<usize>,
    /// σ.
    pub activation: NtkActivation,
    /// r of f* = L_K^r g.
    pub regularity: f64,
    /// δ: g has squared coefficients j^{−1−δ}.
    #[serde(default = "tenth")]
    pub margin: f64,
    /// Standard deviation of the noise on labels.
    #[serde(default = "one")]
    pub noise: f64,
    /// Frequencies kept.
    #[serde(default = "many_modes")]
    pub modes: usize,
}

impl NtkNetSpec {
    /// The regression that it tends to.
    pub fn circle(&self) -> CircleSpec {
        let Self { activation, regularity, margin, noise, modes, .. } = *self;
        CircleSpec { activation, regularity, margin, noise, modes }
    }
}

/// `law = "antisymmetric"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AntisymmetricStart {
    /// The law of the outer weights.
    #[serde(default)]
    pub outer: NtkOuter,
}

fn one() -> f64 {
    1.0
}

fn tenth() -> f64 {
    0.1
}

fn many_modes() -> usize {
    128
}
