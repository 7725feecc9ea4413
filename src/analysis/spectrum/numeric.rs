//! A computed number with its numerical error.

/// A number that no chance entered, with an estimate of its numerical error |value − truth|.
///
/// The error adds what the cell widths h, 2h, 4h say about the discretisation, the mass outside the box, and the
/// tolerances of the solvers. It is an estimate from the observed convergence, not a proof.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Numeric {
    /// The number.
    pub value: f64,
    /// How far it may be from the truth, ≥ 0.
    pub error: f64,
}

/// What rounding leaves of a sum over cells, relative to the size of its terms.
pub(super) const ROUNDING: f64 = 1e-13;

impl Numeric {
    /// From values at cell widths 4h, 2h, h whose error is c h² + O(h⁴): (4 v_h − v_{2h})/3, with the difference to the
    /// same formula one width up as its error. That difference is about 15 times the error where the expansion holds.
    pub(super) fn second_order([coarse, middle, fine]: [f64; 3]) -> Self {
        let upper = (4.0 * middle - coarse) / 3.0;
        let value = (4.0 * fine - middle) / 3.0;
        Self { value, error: (value - upper).abs() + ROUNDING * fine.abs() }
    }

    /// From sums over cells, which for smooth integrands that vanish on the boundary converge faster than any power of h:
    /// the finest value, with its difference to the next as its error.
    pub(super) fn spectral([_, middle, fine]: [f64; 3]) -> Self {
        Self { value: fine, error: (fine - middle).abs() }
    }

    /// The same value with `more` added to its error.
    pub(super) fn widened(self, more: f64) -> Self {
        Self { value: self.value, error: self.error + more }
    }
}
