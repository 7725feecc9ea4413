//! Lower bounds of the spectral gap λ_s that need no simulation.

/// What the bounds are made of, for L̃ = data term + (λ/2)‖W‖².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ingredients {
    /// λ > 0.
    pub lambda: f64,
    /// s > 0.
    pub s: f64,
    /// M ≥ 0: the data term's Hessian is nowhere below −M.
    pub negative_curvature: f64,
    /// K: a bound on the gradient of the data term; `None` where none is known.
    pub gradient_bound: Option<f64>,
    /// A bound on sup − inf of the data term; `None` where it is unbounded.
    pub oscillation: Option<f64>,
}

/// Lower bounds of λ_s, each a certificate; `None` where a bound is not positive, or below what the solver resolves.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LowerBounds {
    /// λ − M (Bakry, Émery, *Diffusions hypercontractives*, 1985): the potential is (λ−M)-convex.
    pub bakry_emery: Option<f64>,
    /// The principal eigenvalue of [`coupling`].
    pub coupling: Option<f64>,
    /// λ e^{−2 osc/s} (Holley, Stroock, J. Statist. Phys. 46, 1987): the data term is a bounded perturbation of (λ/2)‖W‖²,
    /// whose gap is λ.
    pub holley_stroock: Option<f64>,
}

impl LowerBounds {
    /// The bounds for `given`. Cost: a few milliseconds.
    ///
    /// # Panics
    /// Unless λ, s > 0 and M ≥ 0.
    pub fn new(given: &Ingredients) -> Self {
        let Ingredients { lambda, s, negative_curvature, gradient_bound, oscillation } = *given;
        assert!(lambda > 0.0 && s > 0.0 && negative_curvature >= 0.0, "λ, s > 0 and M ≥ 0");
        let positive = |bound: f64| (bound > 0.0).then_some(bound);
        Self {
            bakry_emery: positive(lambda - negative_curvature),
            coupling: gradient_bound.and_then(|k| coupling(lambda, negative_curvature, k, s)),
            holley_stroock: oscillation.and_then(|osc| positive(lambda * (-2.0 * osc / s).exp())),
        }
    }

