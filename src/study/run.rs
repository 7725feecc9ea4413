//! The run: advance every process to the next observation time, observe, record.

use super::Certificate;
use super::analysis::{Ended, History, analyse};
use super::left_out::note_divergences;
use super::plan::Plan;
use super::recorder::Recorder;
use super::results::{PointRow, ProcessRow, Results};
use super::scalars::{
    coldest, final_risks, first_particles, limit_distances, minimum_readings, minimum_row, search_minimum,
};
use super::stable_step::advice;
use crate::dynamics::{Block, Process};
use crate::ensemble::Ensemble;
use crate::error::Error;
use crate::parallel::Threads;
use crate::problem::{FiniteSum, Readings};
use std::time::Instant;

/// Hears how far a run is.
pub trait Progress {
    /// `fraction` of the work of this point is done; `risk` is the latest E L̃ of the first process.
    fn at(&mut self, fraction: f64, risk: Option<f64>);

    /// The steps are made; `fraction` of `what` is done.
    fn analysing(&mut self, _what: &str, _fraction: f64) {}

    /// Something to know before what comes next.
    fn note(&mut self, _text: &str) {}
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn at(&mut self, _fraction: f64, _risk: Option<f64>) {}
}

/// What one point of a study leaves.
pub struct Outcome {
    /// Its rows.
    pub results: Results,
    /// Final weights a process: its name and the particles, each row-major (width, inputs).
    pub particles: Vec<(String, Vec<f64>)>,
    /// (width, inputs) of a particle.
    pub shape: (usize, usize),
    /// A process all of whose particles diverged; the rows above are whole all the same.
    pub failure: Option<Error>,
}

/// How many divergences are recorded with their place.
const DIVERGENCES_KEPT: usize = 20;

/// Runs point number `point` of a study.
///
/// Memory: the particles, their readings at one time, and the rows of the tables; with an analysis also 16 MiB of readings
/// for each process and quantity at most, and snapshots of particles. It does not grow with the number of steps. The result is the same for any number of threads.
pub fn run(
    plan: &Plan,
    point: usize,
    settings: Vec<(String, String)>,
    threads: &Threads,
    progress: &mut dyn Progress,
) -> Outcome {
    let processes = plan.processes();
    let specs = &plan.study.process;
    let mut ensembles: Vec<Ensemble<'_>> = processes
        .iter()
        .zip(specs)
        .map(|(process, spec)| Ensemble::new(process.as_ref(), &plan.start, spec.particles, plan.study.seed))
        .collect();
    let mut recorder = Recorder::new(plan, point);
    let mut history = History::new(plan, &recorder.wanted);
    let mut pace = Pace::new(plan, progress);
    let seconds = simulate(plan, &mut ensembles, (&mut recorder, history.as_mut()), &mut pace, threads);
    let mut row = PointRow::new(point, settings, &plan.study, plan.data.as_ref());
    let minimum = search_minimum(plan, &ensembles);
    row.risk_minimum = minimum.as_ref().map(|m| m.value).or(plan.potential().known_infimum());
    let mut estimates = vec![minimum_row(plan, point, minimum.as_ref())];
    let named = || ensembles.iter().zip(specs);
    let mut numbered = ensembles.iter().enumerate();
    let failure = numbered.find_map(|(number, ensemble)| all_diverged(plan, number, ensemble, threads));
    let rows = named().zip(&seconds);
    let processes_left = rows
        .map(|((ensemble, spec), seconds)| process_row(point, &spec.name, ensemble, spec.particles, *seconds))
        .collect();
    let particles = named().map(|(ensemble, spec)| (spec.name.clone(), final_weights(ensemble))).collect();
    let (curves, readings) = (recorder.curves, recorder.last);
    estimates.extend(final_risks(point, &curves));
    estimates.extend(limit_distances(plan, point));
    estimates.extend(minimum_readings(plan, point, minimum.as_ref()));
    if plan.study.analysis.certificate.is_some() {
        pace.progress.analysing("constants and bounds", 0.0);
        row.certificate =
            serde_json::to_value(Certificate::new(plan, minimum.clone(), threads)).unwrap_or_default();
    }
    let known_bound = estimates[0].ci_low.zip(estimates[0].value).map(|(low, value)| value - low);
    let bound = known_bound.unwrap_or(0.0);
    let last = ensembles.iter().map(first_particles).collect();
    let points = ensembles.iter().filter_map(coldest);
    let points = points.chain(minimum.iter().map(|m| m.weights.clone())).flatten().collect();
    drop(ensembles);
    let ended = Ended {
        point,
        history: history.as_ref(),
        curves: &curves,
        last,
        points,
        minimum: minimum.as_ref().map(|m| (m, bound)),
        infimum_known: known_bound.is_some(),
    };
    let findings = analyse(plan, &ended, threads, pace.progress);
    let (title, points) = (plan.study.title.clone(), vec![row]);
    let mut results = Results {
        title,
        points,
        processes: processes_left,
        curves,
        estimates,
        readings,
        ..Results::default()
    };
    results.extend(findings);
    note_divergences(&mut results.estimates, &results.processes);
    Outcome { results, particles, shape: plan.potential().shape(), failure }
}

