//! A power law through means at several sizes.

use crate::estimates::{Estimate, LEVEL};
use statrs::distribution::{ChiSquared, ContinuousCDF, StudentsT};

/// y ≈ c x^q, fitted to ln y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    /// q.
    pub exponent: f64,
    /// Its standard error: that of weighted least squares, times √(χ²/ν) where the points scatter more than their errors.
    pub std_err: f64,
    /// Lower end of the 95 % interval, by Student's law with ν = n − 2 degrees of freedom.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How often a true power law leaves as much as was left: small where the points are curved beyond their errors, so that the
    /// exponent is that of this window.
    pub p_value: f64,
    /// How many points went in.
    pub points: usize,
}

/// The exponent of y in x, from independent means (x_i, y_i ± its standard error), weighted by their errors.
///
/// ln y is taken as Gaussian with standard error std_err/y: for relative errors of a few per cent at most. `None` below three
/// points, where a mean is not positive or has no error, or where all x are one.
pub fn power_law(points: &[(f64, Estimate)]) -> Option<PowerLaw> {
    let logs: Option<Vec<[f64; 3]>> = points
        .iter()
        .map(|(x, y)| {
            let relative = y.std_err? / y.value;
            (*x > 0.0 && relative > 0.0 && relative.is_finite())
                .then(|| [x.ln(), y.value.ln(), relative.powi(-2)])
        })
        .collect();
    let logs = logs.filter(|logs| logs.len() > 2)?;
    let sum = |pick: &dyn Fn(&[f64; 3]) -> f64| logs.iter().map(|p| p[2] * pick(p)).sum::<f64>();
    let total = sum(&|_| 1.0);
    let (x, y) = (sum(&|p| p[0]) / total, sum(&|p| p[1]) / total);
    let spread = sum(&|p| (p[0] - x).powi(2));
    let exponent = sum(&|p| (p[0] - x) * (p[1] - y)) / spread;
    let rest = sum(&|p| (p[1] - y - exponent * (p[0] - x)).powi(2));
    let freedom = (logs.len() - 2) as f64;
    let std_err = (spread.recip() * (rest / freedom).max(1.0)).sqrt();
    let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(0.5 + LEVEL / 2.0);
    let p_value = ChiSquared::new(freedom).ok()?.sf(rest);
    exponent.is_finite().then_some(PowerLaw {
        exponent,
        std_err,
        low: exponent - quantile * std_err,
        high: exponent + quantile * std_err,
        p_value,
        points: logs.len(),
    })
}
