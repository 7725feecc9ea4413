//! Questions beyond the curves: how far a law is from the Gibbs measure μ_s ∝ exp(−2L̃/s), and how fast it gets there.
//!
//! Pure functions of samples, readings and a potential; what they return carries its error.

mod distances;

pub use distances::{
    Discrepancy, EffectiveTemperature, KernelStein, Reference, Resampling, effective_temperature,
    energy_distance, kernel_stein, sliced_wasserstein,
mod gibbs;

pub use gibbs::{
    Check, CheckKind, FailedSample, Gate, GibbsSample, GibbsSettings, Observable, Reference, Rung, Tempering,
    effective_sample_size, nested_r_hat, net_outputs, r_hat, sample_gibbs, tail_effective_sample_size,
};
pub mod mixing;
mod spectrum;

pub use spectrum::{
    Component, Curves, Density, Distance, Distances, Grid, GridError, GridStart, Numeric, Observable,
    Partition, SlowModes,
};
