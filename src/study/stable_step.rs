//! Which step of a process is stable, and the line of the study that sets it.
//!
//! The bounds are those of a linear drift whose curvatures are at most L, with the noise of minibatches bounded by the curvature of single
//! rows: beyond them some quadratic of these curvatures diverges, within them none does. Where noise grows with the weights they are about
//! mean squares. They say nothing about accuracy, which asks for steps several times smaller.

use super::clock::Clock;
use super::plan::Plan;
use super::spec::*;
use super::steps::round_down;
use crate::analysis::curvature::curvature_range;
use crate::dynamics::{Minibatches, Scheme};
use crate::ensemble::{Ensemble, LARGEST_NORM};
use crate::parallel::Threads;
use crate::problem::FiniteSum;
use crate::random::{Key, Purpose};

/// Stability of RK4 on a linear drift: |1 − z + z²/2 − z³/6 + z⁴/24| < 1 for 0 < z below it.
const RUNGE_KUTTA: f64 = 2.785;
/// The share of a bound that is advised at most.
const SHARE: f64 = 0.9;
/// The same where only the curvature at the start is known: of steps along the full gradient, and of noisy ones.
const SHARE_OF_MEASURED: [f64; 2] = [0.25, 0.1];
/// Particles at whose starts the curvature is measured.
const STARTS: u64 = 16;
/// How many shorter steps are tried for one that has multiples with those of the others.
const TRIES: usize = 24;

/// Curvatures that a bound stands on.
#[derive(Debug, Clone, Copy)]
struct Curvature {
    /// Of L̃, at most.
    mean: f64,
    /// Of a single row, or fresh sample, with the penalty.
    row: f64,
}

/// Below which value of a key a process is stable.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    key: &'static str,
    below: f64,
}

/// What to do where all particles of process number `number` have left, as the end of a sentence.
pub fn advice(plan: &Plan, number: usize, ensemble: &Ensemble<'_>, threads: &Threads) -> String {
    if ensemble.divergences().iter().all(|divergence| divergence.step == 0) {
        return format!(
            "they start there: ‖W‖ must be at most {LARGEST_NORM:e}; let the particles start closer to 0"
        );
    }
    stable_step_advice(plan, number, threads)
}

/// The end of the sentence on process number `number`, all of whose particles have diverged: which step is stable, why, and what to write.
fn stable_step_advice(plan: &Plan, number: usize, threads: &Threads) -> String {
    let spec = &plan.study.process[number];
    if let Some(curvature) = known(plan) {
        let bounds = bounds(&spec.dynamics, curvature, rows(plan));
        if bounds.is_empty() {
            return format!(
                "{} is at most {}, but noise that grows faster than the risk is stable for no step; \
                 write a noise.cap",
                of_what(plan),
                short(curvature.mean)
            );
        }
        let stable: Vec<String> =
            bounds.iter().map(|bound| format!("{} below {}", bound.key, short(bound.below))).collect();
        let (because, lines) = (reason(plan, &spec.dynamics, curvature), lines(plan, number, &bounds, SHARE));
        return format!("{because}, so {} is stable; {lines}", stable.join(" with "));
    }
    let unknown = "no bound on the gradient's Lipschitz constant is known for this problem";
    let Some(largest) = measured(plan, threads) else {
        return format!(
            "{unknown}, and the curvature at the start is not finite; let the particles start closer to 0"
        );
    };
    let curvature = Curvature { mean: largest, row: largest };
    let noisy = spec.dynamics.batch().is_some() || matches!(spec.dynamics, DynamicsSpec::OnePassSgd(_));
    let bounds = bounds(&spec.dynamics, curvature, rows(plan));
    let Some(bound) = bounds.first() else {
        return format!("{unknown}; write a noise.cap");
    };
    let share = SHARE_OF_MEASURED[usize::from(noisy)];
    format!(
        "{unknown}; where the particles start the curvature reaches {}, so {} must be well below {}; {}, or let the particles start closer in",
        short(largest),
        bound.key,
        short(bound.below),
        lines(plan, number, &bounds, share)
    )
}

/// Rows of the data; 0 where there are none.
fn rows(plan: &Plan) -> usize {
    plan.potential().finite_sum().map_or(0, FiniteSum::samples)
}

