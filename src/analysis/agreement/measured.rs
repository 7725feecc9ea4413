//! A number with its standard error and the degrees of freedom of that error.

use crate::estimates::{Estimate, LEVEL};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A mean, or a linear combination of means.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its standard error; 0 where it is exact.
    pub std_err: f64,
    /// Degrees of freedom of the standard error: n − 1, or by Welch and Satterthwaite for two ensembles; may be infinite.
    pub freedom: f64,
}

impl Measured {
    /// Half the width of the two-sided interval at `level`, by Student's law.
    pub fn half(&self, level: f64) -> f64 {
        if self.std_err == 0.0 {
            0.0
        } else {
            self.std_err * student_quantile(self.freedom, 0.5 + level / 2.0)
        }
    }

    /// The two-sided 95 % interval.
    pub fn interval(&self) -> (f64, f64) {
        let half = self.half(LEVEL);
        (self.value - half, self.value + half)
    }
}

impl From<Estimate> for Measured {
    /// A mean over particles; without a standard error its interval is not finite.
    fn from(estimate: Estimate) -> Self {
        Self {
            value: estimate.value,
            std_err: estimate.std_err.unwrap_or(f64::INFINITY),
            freedom: estimate.n.saturating_sub(1).max(1) as f64,
        }
    }
}

/// Above this many degrees of freedom Student's quantiles are the Gaussian ones to nine digits.
const GAUSSIAN: f64 = 1e9;

/// The `p` quantile of Student's law.
pub(super) fn student_quantile(freedom: f64, p: f64) -> f64 {
    if freedom > GAUSSIAN {
        return Normal::standard().inverse_cdf(p);
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |law| law.inverse_cdf(p))
}

/// The number that Student's law exceeds as often as the Gaussian law exceeds c ≥ 0.
pub(super) fn student_from_gaussian(freedom: f64, c: f64) -> f64 {
    if freedom > GAUSSIAN { c } else { -student_quantile(freedom, Normal::standard().cdf(-c)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_students_and_an_exact_number_has_none() {
        let ten = Measured { value: 1.0, std_err: 0.5, freedom: 10.0 };
        assert!((ten.half(0.95) - 0.5 * 2.228_139).abs() < 1e-5);
        assert_eq!(Measured { std_err: 0.0, ..ten }.interval(), (1.0, 1.0));
        assert!((Measured { freedom: f64::INFINITY, ..ten }.half(0.95) - 0.979_982).abs() < 1e-5);
        let one = Measured::from(Estimate { value: 1.0, std_err: None, n: 1 });
        assert_eq!(one.interval(), (f64::NEG_INFINITY, f64::INFINITY));
    }

    #[test]
    fn a_gaussian_bound_becomes_students_at_the_same_level() {
        assert!((student_from_gaussian(10.0, 1.959_964) - 2.228_139).abs() < 1e-5);
        assert_eq!(student_from_gaussian(f64::INFINITY, 3.0), 3.0);
    }
}
