//! The settings of gradient descent with noise of a given size.

use crate::dynamics::NoiseLaw;
use serde::{Deserialize, Serialize};

/// `kind = "scaled-noise-gd"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaledNoiseGdSpec {
    /// Step η.
    pub step: f64,
    /// ρ(F) = σ min(F, cap)^q.
    pub noise: NoiseLaw,
}

/// `kind = "bounded-noise-gd"`: steps η_k = step·(offset/(k + offset))^exponent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundedNoiseGdSpec {
    /// The first step η₀.
    pub step: f64,
    /// n₀.
    #[serde(default = "ten")]
    pub offset: f64,
    /// q.
    #[serde(default = "one_exponent")]
    pub exponent: f64,
    /// The square of the noise's size.
    pub variance: f64,
}

fn ten() -> f64 {
    10.0
}

fn one_exponent() -> f64 {
    1.0
}
