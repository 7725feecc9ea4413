//! What a fit may answer: a rate with its interval, or the reason why there is none.

use crate::estimates::LEVEL;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The fewest e-folds of a window: with a given limit less is a slope, not a decay; with a fitted one it cannot be told from
/// the curve below one and a half.
pub(super) const FEWEST_E_FOLDS: (f64, f64) = (0.5, 1.5);
/// The largest standard error, relative to the rate: two of them reach 0.
pub(super) const WIDEST: f64 = 0.5;

/// A rate that the data support.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct RateEstimate {
    /// r in A e^{−rt}, the rate of the simulated process itself, per unit of time t.
    pub rate: f64,
    /// Standard error of `rate`; of [`decay_rate`](super::decay_rate()) half the width of `interval` over the quantile of the
    /// level, for that interval need not be symmetric.
    pub std_err: f64,
    /// The 95 % interval of `rate`.
    pub interval: (f64, f64),
    /// The rate of the generator, with the step of Euler–Maruyama undone as [`EulerStep`](super::EulerStep) says; equal to
    /// `rate` for h = 0.
    pub generator_rate: f64,
    /// Standard error of `generator_rate`, by the same rule as `std_err`.
    pub generator_std_err: f64,
    /// The 95 % interval of `generator_rate`.
    pub generator_interval: (f64, f64),
    /// First and last time of the fitted window.
    pub window: (f64, f64),
    /// `rate` times the length of the window: how many factors of e the fit has seen.
    pub e_folds: f64,
    /// A, the height at t = 0 of the slowest mode.
    pub amplitude: f64,
    /// The value that the curve decays to: given, or fitted.
    pub asymptote: f64,
}

/// Why there is no rate.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unresolved {
    /// Too few particles for an error by resampling.
    #[error(
        "{particles} particles with finite readings are too few for an error: at least {needed} are needed"
    )]
    TooFewParticles {
        /// How many there are.
        particles: usize,
        /// How many it takes.
        needed: usize,
    },
    /// Too few observation times.
    #[error("{times} observation times are too few: at least {needed} are needed")]
    TooFewTimes {
        /// How many there are.
        times: usize,
        /// How many it takes.
        needed: usize,
    },
    /// The distance from the asymptote never stands out of its Monte-Carlo error for long enough.
    #[error("the decay does not stand out of its Monte-Carlo floor; more particles or a farther start help")]
    BelowFloor,
    /// The curve has hardly fallen by the end.
    #[error("the window holds {e_folds:.3} e-folds; a longer horizon helps")]
    HorizonTooShort {
        /// Rate times length of the window; may be negative.
        e_folds: f64,
    },
    /// The rate still moves where the data end.
    #[error("the rate still moves where the signal meets its floor: no plateau")]
    NoPlateau,
    /// The curve is not over where its window ends.
    #[error(
        "the curve stands out of its limit again at t = {time:.4}, after its decay: it crosses the limit, or the limit is off"
    )]
    StandsOutAgain {
        /// Where it stands out the most.
        time: f64,
    },
    /// No stretch of the curve is of the kind that is fitted.
    #[error("no stretch of the curve agrees with one slow mode and faster ones beneath it")]
    NotExponential,
    /// The interval says too little.
    #[error(
        "the standard error, of noise and of what faster modes may hide, is {relative:.2} of the rate; more particles help"
    )]
    TooWide {
        /// Standard error over rate.
        relative: f64,
    },
    /// Readings that should be stationary are not.
    #[error(
        "the readings are not stationary: the mean of '{function}' is off by {shift:.2} standard deviations"
    )]
    NotStationary {
        /// Number of the function in the basis.
        function: usize,
        /// The shift, in stationary standard deviations.
        shift: f64,
    },
    /// No combination of the functions varies.
    #[error("the functions do not vary: no slowest mode")]
    Degenerate,
}

/// The two-sided quantile of the program's level for an error with `groups` − 1 degrees of freedom.
pub(super) fn quantile(groups: usize) -> f64 {
    let freedom = (groups.max(2) - 1) as f64;
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |law| law.inverse_cdf(0.5 + LEVEL / 2.0))
}
