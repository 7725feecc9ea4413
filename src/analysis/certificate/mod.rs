//! Lower bounds of the spectral gap λ_s that need no simulation.

mod bound;
mod coupling;
#[cfg(test)]
mod tests;
mod villani;

pub use bound::Bound;
pub use coupling::coupling;
pub use villani::{Villani, villani};

use super::risk::RiskFacts;

/// Lower bounds of λ_s. All but the last hold; [`best`](Self::best) leaves that one out.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LowerBounds {
    /// λ − M where it is positive (Bakry, Émery, *Diffusions hypercontractives*, 1985): the potential is (λ−M)-convex.
    pub bakry_emery: Bound,
    /// The principal eigenvalue of [`coupling`]. Without K it is λ − M.
    pub coupling: Bound,
    /// λ e^{−2 osc/s} (Holley, Stroock, J. Statist. Phys. 46, 1987): the data term is a bounded perturbation of (λ/2)‖W‖²,
    /// whose gap is λ.
    pub holley_stroock: Bound,
    /// From V_s = ‖∇L̃‖²/s − ΔL̃, as derived in [`villani`].
    pub villani: Bound,
    /// The same ingredients in the formula that the source prints; it is not known to be a bound, see [`Villani::printed`].
    pub villani_printed: Bound,
}

impl LowerBounds {
    /// The bounds from `facts`: of λ, s, D and M all of them are made, of the others each as it needs. All are not available
    /// where λ or s is 0 or M is not known. Cost: a few milliseconds; up to a tenth of a second where the coupling's well is deep.
    ///
    /// # Panics
    /// Unless D ≥ 1, λ, s ≥ 0 and M ≥ 0.
    pub fn new(facts: &RiskFacts) -> Self {
        let RiskFacts { dim, lambda, s, gradient_bound, oscillation, .. } = *facts;
        assert!(dim > 0 && lambda >= 0.0 && s >= 0.0, "D ≥ 1, λ, s ≥ 0");
        let Some(negative_curvature) = facts.negative_curvature.filter(|_| lambda > 0.0 && s > 0.0) else {
            let none = Bound::NotAvailable;
            return Self {
                bakry_emery: none,
                coupling: none,
                holley_stroock: none,
                villani: none,
                villani_printed: none,
            };
        };
        assert!(negative_curvature >= 0.0, "M ≥ 0");
        let modulus = lambda - negative_curvature;
        let bakry_emery = if modulus > 0.0 { Bound::of(modulus) } else { Bound::NotAvailable };
        let villani = villani(facts);
        Self {
            bakry_emery,
            coupling: gradient_bound.map_or(bakry_emery, |k| coupling(lambda, negative_curvature, k, s)),
            holley_stroock: oscillation
                .map_or(Bound::NotAvailable, |osc| Bound::of(lambda * (-2.0 * osc / s).exp())),
            villani: villani.derived,
            villani_printed: villani.printed,
        }
    }

    /// The bounds that hold, with their names.
    pub fn named(&self) -> [(&'static str, Bound); 4] {
        [
            ("Bakry-Emery", self.bakry_emery),
            ("reflection coupling", self.coupling),
            ("Holley-Stroock", self.holley_stroock),
            ("Villani", self.villani),
        ]
    }

    /// Whether any of them applies, even if about 0.
    pub fn any_applies(&self) -> bool {
        self.named().iter().any(|(_, bound)| *bound != Bound::NotAvailable)
    }

    /// The largest of those that hold, with its name; of equals, the first. `None` where no bound has a value.
    pub fn best(&self) -> Option<(&'static str, f64)> {
        let values = self.named().into_iter().filter_map(|(name, bound)| Some((name, bound.value()?)));
        values.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }
}
