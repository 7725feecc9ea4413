//! The rate at which the mean of one observable approaches its stationary value.

use super::groups::{FEWEST_GROUPS, GroupCurves, group_count, group_of};
use super::plateau::Decay;
use super::verdict::{RateEstimate, Unresolved};

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

/// r of E φ(W_t) − E_μ φ ≈ A e^{−rt} at late t, with the step h = `step` of Euler–Maruyama undone beside it (0: nothing to
/// undo).
///
/// Weighted least squares on the mean curve. The window ends where the curve meets three standard errors (of the curve and
/// of E_μ φ together) and begins where the rate has stopped moving within its noise. The error comes from resampling 64
/// groups of particles, which are independent; the asymptote is drawn anew from its own error in each resample.
///
/// The answer is [`Unresolved`] where the decay does not stand out by six standard errors, where a window shorter than half
/// an e-fold (one and a half with a fitted asymptote) or an error above half the rate says nothing, and where the rate still
/// moves as the signal sinks into the noise.
///
/// What it is not: an estimate of the spectral gap. It is the rate of the slowest mode that this observable and this start
/// show above the noise; E L̃ shows about twice the gap. Two modes closer than their noise count as one in between.
/// Not for particles that share random numbers, nor for a wrong asymptote: that looks like a slow mode or none.
///
/// Cost: times × particles, and 400 small fits a start of the window (about 0.1 s).
///
/// Source: Efron, Tibshirani, *An Introduction to the Bootstrap* (1993), ch. 6 and 8; the plateau rule is Lepski's comparison
/// of nested estimates (Theory Probab. Appl. 35, 1991).
///
/// # Errors
/// [`Unresolved`], the reason why there is no rate.
///
/// # Panics
/// When `values` is not times × particles, or times do not increase.
pub fn decay_rate(
    readings: &DecayReadings,
    asymptote: Asymptote,
    step: f64,
    seed: u64,
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
    Decay { times, curves: &curves, asymptote, step, longest: f64::INFINITY, seed, tag: 1 }.rate()
}

#[cfg(test)]
#[path = "decay_rate_tests.rs"]
mod tests;