/// Curvatures that are bounded everywhere; of a ReLU gate far from 0.
fn known(plan: &Plan) -> Option<Curvature> {
    if plan.gate().is_some() {
        // Where it matters, far out: x ~ N(0, I) has E x xᵀ = I and E ‖x‖² x xᵀ = (D + 2) I.
        return Some(Curvature { mean: 1.0, row: plan.potential().dim() as f64 + 2.0 });
    }
    let mean = plan.potential().gradient_lipschitz().filter(|l| l.is_finite() && *l > 0.0)?;
    let row = match (plan.net(), &plan.data, plan.circle_task()) {
        (Some(net), ..) => net.constants().gradient_lipschitz.sharp?,
        (None, Some(data), _) => data.max_norm * data.max_norm + plan.potential().penalty(),
        (None, None, Some(task)) => task.spectrum().trace(),
        (None, None, None) => mean,
    };
    Some(Curvature { mean, row: row.max(mean) })
}

/// The largest curvature where the first particles start.
fn measured(plan: &Plan, threads: &Threads) -> Option<f64> {
    let dim = plan.potential().dim();
    let mut points = vec![0.0; dim * STARTS as usize];
    for (particle, w) in (0..).zip(points.chunks_exact_mut(dim)) {
        plan.start.draw(particle, plan.study.seed, w);
    }
    let key = Key::new(plan.study.seed, Purpose::Direction);
    let range = curvature_range(plan.potential(), &points, key, threads)?;
    Some(range.largest.value).filter(|largest| largest.is_finite() && *largest > 0.0)
}

/// The bounds of the process, one for each key that must change; none where no step is stable.
fn bounds(dynamics: &DynamicsSpec, curvature: Curvature, rows: usize) -> Vec<Bound> {
    let Curvature { mean, row } = curvature;
    let one = |key, below| vec![Bound { key, below }];
    match dynamics {
        // Both schemes: |1 − z| and |1 − z + z²/2| are below 1 for 0 < z < 2.
        DynamicsSpec::SgdSde(_) => one("dt", 2.0 / mean),
        DynamicsSpec::GradientFlow(_) => one("dt", RUNGE_KUTTA / mean),
        DynamicsSpec::BoundedNoiseGd(_) => one("step", 2.0 / mean),
        DynamicsSpec::ScaledNoiseGd(gd) => match (gd.noise.exponent, gd.noise.cap) {
            _ if gd.noise.sigma == 0.0 => one("step", 2.0 / mean),
            (_, Some(_)) => one("step", 2.0 / mean),
            (q, None) if q < 1.0 => one("step", 2.0 / mean),
            // The variance η²σF of a step adds η²σθ/2 to the factor of w² in the quadratic.
            (1.0, None) => one("step", 2.0 / (mean + 0.5 * gd.noise.sigma)),
            (_, None) => Vec::new(),
        },
        DynamicsSpec::Sgd(sgd) => {
            let share = share(Minibatches { s: sgd.s, batch: sgd.batch, sampling: sgd.sampling }, rows);
            one("s", 2.0 / (share * row + (1.0 - share) * mean))
        }
        DynamicsSpec::OnePassSgd(sgd) => {
            let share = 1.0 / sgd.batch as f64;
            one("s", 2.0 / (share * row + (1.0 - share) * mean))
        }
        DynamicsSpec::Svag(svag) => {
            let share = share(Minibatches { s: svag.s, batch: svag.batch, sampling: svag.sampling }, rows);
            one("s", 2.0 / (share * row + (1.0 / f64::from(svag.l) - share).max(0.0) * mean))
        }
        DynamicsSpec::MomentumSgd(sgd) => {
            let share = share(Minibatches { s: sgd.s, batch: sgd.batch, sampling: sgd.sampling }, rows);
            let damped = (1.0 - sgd.momentum) / (1.0 + sgd.momentum);
            one("s", 2.0 / (share * row + (damped - share).max(0.0) * mean))
        }
        DynamicsSpec::UnderdampedSde(sde) => {
            let friction = (1.0 - sde.momentum) / sde.s;
            one("dt", 2.0 / (friction * mean).sqrt())
        }
        DynamicsSpec::CovarianceSde(_) | DynamicsSpec::SecondOrderSde(_) => {
            let batches = dynamics.minibatches().map_or(0.0, |batches| share(batches, rows));
            covariance_bounds(dynamics, curvature, batches * row)
        }
    }
}

