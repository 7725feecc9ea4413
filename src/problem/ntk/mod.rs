//! Two-layer nets of infinite width: their neural tangent kernel, regression with it on the circle, and nets of finite width
//! beside it.

mod activation;
mod circle;
mod harmonics;
mod kernel_regression;
mod limit;
mod net;
mod normal_rule;
#[cfg(test)]
mod tests;

pub use activation::NtkActivation;
pub use circle::{CircleSettings, CircleTask, Spectrum};
pub use harmonics::Harmonics;
pub use kernel_regression::KernelRegression;
pub use limit::{KernelParts, LimitKernel};
pub use net::{NtkNet, NtkOuter, antisymmetric_start};
pub use normal_rule::NormalRule;
