//! The slowest mode that a basis of observables sees at stationarity.

use super::eigen::{Whitening, bilinear_form};
use super::groups::{FEWEST_GROUPS, FOLDS, GroupCurves, group_count};
use super::lag_plot::{ImpliedTimescale, lag_plot};
use super::lagged::{Grouped, LaggedSums};
use super::plateau::Decay;
use super::verdict::{RateEstimate, Unresolved};
use crate::parallel::Threads;

/// The coordinate is trained at the lag where its correlation has fallen to about e^{−1/2}: late enough for fast parts to be
/// gone, early enough for the noise to be small.
const TRAINING_CORRELATION: f64 = 0.606_530_659_712_633_4;
/// The fit of the correlation ends after two e-folds: what lies later is mostly noise shared with what lies before.
const LONGEST: f64 = 2.0;
/// The fewest times.
const FEWEST_TIMES: usize = 16;
/// Readings count as not stationary when a mean is off by this many standard errors …
const OFF: f64 = 5.0;
/// … and by this many standard deviations: a smaller shift δ adds δ² < 7 % to a correlation.
const SHIFTED: f64 = 0.25;

/// Readings of m functions of independent particles at equally spaced times, the law at the first of them being stationary.
#[derive(Debug, Clone, Copy)]
pub struct StationaryReadings<'a> {
    /// Time between readings, unit of t.
    pub spacing: f64,
    /// How many times.
    pub times: usize,
    /// How many particles.
    pub particles: usize,
    /// How many independent runs of equal length the particles come in: `particles` where each is independent, the number
    /// of chains where they started from draws of chains, one chain after another.
    pub independent: usize,
    /// m, how many functions.
    pub functions: usize,
    /// times × particles × m, one time after another. A particle with a reading that is not finite is left out.
    pub values: &'a [f64],
}

impl StationaryReadings<'_> {
    /// The m readings of particle `i` at time number `t`.
    pub(super) fn of(&self, t: usize, i: usize) -> &[f64] {
        &self.values[(t * self.particles + i) * self.functions..][..self.functions]
    }
}

/// The slowest mode.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MixingRate {
    /// The rate with its interval, or why there is none.
    pub rate: Result<RateEstimate, Unresolved>,
    /// Implied timescales against the lag.
    pub lag_plot: Vec<ImpliedTimescale>,
    /// The lag at which the coordinates of the rate were trained, unit of t; the longest where the trainings differ.
    pub training_lag: Option<f64>,
    /// The coordinate cᵀφ from all particles at that lag, with unit variance: m coefficients.
    pub coefficients: Vec<f64>,
    /// Directions of the basis that are left after dropping those that depend on others.
    pub kept: usize,
    /// Particles with finite readings.
    pub particles: usize,
}

/// Lagged sums of a set of groups together.
pub(super) struct Pooled {
    pub instant: Vec<f64>,
    pub lagged: Vec<Vec<f64>>,
}

