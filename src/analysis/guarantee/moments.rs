//! How far the Gibbs measure lies above the minimum: bounds that are certain.

use super::continuous::ln_sum;
use crate::analysis::risk::RiskFacts;

use statrs::function::gamma::ln_gamma;

/// The argument behind a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    /// L̃ is convex: λ ≥ M.
    Convexity,
    /// A law of given second moment has at most the entropy of a Gaussian.
    Entropy,
    /// The gradient of the data term is bounded by K.
    GradientBound,
    /// The data term is bounded.
    Oscillation,
    /// The Poincaré inequality with a certified λ_s.
    Poincare,
    /// An exponential moment, as a ratio of two partition functions.
    ExponentialMoment,
}

impl Argument {
    /// In words, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Convexity => "convexity",
            Self::Entropy => "entropy and smoothness",
            Self::GradientBound => "bounded gradient",
            Self::Oscillation => "bounded data term",
            Self::Poincare => "Poincaré with a certified gap",
            Self::ExponentialMoment => "exponential moment",
        }
    }
}

/// A number that is certainly not below the truth, and why.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Bound {
    /// The bound.
    pub value: f64,
    /// The argument that gave it.
    pub argument: Argument,
}

/// Upper bounds of three numbers of μ_s ∝ exp(−2L̃/s), each the smallest of those whose ingredients are known; `None` where
/// none applies (the square loss with an unbounded activation, for one). Units: those of L̃.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct MomentBounds {
    /// Of the excess E_μ L̃ − min L̃.
    pub excess: Option<Bound>,
    /// Of C(s) = √E_μ(L̃ − min L̃)².
    pub second_moment: Option<Bound>,
    /// Of sd_μ(L̃).
    pub deviation: Option<Bound>,
}

impl MomentBounds {
    /// The bounds from `facts`. Everything rests on E_μ⟨F, ∇L̃⟩ = (s/2) E_μ div F for vector fields F of polynomial growth.
    ///
    /// Write m for a bound of √E‖W‖² and r for the modulus λ − M. *Excess*:
    /// - convex: L̃ − L̃(W*) ≤ ⟨∇L̃, W−W*⟩ − (r/2)‖W−W*‖², and with F = W − W* the first mean is Ds/2 and at most
    ///   gLip·E‖W−W*‖². So D s/2 · (1 − r/(2 gLip)); D s/2 where gLip is not known; D s/4 for λ = gLip.
    /// - entropy (the idea of Raginsky, Rakhlin, Telgarsky, COLT 2017, §3.4): 2(E L̃ − L̃*)/s = h(μ) − ln ∫e^{−2(L̃−L̃*)/s},
    ///   h(μ) ≤ (D/2) ln(2πe m²/D), and L̃ − L̃* ≤ (gLip/2)‖W−W*‖² bounds the integral below by that of a Gaussian: together
    ///   (D s/4) ln(2e gLip m²/(D s)).
    /// - bounded gradient: W* = −∇G(W*)/λ has ‖W*‖ ≤ K/λ, so L̃(W) − L̃(W*) ≤ (λ/2)(‖W‖ + K/λ)² everywhere.
    /// - bounded data term: L̃ − L̃* ≤ osc + (λ/2)‖W‖².
    ///
    /// *Deviation*: √D s/2 where L̃ is convex, for the log-density of a log-concave law has variance at most D (Nguyen 2013;
    /// Fradelizi, Madiman, Wang, *Optimal concentration of information content for log-concave densities*, 2016); by
    /// Poincaré s/2·√(sup ΔL̃/λ_s), since E‖∇L̃‖² = (s/2)E ΔL̃. *Second moment*: √(deviation² + excess²), in the convex case at
    /// most (s/2)√(D + D²); or from ‖W‖⁴ as the excess is from ‖W‖²; or, for every θ in (0, 1), (s/2θ) ln(e + Z_{1−θ}/Z_1) with
    /// Z_a = ∫e^{−2a(L̃−L̃*)/s}, by Jensen's inequality for the concave (ln y)², y ≥ e. Z_1 is at least (πs/gLip)^{D/2}, and since
    /// L̃ − L̃* ≥ (λ/2)‖W‖² − min(K‖W‖, osc) is at least (1−η)(λ/2)‖W‖² outside a ball of radius R, Z_a is at most the volume
    /// of that ball plus (πs/(aλ(1−η)))^{D/2}. This one falls like s ln(1/s) without convexity.
    ///
    /// # Panics
    /// Unless D ≥ 1, s > 0 and λ ≥ 0.
    pub fn new(facts: &RiskFacts) -> Self {
        assert!(facts.dim > 0 && facts.s > 0.0 && facts.lambda >= 0.0, "D ≥ 1, s > 0 and λ ≥ 0");
        let excess = smallest([
            (Argument::Convexity, facts.convex_excess()),
            (Argument::Entropy, facts.entropy_excess()),
            (Argument::GradientBound, facts.above_minimum(facts.root_mean_square())),
            (Argument::Oscillation, facts.above_bounded(facts.root_mean_square())),
        ]);
        let direct = smallest([
            (Argument::GradientBound, facts.above_minimum(facts.fourth_root_of_fourth_moment())),
            (Argument::Oscillation, facts.above_bounded(facts.fourth_root_of_fourth_moment())),
            (Argument::ExponentialMoment, facts.exponential_moment()),
        ]);
        let centred = smallest([
            (Argument::Convexity, facts.convex_deviation()),
            (Argument::Poincare, facts.poincare_deviation()),
        ]);
        let split =
            centred.zip(excess).map(|(d, e)| Bound { value: d.value.hypot(e.value), argument: d.argument });
        let second_moment = lower(split, direct);
        Self { excess, second_moment, deviation: lower(centred, second_moment) }
    }
}

