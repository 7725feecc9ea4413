//! The activations of nets in the limit of infinite width.

use crate::numerics::Activation;
use serde::{Deserialize, Serialize};
use statrs::function::erf::erf;
use std::f64::consts::PI;

/// σ of a two-layer net whose neural tangent kernel is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NtkActivation {
    /// max(z, 0); σ'(0) = 0 by convention.
    Relu,
    /// (2/√π) ∫₀^z e^{−t²} dt.
    Erf,
    /// 1/(1 + e^{−z}).
    Sigmoid,
    /// tanh z.
    Tanh,
    /// log(1 + e^z).
    Softplus,
}

impl NtkActivation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Relu, Self::Erf, Self::Sigmoid, Self::Tanh, Self::Softplus];

    /// σ(z).
    #[inline]
    pub fn value(self, z: f64) -> f64 {
        match self {
            Self::Relu => z.max(0.0),
            Self::Erf => erf(z),
            Self::Sigmoid => Activation::Sigmoid.value(1.0, z),
            Self::Tanh => Activation::Tanh.value(1.0, z),
            Self::Softplus => Activation::SoftPlus.value(1.0, z),
        }
    }

    /// [σ(z), σ'(z)].
    #[inline]
    pub fn value_slope(self, z: f64) -> [f64; 2] {
        let of = |activation: Activation| {
            let [value, slope, _] = activation.derivatives(1.0, z);
            [value, slope]
        };
        match self {
            Self::Relu => [z.max(0.0), f64::from(u8::from(z > 0.0))],
            Self::Erf => [erf(z), 2.0 / PI.sqrt() * (-z * z).exp()],
            Self::Sigmoid => of(Activation::Sigmoid),
            Self::Tanh => of(Activation::Tanh),
            Self::Softplus => of(Activation::SoftPlus),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_agree_with_central_differences() {
        for activation in NtkActivation::ALL {
            for z in [-2.3, -0.4, 0.7, 3.1] {
                let [value, slope] = activation.value_slope(z);
                let difference = (activation.value(z + 1e-5) - activation.value(z - 1e-5)) / 2e-5;
                assert_eq!(value, activation.value(z));
                assert!((slope - difference).abs() < 1e-9, "{activation:?} at {z}: {slope}, {difference}");
            }
        }
    }
}
