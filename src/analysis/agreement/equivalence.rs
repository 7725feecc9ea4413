//! Within a margin, or not, or not resolved.

use crate::analysis::guarantee::Range;

/// The verdict on sup_t |d(t)| ≤ ε.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Equivalence {
    /// The whole interval lies at or below ε.
    Within,
    /// The whole interval lies above ε.
    Beyond,
    /// The interval holds ε inside, or is no interval.
    NotResolved,
}

/// Whether a non-negative number with this interval (such as [`Band::sup`](super::Band::sup)) is at most `margin`, at the interval's level.
/// A difference that is merely not significant is not within a margin: the interval must lie below it.
pub fn equivalence(sup: &Range, margin: f64) -> Equivalence {
    if sup.high <= margin {
        Equivalence::Within
    } else if sup.low > margin && sup.high.is_finite() {
        Equivalence::Beyond
    } else {
        Equivalence::NotResolved
    }
}

impl std::fmt::Display for Equivalence {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Within => "yes",
            Self::Beyond => "no",
            Self::NotResolved => "not resolved",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_decides() {
        let at = |low: f64, high: f64| equivalence(&Range { value: 0.5 * (low + high), low, high }, 1.0);
        for (low, high, want) in [
            (0.0, 0.5, Equivalence::Within),
            (0.9, 1.0, Equivalence::Within),
            (0.9, 1.1, Equivalence::NotResolved),
            (0.0, 5.0, Equivalence::NotResolved),
            (1.0, 1.1, Equivalence::NotResolved),
            (1.1, 1.2, Equivalence::Beyond),
            (0.0, f64::NAN, Equivalence::NotResolved),
            (f64::NAN, f64::NAN, Equivalence::NotResolved),
            (2.0, f64::INFINITY, Equivalence::NotResolved),
        ] {
            assert_eq!(at(low, high), want, "{low} {high}");
        }
        assert_eq!(Equivalence::Beyond.to_string(), "no");
    }
}
