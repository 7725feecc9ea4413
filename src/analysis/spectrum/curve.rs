//! The exact law's means E φ(W_t) at given times.

use super::factor::Factor;
use super::level::Level;
use super::restricted_pade::{ORDER, coefficients, gamma};
use super::{Grid, GridError, GridStart, Numeric, Observable};

/// E φ(W_t) of the SDE at given times.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Times t.
    pub times: Vec<f64>,
    /// For each observable, a mean for each time.
    pub means: Vec<Vec<Numeric>>,
}

/// Error of one step in units of the observable's size under the start and under μ_s, for one weight and for two.
const STEP_TOLERANCE: [f64; 2] = [1e-10, 1e-8];
/// The smallest step in units of the first guess: an observable with jumps stops there, and its error is stated.
const SMALLEST: f64 = 1.0 / 4096.0;

impl Grid<'_> {
    /// E φ(W_t) for each observable and each of `times`, from `start`.
    ///
    /// The backward equation ∂u/∂t = 𝓛u, u_0 = φ − E_μ φ is solved on each grid by steps of order 8 that need one factor for a
    /// step length; lengths grow by powers of 2 as u becomes smooth, and times within a step are read from it. E φ(W_t) is the sum of u_t over the
    /// start. No power of the density enters, so that a start far outside the bulk of μ_s is as good as any other. The error of a
    /// step, by comparison with order 7, is kept below 1e-10 (two weights: 1e-8) of the mean of |u_0| under start and μ_s, and their sum
    /// is part of the stated error, as is what Richardson's formula leaves. Cost: 5 to 15 factors of N·b² operations.
    ///
    /// # Errors
    /// [`GridError::Separated`] where a pivot leaves the range of the numbers.
    ///
    /// # Panics
    /// When times are negative, not finite or not increasing, or an observable is of another grid.
    pub fn curves(
        &self,
        observables: &[Observable],
        start: &GridStart,
        times: &[f64],
    ) -> Result<Curves, GridError> {
        assert!(times.iter().all(|t| *t >= 0.0 && t.is_finite()), "times ≥ 0");
        assert!(times.is_sorted(), "times in order");
        let mut levels = Vec::new();
        for (k, level) in self.levels.iter().enumerate() {
            let values: Vec<&[f64]> = observables.iter().map(|o| o.values[k].as_slice()).collect();
            levels.push(Evolution::new(level, &values, &start.weights[k]).run(times)?);
        }
        let numeric = |o: usize, t: usize| {
            let values: [f64; 3] = std::array::from_fn(|k| levels[k][o].values[t]);
            let (scale, steps) = (levels[2][o].scale, levels[2][o].errors[t]);
            Numeric::second_order(values)
                .widened(steps + (start.defect + self.mass_outside() + 1e-12) * scale)
        };
        let means =
            (0..observables.len()).map(|o| (0..times.len()).map(|t| numeric(o, t)).collect()).collect();
        Ok(Curves { times: times.to_vec(), means })
    }
}

/// One observable on its way.
struct Track {
    /// u.
    now: Vec<f64>,
    mean: f64,
    /// Σ (|p_0| + μ)|φ − E_μ φ|/2.
    scale: f64,
    error: f64,
    values: Vec<f64>,
    errors: Vec<f64>,
}

struct Evolution<'a> {
    level: &'a Level,
    start: &'a [f64],
    /// (|p_0| + μ)/2: where errors count.
    counts: Vec<f64>,
    tracks: Vec<Track>,
    full: [f64; ORDER + 1],
    /// Order 8 less order 7.
    contrast: [f64; ORDER + 1],
}

/// x^j u for j = 0 … 8.
type Powers = Vec<Vec<f64>>;

impl<'a> Evolution<'a> {
    fn new(level: &'a Level, observables: &[&[f64]], start: &'a [f64]) -> Self {
        let counts: Vec<f64> =
            start.iter().enumerate().map(|(i, p)| 0.5 * (p.abs() + level.mass(i))).collect();
        let track = |values: &&[f64]| {
            let mean = level.mean(values);
            let now: Vec<f64> =
                values.iter().zip(&level.root).map(|(v, g)| if *g > 0.0 { v - mean } else { 0.0 }).collect();
            let scale = size(&counts, &now);
            Track { now, mean, scale, error: 0.0, values: Vec::new(), errors: Vec::new() }
        };
        let tracks = observables.iter().map(track).collect();
        let full = coefficients(1.0, ORDER);
        let lower = coefficients(1.0, ORDER - 1);
        let contrast = std::array::from_fn(|j| full[j] - lower[j]);
        Self { level, start, counts, tracks, full, contrast }
    }

