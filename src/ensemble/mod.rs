//! Particles in fixed blocks, advanced together and observed.

#![forbid(unsafe_code)]

mod advance;
mod start;

pub use advance::{Divergence, Ensemble, EnsembleState, LARGEST_NORM};
pub use start::Start;
