//! exp, logistic, tanh and softplus on vectors, and what an activation or a loss needs of them.
//!
//! Polynomials are minimax fits (Remez exchange in 50 digits) on the reduced interval; their errors are below a tenth of
//! a unit in the last place. Arguments are clamped to ±708 (f32: ±87): beyond, values are off by less than 1e-300 (1e-37),
//! monotone, and NaN stays NaN.

use super::simd::Vector;
use super::{Activation, Real};

/// Constants of a precision.
pub trait Coefficients: Sized + Copy + 'static {
    const EPSILON: Self;
    /// Largest |x| whose exponential, and its inverse, are normal numbers.
    const LIMIT: Self;
    const ONE: Self;
    const TWO: Self;
    /// Adding and subtracting this rounds to the nearest whole number.
    const ROUND: Self;
    /// ln 2 in two parts; the high one has few bits, so that whole multiples of it are exact.
    const LN_2_HIGH: Self;
    const LN_2_LOW: Self;
    const LOG2_E: Self;
    /// (e^r − 1 − r)/r² for |r| ≤ ½ ln 2.
    const EXP: &'static [Self];
    /// The same for |r| ≤ ½ ln 2 / (number of roots).
    const EXP_TABLE: &'static [Self];
    /// 2^(j/16) (f32: 2^(j/32)).
    const ROOTS_OF_2: &'static [Self];
    /// 2^(j/16) exactly, over `ROOTS_OF_2[j]`, minus 1 (f32: 32 of them).
    const LOST_OF_ROOTS: &'static [Self];
    /// (2^r − 1)/r for |r| ≤ ½, to relative accuracy.
    const EXP2: &'static [Self];
    /// The same for |r| ≤ ½ / (number of roots).
    const EXP2_NEAREST: &'static [Self];
    /// The same for 0 ≤ r ≤ 1 / (number of roots), where its error counts in proportion to r.
    const EXP2_BELOW: &'static [Self];
    /// 2^x and 2^−x are normal numbers for x up to this.
    const LIMIT_2: Self;
    /// The largest product of two denominators that share a division, with room for the sum of two such products.
    const LARGEST_SHARED: Self;
    /// (2 artanh(√x)/√x − 2)/x for 0 ≤ x ≤ 1/9.
    const LOG1P: &'static [Self];
}

impl Coefficients for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const LIMIT: f64 = 708.0;
    const ONE: f64 = 1.0;
    const TWO: f64 = 2.0;
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 0.6931471806019545;
    const LN_2_LOW: f64 = -4.2009150726810846e-11;
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const EXP: &'static [f64] = &[
        0.5,
        0.16666666666666674,
        0.0416666666666667,
        0.008333333333322698,
        0.0013888888888868782,
        0.00019841269883653508,
        2.480158735739409e-05,
        2.7557246525749314e-06,
        2.7557245071132103e-07,
        2.5108277691429565e-08,
        2.092381667305697e-09,
    ];
    const EXP_TABLE: &'static [f64] = &[
        0.5000000000000006,
        0.16666666664437768,
        0.041666666659729665,
        0.008333471458094868,
        0.0013889128213615228,
    ];
    const ROOTS_OF_2: &'static [f64] = &[
        1.0,
        1.0442737824274138,
        1.0905077326652577,
        1.1387886347566916,
        1.189207115002721,
        1.241857812073484,
        1.2968395546510096,
        1.3542555469368927,
        std::f64::consts::SQRT_2,
        1.4768261459394993,
        1.5422108254079407,
        1.6104903319492543,
        1.681792830507429,
        1.7562521603732995,
        1.8340080864093424,
        1.9152065613971474,
    ];
    const LOST_OF_ROOTS: &'static [f64] = &[
        0.0,
        8.189317638195515e-17,
        -2.7939114859515733e-17,
        7.826573258636076e-17,
        3.3484623336251524e-17,
        3.750854201303127e-17,
        1.9572585293112036e-17,
        5.68648095791174e-17,
        -6.835808657661922e-17,
        -2.3591094770850053e-17,
        5.1548301170786783e-17,
        1.5341410053603723e-17,
        4.875160526227062e-17,
        1.685487290628973e-17,
        1.790126907604513e-17,
        -5.545065618639427e-17,
    ];
    const EXP2: &'static [f64] = &[
        std::f64::consts::LN_2,
        0.24022650695910097,
        0.055504108664821236,
        0.009618129107607065,
        0.0013333558146531625,
        0.00015403530441481065,
        1.5252733701228147e-05,
        1.3215442723966273e-06,
        1.0178121291579376e-07,
        7.072561757844552e-09,
        4.445538637021409e-10,
    ];
    const EXP2_NEAREST: &'static [f64] = &[
        std::f64::consts::LN_2,
        0.24022650695910086,
        0.0555041086648215,
        0.009618129106525715,
        0.0013333558148125677,
        0.00015403756243035776,
        1.5252734009945073e-05,
    ];
    const EXP2_BELOW: &'static [f64] = &[
        0.6931471805599376,
        0.24022650696149073,
        0.05550410841751851,
        0.009618140868148266,
        0.0013330732748854232,
        0.00015736798470980664,
    ];
    const LIMIT_2: f64 = 1021.0;
    const LARGEST_SHARED: f64 = 1e300;
    const LOG1P: &'static [f64] = &[
        0.6666666666666631,
        0.4000000000015724,
        0.28571428547854183,
        0.2222222396972834,
        0.1818174392458099,
        0.15386559937435623,
        0.1330097333118014,
        0.12106088642531872,
        0.08340089925081992,
        0.17018598280484054,
    ];
}

