//! Reasons why runs at several s show no leading order.

use super::order::{FEWEST, LARGEST_CORRECTION};

/// Why there is no order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoOrder {
    /// Fewer than three points are above the floor.
    TooFewAboveFloor {
        /// How many are.
        above: usize,
        /// How many points there are.
        of: usize,
    },
    /// The integrator's bias may be a third of the difference or more.
    StepBias {
        /// Where.
        s: f64,
        /// The bound of the bias there.
        bias: f64,
        /// The difference.
        difference: f64,
    },
    /// One power with one correction does not describe the points.
    PoorFit {
        /// How often a right model leaves as much.
        p_value: f64,
    },
    /// Two differences above the floor have opposite signs: no power leads.
    ChangesSign {
        /// Between which s, the larger one first.
        s: (f64, f64),
    },
    /// The best correction is as large as it may be: the points are not shown to be in the window of the leading order.
    OutsideWindow {
        /// The largest s.
        s: f64,
    },
    /// Every power up to one end of those looked through fits: the errors are too large or the s too close.
    NotBounded,
    /// Two equal s, an error that is 0 or not finite, or errors that determine each other.
    Degenerate,
}

impl std::fmt::Display for NoOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::TooFewAboveFloor { above, of } => write!(
                f,
                "not resolved: {above} of {of} differences are above the Monte-Carlo floor, an order needs {FEWEST}; more particles \
                 or larger s"
            ),
            Self::StepBias { s, bias, difference } => write!(
                f,
                "not resolved: at s = {s} the bias of the integrator's step may be {bias:.2e}, not under a third of the \
                 difference {difference:.2e}; a smaller dt"
            ),
            Self::PoorFit { p_value } => write!(
                f,
                "not resolved: c s^q (1 + r s) with |r s| <= {LARGEST_CORRECTION} does not describe the differences \
                 (p = {p_value:.1e}); smaller s"
            ),
            Self::ChangesSign { s } => write!(
                f,
                "not resolved: the difference changes its sign between s = {} and s = {}, so that no power of s leads; smaller s",
                s.0, s.1
            ),
            Self::OutsideWindow { s } => write!(
                f,
                "not resolved: at s = {s} the next order is not shown to be under {LARGEST_CORRECTION} of the leading one; smaller s, \
                 or more particles"
            ),
            Self::NotBounded => {
                f.write_str("not resolved: the interval of the order has no end; more particles, or s further apart")
            }
            Self::Degenerate => f.write_str(
                "none: two s are equal, a difference has no error of its own, or the errors determine each other",
            ),
        }
    }
}