/// Advances every process from observation to observation, records what it reads, and returns the seconds spent in the steps of
/// each.
fn simulate(
    plan: &Plan,
    ensembles: &mut [Ensemble<'_>],
    (recorder, mut history): (&mut Recorder, Option<&mut History>),
    pace: &mut Pace,
    threads: &Threads,
) -> Vec<f64> {
    let mut seconds = vec![0.0; ensembles.len()];
    for observation in &plan.clock.observations {
        for ((ensemble, &to), seconds) in ensembles.iter_mut().zip(&observation.steps).zip(&mut seconds) {
            let started = Instant::now();
            pace.advance(ensemble, to, threads);
            *seconds += started.elapsed().as_secs_f64();
        }
        let readings: Vec<Vec<Readings>> =
            ensembles.iter_mut().map(|ensemble| ensemble.observe(&recorder.wanted, threads)).collect();
        pace.risk = recorder.record(&observation.steps, observation.time, &readings);
        if plan.repeated && observation.time == plan.clock.end() {
            recorder.keep(&readings);
        }
        if let Some(history) = &mut history {
            history.record(&observation.steps, observation.time, ensembles, &readings);
        }
    }
    seconds
}

/// Advances in pieces short enough that the progress bar moves. Their length follows from the study, not from the clock on
/// the wall, so that nothing in a run depends on how fast it goes.
struct Pace<'a> {
    progress: &'a mut dyn Progress,
    done: f64,
    total: f64,
    risk: Option<f64>,
}

/// Rows times weights times particles in a piece: a fraction of a second.
const PIECE: f64 = 1e9;

impl<'a> Pace<'a> {
    fn new(plan: &Plan, progress: &'a mut dyn Progress) -> Self {
        let (last, processes) = (plan.clock.observations.last(), plan.processes());
        let total = processes.iter().zip(&plan.study.process).enumerate().map(|(i, (process, spec))| {
            last.map_or(0.0, |o| o.steps[i] as f64) * step_cost(process.as_ref(), spec.particles)
        });
        Self { progress, done: 0.0, total: total.sum::<f64>().max(1.0), risk: None }
    }

    fn advance(&mut self, ensemble: &mut Ensemble<'_>, to: u64, threads: &Threads) {
        let particles: usize = ensemble.blocks().iter().map(Block::count).sum();
        let cost = step_cost(ensemble.process(), particles as u64);
        let piece = (PIECE / cost).max(1.0) as u64;
        while ensemble.step() < to {
            let next = ensemble.step().saturating_add(piece).min(to);
            let made = next - ensemble.step();
            ensemble.advance(next, threads);
            self.done += made as f64 * cost;
            self.progress.at(self.done / self.total, self.risk);
        }
    }
}

/// Rows times weights times particles of one step; the noise counts as a row.
fn step_cost(process: &dyn Process, particles: u64) -> f64 {
    let potential = process.potential();
    let samples = potential.finite_sum().map_or(1, FiniteSum::samples);
    let rows = process.facts().gradients_per_step * samples as f64 + 1.0;
    rows * potential.dim() as f64 * particles as f64
}

fn process_row(
    point: usize,
    name: &str,
    ensemble: &Ensemble<'_>,
    particles: u64,
    seconds: f64,
) -> ProcessRow {
    let process = ensemble.process();
    let (facts, s) = (process.facts(), process.noise_scale());
    let dim = process.potential().dim();
    let made = particles as f64 * ensemble.step() as f64;
    ProcessRow {
        point,
        name: name.into(),
        kind: facts.kind.into(),
        particles,
        dim,
        steps: ensemble.step(),
        step_length: process.step_length(),
        noise_scale: s,
        temperature: s / 2.0,
        noise_level: dim as f64 * s / 4.0,
        rule: facts.rule.into(),
        seconds_in_steps: seconds,
        particle_steps_per_second: if seconds > 0.0 { made / seconds } else { 0.0 },
        divergences: ensemble.divergences().len() as u64,
        first_divergences: ensemble.divergences().iter().take(DIVERGENCES_KEPT).copied().collect(),
    }
}

fn final_weights(ensemble: &Ensemble<'_>) -> Vec<f64> {
    let potential = ensemble.process().potential();
    let mut all = Vec::new();
    let mut row = vec![0.0; potential.dim()];
    for block in ensemble.blocks() {
        for w in block.weights.chunks_exact(block.dim) {
            potential.write_row_major(w, &mut row);
            all.extend_from_slice(&row);
        }
    }
    all
}

fn all_diverged(plan: &Plan, number: usize, ensemble: &Ensemble<'_>, threads: &Threads) -> Option<Error> {
    let particles: u64 = ensemble.blocks().iter().map(|b| b.count() as u64).sum();
    let first = ensemble.divergences().first()?;
    (ensemble.divergences().len() as u64 == particles).then(|| Error::AllDiverged {
        process: plan.study.process[number].name.clone(),
        particles,
        particle: first.particle,
        step: first.step,
        time: first.time,
        advice: advice(plan, number, ensemble, threads),
    })
}
