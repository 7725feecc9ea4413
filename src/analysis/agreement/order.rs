//! The leading order in s of a difference of expectations.

use super::least_squares::{Known, goodness, least_freedom};
use super::measured::{Measured, student_quantile};
use super::no_order::NoOrder;
use super::profile::{Profile, profile};
use super::slopes::{LocalSlope, local_slopes};
use super::truncation::left_out;
use crate::analysis::guarantee::Range;
use crate::estimates::LEVEL;

/// A point is above the Monte-Carlo floor where its difference is more than this many half widths of its interval.
pub const FLOOR: f64 = 2.0;
/// The largest |r s| of the correction at the largest s.
pub const LARGEST_CORRECTION: f64 = 0.5;
/// The integrator's bias must be under this part of the difference.
const BIAS: f64 = 1.0 / 3.0;
/// Fits that leave more than a right model does this often are refused.
const POOR: f64 = 1e-3;
/// Fewest points of an order.
pub(super) const FEWEST: usize = 3;

/// A linear functional of the difference (d at one time, ∫ d dt) at one s.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct OrderPoint {
    /// s > 0.
    pub s: f64,
    /// D(s).
    pub difference: Measured,
    /// A bound on what is left of the integrator's bias in D: the larger end, in size, of the bias's interval; where the measured
    /// bias was subtracted from D (its error then belongs into D's), a bound on what that leaves. 0 where there is none.
    pub dt_bias: f64,
}

impl OrderPoint {
    /// The Monte-Carlo floor at this s: [`FLOOR`] half widths of D's 95 % interval.
    pub fn floor(&self) -> f64 {
        FLOOR * self.difference.half(LEVEL)
    }

    /// Whether |D| is above the floor.
    pub fn is_above_floor(&self) -> bool {
        self.difference.value.abs() > self.floor()
    }
}

/// c₁ s + c₂ s² by weighted least squares.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Polynomial {
    /// c₁.
    pub first: Measured,
    /// c₂.
    pub second: Measured,
    /// How often right terms leave as much as was left.
    pub p_value: Option<f64>,
}

/// What runs at several s say of the order.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Order {
    /// q of D(s) = c s^q (1 + r s) with |r s| ≤ [`LARGEST_CORRECTION`] at the largest s, and its 95 % interval.
    pub exponent: Range,
    /// r s at the largest s, for the best q.
    pub correction: f64,
    /// How often the model leaves as much as was left; `None` for three points.
    pub p_value: Option<f64>,
    /// The fit of c₁ s + c₂ s².
    pub polynomial: Polynomial,
    /// Slopes between neighbours of the points above the floor, from the largest s on.
    pub slopes: Vec<LocalSlope>,
    /// The s that went in, falling.
    pub used: Vec<f64>,
    /// The s in the Monte-Carlo floor, left out.
    pub in_floor: Vec<f64>,
}

impl Order {
    /// The only whole number in the interval; `None` where it holds none or several.
    pub fn whole(&self) -> Option<u32> {
        let (first, last) = (self.exponent.low.ceil(), self.exponent.high.floor());
        (first == last && first >= 0.0).then_some(first as u32)
    }

    fn smallest(&self) -> f64 {
        self.used.last().copied().unwrap_or(f64::NAN)
    }
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Range { value, low, high } = self.exponent;
        write!(
            f,
            "leading order s^{value:.2} [{low:.2}, {high:.2}] for s from {} to {}",
            self.smallest(),
            self.used[0]
        )?;
        if low.ceil() > high.floor() {
            let (first, last) = self.polynomial.first.interval();
            write!(
                f,
                ": no whole power leads in this window; in c1 s + c2 s^2, c1 lies in [{first:.2e}, {last:.2e}]"
            )?;
        }
        Ok(())
    }
}

