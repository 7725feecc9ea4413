//! Numbers of about 106 bits as unevaluated sums of two `f64`, and the few functions that a reference needs.
//!
//! After Dekker, *A floating-point technique for extending the available precision* (1971). Relative errors stay below
//! 1e-28 where results are normal numbers; the low part loses bits when the high one is below about 1e-290.

/// `high + low`, |low| ≤ half a unit in the last place of `high`.
#[derive(Debug, Clone, Copy)]
pub struct DoubleDouble {
    pub high: f64,
    pub low: f64,
}

pub const LN_2: DoubleDouble = DoubleDouble { high: std::f64::consts::LN_2, low: 2.3190468138462996e-17 };

/// `a + b` exactly.
fn two_sum(a: f64, b: f64) -> DoubleDouble {
    let high = a + b;
    let part = high - a;
    let low = (a - (high - part)) + (b - part);
    DoubleDouble { high, low }
}

/// `a + b` exactly, given |a| ≥ |b|.
fn quick_sum(a: f64, b: f64) -> DoubleDouble {
    let high = a + b;
    DoubleDouble { high, low: b - (high - a) }
}

impl DoubleDouble {
    pub const fn new(value: f64) -> Self {
        Self { high: value, low: 0.0 }
    }

    pub fn add(self, other: Self) -> Self {
        let (high, low) = (two_sum(self.high, other.high), two_sum(self.low, other.low));
        let sum = quick_sum(high.high, high.low + low.high);
        quick_sum(sum.high, sum.low + low.low)
    }

    pub fn negative(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }

    pub fn sub(self, other: Self) -> Self {
        self.add(other.negative())
    }

    pub fn mul(self, other: Self) -> Self {
        let high = self.high * other.high;
        let low = self.high.mul_add(other.high, -high);
        quick_sum(high, low + (self.high * other.low + self.low * other.high))
    }

    pub fn div(self, other: Self) -> Self {
        let first = Self::new(self.high / other.high);
        let rest = self.sub(other.mul(first));
        let second = Self::new(rest.high / other.high);
        let rest = rest.sub(other.mul(second));
        first.add(second).add(Self::new(rest.high / other.high))
    }

    /// Exact unless the result is subnormal.
    fn times_pow2(self, k: i32) -> Self {
        let power = 2f64.powi(k);
        Self { high: self.high * power, low: self.low * power }
    }

    /// e^x − 1 to relative accuracy, |x| ≤ 708: x = k ln 2 + 256 r, Taylor for e^r − 1, and (1+p)² − 1 = p(2+p) eight times.
    pub fn exp_m1(self) -> Self {
        if self.high.abs() < 1e-200 {
            // The next term is 1e-200 of this one; the squarings below would lose bits of a subnormal number.
            return self;
        }
        let k = (self.high / LN_2.high).round();
        let r = self.sub(LN_2.mul(Self::new(k))).times_pow2(-8);
        let (mut term, mut p) = (r, r);
        for n in 2..=13 {
            term = term.mul(r).div(Self::new(f64::from(n)));
            p = p.add(term);
        }
        for _ in 0..8 {
            p = p.mul(p.add(Self::new(2.0)));
        }
        let power = two_sum(2f64.powi(k as i32), -1.0);
        p.times_pow2(k as i32).add(power)
    }

    /// e^x, |x| ≤ 708; to relative accuracy also where e^x − 1 has lost it.
    pub fn exp(self) -> Self {
        let k = (self.high / LN_2.high).round();
        let r = self.sub(LN_2.mul(Self::new(k)));
        r.exp_m1().add(Self::new(1.0)).times_pow2(k as i32)
    }

    /// log(1+e) for 0 ≤ e ≤ 1, two steps of Newton from the `f64` value: each squares the relative error.
    pub fn ln_1p(self) -> Self {
        let mut y = Self::new(self.high.ln_1p());
        for _ in 0..2 {
            let p = y.exp_m1();
            y = y.sub(p.sub(self).div(p.add(Self::new(1.0))));
        }
        y
    }
}

/// Digits by mpmath 1.3 at 45 digits, each split into its nearest `f64` and the rest.
#[test]
fn the_reference_has_the_known_digits() {
    let one = DoubleDouble::new(1.0);
    let exp = |x: f64| DoubleDouble::new(x).exp();
    let sigmoid = one.div(one.add(exp(-1.0)));
    let e = DoubleDouble::new(1.0).exp_m1();
    let tanh = e.div(e.add(DoubleDouble::new(2.0)));
    let known = [
        (exp(1.0), std::f64::consts::E, 1.4456468917292502e-16),
        (exp(-0.3), 0.7408182206817179, -1.805530505953e-18),
        (exp(100.0), 2.6881171418161356e+43, -1.6101271449201627e+27),
        (exp(-600.5), 1.6075467697937942e-261, 3.537726127764541e-279),
        (exp(707.25), 1.42814507347697e+307, -3.5493453544817535e+290),
        (DoubleDouble::new(1e-5).exp_m1(), 1.0000050000166668e-05, -3.111926571619883e-22),
        (DoubleDouble::new(-2.5).exp_m1(), -0.9179150013761012, -4.64380980895493e-17),
        (one.ln_1p(), std::f64::consts::LN_2, 2.3190468138462996e-17),
        (DoubleDouble::new(0.3).ln_1p(), 0.26236426446749106, -1.6067257209028454e-17),
        (DoubleDouble::new(1e-6).ln_1p(), 9.999995000003334e-07, -6.645863433482218e-23),
        (DoubleDouble::new(1e-200).ln_1p(), 1e-200, 0.0),
        (sigmoid, 0.7310585786300049, -1.679727399649845e-17),
        (tanh, 0.46211715726000974, 2.1916603238260928e-17),
    ];
    for (got, high, low) in known {
        let error = (got.high - high) + (got.low - low);
        assert!((error / high).abs() < 1e-28, "{got:?} {high:e} {low:e}");
    }
}
