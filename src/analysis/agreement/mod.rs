//! How far two processes are apart: the difference of their expectations over time, and how it falls with the step size s.
//!
//! Pure functions of readings φ(W_t) along the paths of particles. The way through the room:
//!
//! 1. [`Paths`] of one quantity, on the two sides, go into [`PathMoments`]: paired (same start, shared noise where there is any)
//!    or one for each side;
//! 2. [`Difference`]: t ↦ E φ(a) − E φ(b) with its covariance over t, and linear functionals of it ([`Measured`]);
//! 3. [`Band`]: the same with a band that holds at all times together, sup_t by inverting it, and with a margin a
//!    verdict ([`equivalence`]);
//! 4. [`excess_ratio`], [`variance_ratio`]: what tells models of one weak order apart, and [`value_at_zero`] their limits s → 0;
//! 5. [`order`]: the leading order of a linear functional in s, or the reason why the runs do not show it ([`NoOrder`]);
//! 6. [`ParticlesNeeded`]: how many particles the next s asks for.
//!
//! Particles that left the finite numbers on either side are left out at all times and counted: what is said holds for those
//! that stayed.

mod band;
mod cholesky;
mod control;
mod correlations;
mod difference;
mod equivalence;
mod excess;
mod least_squares;
mod measured;
mod order;
mod particles;
mod path_moments;
mod profile;
mod ratio;
mod slopes;
#[cfg(test)]
mod tests;

pub use band::{Band, BandPoint};
pub use control::controlled;
pub use correlations::correlations;
pub use difference::{Difference, integral, window_mean};
pub use equivalence::{Equivalence, equivalence};
pub use excess::{excess_ratio, variance_ratio, variances};
pub use least_squares::{Limit, value_at_zero};
pub use measured::Measured;
pub use order::{FLOOR, LARGEST_CORRECTION, NoOrder, Order, OrderPoint, Polynomial, order};
pub use particles::ParticlesNeeded;
pub use path_moments::{PathMoments, Paths};
pub use ratio::{NoRatio, ratio};
pub use slopes::LocalSlope;
