//! Whether the variance of minibatch noise follows the risk along the paths of SGD.

use super::row;
use crate::analysis::lojasiewicz::{NoisePoint, noise_point, scaling_slope};
use crate::analysis::noise_report::noise_factor;
use crate::dynamics::Minibatches;
use crate::estimates::{Moments, significant};
use crate::parallel::Threads;
use crate::problem::{DeepNet, FiniteSum, Potential};
use crate::study::analysis::history::{History, Snapshot};
use crate::study::plan::Plan;
use crate::study::spec::DynamicsSpec;
use crate::study::{CurveRow, EstimateRow};

/// What was measured.
pub struct MinibatchNoise {
    /// `noise_scaling` of each process of kind `sgd`.
    pub rows: Vec<EstimateRow>,
    /// `noise_per_risk`, tr Σ/F over time.
    pub curves: Vec<CurveRow>,
    /// For each process the largest variance of a step's noise per risk.
    pub largest: Vec<Option<f64>>,
}

/// A risk below this share of the first counts as rounding.
const ROUNDING: f64 = 1e-20;

/// Follows the first particles of each process of kind `sgd`.
pub fn noise(
    plan: &Plan,
    net: &DeepNet,
    point: usize,
    history: &History,
    threads: &Threads,
) -> MinibatchNoise {
    let mut found = MinibatchNoise { rows: Vec::new(), curves: Vec::new(), largest: Vec::new() };
    for (process, track) in plan.study.process.iter().zip(&history.tracks) {
        let DynamicsSpec::Sgd(sgd) = &process.dynamics else {
            found.largest.push(None);
            continue;
        };
        let batches = Minibatches { s: sgd.s, batch: sgd.batch, sampling: sgd.sampling };
        let table = points(net, &track.paths, threads);
        let factor = noise_factor(batches, net.samples());
        let per_risk = table.iter().flatten().flatten().map(|p| factor * p.trace / p.risk);
        found.largest.push(per_risk.reduce(f64::max));
        found.curves.extend(curve((point, &process.name), &track.paths, &table));
        found.rows.extend(slope_rows((point, &process.name), &table));
    }
    found
}

/// F and tr Σ: times × particles; `None` where the risk is rounding or no number.
fn points(net: &DeepNet, paths: &[Snapshot], threads: &Threads) -> Vec<Vec<Option<NoisePoint>>> {
    let mut snapshots: Vec<&Snapshot> = paths.iter().collect();
    let all = threads.map(
        &mut snapshots,
        || net.scratch(),
        |snapshot, scratch| {
            let particles = snapshot.weights.chunks_exact(net.dim());
            particles.map(|w| noise_point(net, w, scratch)).collect::<Vec<_>>()
        },
    );
    let first = all.first().and_then(|row| row.first().copied().flatten()).map_or(0.0, |p| p.risk);
    let real = |p: &NoisePoint| p.risk > ROUNDING * first;
    all.into_iter().map(|row| row.into_iter().map(|p| p.filter(real)).collect()).collect()
}

fn curve(
    (point, name): (usize, &str),
    paths: &[Snapshot],
    table: &[Vec<Option<NoisePoint>>],
) -> Vec<CurveRow> {
    let rows = paths.iter().zip(table).map(|(snapshot, row)| {
        let ratios = row.iter().flatten().map(|p| p.trace / p.risk);
        let place = (point, name, "noise_per_risk");
        CurveRow::new(place, snapshot.step, snapshot.time, Moments::of(ratios).estimate())
    });
    rows.collect()
}

fn slope_rows((point, name): (usize, &str), table: &[Vec<Option<NoisePoint>>]) -> Vec<EstimateRow> {
    let count = table.first().map_or(0, Vec::len);
    let path = |i: usize| table.iter().filter_map(|row| row[i]).collect::<Vec<NoisePoint>>();
    let slopes = (0..count).filter_map(|i| scaling_slope(&path(i)));
    let empty = row(point, name, "noise_scaling", "slope of log tr Sigma on log F".into());
    let Some(slope) = Moments::of(slopes).estimate() else {
        return vec![EstimateRow { note: "no path whose risk varies by a factor 2".into(), ..empty }];
    };
    let ratios: Vec<f64> = table.iter().flatten().flatten().map(|p| p.trace / p.risk).collect();
    let (low, high) = ratios.iter().fold((f64::MAX, 0.0_f64), |(a, b), r| (a.min(*r), b.max(*r)));
    let note = format!(
        "1 where the variance is proportional to the risk; tr Sigma/F from {} to {} along the paths",
        significant(low),
        significant(high)
    );
    vec![empty.with(slope, format!("least squares along each path, mean over {} paths", slope.n), note)]
}
