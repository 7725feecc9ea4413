//! Distances of the snapshots of a process to the Gibbs measure of its s.

use super::history::Snapshot;
use super::reference::GibbsAt;
use crate::analysis::distances::{
    Discrepancy, Reference, Resampling, effective_temperature, energy_distance, kernel_stein,
    sliced_wasserstein,
};
use crate::analysis::gibbs::{CheckKind, GibbsSample};
use crate::analysis::spectrum::Partition;
use crate::estimates::Estimate;
use crate::parallel::Threads;
use crate::problem::{Quantity, Readings};
use crate::study::plan::Plan;
use crate::study::{DistanceRow, EstimateRow};

/// Directions of the sliced distance.
pub const DIRECTIONS: usize = 64;

/// Names a process of a point of a study.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The sweep point.
    pub point: usize,
    /// The process's number.
    pub number: usize,
    /// Its name.
    pub process: &'a str,
}

/// All distances of one snapshot.
pub fn distances(
    plan: &Plan,
    place: Place,
    gibbs: &GibbsAt,
    (number, snapshot): (usize, &Snapshot),
    threads: &Threads,
) -> Vec<DistanceRow> {
    let replicates = plan.study.analysis.gibbs.unwrap_or_default().replicates;
    // Far from the tags of the rates' bootstraps.
    let tag = (1 << 32) + (place.number * 1000 + number) as u64;
    let resampling = Resampling { replicates, seed: plan.study.seed, tag };
    let (potential, dim) = (plan.potential(), plan.potential().dim());
    let weights = &snapshot.weights;
    let mut rows = Vec::new();
    if let Some(stein) = kernel_stein(potential, gibbs.s, weights, None, &resampling, threads) {
        rows.extend([stein.unbiased, stein.biased].map(|d| distance_row(place, snapshot, d)));
    }
    if let Some(sample) = gibbs.sample.passed() {
        let reference = Reference { weights: &sample.draws, effective_size: independent(sample) };
        let energy = energy_distance(weights, &reference, dim, &resampling, threads);
        let sliced = sliced_wasserstein(weights, &reference, dim, DIRECTIONS, &resampling, threads);
        rows.extend(energy.into_iter().chain(sliced).map(|d| distance_row(place, snapshot, d)));
    }
    rows.extend(on_grid(place, gibbs, snapshot, plan.study.seed));
    rows
}

/// How many independent draws the kept ones are worth: at most the smallest effective size that the gate has seen.
fn independent(sample: &GibbsSample) -> f64 {
    let kept = (sample.draws.len() / sample.dim) as f64;
    if sample.rungs.is_empty() {
        return kept;
    }
    let sizes =
        sample.gate.checks.iter().filter(|check| check.kind == CheckKind::Size && check.threshold > 1.0);
    sizes.map(|check| check.value).fold(kept, f64::min)
}

/// A distance found at a snapshot, as a row.
pub fn distance_row(place: Place, snapshot: &Snapshot, found: Discrepancy) -> DistanceRow {
    DistanceRow {
        point: place.point,
        process: place.process.into(),
        name: found.name.into(),
        step: snapshot.step,
        time: snapshot.time,
        n: found.n,
        reference: found.m,
        value: found.statistic,
        std_err: found.std_err,
        null_low: found.null_low,
        null_high: found.null_high,
        p_value: found.p_value,
        method: found.method.into(),
    }
}

