//! From the settings of a process to the process.

use super::spec::*;
use crate::dynamics::{
    BoundedNoiseGd, CovarianceSde, EulerMaruyama, GradientFlow, Heun, MomentumSgd, OnePassSgd, Process,
    ScaledNoiseGd, Scheme, SecondOrderSde, Sgd, ShrinkingSteps, Svag, UnderdampedSde,
};
use crate::numerics::Backend;
use crate::problem::{FiniteSum, Potential};

/// The process of `spec`, whose step is filled in, on `potential`.
///
/// # Panics
/// Where the rules would have refused the study.
pub fn build_process<'a>(
    spec: &DynamicsSpec,
    potential: &'a dyn Potential,
    seed: u64,
    backend: Backend,
) -> Box<dyn Process + 'a> {
    let sum = || -> &'a dyn FiniteSum {
        potential.finite_sum().expect("the rules refuse minibatches without a finite sum")
    };
    let batches = || spec.minibatches().expect("models of SGD name its batches");
    match *spec {
        DynamicsSpec::SgdSde(SgdSdeSpec { s, dt, refinement, scheme }) => match scheme {
            Scheme::EulerMaruyama => {
                let sde = EulerMaruyama::on_refined_path(potential, s, filled(dt), refinement, seed);
                Box::new(sde.with_backend(backend))
            }
            Scheme::Heun => {
                Box::new(Heun::new(potential, s, filled(dt), refinement, seed).with_backend(backend))
            }
        },
        DynamicsSpec::Sgd(SgdSpec { s, batch, sampling }) => {
            Box::new(Sgd::new(sum(), s, batch, sampling, seed).with_backend(backend))
        }
        DynamicsSpec::GradientFlow(GradientFlowSpec { dt }) => {
            Box::new(GradientFlow::new(potential, filled(dt)).with_backend(backend))
        }
        DynamicsSpec::CovarianceSde(CovarianceSdeSpec { dt, refinement, scheme, .. }) => {
            let sde = CovarianceSde::new(sum(), batches(), filled(dt), refinement, seed);
            Box::new(sde.with_scheme(scheme).with_backend(backend))
        }
        DynamicsSpec::SecondOrderSde(SecondOrderSdeSpec { dt, refinement, .. }) => {
            let sde = SecondOrderSde::new(sum(), batches(), filled(dt), refinement, seed);
            Box::new(sde.with_backend(backend))
        }
        DynamicsSpec::Svag(SvagSpec { l, .. }) => {
            Box::new(Svag::new(sum(), batches(), l, seed).with_backend(backend))
        }
        DynamicsSpec::MomentumSgd(MomentumSgdSpec { s, batch, sampling, momentum }) => {
            let sgd = Sgd::new(sum(), s, batch, sampling, seed).with_backend(backend);
            Box::new(MomentumSgd::new(sgd, momentum))
        }
        DynamicsSpec::UnderdampedSde(UnderdampedSdeSpec { s, momentum, dt }) => {
            Box::new(UnderdampedSde::new(potential, s, momentum, filled(dt), seed).with_backend(backend))
        }
        DynamicsSpec::OnePassSgd(OnePassSgdSpec { s, batch, power, update }) => {
            let oracle = potential.oracle().expect("the rules refuse fresh samples without an oracle");
            let sgd = OnePassSgd::new(oracle, s, batch, seed).with_power(power).with_update(update);
            Box::new(sgd.with_backend(backend))
        }
        DynamicsSpec::ScaledNoiseGd(ScaledNoiseGdSpec { step, noise }) => {
            Box::new(ScaledNoiseGd::new(potential, step, noise, seed).with_backend(backend))
        }
        DynamicsSpec::BoundedNoiseGd(BoundedNoiseGdSpec { step, offset, exponent, variance }) => {
            let steps = ShrinkingSteps { first: step, offset, exponent };
            Box::new(BoundedNoiseGd::new(potential, steps, variance, seed).with_backend(backend))
        }
    }
}

fn filled(dt: Option<f64>) -> f64 {
    dt.expect("the plan fills in every step")
}
