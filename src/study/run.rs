//! The run: advance every process to the next observation time, observe, record.

use super::plan::Plan;
use super::results::{CurveRow, EstimateRow, PointRow, ProcessRow, Results};
use crate::ensemble::Ensemble;
use crate::error::Error;
use crate::estimates::{Estimate, Moments};
use crate::parallel::Threads;
use crate::problem::{Minimum, Potential, Quantity, Readings, minimise};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;
use std::time::{Duration, Instant};

/// Hears how far a run is.
pub trait Progress {
    /// `fraction` of the work of this point is done; `risk` is the latest E L̃ of the first process.
    fn at(&mut self, fraction: f64, risk: Option<f64>);
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

/// Local searches for the minimum: this many from random starts, and one from the coldest particle of each process.
const RANDOM_SEARCHES: u64 = 3;
/// How many divergences are recorded with their place.
const DIVERGENCES_KEPT: usize = 20;

/// Runs point number `point` of a study.
///
/// Memory: the particles, their readings at one time, and the rows of the tables; it does not grow with the number of
/// steps. The result is the same for any number of threads.
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
    let mut pace = Pace::new(plan, progress);
    let mut seconds = vec![0.0; ensembles.len()];
    for observation in &plan.clock.observations {
        for ((ensemble, &to), seconds) in ensembles.iter_mut().zip(&observation.steps).zip(&mut seconds) {
            let started = Instant::now();
            pace.advance(ensemble, to, threads);
            *seconds += started.elapsed().as_secs_f64();
        }
        let readings: Vec<Vec<Readings>> = ensembles
            .iter_mut()
            .map(|ensemble| ensemble.observe(&recorder.wanted, threads))
            .collect();
        pace.risk = recorder.record(&observation.steps, observation.time, &readings);
    }
    let mut row = PointRow::new(point, settings, &plan.study, plan.data.as_ref());
    let minimum = search_minimum(plan, &ensembles);
    row.risk_minimum = minimum.as_ref().map(|m| m.value);
    recorder.estimates.push(minimum_row(plan, point, minimum));
    let failure = ensembles
        .iter()
        .zip(specs)
        .find_map(|(ensemble, spec)| all_diverged(plan, ensemble, &spec.name));
    let process_rows = ensembles
        .iter()
        .zip(specs)
        .zip(&seconds)
        .map(|((ensemble, spec), seconds)| process_row(point, &spec.name, ensemble, spec.particles, *seconds))
        .collect();
    let particles = ensembles
        .iter()
        .zip(specs)
        .map(|(ensemble, spec)| (spec.name.clone(), final_weights(ensemble)))
        .collect();
    let Recorder {
        curves,
        mut estimates,
        ..
    } = recorder;
    estimates.extend(final_risks(point, &curves));
    estimates.extend(not_computed(plan, point));
    let results = Results {
        title: plan.study.title.clone(),
        points: vec![row],
        processes: process_rows,
        curves,
        estimates,
    };
    Outcome {
        results,
        particles,
        shape: plan.potential().shape(),
        failure,
    }
}

/// Turns readings into rows.
struct Recorder<'a> {
    plan: &'a Plan,
    point: usize,
    wanted: Vec<Quantity>,
    curves: Vec<CurveRow>,
    estimates: Vec<EstimateRow>,
}

impl<'a> Recorder<'a> {
    /// The risk is always observed: the summary, the figures and the verdicts stand on it.
    fn new(plan: &'a Plan, point: usize) -> Self {
        let mut wanted = plan.study.observe.quantities.clone();
        if !wanted.contains(&Quantity::Risk) {
            wanted.insert(0, Quantity::Risk);
        }
        Self {
            plan,
            point,
            wanted,
            curves: Vec::new(),
            estimates: Vec::new(),
        }
    }

    /// Adds the rows of one time and returns E L̃ of the first process.
    fn record(&mut self, steps: &[u64], time: f64, readings: &[Vec<Readings>]) -> Option<f64> {
        let names: Vec<&str> = self.plan.study.process.iter().map(|p| p.name.as_str()).collect();
        let block = self.plan.potential().block_len();
        let mut first = None;
        for &quantity in &self.wanted {
            let column = quantity as usize;
            for (i, all) in readings.iter().enumerate() {
                let estimate = mean(all.iter().map(|r| r[column]), block);
                if quantity == Quantity::Risk && i == 0 {
                    first = estimate.map(|e| e.value);
                }
                let place = (self.point, names[i], quantity.name());
                self.curves.push(CurveRow::new(place, steps[i], time, estimate));
                for (j, other) in readings.iter().enumerate().skip(i + 1) {
                    let differences = all.iter().zip(other).map(|(a, b)| a[column] - b[column]);
                    let pair = format!("{}|{}", names[i], names[j]);
                    let estimate = mean(differences, block);
                    let place = (self.point, pair.as_str(), quantity.name());
                    self.curves.push(CurveRow::new(place, steps[i], time, estimate));
                }
            }
        }
        first
    }
}

