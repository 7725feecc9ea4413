//! Accuracy of the vectorised functions on every back end, against arithmetic of twice the precision.
//!
//! Functions are in their normal forms: logistic(x), tanh(x/2), softplus(x), slopes as in `functions`.
//! What is decided for the far ends: arguments are clamped, so logistic(−∞) and softplus(−∞) are e^−708 = 3.3e-308
//! (f32: e^−87 = 1.6e-38) and not 0; that is within the promised 1e-300 of 0 and saves an instruction on each argument.
//! softplus(+∞) = ∞, logistic(+∞) = 1 and tanh(±∞) = ±1 exactly; slopes there are at most 4 e^−708. NaN gives NaN.

mod double_double;

use super::Real;
use super::coefficients::Coefficients;
use super::functions::{SigmoidUnit, SoftPlusUnit, TanhUnit, Unit};
use super::simd::{Driver, Present, Vector, VectorTask, run};
use super::{Activation, Backend};
use crate::random::{Key, Purpose};
use double_double::DoubleDouble;
use rand::RngExt;
use std::marker::PhantomData;

/// Value, slope and curvature of a unit at arguments that fill whole vectors.
struct Evaluate<'a, T, U>(&'a [T], PhantomData<U>);

impl<T: Real, U: Unit> VectorTask<T> for Evaluate<'_, T, U> {
    type Output = Vec<[T; 3]>;

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> Self::Output {
        let mut out = Vec::with_capacity(self.0.len());
        for chunk in self.0.chunks(V::LANES) {
            let mut lanes = [[T::default(); 16]; 3];
            lanes[0][..chunk.len()].copy_from_slice(chunk);
            let (value, slope, curvature) = U::curvature(V::read(&lanes[0]));
            value.write(&mut lanes[0]);
            slope.write(&mut lanes[1]);
            curvature.write(&mut lanes[2]);
            out.extend((0..chunk.len()).map(|lane| lanes.map(|lanes| lanes[lane])));
        }
        out
    }
}

impl<T: Real, U: Unit> Driver<T> for Evaluate<'_, T, U> {
    type Output = Vec<[T; 3]>;
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) -> Self::Output {
        present.enter(self)
    }
}

fn evaluate<T: Real>(backend: Backend, activation: Activation, x: &[T]) -> Vec<[T; 3]> {
    match activation {
        Activation::Sigmoid => run(backend, Evaluate(x, PhantomData::<SigmoidUnit>)),
        Activation::Tanh => run(backend, Evaluate(x, PhantomData::<TanhUnit>)),
        Activation::SoftPlus => run(backend, Evaluate(x, PhantomData::<SoftPlusUnit>)),
    }
}

/// e^x on the vectors, which the units reach only with rounding of their own on top.
struct Exp<'a, T>(&'a [T]);

impl<T: Real> VectorTask<T> for Exp<'_, T> {
    type Output = Vec<T>;
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> Vec<T> {
        let mut out = Vec::with_capacity(self.0.len());
        for chunk in self.0.chunks(V::LANES) {
            let mut lanes = [T::default(); 16];
            lanes[..chunk.len()].copy_from_slice(chunk);
            V::read(&lanes).exp_in_range().write(&mut lanes);
            out.extend_from_slice(&lanes[..chunk.len()]);
        }
        out
    }
}

impl<T: Real> Driver<T> for Exp<'_, T> {
    type Output = Vec<T>;
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) -> Vec<T> {
        present.enter(self)
    }
}

const ACTIVATIONS: [Activation; 3] = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];

fn available() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

/// The kernels' argument x = −z log₂e (logistic), 2z log₂e (tanh), z (softplus), times ln 2 where it is an exponent of 2.
fn natural(activation: Activation, x: f64) -> DoubleDouble {
    match activation {
        Activation::Sigmoid => DoubleDouble::new(x).mul(double_double::LN_2).negative(),
        Activation::Tanh => DoubleDouble::new(x).mul(double_double::LN_2),
        Activation::SoftPlus => DoubleDouble::new(x),
    }
}

/// The kernels' largest argument for |z| ≤ `limit` (tanh: |2z|).
fn kernel_limit(activation: Activation, limit: f64) -> f64 {
    if activation == Activation::SoftPlus { limit } else { limit * std::f64::consts::LOG2_E }
}

/// What a unit should give: of tanh a quarter of the slope and an eighth of minus the curvature.
fn unit_reference(activation: Activation, x: f64) -> [DoubleDouble; 3] {
    let [value, slope, curvature] = reference(activation, natural(activation, x));
    match activation {
        Activation::Tanh => {
            let quarter = DoubleDouble::new(0.25);
            [value, slope.mul(quarter), curvature.mul(quarter)]
        }
        _ => [value, slope, curvature],
    }
}

