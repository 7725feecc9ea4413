//! Numbers with their errors. Nothing estimated leaves the program without its uncertainty.

#![forbid(unsafe_code)]

mod moments;
mod order_statistics;
mod proportion;
mod rounded;
pub use moments::Moments;
pub use order_statistics::{LEVELS, RankCorrelation, Spread, rank_correlation};
pub use proportion::Proportion;
pub use rounded::{one_digit, rounded, rounded_down, rounded_within, significant};

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean over particles with its standard error.
///
/// The particles of one process share no random number, so at a fixed time they are independent and the plain standard
/// error sd/√n is right; there is no autocorrelation to correct for. Values at *different* times of one curve are
/// correlated, because they come from the same particles: the intervals are pointwise, not simultaneous in t.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Estimate {
    /// The mean.
    pub value: f64,
    /// Its standard error sd/√n; `None` where n < 2 leaves it unknown, or squares overflow.
    pub std_err: Option<f64>,
    /// How many independent numbers went in.
    pub n: u64,
}

/// The level of every interval that the program prints.
pub const LEVEL: f64 = 0.95;

impl Estimate {
    /// The two-sided 95 % interval of the mean: value ± t·std_err with the (1 + 0.95)/2 quantile t of Student's law with
    /// n − 1 degrees of freedom (exact for Gaussian numbers; by the central limit theorem for others). `None` where the
    /// error is unknown.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let half = self.std_err? * quantile(self.n);
        Some((self.value - half, self.value + half))
    }
}

/// The 0.975 quantile of Student's law with n − 1 degrees of freedom, n ≥ 2.
fn quantile(n: u64) -> f64 {
    StudentsT::new(0.0, 1.0, (n - 1) as f64).map_or(f64::NAN, |law| law.inverse_cdf(0.5 + LEVEL / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (n, want) in [(2, 12.706), (11, 2.228), (1_000_001, 1.960)] {
            assert!((quantile(n) - want).abs() < 1e-3, "n = {n}: {}", quantile(n));
        }
    }

    #[test]
    fn one_number_has_no_error() {
        let one = Estimate { value: 1.0, std_err: None, n: 1 };
        assert_eq!(one.interval(), None);
    }
}