impl RiskFacts {
    /// A bound m of √E_μ‖W‖². With F = W: λ E‖W‖² + E⟨W, ∇G⟩ = D s/2, so λm² ≤ D s/2 + K m. Where G is bounded, relative to
    /// N = N(0, s/(2λ) I) the entropy of μ is at most 2 osc/s, and Talagrand's transport inequality gives
    /// m ≤ √(D s/(2λ)) + √(2 osc/λ).
    pub fn root_mean_square(&self) -> Option<f64> {
        let (dim, lambda) = (self.dim as f64, self.lambda);
        let by_gradient = self.radius(dim);
        let by_transport =
            self.oscillation.map(|osc| (0.5 * dim * self.s / lambda).sqrt() + (2.0 * osc / lambda).sqrt());
        by_gradient.into_iter().chain(by_transport).filter(|m| m.is_finite()).min_by(f64::total_cmp)
    }

    /// A bound q of (E_μ‖W‖⁴)^{1/4}. With F = ‖W‖²W: λq⁴ ≤ K q³ + (s/2)(D+2) q².
    fn fourth_root_of_fourth_moment(&self) -> Option<f64> {
        self.radius(self.dim as f64 + 2.0)
    }

    /// The positive root of λx² − K x − N s/2.
    fn radius(&self, n: f64) -> Option<f64> {
        let k = self.gradient_bound?;
        let root = (k + (k * k + 2.0 * self.lambda * n * self.s).sqrt()) / (2.0 * self.lambda);
        root.is_finite().then_some(root)
    }

    fn above_minimum(&self, radius: Option<f64>) -> Option<f64> {
        let farthest = self.gradient_bound? / self.lambda;
        Some(0.5 * self.lambda * (radius? + farthest).powi(2))
    }

    fn above_bounded(&self, radius: Option<f64>) -> Option<f64> {
        Some(self.oscillation? + 0.5 * self.lambda * radius?.powi(2))
    }

    /// The bound of C(s) by an exponential moment, the smallest over a few θ and η.
    fn exponential_moment(&self) -> Option<f64> {
        let (dim, s, lambda, l) = (self.dim as f64, self.s, self.lambda, self.gradient_lipschitz?);
        let radius = |eta: f64| {
            let by_gradient = self.gradient_bound.map(|k| 2.0 * k / (eta * lambda));
            let by_range = self.oscillation.map(|osc| (2.0 * osc / (eta * lambda)).sqrt());
            by_gradient.into_iter().chain(by_range).filter(|r| r.is_finite()).min_by(f64::total_cmp)
        };
        let log_unit_ball = 0.5 * dim * std::f64::consts::PI.ln() - ln_gamma(0.5 * dim + 1.0);
        let log_power = |variance: f64| 0.5 * dim * (std::f64::consts::PI * s / variance).ln();
        let bound = |theta: f64, eta: f64| {
            let inside = log_unit_ball + dim * radius(eta)?.ln();
            let outside = log_power((1.0 - theta) * lambda * (1.0 - eta));
            let ratio = ln_sum(inside, outside) - log_power(l);
            Some(0.5 * s / theta * ln_sum(ratio, 1.0))
        };
        let grid = (1..20).flat_map(|i| (1..10).map(move |j| (0.05 * f64::from(i), 0.1 * f64::from(j))));
        grid.filter_map(|(theta, eta)| bound(theta, eta)).filter(|b| b.is_finite()).min_by(f64::total_cmp)
    }

