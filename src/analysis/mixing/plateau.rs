//! The rate of a correlation A e^{−rt} whose beginning holds faster parts: where the fit starts, where it ends, its error.
//!
//! *End*: where the curve meets the floor of its standard error. *Start*: the earliest
//! from which on no later start gives a rate that differs by more than its noise explains; the noise of the difference of
//! two rates is taken from the same resamples. What movement is left beyond that noise goes into the error.

use super::decay_fit::{Exponential, Points};
use super::euler_step::EulerStep;
use super::groups::{GroupCurves, RESAMPLES, deviation, resamples};
use super::verdict::{FEWEST_E_FOLDS, RateEstimate, Unresolved, WIDEST, quantile};
use super::window::{FEWEST_POINTS, last_run, thinned};

/// A rate has moved if it differs by more than this many standard errors of the difference. Nested windows share most of
/// their noise, so that a dozen comparisons raise a false alarm in about one fit in fourteen; it costs precision alone.
const MOVED: f64 = 2.5;
/// Later starts are compared while their rate's error is at most this many times that of the fit.
const COMPARED: f64 = 4.0;
/// Later starts count as witnesses of the drift while their rate's error is at most this many times that of the fit.
const WITNESS: f64 = 2.0;
/// Starts that are tried, equally spaced over the first 5/6 of the window.
const STARTS: usize = 16;
/// The most points of a fit; more are thinned, for neighbours are nearly the same number.
const MOST_POINTS: usize = 64;

/// One start of the window with its fit and the rates of all resamples.
struct Candidate {
    start: usize,
    fit: Exponential,
    rates: Vec<f64>,
    error: f64,
}

/// A curve to fit: times, group sums of readings, where it tends to.
pub(super) struct Decay<'a> {
    pub times: &'a [f64],
    pub curves: &'a GroupCurves,
    /// What the curve tends to.
    pub limit: f64,
    /// h, 0 for a process in continuous time.
    pub step: f64,
    /// The window ends at the latest where the curve has fallen by so many factors of e.
    pub longest: f64,
    pub seed: u64,
    pub tag: u64,
}

impl Decay<'_> {
    /// The rate, or why there is none.
    pub fn rate(&self) -> Result<RateEstimate, Unresolved> {
        if self.times.len() < 2 * FEWEST_POINTS {
            return Err(Unresolved::TooFewTimes { times: self.times.len(), needed: 2 * FEWEST_POINTS });
        }
        let (mean, errors) = self.curves.mean_and_errors();
        let distance: Vec<f64> = mean.iter().map(|m| m - self.limit).collect();
        let (begin, end) = last_run(&distance, &errors).ok_or(Unresolved::BelowFloor)?;
        let low = distance[begin].abs() * (-self.longest).exp();
        let end = (begin..=end).take_while(|&i| distance[i].abs() >= low).last().unwrap_or(end);
        let candidates = self.candidates(&distance, &errors, begin, end);
        let chosen = plateau(&candidates)?;
        self.verdict(&candidates, chosen, end)
    }

    /// Fits from all starts, each with its resampled rates; starts without a fit are left out.
    fn candidates(&self, distance: &[f64], errors: &[f64], begin: usize, end: usize) -> Vec<Candidate> {
        let resampled: Vec<Vec<f64>> = resamples(self.curves.groups(), RESAMPLES, self.seed, self.tag)
            .iter()
            .map(|times| self.curves.mean(times).iter().map(|m| m - self.limit).collect())
            .collect();
        let mut starts: Vec<usize> =
            (0..STARTS).map(|k| begin + (end - begin) * 5 * k / (6 * STARTS)).collect();
        starts.dedup();
        starts
            .into_iter()
            .filter(|start| end + 1 - start >= FEWEST_POINTS)
            .filter_map(|start| self.candidate(distance, errors, start, end, &resampled))
            .collect()
    }

    fn candidate(
        &self,
        distance: &[f64],
        errors: &[f64],
        start: usize,
        end: usize,
        resampled: &[Vec<f64>],
    ) -> Option<Candidate> {
        let indices = thinned(start, end, MOST_POINTS);
        let pick = |from: &[f64]| -> Vec<f64> { indices.iter().map(|&i| from[i]).collect() };
        let times: Vec<f64> = indices.iter().map(|&i| self.times[i] - self.times[start]).collect();
        let weights = weights(&pick(errors));
        let values = pick(distance);
        let fit = Points { times: &times, values: &values, weights: &weights }.fit()?;
        let rates: Vec<f64> = resampled
            .iter()
            .map(|curve| {
                let points = Points { times: &times, values: &pick(curve), weights: &weights };
                points.refine(fit).map_or(f64::NAN, |fit| fit.rate)
            })
            .collect();
        let error = deviation(&rates);
        error.is_finite().then_some(Candidate { start, fit, rates, error })
    }

    /// The checks that a fit must pass, and the numbers of one that does.
    fn verdict(
        &self,
        candidates: &[Candidate],
        chosen: usize,
        end: usize,
    ) -> Result<RateEstimate, Unresolved> {
        let Candidate { start, fit, error, .. } = &candidates[chosen];
        let window = (self.times[*start], self.times[end]);
        let (rate, e_folds) = (fit.rate, fit.rate * (window.1 - window.0));
        if e_folds < FEWEST_E_FOLDS.0 {
            return Err(Unresolved::HorizonTooShort { e_folds });
        }
        let drift = drift(&candidates[chosen..]);
        let std_err = error.hypot(drift);
        if std_err.is_nan() || std_err > WIDEST * rate {
            return Err(Unresolved::TooWide { relative: std_err / rate });
        }
        let half = quantile(self.curves.groups()) * std_err;
        let interval = (rate - half, rate + half);
        // The coordinate that is followed is a mode of its own: it is undone as one.
        let step = EulerStep { length: self.step, linear: true };
        let (generator_rate, generator_interval) = step.undone(rate, interval);
        Ok(RateEstimate {
            rate,
            std_err,
            interval,
            generator_rate,
            generator_std_err: std_err * (-rate * self.step).exp(),
            generator_interval,
            window,
            e_folds,
            amplitude: fit.amplitude * (rate * window.0).exp(),
            asymptote: self.limit,
        })
    }
}