/// The mean of independent numbers, merged block by block in order.
fn mean(numbers: impl Iterator<Item = f64>, block: usize) -> Option<Estimate> {
    let numbers: Vec<f64> = numbers.collect();
    let mut moments = Moments::default();
    for chunk in numbers.chunks(block) {
        moments.merge(&Moments::of(chunk.iter().copied()));
    }
    moments.estimate()
}

/// Advances in pieces short enough that the progress bar moves; the pieces change no number.
struct Pace<'a> {
    progress: &'a mut dyn Progress,
    done: f64,
    total: f64,
    piece: u64,
    risk: Option<f64>,
}

impl<'a> Pace<'a> {
    fn new(plan: &Plan, progress: &'a mut dyn Progress) -> Self {
        let (last, processes) = (plan.clock.observations.last(), plan.processes());
        let total = processes
            .iter()
            .zip(&plan.study.process)
            .enumerate()
            .map(|(i, (process, spec))| {
                let steps = last.map_or(0, |o| o.steps[i]);
                steps as f64 * step_cost(process.facts().gradients_per_step, spec.particles)
            });
        Self {
            progress,
            done: 0.0,
            total: total.sum::<f64>().max(1.0),
            piece: 16,
            risk: None,
        }
    }

    fn advance(&mut self, ensemble: &mut Ensemble<'_>, to: u64, threads: &Threads) {
        let particles: usize = ensemble.blocks().iter().map(|b| b.count()).sum();
        let cost = step_cost(ensemble.process().facts().gradients_per_step, particles as u64);
        while ensemble.step() < to {
            let started = Instant::now();
            let next = (ensemble.step() + self.piece).min(to);
            let made = next - ensemble.step();
            ensemble.advance(next, threads);
            if started.elapsed() < Duration::from_millis(100) && made == self.piece {
                self.piece = self.piece.saturating_mul(2);
            } else if started.elapsed() > Duration::from_millis(400) {
                self.piece = (self.piece / 2).max(1);
            }
            self.done += made as f64 * cost;
            self.progress.at(self.done / self.total, self.risk);
        }
    }
}

/// Work of one step of all particles in gradients; what does not depend on rows counts as a hundredth.
fn step_cost(gradients: f64, particles: u64) -> f64 {
    (gradients + 0.01) * particles as f64
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
        first_divergences: ensemble
            .divergences()
            .iter()
            .take(DIVERGENCES_KEPT)
            .copied()
            .collect(),
    }
}

fn final_weights(ensemble: &Ensemble<'_>) -> Vec<f64> {
    let potential = ensemble.process().potential();
    let mut all = Vec::new();
    let mut row = vec![0.0; potential.dim()];
    for block in ensemble.blocks() {
        for w in block.weights.chunks_exact(block.dim) {
            potential.to_row_major(w, &mut row);
            all.extend_from_slice(&row);
        }
    }
    all
}

fn all_diverged(plan: &Plan, ensemble: &Ensemble<'_>, name: &str) -> Option<Error> {
    let particles: u64 = ensemble.blocks().iter().map(|b| b.count() as u64).sum();
    let first = ensemble.divergences().first()?;
    let hint = plan.potential().gradient_lipschitz().map(|lipschitz| {
        format!(
            "; the gradient's Lipschitz constant is at most {lipschitz:.3}, so steps below {:.3} are stable",
            2.0 / lipschitz
        )
    });
    (ensemble.divergences().len() as u64 == particles).then(|| Error::AllDiverged {
        process: name.into(),
        particles,
        particle: first.particle,
        step: first.step,
        time: first.time,
        step_length: ensemble.process().step_length(),
        hint: hint.unwrap_or_default(),
    })
}

