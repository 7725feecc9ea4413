//! Samples of the Gibbs measure μ_s ∝ exp(−2L̃/s) in any dimension, with a quality gate.
//!
//! Many chains of Hamiltonian Monte Carlo run side by side; where they do not agree, they are tempered. What comes out is a
//! [`Reference`]: a sample that passed every check of its [`Gate`], or a failed one with the reasons.

mod chains;
mod diagnostics;
mod exact;
mod gate;
mod kernel;
mod ladder;
mod observable;
mod records;
mod run;
mod sample;
mod settings;
mod starts;
mod swap;
mod tune;

pub use diagnostics::{effective_sample_size, nested_r_hat, r_hat, tail_effective_sample_size};
pub use gate::{Check, CheckKind, Gate};
pub use observable::{Observable, net_outputs};
pub use run::sample_gibbs;
pub use sample::{FailedSample, GibbsSample, Reference, Rung};
pub use settings::{GibbsSettings, Tempering};

#[cfg(test)]
mod controls;
#[cfg(test)]
mod tests;
