//! The settings of a process, by kind.

pub use super::noisy_descent_spec::{BoundedNoiseGdSpec, ScaledNoiseGdSpec};
use crate::dynamics::{Minibatches, Sampling, Scheme, StepNoise, Svag};
use crate::problem::Update;
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
    CovarianceSde(CovarianceSdeSpec),
    /// The same with the drift that is right to second order in s.
    SecondOrderSde(SecondOrderSdeSpec),
    /// SGD with shorter steps and amplified noise.
    Svag(SvagSpec),
    /// SGD with momentum.
    MomentumSgd(MomentumSgdSpec),
    /// The SGD-SDE with inertia.
    UnderdampedSde(UnderdampedSdeSpec),
    /// SGD on fresh samples.
    OnePassSgd(OnePassSgdSpec),
    /// Gradient descent with noise that grows with the risk.
    ScaledNoiseGd(ScaledNoiseGdSpec),
    /// Gradient descent with noise of constant size and steps that shrink.
    BoundedNoiseGd(BoundedNoiseGdSpec),
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

impl DynamicsSpec {
    /// Every value of `kind`, in the order of the variants.
    pub const KINDS: &[&str] = &[
        "sgd-sde",
        "sgd",
        "gradient-flow",
        "covariance-sde",
        "second-order-sde",
        "svag",
        "momentum-sgd",
        "underdamped-sde",
        "one-pass-sgd",
        "scaled-noise-gd",
        "bounded-noise-gd",
    ];

