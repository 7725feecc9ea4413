//! How the variance of minibatch noise scales with the risk along a path.

use crate::analysis::noise_report::noise_trace;
use crate::problem::{FiniteSum, Scratch};

/// The noise of one row's gradient at one W.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisePoint {
    /// F(W).
    pub risk: f64,
    /// tr Σ(W), Σ = (1/n)Σ∇ℓ_i∇ℓ_iᵀ − ∇F∇Fᵀ.
    pub trace: f64,
}

/// F and tr Σ at `w`; `None` where a number is not finite or F ≤ 0. Cost: two gradients.
pub fn noise_point(sum: &dyn FiniteSum, w: &[f64], scratch: &mut Scratch) -> Option<NoisePoint> {
    let mut gradient = vec![0.0; w.len()];
    let risk = sum.value_gradient(w, &mut gradient, scratch);
    let trace = noise_trace(sum, w, scratch)?;
    (risk > 0.0 && risk.is_finite()).then_some(NoisePoint { risk, trace })
}

/// The slope of the least-squares line of ln tr Σ on ln F through the points of one path: 1 where the variance is proportional to the
/// risk, 0 where it is constant. `None` with fewer than three points, or where F varies by less than a factor 2.
pub fn scaling_slope(points: &[NoisePoint]) -> Option<f64> {
    let logs: Vec<(f64, f64)> =
        points.iter().filter(|p| p.trace > 0.0).map(|p| (p.risk.ln(), p.trace.ln())).collect();
    let count = logs.len() as f64;
    let (x, y) = logs.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / count, y + p.1 / count));
    let spread =
        logs.iter().map(|p| p.0).fold(f64::MIN, f64::max) - logs.iter().map(|p| p.0).fold(f64::MAX, f64::min);
    if logs.len() < 3 || spread < std::f64::consts::LN_2 {
        return None;
    }
    let (squares, products) =
        logs.iter().fold((0.0, 0.0), |(a, b), p| (a + (p.0 - x).powi(2), b + (p.0 - x) * (p.1 - y)));
    Some(products / squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_a_power_law() {
        for power in [0.0, 1.0, 1.7] {
            let points: Vec<NoisePoint> = [1.0, 0.3, 0.01, 1e-5]
                .map(|risk: f64| NoisePoint { risk, trace: 3.0 * risk.powf(power) })
                .to_vec();
            assert!((scaling_slope(&points).unwrap() - power).abs() < 1e-12);
        }
        let flat = [1.0, 1.1, 1.2].map(|risk| NoisePoint { risk, trace: risk });
        assert_eq!(scaling_slope(&flat), None);
    }
}
