//! Have the chains forgotten where they started, and how many independent draws are they worth?
//!
//! Every function takes chains of one number: equally long slices, a chain each. None of them can see a mode that no
//! chain has visited.

mod rank;
mod size;

pub use rank::{nested_r_hat, r_hat};
pub use size::{effective_sample_size, tail_effective_sample_size};

#[cfg(test)]
mod tests;
