//! What the noise of a process does to first order, about the path without noise.

use super::{Block, Facts, Noise, Process};
use crate::numerics::Backend;
use crate::problem::{FiniteSum, Potential, Scratch};

/// The covariance of the noise of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepNoise {
    /// This variance for every weight, independently.
    Isotropic(f64),
    /// This number times Σ(W) = (1/n)Σ∇ℓ_i∇ℓ_iᵀ − ∇L∇Lᵀ.
    Minibatches(f64),
}

/// The first-order response U of a process W ← W − h∇L̃(W) + N(W), E N = 0, to its own noise: along the path without noise,
/// x ← x − h∇L̃(x) from the one point at which all particles start,
///
/// ```text
/// U ← (I − h∇²L̃(x)) U + N(x),   U = 0 at the start,
/// ```
///
/// with the very noise of W's step. E U = 0 and E UUᵀ = C exactly, C ← A C Aᵀ + Cov N(x), A = I − h∇²L̃(x), and W − x − U is of
/// second order in the noise: U is what readings of W are held against when their scatter is to be taken away (control variates:
/// Glasserman, *Monte Carlo Methods in Financial Engineering*, 2003, §4.1).
///
/// The state that it steps, `Block::weights`, is U; start it at 0. Cost: a step of the process and D² operations a particle.
/// Not for processes with inertia, nor for noise that has a mean given the past.
pub struct LinearResponse<'a> {
    process: Box<dyn Process + 'a>,
    path: &'a ResponsePath,
}

/// The path x without noise, A = I − h∇²L̃(x) and C = E UUᵀ along it: what a [`LinearResponse`] needs whatever its random numbers are.
///
/// Cost: D Hessian–vector products, n gradients of one row and 2 D³ + n D² operations a step (without the n for isotropic noise); 2 D²
/// numbers a step.
pub struct ResponsePath {
    points: Vec<PathPoint>,
    step_length: f64,
}

/// The path after some steps.
struct PathPoint {
    weights: Vec<f64>,
    /// A, symmetric, D × D.
    response: Vec<f64>,
    /// C, symmetric, D × D.
    covariance: Vec<f64>,
}

impl ResponsePath {
    /// For `steps` steps of length `h` from `start` (D numbers), each with this noise.
    ///
    /// # Panics
    /// When `start` does not have D numbers, and for minibatch noise of a potential that is no finite sum.
    pub fn new(potential: &dyn Potential, h: f64, noise: StepNoise, start: &[f64], steps: u64) -> Self {
        let dim = potential.dim();
        assert_eq!(start.len(), dim, "one number a weight");
        let mut points: Vec<PathPoint> = Vec::new();
        let (mut x, mut covariance) = (start.to_vec(), vec![0.0; dim * dim]);
        let (mut gradient, mut scratch) = (vec![0.0; dim], potential.scratch());
        for _ in 0..=steps {
            let response = euler_response(potential, &x, h, &mut scratch);
            let added = noise_covariance(potential, noise, &x, &mut scratch);
            let next = sandwich(&response, &covariance, &added, dim);
            potential.value_gradient(&x, &mut gradient, &mut scratch);
            let moved = x.iter().zip(&gradient).map(|(x, g)| x - h * g).collect();
            points.push(PathPoint {
                weights: std::mem::replace(&mut x, moved),
                response,
                covariance: std::mem::replace(&mut covariance, next),
            });
        }
        Self { points, step_length: h }
    }

    /// x after `step` steps.
    pub fn weights(&self, step: u64) -> &[f64] {
        &self.points[step as usize].weights
    }

    /// ∇²L̃(x) after `step` steps, D × D.
    pub fn hessian(&self, step: u64) -> Vec<f64> {
        let dim = self.points[0].weights.len();
        let entry = |(k, a): (usize, &f64)| (f64::from(k / dim == k % dim) - a) / self.step_length;
        self.points[step as usize].response.iter().enumerate().map(entry).collect()
    }

    /// E UUᵀ after `step` steps, D × D.
    pub fn covariance(&self, step: u64) -> &[f64] {
        &self.points[step as usize].covariance
    }
}

impl<'a> LinearResponse<'a> {
    /// Of `process`, along the `path` of its own potential, step and noise.
    ///
    /// # Panics
    /// When the steps of the two differ.
    pub fn new(process: Box<dyn Process + 'a>, path: &'a ResponsePath) -> Self {
        assert!(process.step_length() == path.step_length, "one step length");
        Self { process, path }
    }

