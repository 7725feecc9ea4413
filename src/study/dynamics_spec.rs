//! The settings of a process, by kind.

use crate::dynamics::Sampling;
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

impl DynamicsSpec {
    /// Every value of `kind`, in the order of the variants.
    pub const KINDS: &[&str] = &["sgd-sde", "sgd", "gradient-flow"];

    /// The noise scale s, where the process has one.
    pub fn noise_scale(&self) -> Option<f64> {
        match self {
            Self::SgdSde(sde) => Some(sde.s),
            Self::Sgd(sgd) => Some(sgd.s),
            Self::GradientFlow(_) => None,
        }
    }

    /// The integrator's step, where there is an integrator; `Some(None)` before the default is filled in.
    pub fn dt(&mut self) -> Option<&mut Option<f64>> {
        match self {
            Self::SgdSde(sde) => Some(&mut sde.dt),
            Self::GradientFlow(flow) => Some(&mut flow.dt),
            Self::Sgd(_) => None,
        }
    }

    /// Rows in a minibatch and how they are chosen, where there are minibatches.
    pub fn batch(&self) -> Option<(usize, Sampling)> {
        match self {
            Self::Sgd(sgd) => Some((sgd.batch, sgd.sampling)),
            Self::SgdSde(_) | Self::GradientFlow(_) => None,
        }
    }

    /// The time one step takes; NaN while the default is not filled in.
    pub fn step_length(&self) -> f64 {
        match self {
            Self::SgdSde(sde) => sde.dt.unwrap_or(f64::NAN),
            Self::GradientFlow(flow) => flow.dt.unwrap_or(f64::NAN),
            Self::Sgd(sgd) => sgd.s,
        }
    }

    /// The key that holds the step length.
    pub fn step_key(&self) -> &'static str {
        match self {
            Self::SgdSde(_) | Self::GradientFlow(_) => "dt",
            Self::Sgd(_) => "s",
        }
    }
}

fn one_refinement() -> u32 {
    1
}

fn with_replacement() -> Sampling {
    Sampling::WithReplacement
}
