//! The discrete-time guarantee: its constants from runs at several noise scales, its step sizes, and SGD run at them.

mod check;
mod difference;
mod rows;

use super::Ended;
use super::reference::GibbsAt;
use super::side_runs::{
    SideRun, SideStudy, at_noise_scale, default_step, side_clock, side_runs, two_digits_below,
};
use crate::analysis::guarantee::{
    AtScale, DiscreteGuarantee, MomentBounds, Range, StepsCurve, StepsKind, ln_chi, simultaneous_level,
    verdict,
};
use crate::dynamics::Scheme;
use crate::estimates::Estimate;
use crate::parallel::Threads;
use crate::problem::{Minimum, Quantity};
use crate::study::ClockError;
use crate::study::certify::epsilons;
use crate::study::keeper::Pieces;
use crate::study::plan::Plan;
use crate::study::run::Progress;
use crate::study::spec::{DynamicsSpec, SgdSdeSpec};
use crate::study::theory::Theory;
use crate::study::{EstimateRow, Results};
use check::Check;
use difference::largest_difference;
use rows::name_of;

/// Observation times of a pair of runs, and of a check run: the latter finer, since steps are read off it.
const PAIR_POINTS: usize = 101;
const CHECK_POINTS: usize = 801;
/// Rows of a batch × weights × particles × steps of a check at most: some minutes of two cores.
const MOST_WORK: f64 = 3e12;

/// Times, steps made by then, and E L̃ there; `None` where there was no particle left.
type CheckRun = (Vec<f64>, Vec<u64>, Option<Vec<Estimate>>);

/// What all parts of the answer need.
struct Discrete<'a> {
    plan: &'a Plan,
    point: usize,
    sgd: (&'a str, &'a DynamicsSpec),
    sde: DynamicsSpec,
    minimum: (&'a Minimum, f64),
    infimum_known: bool,
    lipschitz: f64,
    particles: u64,
    threads: &'a Threads,
}

/// The rows of the discrete-time guarantee, where the study asks for it by `noise_scales`.
pub fn discrete(
    plan: &Plan,
    (ended, theory): (&Ended, Option<&Theory>),
    threads: &Threads,
    progress: &mut dyn Progress,
    pieces: &mut Pieces<'_>,
) -> Results {
    let mut results = Results::default();
    let asked = plan.study.analysis.certificate.as_ref().filter(|c| !c.noise_scales.is_empty());
    let sgd = plan.study.process.iter().find(|process| matches!(process.dynamics, DynamicsSpec::Sgd(_)));
    let (Some(asked), Some(sgd)) = (asked, sgd) else {
        return results;
    };
    let refused = |note: &str| EstimateRow {
        point: ended.point,
        process: sgd.name.clone(),
        name: "discrete_guarantee".into(),
        note: note.into(),
        ..EstimateRow::default()
    };
    let theory = theory.filter(|_| plan.net().is_some());
    let lipschitz = theory.and_then(|theory| theory.gradient_lipschitz.data);
    let (Some(theory), Some(lipschitz), Some(minimum)) = (theory, lipschitz, ended.minimum) else {
        results.estimates.push(refused(
            "none: it takes a net with a Lipschitz constant of its gradient, and a minimum of the risk",
        ));
        return results;
    };
    let Some(sde) = sde_of(plan) else {
        results.estimates.push(refused("none: no SDE with a step, and no constant to choose one by"));
        return results;
    };
    let part = Discrete {
        plan,
        point: ended.point,
        sgd: (&sgd.name, &sgd.dynamics),
        sde,
        minimum,
        infimum_known: ended.infimum_known,
        lipschitz,
        particles: asked.particles,
        threads,
    };
    let mut runs = Vec::new();
    for (i, &s) in asked.noise_scales.iter().enumerate() {
        let mut at = |fraction: f64| {
            let done = (i as f64 + fraction) / asked.noise_scales.len() as f64;
            progress.analysing("the constants of the discrete-time guarantee", done);
        };
        match part.at_scale((s, asked.noise_scales.len()), ended, &mut at, pieces) {
            Ok(run) => runs.push(run),
            Err(reason) => results.estimates.push(refused(&format!("s = {s}: {reason}"))),
        }
    }
    let horizon = plan.clock.end();
    match DiscreteGuarantee::new(&runs, horizon, lipschitz).filter(|_| runs.len() > 1) {
        None => results.estimates.push(refused("none: constants at fewer than two noise scales")),
        Some(guarantee) => results.extend(part.answers(&guarantee, theory, progress, pieces)),
    }
    results
}

