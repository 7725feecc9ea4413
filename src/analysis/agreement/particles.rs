//! How many particles the next s asks for.

use super::least_squares::Known;
use super::measured::{Measured, student_quantile};
use super::order::FLOOR;
use super::truncation::left_out;
use crate::estimates::LEVEL;

/// With this probability the difference at the next s comes out above the floor.
const POWER: f64 = 0.9;

/// Particles that resolve a difference, from a run at another s.
///
/// With half width z·σ/√n, z = 1.96, a difference D is above the floor of 2 half widths ([`FLOOR`]) nine times in ten where
/// |D| ≥ (2z + 1.28) σ/√n.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ParticlesNeeded {
    /// For the measured |D| times (s'/s)^q.
    pub expected: f64,
    /// For the smallest |D| of the pilot's interval; `None` where that holds 0, so that no number is enough for sure.
    pub at_most: Option<f64>,
}

impl ParticlesNeeded {
    /// `pilot`: D(s) with its error from `particles` particles. `next`: s'/s, in (0, 1) for a smaller s. `order`: q with
    /// |D| ∝ s^q (1 or 2 for weak order 1 or 2). `variance_order`: v with Var d_i ∝ s^v. 0 is the careful choice; 1 where only
    /// SGD's noise makes the particles differ; measured where two scales are at hand
    /// ([`variance_order`](Self::variance_order)).
    ///
    /// `None` where the pilot's difference is 0 or something is not finite.
    pub fn new(pilot: &Measured, particles: u64, next: f64, order: f64, variance_order: f64) -> Option<Self> {
        let spread = pilot.std_err * (particles as f64).sqrt() * next.powf(0.5 * variance_order);
        let quantile = |p: f64| student_quantile(f64::INFINITY, p);
        let multiple = FLOOR * quantile(0.5 + LEVEL / 2.0) + quantile(POWER);
        let for_size = |size: f64| {
            let needed = (multiple * spread / (size * next.powf(order))).powi(2).ceil();
            (size > 0.0 && needed.is_finite()).then_some(needed.max(2.0))
        };
        Some(Self {
            expected: for_size(pilot.value.abs())?,
            at_most: for_size(pilot.value.abs() - pilot.half(LEVEL)),
        })
    }

    /// v with Var d_i ∝ s^v between two runs (s, standard error of D, particles).
    pub fn variance_order(large: (f64, f64, u64), small: (f64, f64, u64)) -> f64 {
        let variance = |(_, std_err, n): (f64, f64, u64)| std_err * std_err * n as f64;
        (variance(large) / variance(small)).ln() / (large.0 / small.0).ln()
    }

    /// The rule in words, for a line before the run at `place`, such as `s = 0.05`.
    pub fn sentence(&self, place: &str) -> String {
        let worst = match self.at_most {
            Some(most) => format!("at most {} by the pilot's interval", count(most)),
            None => "without an upper end: the pilot's own interval holds 0".into(),
        };
        format!("{place}: about {} particles resolve the difference, {worst}", count(self.expected))
    }
}

/// A whole number of particles, with three digits where it is large.
fn count(particles: f64) -> String {
    if particles < 1e6 { format!("{particles}") } else { format!("{particles:.2e}") }
}

