//! The outlook of a study before it runs: sizes, cost, and whether it can resolve the decay of E L̃.

use super::memory::Memory;
use super::plan::Plan;
use super::scalars::random_starts;
use super::spec::DynamicsSpec;
use crate::dynamics::Process;
use crate::estimates::{Estimate, Moments};
use crate::problem::minimise;
use std::time::{Duration, Instant};

/// What is known of a study before it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// D.
    pub dim: usize,
    /// E L̃(W₀), estimated from at most 512 starts.
    pub initial_risk: Option<Estimate>,
    /// The smallest risk found by a few local searches.
    pub risk_minimum: Option<f64>,
    /// The bound gLip on the Lipschitz constant of the gradient.
    pub gradient_lipschitz: Option<f64>,
    /// A row a process.
    pub processes: Vec<ProcessOutlook>,
    /// What one point of it holds in memory.
    pub memory: Memory,
    /// Seconds on the given number of threads, about.
    pub seconds: f64,
}

/// The outlook of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessOutlook {
    /// Its name.
    pub name: String,
    /// Steps to the horizon.
    pub steps: u64,
    /// dt·gLip (s·gLip for SGD): stable below 2, accurate well below 1.
    pub step_times_lipschitz: Option<f64>,
    /// D s/4, the lift of E L̃ by isotropic noise of scale s.
    pub noise_level: f64,
    /// E L̃(W₀) − min L̃ − D s/4.
    pub expected_drop: Option<f64>,
    /// The standard error to expect for E L̃ at the end.
    pub expected_std_err: f64,
    /// Whether the drop stands far above noise level and error; `None` where it is not known: without a minimum, or where it does not
    /// by the isotropic noise level, and the process has a noise of its own.
    pub resolves: Option<bool>,
    /// Seconds for its steps on one thread, about.
    pub seconds: f64,
}

/// Starts that are looked at.
const STARTS: u64 = 512;
/// The initial excess must be this many noise levels …
const NOISE_LEVELS: f64 = 3.0;
/// … and the drop this many standard errors.
const STANDARD_ERRORS: f64 = 20.0;
/// How long to time the steps of one process.
const TIMING: Duration = Duration::from_millis(200);

/// Looks at one of `points` points of a study without running it: a few hundred starts, a few local searches for the minimum, and a moment of
/// stepping one block to learn the speed.
///
/// The verdict of a process is that it resolves the decay of E L̃ when the excess E L̃(W₀) − min L̃ is at least 3 times
/// D s/4 and the expected drop at least 20 standard errors. D s/4 and the final standard error (s/2)√(D/2)/√n are those
/// of the Gibbs measure in the quadratic approximation, for isotropic noise of scale s; SGD's own noise is usually smaller, so
/// that they can say of SGD and its models that the decay is resolved, but not that it is not.
pub fn check(plan: &Plan, threads: usize, points: usize) -> Outlook {
    let potential = plan.potential();
    let dim = potential.dim();
    let particles = plan.study.process.iter().map(|p| p.particles).max().unwrap_or(1);
    let initial_risk = initial_risk(plan, particles.min(STARTS));
    let risk_minimum = minimise(potential, &random_starts(potential, plan.study.seed)).map(|m| m.value);
    let last = plan.clock.observations.last().map_or(Vec::new(), |o| o.steps.clone());
    let mut processes = Vec::new();
    for ((process, spec), &steps) in plan.processes().iter().zip(&plan.study.process).zip(&last) {
        let s = process.noise_scale();
        let noise_level = dim as f64 * s / 4.0;
        let excess = initial_risk.zip(risk_minimum).map(|(start, minimum)| start.value - minimum);
        let expected_drop = excess.map(|e| e - noise_level);
        let n = spec.particles as f64;
        let expected_std_err = 0.5 * s * (dim as f64 / 2.0).sqrt() / n.sqrt();
        let resolves = excess.zip(expected_drop).map(|(excess, drop)| {
            excess >= NOISE_LEVELS * noise_level && drop >= STANDARD_ERRORS * expected_std_err && drop > 0.0
        });
        let resolves = resolves.filter(|yes| *yes || has_isotropic_noise(&spec.dynamics));
        let seconds = seconds_a_step(plan, process.as_ref(), spec.particles) * n * steps as f64;
        processes.push(ProcessOutlook {
            name: spec.name.clone(),
            steps,
            step_times_lipschitz: potential.gradient_lipschitz().map(|l| l * spec.dynamics.step_length()),
            noise_level,
            expected_drop,
            expected_std_err,
            resolves,
            seconds,
        });
    }
    let memory = Memory::of(plan, threads, points);
    let seconds = processes.iter().map(|p| p.seconds).sum::<f64>() / threads as f64;
    let gradient_lipschitz = potential.gradient_lipschitz();
    Outlook { dim, initial_risk, risk_minimum, gradient_lipschitz, processes, memory, seconds }
}

/// Whether D s/4 is the noise level of such a process, and not just one to compare it with.
fn has_isotropic_noise(dynamics: &DynamicsSpec) -> bool {
    use DynamicsSpec::{GradientFlow, SgdSde, UnderdampedSde};
    matches!(dynamics, SgdSde(_) | UnderdampedSde(_) | GradientFlow(_))
}

/// E L̃(W₀) from the first `count` particles of the start.
pub fn initial_risk(plan: &Plan, count: u64) -> Option<Estimate> {
    let potential = plan.potential();
    let (mut w, mut gradient) = (vec![0.0; potential.dim()], vec![0.0; potential.dim()]);
    let mut scratch = potential.scratch();
    let risks = (0..count).map(|particle| {
        plan.start.draw(particle, plan.study.seed, &mut w);
        potential.value_gradient(&w, &mut gradient, &mut scratch)
    });
    Moments::of(risks).estimate()
}

/// Seconds of one step of one particle on one thread.
fn seconds_a_step(plan: &Plan, process: &dyn Process, particles: u64) -> f64 {
    let block_len = plan.potential().block_len() as u64;
    let mut blocks = plan.start.blocks(plan.potential(), 0..particles.min(block_len), plan.study.seed);
    let Some(block) = blocks.first_mut() else {
        return 0.0;
    };
    process.begin(block);
    let mut work = process.work(block.count());
    process.advance(block, 0, 1, &mut work);
    let (started, mut step, mut piece) = (Instant::now(), 1, 1);
    while started.elapsed() < TIMING {
        process.advance(block, step, step + piece, &mut work);
        step += piece;
        piece *= 2;
    }
    started.elapsed().as_secs_f64() / ((step - 1) as f64 * block.count() as f64)
}
