//! Particles in fixed blocks, advanced together and observed.

#![forbid(unsafe_code)]

mod advance;
mod start;

pub use advance::{Divergence, Ensemble, LARGEST_NORM};
pub use start::Start;
