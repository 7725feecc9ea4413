//! What is minimised: potentials L̃, the finite sums among them, and the data they are made of.

pub mod data;
mod double_well;
mod least_squares;
mod local_minima;
mod minimum;
pub mod ntk;
mod oracle;
mod potential;
mod quadratic;
mod two_layer;

pub use double_well::DoubleWell;
pub use least_squares::LeastSquares;
pub use local_minima::{LocalMinimum, local_minima};
pub use minimum::{Minimum, minimise};
pub use oracle::{Fresh, Oracle};
pub use potential::{FiniteSum, Potential, Quantity, Readings, Scratch, derived_readings};
pub use quadratic::Quadratic;
pub use two_layer::{
    ActivationFacts, Constants, Levels, Precision, TwoLayer, TwoLayerSettings, critical_lambda,
};
