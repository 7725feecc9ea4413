//! e^{θz} as a polynomial in x = 1/(1 − γz): one factor serves every θ ∈ [0, 1].

/// Order of the approximation, and its number of solves.
pub(super) const ORDER: usize = 8;

/// The reciprocal 4.26670… of a zero of the Laguerre polynomial L_8: with this γ the approximation at θ = 1 vanishes for
/// z → −∞ and is at most 1 in modulus for all z ≤ 0.
pub(super) fn gamma() -> f64 {
    let laguerre = |x: f64| {
        let (mut value, mut slope, mut term) = (0.0, 0.0, 1.0);
        for k in 0..=8 {
            value += term;
            slope += k as f64 * term / x;
            term *= -x * (8 - k) as f64 / ((k + 1) as f64 * (k + 1) as f64);
        }
        (value, slope)
    };
    let mut x: f64 = 4.2667;
    for _ in 0..5 {
        let (value, slope) = laguerre(x);
        x -= value / slope;
    }
    1.0 / x
}

/// c_0 … c_m with e^{θz} = Σ c_j x^j + O(z^{m+1}), m = `order` ≤ 8.
///
/// Restricted Padé approximation: the numerator over (1 − γz)^m is the Taylor polynomial of e^{θz}(1 − γz)^m (Nørsett,
/// *One-step methods of Hermite type for numerical integration of stiff systems*, BIT 14, 1974; Hairer, Wanner, *Solving
/// Ordinary Differential Equations II*, §IV.4 and §IV.6).
pub(super) fn coefficients(theta: f64, order: usize) -> [f64; ORDER + 1] {
    let gamma = gamma();
    let mut out = [0.0; ORDER + 1];
    for i in 0..=order {
        // The coefficient of (γz)^i in the numerator.
        let mut taylor = 1.0;
        let mut numerator = 0.0;
        for l in 0..=i {
            let sign = if (i - l) % 2 == 0 { 1.0 } else { -1.0 };
            numerator += taylor * sign * binomial(order, i - l);
            taylor *= theta / gamma / (l + 1) as f64;
        }
        // (γz)^i x^m = (x − 1)^i x^{m−i}.
        for k in 0..=i {
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            out[order - k] += numerator * sign * binomial(i, k);
        }
    }
    out
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(theta: f64, order: usize, z: f64) -> f64 {
        let x = 1.0 / (1.0 - gamma() * z);
        coefficients(theta, order).iter().rev().fold(0.0, |sum, c| sum * x + c)
    }

    /// The coefficient of z^k in x^j is γ^k C(j+k−1, k).
    #[test]
    fn the_first_terms_are_those_of_the_exponential() {
        for order in [7, 8] {
            for theta in [0.0, 0.1, 0.5, 1.0f64] {
                let mut want = 1.0;
                for k in 0..=order {
                    let of = |j: usize| {
                        if k == 0 { 1.0 } else { binomial(j + k - 1, k) * f64::from(u8::from(j > 0)) }
                    };
                    let terms = coefficients(theta, order);
                    let got: f64 =
                        terms.iter().enumerate().map(|(j, c)| c * of(j.max(usize::from(k == 0)))).sum();
                    let got = got * gamma().powi(k as i32);
                    assert!((got - want).abs() < 1e-9, "θ = {theta}, order {order}, term {k}: {got}, {want}");
                    want *= theta / (k + 1) as f64;
                }
                if order == 7 {
                    assert_eq!(coefficients(theta, order)[8], 0.0);
                }
            }
        }
    }

    #[test]
    fn a_full_step_damps_every_mode_and_forgets_the_fastest() {
        let largest =
            (0..4000).map(|i| value(1.0, ORDER, -(0.02 * i as f64).exp_m1()).abs()).fold(0.0, f64::max);
        assert!(largest <= 1.0 + 1e-10, "{largest}");
        assert!(value(1.0, ORDER, -1e12).abs() < 1e-9);
        let sizes: f64 = coefficients(1.0, ORDER).iter().map(|c| c.abs()).sum();
        assert!(sizes < 1e4, "rounding grows by {sizes}");
    }
}
