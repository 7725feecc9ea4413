//! A straight line by weighted least squares, with the interval of its slope.

use crate::estimates::LEVEL;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// y ≈ intercept + slope·x.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Line {
    /// The slope.
    pub slope: f64,
    /// Its standard error, from the scatter about the line.
    pub std_err: f64,
    /// Its 95 % interval by Student's law with n − 2 degrees of freedom.
    pub interval: (f64, f64),
    /// The value at x = 0.
    pub intercept: f64,
    /// The two-sided p-value of slope 0.
    pub p_value: f64,
    /// How many points there are.
    pub points: usize,
}

impl Line {
    /// The line through points (x, y) with weights 1/`errors`² known up to a common factor (`None`: equal ones), exact for
    /// Gaussian errors of these ratios. `None` below three points, where all x are equal, or a number is not finite or an error
    /// not positive.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn fit(x: &[f64], y: &[f64], errors: Option<&[f64]>) -> Option<Self> {
        assert!(x.len() == y.len() && errors.is_none_or(|e| e.len() == x.len()), "one number a point");
        let n = x.len();
        let weights: Vec<f64> = errors.map_or(vec![1.0; n], |e| e.iter().map(|e| 1.0 / (e * e)).collect());
        let usable = |v: &[f64]| v.iter().all(|v| v.is_finite());
        if n < 3 || !usable(x) || !usable(y) || !usable(&weights) {
            return None;
        }
        let total: f64 = weights.iter().sum();
        let mean = |v: &[f64]| weights.iter().zip(v).map(|(w, v)| w * v).sum::<f64>() / total;
        let (mean_x, mean_y) = (mean(x), mean(y));
        let (mut xx, mut xy) = (0.0, 0.0);
        for ((w, x), y) in weights.iter().zip(x).zip(y) {
            xx += w * (x - mean_x) * (x - mean_x);
            xy += w * (x - mean_x) * (y - mean_y);
        }
        let slope = xy / xx;
        let points = weights.iter().zip(x).zip(y);
        let rest: f64 = points.map(|((w, x), y)| w * (y - mean_y - slope * (x - mean_x)).powi(2)).sum();
        let freedom = (n - 2) as f64;
        let std_err = (rest / freedom / xx).sqrt();
        let law = StudentsT::new(0.0, 1.0, freedom).ok()?;
        let half = std_err * law.inverse_cdf(0.5 + LEVEL / 2.0);
        let p_value =
            if std_err > 0.0 { 2.0 * law.cdf(-(slope / std_err).abs()) } else { f64::from(slope == 0.0) };
        slope.is_finite().then_some(Self {
            slope,
            std_err,
            interval: (slope - half, slope + half),
            intercept: mean_y - slope * mean_x,
            p_value,
            points: n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    #[test]
    fn a_line_by_hand() {
        // x = 0, 1, 2; y = 0, 1, 1: slope 1/2, residuals −1/6, 1/3, −1/6, variance 1/6, error √(1/12).
        let line = Line::fit(&[0.0, 1.0, 2.0], &[0.0, 1.0, 1.0], None).unwrap();
        assert!((line.slope - 0.5).abs() < 1e-15 && (line.intercept - 1.0 / 6.0).abs() < 1e-15);
        assert!((line.std_err - (1.0_f64 / 12.0).sqrt()).abs() < 1e-15);
        // t = √3 with one degree of freedom: p = 1/3, and the 0.975 quantile is 12.7062.
        assert!((line.p_value - 1.0 / 3.0).abs() < 1e-9, "{line:?}");
        assert!((line.interval.1 - 0.5 - 12.7062 * line.std_err).abs() < 1e-4);
        assert_eq!(Line::fit(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], None), None);
        assert_eq!(Line::fit(&[1.0, 2.0], &[1.0, 2.0], None), None);
        assert_eq!(Line::fit(&[1.0, 2.0, 3.0], &[1.0, f64::NAN, 2.0], None), None);
    }

    /// 4000 runs of six points with unequal errors: the share covered has a standard deviation of 0.0034, so that a right
    /// program leaves 93.5 … 96.5 % once in 10⁵. Equal weights trust the loose ends: the control.
    #[test]
    fn the_interval_covers_the_slope() {
        let x: Vec<f64> = (0..6).map(f64::from).collect();
        let errors = [1.0, 0.01, 0.02, 0.02, 0.01, 1.0];
        let mut covered = [0; 2];
        for run in 0..4000 {
            let mut stream = Key::new(5, Purpose::Direction).stream(run, 0);
            let y: Vec<f64> = x
                .iter()
                .zip(errors)
                .map(|(x, e)| 2.0 - x + e * stream.sample::<f64, _>(StandardNormal))
                .collect();
            for (count, errors) in covered.iter_mut().zip([Some(&errors[..]), None]) {
                let (low, high) = Line::fit(&x, &y, errors).unwrap().interval;
                *count += usize::from(low <= -1.0 && -1.0 <= high);
            }
        }
        println!("covered {covered:?} of 4000");
        assert!((3740..=3860).contains(&covered[0]), "{covered:?}");
        assert!(!(3740..=3860).contains(&covered[1]), "{covered:?}");
    }
}
