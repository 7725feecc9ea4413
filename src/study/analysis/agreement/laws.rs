//! Whole laws beside each other: energy distance and sliced Wasserstein distance of each model from the process compared with.

use super::Asked;
use crate::analysis::distances::{Reference, Resampling, energy_distance, sliced_wasserstein};
use crate::ensemble::Start;
use crate::study::analysis::History;
use crate::study::analysis::distance::{DIRECTIONS, Place, distance_row};
use crate::study::analysis::history::Snapshot;
use crate::study::keeper::Pieces;
use crate::study::run::Progress;
use crate::study::{DistanceRow, Results};
use std::ops::Range;

/// Particles of a side at most: the pairs of the energy distance grow with the square.
const MOST: usize = 2048;

impl Asked<'_> {
    /// Both distances of each model at each snapshot, with their null bands; process `model|reference`.
    ///
    /// Particle i of one process and particle i of the other have their start, and partly their noise, in common: their
    /// samples are not independent, and a permutation of the pooled particles would give too wide a band. Particles of different
    /// numbers share nothing, so the sides take different ones ([`sides`]) and the permutation is exact. Particles that
    /// left the finite numbers are left out: the law compared is that of the others. No row where fewer than two are left on a
    /// side. Each p value is that of its own row; nothing is corrected for their number.
    ///
    /// *Cost*: for each row up to (2 · 2048)²/2 distances of D numbers, and a sum over them for each replicate.
    pub fn laws(&self, history: &History, progress: &mut dyn Progress, pieces: &mut Pieces<'_>) -> Results {
        let mut results = Results::default();
        let reference = &history.tracks[self.with].snapshots;
        let models: Vec<usize> = self.models().collect();
        for (done, &model) in models.iter().enumerate() {
            let snapshots = &history.tracks[model].snapshots;
            for (number, pair) in snapshots.iter().zip(reference).enumerate() {
                let within = number as f64 / snapshots.len() as f64;
                progress.analysing("agreement of the laws", (done as f64 + within) / models.len() as f64);
                let found = pieces.one(|_: &Vec<DistanceRow>| true, || self.at_snapshot(model, number, pair));
                results.distances.extend(found);
            }
        }
        results
    }

    fn at_snapshot(
        &self,
        model: usize,
        number: usize,
        (ours, theirs): (&Snapshot, &Snapshot),
    ) -> Vec<DistanceRow> {
        let dim = self.plan.potential().dim();
        let (first, second) =
            sides(ours.weights.len() / dim, theirs.weights.len() / dim, points(&self.plan.start, dim));
        let part = |snapshot: &'_ Snapshot, range: Range<usize>| {
            snapshot.weights[range.start * dim..range.end * dim].to_vec()
        };
        let (ours_part, theirs_part) = (part(ours, first), part(theirs, second));
        let reference = Reference { weights: &theirs_part, effective_size: f64::INFINITY };
        let resampling = Resampling {
            replicates: self.plan.study.analysis.gibbs.unwrap_or_default().replicates,
            seed: self.plan.study.seed,
            // Far from the tags of the distances to the Gibbs measure.
            tag: (2 << 32) + (model * 1000 + number) as u64,
        };
        let energy = energy_distance(&ours_part, &reference, dim, &resampling, self.threads);
        let sliced = sliced_wasserstein(&ours_part, &reference, dim, DIRECTIONS, &resampling, self.threads);
        let pair = self.pair(model);
        let place = Place { point: self.ended.point, number: model, process: &pair };
        energy.into_iter().chain(sliced).map(|found| distance_row(place, ours, found)).collect()
    }
}

/// How many points the start goes round: particle i starts where particle i + count does.
fn points(start: &Start, dim: usize) -> usize {
    match start {
        Start::Points { weights } => (weights.len() / dim).max(1),
        _ => 1,
    }
}

/// Numbers of the particles of each side, none in both: of equal ensembles the first half of one and the second half of
/// the other; of unequal ones, the particles of the larger behind those that the smaller gives.
///
/// Where particles go round `points` given starts, each side takes whole rounds, so that both start alike; this leaves the
/// band on the wide side. With more points than particles of a side, the points count as draws from one law.
fn sides(ours: usize, theirs: usize, points: usize) -> (Range<usize>, Range<usize>) {
    let rounds = |count: usize| if count < points { count } else { count - count % points };
    let (smaller, larger) = (ours.min(theirs), ours.max(theirs));
    let front = rounds(smaller.min(larger / 2).min(MOST));
    let back = front..front + rounds((larger - front).min(MOST));
    if ours <= theirs { (0..front, back) } else { (back, 0..front) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_particle_is_on_both_sides() {
        assert_eq!(sides(100, 100, 1), (0..50, 50..100));
        assert_eq!(sides(4096, 4096, 1), (0..2048, 2048..4096));
        assert_eq!(sides(100, 1000, 1), (0..100, 100..1000));
        assert_eq!(sides(9000, 300, 1), (300..2348, 0..300));
        assert_eq!(sides(1, 1, 1), (0..0, 0..1));
    }

    #[test]
    fn sides_start_from_the_same_points() {
        assert_eq!(sides(100, 100, 7), (0..49, 49..98));
        assert_eq!(sides(50, 100, 20), (0..40, 40..100));
        assert_eq!(sides(100, 100, 80), (0..50, 50..100));
        let start = Start::Points { weights: vec![0.0; 6] };
        assert_eq!((points(&start, 2), points(&Start::Gaussian { std: 1.0 }, 2)), (3, 1));
    }
}
