//! Nets of finite width beside their limit: how far the kernel at the start is from K_∞, how far the trained net is from kernel
//! regression on the same samples, and how the risk of that regression falls with the number of samples.

mod approximation;
mod nets;
mod power_law;
mod recursion;
#[cfg(test)]
mod tests;

pub use approximation::{KernelErrors, kernel_errors, monte_carlo_kernel};
pub use nets::{NetBesideLimit, OnePass, limit_risks, net_beside_limit};
pub use power_law::{PowerLaw, power_law};
pub use recursion::{ExpectedRisk, expected_risk};
