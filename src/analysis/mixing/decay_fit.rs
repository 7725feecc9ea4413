//! Weighted least squares of A e^{−rt}.

/// A e^{−rt}. Times are counted from the first one of the fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exponential {
    pub amplitude: f64,
    pub rate: f64,
}

/// Points (t, y, weight) to fit; t starts at 0.
pub(super) struct Points<'a> {
    pub times: &'a [f64],
    pub values: &'a [f64],
    pub weights: &'a [f64],
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

    /// The best A for a given rate.
    fn linear_part(&self, rate: f64) -> Option<Exponential> {
        let (mut ee, mut ey) = (0.0, 0.0);
        for ((t, y), w) in self.times.iter().zip(self.values).zip(self.weights) {
            let e = (-rate * t).exp();
            ee += w * e * e;
            ey += w * e * y;
        }
        let amplitude = ey / ee;
        amplitude.is_finite().then_some(Exponential { amplitude, rate })
    }

    fn loss(&self, curve: &Exponential) -> f64 {
        let points = self.times.iter().zip(self.values).zip(self.weights);
        points.map(|((t, y), w)| w * (y - curve.amplitude * (-curve.rate * t).exp()).powi(2)).sum()
    }

    /// Gauss and Newton with halved steps from `start`; the rate may become negative. `None` where it leaves the numbers.
    pub fn refine(&self, start: Exponential) -> Option<Exponential> {
        let (mut curve, mut loss) = (start, self.loss(&start));
        for _ in 0..ITERATIONS {
            let d_rate = self.newton_step(&curve)?;
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

    /// The Gauss–Newton step of r beside A.
    fn newton_step(&self, curve: &Exponential) -> Option<f64> {
        let (mut matrix, mut right) = ([[0.0; 2]; 2], [0.0; 2]);
        for ((t, y), w) in self.times.iter().zip(self.values).zip(self.weights) {
            let e = (-curve.rate * t).exp();
            let slopes = [-curve.amplitude * t * e, e];
            let residual = y - curve.amplitude * e;
            for i in 0..2 {
                right[i] += w * slopes[i] * residual;
                for j in 0..2 {
                    matrix[i][j] += w * slopes[i] * slopes[j];
                }
            }
        }
        let usable = |pivot: f64| pivot > 0.0 && pivot.is_finite();
        // By elimination; the matrix is positive definite where the points tell A and r apart.
        let [[rr, ra], [ar, aa]] = matrix;
        let factor = ar / rr;
        let (pivot, rest) = (aa - factor * ra, right[1] - factor * right[0]);
        let step = (right[0] - ra * (rest / pivot)) / rr;
        (usable(rr) && usable(pivot) && step.is_finite()).then_some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_exponential_comes_back() {
        let times: Vec<f64> = (0..40).map(|i| 0.1 * f64::from(i)).collect();
        let weights: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i % 3)).collect();
        for (amplitude, rate) in [(2.0, 0.7), (-1.0, 3.0), (0.5, 0.3), (1.0, 8.0)] {
            let values: Vec<f64> = times.iter().map(|t| amplitude * (-rate * t).exp()).collect();
            let fit = Points { times: &times, values: &values, weights: &weights }.fit().unwrap();
            assert!((fit.rate / rate - 1.0).abs() < 1e-6, "{fit:?}");
            assert!((fit.amplitude / amplitude - 1.0).abs() < 1e-6, "{fit:?}");
        }
    }

    #[test]
    fn a_rising_curve_has_a_negative_rate() {
        let times: Vec<f64> = (0..20).map(f64::from).collect();
        let values: Vec<f64> = times.iter().map(|t| (0.05 * t).exp()).collect();
        let points = Points { times: &times, values: &values, weights: &[1.0; 20] };
        assert!((points.fit().unwrap().rate + 0.05).abs() < 1e-8);
    }
}