    fn convex_excess(&self) -> Option<f64> {
        let share = self.gradient_lipschitz.map_or(0.0, |l| (self.convexity().unwrap_or(0.0) / l).min(1.0));
        self.convexity().map(|_| 0.5 * self.dim as f64 * self.s * (1.0 - 0.5 * share))
    }

    fn entropy_excess(&self) -> Option<f64> {
        let (dim, m) = (self.dim as f64, self.root_mean_square()?);
        let inside = 2.0 * self.gradient_lipschitz? * m * m / (dim * self.s);
        Some(0.25 * dim * self.s * (1.0 + inside.ln()))
    }

    fn convex_deviation(&self) -> Option<f64> {
        self.convexity().map(|_| 0.5 * self.s * (self.dim as f64).sqrt())
    }

    fn poincare_deviation(&self) -> Option<f64> {
        let dim = self.dim as f64;
        let by_data = self.laplacian_bound.map(|g| g + self.lambda * dim);
        let by_lipschitz = self.gradient_lipschitz.map(|l| l * dim);
        let laplacian = by_data.into_iter().chain(by_lipschitz).min_by(f64::total_cmp)?;
        Some(0.5 * self.s * (laplacian.max(0.0) / self.gap_lower.filter(|gap| *gap > 0.0)?).sqrt())
    }
}

fn smallest(candidates: impl IntoIterator<Item = (Argument, Option<f64>)>) -> Option<Bound> {
    let known =
        candidates.into_iter().filter_map(|(argument, value)| Some(Bound { value: value?, argument }));
    known.filter(|bound| bound.value.is_finite()).min_by(|a, b| a.value.total_cmp(&b.value))
}

fn lower(a: Option<Bound>, b: Option<Bound>) -> Option<Bound> {
    a.into_iter().chain(b).min_by(|a, b| a.value.total_cmp(&b.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quadratic(dim: usize, theta: f64, s: f64) -> RiskFacts {
        RiskFacts {
            dim,
            s,
            lambda: theta,
            negative_curvature: Some(0.0),
            gradient_bound: Some(0.0),
            oscillation: Some(0.0),
            laplacian_bound: Some(0.0),
            gradient_lipschitz: Some(theta),
            growth: None,
            gap_lower: Some(theta),
        }
    }

    /// G = 0: E L̃ = D s/4 and Var L̃ = D s²/8; the excess is attained, the deviation within √2.
    #[test]
    fn a_pure_penalty_attains_the_bound_of_the_excess() {
        for (dim, theta, s) in [(1, 2.0, 0.3), (160, 0.03, 0.001)] {
            let facts = quadratic(dim, theta, s);
            let bounds = MomentBounds::new(&facts);
            let exact = 0.25 * dim as f64 * s;
            for excess in [facts.convex_excess(), facts.entropy_excess(), bounds.excess.map(|b| b.value)] {
                assert!((excess.unwrap() / exact - 1.0).abs() < 1e-12, "{excess:?} for {exact}");
            }
            let deviation = bounds.deviation.unwrap().value / (s * (dim as f64 / 8.0).sqrt());
            assert!((deviation - 2.0_f64.sqrt()).abs() < 1e-12, "{deviation}");
        }
    }

    /// Nothing known, nothing said; and a penalty of 0 divides nothing.
    #[test]
    fn missing_facts_cost_their_bounds_alone() {
        let full = quadratic(3, 1.0, 0.1);
        let none = RiskFacts {
            negative_curvature: None,
            gradient_bound: None,
            oscillation: None,
            laplacian_bound: None,
            gradient_lipschitz: None,
            gap_lower: None,
            ..full
        };
        let bounds = MomentBounds::new(&none);
        assert_eq!((bounds.excess, bounds.second_moment, bounds.deviation), (None, None, None));
        let flat = MomentBounds::new(&RiskFacts { lambda: 0.0, negative_curvature: Some(0.5), ..full });
        assert!(flat.excess.is_none(), "{flat:?}");
        let convex = MomentBounds::new(&RiskFacts { negative_curvature: Some(0.2), ..none });
        assert_eq!(convex.excess, Some(Bound { value: 0.5 * 3.0 * 0.1, argument: Argument::Convexity }));
        let want = 0.05 * 12.0_f64.sqrt();
        assert!((convex.second_moment.unwrap().value - want).abs() < 1e-14, "(s/2)√(D + D²)");
    }
}
