//! The bias of the integrator's step: the same noise with steps dt, dt/2 and dt/4.

use super::history::Followed;
use crate::dynamics::Scheme;
use crate::ensemble::Ensemble;
use crate::estimates::{Estimate, Moments};
use crate::parallel::Threads;
use crate::problem::{FiniteSum, Quantity, Readings};
use crate::study::plan::Plan;
use crate::study::results::EstimateRow;
use crate::study::spec::SgdSdeSpec;

/// Particles of the ladder at most: differences on shared noise vary little.
const MOST_PARTICLES: u64 = 512;
/// Fewest, and (rows × weights + what noise costs) × particles × gradients at most: about a quarter of a minute of two cores.
const FEWEST_PARTICLES: u64 = 64;
const MOST_WORK: f64 = 3e11;
const NOISE_WORK: usize = 40;
/// Halvings of dt.
const HALVINGS: [u32; 3] = [0, 1, 2];

/// What the step dt adds to E φ(W_T) for each followed function; `None` where nothing finite was read.
///
/// With f(h) = f₀ + c₁h + c₂h² the bias f(h) − f₀ is (2 f(h) + 6 f(h/2) − 8 f(h/4))/3, particle by particle on one Brownian
/// path (Richardson; the weak error of Euler–Maruyama has such an expansion: Talay, Tubaro, *Stochastic Analysis and
/// Applications* 8, 1990). For Heun's scheme, f(h) = f₀ + c₂h² + c₃h³, it is (20 f(h) + 12 f(h/2) − 32 f(h/4))/21. Cost: 7 steps and 12 draws of noise for each step and particle,
/// with as many particles (64 … 512) as keep it below a quarter of a minute.
pub fn step_bias(
    plan: &Plan,
    (process, sde): (usize, &SgdSdeSpec),
    followed: &[Followed],
    threads: &Threads,
) -> Vec<Option<Estimate>> {
    let wanted: Vec<Quantity> = followed
        .iter()
        .filter_map(|f| match f {
            Followed::Quantity(quantity) => Some(*quantity),
            Followed::Weight(_) => None,
        })
        .collect();
    let last = plan.clock.observations.last().map_or(0, |o| o.steps[process]);
    let rows = plan.potential().finite_sum().map_or(1, FiniteSum::samples);
    let cost = 7.0 * last as f64 * (rows * plan.potential().dim() + NOISE_WORK) as f64;
    let affordable = ((MOST_WORK / cost) as u64).clamp(FEWEST_PARTICLES, MOST_PARTICLES);
    let particles = plan.study.process[process].particles.min(affordable);
    let ends: Vec<(Vec<Readings>, Vec<f64>)> = HALVINGS
        .iter()
        .map(|&halvings| {
            let finer = plan.halved(sde, halvings, HALVINGS[2] - halvings);
            let mut ensemble = Ensemble::new(finer.as_ref(), &plan.start, particles, plan.study.seed);
            ensemble.advance(last << halvings, threads);
            let readings = ensemble.observe(&wanted, threads);
            (readings, ensemble.blocks().iter().flat_map(|b| b.weights.iter().copied()).collect())
        })
        .collect();
    let dim = plan.potential().dim();
    let read = |end: &(Vec<Readings>, Vec<f64>), followed: Followed, particle: usize| match followed {
        Followed::Quantity(quantity) => end.0[particle][quantity as usize],
        Followed::Weight(k) => end.1[particle * dim + k],
    };
    let bias = |followed: Followed, i: usize| {
        let [whole, half, quarter] = [0, 1, 2].map(|k| read(&ends[k], followed, i));
        match sde.scheme {
            Scheme::EulerMaruyama => (2.0 * whole + 6.0 * half - 8.0 * quarter) / 3.0,
            Scheme::Heun => (20.0 * whole + 12.0 * half - 32.0 * quarter) / 21.0,
        }
    };
    followed.iter().map(|&f| Moments::of((0..particles as usize).map(|i| bias(f, i))).estimate()).collect()
}

/// The row of the bias in E L̃.
pub fn bias_row(point: usize, process: &str, sde: &SgdSdeSpec, bias: Option<Estimate>) -> EstimateRow {
    let row = EstimateRow {
        point,
        process: process.into(),
        name: "step_bias".into(),
        quantity: "risk".into(),
        method: "steps dt, dt/2, dt/4 on shared noise, Richardson".into(),
        ..EstimateRow::default()
    };
    let dt = sde.dt.unwrap_or_default();
    match bias.and_then(|b| Some((b, b.interval()?))) {
        Some((bias, (low, high))) => EstimateRow {
            value: Some(bias.value),
            std_err: bias.std_err,
            ci_low: Some(low),
            ci_high: Some(high),
            note: format!("what dt = {dt} adds to E L at the horizon; n = {}", bias.n),
            ..row
        },
        None => EstimateRow { note: "fewer than two finite readings".into(), ..row },
    }
}
