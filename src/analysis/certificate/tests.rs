//! Every bound against the gap on a grid, where all constants are known exactly.

use super::*;
use crate::analysis::spectrum::Grid;
use crate::problem::{Potential, Quadratic, Scratch};

/// (λ/2)‖W‖² + a Σ cos w_k: M = a, K = a√D, osc = 2aD, ΔL_data ≤ aD, all attained.
struct Cosines {
    lambda: f64,
    height: f64,
    dim: usize,
}

impl Potential for Cosines {
    fn dim(&self) -> usize {
        self.dim
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
        for (g, x) in gradient.iter_mut().zip(w) {
            *g = self.lambda * x - self.height * x.sin();
        }
        w.iter().map(|x| 0.5 * self.lambda * x * x + self.height * x.cos()).sum()
    }
}

impl Cosines {
    fn facts(&self, s: f64) -> RiskFacts {
        let (a, dim) = (self.height, self.dim as f64);
        RiskFacts {
            dim: self.dim,
            lambda: self.lambda,
            s,
            negative_curvature: Some(a),
            gradient_bound: Some(a * dim.sqrt()),
            oscillation: Some(2.0 * a * dim),
            laplacian_bound: Some(a * dim),
            ..RiskFacts::default()
        }
    }
}

#[test]
fn the_gap_lies_above_every_bound() {
    let mut largest_share = [0.0_f64; 4];
    for (lambda, height, dim, s) in [
        (0.5, 0.2, 1, 0.3),
        (0.5, 0.45, 1, 0.3),
        (0.5, 0.8, 1, 0.4),
        (0.3, 1.0, 1, 0.5),
        (1.0, 0.01, 1, 0.1),
        (1.0, 0.05, 2, 1.0),
        (0.5, 0.4, 2, 0.8),
        (0.5, 0.8, 2, 1.5),
        (2.0, 0.01, 30, 1.0),
    ] {
        let potential = Cosines { lambda, height, dim };
        // The weights are independent, so the gap is that of one of them.
        let gap = Grid::new(&Cosines { dim: 1, ..potential }, s, None).unwrap().slow_modes().unwrap().gap();
        let mut given = potential.facts(s);
        for oscillation in [given.oscillation, None] {
            given.oscillation = oscillation;
            let bounds = LowerBounds::new(&given);
            println!("λ = {lambda}, a = {height}, D = {dim}, s = {s}, gap {:.5}: {bounds:?}", gap.value);
            for ((name, bound), share) in bounds.named().into_iter().zip(&mut largest_share) {
                let Some(value) = bound.value() else { continue };
                assert!(value <= gap.value + gap.error, "{name}: {value} above the gap {gap:?}");
                *share = share.max(value / gap.value);
            }
            assert!(bounds.villani.value().is_some_and(|bound| bound > 0.0), "{bounds:?}");
        }
    }
    println!("largest bound/gap: {largest_share:.3?}");
    assert!(largest_share.iter().all(|share| *share > 0.5), "no power: {largest_share:?}");
}

/// Break it on purpose: constants that are half of the true ones give bounds above the gap, so the check above can fail.
#[test]
fn constants_too_small_are_caught() {
    let potential = Cosines { lambda: 0.5, height: 0.8, dim: 1 };
    let s = 0.1;
    let gap = Grid::new(&potential, s, None).unwrap().slow_modes().unwrap().gap();
    let wrong = Cosines { lambda: 0.5, height: 0.4, dim: 1 }.facts(s);
    let (_, best) = LowerBounds::new(&wrong).best().unwrap();
    assert!(best > gap.value + gap.error, "{best} {gap:?}");
}

