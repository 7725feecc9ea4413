//! Runs of all processes at one rung, in rounds: what is kept of the particles, so that memory does not grow with their number.

use super::place::{halved, on_finer_path};
use super::{Asked, LATE};
use crate::analysis::agreement::{PairMoments, PathMoments, window_mean};
use crate::dynamics::ResponsePath;
use crate::random::{Key, Purpose};
use crate::study::analysis::controls::response_path;
use crate::study::analysis::side_runs::{SideRun, SideStudy, side_clock, side_runs, step_lengths};
use crate::study::clock::Clock;
use crate::study::keeper::Pieces;
use crate::study::spec::DynamicsSpec;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// The most particles that run together: it bounds the memory of their readings, and is a part of the result.
const TOGETHER: u64 = 16_384;
/// Tag of the seeds.
const SEEDS: u64 = 0x7275_6e67;

/// Everything at one rung that does not depend on the particles.
pub struct Ready {
    number: u64,
    /// The processes on paths drawn with half their step, then those that have one with half the step.
    dynamics: Vec<DynamicsSpec>,
    /// Where the run with half the step stands behind those of the processes themselves.
    finer: Vec<Option<usize>>,
    clock: Clock,
    controls: Vec<Option<ResponsePath>>,
}

/// What is kept of the particles so far.
#[derive(Serialize, Deserialize)]
pub struct Rounds {
    /// The observation times.
    pub times: Vec<f64>,
    /// Particles of each process.
    pub particles: u64,
    /// The models, by their numbers.
    pub models: Vec<(usize, Kept)>,
}

/// What is kept of one model's particles.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// Model less reference for each quantity; by the finer run where there is an integrator.
    pub differences: Vec<PathMoments>,
    /// What halving the integrator's step changes; `None` without an integrator.
    pub biases: Option<Vec<PathMoments>>,
    /// The risk of the model and of the reference late in the run.
    pub late: PairMoments,
}

impl Rounds {
    /// Whether it has moments of the same differences at the same times as `other`.
    fn is_like(&self, other: &Self) -> bool {
        let like = |((model, kept), (of, theirs)): (&(usize, Kept), &(usize, Kept))| {
            let count = |biases: &Option<Vec<PathMoments>>| biases.as_ref().map(Vec::len);
            let mut moments = kept.differences.iter().chain(kept.biases.iter().flatten());
            model == of
                && kept.differences.len() == theirs.differences.len()
                && count(&kept.biases) == count(&theirs.biases)
                && moments.all(|moments| moments.fits(other.times.len()))
        };
        self.times == other.times
            && self.models.len() == other.models.len()
            && self.models.iter().zip(&other.models).all(like)
    }
}

impl Asked<'_> {
    /// Makes rung number `number` ready: the processes `coarse`, models with an integrator also at half the step on the same path.
    ///
    /// # Errors
    /// A sentence where the steps have no common clock.
    pub fn ready(&self, number: u64, coarse: &[DynamicsSpec]) -> Result<Ready, String> {
        let fine: Vec<Option<DynamicsSpec>> = coarse.iter().map(halved).collect();
        let mut dynamics: Vec<DynamicsSpec> = coarse.iter().map(on_finer_path).collect();
        dynamics.extend(fine.iter().flatten().cloned());
        let mut behind = coarse.len()..;
        let finer = fine.iter().map(|fine| fine.as_ref().and_then(|_| behind.next())).collect();
        let time = &self.plan.study.time;
        let clock = side_clock(&dynamics, time.horizon, time.points)
            .map_err(|error| format!("the steps have no common clock ({error:?})"))?
            .also_at(&self.order_times(), &step_lengths(&dynamics));
        let steps = clock.observations.last().map_or(&[] as &[u64], |last| &last.steps);
        let paths = dynamics.iter().zip(steps);
        let controls = paths.map(|(dynamics, steps)| response_path(self.plan, dynamics, *steps)).collect();
        Ok(Ready { number, dynamics, finer, clock, controls })
    }

    /// `rounds` with particles added until there are `target` of each process.
    pub fn add_particles(
        &self,
        ready: &Ready,
        target: u64,
        rounds: Rounds,
        progress: &mut dyn FnMut(f64),
        pieces: &mut Pieces<'_>,
    ) -> Rounds {
        let quantities = self.quantities();
        let (from, more) = (rounds.particles, target - rounds.particles);
        // Of nearly equal size, so that none is too small for its controls.
        let chunks = more.div_ceil(TOGETHER);
        let end =
            |chunk: u64| from + (u128::from(more) * u128::from(chunk) / u128::from(chunks.max(1))) as u64;
        let chunk_at = |particles: u64| (0..=chunks).find(|&chunk| end(chunk) == particles);
        let fits =
            |known: &Rounds| known.is_like(&self.nothing_yet(ready)) && chunk_at(known.particles).is_some();
        pieces.grown(rounds, fits, |rounds| {
            let Some(chunk) = chunk_at(rounds.particles).filter(|&chunk| chunk < chunks) else {
                return false;
            };
            let asked = SideStudy {
                dynamics: &ready.dynamics,
                quantities: &quantities,
                clock: &ready.clock,
                particles: end(chunk + 1) - end(chunk),
                seed: self.seed(ready.number, rounds.particles),
                controls: Some(&ready.controls),
            };
            let mut at = |within: f64| progress((chunk as f64 + within) / chunks as f64);
            let runs = side_runs(self.plan, &asked, self.threads, &mut at);
            self.keep(rounds, &runs, &ready.finer);
            true
        })
    }

    /// The seed of particles from number `from` on at rung number `number`: no random number is shared between rungs, nor between rounds,
    /// so that their errors are independent.
    fn seed(&self, number: u64, from: u64) -> u64 {
        Key::new(self.plan.study.seed, Purpose::Resample).tagged(SEEDS).stream(number, from).random()
    }

    /// No particles yet.
    pub fn nothing_yet(&self, ready: &Ready) -> Rounds {
        let (times, finer) = (ready.clock.times(), &ready.finer);
        let empty = || vec![PathMoments::empty(times.len()); self.quantities().len()];
        let kept = |model: usize| Kept {
            differences: empty(),
            biases: finer[model].map(|_| empty()),
            late: PairMoments::default(),
        };
        let models = self.models().map(|model| (model, kept(model))).collect();
        Rounds { times, particles: 0, models }
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
            kept.late.add(&late(best), &late(reference));
        }
        rounds.particles += reference.particles as u64;
    }
}
