//! The rate at which the mean of one observable approaches its stationary value.

use super::euler_step::EulerStep;
use super::groups::{FEWEST_GROUPS, GroupCurves, group_count, group_of};
use super::rate_profile::{RateProfile, rate_profile};
use super::verdict::{FEWEST_E_FOLDS, RateEstimate, Unresolved, WIDEST, quantile};
use super::whitened::WhitenedCurve;
use super::window::{FEWEST_POINTS, PEAK, last_run};

/// E_μ φ, the value that the curve tends to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asymptote {
    /// Known from elsewhere, with its standard error (0 where it is exact).
    Known {
        /// E_μ φ.
        value: f64,
        /// Its standard error.
        std_err: f64,
    },
    /// Fitted together with the rate: it takes a longer horizon, and the rate is less certain.
    Unknown,
}

impl Asymptote {
    /// The value to subtract and its error; (0, 0) where it is fitted.
    pub(super) fn value(self) -> (f64, f64) {
        match self {
            Self::Known { value, std_err } => (value, std_err),
            Self::Unknown => (0.0, 0.0),
        }
    }
}

/// Readings of one observable of independent particles at increasing times.
#[derive(Debug, Clone, Copy)]
pub struct DecayReadings<'a> {
    /// Times t, increasing; need not be equally spaced.
    pub times: &'a [f64],
    /// How many particles there are.
    pub particles: usize,
    /// times × particles, one time after another. A particle with a reading that is not finite is left out at all times.
    pub values: &'a [f64],
}

/// Starts that are tried, equally spaced over the first 5/6 of the run above the floor.
const STARTS: usize = 16;
/// The fewest points of a window that begins later than the first.
const FEWEST_LATER: usize = 8;
/// A start is too early where a misfit as large as the one found is rarer than this.
const MISFIT: f64 = 0.05;
/// A curve is not over where it stands out by this many standard errors after its window: once in 10⁵ for noise.
const AGAIN: f64 = 4.5;

/// The slowest rate r in E φ(W_t) − E_μ φ = A e^{−rt} + Σ_k B_k e^{−q_k t} that this observable and this start show.
///
/// *Why an interval for a mixture.* The rate that a single exponential gives is an effective one: with B_k of A's sign it
/// comes down to r only as the faster modes die, so that its own error says nothing of the distance. Here a rate r belongs to
/// the interval when *some* curve with it as the slowest rate agrees with the data as well as the best curve does, at the
/// level 95 % (a profile of the likelihood with an estimated covariance between all times; Rao, Biometrika 46, 1959). The
/// curves allowed, at the start of the window: q_k ≥ 1.5 r, and either any number of B_k of A's sign with Σ B_k ≤ 3 A, or one
/// B of the other sign with |B| ≤ ¾ |A|. The value is the effective rate where one mode is not rejected, else that of the
/// best mixture; it may lie anywhere in the interval.
///
/// *What is promised.* The interval covers r where the curve is of that kind. A slowest mode with less than a quarter of the
/// distance at the window's start is not promised to be seen, and modes closer than 1.5 count as one in between; with a
/// fitted limit a mode of less than 1.5 e-folds over the window counts as part of the limit. No finite data can do without
/// such bounds: a mode of any rate fits under the noise if its amplitude may be small enough.
///
/// *Window.* The last run of one sign above three standard errors (of the curve and of E_μ φ together), from its highest point
/// on; its start moves on until no misfit is seen at the level 5 %. The answer is [`Unresolved`] where the decay does not stand
/// out by six standard errors, where the curve stands out again after the window (it crosses its limit), where no start fits,
/// where the window is shorter than half an e-fold (one and a half with a fitted limit), or where the interval reaches 0 or is
/// too wide to say anything.
///
/// `step`: what to undo for `generator_rate`.
///
/// What it is not: an estimate of the spectral gap. E L̃ shows about twice the gap. Not for particles that share random
/// numbers, nor for a wrong limit. Errors come from at most 64 groups of particles, which are independent.
///
/// Cost: times × particles, and 0.1 s a start of the window.
///
/// # Errors
/// [`Unresolved`], the reason why there is no rate.
///
/// # Panics
/// When `values` is not times × particles, or times do not increase.
pub fn decay_rate(
    readings: &DecayReadings,
    asymptote: Asymptote,
    step: EulerStep,
) -> Result<RateEstimate, Unresolved> {
    let DecayReadings { times, particles, values } = *readings;
    assert_eq!(values.len(), times.len() * particles, "values are times × particles");
    assert!(times.windows(2).all(|t| t[0] < t[1]), "times increase");
    let finite: Vec<usize> =
        (0..particles).filter(|&i| (0..times.len()).all(|t| values[t * particles + i].is_finite())).collect();
    let groups = group_count(finite.len())
        .ok_or(Unresolved::TooFewParticles { particles: finite.len(), needed: FEWEST_GROUPS })?;
    let mut curves = GroupCurves::new(groups, times.len());
    for (rank, &i) in finite.iter().enumerate() {
        let g = group_of(rank, finite.len(), groups);
        curves.counts[g] += 1.0;
        let sums = &mut curves.sums[g * times.len()..][..times.len()];
        sums.iter_mut().enumerate().for_each(|(t, sum)| *sum += values[t * particles + i]);
    }
    rate_of(times, &curves, asymptote, step)
}

