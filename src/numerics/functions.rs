//! exp, logistic, tanh and softplus on vectors, and what an activation or a loss needs of them.
//!
//! Arguments are clamped to ±708 (f32: ±87): beyond, values are off by less than 1e-300 (1e-37),
//! monotone, and NaN stays NaN.

use super::coefficients::Coefficients;
use super::simd::Vector;
use super::{Activation, Real};

#[inline(always)]
pub(super) fn polynomial<V: Vector>(coefficients: &'static [V::Scalar], x: V) -> V {
    let mut sum = V::splat(coefficients[coefficients.len() - 1]);
    for i in (0..coefficients.len() - 1).rev() {
        sum = sum.fma(x, V::splat(coefficients[i]));
    }
    sum
}

#[inline(always)]
pub(super) fn one<V: Vector>() -> V {
    V::splat(V::Scalar::ONE)
}

/// Into ±LIMIT; NaN stays.
#[inline(always)]
fn clamp<V: Vector>(x: V) -> V {
    let limit = V::Scalar::LIMIT;
    V::splat(V::Scalar::from_f64(-limit.to_f64())).max(V::splat(limit).min(x))
}

/// x = k ln 2 + r: (k, e^r − 1), the second to relative accuracy.
#[inline(always)]
fn reduced_exp<V: Vector>(x: V) -> (V, V) {
    let magic = V::splat(V::Scalar::ROUND);
    let k = x.fma(V::splat(V::Scalar::LOG2_E), magic).sub(magic);
    let minus = |value: V::Scalar| V::splat(V::Scalar::from_f64(-value.to_f64()));
    let r = k.fma(minus(V::Scalar::LN_2_HIGH), x);
    let r = k.fma(minus(V::Scalar::LN_2_LOW), r);
    (k, r.mul(r).fma(polynomial(V::Scalar::EXP, r), r))
}

/// e^x for |x| ≤ LIMIT without a table.
#[inline(always)]
pub(super) fn exp_by_polynomial<V: Vector>(x: V) -> V {
    let (k, p) = reduced_exp(x);
    p.add(one()).times_pow2(k)
}

/// log(1+e) for 0 ≤ e ≤ 1 as 2 artanh(e/(2+e)), given s = e/(2+e).
#[inline(always)]
fn log1p_of_ratio<V: Vector>(s: V) -> V {
    let x = s.mul(s);
    s.mul(x).fma(polynomial(V::Scalar::LOG1P, x), s.add(s))
}

/// 1/(1+e^{−x}) and its derivative e^{−x}/(1+e^{−x})², both to relative accuracy in both tails.
#[inline(always)]
pub(super) fn logistic<V: Vector>(x: V) -> (V, V) {
    let (r, e) = logistic_and_exp(x);
    (r, e.mul(r).mul(r))
}

/// [`logistic`] of two vectors at the price of one division where no lane comes near overflow.
#[inline(always)]
pub(super) fn logistic_of_two<V: Vector>(x: [V; 2]) -> [(V, V); 2] {
    let zero = V::splat(V::Scalar::default());
    let e = [clamp(zero.sub(x[0])).exp_in_range(), clamp(zero.sub(x[1])).exp_in_range()];
    let denominators = [e[0].add(one()), e[1].add(one())];
    let product = denominators[0].mul(denominators[1]);
    let inverse = one::<V>().div(product);
    let mut r = [denominators[1].mul(inverse), denominators[0].mul(inverse)];
    if !product.all_at_most(V::Scalar::LARGEST_SHARED) {
        // Lane by lane: those that hold keep what they have.
        let excess = product.sub(V::splat(V::Scalar::LARGEST_SHARED));
        r[0] = excess.where_negative(r[0], one::<V>().div(denominators[0]));
        r[1] = excess.where_negative(r[1], one::<V>().div(denominators[1]));
    }
    [(r[0], e[0].mul(r[0]).mul(r[0])), (r[1], e[1].mul(r[1]).mul(r[1]))]
}

/// 1/(1+e^{−x}) and e^{−x}.
#[inline(always)]
fn logistic_and_exp<V: Vector>(x: V) -> (V, V) {
    let e = clamp(V::splat(V::Scalar::default()).sub(x)).exp_in_range();
    (one::<V>().div(e.add(one())), e)
}

/// log(1+e^x).
#[inline(always)]
pub(super) fn softplus<V: Vector>(x: V) -> V {
    SoftPlusUnit::slope(x).0
}

/// An activation in the normal form of the kernels: functions of x = `argument`·z, scaled by constants afterwards.
///
/// The arguments of σ and tanh are exponents of 2: the factor log₂e goes into the weights, once a step, instead of into
/// every evaluation.
pub(super) trait Unit {
    /// Begins the evaluation of a vector: everything up to a division by its `denominator`.
    fn begin<V: Vector>(x: V) -> Begun<V>;
    /// Value and slope, from 1/denominator.
    fn finish<V: Vector>(begun: Begun<V>, inverse: V) -> (V, V);
    /// Value, slope, for any x.
    fn slope<V: Vector>(x: V) -> (V, V);
    /// Value, slope, curvature, for any x.
    fn curvature<V: Vector>(x: V) -> (V, V, V);
}

/// An evaluation up to its division. Two share one: 1/a = b · 1/(ab), as long as ab is at most `LARGEST_SHARED`; a
/// division of a vector keeps its unit busy for 16 cycles, as long as 32 multiplications.
#[derive(Clone, Copy)]
pub(super) struct Begun<V> {
    pub denominator: V,
    exp: V,
    other: V,
}