impl Coefficients for f32 {
    const EPSILON: f32 = f32::EPSILON;
    const LIMIT: f32 = 87.0;
    const ONE: f32 = 1.0;
    const TWO: f32 = 2.0;
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -0.000_212_194_44;
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const EXP: &'static [f32] =
        &[0.5, 0.166_666_67, 0.041_666_377, 0.008_333_275, 0.001_393_956_6, 0.000_199_130_52];
    const EXP_TABLE: &'static [f32] = &[0.500_004_05, 0.166_667_64];
    const ROOTS_OF_2: &'static [f32] = &[
        1.0,
        1.0218972,
        1.0442737,
        1.0671405,
        1.0905077,
        1.1143868,
        1.1387886,
        1.1637249,
        1.1892071,
        1.2152474,
        1.2418578,
        1.269051,
        1.2968396,
        1.3252367,
        1.3542556,
        1.383_91,
        std::f32::consts::SQRT_2,
        1.4451808,
        1.4768262,
        1.5091645,
        1.5422108,
        1.5759809,
        1.6104903,
        1.6457555,
        1.6817929,
        1.7186193,
        1.7562522,
        1.7947091,
        1.8340081,
        1.8741677,
        1.9152066,
        1.9571441,
    ];
    const LOST_OF_ROOTS: &'static [f32] = &[
        0.0,
        -4.7084576e-8,
        4.628547e-8,
        -5.5604225e-8,
        -1.19921575e-8,
        -4.8776062e-8,
        4.7297824e-8,
        -3.4814427e-8,
        3.193418e-8,
        -2.6886665e-8,
        3.6210572e-8,
        1.118421e-9,
        -3.099072e-8,
        -2.638301e-8,
        -7.475213e-9,
        -4.2456357e-8,
        1.7114271e-8,
        2.3001967e-8,
        -3.0476834e-8,
        -1.6538538e-8,
        5.233334e-9,
        -3.5920646e-8,
        6.1075918e-9,
        -3.1140544e-8,
        -1.4719605e-8,
        -2.8218102e-8,
        -5.258795e-9,
        -6.3603873e-9,
        -6.1282597e-9,
        -2.4880409e-8,
        5.1406093e-9,
        -8.697267e-9,
    ];
    const EXP2: &'static [f32] =
        &[std::f32::consts::LN_2, 2.4022649e-1, 5.5503573e-2, 9.618238e-3, 1.3390735e-3, 1.540349e-4];
    const EXP2_NEAREST: &'static [f32] = &[std::f32::consts::LN_2, 2.4022827e-1, 5.550411e-2];
    const EXP2_BELOW: &'static [f32] = &[6.9314724e-1, 2.4021596e-1, 5.6084972e-2];
    const LIMIT_2: f32 = 126.0;
    const LARGEST_SHARED: f32 = 1e37;
    const LOG1P: &'static [f32] = &[0.666_664_1, 0.400_216_97, 0.279_991_48, 0.280_244_56];
}

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
