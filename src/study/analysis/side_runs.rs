//! Runs besides the study's own: the same problem and start with other noise scales.

use super::controls::{Controls, linear_response};
use crate::analysis::agreement::{FEWEST_CONTROLLED, Paths, control};
use crate::dynamics::ResponsePath;
use crate::ensemble::Ensemble;
use crate::estimates::{Estimate, Moments};
use crate::parallel::Threads;
use crate::problem::{Potential, Quantity};
use crate::study::clock::{Clock, ClockError, Spacing};
use crate::study::plan::Plan;
use crate::study::spec::DynamicsSpec;

/// What every particle of one process read at each time.
pub struct SideRun {
    /// Steps made at each time.
    pub steps: Vec<u64>,
    /// Particles.
    pub particles: usize,
    /// For each quantity asked for a table of times × particles; a particle that diverged reads NaN from then on.
    pub tables: Vec<Vec<f64>>,
}

impl SideRun {
    /// The readings of quantity number `quantity`.
    pub fn paths(&self, quantity: usize) -> Paths<'_> {
        Paths::new(&self.tables[quantity], self.particles)
    }

    /// The readings of quantity number `quantity` at time number `i`.
    pub fn at(&self, quantity: usize, i: usize) -> &[f64] {
        &self.tables[quantity][i * self.particles..][..self.particles]
    }

    /// The mean of the first quantity at time number `i`.
    pub fn mean(&self, i: usize) -> Option<Estimate> {
        Moments::of(finite(self.at(0, i).iter().copied())).estimate()
    }

    /// The mean of the first quantity of `self` less that of `other` at time number `i`, particle by particle.
    pub fn difference(&self, other: &Self, i: usize) -> Option<Estimate> {
        let pairs = self.at(0, i).iter().zip(other.at(0, i));
        Moments::of(finite(pairs.map(|(a, b)| a - b))).estimate()
    }
}

fn finite(numbers: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    numbers.filter(|x| x.is_finite())
}

/// What to run besides the study.
#[derive(Clone, Copy)]
pub struct SideStudy<'a> {
    /// The processes.
    pub dynamics: &'a [DynamicsSpec],
    /// What is read.
    pub quantities: &'a [Quantity],
    /// When.
    pub clock: &'a Clock,
    /// Particles of each process.
    pub particles: u64,
    /// Starts and noise are functions of it.
    pub seed: u64,
    /// Where readings are given less what controls of mean 0 explain of their scatter (for at least [`FEWEST_CONTROLLED`] particles): what
    /// the linear response of each process goes along, where it has one.
    pub controls: Option<&'a [Option<ResponsePath>]>,
}

/// The clock of `dynamics` up to `horizon`.
///
/// # Errors
/// [`ClockError`] where their steps have no common multiple up to the horizon.
pub fn side_clock(dynamics: &[DynamicsSpec], horizon: f64, points: usize) -> Result<Clock, ClockError> {
    Clock::new(&step_lengths(dynamics), horizon, points, Spacing::Linear)
}

/// The step of each process.
pub fn step_lengths(dynamics: &[DynamicsSpec]) -> Vec<f64> {
    dynamics.iter().map(DynamicsSpec::step_length).collect()
}

/// Runs processes from the study's law of the start on one clock and returns a run for each process.
pub fn side_runs(
    plan: &Plan,
    asked: &SideStudy,
    threads: &Threads,
    progress: &mut dyn FnMut(f64),
) -> Vec<SideRun> {
    let count = asked.dynamics.len() as f64;
    let run = |number: usize| {
        let mut at = |fraction: f64| progress((number as f64 + fraction) / count);
        side_run(plan, asked, number, threads, &mut at)
    };
    (0..asked.dynamics.len()).map(run).collect()
}

/// Runs process number `number`.
fn side_run(
    plan: &Plan,
    asked: &SideStudy,
    number: usize,
    threads: &Threads,
    progress: &mut dyn FnMut(f64),
) -> SideRun {
    let SideStudy { quantities, particles, seed, .. } = *asked;
    let dynamics = &asked.dynamics[number];
    let process = plan.process_of_seed(dynamics, seed);
    let mut ensemble = Ensemble::new(process.as_ref(), &plan.start, particles, seed);
    let steps: Vec<u64> = asked.clock.observations.iter().map(|o| o.steps[number]).collect();
    let mut tables = vec![Vec::new(); quantities.len()];
    let path =
        asked.controls.filter(|_| particles >= FEWEST_CONTROLLED as u64).map(|paths| paths[number].as_ref());
    let response = linear_response(plan, dynamics, path.flatten(), seed);
    let mut controls = path.map(|_| Controls::new(plan, dynamics, response.as_ref(), (particles, seed)));
    for (i, &to) in steps.iter().enumerate() {
        ensemble.advance(to, threads);
        if let Some(controls) = &mut controls {
            controls.advance(to, threads);
        }
        progress((i + 1) as f64 / steps.len() as f64);
        let readings = ensemble.observe(quantities, threads);
        // The controls have mean 0 over all particles, not over those that have stayed.
        let whole = ensemble.divergences().is_empty();
        for (table, quantity) in tables.iter_mut().zip(quantities) {
            let from = table.len();
            table.extend(readings.iter().map(|reading| reading[*quantity as usize]));
            if let Some(controls) = controls.as_ref().filter(|_| whole) {
                control(&mut table[from..], &mut controls.of(*quantity, &ensemble));
            }
        }
    }
    SideRun { steps, particles: particles as usize, tables }
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