#[test]
fn a_quadratic_is_bounded_by_its_curvature() {
    for (theta, s) in [(1.0, 0.1), (0.03, 0.001), (7.0, 2.0)] {
        let given = Cosines { lambda: theta, height: 0.0, dim: 1 }.facts(s);
        let bounds = LowerBounds::new(&given);
        let quadratic = Quadratic::new(vec![theta]);
        let gap = Grid::new(&quadratic, s, None).unwrap().slow_modes().unwrap().gap();
        for (name, bound) in bounds.named() {
            let value = bound.value().unwrap();
            assert!(value <= theta && value > theta * (1.0 - 1e-6), "{name}: {value} of {theta}");
            assert!(value <= gap.value + gap.error, "{name}: {value} {gap:?}");
        }
        assert_eq!(bounds.best(), Some(("Bakry-Emery", theta)));
    }
}

/// (1 − 2εv)/(2(C + 2ε)) at R ≥ √2 m, the cruder form, by a scan of its own.
fn cruder(given: &RiskFacts) -> f64 {
    let RiskFacts { dim, lambda, s, .. } = *given;
    let (k, osc, d) = (given.gradient_bound.unwrap(), given.oscillation.unwrap_or(f64::MAX), dim as f64);
    let v = given.laplacian_bound.unwrap() + lambda * d;
    let m = (k + (k * k + 2.0 * lambda * d * s).sqrt()) / (2.0 * lambda);
    let radii = (0..20_000).map(|i| 2f64.sqrt() * m * (1.0 + 1e-3 * f64::from(i)));
    let bounds = radii.filter(|r| lambda * r > k).map(|r| {
        let epsilon = 1.0 / ((lambda * r - k).powi(2) / s - v);
        let inside = (2.0 * osc.min(2.0 * k * r) / s).exp() / (2.0 * lambda);
        if epsilon > 0.0 { (1.0 - 2.0 * epsilon * v) / (2.0 * (inside + 2.0 * epsilon)) } else { 0.0 }
    });
    bounds.fold(0.0, f64::max)
}

#[test]
fn the_villani_bound_is_not_below_the_cruder_form() {
    let mut positive = 0;
    for (lambda, height, dim, s, osc) in [
        (1.0, 0.3, 1, 0.5, true),
        (1.0, 0.3, 2, 0.5, false),
        (0.2, 0.3, 5, 0.1, true),
        (2.0, 0.05, 40, 0.3, true),
        (2.0, 0.05, 40, 0.3, false),
        (0.5, 1.0, 3, 20.0, false),
    ] {
        let mut given = Cosines { lambda, height, dim }.facts(s);
        given.oscillation = given.oscillation.filter(|_| osc);
        let (bound, crude) = (villani(&given).derived.value().unwrap(), cruder(&given));
        println!("D = {dim}, s = {s}: {bound:e}, the cruder form {crude:e}");
        assert!(bound >= crude, "{bound} {crude}");
        assert!(bound < lambda);
        positive += usize::from(crude > 0.0);
    }
    assert!(positive >= 4, "no power");
}

#[test]
fn what_cannot_be_had_says_why() {
    let given = RiskFacts {
        dim: 160,
        lambda: 0.01,
        s: 0.001,
        negative_curvature: Some(1.0),
        gradient_bound: Some(1.0),
        oscillation: Some(1.0),
        laplacian_bound: Some(10.0),
        ..RiskFacts::default()
    };
    let none = LowerBounds::new(&given);
    assert_eq!(none.bakry_emery, Bound::NotAvailable);
    for bound in [none.coupling, none.holley_stroock, none.villani] {
        assert_eq!(bound, Bound::BelowResolution);
    }
    assert_eq!(none.best(), None);
    let unknown = RiskFacts { gradient_bound: None, oscillation: None, ..given };
    let none = LowerBounds::new(&unknown);
    assert_eq!([none.coupling, none.holley_stroock, none.villani], [Bound::NotAvailable; 3]);
    let convex = LowerBounds::new(&RiskFacts { lambda: 3.0, ..unknown });
    assert_eq!((convex.bakry_emery, convex.coupling), (Bound::Value(2.0), Bound::Value(2.0)));
    let text = toml::Value::try_from(std::collections::BTreeMap::from([("a", Bound::Value(0.5))])).unwrap();
    assert_eq!(text["a"].as_float(), Some(0.5));
}
