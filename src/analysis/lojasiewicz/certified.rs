//! A bound of α(θ₀, r) from below for nets with positive weights behind the first layer.

use super::search::Ball;
use crate::problem::DeepNet;

/// A number from below and one from above.
type Interval = [f64; 2];

/// A lower bound of ‖∇F‖²/F over balls, which holds for certain (up to the rounding of intervals): the argument by which Chatterjee
/// (arXiv 2203.16462) shows that his start has a large α, with numbers.
///
/// The derivatives along the first layer alone give ‖∇F‖² ≥ (4/n) λ_min(X Xᵀ) min_i Σ_j p_ij² F with p_ij = ∂f(x_i)/∂z_j, z_j = w_j·x_i.
/// p_ij is a sum over paths of products of weights and slopes σ' > 0; each is bounded from below by interval arithmetic: a layer's
/// numbers W h move by at most r‖h‖, every weight by at most r, and σ' of all activations here is smallest at an end of an interval.
#[derive(Debug, Clone, Copy)]
pub struct CertifiedRatio<'a> {
    net: &'a DeepNet,
    /// λ_min(X Xᵀ), from below.
    gram: f64,
}

impl<'a> CertifiedRatio<'a> {
    /// `None` where the rows are linearly dependent, or so nearly that rounding hides it. Cost: an eigenproblem of n rows.
    pub fn new(net: &'a DeepNet) -> Option<Self> {
        net.train_rows().certain_gram_eigenvalue().map(|gram| Self { net, gram })
    }

    /// The bound over `ball`; `None` where a weight behind the first layer may be ≤ 0 in it, or numbers leave the finite ones.
    pub fn within(&self, ball: &Ball) -> Option<f64> {
        let rows = self.net.train_rows();
        let squares = (0..rows.len()).map(|i| path_squares(self.net, ball, rows.input(i)));
        let smallest = squares.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::min)?;
        let bound = 4.0 / rows.len() as f64 * self.gram * smallest;
        bound.is_finite().then_some(bound)
    }
}

/// A lower bound of Σ_j p_j² for the input `x`.
fn path_squares(net: &DeepNet, ball: &Ball, x: &[f64]) -> Option<f64> {
    let settings = net.settings();
    let (depth, radius) = (settings.depth, ball.radius);
    let (mut slopes, mut matrices) = (Vec::new(), Vec::new());
    let mut rest = ball.centre.as_slice();
    let mut values: Vec<Interval> = x.iter().map(|x| [*x, *x]).collect();
    for layer in 0..depth {
        let (outputs, inputs) = net.layer_shape(layer);
        let (matrix, after) = rest.split_at(outputs * inputs);
        rest = after;
        matrices.push(matrix);
        if layer + 1 == depth {
            break;
        }
        let reach = radius * values.iter().map(|v| v[0].abs().max(v[1].abs()).powi(2)).sum::<f64>().sqrt();
        let sums = matrix.chunks_exact(inputs).map(|row| widened(row, &values, reach));
        let sums: Vec<Interval> = sums.collect();
        let shift = settings.activation.at_zero(settings.beta);
        let slope = |z: f64| settings.activation.derivatives(settings.beta, z)[1];
        let value = |z: f64| settings.activation.value(settings.beta, z) - shift;
        slopes.push(sums.iter().map(|z| slope(z[0]).min(slope(z[1]))).collect::<Vec<f64>>());
        values = sums.iter().map(|z| z.map(value)).collect();
    }
    // From the output back to the first layer.
    let mut paths = vec![1.0];
    for layer in (1..depth).rev() {
        let inputs = net.layer_shape(layer).1;
        let mut next = vec![0.0; inputs];
        for (row, path) in matrices[layer].chunks_exact(inputs).zip(&paths) {
            for (n, weight) in next.iter_mut().zip(row) {
                let low = weight - radius;
                if low.is_nan() || low <= 0.0 {
                    return None;
                }
                *n += path * low;
            }
        }
        next.iter_mut().zip(&slopes[layer - 1]).for_each(|(n, slope)| *n *= slope);
        paths = next;
    }
    let squares: f64 = paths.iter().map(|p| p * p).sum();
    // The smallest of all rows' sums would pass over a NaN.
    squares.is_finite().then_some(squares)
}

/// Σ_k w_k v_k for v_k within their intervals, and `reach` to either side.
fn widened(row: &[f64], values: &[Interval], reach: f64) -> Interval {
    let [mut low, mut high] = [-reach, reach];
    for (w, v) in row.iter().zip(values) {
        let [a, b] = v.map(|v| w * v);
        (low, high) = (low + a.min(b), high + a.max(b));
    }
    [low, high]
}
