//! The settings of a process, by kind.

use crate::dynamics::{Minibatches, Sampling, Svag};
use serde::{Deserialize, Serialize};

/// The settings of a process by kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DynamicsSpec {
    /// The SGD-SDE.
    SgdSde(SgdSdeSpec),
    /// SGD.
    Sgd(SgdSpec),
    /// Gradient flow.
    GradientFlow(GradientFlowSpec),
    /// The SDE with the noise covariance of SGD.
    CovarianceSde(MinibatchSdeSpec),
    /// The same with the drift that is right to second order in s.
    SecondOrderSde(MinibatchSdeSpec),
    /// SGD with shorter steps and amplified noise.
    Svag(SvagSpec),
}

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

/// An integrator of the SGD-SDE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Weak order 1, one gradient a step.
    #[default]
    EulerMaruyama,
    /// Weak order 2, two gradients a step.
    Heun,
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

/// `kind = "covariance-sde"` and `kind = "second-order-sde"`: a model of SGD with this s, batch and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinibatchSdeSpec {
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

impl MinibatchSdeSpec {
    /// The SGD that is modelled.
    pub fn minibatches(&self) -> Minibatches {
        Minibatches { s: self.s, batch: self.batch, sampling: self.sampling }
    }
}

impl SvagSpec {
    /// The SGD that is modelled.
    pub fn minibatches(&self) -> Minibatches {
        Minibatches { s: self.s, batch: self.batch, sampling: self.sampling }
    }
}

impl DynamicsSpec {
    /// Every value of `kind`, in the order of the variants.
    pub const KINDS: &[&str] =
        &["sgd-sde", "sgd", "gradient-flow", "covariance-sde", "second-order-sde", "svag"];

    /// Its value of `kind`.
    pub fn kind(&self) -> &'static str {
        Self::KINDS[match self {
            Self::SgdSde(_) => 0,
            Self::Sgd(_) => 1,
            Self::GradientFlow(_) => 2,
            Self::CovarianceSde(_) => 3,
            Self::SecondOrderSde(_) => 4,
            Self::Svag(_) => 5,
        }]
    }

    /// The noise scale s, where the process has one.
    pub fn noise_scale(&self) -> Option<f64> {
        match self {
            Self::SgdSde(sde) => Some(sde.s),
            Self::Sgd(sgd) => Some(sgd.s),
            Self::GradientFlow(_) => None,
            Self::CovarianceSde(sde) | Self::SecondOrderSde(sde) => Some(sde.s),
            Self::Svag(svag) => Some(svag.s),
        }
    }

    /// The integrator's step, where there is an integrator; `Some(None)` before the default is filled in.
    pub fn dt(&mut self) -> Option<&mut Option<f64>> {
        match self {
            Self::SgdSde(sde) => Some(&mut sde.dt),
            Self::GradientFlow(flow) => Some(&mut flow.dt),
            Self::CovarianceSde(sde) | Self::SecondOrderSde(sde) => Some(&mut sde.dt),
            Self::Sgd(_) | Self::Svag(_) => None,
        }
    }

    /// Rows in a minibatch and how they are chosen, where there are minibatches.
    pub fn batch(&self) -> Option<(usize, Sampling)> {
        match self {
            Self::Sgd(sgd) => Some((sgd.batch, sgd.sampling)),
            Self::CovarianceSde(sde) | Self::SecondOrderSde(sde) => Some((sde.batch, sde.sampling)),
            Self::Svag(svag) => Some((svag.batch, svag.sampling)),
            Self::SgdSde(_) | Self::GradientFlow(_) => None,
        }
    }

    /// The time one step takes; NaN while the default is not filled in.
    pub fn step_length(&self) -> f64 {
        match self {
            Self::SgdSde(sde) => sde.dt.unwrap_or(f64::NAN),
            Self::GradientFlow(flow) => flow.dt.unwrap_or(f64::NAN),
            Self::CovarianceSde(sde) | Self::SecondOrderSde(sde) => sde.dt.unwrap_or(f64::NAN),
            Self::Sgd(sgd) => sgd.s,
            Self::Svag(svag) => Svag::step_of(svag.s, svag.l),
        }
    }

    /// The key that sets the step length and its value; NaN while the default is not filled in.
    pub fn step_setting(&self) -> (&'static str, f64) {
        match self {
            Self::SgdSde(_) | Self::GradientFlow(_) | Self::CovarianceSde(_) | Self::SecondOrderSde(_) => {
                ("dt", self.step_length())
            }
            Self::Sgd(sgd) => ("s", sgd.s),
            Self::Svag(svag) => ("l", f64::from(svag.l)),
        }
    }

    /// Whether a step is W ← W − h∇L̃ and noise of mean 0, so that a rate θ of a linear drift becomes −ln(1 − hθ)/h.
    pub fn is_euler(&self) -> bool {
        match self {
            Self::SgdSde(sde) => sde.scheme == Scheme::EulerMaruyama,
            Self::Sgd(_) | Self::CovarianceSde(_) | Self::Svag(_) => true,
            Self::GradientFlow(_) | Self::SecondOrderSde(_) => false,
        }
    }
}

fn one_refinement() -> u32 {
    1
}

fn with_replacement() -> Sampling {
    Sampling::WithReplacement
}
