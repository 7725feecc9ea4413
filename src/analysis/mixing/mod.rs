//! How fast: rates of convergence with intervals, from readings of independent particles.
//!
//! Three questions, three answers that must not be confused. [`decay_rate`]: how fast does E φ(W_t) approach E_μ φ for one
//! observable φ and one start? (E L̃ goes at about twice the gap.) [`mixing_rate`]: what is the slowest rate that a basis of
//! observables can see at stationarity? [`rayleigh_ritz`]: how large can the gap be at most, from samples of μ_s alone?
//! A rate that the data do not support is [`Unresolved`], with the reason.

mod basis;
mod cone;
mod convergence_time;
mod decay_fit;
mod decay_rate;
mod directions;
mod eigen;
mod euler_step;
mod groups;
mod lag_plot;
mod lagged;
mod mode_mixture;
mod plateau;
mod rate_profile;
mod rayleigh_ritz;
mod slowest;
#[cfg(test)]
mod synthetic;
mod verdict;
mod whitened;
mod window;

pub use basis::{Basis, Observable};
pub use convergence_time::{ConvergenceTime, convergence_times};
pub use decay_rate::{Asymptote, DecayReadings, decay_rate};
pub use directions::Directions;
pub use euler_step::EulerStep;
pub use lag_plot::ImpliedTimescale;
pub use rayleigh_ritz::{RitzBound, RitzSums, rayleigh_ritz};
pub use slowest::{MixingRate, StationaryReadings, mixing_rate};
pub use verdict::{RateEstimate, Unresolved};
