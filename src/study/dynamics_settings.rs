//! The keys of a process, kind by kind.

use crate::dynamics::{NoiseLaw, Sampling, Scheme};
use crate::problem::Update;
use serde::{Deserialize, Serialize};

/// `kind = "sgd-sde"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SgdSdeSpec {
    /// Noise scale s.
    pub s: f64,
    /// Integrator step; by default a tenth of 1/gLip, rounded down to 1, 2 or 5 times a power of ten.
    #[serde(default)]
    pub dt: Option<f64>,
    /// The Brownian path is drawn with steps dt/refinement.
    #[serde(default = "one_refinement")]
    pub refinement: u32,
    /// The integrator.
    #[serde(default)]
    pub scheme: Scheme,
}

/// `kind = "sgd"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SgdSpec {
    /// Step size s.
    pub s: f64,
    /// Rows in a minibatch.
    pub batch: usize,
    /// How they are chosen.
    #[serde(default = "with_replacement")]
    pub sampling: Sampling,
}

/// `kind = "gradient-flow"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradientFlowSpec {
    /// Integrator step, with the default of the SGD-SDE.
    #[serde(default)]
    pub dt: Option<f64>,
}

/// `kind = "covariance-sde"`: a model of SGD with this s, batch and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CovarianceSdeSpec {
    /// Step size s of the SGD that is modelled.
    pub s: f64,
    /// Its rows in a minibatch.
    pub batch: usize,
    /// How they are chosen; not by epochs.
    #[serde(default = "with_replacement")]
    pub sampling: Sampling,
    /// Integrator step, with the default of the SGD-SDE.
    #[serde(default)]
    pub dt: Option<f64>,
    /// The path is drawn with steps dt/refinement.
    #[serde(default = "one_refinement")]
    pub refinement: u32,
    /// The integrator.
    #[serde(default)]
    pub scheme: Scheme,
}

/// `kind = "second-order-sde"`: a model of SGD with this s, batch and sampling, by the scheme of Heun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondOrderSdeSpec {
    /// Step size s of the SGD that is modelled.
    pub s: f64,
    /// Its rows in a minibatch.
    pub batch: usize,
    /// How they are chosen; not by epochs.
    #[serde(default = "with_replacement")]
    pub sampling: Sampling,
    /// Integrator step, with the default of the SGD-SDE.
    #[serde(default)]
    pub dt: Option<f64>,
    /// The path is drawn with steps dt/refinement.
    #[serde(default = "one_refinement")]
    pub refinement: u32,
}

/// `kind = "svag"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SvagSpec {
    /// Step size s of the SGD that is modelled.
    pub s: f64,
    /// Rows in each of the two minibatches.
    pub batch: usize,
    /// How they are chosen; not by epochs.
    #[serde(default = "with_replacement")]
    pub sampling: Sampling,
    /// Steps of s/l; 1 is SGD.
    pub l: u32,
}

/// `kind = "momentum-sgd"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MomentumSgdSpec {
    /// Effective step size s: the learning rate is (1 − momentum)·s.
    pub s: f64,
    /// Rows in a minibatch.
    pub batch: usize,
    /// How they are chosen.
    #[serde(default = "with_replacement")]
    pub sampling: Sampling,
    /// β in [0, 1).
    #[serde(default = "nine_tenths")]
    pub momentum: f64,
}

/// `kind = "underdamped-sde"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnderdampedSdeSpec {
    /// Noise scale s.
    pub s: f64,
    /// β in [0, 1): the friction is (1 − β)/s.
    #[serde(default = "nine_tenths")]
    pub momentum: f64,
    /// Integrator step; by default the smaller of 0.1/gLip and 0.2/√(friction·gLip), rounded down.
    #[serde(default)]
    pub dt: Option<f64>,
}

/// `kind = "one-pass-sgd"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnePassSgdSpec {
    /// Step size s; step number k has s/(k+1)^q.
    pub s: f64,
    /// Fresh samples a step.
    pub batch: usize,
    /// q ≥ 0.
    #[serde(default)]
    pub power: f64,
    /// Which direction it takes.
    #[serde(default)]
    pub update: Update,
}

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

fn one_refinement() -> u32 {
    1
}

fn nine_tenths() -> f64 {
    0.9
}

fn with_replacement() -> Sampling {
    Sampling::WithReplacement
}
