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
//! 6. [`ParticlesNeeded`], [`order_half_width`]: before a run, how many particles the next s asks for, and how sharp an order will be.
//!
//! ```
//! use sgd_sde::analysis::agreement::{Band, Difference, PathMoments, Paths, equivalence, integral};
//! use sgd_sde::{parallel::Threads, random::{Key, Purpose}};
//!
//! // φ(a) = t + noise and φ(b) = noise of 100 particles with a common start, at three times.
//! let times = [0.0, 1.0, 2.0];
//! let noise = |k: usize| if k < 100 { 0.0 } else { (k as f64).sin() };
//! let b: Vec<f64> = (0..300).map(noise).collect();
//! let a: Vec<f64> = (0..300).map(|k| (k / 100) as f64 + 1.1 * noise(k)).collect();
//! let threads = Threads::new(1)?;
//! let moments = PathMoments::paired(&Paths::new(&a, 100), &Paths::new(&b, 100), &threads);
//! let difference = Difference::paired(&times, &moments).expect("more than one particle");
//! let band = Band::new(&difference, 0.95, Key::new(1, Purpose::Resample)).expect("finite errors");
//! let sup = band.sup();
//! assert!(sup.low < 2.0 && 2.0 < sup.high);
//! assert_eq!(equivalence(&sup, 2.5).to_string(), "yes");
//! let area = difference.functional(&integral(&times, 0.0, 2.0));
//! assert!((area.value - 2.0).abs() < area.half(0.999));
//! # Ok::<(), sgd_sde::error::Error>(())
//! ```
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
mod no_order;
mod order;
mod particles;
mod path_moments;
mod profile;
mod ratio;
mod slopes;
#[cfg(test)]
mod tests;
mod truncation;

pub use band::{Band, BandPoint};
pub use control::{FEWEST_CONTROLLED, control};
pub use correlations::correlations;
pub use difference::{Difference, integral, window_mean};
pub use equivalence::{Equivalence, equivalence};
pub use excess::{PairMoments, excess_ratio, excess_ratio_of, variance_ratio, variances};
pub use least_squares::{Limit, value_at_zero};
pub use measured::Measured;
pub use no_order::NoOrder;
pub use order::{FLOOR, LARGEST_CORRECTION, Order, OrderPoint, Polynomial, order};
pub use particles::{ParticlesNeeded, order_half_width};
pub use path_moments::{PathMoments, Paths};
pub use ratio::{NoRatio, ratio};
pub use slopes::LocalSlope;
