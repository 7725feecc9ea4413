//! Local slopes of ln |D| on ln s.

use super::order::OrderPoint;
use super::ratio::ratio;
use crate::analysis::guarantee::Range;
use crate::estimates::LEVEL;

/// The slope between two neighbouring s.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LocalSlope {
    /// The smaller and the larger s.
    pub s: (f64, f64),
    /// ln(D/D')/ln(s/s') with its 95 % interval; `None` where the ratio of the differences is not resolved or not positive.
    pub slope: Option<Range>,
}

/// The slopes between neighbours of `points` (in falling order of s). Each interval is that of the ratio of the two
/// differences; the intervals of neighbours share a point and are not independent.
pub(super) fn local_slopes(points: &[OrderPoint], correlations: Option<&[f64]>) -> Vec<LocalSlope> {
    let between = |k: usize| {
        let (large, small) = (&points[k], &points[k + 1]);
        let correlation = correlations.map_or(0.0, |c| c[k * points.len() + k + 1]);
        let covariance = correlation * large.difference.std_err * small.difference.std_err;
        let slope = ratio(&large.difference, &small.difference, covariance, LEVEL)
            .ok()
            .filter(|ratio| ratio.low > 0.0)
            .map(|ratio| {
                let of = |x: f64| x.ln() / (large.s / small.s).ln();
                Range { value: of(ratio.value), low: of(ratio.low), high: of(ratio.high) }
            });
        LocalSlope { s: (small.s, large.s), slope }
    };
    (0..points.len().saturating_sub(1)).map(between).collect()
}

#[cfg(test)]
mod tests {
    use super::super::measured::Measured;
    use super::*;

    #[test]
    fn slopes_are_those_of_the_powers() {
        let point = |s: f64, std_err: f64| OrderPoint {
            s,
            difference: Measured { value: -3.0 * s * s, std_err, freedom: 100.0 },
            dt_bias: 0.0,
        };
        let slopes = local_slopes(&[point(0.4, 0.01), point(0.1, 0.001), point(0.05, 0.5)], None);
        let first = slopes[0].slope.unwrap();
        assert!((first.value - 2.0).abs() < 1e-12 && first.low < 2.0 && 2.0 < first.high, "{first:?}");
        // 2 % and 3.3 % of error on a factor 16 over 4: about ± 0.06.
        assert!(first.high - first.low > 0.08 && first.high - first.low < 0.15, "{first:?}");
        assert_eq!((slopes[1].s, slopes[1].slope), ((0.05, 0.1), None));
    }
}
