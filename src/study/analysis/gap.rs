//! E L̃(W_t) − E_μ L̃ over time, and the exact curve where there is a grid.

use super::reference::GibbsAt;
use crate::analysis::spectrum::GridError;
use crate::ensemble::Start;
use crate::problem::Quantity;
use crate::study::plan::Plan;
use crate::study::results::{CurveRow, EstimateRow};

/// The quantity under which the curve of the gap stands in the tables.
pub const GAP: &str = "gibbs_gap";
/// The quantity of the exact curve of E L̃.
pub const EXACT: &str = "risk_exact";

/// The curve of the gap of `process`: one interval that holds the error of E L̃ and of E_μ L̃.
pub fn gap_curve(gibbs: &GibbsAt, process: &str, curves: &[CurveRow]) -> Vec<CurveRow> {
    let Some(reference) = gibbs.quantity(Quantity::Risk) else {
        return Vec::new();
    };
    let risk = curves.iter().filter(|row| row.process == process && row.quantity == Quantity::Risk.name());
    risk.map(|row| {
        let mean = row.mean.map(|mean| mean - reference.value);
        // Student's half width of the curve and that of the reference, independent of one another.
        let half = row.ci_high.zip(row.mean).map(|(high, mean)| (high - mean).hypot(reference.half_width));
        CurveRow {
            quantity: GAP.into(),
            mean,
            std_err: row.std_err.map(|error| error.hypot(reference.std_err)),
            ci_low: mean.zip(half).map(|(m, h)| m - h),
            ci_high: mean.zip(half).map(|(m, h)| m + h),
            ..row.clone()
        }
    })
    .collect()
}

/// `gibbs_gap`: the last point of that curve.
pub fn gap_row(point: usize, process: &str, gibbs: &GibbsAt, curve: &[CurveRow]) -> EstimateRow {
    let row = EstimateRow {
        point,
        process: process.into(),
        name: GAP.into(),
        quantity: Quantity::Risk.name().into(),
        method: "E L(W_T) - E_mu L; the interval holds both errors, not the bias of the step".into(),
        ..EstimateRow::default()
    };
    match curve.last() {
        None => EstimateRow { note: format!("no reference: {}", gibbs.sampling()), ..row },
        Some(last) => EstimateRow {
            value: last.mean,
            std_err: last.std_err,
            ci_low: last.ci_low,
            ci_high: last.ci_high,
            note: format!("t = {}, n = {}", last.time, last.n),
            ..row
        },
    }
}

/// The exact curve E L̃(W_t) of the SDE from the study's start, on the grid; none for D > 2.
///
/// # Errors
/// A row with the reason why there is none.
pub fn exact_curve(
    plan: &Plan,
    (point, number): (usize, usize),
    gibbs: &GibbsAt,
    process: &str,
) -> Result<Vec<CurveRow>, Box<EstimateRow>> {
    let failed = |reason: GridError| {
        Box::new(EstimateRow {
            point,
            process: process.into(),
            name: EXACT.into(),
            quantity: Quantity::Risk.name().into(),
            note: format!("no exact curve: {reason}"),
            ..EstimateRow::default()
        })
    };
    let grid = match &gibbs.grid {
        Err(GridError::Dimension { .. }) => return Ok(Vec::new()),
        Err(reason) => return Err(failed(reason.clone())),
        Ok(grid) => grid,
    };
    let dim = plan.potential().dim();
    let zero = vec![0.0; dim];
    let start = match &plan.start {
        Start::Gaussian { std } if *std == 0.0 => grid.point_start(&zero),
        Start::Gaussian { std } => grid.gaussian_start(&zero, &vec![std * std; dim]),
        Start::GaussianWeights { variances } => grid.gaussian_start(&zero, variances),
        // Its nets have at least 6 weights: beyond any grid.
        Start::Antisymmetric { .. } => return Ok(Vec::new()),
        Start::Points { weights } => {
            let particles = plan.study.process[number].particles as usize;
            let used: Vec<f64> = weights.iter().copied().cycle().take(particles * dim).collect();
            grid.point_start(if (particles * dim).is_multiple_of(weights.len()) { weights } else { &used })
        }
    };
    let times: Vec<f64> = plan.clock.observations.iter().map(|o| o.time).collect();
    let Some(risk) = grid.quantity(Quantity::Risk) else {
        return Ok(Vec::new());
    };
    let curves = start.and_then(|start| grid.curves(&[risk], &start, &times)).map_err(failed)?;
    let steps = plan.clock.observations.iter().map(|o| o.steps[number]);
    let rows = curves.means[0].iter().zip(&times).zip(steps).map(|((mean, &time), step)| CurveRow {
        mean: Some(mean.value),
        ci_low: Some(mean.value - mean.error),
        ci_high: Some(mean.value + mean.error),
        ..CurveRow::new((point, process, EXACT), step, time, None)
    });
    Ok(rows.collect())
}