/// Value, slope and curvature of logistic(x), tanh(x/2), softplus(x) with respect to z, |x| ≤ 708: from e = e^−|x|, so that
/// nothing overflows or cancels.
fn reference(activation: Activation, x: DoubleDouble) -> [DoubleDouble; 3] {
    let (one, two) = (DoubleDouble::new(1.0), DoubleDouble::new(2.0));
    let negative = x.high < 0.0;
    let signed = |v: DoubleDouble| if negative { v.negative() } else { v };
    let argument = if negative { x } else { x.negative() };
    let (e, minus) = (argument.exp(), argument.exp_m1());
    let larger = one.div(one.add(e));
    let logistic = if negative { e.mul(larger) } else { larger };
    let tail = e.mul(larger).mul(larger);
    let tanh_half = signed(minus.negative().div(minus.add(two)));
    match activation {
        Activation::Sigmoid => [logistic, tail, tail.mul(tanh_half).negative()],
        Activation::Tanh => {
            let slope = tail.add(tail).add(tail.add(tail));
            [tanh_half, slope, slope.mul(tanh_half)]
        }
        Activation::SoftPlus => {
            [e.ln_1p().add(if negative { DoubleDouble::new(0.0) } else { x }), logistic, tail]
        }
    }
}

/// |got − want| in units in the last place of `scale`: 2^(exponent − `digits`), subnormal spacing `least`.
fn ulps(got: f64, want: DoubleDouble, scale: f64, digits: i32, least: f64) -> f64 {
    let exponent = ((scale.abs().to_bits() >> 52) as i32 - 1023).max(-1022);
    let unit = (2f64.powi(exponent) * 2f64.powi(-digits)).max(least);
    ((got - want.high) - want.low).abs() / unit
}

const F64: (i32, f64) = (52, f64::from_bits(1));
/// 2^−149.
const F32: (i32, f64) = (23, 1.401298464324817e-45);

/// Arguments up to `limit`: dense near 0 (a cubic grid), every power of 2 down to the subnormals, both sides of the places
/// where the reduced argument jumps, and random ones.
fn arguments(limit: f64) -> Vec<f64> {
    let mut x: Vec<f64> = (-3000..=3000).map(|i| limit * (f64::from(i) / 3000.0).powi(3)).collect();
    x.extend((0..1074).flat_map(|i| [2f64.powi(-i), -2f64.powi(-i)]));
    x.extend([0.0, -0.0, limit, -limit]);
    for i in -2000..=2000 {
        let jump = f64::from(i) * 0.5 * std::f64::consts::LN_2 / 16.0;
        x.extend([jump, jump.next_up(), jump.next_down()]);
    }
    let mut random = Key::new(20_260_102, Purpose::Data).stream(0, 0);
    for scale in [limit, 40.0, 2.0, 0.5, 1e-3] {
        x.extend((0..4000).map(|_| scale * (2.0 * random.random::<f64>() - 1.0)));
    }
    x.retain(|x| x.abs() <= limit);
    x
}

/// The largest error of value, slope and curvature, with its argument. A curvature passes through 0 where its factors do
/// not, so it is measured by the slope, or for softplus (whose curvature has no zero) by itself.
fn largest_errors<T: Real>(
    backend: Backend,
    activation: Activation,
    x: &[T],
    want: &[[DoubleDouble; 3]],
    (digits, least): (i32, f64),
) -> [(f64, f64); 3] {
    let mut largest = [(0.0, 0.0); 3];
    for ((x, got), want) in x.iter().zip(evaluate(backend, activation, x)).zip(want) {
        let slope = if activation == Activation::SoftPlus { 2 } else { 1 };
        for (i, scale) in [(0, 0), (1, 1), (2, slope)] {
            let error = ulps(got[i].to_f64(), want[i], want[scale].high, digits, least);
            assert!(error.is_finite(), "{backend} {activation:?} {x}: {got:?}");
            if error > largest[i].0 {
                largest[i] = (error, x.to_f64());
            }
        }
    }
    largest
}

/// Values within 4 units in the last place (worst found: softplus 3.55 at −0.468, f32 3.67). Slopes and curvatures are
/// products of a few numbers that are each rounded, so their bounds are 5 (worst found 4.006, logistic at x = −18.1) and 6
/// (5.88 there).
#[test]
fn activations_and_slopes_are_accurate() {
    for activation in ACTIVATIONS {
        let (limit, limit_single) = (kernel_limit(activation, 700.0), kernel_limit(activation, 87.0) as f32);
        let x = arguments(limit);
        let single: Vec<f32> = arguments(f64::from(limit_single)).iter().map(|x| *x as f32).collect();
        let want: Vec<_> = x.iter().map(|x| unit_reference(activation, *x)).collect();
        let want_single: Vec<_> = single.iter().map(|x| unit_reference(activation, f64::from(*x))).collect();
        for backend in available() {
            let found = [
                largest_errors(backend, activation, &x, &want, F64),
                largest_errors(backend, activation, &single, &want_single, F32),
            ];
            println!("{backend} {activation:?}: (error, argument) in f64 {:?}, f32 {:?}", found[0], found[1]);
            for (found, bounds) in found.iter().zip([[4.0, 5.0, 6.0], [4.0, 5.0, 6.0]]) {
                for ((error, x), bound) in found.iter().zip(bounds) {
                    assert!(*error <= bound, "{backend} {activation:?}: {error} at {x:e}");
                }
            }
        }
    }
}