    /// What it goes along.
    pub fn path(&self) -> &ResponsePath {
        self.path
    }
}

/// I − h∇²L̃(x), column by column.
fn euler_response(potential: &dyn Potential, x: &[f64], h: f64, scratch: &mut Scratch) -> Vec<f64> {
    let dim = x.len();
    let (mut response, mut unit) = (vec![0.0; dim * dim], vec![0.0; dim]);
    for (k, column) in response.chunks_exact_mut(dim).enumerate() {
        unit[k] = 1.0;
        potential.hessian_vector(x, &unit, column, scratch);
        unit[k] = 0.0;
        column.iter_mut().for_each(|entry| *entry *= -h);
        column[k] += 1.0;
    }
    response
}

/// Cov N(x).
fn noise_covariance(
    potential: &dyn Potential,
    noise: StepNoise,
    x: &[f64],
    scratch: &mut Scratch,
) -> Vec<f64> {
    let dim = x.len();
    let mut covariance = vec![0.0; dim * dim];
    match noise {
        StepNoise::Isotropic(variance) => (0..dim).for_each(|k| covariance[k * dim + k] = variance),
        StepNoise::Minibatches(amount) => {
            let sum: &dyn FiniteSum = potential.finite_sum().expect("minibatches are rows of a finite sum");
            let (mut mean, mut own) = (vec![0.0; dim], vec![0.0; dim]);
            potential.value_gradient(x, &mut mean, scratch);
            let share = amount / sum.samples() as f64;
            for i in 0..sum.samples() as u32 {
                sum.minibatch_gradient(x, &[i], &mut own, scratch);
                own.iter_mut().zip(&mean).for_each(|(g, mean)| *g -= mean);
                for (row, a) in covariance.chunks_exact_mut(dim).zip(&own) {
                    row.iter_mut().zip(&own).for_each(|(c, b)| *c += share * a * b);
                }
            }
        }
    }
    covariance
}

/// A C A + N for symmetric A and C.
fn sandwich(a: &[f64], c: &[f64], n: &[f64], dim: usize) -> Vec<f64> {
    let product = |x: &[f64], y: &[f64]| -> Vec<f64> {
        let entry = |k: usize| (0..dim).map(|j| x[k / dim * dim + j] * y[j * dim + k % dim]).sum();
        (0..dim * dim).map(entry).collect()
    };
    let mut sum = product(&product(a, c), a);
    sum.iter_mut().zip(n).for_each(|(s, n)| *s += n);
    sum
}

impl Process for LinearResponse<'_> {
    fn facts(&self) -> Facts {
        let rule = "U <- (I - h Hess L(x)) U + N(x), x the path without noise, N the noise of the process";
        Facts { rule, ..self.process.facts() }
    }

    fn potential(&self) -> &dyn Potential {
        self.process.potential()
    }

    fn step_length(&self) -> f64 {
        self.process.step_length()
    }

    fn noise_scale(&self) -> f64 {
        self.process.noise_scale()
    }

    fn backend(&self) -> Backend {
        self.process.backend()
    }

    fn begin(&self, block: &mut Block) {
        block.extra = vec![0.0; block.weights.len()];
    }

    fn room(&self, count: usize) -> usize {
        self.process.room(count)
    }

    fn noise(&self, count: usize) -> Noise {
        self.process.noise(count)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.process.draw(block, step, noise);
    }

    fn step(&self, block: &mut Block, step: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let points = &self.path.points;
        let (here, dim) = (&points[step as usize], block.dim);
        // Every particle stands at x for the step: what it gets beyond the next x is its noise there.
        std::mem::swap(&mut block.weights, &mut block.extra);
        block.weights.chunks_exact_mut(dim).for_each(|w| w.copy_from_slice(&here.weights));
        self.process.step(block, step, noise, gradient, scratch);
        std::mem::swap(&mut block.weights, &mut block.extra);
        let next = &points[step as usize + 1].weights;
        let moved = &mut gradient[..dim];
        for (u, stepped) in block.weights.chunks_exact_mut(dim).zip(block.extra.chunks_exact(dim)) {
            for (k, (m, row)) in moved.iter_mut().zip(here.response.chunks_exact(dim)).enumerate() {
                *m = row.iter().zip(&*u).map(|(a, u)| a * u).sum::<f64>() + (stepped[k] - next[k]);
            }
            u.copy_from_slice(moved);
        }
    }
}
