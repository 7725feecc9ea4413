//! Questions beyond the curves: how far a law is from the Gibbs measure μ_s ∝ exp(−2L̃/s), and how fast it gets there.
//!
//! Pure functions of samples, readings and a potential; what they return carries its error.

mod spectrum;

pub use spectrum::{
    Component, Curves, Density, Distance, Distances, Grid, GridError, GridStart, Numeric, Observable,
    Partition, SlowModes,
};
