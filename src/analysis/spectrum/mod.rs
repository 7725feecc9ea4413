//! The Gibbs measure, the spectral gap and the exact law on a grid, for one or two weights.
//!
//! Reversible finite volumes: the walk on the cells of a box that jumps from cell i to its neighbour j at rate
//! (s/2h²) e^{−(L̃_j − L̃_i)/s}. It is reversible with respect to μ_i ∝ e^{−2L̃_i/s} exactly, and its generator tends to
//! 𝓛 = −∇L̃·∇ + (s/2)Δ with an error of order h². Everything is computed for three cell widths h, 2h and 4h, and what leaves is
//! a [`Numeric`]: a value with the error that these three let one state.

mod chi_square;
mod components;
mod curve;
mod distance;
mod error;
mod extent;
mod factor;
mod grid;
mod krylov;
mod level;
mod numeric;
mod partition;
mod restricted_pade;
mod slow_modes;
mod start;
#[cfg(test)]
mod tests;

pub use components::Component;
pub use curve::Curves;
pub use distance::{Distance, Distances};
pub use error::GridError;
pub use grid::{Density, Grid, Observable};
pub use numeric::Numeric;
pub use partition::Partition;
pub use slow_modes::SlowModes;
pub use start::GridStart;
