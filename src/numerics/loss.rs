//! The losses ℓ(y, f) and their derivatives in the output f.

use super::activation::{logistic, softplus};

/// Loss of one sample with label y at output f.
///
/// - `Logistic`: ℓ = log(1 + e^{−yf}) for y = ±1;
/// - `Square`: ℓ = ½(y − f)² — with the ½, so that ∂ℓ/∂f = f − y.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    Logistic,
    Square,
}

impl Loss {
    /// `[ℓ, g, h]` = `[ℓ, ∂ℓ/∂f, ∂²ℓ/∂f²]` at (label, output).
    ///
    /// Logistic: g = −y/(1+e^{yf}), h = y² q(1−q) with q = 1/(1+e^{yf}); no overflow for any finite output, relative
    /// accuracy in both tails. Square: ½(f−y)², f − y, 1; ℓ overflows to ∞ once |f − y| exceeds 1.8e154.
    pub fn derivatives(self, label: f64, output: f64) -> [f64; 3] {
        match self {
            Self::Logistic => {
                let margin = label * output;
                let q = logistic(-margin);
                [softplus(-margin), -label * q, label * label * q * logistic(margin)]
            }
            Self::Square => {
                let residual = output - label;
                [0.5 * residual * residual, residual, 1.0]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_agree_with_central_differences() {
        for loss in [Loss::Logistic, Loss::Square] {
            for label in [-1.0, 1.0] {
                for i in -80..=80 {
                    let (f, step) = (f64::from(i) * 0.1, 1e-4);
                    let [_, g, h] = loss.derivatives(label, f);
                    let [up, down] = [f + step, f - step].map(|f| loss.derivatives(label, f));
                    assert!(((up[0] - down[0]) / (2.0 * step) - g).abs() < 1e-8);
                    assert!(((up[1] - down[1]) / (2.0 * step) - h).abs() < 1e-8);
                }
            }
        }
    }

    #[test]
    fn logistic_tails_are_stable() {
        for label in [-1.0, 1.0] {
            let [value, g, h] = Loss::Logistic.derivatives(label, 100.0 * label);
            for got in [value, -label * g, h] {
                assert!((got / (-100f64).exp() - 1.0).abs() < 1e-14);
            }
            let [value, g, h] = Loss::Logistic.derivatives(label, -1e300 * label);
            assert_eq!((value, g, h), (1e300, -label, 0.0));
        }
        assert!(Loss::Logistic.derivatives(1.0, f64::NAN).iter().all(|v| v.is_nan()));
    }
}
