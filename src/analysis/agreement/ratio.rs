//! The ratio of two means with its interval.

use super::measured::{Measured, student_quantile};
use crate::analysis::guarantee::Range;

/// Why there is no ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoRatio {
    /// The interval of the denominator holds 0, so every size of the ratio is possible.
    DenominatorHoldsZero {
        /// Lower end of the denominator.
        low: f64,
        /// Upper end of the denominator.
        high: f64,
    },
    /// Fewer than two finite particles on a side.
    TooFewParticles,
}

impl std::fmt::Display for NoRatio {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::DenominatorHoldsZero { low, high } => {
                write!(f, "not resolved: the denominator lies in [{low:.3e}, {high:.3e}], which holds 0")
            }
            Self::TooFewParticles => f.write_str("fewer than two finite particles on a side"),
        }
    }
}

/// E a / E b with the interval of Fieller at `level`: all ρ for which E a − ρ E b = 0 is not rejected by Student's test, with
/// the smaller degrees of freedom of the two (Fieller, *Journal of the Royal Statistical Society* B 16, 1954). Exact for
/// Gaussian means; not symmetric about the value. `covariance`: that of the two means, 0 for independent ensembles.
///
/// # Errors
/// [`NoRatio::DenominatorHoldsZero`] where the denominator's own interval at that level holds 0: the set of ρ is then not bounded.
pub fn ratio(a: &Measured, b: &Measured, covariance: f64, level: f64) -> Result<Range, NoRatio> {
    let t = student_quantile(a.freedom.min(b.freedom), 0.5 + level / 2.0);
    let [aa, bb] = [a, b].map(|m| (t * m.std_err).powi(2));
    let ab = t * t * covariance;
    let lead = b.value * b.value - bb;
    // A number that is not finite resolves nothing either.
    if !(lead > 0.0 && lead.is_finite() && a.value.is_finite() && aa.is_finite()) {
        let half = bb.sqrt();
        return Err(NoRatio::DenominatorHoldsZero { low: b.value - half, high: b.value + half });
    }
    let middle = a.value * b.value - ab;
    // Not negative: ρ = A/B is never rejected.
    let root = (middle * middle - lead * (a.value * a.value - aa)).max(0.0).sqrt();
    Ok(Range { value: a.value / b.value, low: (middle - root) / lead, high: (middle + root) / lead })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(value: f64, std_err: f64) -> Measured {
        Measured { value, std_err, freedom: f64::INFINITY }
    }

    #[test]
    fn fiellers_interval_by_hand() {
        let level = 0.682_689_492_137_086; // one standard error
        // 2 ± 0.2 over an exact 4.
        let range = ratio(&exact(2.0, 0.2), &exact(4.0, 0.0), 0.0, level).unwrap();
        assert!((range.value - 0.5).abs() < 1e-15 && (range.low - 0.45).abs() < 1e-9, "{range:?}");
        // (2 − 4ρ)² = 1 + ρ² (independent): 15ρ² − 16ρ + 3 = 0.
        let range = ratio(&exact(2.0, 1.0), &exact(4.0, 1.0), 0.0, level).unwrap();
        let root = 19.0_f64.sqrt();
        assert!((range.low - (8.0 - root) / 15.0).abs() < 1e-9, "{range:?}");
        assert!((range.high - (8.0 + root) / 15.0).abs() < 1e-9, "{range:?}");
        // A numerator that is the denominator itself has ratio 1 without error.
        let same = ratio(&exact(4.0, 1.0), &exact(4.0, 1.0), 1.0, level).unwrap();
        assert!((same.low - 1.0).abs() < 1e-7 && (same.high - 1.0).abs() < 1e-7, "{same:?}");
    }

    #[test]
    fn a_denominator_about_zero_is_refused() {
        let refused = ratio(&exact(2.0, 0.1), &exact(1.0, 0.6), 0.0, 0.95).unwrap_err();
        assert!(refused.to_string().contains("holds 0"), "{refused}");
        assert!(ratio(&exact(2.0, 0.1), &exact(f64::NAN, 0.6), 0.0, 0.95).is_err());
        assert!(ratio(&exact(2.0, 0.1), &exact(1.0, 0.4), 0.0, 0.95).is_ok());
    }
}
