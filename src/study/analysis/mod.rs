//! The analyses of one point of a study: what is asked in `[analysis]`, answered from what the run left.

mod agreement;
mod certificate;
mod controls;
mod density;
mod discrete;
mod distance;
mod gap;
mod history;
mod ladder;
mod lojasiewicz;
mod noise;
mod ntk;
mod rates;
mod reference;
mod side_runs;
mod slowest;

pub use history::{History, HistoryState};

use super::findings::{DistanceRow, LagRow};
use super::keeper::{Keeper, Pieces, Stages};
use super::plan::Plan;
use super::results::{CurveRow, EstimateRow, Results};
use super::run::Progress;
use super::spec::{DynamicsSpec, SgdSdeSpec};
use super::theory::Theory;
use crate::dynamics::Process;
use crate::error::Result;
use crate::estimates::Estimate;
use crate::parallel::Threads;
use crate::problem::{Minimum, Quantity};
use certificate::Certified;
use distance::Place;
use history::Followed;
use reference::{GibbsAt, noise_scales};

/// What the run has found by its end.
pub struct Ended<'a> {
    /// The sweep point.
    pub point: usize,
    /// Readings and snapshots, where an analysis needs them.
    pub history: Option<&'a History>,
    /// The curves so far.
    pub curves: &'a [CurveRow],
    /// The first particles of each process at the horizon.
    pub last: Vec<Vec<f64>>,
    /// The coldest particles and the minimiser: where some chains of the sampler start.
    pub points: Vec<f64>,
    /// The smallest risk, and how far below it the infimum may lie where that is known (0 elsewhere).
    pub minimum: Option<(&'a Minimum, f64)>,
    /// Whether the infimum is known to lie no further below; else the smallest risk found is all that is known.
    pub infimum_known: bool,
}

/// Answers `[analysis] gibbs`, `mixing` and `certificate`.
///
/// # Errors
/// When the keeper cannot keep what an analysis has found.
pub fn analyse(
    plan: &Plan,
    ended: &Ended,
    threads: &Threads,
    progress: &mut dyn Progress,
    keeper: &mut dyn Keeper,
) -> Result<Results> {
    let mut stages = Stages::new(keeper, ended.point, plan.clock.end());
    let theory = plan.study.analysis.certificate.as_ref().map(|_| Theory::new(plan));
    for s in noise_scales(plan) {
        stages.add(|pieces| at_noise_scale(plan, s, (ended, theory.as_ref()), threads, progress, pieces))?;
    }
    if let Some(history) = ended.history {
        stages.add(|pieces| agreement::agreement(plan, (ended, history), threads, progress, pieces))?;
        stages.add(|_| noise::noise(plan, ended.point, history, threads, progress))?;
    }
    stages.add(|_| lojasiewicz::lojasiewicz(plan, ended, threads, progress))?;
    stages.add(|pieces| ntk::ntk(plan, ended.point, threads, progress, pieces))?;
    stages.add(|pieces| {
        discrete::discrete(plan, (ended, theory.flatten().as_ref()), threads, progress, pieces)
    })?;
    Ok(stages.findings())
}

/// What is asked of every process with noise of scale `s`: they share one sample of the Gibbs measure.
fn at_noise_scale(
    plan: &Plan,
    s: f64,
    (ended, theory): (&Ended, Option<&Option<Theory>>),
    threads: &Threads,
    progress: &mut dyn Progress,
    pieces: &mut Pieces<'_>,
) -> Results {
    let mut findings = Results::default();
    let processes = plan.processes();
    let sampled = plan.study.analysis.gibbs.is_some() || plan.study.analysis.mixing.is_some();
    let gibbs = sampled.then(|| {
        let mut at = |fraction: f64| progress.analysing("sampling the Gibbs measure", fraction);
        GibbsAt::new(plan, s, ended.points.clone(), threads, &mut at, pieces)
    });
    for (number, process) in processes.iter().enumerate().filter(|(_, p)| p.noise_scale() == s) {
        let spec = &plan.study.process[number];
        let place = Place { point: ended.point, number, process: &spec.name };
        let sde = match &spec.dynamics {
            DynamicsSpec::SgdSde(sde) => Some(sde),
            _ => None,
        };
        let mut own = Results::default();
        if let Some((gibbs, history)) = gibbs.as_ref().zip(ended.history) {
            let process = process.as_ref();
            let asked = Asked { plan, place, process, sde, gibbs, ended, history, threads };
            asked.answer(&mut own, progress, pieces);
        }
        if let Some(theory) = theory.filter(|_| sde.is_some() && s > 0.0) {
            progress.analysing("the guarantee", 0.0);
            let (theory, gibbs) = (theory.as_ref(), gibbs.as_ref());
            let certified = Certified { plan, place, s, theory, ended, gibbs, threads };
            let more = certified.results(&own.estimates);
            own.extend(more);
        }
        findings.extend(own);
    }
    findings
}

