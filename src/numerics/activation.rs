//! The activations σ_β, their derivatives and the constants of the theory.

/// σ_β of the hidden layer.
///
/// | | σ_β(z) | sup\|σ\| | sup\|σ'\| | sup\|σ''\| | σ(0) |
/// |---|---|---|---|---|---|
/// | `Sigmoid` | 1/(1+e^{−βz}) | 1 | β/4 | β²/(6√3) | ½ |
/// | `Tanh` | tanh(βz) | 1 | β | 4β²/(3√3) | 0 |
/// | `SoftPlus` | log(1+e^{βz})/β | ∞ | 1 | β/4 | log 2/β |
///
/// β > 0 throughout. Source: Gopalani, Jha, Mukherjee (arXiv 2309.09258), section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    Sigmoid,
    Tanh,
    SoftPlus,
}

/// e^{−|x|}, the larger logistic probability 1/(1+e^{−|x|}) and the tail q(1−q): all without overflow or cancellation.
fn logistic_parts(x: f64) -> (f64, f64, f64) {
    let e = (-x.abs()).exp();
    let larger = 1.0 / (1.0 + e);
    (e, larger, e * larger * larger)
}

/// 1/(1+e^{−x}), accurate to a few units in the last place in both tails.
pub(super) fn logistic(x: f64) -> f64 {
    let (e, larger, _) = logistic_parts(x);
    if x >= 0.0 { larger } else { e * larger }
}

/// log(1+e^x), accurate to a few units in the last place in both tails.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

impl Activation {
    /// σ_β(z). Any finite z; relative accuracy in the tails that go to 0; NaN gives NaN.
    pub fn value(self, beta: f64, z: f64) -> f64 {
        match self {
            Self::Sigmoid => logistic(beta * z),
            Self::Tanh => (beta * z).tanh(),
            // z itself, not (βz)/β: the product may overflow where the value does not.
            Self::SoftPlus => z.max(0.0) + (-(beta * z).abs()).exp().ln_1p() / beta,
        }
    }

    /// `[σ_β(z), σ_β'(z), σ_β''(z)]`. Any finite z; all three keep relative accuracy in their tails; NaN gives NaN.
    pub fn derivatives(self, beta: f64, z: f64) -> [f64; 3] {
        let x = beta * z;
        match self {
            Self::Sigmoid => {
                let tail = logistic_parts(x).2;
                [logistic(x), beta * tail, -beta * beta * tail * (0.5 * x).tanh()]
            }
            Self::Tanh => {
                let tail = 4.0 * logistic_parts(2.0 * x).2;
                let value = x.tanh();
                [value, beta * tail, -2.0 * beta * beta * tail * value]
            }
            Self::SoftPlus => [self.value(beta, z), logistic(x), beta * logistic_parts(x).2],
        }
    }

    /// B_σ = sup|σ_β|; `f64::INFINITY` for SoftPlus.
    pub fn bound(self, _beta: f64) -> f64 {
        match self {
            Self::Sigmoid | Self::Tanh => 1.0,
            Self::SoftPlus => f64::INFINITY,
        }
    }

    /// sup|σ_β'|, called L and M_D in the theory.
    pub fn max_slope(self, beta: f64) -> f64 {
        match self {
            Self::Sigmoid => beta / 4.0,
            Self::Tanh => beta,
            Self::SoftPlus => 1.0,
        }
    }

    /// sup|σ_β''|, called M'_D in the theory.
    pub fn max_curvature(self, beta: f64) -> f64 {
        match self {
            Self::Sigmoid => beta * beta / (6.0 * 3f64.sqrt()),
            Self::Tanh => 4.0 * beta * beta / (3.0 * 3f64.sqrt()),
            Self::SoftPlus => beta / 4.0,
        }
    }

    /// σ_β(0).
    pub fn at_zero(self, beta: f64) -> f64 {
        match self {
            Self::Sigmoid => 0.5,
            Self::Tanh => 0.0,
            Self::SoftPlus => std::f64::consts::LN_2 / beta,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 3] = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];

    #[test]
    fn derivatives_agree_with_central_differences() {
        for activation in ALL {
            for beta in [0.3, 1.0, 4.0] {
                for i in -60..=60 {
                    let (z, step) = (f64::from(i) * 0.1, 1e-4 / beta);
                    let [value, slope, curvature] = activation.derivatives(beta, z);
                    let [up, down] = [z + step, z - step].map(|z| activation.derivatives(beta, z));
                    assert_eq!(value, activation.value(beta, z));
                    let (scale, scale2) = (activation.max_slope(beta), activation.max_curvature(beta));
                    assert!(((up[0] - down[0]) / (2.0 * step) - slope).abs() < 1e-7 * scale);
                    assert!(((up[1] - down[1]) / (2.0 * step) - curvature).abs() < 1e-7 * scale2);
                }
            }
        }
    }

    #[test]
    fn the_constants_are_the_suprema() {
        for activation in ALL {
            for beta in [0.3, 1.0, 4.0] {
                let largest = |order: usize| {
                    (-40_000..=40_000)
                        .map(|i| activation.derivatives(beta, f64::from(i) * 1e-3 / beta)[order].abs())
                        .fold(0.0, f64::max)
                };
                assert!((largest(1) / activation.max_slope(beta) - 1.0).abs() < 1e-6);
                assert!((largest(2) / activation.max_curvature(beta) - 1.0).abs() < 1e-6);
                assert!(largest(0) <= activation.bound(beta));
                assert_eq!(activation.value(beta, 0.0), activation.at_zero(beta));
            }
        }
    }

    #[test]
    fn tails_keep_relative_accuracy_and_stay_finite() {
        let close = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-14, "{got} {want}");
        let small = (-100f64).exp();
        close(Activation::SoftPlus.value(1.0, -100.0), small);
        close(Activation::Sigmoid.value(1.0, -100.0), small);
        close(Activation::Sigmoid.derivatives(1.0, 100.0)[1], small);
        close(Activation::Tanh.derivatives(1.0, 50.0)[1], 4.0 * small);
        close(Activation::Tanh.value(1.0, 1e-200), 1e-200);
        for activation in ALL {
            for z in [1e4, 1e300] {
                for z in [z, -z] {
                    assert!(activation.derivatives(4.0, z).iter().all(|v| v.is_finite()));
                }
            }
            assert!(activation.derivatives(1.0, f64::NAN)[0].is_nan());
        }
        assert_eq!(Activation::SoftPlus.value(4.0, 1e308), 1e308);
    }
}
