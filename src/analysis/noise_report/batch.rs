//! From the law of one row to that of the mean of a minibatch.

use crate::dynamics::{Minibatches, Sampling};

/// Skewness and excess kurtosis of the noise of a minibatch along one direction; both 0 for a Gaussian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseShape {
    /// m₃/m₂^{3/2}.
    pub skewness: f64,
    /// m₄/m₂² − 3.
    pub excess_kurtosis: f64,
}

/// The covariance of the minibatch gradient is `noise_factor` Σ: 1/b with replacement, (n − b)/(b(n − 1)) without; the second
/// also holds for each single batch of an epoch.
pub fn noise_factor(batches: Minibatches, samples: usize) -> f64 {
    let (n, b) = (samples as f64, batches.batch as f64);
    match batches.sampling {
        Sampling::WithReplacement => 1.0 / b,
        Sampling::WithoutReplacement | Sampling::Epochs if b >= n => 0.0,
        Sampling::WithoutReplacement | Sampling::Epochs => (n - b) / (b * (n - 1.0)),
    }
}

/// The shape of the mean of `batches.batch` rows, exactly, from the central moments m₂, m₃, m₄ of single rows over all
/// n = `samples` rows.
///
/// With replacement cumulants add: γ₁/√b and γ₂/b of the row's γ₁, γ₂. Without, the central moments of the mean of b of n
/// are m₃(n−b)(n−2b)/(b²(n−1)(n−2)) and
/// (n−b)[(n²+n−6nb+6b²)m₄ + 3n(n−b−1)(b−1)m₂²]/(b³(n−1)(n−2)(n−3)) (Sukhatme, Sankhyā 6, 1944; checked here by listing all
/// batches); for epochs the same holds of each batch by itself, a short last one apart. `None` where there is no noise
/// along the direction, and without replacement for n < 4.
pub fn batch_shape([m2, m3, m4]: [f64; 3], batches: Minibatches, samples: usize) -> Option<NoiseShape> {
    let (n, b) = (samples as f64, batches.batch as f64);
    let shape = match batches.sampling {
        _ if m2 <= 0.0 => return None,
        Sampling::WithReplacement => {
            NoiseShape { skewness: m3 / m2.powf(1.5) / b.sqrt(), excess_kurtosis: (m4 / (m2 * m2) - 3.0) / b }
        }
        Sampling::WithoutReplacement | Sampling::Epochs => {
            if b >= n || n < 4.0 {
                return None;
            }
            let variance = m2 * (n - b) / (b * (n - 1.0));
            let third = m3 * (n - b) * (n - 2.0 * b) / (b * b * (n - 1.0) * (n - 2.0));
            let inner =
                (n * n + n - 6.0 * n * b + 6.0 * b * b) * m4 + 3.0 * n * (n - b - 1.0) * (b - 1.0) * m2 * m2;
            let fourth = (n - b) * inner / (b.powi(3) * (n - 1.0) * (n - 2.0) * (n - 3.0));
            NoiseShape {
                skewness: third / variance.powf(1.5),
                excess_kurtosis: fourth / (variance * variance) - 3.0,
            }
        }
    };
    (shape.skewness.is_finite() && shape.excess_kurtosis.is_finite()).then_some(shape)
}

impl NoiseShape {
    /// About how many minibatches a two-sided test at 5 % on skewness or on kurtosis takes to see, every second time, that
    /// this is not Gaussian: 1.96² min(6/γ₁², 24/γ₂²), by the variances 6/N and 24/N of the two for N Gaussian numbers.
    pub fn visible_after(&self) -> f64 {
        let of = |variance: f64, x: f64| 1.96f64.powi(2) * variance / (x * x);
        of(6.0, self.skewness).min(of(24.0, self.excess_kurtosis))
    }
}
