//! The run of one point: its steps, and what they leave.

use super::Certificate;
use super::analysis::{Ended, analyse};
use super::keeper::{Keeper, Unkept};
use super::left_out::note_divergences;
use super::plan::Plan;
use super::results::{PointRow, ProcessRow, Results};
use super::scalars::{
    coldest, final_risks, first_particles, limit_distances, minimum_readings, minimum_row, search_minimum,
};
use super::share::Share;
use super::simulation::Simulation;
use super::stable_step::advice;
use crate::ensemble::Ensemble;
use crate::error::{AllDiverged, Result};
use crate::parallel::Threads;

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
    pub failure: Option<AllDiverged>,
}

/// How many divergences are recorded with their place.
const DIVERGENCES_KEPT: usize = 20;

/// Runs point number `point` of a study.
///
/// Memory: the particles, their readings at one time, and the rows of the tables; with an analysis also 16 MiB of readings
/// for each process and quantity at most, and snapshots of particles. It does not grow with the number of steps. The result is the
/// same for any number of threads.
pub fn run(
    plan: &Plan,
    point: usize,
    settings: Vec<(String, String)>,
    threads: &Threads,
    progress: &mut dyn Progress,
) -> Outcome {
    let processes = plan.processes();
    let mut simulation = Simulation::new(plan, &processes, point, Share::WHOLE);
    let made = simulation.advance(threads, progress, &mut Unkept::default());
    let outcome = made.and_then(|()| {
        conclude(plan, (point, settings), simulation, threads, progress, &mut Unkept::default())
    });
    outcome.expect("only what cannot be kept, or is interrupted, fails")
}

/// What a simulation leaves that has come to the horizon: scalars and what the analyses find.
///
/// # Errors
/// When `keeper` cannot keep what an analysis has found.
pub fn conclude(
    plan: &Plan,
    (point, settings): (usize, Vec<(String, String)>),
    simulation: Simulation<'_>,
    threads: &Threads,
    progress: &mut dyn Progress,
    keeper: &mut dyn Keeper,
) -> Result<Outcome> {
    let Simulation { ensembles, recorder, history, seconds, .. } = simulation;
    let specs = &plan.study.process;
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
    let (curves, readings) = recorder.finish();
    estimates.extend(final_risks(point, &curves));
    estimates.extend(limit_distances(plan, point));
    estimates.extend(minimum_readings(plan, point, minimum.as_ref()));
    if plan.study.analysis.certificate.is_some() {
        progress.analysing("constants and bounds", 0.0);
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
    let findings = analyse(plan, &ended, threads, progress, keeper)?;
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
    Ok(Outcome { results, particles, shape: plan.potential().shape(), failure })
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

fn all_diverged(
    plan: &Plan,
    number: usize,
    ensemble: &Ensemble<'_>,
    threads: &Threads,
) -> Option<AllDiverged> {
    let particles: u64 = ensemble.blocks().iter().map(|b| b.count() as u64).sum();
    let first = ensemble.divergences().first()?;
    (ensemble.divergences().len() as u64 == particles).then(|| AllDiverged {
        process: plan.study.process[number].name.clone(),
        particles,
        particle: first.particle,
        step: first.step,
        time: first.time,
        advice: advice(plan, number, ensemble, threads),
    })
}