    fn run(mut self, times: &[f64]) -> Result<Vec<Track>, GridError> {
        let mut pending = times;
        while let Some((0.0, later)) = pending.split_first() {
            for track in &mut self.tracks {
                let begin = [track.now.clone()];
                track.read(self.start, &begin, &[1.0]);
            }
            pending = later;
        }
        let mut step = self.first_step();
        let smallest = step * SMALLEST;
        let (mut time, mut factor) = (0.0, None);
        while !pending.is_empty() {
            let made = match factor.take() {
                Some(made) => made,
                None => Factor::shifted(self.level, gamma() * step)?,
            };
            let powers: Vec<Powers> =
                self.tracks.iter().map(|track| self.powers(&made, &track.now)).collect();
            let errors: Vec<f64> =
                powers.iter().map(|p| size(&self.counts, &combination(p, &self.contrast))).collect();
            let worst =
                errors.iter().zip(&self.tracks).map(|(e, t)| relative(*e, t.scale)).fold(0.0, f64::max);
            let change = factor_of_two(worst / STEP_TOLERANCE[self.level.cells.len() - 1]);
            if change < 1.0 && step > smallest {
                step = (step * change).max(smallest);
                continue;
            }
            let due = pending.partition_point(|t| *t <= time + step);
            self.accept(&powers, &errors, pending[..due].iter().map(|t| (t - time) / step));
            (time, pending) = (time + step, &pending[due..]);
            if change >= 2.0 {
                step *= change;
            } else {
                factor = Some(made);
            }
        }
        Ok(self.tracks)
    }

    /// A twentieth of the time on which u starts to change.
    fn first_step(&self) -> f64 {
        let time = |track: &Track| {
            let rate = size(&self.counts, &self.level.generator(&track.now));
            if rate > 0.0 { 0.05 * track.scale / rate } else { f64::INFINITY }
        };
        let shortest = self.tracks.iter().map(time).fold(f64::INFINITY, f64::min);
        if shortest.is_finite() { shortest } else { 1.0 }
    }

    fn powers(&self, factor: &Factor, u: &[f64]) -> Powers {
        let g = &self.level.root;
        let mut powers = vec![u.to_vec()];
        let mut v: Vec<f64> = u.iter().zip(g).map(|(u, g)| u * g).collect();
        for _ in 0..ORDER {
            factor.solve(&mut v);
            powers.push(v.iter().zip(g).map(|(v, g)| if *g > 0.0 { v / g } else { 0.0 }).collect());
        }
        powers
    }

    fn accept(&mut self, powers: &[Powers], errors: &[f64], fractions: impl Iterator<Item = f64> + Clone) {
        for ((track, powers), error) in self.tracks.iter_mut().zip(powers).zip(errors) {
            track.error += error;
            for theta in fractions.clone() {
                track.read(self.start, powers, &coefficients(theta, ORDER));
            }
            track.now = combination(powers, &self.full);
        }
    }
}

impl Track {
    fn read(&mut self, start: &[f64], powers: &[Vec<f64>], coefficients: &[f64]) {
        let sum = |u: &Vec<f64>| start.iter().zip(u).map(|(p, u)| p * u).sum::<f64>();
        let value: f64 = powers.iter().zip(coefficients).map(|(u, c)| c * sum(u)).sum();
        self.values.push(self.mean + value);
        self.errors.push(self.error);
    }
}

fn size(counts: &[f64], u: &[f64]) -> f64 {
    counts.iter().zip(u).map(|(c, u)| c * u.abs()).sum()
}

fn relative(error: f64, scale: f64) -> f64 {
    if error == 0.0 { 0.0 } else { error / scale }
}

fn combination(powers: &[Vec<f64>], coefficients: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; powers[0].len()];
    for (u, c) in powers.iter().zip(coefficients) {
        out.iter_mut().zip(u).for_each(|(o, u)| *o += c * u);
    }
    out
}

/// The power of 2 by which the step may change for an error of order 8, `excess` times the tolerance.
fn factor_of_two(excess: f64) -> f64 {
    let ideal = 0.9 * (1.0 / excess.max(1e-300)).powf(1.0 / ORDER as f64);
    ideal.log2().floor().clamp(-6.0, 3.0).exp2()
}
