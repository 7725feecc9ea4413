//! The density of μ_s beside the particles' own at the last snapshot, for one weight.

use super::distance::Place;
use super::history::Snapshot;
use super::reference::GibbsAt;
use crate::study::DensityRow;

/// Bins over the part of the line that is drawn, and the share of the peak below which nothing is.
const BINS: usize = 60;
const LOWEST: f64 = 1e-4;

/// Bins of equal width with the mean density of μ_s in each and the share of particles per width, ± its binomial error.
pub fn density_rows(place: Place, gibbs: &GibbsAt, snapshot: &Snapshot) -> Vec<DensityRow> {
    let Ok(grid) = &gibbs.grid else {
        return Vec::new();
    };
    let density = grid.density();
    let [axis] = &density.axes[..] else {
        return Vec::new();
    };
    let peak = density.values.iter().copied().fold(0.0, f64::max);
    let drawn: Vec<(f64, f64)> =
        axis.iter().copied().zip(density.values).filter(|(_, value)| *value > LOWEST * peak).collect();
    let (Some(first), Some(last)) = (drawn.first(), drawn.last()) else {
        return Vec::new();
    };
    let (low, width) = (first.0, (last.0 - first.0) / BINS as f64);
    let bin = |w: f64| ((w - low) / width) as usize;
    let inside = |w: &f64| *w >= low && *w < low + BINS as f64 * width;
    let finite: Vec<f64> = snapshot.weights.iter().copied().filter(|w| w.is_finite()).collect();
    let (mut sums, mut counts) = (vec![(0.0, 0.0); BINS], vec![0.0; BINS]);
    for (w, value) in drawn.iter().filter(|(w, _)| inside(w)) {
        let (sum, cells) = &mut sums[bin(*w)];
        (*sum, *cells) = (*sum + value, *cells + 1.0);
    }
    finite.iter().filter(|w| inside(w)).for_each(|w| counts[bin(*w)] += 1.0);
    let n = finite.len() as f64;
    (0..BINS)
        .filter(|k| n > 0.0 && sums[*k].1 > 0.0)
        .map(|k| {
            let share = counts[k] / n;
            // The error that μ_s itself would give, so that an empty bin has one too.
            let expected = sums[k].0 / sums[k].1;
            let p = (expected * width).min(1.0);
            DensityRow {
                point: place.point,
                process: place.process.into(),
                time: snapshot.time,
                weight: low + (k as f64 + 0.5) * width,
                gibbs: expected,
                observed: share / width,
                std_err: (p * (1.0 - p) / n).sqrt() / width,
            }
        })
        .collect()
}
