//! What a certificate comes to.

use serde::{Serialize, Serializer};

/// Less than this is not told from 0.
const SMALLEST: f64 = 1e-300;

/// A lower bound of λ_s, or why there is none. Serialised as a number or null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// λ_s is at least this, which is positive.
    Value(f64),
    /// Positive by theory and less than 10⁻³⁰⁰, or lost in rounding: about 0, and no certificate.
    BelowResolution,
    /// A condition of the bound is not met, or a constant it takes is not known.
    NotAvailable,
}

impl Bound {
    /// A bound that is positive in exact arithmetic.
    pub(super) fn of(bound: f64) -> Self {
        if bound.is_finite() && bound >= SMALLEST { Self::Value(bound) } else { Self::BelowResolution }
    }

    /// The number, where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(bound) => Some(bound),
            Self::BelowResolution | Self::NotAvailable => None,
        }
    }
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}
