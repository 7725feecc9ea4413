//! What is minimised: potentials L̃, the finite sums among them, and the data they are made of.

#![forbid(unsafe_code)]

pub mod data;
mod deep_net;
mod double_well;
mod gate_risk;
mod least_squares;
mod local_minima;
mod minimum;
pub mod ntk;
mod oracle;
mod potential;
mod quadratic;
mod relu_gate;
mod two_layer;

pub use deep_net::{DeepNet, DeepNetSettings};
pub use double_well::DoubleWell;
pub use least_squares::LeastSquares;
pub use local_minima::{LocalMinimum, local_minima};
pub use minimum::{Minimum, minimise};
pub use oracle::{Fresh, Oracle, ProvableUpdate};
pub use potential::{FiniteSum, Potential, Quantity, Readings, Scratch, derived_readings};
pub use quadratic::Quadratic;
pub use relu_gate::{Attack, AttackSign, ReluGate, Update};
pub use two_layer::{
    ActivationFacts, Constants, Levels, Precision, TwoLayer, TwoLayerSettings, critical_lambda,
};
