//! A process of a study: its kind and what follows from its settings.

use super::dynamics_settings::*;
use crate::dynamics::{Minibatches, Sampling, Scheme, StepNoise, Svag};
use crate::problem::Update;
use serde::Serialize;

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
