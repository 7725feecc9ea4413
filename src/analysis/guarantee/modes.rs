//! Where a density exp(−2U/s) is largest, as well as a proposal needs to know.

use crate::parallel::Threads;
use crate::problem::Potential;
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// A local minimum of U: its value, and where.
pub(super) type Place = (f64, Vec<f64>);

/// Gradients of one search at most.
const STEPS: usize = 300;
/// A step is taken if the value falls below the largest of so many before it.
const MEMORY: usize = 8;
/// A search ends once ‖∇U‖² is below this many s·λ, λ the penalty: a hundredth of a standard deviation in its direction.
const CLOSE: f64 = 1e-4;
/// Ends closer than this share of max(‖w‖, standard deviation) are one.
const SAME_PLACE: f64 = 0.03;

/// The different ends of descents from `starts`, lowest first. Steps of Barzilai and Borwein (IMA J. Numer. Anal. 8, 1988) with the
/// safeguard of Grippo, Lampariello and Lucidi; at most 300 gradients a start, after which the end is taken as it is.
pub(super) fn find_modes(
    target: &dyn Potential,
    s: f64,
    lambda: f64,
    starts: &[Vec<f64>],
    threads: &Threads,
) -> Vec<Place> {
    let mut starts: Vec<&Vec<f64>> = starts.iter().collect();
    let ends = threads.map(&mut starts, || (), |start, ()| descend(target, start, CLOSE * s * lambda));
    let mut ends: Vec<Place> = ends.into_iter().flatten().collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let deviation = (s / lambda).sqrt();
    let mut places: Vec<Place> = Vec::new();
    for end in ends {
        let size = dot(&end.1, &end.1).sqrt().max(deviation);
        let near = |place: &Place| {
            let gap: f64 = place.1.iter().zip(&end.1).map(|(a, b)| (a - b) * (a - b)).sum();
            gap.sqrt() <= SAME_PLACE * size
        };
        if !places.iter().any(near) {
            places.push(end);
        }
    }
    places
}

/// From `start` until ‖∇U‖² is below `small`; `None` where U leaves the finite numbers.
fn descend(target: &dyn Potential, start: &[f64], small: f64) -> Option<Place> {
    let mut scratch = target.scratch();
    let (mut w, mut gradient) = (start.to_vec(), vec![0.0; start.len()]);
    let (mut trial, mut slope) = (w.clone(), gradient.clone());
    let mut recent = vec![target.value_gradient(&w, &mut gradient, &mut scratch)];
    let mut step =
        0.1 * dot(&w, &w).sqrt().max(1.0) / dot(&gradient, &gradient).sqrt().max(f64::MIN_POSITIVE);
    for _ in 0..STEPS {
        let square = dot(&gradient, &gradient);
        if square <= small {
            break;
        }
        trial.iter_mut().zip(w.iter().zip(&gradient)).for_each(|(t, (x, g))| *t = x - step * g);
        let value = target.value_gradient(&trial, &mut slope, &mut scratch);
        let highest = recent.iter().rev().take(MEMORY).copied().fold(f64::NEG_INFINITY, f64::max);
        if value.is_nan() || value > highest - 1e-4 * step * square {
            step *= 0.25;
            continue;
        }
        // With Δw = −step·g, Δwᵀ∇U' − Δwᵀ∇U = step·(g·g − g·g').
        let turned = square - dot(&gradient, &slope);
        step = if turned > 0.0 { step * square / turned } else { 4.0 * step };
        std::mem::swap(&mut w, &mut trial);
        std::mem::swap(&mut gradient, &mut slope);
        recent.push(value);
    }
    let value = *recent.last()?;
    (value.is_finite() && w.iter().all(|x| x.is_finite())).then_some((value, w))
}

/// Starting points: 0, and Gaussian draws with the standard deviations of `variances`, twice these, 1 and 4 where that is more: the
/// modes of a net lie where its activations turn, whatever s is.
pub(super) fn search_starts(variances: &[f64], count: u64, seed: u64, tag: u64) -> Vec<Vec<f64>> {
    let key = Key::new(seed, Purpose::Minimum).tagged(tag);
    let drawn = (0..count).map(|number| {
        let mut stream = key.stream(number, 0);
        let scale = |std: f64| match number % 4 {
            0 => std,
            1 => 2.0 * std,
            2 => std.max(1.0),
            _ => (2.0 * std).max(4.0),
        };
        variances.iter().map(|v| scale(v.sqrt()) * stream.sample::<f64, _>(StandardNormal)).collect()
    });
    std::iter::once(vec![0.0; variances.len()]).chain(drawn).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{DoubleWell, Quadratic};

    #[test]
    fn descents_end_at_all_modes_and_count_each_once() {
        let threads = Threads::new(1).unwrap();
        let starts: Vec<Vec<f64>> = [0.2, -0.3, 2.0, -1.7, 5.0].iter().map(|x| vec![*x]).collect();
        let wells = find_modes(&DoubleWell, 0.1, 1.0, &starts, &threads);
        assert_eq!(wells.len(), 2, "{wells:?}");
        assert!(wells.iter().all(|(_, w)| (w[0].abs() - 1.0).abs() < 0.01));
        let bowl = Quadratic::new(vec![0.1, 1.0, 30.0]);
        let found = find_modes(&bowl, 0.1, 0.1, &search_starts(&[0.5; 3], 16, 1, 2), &threads);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 < 1e-4);
    }
}