    /// The largest, with its name.
    pub fn best(&self) -> Option<(&'static str, f64)> {
        let all = [
            ("Bakry-Emery", self.bakry_emery),
            ("reflection coupling", self.coupling),
            ("Holley-Stroock", self.holley_stroock),
        ];
        let found = all.into_iter().filter_map(|(name, bound)| Some((name, bound?)));
        found.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// Cells per standard deviation √(2s/λ) of the coarsest of three grids, each finer by two.
const CELLS: f64 = 24.0;
/// The end of the interval, in such deviations beyond the last place where the drift turns.
const DEVIATIONS: f64 = 10.0;
/// More cells than this are not tried.
const MOST_CELLS: f64 = 2e6;
/// Bisections of an eigenvalue: down to rounding.
const BISECTIONS: usize = 200;

/// The bound of reflection coupling: λ_s is at least the principal eigenvalue Λ of `2s f'' − φ(r) f'` on (0, ∞), f(0) = 0,
/// with φ(r) = λr − min(M r, 2K), since ⟨x−y, ∇L̃(x)−∇L̃(y)⟩ ≥ r φ(r) for r = ‖x−y‖ (Chen, Wang, Trans. Amer. Math. Soc. 349,
/// 1997, theorem 3.1). It is free of the dimension, and at least λ − M.
///
/// Reversible differences at three widths with Richardson's formula; what is returned is lowered by the estimated error,
/// so that it stays a certificate up to that estimate. `None`: at or below the resolution of the solver (an eigenvalue
/// loses 10⁻¹⁶ of the largest rate by rounding), or more than 2·10⁶ cells. Cost: 400 passes over the cells.
pub fn coupling(lambda: f64, negative_curvature: f64, gradient_bound: f64, s: f64) -> Option<f64> {
    let deviation = (2.0 * s / lambda).sqrt();
    let kink = if negative_curvature > 0.0 { 2.0 * gradient_bound / negative_curvature } else { 0.0 };
    let turn = 2.0 * gradient_bound / lambda;
    let end =
        kink.min(turn).max(if negative_curvature > lambda { turn } else { 0.0 }) + DEVIATIONS * deviation;
    let coarse = (end / deviation * CELLS).ceil();
    if coarse.is_nan() || 4.0 * coarse > MOST_CELLS {
        return None;
    }
    // ∫φ from 0 to r.
    let potential = |r: f64| {
        let data = if r <= kink {
            0.5 * negative_curvature * r * r
        } else {
            0.5 * negative_curvature * kink * kink + 2.0 * gradient_bound * (r - kink)
        };
        0.5 * lambda * r * r - data
    };
    let [a, b, c] = [1.0, 2.0, 4.0].map(|finer| principal(&potential, end, (coarse * finer) as usize, s));
    let (a, b, (c, resolution)) = (a.0, b.0, c);
    let (upper, value) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
    let bound = value - (value - upper).abs() - resolution;
    (bound > resolution).then_some(bound)
}

/// The smallest eigenvalue of the walk on i·h, i = 1 … n, killed at 0 and reflected at the end, with rates
/// (2s/h²) e^{−(Φ_j − Φ_i)/(4s)}; and what rounding may hide.
fn principal(potential: &impl Fn(f64) -> f64, end: f64, n: usize, s: f64) -> (f64, f64) {
    let h = end / n as f64;
    let base = 2.0 * s / (h * h);
    let phi: Vec<f64> = (0..=n).map(|i| potential(i as f64 * h)).collect();
    let rate = |i: usize, j: usize| base * (-(phi[j] - phi[i]) / (4.0 * s)).exp();
    let diagonal: Vec<f64> =
        (1..=n).map(|i| rate(i, i - 1) + if i < n { rate(i, i + 1) } else { 0.0 }).collect();
    // Symmetric: every product of the two rates between neighbours is base². Sylvester's law counts eigenvalues below x.
    let any_below = |x: f64| {
        let mut pivot = 1.0;
        diagonal.iter().enumerate().any(|(i, d)| {
            pivot = d - x - if i > 0 { base * base / pivot } else { 0.0 };
            pivot <= 0.0
        })
    };
    let (mut low, mut high) = (0.0, diagonal.iter().copied().fold(f64::MAX, f64::min));
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if any_below(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    (0.5 * (low + high), 64.0 * f64::EPSILON * base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::spectrum::Grid;
    use crate::problem::Quadratic;

    #[test]
    fn a_quadratic_is_bounded_by_its_curvature_exactly() {
        for (theta, s) in [(1.0, 0.1), (0.03, 0.001), (7.0, 2.0)] {
            let bound = coupling(theta, 0.0, 0.0, s).unwrap();
            assert!(bound <= theta && bound > theta * (1.0 - 1e-6), "{bound} of {theta}");
            let quadratic = Quadratic::new(vec![theta]);
            let gap = Grid::new(&quadratic, s, None).unwrap().slow_modes().unwrap().gap();
            assert!(bound <= gap.value + gap.error);
        }
    }

    #[test]
    fn coupling_is_never_below_convexity_and_beats_it_where_the_gradient_is_bounded() {
        for (lambda, m, k, s) in
            [(0.6, 0.02, 1.0, 0.05), (0.6, 0.3, 0.5, 0.2), (1.0, 0.9, 0.4, 0.5), (2.0, 1.99, 3.0, 0.3)]
        {
            let bounds = LowerBounds::new(&Ingredients {
                lambda,
                s,
                negative_curvature: m,
                gradient_bound: Some(k),
                oscillation: None,
            });
            let (convex, coupled) = (bounds.bakry_emery.unwrap(), bounds.coupling.unwrap());
            assert!(coupled >= convex - 1e-6 * lambda, "{coupled} {convex}");
        }
        // Not convex at all, yet certified: noise carries over the flat part.
        let coupled = coupling(0.5, 0.8, 0.1, 0.5).unwrap();
        assert!(coupled > 0.0 && coupled < 0.5, "{coupled}");
    }

    /// L̃ = (λ/2)x² + data term with M, K known exactly: a cosine. The gap on a grid must lie above every bound.
    #[test]
    fn the_gap_lies_above_every_bound() {
        struct Cosine(f64, f64);
        impl crate::problem::Potential for Cosine {
            fn dim(&self) -> usize {
                1
            }
            fn value_gradient(&self, w: &[f64], g: &mut [f64], _: &mut crate::problem::Scratch) -> f64 {
                let Self(lambda, a) = *self;
                g[0] = lambda * w[0] - a * w[0].sin();
                0.5 * lambda * w[0] * w[0] + a * w[0].cos()
            }
        }
        for (lambda, a, s) in [(0.5, 0.2, 0.3), (0.5, 0.45, 0.3), (0.5, 0.8, 0.4), (0.3, 1.0, 0.5)] {
            let gap = Grid::new(&Cosine(lambda, a), s, None).unwrap().slow_modes().unwrap().gap();
            let bounds = LowerBounds::new(&Ingredients {
                lambda,
                s,
                negative_curvature: a,
                gradient_bound: Some(a),
                oscillation: Some(2.0 * a),
            });
            let (name, best) = bounds.best().unwrap();
            assert!(best <= gap.value + gap.error, "{name}: {best} above the gap {gap:?}");
            assert!(bounds.holley_stroock.is_some_and(|b| b <= gap.value + gap.error));
        }
    }

    #[test]
    fn what_is_below_the_resolution_is_no_certificate() {
        assert_eq!(coupling(0.01, 1.0, 1.0, 0.001), None);
        let none = LowerBounds::new(&Ingredients {
            lambda: 0.01,
            s: 0.001,
            negative_curvature: 1.0,
            gradient_bound: Some(1.0),
            oscillation: None,
        });
        assert_eq!(none.best(), None);
    }
}