/// Half the width that the interval of the leading order q is to be expected to have, for differences at `s` with these relative
/// standard errors (to first order in them): 1.96 standard errors of q in ln D = ln c + q ln s + r s, the terms left out allowed for as in
/// [`order`](super::order()). Four s, each half of the one before, give 0.02 without any error and 0.14 with 2 % each. Too large where it exceeds about 0.2, for r is bounded. `None` below three points, or for
/// errors that are 0 or not finite.
///
/// # Panics
/// When the lengths differ.
pub fn order_half_width(s: &[f64], relative_errors: &[f64]) -> Option<f64> {
    assert_eq!(s.len(), relative_errors.len(), "one error an s");
    let logarithm = |(s, &std_err): (&f64, &f64)| Measured { value: s.ln(), std_err, freedom: f64::INFINITY };
    let points: Vec<Measured> = s.iter().zip(relative_errors).map(logarithm).collect();
    let known = Known::beside(&points, None, &left_out(s)).filter(|_| s.len() > 2)?;
    // What 1 and s do not explain of ln s is what q is seen by.
    let seen = known.two_terms(&known.seen(&vec![1.0; s.len()]), &known.seen(s)).rest;
    (seen > 0.0).then(|| student_quantile(f64::INFINITY, 0.5 + LEVEL / 2.0) / seen.sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::order::{OrderPoint, order};
    use super::*;
    use crate::random::{Key, Purpose};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    #[test]
    fn a_smaller_s_of_order_two_asks_for_sixteen_times_the_particles() {
        let pilot = Measured { value: -0.1, std_err: 0.01, freedom: 1e12 };
        let at = |next, v| ParticlesNeeded::new(&pilot, 1000, next, 2.0, v).unwrap();
        let (same, half) = (at(1.0, 0.0), at(0.5, 0.0));
        // σ² = 0.1, |D| = 0.1: (2·1.95996 + 1.28155)²·10.
        assert_eq!(same.expected, 271.0);
        assert!((half.expected / same.expected - 16.0).abs() < 0.1);
        assert!((at(0.5, 1.0).expected / same.expected - 8.0).abs() < 0.1);
        assert!(half.at_most.unwrap() > half.expected);
        let vague = ParticlesNeeded::new(&Measured { std_err: 0.06, ..pilot }, 1000, 0.5, 1.0, 0.0).unwrap();
        assert_eq!(vague.at_most, None);
        assert!(vague.sentence("s = 0.1").contains("holds 0"));
        assert_eq!(ParticlesNeeded::new(&Measured { value: 0.0, ..pilot }, 1000, 0.5, 1.0, 0.0), None);
    }

    #[test]
    fn the_power_of_a_variance_comes_back() {
        let v = ParticlesNeeded::variance_order((0.4, 0.1, 100), (0.1, 0.1, 25));
        assert!((v - 1.0).abs() < 1e-12);
    }
    /// 2000 runs: the share has a standard deviation of 0.0067 at 0.9; a right rule leaves 0.87 … 0.93 once in 10⁵.
    #[test]
    fn with_these_particles_the_difference_is_above_the_floor_nine_times_in_ten() {
        let gaussian = |value: f64, std_err: f64| Measured { value, std_err, freedom: f64::INFINITY };
        let needed =
            ParticlesNeeded::new(&gaussian(0.32, 0.1), 100, 0.5, 1.0, 0.0).map(|n| n.expected).unwrap();
        let above = (0..2000).filter(|&run| {
            let z: f64 = Key::new(run, Purpose::Direction).stream(0, 0).sample(StandardNormal);
            let std_err = 1.0 / needed.sqrt();
            let difference = gaussian(0.16 + std_err * z, std_err);
            OrderPoint { s: 0.2, difference, dt_bias: 0.0 }.is_above_floor()
        });
        let share = above.count() as f64 / 2000.0;
        assert!((0.87..=0.93).contains(&share), "{share}");
    }

    /// Residual of ln s on 1 and s, by hand for s = 1, 1/2, 1/4: along (1, −3, 2)/√14 it is (3 ln 2 − 4 ln 2)/√14.
    #[test]
    fn the_width_of_an_order_is_known_beforehand() {
        // Errors beside which the terms left out do not count.
        let by_hand = 1.959_964 * 1e3 * 14.0_f64.sqrt() / 2.0_f64.ln();
        let found = order_half_width(&[1.0, 0.5, 0.25], &[1e3; 3]).unwrap();
        assert!((found / by_hand - 1.0).abs() < 1e-5, "{found} {by_hand}");
        assert_eq!(order_half_width(&[1.0, 0.5], &[0.01; 2]), None);
        let s = [0.1, 0.05, 0.025, 0.0125];
        let point = |&s: &f64| OrderPoint {
            s,
            difference: Measured { value: s, std_err: 0.0001 * s, freedom: f64::INFINITY },
            dt_bias: 0.0,
        };
        let exponent = order(&s.map(|s| point(&s)), None).unwrap().exponent;
        let expected = order_half_width(&s, &[0.0001; 4]).unwrap();
        assert!((0.5 * (exponent.high - exponent.low) / expected - 1.0).abs() < 0.05);
        let wide = [0.0001, 0.02].map(|error| order_half_width(&s, &[error; 4]).unwrap());
        assert!((wide[0] - 0.0188).abs() < 1e-4 && (wide[1] - 0.1386).abs() < 1e-4, "{wide:?}");
    }
}
