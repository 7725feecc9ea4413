//! Scalars of a point: the smallest risk, the final risks, and what this version does not compute.

use super::plan::Plan;
use super::results::{CurveRow, EstimateRow};
use super::spec::{DynamicsSpec, ProcessSpec};
use crate::ensemble::Ensemble;
use crate::problem::{Minimum, Potential, Quantity, minimise};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Local searches for the minimum: this many from random starts, and one from the coldest particle of each process.
const RANDOM_SEARCHES: u64 = 3;
/// Searches from the coldest particle of each process, from 0 and from Gaussian points; none where an infimum is known.
pub fn search_minimum(plan: &Plan, ensembles: &[Ensemble<'_>]) -> Option<Minimum> {
    let potential = plan.potential();
    if potential.known_infimum().is_some() {
        return None;
    }
    let mut starts: Vec<Vec<f64>> = ensembles.iter().filter_map(coldest).collect();
    starts.extend(random_starts(potential, plan.study.seed));
    minimise(potential, &starts)
}

/// 0 and a few points of N(0, I).
pub fn random_starts(potential: &dyn Potential, seed: u64) -> Vec<Vec<f64>> {
    let key = Key::new(seed, Purpose::Minimum);
    let draw = |i: u64| {
        let mut stream = key.stream(i, 0);
        (0..potential.dim()).map(|_| stream.sample(StandardNormal)).collect()
    };
    [vec![0.0; potential.dim()]].into_iter().chain((0..RANDOM_SEARCHES).map(draw)).collect()
}

/// The particle of the first block with the smallest risk.
pub fn coldest(ensemble: &Ensemble<'_>) -> Option<Vec<f64>> {
    let potential = ensemble.process().potential();
    let (mut scratch, mut gradient) = (potential.scratch(), vec![0.0; potential.dim()]);
    let block = ensemble.blocks().first()?;
    let risks = block
        .weights
        .chunks_exact(block.dim)
        .map(|w| (potential.value_gradient(w, &mut gradient, &mut scratch), w));
    risks.filter(|(risk, _)| risk.is_finite()).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, w)| w.to_vec())
}

/// Particles at whose weights curvatures are measured.
pub const FIRST: usize = 16;

/// The weights of the first finite particles, one after another.
pub fn first_particles(ensemble: &Ensemble<'_>) -> Vec<f64> {
    let blocks = ensemble.blocks().iter();
    let particles = blocks.flat_map(|block| block.weights.chunks_exact(block.dim));
    particles.filter(|w| w.iter().all(|x| x.is_finite())).take(FIRST).flatten().copied().collect()
}

/// The row of the smallest risk found, with an interval where strong convexity gives one.
pub fn minimum_row(plan: &Plan, point: usize, minimum: Option<&Minimum>) -> EstimateRow {
    let row =
        EstimateRow { point, name: "risk_minimum".into(), quantity: "risk".into(), ..EstimateRow::default() };
    if let Some(infimum) = plan.potential().known_infimum() {
        let note = "known: no risk of this problem is below it; no search was made".into();
        return EstimateRow { value: Some(infimum), method: "exact".into(), note, ..row };
    }
    let method = "L-BFGS from the coldest particles, 0 and Gaussian points".to_owned();
    let Some(minimum) = minimum else {
        return EstimateRow { method, note: "no search ended at a finite value".into(), ..row };
    };
    let found = format!(
        "{} searches, {} distinct values, gradient norm {:.1e}",
        minimum.searches, minimum.distinct, minimum.gradient_norm
    );
    let convexity = plan.net().map_or_else(|| plan.convexity(), |net| net.constants().strong_convexity.data);
    let (ci_low, note) = match convexity {
        Some(mu) => {
            let low = minimum.value - minimum.gradient_norm.powi(2) / (2.0 * mu);
            (Some(low), format!("{found}; the risk is {mu:.3}-strongly convex, so the interval is certain"))
        }
        _ => (None, format!("{found}; an upper bound of the infimum, without sampling error")),
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

/// What the minimiser itself reads, for each observed quantity that says how well a net does: with it the share of a shortfall
/// that more steps could mend is told from what the penalty and the fixed outer layer cost.
pub fn minimum_readings(plan: &Plan, point: usize, minimum: Option<&Minimum>) -> Vec<EstimateRow> {
    use Quantity::{DataRisk, TestAccuracy, TestRisk, TrainAccuracy};
    let (potential, observed) = (plan.potential(), &plan.study.observe.quantities);
    let wanted: Vec<Quantity> = [DataRisk, TestRisk, TrainAccuracy, TestAccuracy]
        .into_iter()
        .filter(|q| observed.contains(q))
        .collect();
    let (mut reading, mut gradient) = ([[f64::NAN; Quantity::COUNT]], vec![0.0; potential.dim()]);
    // Without penalty the logistic risk of separable rows has no minimiser: its infimum lies at infinity.
    let exists = potential.penalty() > 0.0 || plan.convexity().is_some();
    let found = minimum.filter(|_| exists && !wanted.is_empty());
    if let Some(minimum) = found {
        let scratch = &mut potential.scratch();
        potential.block_readings(&minimum.weights, &wanted, &mut reading, &mut gradient, scratch);
    }
    let row = |quantity: &Quantity| EstimateRow {
        point,
        name: format!("minimum_{}", quantity.name()),
        quantity: quantity.name().into(),
        value: found.map(|_| reading[0][*quantity as usize]),
        method: "read at the smallest risk found".into(),
        note: match (found, minimum) {
            (Some(_), _) => "without sampling error for these rows".into(),
            (None, Some(_)) => "lambda = 0: the infimum may lie at infinity".into(),
            (None, None) => "no search ended at a finite value".into(),
        },
        ..EstimateRow::default()
    };
    wanted.iter().map(row).collect()
}

/// `risk_final` of every process and pair: the last row of its curve of the risk.
pub fn final_risks(point: usize, curves: &[CurveRow]) -> Vec<EstimateRow> {
    let last = curves.last().map_or(0.0, |row| row.time);
    let rows = curves.iter().filter(|row| row.time == last && row.quantity == "risk");
    rows.map(|row| {
        let paired = row.process.contains('|');
        let note = match (row.mean, row.std_err) {
            (None, _) => "all particles diverged".into(),
            (_, None) if row.n == 1 => "one particle: no standard error".into(),
            (_, None) => "no standard error: the squares overflow".into(),
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
            method: if paired { "mean of paired differences" } else { "mean over particles" }.into(),
            note,
        }
    })
    .collect()
}

/// `distance_limit` of every one-pass process on a ReLU gate: how far from w* it comes to rest for small steps, in closed form.
pub fn limit_distances(plan: &Plan, point: usize) -> Vec<EstimateRow> {
    let Some(gate) = plan.gate() else {
        return Vec::new();
    };
    let row = |process: &ProcessSpec| {
        let DynamicsSpec::OnePassSgd(sgd) = &process.dynamics else {
            return None;
        };
        let rest = gate.fixed_point(sgd.update);
        let note = match rest {
            Some(_) => "for small steps; the fluctuation of steps of size s adds in squares",
            None => "the update uses no sample at all",
        };
        Some(EstimateRow {
            point,
            process: process.name.clone(),
            name: "distance_limit".into(),
            quantity: "distance".into(),
            value: rest.map(f64::abs),
            method: "closed form for Gaussian inputs, on the ray through w*".into(),
            note: note.into(),
            ..EstimateRow::default()
        })
    };
    plan.study.process.iter().filter_map(row).collect()
}
