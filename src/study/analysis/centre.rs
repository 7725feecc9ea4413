//! The path of a process without its noise, and what particles deviate from it to first order.

use crate::dynamics::Process;
use crate::ensemble::{Ensemble, Start};
use crate::parallel::Threads;
use crate::problem::{FiniteSum, Quantity};
use crate::study::plan::Plan;
use crate::study::spec::DynamicsSpec;

/// W̄_t, the path of a process without noise from the one point at which all particles start.
///
/// Where ∇L̃ is linear and the noise has mean 0 given the past, E W_t = W̄_t exactly, so that the linear part ⟨∇φ(W̄_t), W_t − W̄_t⟩ of φ(W_t)
/// has mean 0: subtracting it leaves E φ as it is and takes away all but the quadratic part of the scatter (a control variate with
/// coefficient 1: Glasserman, *Monte Carlo Methods in Financial Engineering*, 2003, §4.1).
pub struct Centre<'a> {
    plan: &'a Plan,
    process: Box<dyn Process + 'a>,
    weights: Vec<f64>,
    step: u64,
    seed: u64,
}

impl<'a> Centre<'a> {
    /// The path for `dynamics`; `None` where its mean is not known to go along it.
    pub fn new(plan: &'a Plan, dynamics: &DynamicsSpec, seed: u64) -> Option<Self> {
        let dim = plan.potential().dim();
        let Start::Points { weights } = &plan.start else {
            return None;
        };
        let rows = plan.potential().finite_sum().map_or(0, FiniteSum::samples);
        let alone = weights.len() == dim && plan.has_linear_gradient();
        let still = dynamics.without_noise(rows).filter(|_| alone)?;
        Some(Self {
            plan,
            process: plan.process_of_seed(&still, seed),
            weights: weights.clone(),
            step: 0,
            seed,
        })
    }

    /// W̄ after `to` steps. Without noise the step number does not matter, so every piece may begin at 0.
    pub fn advance(&mut self, to: u64, threads: &Threads) {
        let start = Start::Points { weights: self.weights.clone() };
        let mut ensemble = Ensemble::new(self.process.as_ref(), &start, 1, self.seed);
        ensemble.advance(to - self.step, threads);
        self.weights.copy_from_slice(&ensemble.blocks()[0].weights);
        self.step = to;
    }

    /// ⟨∇φ(W̄), W − W̄⟩ for each particle; `None` for quantities whose gradient is not at hand.
    pub fn linear_parts(&self, quantity: Quantity, ensemble: &Ensemble) -> Option<Vec<f64>> {
        let potential = self.plan.potential();
        let mut gradient = vec![0.0; potential.dim()];
        match quantity {
            Quantity::Risk => {
                potential.value_gradient(&self.weights, &mut gradient, &mut potential.scratch());
            }
            Quantity::SquaredNorm => gradient.iter_mut().zip(&self.weights).for_each(|(g, w)| *g = 2.0 * w),
            _ => return None,
        }
        let part = |w: &[f64]| gradient.iter().zip(w).zip(&self.weights).map(|((g, w), c)| g * (w - c)).sum();
        let particles = ensemble.blocks().iter().flat_map(|block| block.weights.chunks_exact(block.dim));
        Some(particles.map(part).collect())
    }
}