/// χ², Kullback–Leibler and total variation on bins of equal mass, for D ≤ 2.
fn on_grid(place: Place, gibbs: &GibbsAt, snapshot: &Snapshot, seed: u64) -> Vec<DistanceRow> {
    let Ok(grid) = &gibbs.grid else {
        return Vec::new();
    };
    let dim = grid.bounds().len();
    let particles = snapshot.weights.chunks_exact(dim).filter(|w| w.iter().all(|x| x.is_finite()));
    let finite: Vec<f64> = particles.flatten().copied().collect();
    let partition = Partition::new(grid, finite.len() / dim);
    let Some(found) = partition.distances(&finite, seed) else {
        return Vec::new();
    };
    let all = [
        ("chi_square", found.chi_square),
        ("kullback_leibler", found.kullback_leibler),
        ("total_variation", found.total_variation),
    ];
    all.into_iter()
        .map(|(name, distance)| DistanceRow {
            point: place.point,
            process: place.process.into(),
            name: name.into(),
            step: snapshot.step,
            time: snapshot.time,
            n: found.n as usize,
            reference: 0,
            value: distance.value,
            std_err: Some(distance.std_err),
            null_low: 0.0,
            null_high: distance.null_95,
            p_value: distance.p_value,
            method: format!("{} bins of equal Gibbs mass; null band from 0", found.bins),
        })
        .collect()
}

/// `ksd`: the last kernel Stein discrepancy of a process.
pub fn ksd_row(place: Place, rows: &[DistanceRow]) -> EstimateRow {
    let base = EstimateRow {
        point: place.point,
        process: place.process.into(),
        name: "ksd".into(),
        ..EstimateRow::default()
    };
    match rows.iter().rfind(|row| row.name == "ksd_u") {
        None => EstimateRow { note: "fewer than four finite particles, or all in one place".into(), ..base },
        Some(row) => EstimateRow {
            value: Some(row.value),
            std_err: row.std_err,
            method: "squared kernel Stein discrepancy, U-statistic".into(),
            note: format!(
                "t = {}, n = {}; band of this sample (wild bootstrap), were its law mu_s: {:.3e} … {:.3e}, p = {:.3}",
                row.time, row.n, row.null_low, row.null_high, row.p_value
            ),
            ..base
        },
    }
}

/// `effective_temperature` in units of s/2 by the two stationary identities, at the last snapshot.
pub fn temperature_rows(
    plan: &Plan,
    place: Place,
    s: f64,
    snapshot: &Snapshot,
    threads: &Threads,
) -> Vec<EstimateRow> {
    let readings = read(plan, &snapshot.weights, threads);
    let found = effective_temperature(&readings, plan.potential().dim(), s);
    let row = |quantity: &str, estimate: Option<Estimate>, method: &str| {
        let base = EstimateRow {
            point: place.point,
            process: place.process.into(),
            name: "effective_temperature".into(),
            quantity: quantity.into(),
            method: method.into(),
            ..EstimateRow::default()
        };
        match estimate.and_then(|e| Some((e, e.interval()?))) {
            None => {
                let finite = readings.iter().filter(|r| r[Quantity::Virial as usize].is_finite()).count();
                let reason = if finite < 2 {
                    "fewer than two finite particles"
                } else {
                    "not resolved: the mean it is divided by may be zero"
                };
                EstimateRow { note: reason.into(), ..base }
            }
            Some((e, (low, high))) => EstimateRow {
                value: Some(e.value),
                std_err: e.std_err,
                ci_low: Some(low),
                ci_high: Some(high),
                note: format!("1 under the Gibbs measure, up to O(dt); t = {}, n = {}", snapshot.time, e.n),
                ..base
            },
        }
    };
    vec![
        row("virial", found.virial, "E<W, grad L>/(D s/2)"),
        row("configurational", found.configurational, "E|grad L|^2/((s/2) E Laplacian)"),
    ]
}

fn read(plan: &Plan, weights: &[f64], threads: &Threads) -> Vec<Readings> {
    let potential = plan.potential();
    let wanted = [Quantity::Virial, Quantity::SquaredGradientNorm, Quantity::Laplacian];
    let len = potential.block_len() * potential.dim();
    let mut blocks: Vec<&[f64]> = weights.chunks(len).collect();
    let read = threads.map(
        &mut blocks,
        || (vec![0.0; len], potential.scratch()),
        |block, (gradient, scratch)| {
            let mut out = vec![[f64::NAN; Quantity::COUNT]; block.len() / potential.dim()];
            potential.block_readings(block, &wanted, &mut out, &mut gradient[..block.len()], scratch);
            out
        },
    );
    read.concat()
}
