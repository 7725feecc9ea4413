//! What α and C_L say about gradient descent with noise √(σF) Z, E Z = 0, E‖Z‖² ≤ 1, in a ball.

/// θ_{k+1} = θ_k − η(∇F(θ_k) + √(σF(θ_k)) Z_k) from θ₀, where ‖∇F‖² ≥ αF and ∇F is C_L-Lipschitz in B(θ₀, r) (and on the segments
/// of the steps that leave it).
///
/// With measured constants these are estimates of the bounds: a search gives α from above and C_L from below, both on the optimistic
/// side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisyDescent {
    /// η > 0.
    pub step: f64,
    /// σ ≥ 0.
    pub sigma: f64,
    /// α > 0.
    pub alpha: f64,
    /// C_L ≥ α/2 > 0 (‖∇F‖² ≤ 2 C_L F wherever F ≥ 0 is C_L-smooth).
    pub smoothness: f64,
}

/// The step η = α/(C_L(2C_L + σ)) at which the bound of the contraction is smallest.
pub fn largest_step(alpha: f64, smoothness: f64, sigma: f64) -> f64 {
    alpha / (smoothness * (2.0 * smoothness + sigma))
}

impl NoisyDescent {
    /// 1 − ηα + ½η²C_L(2C_L + σ): E[F(θ_{k+1}); inside to k+1] ≤ this·E[F(θ_k); inside to k] (An, Lu, arXiv 2304.09221; from
    /// F(θ − ηg) ≤ F − η⟨∇F, g⟩ + ½η²C_L‖g‖²).
    pub fn contraction(&self) -> f64 {
        let Self { step, sigma, alpha, smoothness } = *self;
        1.0 - step * alpha + 0.5 * step * step * smoothness * (2.0 * smoothness + sigma)
    }

    /// A bound of P(the path leaves B(θ₀, r)) through the whole length of the path: E Σ‖θ_{k+1} − θ_k‖ ≤ η Σ √((2C_L + σ) E F_k) and
    /// Markov's inequality give η√((2C_L + σ)F(θ₀))/(r(1 − √q)), q the [contraction](Self::contraction). At least 1 says nothing;
    /// `None` where q ≥ 1.
    pub fn escape_by_length(&self, risk: f64, radius: f64) -> Option<f64> {
        let q = self.contraction();
        let speed = ((2.0 * self.smoothness + self.sigma) * risk).sqrt();
        (q < 1.0).then(|| self.step * speed / (radius * (1.0 - q.sqrt())))
    }

    /// A bound of P(the path leaves B(θ₀, r)) that tells drift from noise: for any r₁ + r₂ = r
    /// - √F is a supermartingale: E√F_{k+1} ≤ √F_k − ½η κ√α‖∇F_k‖ with κ = 1 − ½ηC_L(1 + σ/α), so E Σ η‖∇F_k‖ ≤ 2√F(θ₀)/(κ√α), and by
    ///   Markov's inequality the drift exceeds r₁ with probability at most 2√F(θ₀)/(κ√α r₁): for η → 0 Chatterjee's 4F(θ₀) < r²α;
    /// - the noise is a martingale, E‖Σ η√(σF_k) Z_k‖² ≤ η²σF(θ₀)/(1 − q), and by Doob's inequality it exceeds r₂ with probability at
    ///   most this over r₂².
    ///
    /// The smallest sum over r₁ on a grid of 999. `None` where q ≥ 1 or κ ≤ 0.
    pub fn escape_by_drift(&self, risk: f64, radius: f64) -> Option<f64> {
        let Self { step, sigma, alpha, smoothness } = *self;
        let (q, kappa) = (self.contraction(), 1.0 - 0.5 * step * smoothness * (1.0 + sigma / alpha));
        if q >= 1.0 || kappa <= 0.0 {
            return None;
        }
        let length = 2.0 * risk.sqrt() / (kappa * alpha.sqrt());
        let variance = step * step * sigma * risk / (1.0 - q);
        let at = |share: f64| length / (share * radius) + variance / ((1.0 - share) * radius).powi(2);
        (1..1000).map(|k| at(f64::from(k) / 1000.0)).reduce(f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::lojasiewicz::condition;

    #[test]
    fn bounds_are_their_formulas() {
        let descent = NoisyDescent { step: 0.01, sigma: 4.0, alpha: 2.0, smoothness: 10.0 };
        assert!((descent.contraction() - (1.0 - 0.02 + 0.5e-4 * 10.0 * 24.0)).abs() < 1e-15);
        let best = largest_step(2.0, 10.0, 4.0);
        for other in [0.9 * best, 1.1 * best] {
            let at = |step| NoisyDescent { step, ..descent }.contraction();
            assert!(at(best) < at(other));
        }
        assert!(NoisyDescent { step: 1.0, ..descent }.escape_by_length(1.0, 1.0).is_none());
    }

    /// Without noise and for small steps the second bound is below 1 exactly where Chatterjee's condition holds.
    #[test]
    fn without_noise_the_bound_of_escape_is_chatterjees_condition() {
        let descent = NoisyDescent { step: 1e-9, sigma: 0.0, alpha: 2.0, smoothness: 10.0 };
        for (radius, holds) in [(1.5, true), (1.4, false)] {
            assert_eq!(condition(1.0, radius, 2.0) > 1.0, holds);
            assert_eq!(descent.escape_by_drift(1.0, radius).unwrap() < 1.0, holds);
        }
        let noisy = NoisyDescent { sigma: 5.0, step: 1e-3, ..descent };
        assert!(noisy.escape_by_drift(1.0, 3.0) > descent.escape_by_drift(1.0, 3.0));
    }
}
