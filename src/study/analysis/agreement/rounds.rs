//! Runs of all processes at one rung, in rounds: what is kept of the particles, so that memory does not grow with their number.

use super::place::{halved, on_finer_path};
use super::{Asked, LATE};
use crate::analysis::agreement::{PathMoments, window_mean};
use crate::random::{Key, Purpose};
use crate::study::analysis::side_runs::{SideRun, SideStudy, side_runs};
use crate::study::spec::DynamicsSpec;
use rand::RngExt;

/// Particles that run together: it bounds the memory of their readings, and is a part of the result.
const TOGETHER: u64 = 16_384;
/// Tag of the seeds.
const SEEDS: u64 = 0x7275_6e67;

/// What is kept of the particles so far.
pub struct Rounds {
    /// The observation times.
    pub times: Vec<f64>,
    /// Particles of each process.
    pub particles: u64,
    /// The models, by their numbers.
    pub models: Vec<(usize, Kept)>,
    /// The risk of the reference late in the run, particle by particle.
    pub late: Vec<f64>,
}

/// What is kept of one model's particles.
pub struct Kept {
    /// Model less reference for each quantity; by the finer run where there is an integrator.
    pub differences: Vec<PathMoments>,
    /// What halving the integrator's step changes; `None` without an integrator.
    pub biases: Option<Vec<PathMoments>>,
    /// The risk late in the run, particle by particle.
    pub late: Vec<f64>,
}

impl Asked<'_> {
    /// Adds particles until there are `target` of each process: those of rung number `number` at `coarse`, models with an integrator
    /// also at half the step on the same path.
    ///
    /// # Errors
    /// A sentence where the steps have no common clock.
    pub fn add_particles(
        &self,
        (number, coarse): (u64, &[DynamicsSpec]),
        target: u64,
        kept: &mut Option<Rounds>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<(), String> {
        let fine: Vec<Option<DynamicsSpec>> = coarse.iter().map(halved).collect();
        let mut dynamics: Vec<DynamicsSpec> = coarse.iter().map(on_finer_path).collect();
        dynamics.extend(fine.iter().flatten().cloned());
        // Where the run with half the step stands behind those of the processes themselves.
        let mut behind = coarse.len()..;
        let finer: Vec<Option<usize>> =
            fine.iter().map(|fine| fine.as_ref().and_then(|_| behind.next())).collect();
        let quantities = self.quantities();
        let done = kept.as_ref().map_or(0, |kept| kept.particles);
        let mut from = done;
        while from < target {
            let particles = TOGETHER.min(target - from);
            let time = &self.plan.study.time;
            let asked = SideStudy {
                dynamics: &dynamics,
                quantities: &quantities,
                horizon: time.horizon,
                points: time.points,
                particles,
                seed: self.seed(number, from),
                controlled: true,
            };
            let mut at = |within: f64| {
                progress(((from - done) as f64 + within * particles as f64) / (target - done) as f64);
            };
            let (times, runs) = side_runs(self.plan, &asked, self.threads, &mut at)
                .map_err(|error| format!("the steps have no common clock ({error:?})"))?;
            self.keep(kept.get_or_insert_with(|| self.nothing_yet(times, &finer)), &runs, &finer);
            from += particles;
        }
        Ok(())
    }

    /// The seed of particles from number `from` on at rung number `number`: no random number is shared between rungs, nor between rounds,
    /// so that their errors are independent.
    fn seed(&self, number: u64, from: u64) -> u64 {
        Key::new(self.plan.study.seed, Purpose::Resample).tagged(SEEDS).stream(number, from).random()
    }

    fn nothing_yet(&self, times: Vec<f64>, finer: &[Option<usize>]) -> Rounds {
        let empty = || vec![PathMoments::empty(times.len()); self.quantities().len()];
        let kept = |model: usize| Kept {
            differences: empty(),
            biases: finer[model].map(|_| empty()),
            late: Vec::new(),
        };
        let models = self.models().map(|model| (model, kept(model))).collect();
        Rounds { times, particles: 0, models, late: Vec::new() }
    }

    fn keep(&self, rounds: &mut Rounds, runs: &[SideRun], finer: &[Option<usize>]) {
        let reference = &runs[self.with];
        let end = rounds.times.last().copied().unwrap_or(0.0);
        let window = window_mean(&rounds.times, LATE * end, end).unwrap_or_default();
        let late = |run: &SideRun| run.paths(0).functionals(&window);
        for (model, kept) in &mut rounds.models {
            let best = &runs[finer[*model].unwrap_or(*model)];
            let add = |all: &mut [PathMoments], a: &SideRun, b: &SideRun| {
                for (k, all) in all.iter_mut().enumerate() {
                    all.merge(&PathMoments::paired(&a.paths(k), &b.paths(k), self.threads));
                }
            };
            add(&mut kept.differences, best, reference);
            if let Some(biases) = &mut kept.biases {
                add(biases, &runs[*model], best);
            }
            kept.late.extend(late(best));
        }
        rounds.late.extend(late(reference));
        rounds.particles += reference.particles as u64;
    }
}