/// The earliest candidate from which on the rate has stopped moving; it takes a later one to tell.
fn plateau(candidates: &[Candidate]) -> Result<usize, Unresolved> {
    let stopped = |k: usize| {
        let this = &candidates[k];
        let mut compared =
            candidates[k + 1..].iter().filter(|later| later.error <= COMPARED * this.error).peekable();
        let moved = |later: &Candidate| {
            (this.fit.rate - later.fit.rate).abs() > MOVED * difference_error(this, later)
        };
        compared.peek().is_some() && !compared.any(moved)
    };
    let reason = if candidates.is_empty() { Unresolved::BelowFloor } else { Unresolved::NoPlateau };
    (0..candidates.len()).find(|&k| stopped(k)).ok_or(reason)
}

/// √ of the mean squared change of the rate of the first candidate towards later ones, less what noise adds to it. The
/// mean over starts, not the largest change, which noise alone would make.
fn drift(candidates: &[Candidate]) -> f64 {
    let (this, rest) = (&candidates[0], &candidates[1..]);
    let near = rest.iter().take_while(|later| later.error <= WITNESS * this.error).count().max(1);
    let squares: Vec<f64> = rest[..near.min(rest.len())]
        .iter()
        .map(|later| (this.fit.rate - later.fit.rate).powi(2) - difference_error(this, later).powi(2))
        .collect();
    (squares.iter().sum::<f64>() / squares.len().max(1) as f64).max(0.0).sqrt()
}

/// The standard error of the difference of two candidates' rates.
fn difference_error(a: &Candidate, b: &Candidate) -> f64 {
    deviation(&a.rates.iter().zip(&b.rates).map(|(a, b)| a - b).collect::<Vec<_>>())
}

/// 1/(σ_t² + ¼ mean σ²): a point start is exact at t = 0, and must not carry the fit alone. The weights steer only the
/// efficiency: the error comes from the resamples.
fn weights(errors: &[f64]) -> Vec<f64> {
    let mean = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
    let floor = if mean > 0.0 { 0.25 * mean } else { 1.0 };
    errors.iter().map(|e| 1.0 / (e * e + floor)).collect()
}