/// The slowest relaxation rate of a reversible process from stationary readings of a basis φ.
///
/// Seven eighths of the particles give a coordinate: the leading vector of C(τ) v = κ C(0) v with the symmetrised lagged
/// covariances. The eighth left out gives its correlation vᵀC(τ)v, which by reversibility is Σ_k c_k e^{−λ_k τ} with c_k ≥ 0
/// and so never falls slower than the gap: apart from its noise the rate is an upper bound, and it approaches the gap as the
/// basis grows. Each eighth is left out in turn and the curves are averaged. The fit of the curve begins
/// at the lag from which on the rate has stopped moving (Lepski's comparison of nested estimates, Theory Probab. Appl. 35, 1991),
/// and the movement left is part of the error; the step h = `step` of Euler–Maruyama is undone beside it as of one mode. A vector that never saw the particles it is judged on removes the upward bias that the
/// largest eigenvalue of a noisy matrix has.
///
/// `reference`: E_μ φ and its standard error for each function where they are known. It is what finds an ensemble that is
/// stationary to the eye but stuck in one well. Without it a rate between wells that nobody has crossed *cannot* be seen: the
/// rate is then that of the wells that the particles are in.
///
/// The answer is [`Unresolved`] below 16 particles or 16 times, when means drift or differ from the reference by five standard
/// errors and a quarter of a standard deviation, and where the fit says so.
///
/// Not valid for processes that are not reversible (underdamped, momentum) nor before burn-in; particles must be independent.
/// The step's bias of order h beyond −ln(1−hθ)/h stays.
///
/// Cost: times × particles × m² × 15 (thinned above 3·10⁹) and 64 × 15 × m² numbers of memory.
///
/// Source: Noé, Nüske, Multiscale Model. Simul. 11 (2013); Pérez-Hernández et al., J. Chem. Phys. 139 (2013); Klus et al.,
/// J. Nonlinear Sci. 28 (2018); cross-validation: McGibbon, Pande, J. Chem. Phys. 142 (2015).
///
/// # Panics
/// When `values` is not times × particles × m, or the spacing is not positive.
pub fn mixing_rate(
    readings: &StationaryReadings,
    reference: Option<&[(f64, f64)]>,
    step: f64,
    seed: u64,
    threads: &Threads,
) -> MixingRate {
    let StationaryReadings { spacing, times, particles, independent, functions, values } = *readings;
    assert_eq!(values.len(), times * particles * functions, "values are times × particles × functions");
    assert!(spacing > 0.0, "spacing > 0");
    let finite: Vec<usize> = (0..particles)
        .filter(|&i| (0..times).all(|t| readings.of(t, i).iter().all(|x| x.is_finite())))
        .collect();
    let none = |reason| MixingRate {
        rate: Err(reason),
        lag_plot: Vec::new(),
        training_lag: None,
        coefficients: Vec::new(),
        kept: 0,
        particles: finite.len(),
    };
    let Some(groups) = group_count(finite.len().min(independent)) else {
        return none(Unresolved::TooFewParticles { particles: finite.len(), needed: FEWEST_GROUPS });
    };
    if times < FEWEST_TIMES {
        return none(Unresolved::TooFewTimes { times, needed: FEWEST_TIMES });
    }
    let grouped = Grouped::new(readings, &finite, groups);
    if let Some(reason) = reference.and_then(|reference| off_reference(&grouped, reference)) {
        return none(reason);
    }
    let lags = grouped.matrix_lags();
    let sums = grouped.sums(&lags, threads);
    let all = pooled(&sums, None);
    let folds: Vec<Pooled> = (0..FOLDS).map(|fold| pooled(&sums, Some(fold))).collect();
    let whitened: Option<Vec<Whitening>> =
        folds.iter().map(|fold| Whitening::new(&fold.instant, functions)).collect();
    let (Some(whitened), Some(whitening)) = (whitened, Whitening::new(&all.instant, functions)) else {
        return none(Unresolved::Degenerate);
    };
    let trained: Option<Vec<(usize, Vec<f64>)>> =
        folds.iter().zip(&whitened).map(|(fold, whitening)| training(fold, whitening)).collect();
    let Some(trained) = trained else { return none(Unresolved::Degenerate) };
    let common = trained.iter().map(|(lag, _)| *lag).max().unwrap_or(0);
    let Some((_, leading)) = whitening.eigen(&all.lagged[common], |k| k - 1) else {
        return none(Unresolved::Degenerate);
    };
    // The sign of an eigenvector is arbitrary; the means below are compared across parts.
    let aligned = |v: &[f64]| -> Vec<f64> {
        let sign = bilinear_form(&all.instant, v, &leading).signum();
        v.iter().map(|x| sign * x).collect()
    };
    let (curve_lags, curves, means) = grouped.correlation(|g| aligned(&trained[g % FOLDS].1));
    let lag_times: Vec<f64> = curve_lags.iter().map(|&l| l as f64 * spacing).collect();
    let rate = drifting(&means, &leading).map_or_else(
        || {
            let (times, limit, longest) = (&lag_times[..], centring_bias(&means), LONGEST);
            Decay { times, curves: &curves, limit, step, longest, seed, tag: 2 }.rate()
        },
        Err,
    );
    MixingRate {
        rate,
        lag_plot: lag_plot(&sums, &folds, &whitened, &lags, spacing, seed),
        training_lag: Some(lags[common] as f64 * spacing),
        coefficients: leading,
        kept: whitening.kept(),
        particles: finite.len(),
    }
}

