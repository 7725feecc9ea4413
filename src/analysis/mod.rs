//! Questions beyond the curves: how far a law is from the Gibbs measure μ_s ∝ exp(−2L̃/s), and how fast it gets there.
//!
//! Pure functions of samples, readings and a potential; what they return carries its error.

#![forbid(unsafe_code)]

pub mod agreement;
pub mod certificate;
pub mod curvature;
pub mod distances;
pub mod gibbs;
pub mod guarantee;
pub mod lojasiewicz;
pub mod mixing;
pub mod noise_report;
pub mod ntk;
pub mod risk;
pub mod spectrum;
pub mod variance_components;
pub mod villani;
