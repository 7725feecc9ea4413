//! The arithmetic that must be fast, and its readable statement.
//!
//! - [`plain`]: the two-layer net, one particle at a time, scalar: the definition everything else is tested against.
//! - [`NetKernel`]: the same for many particles, vectorised.

mod activation;
mod backend;
mod interim;
mod loss;
mod net;
pub mod plain;
mod real;

pub use activation::Activation;
pub use backend::{Backend, UnknownBackend};
pub use interim::*;
pub use loss::Loss;
pub use net::{NetKernel, NetWork, Reading};
pub use plain::Rows;
pub use real::Real;
