//! How far the Gibbs measure lies above the minimum: estimates from a sample.

use crate::analysis::gibbs::GibbsSample;
use crate::estimates::Estimate;
use crate::problem::{Minimum, Quantity};

/// The numbers that [`MomentBounds`](super::MomentBounds) bounds, from draws of μ_s and the lowest minimum found.
///
/// Standard errors come from the variance between independent chains, through the square root by its derivative. The
/// minimum found is an upper bound of inf L̃: where a lower one exists, excess and second moment are too small by as much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MomentEstimates {
    /// E_μ L̃ − min L̃.
    pub excess: Estimate,
    /// C(s) = √E_μ(L̃ − min L̃)².
    pub second_moment: Estimate,
    /// sd_μ(L̃).
    pub deviation: Estimate,
}

impl MomentEstimates {
    /// From a sample; `None` where a draw's risk is not finite.
    pub fn new(sample: &GibbsSample, minimum: &Minimum) -> Option<Self> {
        let lowest = minimum.value;
        let mean = sample.expectation(Quantity::Risk)?;
        let squares = sample.expectation_of(&[Quantity::Risk], |r| (r[0] - lowest) * (r[0] - lowest))?;
        Some(Self {
            excess: Estimate { value: mean.value - lowest, ..mean },
            second_moment: square_root(squares),
            deviation: square_root(sample.variance(Quantity::Risk)?),
        })
    }
}

/// √x ± δ/(2√x); no error where x = 0.
fn square_root(of: Estimate) -> Estimate {
    let value = of.value.sqrt();
    Estimate { value, std_err: of.std_err.map(|e| 0.5 * e / value).filter(|e| e.is_finite()), n: of.n }
}
