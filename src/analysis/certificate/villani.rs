//! The bound of λ_s from the Villani function V_s = ‖∇L̃‖²/s − ΔL̃.

use super::Bound;
use crate::analysis::risk::RiskFacts;

/// Radii tried, spread evenly in the logarithm of their distance to the smallest.
const RADII: i32 = 240;
/// The nearest and the farthest, as powers of ten of that distance in units of the smallest radius.
const RANGE: (f64, f64) = (-6.0, 6.0);
/// Golden sections between the neighbours of the best.
const SECTIONS: usize = 60;

/// Two readings of one argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Villani {
    /// The bound of [`villani`].
    pub derived: Bound,
    /// `(1 + 3s·inf V_s·ε(R))/(2(C(R) + 3ε(R)))` as printed (Gopalani, Jha, Mukherjee, arXiv 2309.09258, appendix C, after Shi, Su,
    /// Jordan, arXiv 2004.06977), largest over R ≥ √2 m. ε·inf V_s is a pure number, so the factor s leaves its units
    /// inconsistent: it is shown beside the other, and is not known to be a bound.
    pub printed: Bound,
}

/// λ_s ≥ (1 − qεv) / (2(C(1 + εv) + (1 + q)ε)), for every R where qεv < 1; the largest over R. Here
///
/// - v = (sup ΔL_data)⁺ + λD ≥ −inf V_s, and ε = 1/((λR − K)²/s − v) ≥ 1/inf V_s over ‖W‖ ≥ R;
/// - C = e^{2 min(2KR, osc)/s}/(2λ): sC is a Poincaré constant of μ_s on the ball of radius R, since the ball is convex (Brascamp,
///   Lieb, J. Funct. Anal. 22, 1976) and the data term a bounded perturbation on it (Holley, Stroock 1987);
/// - q = m²/(R² − m²) ≥ μ_s(‖W‖ > R)/μ_s(‖W‖ ≤ R), with m = (K + √(K² + 2λDs))/(2λ) ≥ (E‖W‖²)^½.
///
/// With X and Y the parts of E h² in and outside the ball, E h = 0 and G = E‖∇h‖²: X ≤ sCG + qY and Y ≤ ε(sG + vX), from
/// E‖∇h‖² ≥ (1/s) E V_s h² (derivation: docs/theory.md §7). At q = 1 it is not below the form (1 − 2εv)/(2(C + 2ε)).
///
/// Not available without K or a bound of the Laplacian. Better than λe^{−2osc/s} only where 2KR < osc at the best R. For nets
/// of many weights it is far below 10⁻³⁰⁰ unless s is large: the exponent is at least 4KR/s with R > √(Ds/(2λ)).
pub fn villani(given: &RiskFacts) -> Villani {
    let Some(route) = Route::new(given) else {
        return Villani { derived: Bound::NotAvailable, printed: Bound::NotAvailable };
    };
    let ended = |ln: f64| Bound::of(ln.exp());
    Villani {
        derived: ended(largest(route.outset.max(route.spread), |r| route.ln_derived(r))),
        printed: ended(largest(route.outset.max(2f64.sqrt() * route.spread), |r| route.ln_printed(r))),
    }
}

struct Route {
    lambda: f64,
    s: f64,
    gradient_bound: f64,
    oscillation: f64,
    /// v.
    depth: f64,
    /// m.
    spread: f64,
    /// Beyond this radius the bound on V_s is positive.
    outset: f64,
}

impl Route {
    fn new(given: &RiskFacts) -> Option<Self> {
        let RiskFacts { dim, lambda, s, gradient_bound, oscillation, laplacian_bound, .. } = *given;
        let (k, weights) = (gradient_bound?, dim as f64);
        let depth = laplacian_bound?.max(0.0) + lambda * weights;
        Some(Self {
            lambda,
            s,
            gradient_bound: k,
            oscillation: oscillation.unwrap_or(f64::INFINITY),
            depth,
            spread: 0.5 * (k + (k * k + 2.0 * lambda * weights * s).sqrt()) / lambda,
            outset: (k + (s * depth).sqrt()) / lambda,
        })
    }

    /// 1/ε(R).
    fn floor_outside(&self, radius: f64) -> f64 {
        (self.lambda * radius - self.gradient_bound).powi(2) / self.s - self.depth
    }

    /// ln C(R).
    fn ln_inside(&self, radius: f64) -> f64 {
        let oscillation = self.oscillation.min(2.0 * self.gradient_bound * radius);
        2.0 * oscillation / self.s - (2.0 * self.lambda).ln()
    }

    /// The logarithm of the derived bound; −∞ where R does not serve.
    fn ln_derived(&self, radius: f64) -> f64 {
        let floor = self.floor_outside(radius);
        let share = (self.spread / radius).powi(2);
        let q = share / (1.0 - share);
        self.ln_quotient(floor, radius, -q * self.depth / floor, self.depth / floor, 1.0 + q)
    }

    /// The logarithm of the printed form.
    fn ln_printed(&self, radius: f64) -> f64 {
        let floor = self.floor_outside(radius);
        self.ln_quotient(floor, radius, -3.0 * self.s * self.depth / floor, 0.0, 3.0)
    }

    /// ln of (1 + above)/(2(C(1 + below) + factor·ε)).
    fn ln_quotient(&self, floor: f64, radius: f64, above: f64, below: f64, factor: f64) -> f64 {
        if floor <= 0.0 || above <= -1.0 || !above.is_finite() {
            return f64::NEG_INFINITY;
        }
        let (inside, outside) = (self.ln_inside(radius) + below.ln_1p(), factor.ln() - floor.ln());
        let (more, less) = (inside.max(outside), inside.min(outside));
        above.ln_1p() - std::f64::consts::LN_2 - more - (less - more).exp().ln_1p()
    }
}

/// The largest value found of `ln_bound` over radii above `least`. Any radius gives a bound, so the search need not be exact.
fn largest(least: f64, ln_bound: impl Fn(f64) -> f64) -> f64 {
    let (from, to) = RANGE;
    let at = |x: f64| ln_bound(least * (1.0 + 10f64.powf(x)));
    let step = (to - from) / f64::from(RADII);
    let grid = (0..=RADII).map(|i| from + f64::from(i) * step);
    let Some((best, found)) = grid.map(|x| (x, at(x))).max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return f64::NEG_INFINITY;
    };
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    let (mut low, mut high, mut top) = (best - step, best + step, found);
    for _ in 0..SECTIONS {
        let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
        let [at_left, at_right] = [left, right].map(at);
        top = top.max(at_left).max(at_right);
        if at_left > at_right {
            high = right;
        } else {
            low = left;
        }
    }
    top
}
