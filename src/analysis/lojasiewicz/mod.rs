//! Łojasiewicz' inequality in a ball: its constant, the smoothness of the risk there, what both say about gradient descent with
//! noise, and how the noise of minibatches scales with the risk.
//!
//! F ≥ 0 with global minima of value 0. Sources: Chatterjee, arXiv 2203.16462 (α and the condition on a start); An, Lu, arXiv
//! 2304.09221 (noise √(σF) Z, contraction of E F while the path stays in the ball).

mod ascent;
mod bounds;
mod certified;
mod log_ratio;
mod noise_scaling;
mod search;

pub use ascent::{Smoothness, smoothness};
pub use bounds::{NoisyDescent, largest_step};
pub use certified::CertifiedRatio;
pub use noise_scaling::{NoisePoint, noise_point, scaling_slope};
pub use search::{Ball, SmallestRatio, smallest_ratios, smallest_ratios_of};

/// r²α/(4F(θ₀)): Chatterjee's condition 4F(θ₀) < r²α(θ₀, r) holds where it is above 1. Infinite where F(θ₀) = 0.
pub fn condition(risk: f64, radius: f64, alpha: f64) -> f64 {
    radius * radius * alpha / (4.0 * risk)
}
