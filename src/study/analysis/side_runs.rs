//! Runs besides the study's own: the same problem and start with other noise scales.

use crate::ensemble::Ensemble;
use crate::estimates::{Estimate, Moments};
use crate::parallel::Threads;
use crate::problem::{Potential, Quantity};
use crate::study::clock::{Clock, ClockError, Spacing};
use crate::study::plan::Plan;
use crate::study::spec::DynamicsSpec;

/// L̃ of every particle of one process at each time.
pub struct RiskCurve {
    /// Steps made at each time.
    pub steps: Vec<u64>,
    /// Times × particles; a particle that diverged reads NaN from then on.
    pub risks: Vec<Vec<f64>>,
}

impl RiskCurve {
    /// E L̃ at time number `i`.
    pub fn mean(&self, i: usize) -> Option<Estimate> {
        Moments::of(finite(self.risks[i].iter().copied())).estimate()
    }

    /// E L̃ of `self` less that of `other` at time number `i`, particle by particle.
    pub fn difference(&self, other: &Self, i: usize) -> Option<Estimate> {
        let pairs = self.risks[i].iter().zip(&other.risks[i]);
        Moments::of(finite(pairs.map(|(a, b)| a - b))).estimate()
    }
}

fn finite(numbers: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    numbers.filter(|x| x.is_finite())
}

/// How far and how finely to run.
#[derive(Clone, Copy)]
pub struct Span {
    /// T.
    pub horizon: f64,
    /// Observation times.
    pub points: usize,
    /// Particles.
    pub particles: u64,
}

/// Runs processes from the study's start on one clock and returns the times with a curve for each process.
///
/// # Errors
/// [`ClockError`] where their steps have no common multiple up to the horizon.
pub fn risk_curves(
    plan: &Plan,
    dynamics: &[DynamicsSpec],
    span: Span,
    threads: &Threads,
    progress: &mut dyn FnMut(f64),
) -> Result<(Vec<f64>, Vec<RiskCurve>), ClockError> {
    let processes: Vec<_> = dynamics.iter().map(|dynamics| plan.process(dynamics)).collect();
    let lengths: Vec<f64> = processes.iter().map(|process| process.step_length()).collect();
    let clock = Clock::new(&lengths, span.horizon, span.points, Spacing::Linear)?;
    let mut curves = Vec::new();
    for (number, process) in processes.iter().enumerate() {
        let mut ensemble = Ensemble::new(process.as_ref(), &plan.start, span.particles, plan.study.seed);
        let steps: Vec<u64> = clock.observations.iter().map(|o| o.steps[number]).collect();
        let read = |(i, &to): (usize, &u64)| {
            ensemble.advance(to, threads);
            let share = (i + 1) as f64 / steps.len() as f64;
            progress((number as f64 + share) / processes.len() as f64);
            let readings = ensemble.observe(&[Quantity::Risk], threads);
            readings.iter().map(|reading| reading[Quantity::Risk as usize]).collect()
        };
        let risks = steps.iter().enumerate().map(read).collect();
        curves.push(RiskCurve { steps, risks });
    }
    Ok((clock.observations.iter().map(|o| o.time).collect(), curves))
}

/// `dynamics` with another s, where it has one; an SDE keeps its step.
pub fn at_noise_scale(dynamics: &DynamicsSpec, s: f64) -> DynamicsSpec {
    let mut changed = dynamics.clone();
    if let Some(scale) = changed.noise_scale_mut() {
        *scale = s;
    }
    changed
}

/// The largest number with two digits that is not above `x` > 0, so that steps of it have multiples with others.
pub fn two_digits_below(x: f64) -> f64 {
    let power = x.log10().floor() as i32 - 1;
    let digits = (x / 10f64.powi(power) * (1.0 + 1e-12)).floor() as u64;
    format!("{digits}e{power}").parse().unwrap_or(x)
}

/// A step for an SDE on `potential` where the study names none.
pub fn default_step(potential: &dyn Potential) -> Option<f64> {
    potential.gradient_lipschitz().map(|lipschitz| two_digits_below(0.1 / lipschitz))
}

#[cfg(test)]
mod tests {
    use super::two_digits_below;

    #[test]
    fn two_digits_and_never_above() {
        for (x, want) in
            [(0.012345, 0.012), (0.99, 0.99), (1.0, 1.0), (0.1, 0.1), (3.199e-5, 3.1e-5), (250.0, 250.0)]
        {
            assert_eq!(two_digits_below(x), want, "{x}");
        }
    }
}
