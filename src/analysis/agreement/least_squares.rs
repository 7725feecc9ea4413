//! Least squares with one or two terms and errors of known covariance.

use super::cholesky::{cholesky, forward};
use super::measured::{Measured, student_quantile};
use super::truncation::left_out;
use crate::analysis::guarantee::Range;
use crate::estimates::LEVEL;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Numbers with their covariance, seen through L⁻¹, so that errors are independent with variance 1.
pub(super) struct Known {
    lower: Vec<f64>,
    values: Vec<f64>,
}

/// y ≈ first·u + second·v.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TwoTerms {
    pub first: f64,
    pub second: f64,
    /// Variances of the two.
    pub variances: (f64, f64),
    /// The sum of squares that is left.
    pub rest: f64,
}

impl Known {
    /// `correlations`: of the errors, m × m, or independent. Beside their errors the values are off the terms to be fitted by something of
    /// mean 0 with the covariance `more`. `None` where an error is 0 or not finite, or the covariance is singular.
    pub fn beside(points: &[Measured], correlations: Option<&[f64]>, more: &[f64]) -> Option<Self> {
        let m = points.len();
        let values: Vec<f64> = points.iter().map(|p| p.value).collect();
        let entry = |k: usize| {
            let (i, j) = (k / m, k % m);
            let correlation = correlations.map_or(f64::from(i == j), |c| c[k]);
            correlation * points[i].std_err * points[j].std_err + more[k]
        };
        if !points.iter().all(|p| p.std_err > 0.0) {
            return None;
        }
        let covariance: Vec<f64> = (0..m * m).map(entry).collect();
        let (lower, regular) = cholesky(&covariance, m);
        let finite = values.iter().chain(&covariance).all(|x| x.is_finite());
        (regular && finite).then(|| Self { values: forward(&lower, &values), lower })
    }

    /// The same errors about other values.
    pub fn with_values(&self, values: &[f64]) -> Self {
        Self { lower: self.lower.clone(), values: forward(&self.lower, values) }
    }

    /// A column u as the errors see it.
    pub fn seen(&self, column: &[f64]) -> Vec<f64> {
        forward(&self.lower, column)
    }

    /// The best coefficient of one column (already [`seen`](Self::seen)) and what is left.
    pub fn one_term(&self, u: &[f64]) -> (f64, f64) {
        let a = dot(u, &self.values) / dot(u, u);
        (a, self.values.iter().zip(u).map(|(y, u)| (y - a * u).powi(2)).sum())
    }

    /// The best coefficients of two columns (already [`seen`](Self::seen)); not finite where they are parallel.
    pub fn two_terms(&self, u: &[f64], v: &[f64]) -> TwoTerms {
        let (uu, uv, vv) = (dot(u, u), dot(u, v), dot(v, v));
        // v less its part along u: stable where both are nearly parallel.
        let along = uv / uu;
        let apart: Vec<f64> = u.iter().zip(v).map(|(u, v)| v - along * u).collect();
        let size = dot(&apart, &apart);
        let second = dot(&apart, &self.values) / size;
        let first = dot(u, &self.values) / uu - along * second;
        let residual = self.values.iter().zip(u).zip(v).map(|((y, u), v)| y - first * u - second * v);
        let rest = residual.map(|r| r * r).sum();
        TwoTerms { first, second, variances: (vv / (uu * size), 1.0 / size), rest }
    }
}

fn dot(u: &[f64], v: &[f64]) -> f64 {
    u.iter().zip(v).map(|(u, v)| u * v).sum()
}

/// How often right terms leave more than `rest`, with `freedom` numbers more than terms; `None` for 0 of them.
pub(super) fn goodness(rest: f64, freedom: usize) -> Option<f64> {
    ChiSquared::new(freedom as f64).ok().map(|law| law.sf(rest))
}

/// What a number tends to as s → 0.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Limit {
    /// The limit with its 95 % interval.
    pub at_zero: Range,
    /// The slope in s at 0, with its 95 % interval.
    pub slope: Range,
    /// How often a straight line with these errors leaves as much as was left; small: a line does not fit, use smaller s.
    pub p_value: Option<f64>,
}