/// The leading order in s, from linear functionals D of the difference (not from sup_t |d|, which noise lifts).
///
/// *Model*: D(s) = c s^q (1 + r s) with errors of known covariance and |r s| ≤ [`LARGEST_CORRECTION`]: s^q leads in the window.
/// Without that condition s(0 + r s) would be a model of order 1 with the values of one of order 2. A best r at its bound is
/// refused, for the points are then not shown to be in the window. Where c₁ of c₁ s + c₂ s² nearly cancels, q may still come out
/// between 1 and 2: it is the power of this window, and `polynomial` shows whether c₁ is 0. Use small s·θ_max, and a start with
/// a large gradient. The terms after r s are taken for random, of half the size of the one before at most (two standard deviations): they
/// widen the interval where the errors are small enough to see them, and not elsewhere.
///
/// *Interval*: all q whose best fit (over c, r) leaves at most t² more than the best of all, with t the 0.975 quantile of
/// Student's law with the smallest degrees of freedom at hand (likelihood ratio with known variances). It is widened to the
/// outermost ends for D shifted within ±`dt_bias`, each point in the direction that moves q most. Where the errors leave r open
/// the interval holds what every allowed r gives, and is wider than needed; [`order_half_width`](super::order_half_width) tells its width
/// beforehand. For a true |r s| at the bound, about half of the studies are refused and 92 of 100 intervals of the others cover.
///
/// `points` in any order of s. `correlations`: of their errors, m × m in the order of `points`; `None`: independent, that is, no
/// random number is shared between two s. Points in the floor are left out, which favours large |D| a little among points near
/// it.
///
/// # Errors
/// [`NoOrder`], whose sentence names the remedy.
///
/// # Panics
/// When `correlations` is not m × m.
pub fn order(points: &[OrderPoint], correlations: Option<&[f64]>) -> Result<Order, NoOrder> {
    let m = points.len();
    assert!(correlations.is_none_or(|c| c.len() == m * m), "one correlation for each two points");
    let mut falling: Vec<usize> = (0..m).collect();
    falling.sort_by(|&i, &j| points[j].s.total_cmp(&points[i].s));
    let (above, below): (Vec<usize>, Vec<usize>) = falling.iter().partition(|&&i| points[i].is_above_floor());
    let used: Vec<OrderPoint> = above.iter().map(|&i| points[i]).collect();
    if used.len() < FEWEST {
        return Err(NoOrder::TooFewAboveFloor { above: used.len(), of: m });
    }
    bias_is_small(&used)?;
    let correlations: Option<Vec<f64>> =
        correlations.map(|c| above.iter().flat_map(|&i| above.iter().map(move |&j| c[i * m + j])).collect());
    let correlations = correlations.as_deref();
    if used.windows(2).any(|pair| pair[0].s == pair[1].s)
        || !used.iter().all(|p| p.s > 0.0 && p.s.is_finite())
    {
        return Err(NoOrder::Degenerate);
    }
    if let Some(pair) = used.windows(2).find(|p| p[0].difference.value * p[1].difference.value < 0.0) {
        return Err(NoOrder::ChangesSign { s: (pair[0].s, pair[1].s) });
    }
    let differences: Vec<Measured> = used.iter().map(|p| p.difference).collect();
    let known = |correction: f64| {
        let left_out = terms_left_out(&used, correction);
        Known::beside(&differences, correlations, &left_out).ok_or(NoOrder::Degenerate)
    };
    let freedom = least_freedom(&differences);
    let rise = student_quantile(freedom, 0.5 + LEVEL / 2.0).powi(2);
    let x: Vec<f64> = used.iter().map(|p| p.s / used[0].s).collect();
    // The terms left out are in proportion to the leading one alone: D without its correction, which a first fit tells.
    let first = profile(&known(0.0)?, &x, LARGEST_CORRECTION, rise);
    let known = known(first.best.correction)?;
    let found = profile(&known, &x, LARGEST_CORRECTION, rise);
    let p_value = goodness(found.best.rest, used.len() - FEWEST);
    if let Some(p_value) = p_value.filter(|&p| p < POOR) {
        return Err(NoOrder::PoorFit { p_value });
    }
    if found.best.correction.abs() >= LARGEST_CORRECTION {
        return Err(NoOrder::OutsideWindow { s: used[0].s });
    }
    Ok(Order {
        exponent: exponent(&known, &used, &x, &found, rise)?,
        correction: found.best.correction,
        p_value,
        polynomial: polynomial(&known, &used, freedom),
        slopes: local_slopes(&used, correlations),
        used: used.iter().map(|p| p.s).collect(),
        in_floor: below.iter().map(|&i| points[i].s).collect(),
    })
}

/// The covariance of what the terms beyond 1 + r s may add, with r s = `correction` at the largest s, which comes first.
fn terms_left_out(used: &[OrderPoint], correction: f64) -> Vec<f64> {
    let (m, s) = (used.len(), used.iter().map(|p| p.s).collect::<Vec<f64>>());
    let leading = |p: &OrderPoint| p.difference.value / (1.0 + correction * p.s / s[0]);
    let size = |k: usize| leading(&used[k / m]) * leading(&used[k % m]);
    left_out(&s).iter().enumerate().map(|(k, relative)| relative * size(k)).collect()
}

/// The step falls with s, and so does its bias: each point is held against its own difference.
fn bias_is_small(used: &[OrderPoint]) -> Result<(), NoOrder> {
    let small = |p: &OrderPoint| p.dt_bias.abs() < BIAS * p.difference.value.abs();
    match used.iter().find(|p| !small(p)) {
        Some(p) => Err(NoOrder::StepBias { s: p.s, bias: p.dt_bias, difference: p.difference.value }),
        None => Ok(()),
    }
}

/// The interval of q, widened by what may be left of the integrator's bias.
fn exponent(
    known: &Known,
    used: &[OrderPoint],
    x: &[f64],
    found: &Profile,
    rise: f64,
) -> Result<Range, NoOrder> {
    let values: Vec<f64> = used.iter().map(|p| p.difference.value).collect();
    let fit = |values: &[f64]| profile(&known.with_values(values), x, LARGEST_CORRECTION, rise);
    let ends = |found: &Profile| found.low.zip(found.high).ok_or(NoOrder::NotBounded);
    let (mut low, mut high) = ends(found)?;
    if used.iter().any(|p| p.dt_bias != 0.0) {
        // The direction in which a shift of each point alone moves q.
        let moves = |k: usize| {
            let mut shifted = values.clone();
            shifted[k] += used[k].dt_bias.abs();
            (fit(&shifted).best.power - found.best.power).signum()
        };
        let directions: Vec<f64> = (0..used.len()).map(moves).collect();
        for side in [-1.0, 1.0] {
            let shifts = used.iter().zip(&directions).map(|(p, d)| side * d * p.dt_bias.abs());
            let shifted: Vec<f64> = values.iter().zip(shifts).map(|(v, d)| v + d).collect();
            let (l, h) = ends(&fit(&shifted))?;
            (low, high) = (low.min(l), high.max(h));
        }
    }
    Ok(Range { value: found.best.power, low, high })
}

fn polynomial(known: &Known, used: &[OrderPoint], freedom: f64) -> Polynomial {
    let power = |q: i32| known.seen(&used.iter().map(|p| p.s.powi(q)).collect::<Vec<_>>());
    let fit = known.two_terms(&power(1), &power(2));
    let measured = |value: f64, variance: f64| Measured { value, std_err: variance.sqrt(), freedom };
    Polynomial {
        first: measured(fit.first, fit.variances.0),
        second: measured(fit.second, fit.variances.1),
        p_value: goodness(fit.rest, used.len() - 2),
    }
}
