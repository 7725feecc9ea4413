//! Numbers of mean 0 that move with the readings of particles: taken away, they leave the expectation and little of the scatter.

use crate::dynamics::{LinearResponse, Process, ResponsePath};
use crate::ensemble::{Ensemble, Start};
use crate::parallel::Threads;
use crate::problem::{FiniteSum, Quantity};
use crate::study::plan::Plan;
use crate::study::spec::DynamicsSpec;

/// The most numbers that the paths of all steps may hold: 128 MiB.
const MOST_NUMBERS: u64 = 1 << 24;
/// The most operations that a path may cost: some ten seconds.
const MOST_OPERATIONS: u64 = 1 << 34;

/// What the linear response of `dynamics` to its noise goes along for `steps` steps, by its scheme of Euler; `None` where the particles
/// start at more than one point, the process is not W ← W − h∇L̃ + noise of mean 0 or an integrator of an SDE with the noise of one, or
/// it would cost too much.
pub fn response_path(plan: &Plan, dynamics: &DynamicsSpec, steps: u64) -> Option<ResponsePath> {
    let potential = plan.potential();
    let rows = potential.finite_sum().map_or(0, FiniteSum::samples);
    let (euler, noise) = dynamics.euler_noise(rows)?;
    let (squares, steps_and_start) = ((potential.dim() as u64).pow(2), steps.checked_add(1)?);
    let numbers = squares.checked_mul(2)?.checked_mul(steps_and_start)?;
    let a_step = squares.checked_mul(rows as u64 + 2 * potential.dim() as u64)?;
    let affordable = numbers <= MOST_NUMBERS && a_step.checked_mul(steps_and_start)? <= MOST_OPERATIONS;
    let start = one_point(plan).filter(|_| affordable)?;
    Some(ResponsePath::new(potential, euler.step_length(), noise, start, steps))
}

/// The linear response of `dynamics` to the noise of `seed` along `path`.
pub fn linear_response<'a>(
    plan: &'a Plan,
    dynamics: &DynamicsSpec,
    path: Option<&'a ResponsePath>,
    seed: u64,
) -> Option<LinearResponse<'a>> {
    let rows = plan.potential().finite_sum().map_or(0, FiniteSum::samples);
    let (euler, _) = dynamics.euler_noise(rows)?;
    Some(LinearResponse::new(plan.process_of_seed(&euler, seed), path?))
}

/// The point at which all particles start, if there is one.
fn one_point(plan: &Plan) -> Option<&[f64]> {
    match &plan.start {
        Start::Points { weights } if weights.len() == plan.potential().dim() => Some(weights),
        _ => None,
    }
}

/// The controls of one process: ⟨∇φ, W − W̄⟩ where ∇L̃ is linear, ⟨∇φ(x), U⟩ elsewhere, and ½⟨U, ∇²φ(x) U⟩ less its mean.
pub struct Controls<'a> {
    centre: Option<Centre<'a>>,
    response: Option<(&'a LinearResponse<'a>, Ensemble<'a>)>,
}

impl<'a> Controls<'a> {
    /// Of `particles` particles of `dynamics` with the noise of `seed`.
    pub fn new(
        plan: &'a Plan,
        dynamics: &DynamicsSpec,
        response: Option<&'a LinearResponse<'a>>,
        (particles, seed): (u64, u64),
    ) -> Self {
        let still = Start::Points { weights: vec![0.0; plan.potential().dim()] };
        let response = response.map(|response| (response, Ensemble::new(response, &still, particles, seed)));
        Self { centre: Centre::new(plan, dynamics, seed), response }
    }

    /// To `to` steps.
    pub fn advance(&mut self, to: u64, threads: &Threads) {
        if let Some(centre) = &mut self.centre {
            centre.advance(to, threads);
        }
        if let Some((_, ensemble)) = &mut self.response {
            ensemble.advance(to, threads);
        }
    }