    /// Its value of `kind`.
    pub fn kind(&self) -> &'static str {
        Self::KINDS[match self {
            Self::SgdSde(_) => 0,
            Self::Sgd(_) => 1,
            Self::GradientFlow(_) => 2,
            Self::CovarianceSde(_) => 3,
            Self::SecondOrderSde(_) => 4,
            Self::Svag(_) => 5,
            Self::MomentumSgd(_) => 6,
            Self::UnderdampedSde(_) => 7,
            Self::OnePassSgd(_) => 8,
            Self::ScaledNoiseGd(_) => 9,
            Self::BoundedNoiseGd(_) => 10,
        }]
    }

    /// The noise scale s, where the process has one.
    pub fn noise_scale(&self) -> Option<f64> {
        self.clone().noise_scale_mut().copied()
    }

    /// The noise scale s to be changed, where the process has one.
    pub fn noise_scale_mut(&mut self) -> Option<&mut f64> {
        match self {
            Self::SgdSde(sde) => Some(&mut sde.s),
            Self::Sgd(sgd) => Some(&mut sgd.s),
            Self::GradientFlow(_) | Self::ScaledNoiseGd(_) | Self::BoundedNoiseGd(_) => None,
            Self::CovarianceSde(sde) => Some(&mut sde.s),
            Self::SecondOrderSde(sde) => Some(&mut sde.s),
            Self::Svag(svag) => Some(&mut svag.s),
            Self::MomentumSgd(sgd) => Some(&mut sgd.s),
            Self::UnderdampedSde(sde) => Some(&mut sde.s),
            Self::OnePassSgd(sgd) => Some(&mut sgd.s),
        }
    }

    /// The integrator's step, where there is an integrator; `Some(None)` before the default is filled in.
    pub fn dt(&mut self) -> Option<&mut Option<f64>> {
        match self {
            Self::SgdSde(sde) => Some(&mut sde.dt),
            Self::GradientFlow(flow) => Some(&mut flow.dt),
            Self::CovarianceSde(sde) => Some(&mut sde.dt),
            Self::SecondOrderSde(sde) => Some(&mut sde.dt),
            Self::UnderdampedSde(sde) => Some(&mut sde.dt),
            Self::Sgd(_) | Self::Svag(_) | Self::MomentumSgd(_) | Self::OnePassSgd(_) => None,
            Self::ScaledNoiseGd(_) | Self::BoundedNoiseGd(_) => None,
        }
    }

    /// Into how many finer steps a step of the path is drawn, where it can be.
    pub fn refinement_mut(&mut self) -> Option<&mut u32> {
        match self {
            Self::SgdSde(sde) => Some(&mut sde.refinement),
            Self::CovarianceSde(sde) => Some(&mut sde.refinement),
            Self::SecondOrderSde(sde) => Some(&mut sde.refinement),
            Self::Sgd(_) | Self::GradientFlow(_) | Self::Svag(_) => None,
            Self::MomentumSgd(_) | Self::UnderdampedSde(_) | Self::OnePassSgd(_) => None,
            Self::ScaledNoiseGd(_) | Self::BoundedNoiseGd(_) => None,
        }
    }

    /// The same drift without noise, on a problem of `rows` rows: minibatches of all rows, or s = 0 where s is the noise alone.
    /// `None` where no setting takes the noise away, the noise has a mean given the past, or the state is more than W.
    pub fn without_noise(&self, rows: usize) -> Option<Self> {
        let mut still = self.clone();
        match &mut still {
            Self::GradientFlow(_) => return Some(still),
            Self::SgdSde(sde) => {
                sde.s = 0.0;
                return Some(still);
            }
            Self::ScaledNoiseGd(gd) => {
                gd.noise.sigma = 0.0;
                return Some(still);
            }
            // Its steps shrink, so that a piece of its path does not begin like the whole.
            Self::BoundedNoiseGd(gd) if gd.exponent != 0.0 => return None,
            Self::BoundedNoiseGd(gd) => {
                gd.variance = 0.0;
                return Some(still);
            }
            // Their state is more than W, or no number of samples is all of them.
            Self::UnderdampedSde(_) | Self::MomentumSgd(_) | Self::OnePassSgd(_) => return None,
            Self::Sgd(_) | Self::CovarianceSde(_) | Self::SecondOrderSde(_) | Self::Svag(_) => {}
        }
        let (batch, sampling) = still.batch_mut()?;
        // Within an epoch the noise of a step depends on the steps before.
        if *sampling == Sampling::Epochs {
            return None;
        }
        (*batch, *sampling) = (rows, Sampling::WithoutReplacement);
        Some(still)
    }

    /// The process by the scheme of Euler on the same noise, and the covariance of the noise of its step, on a problem of `rows` rows.
    /// `None` where there is no noise, or a step is not W ← W − h∇L̃ and independent noise of mean 0 then.
    pub fn euler_noise(&self, rows: usize) -> Option<(Self, StepNoise)> {
        match self {
            Self::SgdSde(sde) => {
                let noise = StepNoise::Isotropic(sde.s * sde.dt?);
                Some((Self::SgdSde(SgdSdeSpec { scheme: Scheme::EulerMaruyama, ..sde.clone() }), noise))
            }
            Self::Sgd(sgd) => {
                let share = self.minibatches()?.noise_share(rows)?;
                Some((self.clone(), StepNoise::Minibatches(sgd.s * sgd.s * share)))
            }
            // The drift of the second-order SDE differs by O(s), which is O(s) of the response.
            &Self::CovarianceSde(CovarianceSdeSpec { s, batch, sampling, dt, refinement, .. })
            | &Self::SecondOrderSde(SecondOrderSdeSpec { s, batch, sampling, dt, refinement }) => {
                let scheme = Scheme::EulerMaruyama;
                let euler = CovarianceSdeSpec { s, batch, sampling, dt, refinement, scheme };
                let share = self.minibatches()?.noise_share(rows)?;
                Some((Self::CovarianceSde(euler), StepNoise::Minibatches(s * dt? * share)))
            }
            Self::GradientFlow(_)
            | Self::Svag(_)
            | Self::MomentumSgd(_)
            | Self::UnderdampedSde(_)
            | Self::OnePassSgd(_)
            | Self::ScaledNoiseGd(_)
            | Self::BoundedNoiseGd(_) => None,
        }
    }

    /// γ of a process with inertia.
    pub fn friction(&self) -> Option<f64> {
        match self {
            Self::UnderdampedSde(sde) => Some((1.0 - sde.momentum) / sde.s),
            _ => None,
        }
    }

    /// The SGD that the process is, or is a model of.
    pub fn minibatches(&self) -> Option<Minibatches> {
        let ((batch, sampling), s) = self.batch().zip(self.noise_scale())?;
        Some(Minibatches { s, batch, sampling })
    }

    /// Rows in a minibatch and how they are chosen, where there are minibatches.
    pub fn batch(&self) -> Option<(usize, Sampling)> {
        self.clone().batch_mut().map(|(batch, sampling)| (*batch, *sampling))
    }

    /// Rows in a minibatch and how they are chosen to be changed, where there are minibatches.
    pub fn batch_mut(&mut self) -> Option<(&mut usize, &mut Sampling)> {
        match self {
            Self::Sgd(sgd) => Some((&mut sgd.batch, &mut sgd.sampling)),
            Self::CovarianceSde(sde) => Some((&mut sde.batch, &mut sde.sampling)),
            Self::SecondOrderSde(sde) => Some((&mut sde.batch, &mut sde.sampling)),
            Self::Svag(svag) => Some((&mut svag.batch, &mut svag.sampling)),
            Self::MomentumSgd(sgd) => Some((&mut sgd.batch, &mut sgd.sampling)),
            Self::SgdSde(_) | Self::GradientFlow(_) | Self::UnderdampedSde(_) | Self::OnePassSgd(_) => None,
            Self::ScaledNoiseGd(_) | Self::BoundedNoiseGd(_) => None,
        }
    }

    /// The time one step takes; NaN while the default is not filled in.
    pub fn step_length(&self) -> f64 {
        match self {
            Self::SgdSde(sde) => sde.dt.unwrap_or(f64::NAN),
            Self::GradientFlow(flow) => flow.dt.unwrap_or(f64::NAN),
            Self::CovarianceSde(sde) => sde.dt.unwrap_or(f64::NAN),
            Self::SecondOrderSde(sde) => sde.dt.unwrap_or(f64::NAN),
            Self::Sgd(sgd) => sgd.s,
            Self::Svag(svag) => Svag::step_of(svag.s, svag.l),
            Self::MomentumSgd(sgd) => sgd.s,
            Self::UnderdampedSde(sde) => sde.dt.unwrap_or(f64::NAN),
            Self::OnePassSgd(sgd) => sgd.s,
            Self::ScaledNoiseGd(gd) => gd.step,
            Self::BoundedNoiseGd(gd) => gd.step,
        }
    }

    /// The key that sets the step length and its value; NaN while the default is not filled in.
    pub fn step_setting(&self) -> (&'static str, f64) {
        match self {
            Self::Sgd(_) | Self::MomentumSgd(_) | Self::OnePassSgd(_) => ("s", self.step_length()),
            Self::Svag(svag) => ("l", f64::from(svag.l)),
            Self::ScaledNoiseGd(_) | Self::BoundedNoiseGd(_) => ("step", self.step_length()),
            _ => ("dt", self.step_length()),
        }
    }

    /// Whether a step is W ← W − h∇L̃ and noise of mean 0, so that a rate θ of a linear drift becomes −ln(1 − hθ)/h.
    pub fn is_euler(&self) -> bool {
        match self {
            Self::SgdSde(sde) => sde.scheme == Scheme::EulerMaruyama,
            Self::CovarianceSde(sde) => sde.scheme == Scheme::EulerMaruyama,
            Self::Sgd(_) | Self::Svag(_) | Self::ScaledNoiseGd(_) => true,
            Self::OnePassSgd(sgd) => sgd.power == 0.0 && sgd.update == Update::Gradient,
            Self::GradientFlow(_)
            | Self::BoundedNoiseGd(_)
            | Self::SecondOrderSde(_)
            | Self::MomentumSgd(_)
            | Self::UnderdampedSde(_) => false,
        }
    }
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