#[test]
fn exponentials_are_accurate_to_less_than_two_units_in_the_last_place() {
    let x = arguments(708.0);
    let single: Vec<f32> = arguments(87.0).iter().map(|x| *x as f32).filter(|x| x.abs() <= 87.0).collect();
    for backend in available() {
        for (x, got) in x.iter().zip(run(backend, Exp(&x))) {
            let want = DoubleDouble::new(*x).exp();
            let error = ulps(got, want, want.high, F64.0, F64.1);
            assert!(error < 2.0, "{backend} {x:e}: {error}");
        }
        for (x, got) in single.iter().zip(run(backend, Exp(&single))) {
            let want = DoubleDouble::new(f64::from(*x)).exp();
            let error = ulps(f64::from(got), want, want.high, F32.0, F32.1);
            assert!(error < 2.0, "{backend} {x:e}: {error}");
        }
    }
}

/// The scalar path is what kernels are compared with elsewhere, so it is held to the same bound; its exponential is the
/// platform's.
#[test]
fn the_scalar_path_is_accurate() {
    for activation in ACTIVATIONS {
        for x in arguments(700.0) {
            let half = if activation == Activation::Tanh { 0.5 } else { 1.0 };
            let got = activation.derivatives(1.0, half * x);
            let want = reference(activation, DoubleDouble::new(x));
            for i in 0..2 {
                // Halving a subnormal argument may round it.
                let error = ulps(got[i], want[i], want[i].high, F64.0, F64.1);
                assert!(error <= 4.0, "{activation:?} {x:e}: {error}");
            }
        }
    }
}

/// Ascending arguments around and beyond ±`limit`, where the functions clamp, |x| ≥ `from`.
fn far_arguments<T: Real>(from: f64, limit: f64) -> Vec<T> {
    let mut far: Vec<f64> = (0..=1000).map(|i| from + (1.1 * limit - from) * f64::from(i) / 1000.0).collect();
    far.extend([limit.next_down(), limit, limit.next_up(), 1e4, 1e30, f64::INFINITY]);
    far.retain(|x| *x >= from);
    far.sort_unstable_by(f64::total_cmp);
    let below = far.iter().rev().map(|x| -x);
    below.chain(far.iter().copied()).map(T::from_f64).collect()
}

/// Value and slope far out: within 4 units in the last place, or `least`, of the limits of ever larger arguments.
fn assert_far_ends<T: Real>(backend: Backend, activation: Activation, x: &[T], least: f64, epsilon: f64) {
    let values = evaluate(backend, activation, x);
    for (x, [value, slope, curvature]) in x.iter().zip(&values) {
        // The logistic's argument carries a minus.
        let x = if activation == Activation::Sigmoid { -x.to_f64() } else { x.to_f64() };
        let right = x > 0.0;
        let [want, want_slope] = match activation {
            Activation::Sigmoid => [f64::from(u8::from(right)), 0.0],
            Activation::Tanh => [x.signum(), 0.0],
            Activation::SoftPlus => [x.max(0.0), f64::from(u8::from(right))],
        };
        let near =
            |got: f64, want: f64| got == want || (got - want).abs() <= least + 4.0 * epsilon * want.abs();
        let (value, slope) = (value.to_f64(), slope.to_f64());
        assert!(near(value, want), "{backend} {activation:?} {x}: {value:e}");
        assert!(near(slope, want_slope), "{backend} {activation:?} {x}: {slope:e}");
        assert!(near(curvature.to_f64(), 0.0), "{backend} {activation:?} {x}");
        if x == f64::INFINITY {
            assert_eq!(value, want);
        }
        // No weight may ever be pushed the wrong way.
        assert!(slope >= 0.0 && (activation == Activation::Tanh || value >= 0.0));
    }
    let falling = activation == Activation::Sigmoid;
    let monotone = values.windows(2).all(|p| if falling { p[1][0] <= p[0][0] } else { p[0][0] <= p[1][0] });
    assert!(monotone, "{backend} {activation:?}");
    let nan = [T::from_f64(f64::NAN), T::from_f64(-f64::NAN)];
    let nothing = evaluate(backend, activation, &nan);
    assert!(nothing.iter().flatten().all(|v| v.to_f64().is_nan()));
}

#[test]
fn far_ends_are_monotone_and_infinities_and_nan_are_right() {
    for backend in available() {
        for activation in ACTIVATIONS {
            // tanh(x/2) is a quotient that rounds to 1 or one unit below from x = 37 to the clamp; from there it is constant.
            let clamped = activation == Activation::Tanh;
            let scale = kernel_limit(activation, 1.0);
            let from = if clamped { f64::LIMIT_2 } else { scale * 695.0 };
            let x = far_arguments::<f64>(from, scale * 708.0);
            assert_far_ends(backend, activation, &x, 1e-300, f64::EPSILON);
            let from = if clamped { f64::from(f32::LIMIT_2) } else { scale * 85.5 };
            let x = far_arguments::<f32>(from, scale * 87.0);
            assert_far_ends(backend, activation, &x, 1e-36, f64::from(f32::EPSILON));
        }
    }
}