/// c/b of minibatches. By epochs their noise is not independent; there every batch on its own is kept from growing.
fn share(batches: Minibatches, rows: usize) -> f64 {
    batches.noise_share(rows).unwrap_or(1.0)
}

/// SDEs with the noise of minibatches: its variance a time is at most s `noise` times the curvature. At s `noise` ≥ 2 the mean square of the
/// SDE itself grows, whatever the step is.
fn covariance_bounds(dynamics: &DynamicsSpec, Curvature { mean, .. }: Curvature, noise: f64) -> Vec<Bound> {
    let s = dynamics.noise_scale().unwrap_or(0.0);
    let shrunk = s * noise >= 2.0 * SHARE;
    let s = if shrunk { 1.0 / noise } else { s };
    let (euler, correction) = match dynamics {
        DynamicsSpec::CovarianceSde(sde) => (sde.scheme == Scheme::EulerMaruyama, 0.0),
        _ => (false, 0.5),
    };
    // By Heun's scheme the noise is that of the midpoint, and z < 2 is all it asks for beside s `noise` < 2.
    let room = if euler { 2.0 - s * noise } else { 2.0 };
    let dt = Bound { key: "dt", below: room / (mean * (1.0 + correction * s * mean)) };
    if shrunk { vec![Bound { key: "s", below: s / SHARE }, dt] } else { vec![dt] }
}

/// What the bound stands on.
fn reason(plan: &Plan, dynamics: &DynamicsSpec, Curvature { mean, row }: Curvature) -> String {
    let noisy = dynamics.batch().is_some() || matches!(dynamics, DynamicsSpec::OnePassSgd(_));
    let of_rows =
        if noisy && row > mean { format!(" ({} for a single sample)", short(row)) } else { String::new() };
    format!("{} is at most {}{of_rows}", of_what(plan), short(mean))
}

fn of_what(plan: &Plan) -> &'static str {
    if plan.gate().is_some() { "far from 0 the curvature" } else { "the gradient's Lipschitz constant" }
}

/// `write dt = 0.5 under process 'sde', or --set process.sde.dt=0.5`: round numbers within `share` of the bounds that have a clock with
/// the steps of the other processes.
fn lines(plan: &Plan, number: usize, bounds: &[Bound], share: f64) -> String {
    let mut changed: Vec<ProcessSpec> = plan.study.process.clone();
    let mut values: Vec<(&str, f64)> = Vec::new();
    for bound in bounds {
        let mut value = round_down(share * bound.below);
        for _ in 0..TRIES {
            set(&mut changed[number].dynamics, bound.key, value);
            if has_clock(plan, &changed) {
                break;
            }
            value = round_down(value * 0.99);
        }
        values.push((bound.key, value));
    }
    let name = &plan.study.process[number].name;
    let text = |shape: &dyn Fn(&str, f64) -> String, between: &str| {
        values.iter().map(|(key, value)| shape(key, *value)).collect::<Vec<_>>().join(between)
    };
    let written = text(&|key, value| format!("{key} = {value:?}"), " and ");
    let options = text(&|key, value| format!("--set process.{name}.{key}={value:?}"), " ");
    format!("write {written} under process '{name}', or {options}")
}

fn set(dynamics: &mut DynamicsSpec, key: &str, value: f64) {
    match (key, dynamics) {
        ("step", DynamicsSpec::ScaledNoiseGd(gd)) => gd.step = value,
        ("step", DynamicsSpec::BoundedNoiseGd(gd)) => gd.step = value,
        ("s", dynamics) => {
            if let Some(s) = dynamics.noise_scale_mut() {
                *s = value;
            }
        }
        (_, dynamics) => {
            if let Some(dt) = dynamics.dt() {
                *dt = Some(value);
            }
        }
    }
}

fn has_clock(plan: &Plan, processes: &[ProcessSpec]) -> bool {
    let lengths: Vec<f64> = processes.iter().map(|process| process.dynamics.step_length()).collect();
    let TimeSpec { horizon, points, spacing, .. } = plan.study.time;
    Clock::new(&lengths, horizon, points, spacing).is_ok()
}

/// Three digits.
fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    if (1e-4..1e6).contains(&rounded) { format!("{rounded}") } else { format!("{rounded:e}") }
}