/// Into ±LIMIT_2; NaN stays.
#[inline(always)]
fn clamp_exponent<V: Vector>(x: V) -> V {
    let limit = V::Scalar::LIMIT_2;
    V::splat(V::Scalar::from_f64(-limit.to_f64())).max(V::splat(limit).min(x))
}

/// 2^x = 2^k (1+p): (2^k, p), p to relative accuracy. For |x| ≤ LIMIT_2, clamped.
#[inline(always)]
pub(super) fn exp2_split_by_polynomial<V: Vector>(x: V) -> (V, V) {
    let x = clamp_exponent(x);
    let magic = V::splat(V::Scalar::ROUND);
    let k = x.add(magic).sub(magic);
    let r = x.sub(k);
    (one::<V>().times_pow2(k), r.mul(polynomial(V::Scalar::EXP2, r)))
}

/// What turns normal forms into σ_β and its derivatives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scales {
    /// x = argument·z.
    pub argument: f64,
    pub value: f64,
    pub slope: f64,
    pub curvature: f64,
}

impl Scales {
    pub(super) fn new(activation: Activation, beta: f64) -> Self {
        match activation {
            Activation::Sigmoid => Self {
                argument: -beta * std::f64::consts::LOG2_E,
                value: 1.0,
                slope: beta,
                curvature: beta * beta,
            },
            Activation::Tanh => Self {
                argument: 2.0 * beta * std::f64::consts::LOG2_E,
                value: 1.0,
                slope: 4.0 * beta,
                curvature: -8.0 * beta * beta,
            },
            Activation::SoftPlus => Self { argument: beta, value: 1.0 / beta, slope: 1.0, curvature: beta },
        }
    }
}

/// x = −z log₂e: 1/(1+2^x), its slope 2^x/(1+2^x)², its curvature.
pub(super) struct SigmoidUnit;
/// x = 2z log₂e: tanh z = (2^x−1)/(2^x+1), a quarter of its slope, an eighth of minus its curvature.
pub(super) struct TanhUnit;
/// x = z.
pub(super) struct SoftPlusUnit;

impl Unit for SigmoidUnit {
    #[inline(always)]
    fn begin<V: Vector>(x: V) -> Begun<V> {
        let exp = x.exp2();
        Begun { denominator: exp.add(one()), exp, other: exp }
    }
    #[inline(always)]
    fn finish<V: Vector>(begun: Begun<V>, inverse: V) -> (V, V) {
        (inverse, begun.exp.mul(inverse).mul(inverse))
    }
    #[inline(always)]
    fn slope<V: Vector>(x: V) -> (V, V) {
        let begun = Self::begin(clamp_exponent(x));
        Self::finish(begun, one::<V>().div(begun.denominator))
    }
    #[inline(always)]
    fn curvature<V: Vector>(x: V) -> (V, V, V) {
        let begun = Self::begin(clamp_exponent(x));
        let (value, slope) = Self::finish(begun, one::<V>().div(begun.denominator));
        // 1 − 2r = (e − 1) r.
        (value, slope, slope.mul(begun.exp.sub(one()).mul(value)))
    }
}

impl Unit for TanhUnit {
    #[inline(always)]
    fn begin<V: Vector>(x: V) -> Begun<V> {
        let (power, p) = x.exp2_split();
        let exp = power.fma(p, power);
        Begun {
            denominator: exp.add(one()),
            exp,
            // exp − 1, to relative accuracy.
            other: power.fma(p, power.sub(one())),
        }
    }
    #[inline(always)]
    fn finish<V: Vector>(begun: Begun<V>, inverse: V) -> (V, V) {
        (begun.other.mul(inverse), begun.exp.mul(inverse).mul(inverse))
    }
    #[inline(always)]
    fn slope<V: Vector>(x: V) -> (V, V) {
        let begun = Self::begin(clamp_exponent(x));
        let (value, slope) = Self::finish(begun, one::<V>().div(begun.denominator));
        // Rounding may carry the quotient to 1 + 2^−52.
        (one::<V>().min(value), slope)
    }
    #[inline(always)]
    fn curvature<V: Vector>(x: V) -> (V, V, V) {
        let (value, slope) = Self::slope(x);
        (value, slope, value.mul(slope))
    }
}

impl Unit for SoftPlusUnit {
    #[inline(always)]
    fn begin<V: Vector>(x: V) -> Begun<V> {
        // The exponent −|x| keeps e ≤ 1. One division serves 1/(1+e) and e/(2+e).
        let exp = clamp(V::splat(V::Scalar::default()).sub(x.abs())).exp_in_range();
        let denominator = exp.add(one()).mul(exp.add(V::splat(V::Scalar::TWO)));
        Begun { denominator, exp, other: x }
    }
    #[inline(always)]
    fn finish<V: Vector>(begun: Begun<V>, inverse: V) -> (V, V) {
        let Begun { exp, other: x, .. } = begun;
        let (one_more, two_more) = (exp.add(one()), exp.add(V::splat(V::Scalar::TWO)));
        let larger = two_more.mul(inverse);
        let value = V::splat(V::Scalar::default()).max(x).add(log1p_of_ratio(exp.mul(one_more).mul(inverse)));
        (value, x.where_negative(exp.mul(larger), larger))
    }
    #[inline(always)]
    fn slope<V: Vector>(x: V) -> (V, V) {
        let begun = Self::begin(x);
        Self::finish(begun, one::<V>().div(begun.denominator))
    }
    #[inline(always)]
    fn curvature<V: Vector>(x: V) -> (V, V, V) {
        let (value, slope) = Self::slope(x);
        (value, slope, logistic(x).1)
    }
}