/// The sums a particle of all groups, without those of part `held_out` where one is named.
fn pooled(sums: &[LaggedSums], held_out: Option<usize>) -> Pooled {
    let chosen: Vec<&LaggedSums> = sums
        .iter()
        .enumerate()
        .filter(|(g, _)| held_out.is_none_or(|fold| g % FOLDS != fold))
        .map(|(_, s)| s)
        .collect();
    let total: f64 = chosen.iter().map(|s| s.count).sum();
    let add = |matrices: Vec<&[f64]>| -> Vec<f64> {
        let mut sum = vec![0.0; matrices[0].len()];
        for matrix in matrices {
            sum.iter_mut().zip(matrix).for_each(|(s, x)| *s += x / total);
        }
        sum
    };
    Pooled {
        instant: add(chosen.iter().map(|s| &s.instant[..]).collect()),
        lagged: (0..sums[0].lagged.len())
            .map(|l| add(chosen.iter().map(|s| &s.lagged[l][..]).collect()))
            .collect(),
    }
}

/// The number of the first lag at which the leading eigenvalue has fallen far enough (the last lag if none), and the vector.
fn training(fold: &Pooled, whitening: &Whitening) -> Option<(usize, Vec<f64>)> {
    let mut found = None;
    for (number, matrix) in fold.lagged.iter().enumerate() {
        let (values, vector) = whitening.eigen(matrix, |k| k - 1)?;
        let low = values.last().is_some_and(|&v| v <= TRAINING_CORRELATION);
        found = Some((number, vector));
        if low {
            break;
        }
    }
    found
}

/// Var of the mean that was subtracted, negative: what centring takes from every correlation.
fn centring_bias(means: &GroupCurves) -> f64 {
    -means.mean_and_errors().1[0].powi(2)
}

/// Whether the coordinate's mean moves between the first and the last third of the times. Its variance is 1.
fn drifting(means: &GroupCurves, coordinate: &[f64]) -> Option<Unresolved> {
    let mut change = GroupCurves::new(means.groups(), 1);
    change.counts.clone_from(&means.counts);
    (0..means.groups()).for_each(|g| change.sums[g] = means.of(g)[2] - means.of(g)[1]);
    let (mean, error) = change.mean_and_errors();
    let function = (0..coordinate.len())
        .max_by(|&i, &j| coordinate[i].abs().total_cmp(&coordinate[j].abs()))
        .unwrap_or(0);
    let shift = mean[0].abs();
    (shift > OFF * error[0] && shift > SHIFTED).then_some(Unresolved::NotStationary { function, shift })
}

/// The function whose mean is farthest from its reference, if that is too far.
fn off_reference(grouped: &Grouped, reference: &[(f64, f64)]) -> Option<Unresolved> {
    let StationaryReadings { times, functions, .. } = *grouped.readings;
    assert_eq!(reference.len(), functions, "one reference a function");
    let mut curves = GroupCurves::new(grouped.members.len(), 2 * functions);
    for (g, members) in grouped.members.iter().enumerate() {
        curves.counts[g] = members.len() as f64;
        let sums = &mut curves.sums[g * 2 * functions..][..2 * functions];
        for &i in members {
            for t in 0..times {
                for (k, x) in grouped.readings.of(t, i).iter().enumerate() {
                    let centred = x - grouped.centre[k];
                    sums[k] += centred / times as f64;
                    sums[functions + k] += centred * centred / times as f64;
                }
            }
        }
    }
    let (mean, errors) = curves.mean_and_errors();
    (0..functions)
        .filter_map(|k| {
            let (value, value_error) = reference[k];
            let off = (grouped.centre[k] + mean[k] - value).abs();
            let shift = off / mean[functions + k].sqrt();
            (off > OFF * errors[k].hypot(value_error) && shift > SHIFTED).then_some((k, shift))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(function, shift)| Unresolved::NotStationary { function, shift })
}

#[cfg(test)]
#[path = "slowest_tests.rs"]
mod tests;