/// Searches from the coldest particle of each process, from 0 and from Gaussian points.
fn search_minimum(plan: &Plan, ensembles: &[Ensemble<'_>]) -> Option<Minimum> {
    let potential = plan.potential();
    let mut starts: Vec<Vec<f64>> = ensembles.iter().filter_map(coldest).collect();
    starts.extend(random_starts(potential, plan.study.seed));
    minimise(potential, &starts)
}

/// 0 and a few points of N(0, I).
pub fn random_starts(potential: &dyn Potential, seed: u64) -> Vec<Vec<f64>> {
    let key = Key::new(seed, Purpose::Minimum);
    let draw = |i: u64| {
        let mut stream = key.stream(i, 0);
        (0..potential.dim())
            .map(|_| stream.sample(StandardNormal))
            .collect()
    };
    [vec![0.0; potential.dim()]]
        .into_iter()
        .chain((0..RANDOM_SEARCHES).map(draw))
        .collect()
}

/// The particle of the first block with the smallest risk.
fn coldest(ensemble: &Ensemble<'_>) -> Option<Vec<f64>> {
    let potential = ensemble.process().potential();
    let (mut scratch, mut gradient) = (potential.scratch(), vec![0.0; potential.dim()]);
    let block = ensemble.blocks().first()?;
    let risks = block
        .weights
        .chunks_exact(block.dim)
        .map(|w| (potential.value_gradient(w, &mut gradient, &mut scratch), w));
    risks
        .filter(|(risk, _)| risk.is_finite())
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, w)| w.to_vec())
}

fn minimum_row(plan: &Plan, point: usize, minimum: Option<Minimum>) -> EstimateRow {
    let row = EstimateRow {
        point,
        name: "risk_minimum".into(),
        quantity: "risk".into(),
        ..EstimateRow::default()
    };
    let method = "L-BFGS from the coldest particles, 0 and Gaussian points".to_owned();
    let Some(minimum) = minimum else {
        return EstimateRow {
            method,
            note: "no search ended at a finite value".into(),
            ..row
        };
    };
    let found = format!(
        "{} searches, {} distinct values, gradient norm {:.1e}",
        minimum.searches, minimum.distinct, minimum.gradient_norm
    );
    let convexity = plan
        .net()
        .and_then(|net| Some(net.settings().lambda - net.constants().negative_curvature?));
    let (ci_low, note) = match convexity {
        Some(mu) if mu > 0.0 => {
            let low = minimum.value - minimum.gradient_norm.powi(2) / (2.0 * mu);
            (
                Some(low),
                format!("{found}; the risk is {mu:.3}-strongly convex, so the interval is certain"),
            )
        }
        _ => (
            None,
            format!("{found}; an upper bound of the infimum, without sampling error"),
        ),
    };
    EstimateRow {
        value: Some(minimum.value),
        ci_low,
        ci_high: ci_low.map(|_| minimum.value),
        method,
        note,
        ..row
    }
}

/// `risk_final` of every process and pair: the last row of its curve of the risk.
fn final_risks(point: usize, curves: &[CurveRow]) -> Vec<EstimateRow> {
    let last = curves.last().map_or(0.0, |row| row.time);
    let rows = curves
        .iter()
        .filter(|row| row.time == last && row.quantity == "risk");
    rows.map(|row| {
        let paired = row.process.contains('|');
        let note = match (row.mean, row.std_err) {
            (None, _) => "all particles diverged".into(),
            (_, None) => "one particle: no standard error".into(),
            _ => format!("t = {}, n = {}", row.time, row.n),
        };
        EstimateRow {
            point,
            process: row.process.clone(),
            name: "risk_final".into(),
            quantity: "risk".into(),
            value: row.mean,
            std_err: row.std_err,
            ci_low: row.ci_low,
            ci_high: row.ci_high,
            method: if paired {
                "mean of paired differences"
            } else {
                "mean over particles"
            }
            .into(),
            note,
        }
    })
    .collect()
}

/// A row for each analysis that is asked for and that this version does not make.
fn not_computed(plan: &Plan, point: usize) -> Vec<EstimateRow> {
    let names = |analysis| match analysis {
        "certificate" => ["spectral_gap_lower"].as_slice(),
        "gibbs" => &["risk_gibbs", "gibbs_gap", "ksd"],
        "mixing" => &["mixing_rate", "decay_rate", "spectral_gap_upper"],
        _ => &["agreement_sup", "agreement_order"],
    };
    let row = |analysis: &str, name: &str| EstimateRow {
        point,
        name: name.into(),
        note: format!("not computed: this version has no [analysis] {analysis}"),
        ..EstimateRow::default()
    };
    plan.study
        .analysis
        .asked()
        .into_iter()
        .flat_map(|analysis| names(analysis).iter().map(move |name| row(analysis, name)))
        .collect()
}
