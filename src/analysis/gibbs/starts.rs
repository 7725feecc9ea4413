//! Where chains start, and what local searches say about the landscape.

use super::GibbsSettings;
use crate::parallel::Threads;
use crate::problem::{LocalMinimum, Potential, local_minima};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Starts are spread this many times the variance that the penalty alone would leave.
const OVER_DISPERSION: f64 = 4.0;
/// Tags of the streams.
const SEARCH: u64 = 5;
const START: u64 = 6;
/// Local searches at most, and the gradients set aside for one.
const SEARCHES: u64 = 16;
const SEARCH_COST: u64 = 4000;
/// Basins that chains are started in at most.
const BASINS: usize = 32;

/// The law of the starts: half of the superchains from N(0, τ²I), τ² = 4 max(s/(2λ), ‖w‖²/D of the farthest known local
/// minimum, s D/(2ΔL̃) of the softest), the other half from local minima and given points.
pub(super) struct Starts {
    pub minima: Vec<LocalMinimum>,
    points: Vec<Vec<f64>>,
    dim: usize,
    seed: u64,
    penalty: f64,
    /// max ‖w‖²/D and max D/(2ΔL̃) over the minima.
    size: f64,
    softness: f64,
}

impl Starts {
    /// Searches from random places and from the given points.
    pub fn probe(
        potential: &dyn Potential,
        s: f64,
        settings: &GibbsSettings,
        budget: u64,
        threads: &Threads,
    ) -> Self {
        let dim = potential.dim();
        let given: Vec<Vec<f64>> = settings.points.chunks_exact(dim).map(<[f64]>::to_vec).collect();
        let penalty = potential.penalty();
        let std = if penalty > 0.0 { (OVER_DISPERSION * s / (2.0 * penalty)).sqrt().max(1.0) } else { 1.0 };
        let searches = (budget / (10 * SEARCH_COST)).clamp(2, SEARCHES);
        let mut from: Vec<Vec<f64>> = (0..searches)
            .map(|k| gaussian(Key::new(settings.seed, Purpose::Reference).tagged(SEARCH), k, 0, std, dim))
            .collect();
        from.extend(given.iter().take(searches as usize).cloned());
        let minima = local_minima(potential, &from, threads);
        let mut scratch = potential.scratch();
        let square = |w: &[f64]| w.iter().map(|x| x * x).sum::<f64>();
        let size = minima.iter().map(|m| square(&m.weights) / dim as f64).fold(0.0, f64::max);
        let laplacians = minima.iter().map(|m| potential.laplacian(&m.weights, &mut scratch));
        let softness = laplacians.filter(|l| *l > 0.0).map(|l| 0.5 * dim as f64 / l).fold(f64::NAN, f64::max);
        let mut points: Vec<Vec<f64>> = minima.iter().take(BASINS).map(|m| m.weights.clone()).collect();
        points.extend(given);
        Self { minima, points, dim, seed: settings.seed, penalty, size, softness }
    }

    /// The variance of a weight near a minimum, as far as is known before anything is sampled.
    pub fn variance(&self, s: f64) -> f64 {
        let prior = if self.penalty > 0.0 { s / (2.0 * self.penalty) } else { f64::NAN };
        let local = s * self.softness;
        if local.is_finite() { local } else { prior.max(s * 0.5) }
    }

    /// The starts of `ladders` chains at noise scale `s`; `together` consecutive ones start at the same place.
    pub fn draw(&self, rung: usize, s: f64, ladders: usize, together: usize, attempt: u64) -> Vec<f64> {
        let prior = if self.penalty > 0.0 { s / (2.0 * self.penalty) } else { 0.0 };
        let std = (OVER_DISPERSION * prior.max(self.size).max(self.variance(s))).sqrt();
        let key = Key::new(self.seed, Purpose::Reference).tagged(START);
        let place = |group: usize| {
            if group % 2 == 1 && !self.points.is_empty() {
                self.points[(group / 2) % self.points.len()].clone()
            } else {
                gaussian(key, (rung << 20 | group) as u64, attempt, std, self.dim)
            }
        };
        (0..ladders).flat_map(|chain| place(chain / together)).collect()
    }
}

fn gaussian(key: Key, name: u64, step: u64, std: f64, dim: usize) -> Vec<f64> {
    let mut stream = key.stream(name, step);
    (0..dim).map(|_| std * stream.sample::<f64, _>(StandardNormal)).collect()
}
