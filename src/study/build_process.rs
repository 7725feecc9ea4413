//! From the settings of a process to the process.

use super::spec::*;
use crate::dynamics::{EulerMaruyama, GradientFlow, Process, Sgd};
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
    match *spec {
        DynamicsSpec::SgdSde(SgdSdeSpec { s, dt, refinement }) => {
            let sde = EulerMaruyama::on_refined_path(potential, s, filled(dt), refinement, seed);
            Box::new(sde.with_backend(backend))
        }
        DynamicsSpec::Sgd(SgdSpec { s, batch, sampling }) => {
            Box::new(Sgd::new(sum(), s, batch, sampling, seed).with_backend(backend))
        }
        DynamicsSpec::GradientFlow(GradientFlowSpec { dt }) => {
            Box::new(GradientFlow::new(potential, filled(dt)).with_backend(backend))
        }
    }
}

fn filled(dt: Option<f64>) -> f64 {
    dt.expect("the plan fills in every step")
}
