//! Weighted least squares of A e^{−rt} + c.

/// A e^{−rt} + c. Times are counted from the first one of the fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exponential {
    pub amplitude: f64,
    pub rate: f64,
    pub offset: f64,
}

/// Points (t, y, weight) to fit; t starts at 0.
pub(super) struct Points<'a> {
    pub times: &'a [f64],
    pub values: &'a [f64],
    pub weights: &'a [f64],
    /// Whether c is fitted; otherwise it is 0.
    pub free_offset: bool,
}

/// Iterations of Gauss and Newton; near the optimum five are enough.
const ITERATIONS: usize = 40;
/// Trial rates of the first search.
const TRIALS: usize = 60;

impl Points<'_> {
    /// The best fit from the best of a range of trial rates; `None` where nothing can be fitted.
    pub fn fit(&self) -> Option<Exponential> {
        let length = *self.times.last()?;
        let finest = self.times.windows(2).map(|t| t[1] - t[0]).fold(length, f64::min);
        if self.times.len() < 3 || finest <= 0.0 {
            return None;
        }
        // From one fiftieth of an e-fold over the whole window to three e-folds between two points.
        let (low, high) = ((0.02 / length).ln(), (3.0 / finest).ln());
        let trial = |k: usize| (low + (high - low) * k as f64 / (TRIALS - 1) as f64).exp();
        (0..TRIALS)
            .filter_map(|k| self.linear_part(trial(k)))
            .min_by(|a, b| self.loss(a).total_cmp(&self.loss(b)))
            .and_then(|start| self.refine(start))
    }

    /// The best A and c for a given rate.
    fn linear_part(&self, rate: f64) -> Option<Exponential> {
        let mut sums = [0.0; 5];
        for ((t, y), w) in self.times.iter().zip(self.values).zip(self.weights) {
            let e = (-rate * t).exp();
            let terms = [w * e * e, w * e, w * 1.0, w * e * y, w * y];
            sums.iter_mut().zip(terms).for_each(|(s, x)| *s += x);
        }
        let [ee, e1, one, ey, y1] = sums;
        let (amplitude, offset) = if self.free_offset {
            let determinant = ee * one - e1 * e1;
            ((ey * one - y1 * e1) / determinant, (ee * y1 - e1 * ey) / determinant)
        } else {
            (ey / ee, 0.0)
        };
        (amplitude.is_finite() && offset.is_finite()).then_some(Exponential { amplitude, rate, offset })
    }

    fn loss(&self, curve: &Exponential) -> f64 {
        let points = self.times.iter().zip(self.values).zip(self.weights);
        points
            .map(|((t, y), w)| w * (y - curve.amplitude * (-curve.rate * t).exp() - curve.offset).powi(2))
            .sum()
    }

    /// Gauss and Newton with halved steps from `start`; the rate may become negative. `None` where it leaves the numbers.
    pub fn refine(&self, start: Exponential) -> Option<Exponential> {
        let (mut curve, mut loss) = (start, self.loss(&start));
        for _ in 0..ITERATIONS {
            let [d_rate, _, _] = self.newton_step(&curve)?;
            // The linear part is solved for each trial rate, so that only the rate is searched.
            let mut factor = 1.0;
            let better = loop {
                let trial = self.linear_part(curve.rate + factor * d_rate);
                match trial.map(|trial| (trial, self.loss(&trial))) {
                    Some((trial, new)) if new <= loss => break Some((trial, new)),
                    _ if factor < 1e-6 => break None,
                    _ => factor *= 0.5,
                }
            };
            let Some((trial, new)) = better else { break };
            let moved = (trial.rate - curve.rate).abs();
            (curve, loss) = (trial, new);
            if moved <= 1e-7 * curve.rate.abs() {
                break;
            }
        }
        curve.rate.is_finite().then_some(curve)
    }

    /// The Gauss–Newton step of (r, A, c).
    fn newton_step(&self, curve: &Exponential) -> Option<[f64; 3]> {
        let size = if self.free_offset { 3 } else { 2 };
        let (mut matrix, mut right) = ([[0.0; 3]; 3], [0.0; 3]);
        for ((t, y), w) in self.times.iter().zip(self.values).zip(self.weights) {
            let e = (-curve.rate * t).exp();
            let slopes = [-curve.amplitude * t * e, e, 1.0];
            let residual = y - curve.amplitude * e - curve.offset;
            for i in 0..size {
                right[i] += w * slopes[i] * residual;
                for j in 0..size {
                    matrix[i][j] += w * slopes[i] * slopes[j];
                }
            }
        }
        solve(&mut matrix, &mut right, size)
    }
}

/// Solves a small symmetric positive definite system by elimination; `None` where it is singular.
fn solve(matrix: &mut [[f64; 3]; 3], right: &mut [f64; 3], size: usize) -> Option<[f64; 3]> {
    for k in 0..size {
        let pivot = matrix[k][k];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return None;
        }
        for i in k + 1..size {
            let (factor, row) = (matrix[i][k] / pivot, matrix[k]);
            matrix[i].iter_mut().zip(row).for_each(|(x, y)| *x -= factor * y);
            right[i] -= factor * right[k];
        }
    }
    let mut out = [0.0; 3];
    for k in (0..size).rev() {
        let known: f64 = (k + 1..size).map(|j| matrix[k][j] * out[j]).sum();
        out[k] = (right[k] - known) / matrix[k][k];
    }
    out.iter().all(|x| x.is_finite()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_exponential_comes_back() {
        let times: Vec<f64> = (0..40).map(|i| 0.1 * f64::from(i)).collect();
        let weights: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i % 3)).collect();
        for (amplitude, rate, offset) in
            [(2.0, 0.7, 0.0), (-1.0, 3.0, 0.0), (0.5, 0.3, -4.0), (1.0, 8.0, 2.0)]
        {
            let values: Vec<f64> = times.iter().map(|t| amplitude * (-rate * t).exp() + offset).collect();
            for free_offset in [true, false] {
                if offset != 0.0 && !free_offset {
                    continue;
                }
                let points = Points { times: &times, values: &values, weights: &weights, free_offset };
                let fit = points.fit().unwrap();
                assert!((fit.rate / rate - 1.0).abs() < 1e-6, "{fit:?}");
                assert!((fit.amplitude / amplitude - 1.0).abs() < 1e-6, "{fit:?}");
                assert!((fit.offset - offset).abs() < 1e-6, "{fit:?}");
            }
        }
    }

    #[test]
    fn a_rising_curve_has_a_negative_rate() {
        let times: Vec<f64> = (0..20).map(f64::from).collect();
        let values: Vec<f64> = times.iter().map(|t| (0.05 * t).exp()).collect();
        let points = Points { times: &times, values: &values, weights: &[1.0; 20], free_offset: false };
        assert!((points.fit().unwrap().rate + 0.05).abs() < 1e-8);
    }
}