    /// The controls of φ = `quantity` for the particles of `ensemble`; none for quantities whose derivatives are not at hand.
    pub fn of(&self, quantity: Quantity, ensemble: &Ensemble) -> Vec<Vec<f64>> {
        let exact = self.centre.as_ref().and_then(|centre| centre.linear_parts(quantity, ensemble));
        let expanded = self.response.as_ref().and_then(|(response, u)| expansion(response, u, quantity));
        match (exact, expanded) {
            (None, None) => Vec::new(),
            (Some(linear), None) => vec![linear],
            (Some(linear), Some([_, quadratic])) => vec![linear, quadratic],
            (None, Some(both)) => both.into(),
        }
    }
}

/// ⟨∇φ(x), U⟩ and ½⟨U, ∇²φ(x) U⟩ − ½ tr ∇²φ(x) C of every particle.
fn expansion(response: &LinearResponse, u: &Ensemble, quantity: Quantity) -> Option<[Vec<f64>; 2]> {
    let (step, potential, path) = (u.step(), response.potential(), response.path());
    let (x, dim) = (path.weights(step), potential.dim());
    let mut gradient = vec![0.0; dim];
    let hessian = match quantity {
        Quantity::Risk => {
            potential.value_gradient(x, &mut gradient, &mut potential.scratch());
            path.hessian(step)
        }
        Quantity::SquaredNorm => {
            gradient.iter_mut().zip(x).for_each(|(g, x)| *g = 2.0 * x);
            (0..dim * dim).map(|k| 2.0 * f64::from(k / dim == k % dim)).collect()
        }
        _ => return None,
    };
    let mean: f64 = hessian.iter().zip(path.covariance(step)).map(|(h, c)| 0.5 * h * c).sum();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let parts = |u: &[f64]| {
        let rows = hessian.chunks_exact(dim).zip(u);
        (dot(&gradient, u), 0.5 * rows.map(|(row, u_k)| u_k * dot(row, u)).sum::<f64>() - mean)
    };
    let particles = u.blocks().iter().flat_map(|block| block.weights.chunks_exact(block.dim));
    let (linear, quadratic) = particles.map(parts).unzip();
    Some([linear, quadratic])
}

/// W̄_t, the path of a process without noise from the one point at which all particles start.
///
/// Where ∇L̃ is linear and the noise has mean 0 given the past, E W_t = W̄_t exactly, so that the linear part ⟨∇φ(W̄_t), W_t − W̄_t⟩ of φ(W_t)
/// has mean 0: subtracting it leaves E φ as it is and takes away all but the quadratic part of the scatter (a control variate with
/// coefficient 1: Glasserman, *Monte Carlo Methods in Financial Engineering*, 2003, §4.1).
struct Centre<'a> {
    plan: &'a Plan,
    process: Box<dyn Process + 'a>,
    weights: Vec<f64>,
    step: u64,
    seed: u64,
}

impl<'a> Centre<'a> {
    /// The path for `dynamics`; `None` where its mean is not known to go along it.
    fn new(plan: &'a Plan, dynamics: &DynamicsSpec, seed: u64) -> Option<Self> {
        let weights = one_point(plan).filter(|_| plan.has_linear_gradient())?.to_vec();
        let rows = plan.potential().finite_sum().map_or(0, FiniteSum::samples);
        let process = plan.process_of_seed(&dynamics.without_noise(rows)?, seed);
        Some(Self { plan, process, weights, step: 0, seed })
    }

    /// W̄ after `to` steps. Without noise the step number does not matter, so every piece may begin at 0.
    fn advance(&mut self, to: u64, threads: &Threads) {
        let start = Start::Points { weights: self.weights.clone() };
        let mut ensemble = Ensemble::new(self.process.as_ref(), &start, 1, self.seed);
        ensemble.advance(to - self.step, threads);
        self.weights.copy_from_slice(&ensemble.blocks()[0].weights);
        self.step = to;
    }

    /// ⟨∇φ(W̄), W − W̄⟩ for each particle; `None` for quantities whose gradient is not at hand.
    fn linear_parts(&self, quantity: Quantity, ensemble: &Ensemble) -> Option<Vec<f64>> {
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

#[cfg(test)]
mod tests;
