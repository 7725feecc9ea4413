//! The eigenvalue against Hermite functions, which solve both pieces of the half-line; then its order among the bounds.

use super::*;
use crate::random::{Key, Purpose};
use rand::RngExt;
use statrs::function::gamma::gamma;

/// Kummer's M(a, b, z) by its series; for z < 0 by e^z M(b − a, b, −z).
fn kummer(a: f64, b: f64, z: f64) -> f64 {
    if z < 0.0 {
        return z.exp() * kummer(b - a, b, -z);
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 0..2000 {
        let n = f64::from(n);
        term *= (a + n) / (b + n) * z / (n + 1.0);
        sum += term;
        if term.abs() < 1e-18 * f64::abs(sum) {
            break;
        }
    }
    sum
}

/// The Hermite function of order ν, the solution of f'' − y f' + ν f = 0 that grows like y^ν.
fn hermite(nu: f64, y: f64) -> f64 {
    let z = 0.5 * y * y;
    let root = 2f64.powf(0.5 * nu) * std::f64::consts::PI.sqrt();
    let even = kummer(-0.5 * nu, 0.5, z) / gamma(0.5 * (1.0 - nu));
    // 1/Γ(−ν/2) = −(ν/2)/Γ(1 − ν/2), without the pole.
    let odd = y * 2f64.sqrt() * 0.5 * nu * kummer(0.5 * (1.0 - nu), 1.5, z) / gamma(1.0 - 0.5 * nu);
    root * (even + odd)
}

/// The odd solution of f'' − c x f' + θ f = 0 and its slope.
fn odd(c: f64, theta: f64, x: f64) -> [f64; 2] {
    if c == 0.0 {
        let w = theta.sqrt();
        return [(w * x).sin() / w, (w * x).cos()];
    }
    let (a, z) = (0.5 * (1.0 - theta / c), 0.5 * c * x * x);
    [x * kummer(a, 1.5, z), kummer(a, 1.5, z) + c * x * x * a / 1.5 * kummer(a + 1.0, 2.5, z)]
}

/// The smallest θ at which the pieces meet with one slope.
fn matched(mu: f64, kappa: f64) -> f64 {
    let kink = kappa / mu;
    let mismatch = |theta: f64| {
        let [value, slope] = odd(1.0 - mu, theta, kink);
        let y = kink - kappa;
        slope * hermite(theta, y) - value * theta * hermite(theta - 1.0, y)
    };
    let (mut low, mut high) = ((1.0 - mu).max(1e-14), 1e-14);
    while mismatch(high) > 0.0 {
        high = (1.1 * high).max(low);
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if mismatch(middle) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[test]
fn the_eigenvalue_is_that_of_hermite_functions() {
    for (mu, kappa) in
        [(1.0, 5.0), (1.0, 40.0), (0.8, 1.5), (1.3, 0.4), (2.0, 3.0), (2.0, 6.0), (5.0, 1.0), (1.02, 20.0)]
    {
        let line = HalfLine::new(mu, kappa).unwrap();
        let [coarse, fine] = [1.0, 2.0].map(|finer| line.principal(finer)[0]);
        let exact = matched(mu, kappa);
        println!(
            "mu {mu}, kappa {kappa}: {fine:.12e}, {:.1e}, {:.1e}",
            fine / exact - 1.0,
            coarse / fine - 1.0
        );
        assert!((fine / exact - 1.0).abs() < 1e-9, "{mu} {kappa}: {fine:e}, by matching {exact:e}");
        assert!((coarse / fine - 1.0).abs() < 1e-9, "{mu} {kappa}: {coarse:e} {fine:e}");
    }
}

/// Far below rounding of any rate, the eigenvalue keeps its digits: with μ → ∞ the drift is x − κ throughout, and the
/// mean time to reach 0 from κ is about its inverse, √(2π)/κ · e^{κ²/2}(1 + κ^{−2} + …).
#[test]
fn deep_wells_keep_their_digits() {
    for kappa in [10.0_f64, 20.0, 36.0] {
        let got = HalfLine::new(1e9, kappa).unwrap().principal(1.0)[0];
        let leading = kappa * (-0.5 * kappa * kappa).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let ratio = got / leading;
        println!("kappa {kappa}: {got:e}, over the leading order {ratio}");
        assert!((ratio - 1.0).abs() < 3.0 / (kappa * kappa), "{got:e} {leading:e}");
    }
    assert!(HalfLine::new(1e9, 38.0).is_none());
}

#[test]
fn a_quadratic_is_bounded_by_its_curvature() {
    for (theta, s) in [(1.0, 0.1), (0.03, 1e-9), (7.0, 2e4)] {
        for (m, k) in [(0.0, 0.0), (0.0, 3.0), (5.0, 0.0)] {
            let bound = coupling(theta, m, k, s).value().unwrap();
            assert!(bound <= theta && bound > theta * (1.0 - 1e-6), "{bound} of {theta}");
        }
    }
}

/// 1000 random (λ, M, K, s) over many orders of magnitude: between λ − M and λ, larger for larger s, smaller M and smaller K,
/// and below resolution only where the well is deep.
#[test]
fn coupling_lies_between_convexity_and_the_penalty_and_is_monotone() {
    let mut stream = Key::new(3, Purpose::Resample).stream(0, 0);
    let mut power = |from: f64, to: f64| 10f64.powf(from + (to - from) * stream.random::<f64>());
    let (mut values, mut gains, mut below) = (0, 0, 0);
    for _ in 0..1000 {
        let lambda = power(-3.0, 2.0);
        let (m, k, s) = (lambda * power(-3.0, 2.0), power(-3.0, 1.5), power(-9.0, 1.0));
        let depth = k * k * (1.0 / lambda - 1.0 / m) / s;
        match coupling(lambda, m, k, s) {
            Bound::Value(bound) => {
                values += 1;
                gains += usize::from(bound > (1.0 + 1e-6) * (lambda - m).max(0.0));
                assert!(bound >= lambda - m && bound <= lambda, "{bound} {lambda} {m} {k} {s}");
                let line = HalfLine::new(m / lambda, k * (2.0 / (lambda * s)).sqrt()).unwrap();
                let [[low, high], [finer_low, finer_high]] = [1.0, 2.0].map(|finer| line.principal(finer));
                for other in [high, finer_low, finer_high] {
                    assert!((other / low - 1.0).abs() < 1e-9, "{other} {low}: {lambda} {m} {k} {s}");
                }
                for (m, k, s) in [(0.8 * m, k, s), (m, 0.8 * k, s), (m, k, 1.25 * s)] {
                    let easier = coupling(lambda, m, k, s).value().unwrap();
                    assert!(easier >= bound * (1.0 - 1e-9), "{easier} < {bound}: {lambda} {m} {k} {s}");
                }
            }
            Bound::BelowResolution => {
                below += 1;
                assert!(m >= lambda && depth > 680.0, "{lambda} {m} {k} {s}: depth {depth}");
            }
            Bound::NotAvailable => panic!("all is known"),
        }
    }
    println!("{values} values, {gains} above λ − M, {below} below resolution");
    assert!(gains > 100 && below > 100, "{gains} {below}: no power");
}
