//! Why there is no grid, or no answer on it.

use crate::estimates::significant;

/// A question that the grid cannot answer, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GridError {
    /// More than two weights.
    #[error("the grid serves 1 or 2 weights, not {dim}; sample the Gibbs measure instead")]
    Dimension {
        /// D.
        dim: usize,
    },
    /// exp(−2L̃/s) does not fall off fast enough to have a finite integral, as far as can be seen.
    #[error(
        "exp(−2L̃/s) has no finite integral as far as can be seen (to |w| = {radius:e}); a penalty λ > 0 gives it one"
    )]
    NotNormalisable {
        /// How far was looked.
        radius: f64,
    },
    /// The finest detail is too fine for the box.
    #[error(
        "the box needs about {needed:e} cells, more than {limit:e}; take a larger s, or sample the Gibbs measure instead"
    )]
    TooManyCells {
        /// Cells that the resolution asks for.
        needed: f64,
        /// Cells that there is room for.
        limit: f64,
    },
    /// The potential is nowhere finite.
    #[error("the potential is not finite at any point that was tried; check its data")]
    NotFinite,
    /// Parts of the box that no path joins at densities above the smallest positive number.
    #[error("the wells are separated by a barrier beyond the range of the numbers; take a larger s")]
    Separated,
    /// An iteration that ran out of steps.
    #[error("the slow modes did not converge to the accuracy asked for; take a larger s")]
    NotConverged,
    /// A starting law that does not lie within the box, or is narrower than its cells.
    #[error(
        "the start has mass {} on the grid where 1 is needed; let the grid cover it, or use points for a narrow start",
        significant(*mass)
    )]
    StartOutside {
        /// The mass that the cells see.
        mass: f64,
    },
    /// A starting point outside the box.
    #[error("starting point {index} lies outside the box; let the grid cover it")]
    PointOutside {
        /// Which point.
        index: usize,
    },
}
