//! The arithmetic that must be fast, and its readable statement.
//!
//! - [`plain`]: the two-layer net, one particle at a time, scalar: the definition everything else is tested against.
//! - [`NetKernel`]: the same for many particles, vectorised.
//! - [`NormalSource`], [`fill_indices`] and its kin: Brownian increments and minibatches as pure functions of
//!   (key, particle, step).

#[cfg(test)]
mod accuracy_tests;
mod activation;
mod backend;
mod box_muller;
mod coefficients;
mod dispatch;
mod functions;
mod groups;
mod indices;
mod lanes;
mod layout;
#[doc(hidden)]
pub mod limits;
mod loss;
mod net;
#[cfg(test)]
mod net_shape_tests;
mod noise;
mod pack;
mod passes;
pub mod plain;
mod real;
mod simd;
mod small_potentials;
mod tile;
mod update;
mod words;

pub use activation::Activation;
pub use backend::{Backend, UnknownBackend};
pub use indices::{fill_indices, fill_permutation, fill_without_replacement};
pub use layout::NetWork;
pub use loss::Loss;
pub use net::{NetKernel, Reading};
pub use noise::NormalSource;
pub use plain::Rows;
pub use real::Real;
pub use small_potentials::{double_well_gradient, double_well_step, quadratic_gradient, quadratic_step};
pub use update::{euler_maruyama_update, gradient_update};