/// One process with everything its answers need.
struct Asked<'a> {
    plan: &'a Plan,
    place: Place<'a>,
    process: &'a dyn Process,
    sde: Option<&'a SgdSdeSpec>,
    gibbs: &'a GibbsAt<'a>,
    ended: &'a Ended<'a>,
    history: &'a History,
    threads: &'a Threads,
}

impl Asked<'_> {
    fn answer(&self, findings: &mut Results, progress: &mut dyn Progress, pieces: &mut Pieces<'_>) {
        let analysis = &self.plan.study.analysis;
        let refine = analysis.gibbs.is_none_or(|gibbs| gibbs.refine);
        let followed = &self.history.followed;
        let biases = match self.sde.filter(|_| refine) {
            None => Vec::new(),
            Some(sde) => {
                progress.analysing("halving the step", 0.0);
                pieces.one(
                    |_| true,
                    || ladder::step_bias(self.plan, (self.place.number, sde), followed, self.threads),
                )
            }
        };
        if analysis.gibbs.is_some() {
            self.distances(findings, progress, pieces);
            if let Some(sde) = self.sde.filter(|_| refine) {
                let risk = followed.iter().position(|f| *f == Followed::Quantity(Quantity::Risk));
                let risk = risk.and_then(|k| biases.get(k).copied().flatten());
                findings.estimates.push(ladder::bias_row(self.place.point, self.place.process, sde, risk));
            }
        }
        if analysis.mixing.is_some() {
            self.rates(findings, &biases, progress, pieces);
        }
    }

    /// `[analysis] gibbs`.
    fn distances(&self, findings: &mut Results, progress: &mut dyn Progress, pieces: &mut Pieces<'_>) {
        let Place { point, number, process } = self.place;
        findings.estimates.extend(self.gibbs.rows(point, process));
        findings.estimates.extend(self.gibbs.means(point, process, &self.history.followed));
        findings.estimates.extend(self.gibbs.start_row(point, process, &self.plan.start));
        let gap = gap::gap_curve(self.gibbs, process, self.ended.curves);
        findings.estimates.push(gap::gap_row(point, process, self.gibbs, &gap));
        findings.curves.extend(gap);
        if self.sde.is_some() {
            match gap::exact_curve(self.plan, (point, number), self.gibbs, process) {
                Ok(curve) => findings.curves.extend(curve),
                Err(row) => findings.estimates.push(*row),
            }
        }
        let snapshots = &self.history.tracks[number].snapshots;
        let mut rows = Vec::new();
        for (i, snapshot) in snapshots.iter().enumerate() {
            progress.analysing("distances to the Gibbs measure", i as f64 / snapshots.len() as f64);
            rows.extend(pieces.one(
                |_: &Vec<DistanceRow>| true,
                || distance::distances(self.plan, self.place, self.gibbs, (i, snapshot), self.threads),
            ));
        }
        findings.estimates.push(distance::ksd_row(self.place, &rows));
        findings.distances.extend(rows);
        if let Some(last) = snapshots.last() {
            findings.densities.extend(density::density_rows(self.place, self.gibbs, last));
            let rows = distance::temperature_rows(self.plan, self.place, self.gibbs.s, last, self.threads);
            findings.estimates.extend(rows);
        }
    }

    /// `[analysis] mixing`.
    fn rates(
        &self,
        findings: &mut Results,
        biases: &[Option<Estimate>],
        progress: &mut dyn Progress,
        pieces: &mut Pieces<'_>,
    ) {
        progress.analysing("rates", 0.0);
        // μ_s is the limit of the SDE alone.
        let reference = self.sde.map(|_| self.gibbs);
        let (rows, fits) =
            rates::decay_rates(self.plan, self.place, self.process, (reference, biases), self.history);
        findings.estimates.extend(rows);
        findings.fits.extend(fits);
        let minimum = self.ended.minimum;
        findings.estimates.extend(rates::convergence_rows(self.plan, self.place, self.ended.curves, minimum));
        let Some(sde) = self.sde else {
            return;
        };
        let gap = slowest::gap_row(self.place, self.gibbs);
        let known = gap.as_ref().and_then(|row| row.value);
        findings.estimates.extend(gap);
        progress.analysing("the slowest mode", 0.5);
        let (rows, lags): (Vec<EstimateRow>, Vec<LagRow>) = pieces.one(
            |_| true,
            || slowest::slowest_rows(self.plan, self.place, sde, (self.gibbs, known), self.threads),
        );
        findings.estimates.extend(rows);
        findings.lags.extend(lags);
    }
}