/// The rate of a mean curve with its groups.
fn rate_of(
    times: &[f64],
    curves: &GroupCurves,
    asymptote: Asymptote,
    step: EulerStep,
) -> Result<RateEstimate, Unresolved> {
    if times.len() < 2 * FEWEST_POINTS {
        return Err(Unresolved::TooFewTimes { times: times.len(), needed: 2 * FEWEST_POINTS });
    }
    let (begin, end) = window(times, curves, asymptote)?;
    let mut starts: Vec<usize> = (0..STARTS).map(|k| begin + (end - begin) * 5 * k / (6 * STARTS)).collect();
    starts.dedup();
    starts.retain(|&start| start == begin || end + 1 - start >= FEWEST_LATER);
    for start in starts {
        let curve =
            WhitenedCurve::new(times, curves, asymptote, start, end).ok_or(Unresolved::NotExponential)?;
        let profile = rate_profile(&curve);
        if profile.p_value > MISFIT {
            return verdict(&profile, (times[start], times[end]), asymptote, step, curves.groups());
        }
    }
    Err(Unresolved::NotExponential)
}

/// First and last index of the points that may be fitted.
fn window(times: &[f64], curves: &GroupCurves, asymptote: Asymptote) -> Result<(usize, usize), Unresolved> {
    let (mean, errors) = curves.mean_and_errors();
    let last = mean.len() - 1;
    let (value, value_error) = match asymptote {
        Asymptote::Known { value, std_err } => (value, std_err),
        Asymptote::Unknown => (mean[last], errors[last]),
    };
    let errors: Vec<f64> = errors.iter().map(|e| e.hypot(value_error)).collect();
    let distance: Vec<f64> = mean.iter().map(|m| m - value).collect();
    let beyond = |i: &usize, by: f64| distance[*i].abs() > by * errors[*i];
    let (from, to) = if asymptote == Asymptote::Unknown {
        if (0..last).filter(|i| beyond(i, PEAK)).count() < FEWEST_POINTS {
            return Err(Unresolved::BelowFloor);
        }
        (0, last)
    } else {
        last_run(&distance, &errors).ok_or(Unresolved::BelowFloor)?
    };
    let height = |i: usize| distance[i].abs();
    if let Some(again) =
        (to + 1..=last).filter(|i| beyond(i, AGAIN)).max_by(|&a, &b| height(a).total_cmp(&height(b)))
    {
        return Err(Unresolved::StandsOutAgain { time: times[again] });
    }
    // A point start has no error and fits nothing; a curve that first moves away decays from its turning point on.
    let with_error = (from..=to).filter(|&i| errors[i] > 0.0);
    let begin = with_error.rev().max_by(|&a, &b| height(a).total_cmp(&height(b))).unwrap_or(from);
    if to + 1 - begin < FEWEST_POINTS {
        return Err(Unresolved::BelowFloor);
    }
    Ok((begin, to))
}

/// The checks that a profile must pass, and the numbers of one that does.
fn verdict(
    profile: &RateProfile,
    window: (f64, f64),
    asymptote: Asymptote,
    step: EulerStep,
    groups: usize,
) -> Result<RateEstimate, Unresolved> {
    let RateProfile { rate, interval, .. } = *profile;
    let e_folds = rate * (window.1 - window.0);
    let fitted = asymptote == Asymptote::Unknown;
    if e_folds < if fitted { FEWEST_E_FOLDS.1 } else { FEWEST_E_FOLDS.0 } {
        return Err(Unresolved::HorizonTooShort { e_folds });
    }
    let error = |(low, high): (f64, f64)| (high - low) / (2.0 * quantile(groups));
    let std_err = error(interval);
    if std_err.is_nan() || std_err > WIDEST * rate || interval.0 <= 0.0 {
        return Err(Unresolved::TooWide { relative: std_err / rate });
    }
    let (generator_rate, generator_interval) = step.undone(rate, interval);
    Ok(RateEstimate {
        rate,
        std_err,
        interval,
        generator_rate,
        generator_std_err: error(generator_interval),
        generator_interval,
        window,
        e_folds,
        amplitude: profile.amplitude * (rate * window.0).exp(),
        asymptote: asymptote.value().0 + profile.limit,
    })
}

#[cfg(test)]
#[path = "decay_rate_tests.rs"]
mod tests;