/// The SDE of the study, or one with a default step; by Heun's scheme, whose own error is of second order in dt: A and B are divided
/// by s, and dt may be many s.
fn sde_of(plan: &Plan) -> Option<DynamicsSpec> {
    let own = plan.study.process.iter().find_map(|process| match &process.dynamics {
        DynamicsSpec::SgdSde(sde) => sde.dt,
        _ => None,
    });
    let dt = Some(own.or_else(|| default_step(plan.potential()))?);
    Some(DynamicsSpec::SgdSde(SgdSdeSpec { s: 0.0, dt, refinement: 1, scheme: Scheme::Heun }))
}

impl Discrete<'_> {
    /// Excess and largest difference at one noise scale.
    fn at_scale(
        &self,
        (s, scales): (f64, usize),
        ended: &Ended,
        progress: &mut dyn FnMut(f64),
        pieces: &mut Pieces<'_>,
    ) -> Result<AtScale, String> {
        if s * self.lipschitz > 1.0 {
            return Err(format!(
                "above 1/gLip = {:.4}, where the theorem says nothing",
                1.0 / self.lipschitz
            ));
        }
        let mut first_half = |fraction: f64| progress(0.5 * fraction);
        let difference = pieces.one(|_| true, || self.difference((s, scales), &mut first_half))?;
        let mut second_half = |fraction: f64| progress(0.5 + 0.5 * fraction);
        let points = ended.points.clone();
        let gibbs = GibbsAt::new(self.plan, s, points, self.threads, &mut second_half, pieces);
        let mean = gibbs.sample.passed().and_then(|sample| sample.expectation(Quantity::Risk));
        let mean = mean.ok_or_else(|| gibbs.sampling())?;
        // The infimum may lie lower than the minimum found: the excess is then larger by that at most.
        let excess = Estimate { value: mean.value - self.minimum.0.value + self.minimum.1, ..mean };
        Ok(AtScale { s, excess, difference })
    }

    /// The largest difference of SGD and the SDE at one noise scale.
    fn difference(&self, (s, scales): (f64, usize), progress: &mut dyn FnMut(f64)) -> Result<Range, String> {
        let processes = [at_noise_scale(self.sgd.1, s), at_noise_scale(&self.sde, s)];
        let (times, curves) = self
            .run(&processes, (self.plan.clock.end(), PAIR_POINTS), progress)
            .map_err(|error| format!("SGD and the SDE have no common clock: {error:?}"))?;
        let difference = largest_difference(&curves[0], &curves[1], times.len(), simultaneous_level(scales))
            .ok_or("every particle diverged")?;
        let lost = curves
            .iter()
            .map(|curve| curve.at(0, times.len() - 1).iter().filter(|x| !x.is_finite()).count())
            .max();
        match lost {
            Some(lost) if lost > 0 => Err(format!("{lost} particles diverged")),
            _ => Ok(difference),
        }
    }

    /// The risk of `dynamics` up to a horizon at so many times.
    fn run(
        &self,
        dynamics: &[DynamicsSpec],
        (horizon, points): (f64, usize),
        progress: &mut dyn FnMut(f64),
    ) -> Result<(Vec<f64>, Vec<SideRun>), ClockError> {
        let (quantities, particles, seed) = (&[Quantity::Risk], self.particles, self.plan.study.seed);
        let clock = side_clock(dynamics, horizon, points)?;
        let asked = SideStudy { dynamics, quantities, clock: &clock, particles, seed, controls: None };
        let runs = side_runs(self.plan, &asked, self.threads, progress);
        Ok((clock.times(), runs))
    }

    fn answers(
        &self,
        guarantee: &DiscreteGuarantee,
        theory: &Theory,
        progress: &mut dyn Progress,
        pieces: &mut Pieces<'_>,
    ) -> Results {
        let mut results = Results::default();
        results.estimates.extend(self.constants(guarantee));
        let initial = self.initial_excess();
        let epsilons = epsilons(self.plan, initial);
        let mut measured = Vec::new();
        for (i, &epsilon) in epsilons.iter().enumerate() {
            let mut at = |fraction: f64| {
                progress
                    .analysing("SGD at the guaranteed steps", (i as f64 + fraction) / epsilons.len() as f64);
            };
            match self.check(guarantee, epsilon, &mut at, pieces) {
                Err(row) => results.estimates.push(*row),
                Ok(check) => {
                    results.estimates.push(check.row());
                    let steps = check.steps_needed();
                    if steps.is_none() {
                        results.steps.push(self.not_reached(epsilon, check.s));
                    }
                    measured.extend(steps);
                    results.checks.extend(check.rows(theory));
                }
            }
        }
        let fixed = StepsCurve::fixed_time(guarantee, &epsilons);
        let shortest = StepsCurve::shortest_time(guarantee, &epsilons, |s| prior_start(theory, s));
        let measured = StepsCurve::measured(measured);
        let logarithm = measured.against_logarithm(initial);
        let sentence = verdict(
            fixed.power.as_ref(),
            shortest.power.as_ref(),
            measured.power.as_ref(),
            logarithm.as_ref(),
        );
        for curve in [&fixed, &shortest, &measured] {
            results.steps.extend(self.steps_rows(curve, guarantee));
            let row = self.slope_row(name_of(curve.kind), curve.power.as_ref(), &sentence);
            // Numbers of steps that are computed have no scatter, and their slope no error.
            let measured = curve.kind == StepsKind::Measured;
            results.estimates.push(if measured {
                row
            } else {
                EstimateRow { std_err: None, ci_low: None, ci_high: None, ..row }
            });
        }
        results.estimates.push(self.slope_row(
            "measured, the logarithm taken out",
            logarithm.as_ref(),
            &sentence,
        ));
        results
    }

    fn initial_excess(&self) -> f64 {
        let initial = crate::study::check::initial_risk(self.plan, self.particles);
        initial.map_or(0.0, |risk| risk.value - self.minimum.0.value)
    }

    /// SGD at s*(ε).
    fn check<'b>(
        &'b self,
        guarantee: &'b DiscreteGuarantee,
        epsilon: f64,
        progress: &mut dyn FnMut(f64),
        pieces: &mut Pieces<'_>,
    ) -> Result<Check<'b>, Box<EstimateRow>> {
        let s = two_digits_below(guarantee.step_size(epsilon).s);
        let base = self.row("discrete_check", &format!("risk excess <= {epsilon}"));
        let refused = |note: String| Box::new(EstimateRow { note, ..base.clone() });
        let sgd = [at_noise_scale(self.sgd.1, s)];
        let rows = self.sgd.1.batch().map_or(1, |(batch, _)| batch);
        let work =
            guarantee.horizon / s * self.particles as f64 * (rows * self.plan.potential().dim()) as f64;
        if work > MOST_WORK {
            let hours = work / MOST_WORK * 0.1;
            return Err(refused(format!(
                "not run: T/s* = {:.1e} steps would take about {hours:.1} h",
                guarantee.horizon / s
            )));
        }
        let run = || {
            let ran = self.run(&sgd, (guarantee.horizon, CHECK_POINTS), progress);
            let (times, mut curves) =
                ran.map_err(|error| format!("SGD at s* = {s} has no clock up to T: {error:?}"))?;
            let curve = curves.remove(0);
            let means: Option<Vec<Estimate>> = (0..times.len()).map(|i| curve.mean(i)).collect();
            Ok::<CheckRun, String>((times, curve.steps, means))
        };
        let fits = |known: &Result<CheckRun, String>| {
            let Ok((times, steps, means)) = known else { return true };
            let lengths = [steps.len(), means.as_ref().map_or(times.len(), Vec::len)];
            times.len() > 1 && lengths == [times.len(); 2]
        };
        let (times, steps, means) = pieces.one(fits, run).map_err(&refused)?;
        let whole = |mean: &Estimate| mean.interval().is_some() && mean.n == self.particles;
        let means = means.filter(|means| means.iter().all(whole));
        let means = means
            .ok_or_else(|| refused(format!("particles of SGD at s* = {s} diverged, or there is only one")))?;
        Ok(Check { part: self, guarantee, epsilon, s, times, steps, means })
    }
}

/// ln(C(s)χ) and λ_s with certain constants, for the start N(0, s/(2λ) I): a start of fixed width is not admissible for small s.
fn prior_start(theory: &Theory, s: f64) -> Option<(f64, f64)> {
    let facts = theory.facts(s);
    let prior = vec![0.5 * s / theory.lambda; theory.dim];
    let chi = theory.start(Some(&prior), s).ln_one_plus_chi_squared()?;
    let amplitude = MomentBounds::new(&facts).second_moment?.value;
    Some((amplitude.ln() + ln_chi(chi), facts.gap_lower?))
}