/// The line y = y₀ + y₁ s through numbers with known standard errors (`correlations` m × m, `None`: independent), such as the
/// ratio of excesses over s: its y₀ is 1 for a model of the right noise level. Intervals by Student's law with the smallest
/// degrees of freedom at hand. `None` below three points, for an error that is 0 or not finite, or equal s.
///
/// Terms of higher order in s are allowed for as in [`order`](super::order()). Not where the line does not fit all the same (see `p_value`).
///
/// # Panics
/// When the lengths differ.
pub fn value_at_zero(s: &[f64], values: &[Measured], correlations: Option<&[f64]>) -> Option<Limit> {
    assert_eq!(s.len(), values.len(), "one number an s");
    if s.len() < 3 {
        return None;
    }
    let size = |k: usize| values[k / s.len()].value * values[k % s.len()].value;
    let beyond: Vec<f64> = left_out(s).iter().enumerate().map(|(k, relative)| relative * size(k)).collect();
    let known = Known::beside(values, correlations, &beyond)?;
    let fit = known.two_terms(&known.seen(&vec![1.0; s.len()]), &known.seen(s));
    let t = student_quantile(least_freedom(values), 0.5 + LEVEL / 2.0);
    let range = |value: f64, variance: f64| {
        let half = t * variance.sqrt();
        Range { value, low: value - half, high: value + half }
    };
    let limit = Limit {
        at_zero: range(fit.first, fit.variances.0),
        slope: range(fit.second, fit.variances.1),
        p_value: goodness(fit.rest, s.len() - 2),
    };
    (limit.at_zero.low.is_finite() && limit.slope.low.is_finite()).then_some(limit)
}

/// The smallest degrees of freedom.
pub(super) fn least_freedom(values: &[Measured]) -> f64 {
    values.iter().map(|v| v.freedom).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: f64, std_err: f64) -> Measured {
        Measured { value, std_err, freedom: f64::INFINITY }
    }

    /// Errors beside which what a line leaves out does not count.
    const LARGE: f64 = 1e3;

    /// y = 0, 1, 1 at 0, 1, 2 with errors ε: intercept 1/6 with variance 5ε²/6, slope 1/2 with variance ε²/2, 1/6 left.
    #[test]
    fn a_line_by_hand() {
        let values = [0.0, 1.0, 1.0].map(|y| measured(y, LARGE));
        let limit = value_at_zero(&[0.0, 1.0, 2.0], &values, None).unwrap();
        assert!((limit.at_zero.value - 1.0 / 6.0).abs() < 1e-6 && (limit.slope.value - 0.5).abs() < 1e-6);
        let half = 1.959_964 * LARGE * (5.0_f64 / 6.0).sqrt();
        assert!((limit.at_zero.high - limit.at_zero.value - half).abs() < 1e-5 * LARGE, "{limit:?}");
        // χ² with one degree of freedom is below x with probability √(2x/π) for small x.
        let left = (2.0 / 6.0 / std::f64::consts::PI).sqrt() / LARGE;
        assert!((1.0 - limit.p_value.unwrap() - left).abs() < 1e-5 * left, "{limit:?}");
        assert_eq!(value_at_zero(&[1.0; 3], &values, None), None);
        assert_eq!(value_at_zero(&[0.0, 1.0], &values[..2], None), None);
        assert_eq!(value_at_zero(&[0.0, 1.0, 2.0], &values.map(|v| measured(v.value, 0.0)), None), None);
    }

    /// An error common to all points moves the intercept and leaves the slope as it is.
    #[test]
    fn correlated_errors_move_together() {
        let values = [1.0, 2.0, 3.5].map(|y| measured(y, LARGE));
        let correlations = [1.0, 0.9, 0.9, 0.9, 1.0, 0.9, 0.9, 0.9, 1.0];
        let limit = value_at_zero(&[0.0, 1.0, 2.0], &values, Some(&correlations)).unwrap();
        let width = |range: Range| (range.high - range.low) / (2.0 * 1.959_964 * LARGE);
        // Own parts of variance 0.1 and a common one of 0.9.
        assert!((width(limit.slope).powi(2) - 0.05).abs() < 1e-6, "{limit:?}");
        assert!((width(limit.at_zero).powi(2) - (0.9 + 0.1 * 5.0 / 6.0)).abs() < 1e-5, "{limit:?}");
    }
}
