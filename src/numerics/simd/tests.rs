//! Accuracy of the vectorised functions on every back end.

use super::super::functions::{SigmoidUnit, SoftPlusUnit, TanhUnit, Unit, one};
use super::*;
use crate::numerics::Activation;
use std::marker::PhantomData;

/// Value, slope and curvature of a unit at `x`, lane by lane.
struct Evaluate<'a, T, U>(&'a [T], PhantomData<U>);

impl<T: Real, U: Unit> VectorTask<T> for Evaluate<'_, T, U> {
    type Output = Vec<[T; 3]>;

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> Self::Output {
        let mut out = Vec::with_capacity(self.0.len());
        for &x in self.0 {
            let (a, b, c) = U::curvature(V::splat(x));
            let mut lanes = [[T::default(); 16]; 3];
            a.write(&mut lanes[0]);
            b.write(&mut lanes[1]);
            c.write(&mut lanes[2]);
            out.push(lanes.map(|lanes| lanes[0]));
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

/// (Value, slope) of pairs of arguments, and whether they hold.
struct EvaluateTwo<'a, T, U>(&'a [[T; 2]], PhantomData<U>);

impl<T: Real, U: Unit> VectorTask<T> for EvaluateTwo<'_, T, U> {
    type Output = Vec<Option<[[T; 2]; 2]>>;

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> Self::Output {
        let mut out = Vec::with_capacity(self.0.len());
        let lane = |v: V| {
            let mut lanes = [T::default(); 16];
            v.write(&mut lanes);
            lanes[0]
        };
        for x in self.0 {
            let begun = [U::begin(V::splat(x[0])), U::begin(V::splat(x[1]))];
            let held = begun[0].denominator.mul(begun[1].denominator);
            let inverse = one::<V>().div(held);
            let (a, b) = U::finish(begun[0], begun[1].denominator.mul(inverse));
            let (c, d) = U::finish(begun[1], begun[0].denominator.mul(inverse));
            let results = [[lane(a), lane(b)], [lane(c), lane(d)]];
            out.push(held.all_at_most(T::LARGEST_SHARED).then_some(results));
        }
        out
    }
}

impl<T: Real, U: Unit> Driver<T> for EvaluateTwo<'_, T, U> {
    type Output = Vec<Option<[[T; 2]; 2]>>;
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) -> Self::Output {
        present.enter(self)
    }
}

fn evaluate_two<T: Real>(backend: Backend, activation: Activation, x: &[[T; 2]]) -> Vec<Option<[[T; 2]; 2]>> {
    match activation {
        Activation::Sigmoid => run(backend, EvaluateTwo(x, PhantomData::<SigmoidUnit>)),
        Activation::Tanh => run(backend, EvaluateTwo(x, PhantomData::<TanhUnit>)),
        Activation::SoftPlus => run(backend, EvaluateTwo(x, PhantomData::<SoftPlusUnit>)),
    }
}

/// The normal forms in scalars, from their arguments: exponents of 2 but for SoftPlus.
fn reference(activation: Activation, x: f64) -> [f64; 3] {
    let e = (-x.abs()).exp2();
    let larger = 1.0 / (1.0 + e);
    let slope = e * larger * larger;
    match activation {
        Activation::Sigmoid => {
            let value = if x > 0.0 { e * larger } else { larger };
            [value, slope, slope * (0.5 * std::f64::consts::LN_2 * x).tanh()]
        }
        Activation::Tanh => {
            let value = (0.5 * std::f64::consts::LN_2 * x).tanh();
            [value, slope, slope * value]
        }
        Activation::SoftPlus => activation.derivatives(1.0, x),
    }
}

/// What the argument of a normal form is for z in ±700, other than by a constant near 1.
fn argument_factor(activation: Activation) -> f64 {
    match activation {
        Activation::Sigmoid | Activation::Tanh => std::f64::consts::LOG2_E,
        Activation::SoftPlus => 1.0,
    }
}

const ACTIVATIONS: [Activation; 3] = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];

fn arguments(limit: f64) -> Vec<f64> {
    let mut x: Vec<f64> = (-60_000..=60_000).map(|i| limit * (f64::from(i) / 60_000.0).powi(3)).collect();
    x.extend((0..250).flat_map(|i| [(-f64::from(i)).exp2(), -(-f64::from(i)).exp2()]));
    x
}

/// Errors in units of `epsilon`; the curvature, which has a zero, against the slope. The scalar path is itself good to one
/// unit only.
fn errors(got: [f64; 3], want: [f64; 3], epsilon: f64, smallest: f64) -> [f64; 3] {
    let scale = [want[0].abs(), want[1].abs(), want[1].abs().max(want[2].abs())];
    std::array::from_fn(|i| (got[i] - want[i]).abs() / (epsilon * scale[i]).max(smallest))
}

fn available() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

/// Panics unless vectors of `T` agree with the scalars up to |z| = `limit`, alone and where two share a division.
fn check_accuracy<T: Real>(backend: Backend, activation: Activation, limit: f64, smallest: f64) {
    let epsilon = T::EPSILON.to_f64();
    let x: Vec<T> = arguments(limit * argument_factor(activation))
        .into_iter()
        .map(T::from_f64)
        .filter(|x| x.to_f64() == 0.0 || x.to_f64().abs() > smallest)
        .collect();
    let mut worst = [0.0f64; 5];
    let mut check = |x: T, got: [T; 3], orders: usize, place: usize| {
        let error = errors(got.map(T::to_f64), reference(activation, x.to_f64()), epsilon, smallest);
        for order in 0..orders {
            worst[place + order] = worst[place + order].max(error[order]);
        }
    };
    for (x, got) in x.iter().zip(evaluate(backend, activation, &x)) {
        check(*x, got, 3, 0);
    }
    let pairs: Vec<[T; 2]> = (0..x.len()).map(|i| [x[i], x[i * 7919 % x.len()]]).collect();
    let mut held = 0;
    for (x, got) in pairs.iter().zip(evaluate_two(backend, activation, &pairs)) {
        if let Some(got) = got {
            held += 1;
            for (x, got) in x.iter().zip(got) {
                check(*x, [got[0], got[1], T::default()], 2, 3);
            }
        }
    }
    assert!(3 * held > 2 * x.len(), "{backend} {activation:?}: {held}");
    // Values alone and with a shared division within 4 units, slopes and curvatures within 5.
    let bounds = [4.0, 5.0, 5.0, 4.0, 5.0];
    assert!(worst.iter().zip(bounds).all(|(e, b)| *e <= b), "{backend} {} {activation:?} {worst:?}", T::NAME);
}

#[test]
fn values_and_derivatives_are_accurate_to_a_few_units_in_the_last_place() {
    for (backend, activation) in available().flat_map(|b| ACTIVATIONS.map(|a| (b, a))) {
        check_accuracy::<f64>(backend, activation, 700.0, 1e-307);
        check_accuracy::<f32>(backend, activation, 80.0, 1e-37);
    }
}

#[test]
fn far_tails_are_monotone_and_infinities_and_nan_are_right() {
    let far =
        [690.0, 700.0, 707.9, 708.1, 720.0, 746.0, 1000.0, 1020.9, 1021.1, 1030.0, 1e4, 1e300, f64::INFINITY];
    let x: Vec<f64> = far.iter().rev().map(|x| -x).chain(far).collect();
    for (backend, activation) in available().flat_map(|b| ACTIVATIONS.map(|a| (b, a))) {
        let values = evaluate(backend, activation, &x);
        for (x, [value, slope, curvature]) in x.iter().zip(&values) {
            let [want, want_slope, want_curvature] = reference(activation, *x);
            let error = (value - want).abs();
            assert!(
                value == &want || error < 1e-300 + 4.0 * f64::EPSILON * want.abs(),
                "{activation:?} {x} {value}"
            );
            assert!(
                (slope - want_slope).abs() < 1e-300 + 4.0 * f64::EPSILON
                    && (curvature - want_curvature).abs() < 1e-298 + 5.0 * f64::EPSILON * want_slope
            );
        }
        assert!(
            values.windows(2).all(|pair| match activation {
                // Its argument has a minus.
                Activation::Sigmoid => pair[0][0] >= pair[1][0],
                _ => pair[0][0] <= pair[1][0],
            }),
            "{backend} {activation:?}"
        );
        assert!(evaluate(backend, activation, &[f64::NAN])[0].iter().all(|v| v.is_nan()));
        assert!(evaluate(backend, activation, &[f32::NAN])[0].iter().all(|v| v.is_nan()));
    }
}

/// e^x against the scalar exponential through the logistic of a far tail is not sharp enough; this is.
struct Exp<'a, T>(&'a [T]);

impl<T: Real> VectorTask<T> for Exp<'_, T> {
    type Output = Vec<T>;
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> Vec<T> {
        let mut lanes = [T::default(); 16];
        let store = |v: V, lanes: &mut [T; 16]| {
            v.write(lanes);
            lanes[0]
        };
        self.0.iter().map(|x| store(V::splat(*x).exp_in_range(), &mut lanes)).collect()
    }
}

impl<T: Real> Driver<T> for Exp<'_, T> {
    type Output = Vec<T>;
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) -> Vec<T> {
        present.enter(self)
    }
}

/// As [`Exp`], of 2^x.
struct Exp2<'a, T>(&'a [T]);

impl<T: Real> VectorTask<T> for Exp2<'_, T> {
    type Output = Vec<T>;
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> Vec<T> {
        let mut lanes = [T::default(); 16];
        let store = |v: V, lanes: &mut [T; 16]| {
            v.write(lanes);
            lanes[0]
        };
        self.0.iter().map(|x| store(V::splat(*x).exp2(), &mut lanes)).collect()
    }
}

impl<T: Real> Driver<T> for Exp2<'_, T> {
    type Output = Vec<T>;
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) -> Vec<T> {
        present.enter(self)
    }
}

#[test]
fn exponentials_are_accurate_to_two_units_in_the_last_place() {
    for backend in available() {
        let x = arguments(708.0);
        for (x, got) in x.iter().zip(run(backend, Exp(&x))) {
            assert!((got / x.exp() - 1.0).abs() <= 2.0 * f64::EPSILON, "{backend} {x}");
        }
        let x = arguments(1021.0);
        for (x, got) in x.iter().zip(run(backend, Exp2(&x))) {
            assert!((got / x.exp2() - 1.0).abs() <= 2.0 * f64::EPSILON, "{backend} {x}");
        }
    }
}

/// Folds and permutations move lanes as their descriptions say.
struct Moves;

impl<T: Real> VectorTask<T> for Moves {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let number = |i: usize| T::from_f64(i as f64);
        let both: Vec<T> = (0..2 * V::LANES).map(|i| number(i * i + 1)).collect();
        let mut out = [T::default(); 16];
        let mut piece = V::LANES / 2;
        while piece >= 1 {
            V::read(&both).fold(V::read(&both[V::LANES..]), piece).write(&mut out);
            for (lane, got) in out[..V::LANES].iter().enumerate() {
                let even = lane / piece * 2 * piece + lane % piece;
                assert_eq!(got.to_f64(), both[even].to_f64() + both[even + piece].to_f64());
            }
            let pattern: [u32; 16] = std::array::from_fn(|lane| (lane % V::LANES / piece) as u32);
            V::read(&both).permute(&pattern).write(&mut out);
            assert!((0..V::LANES).all(|lane| out[lane] == both[lane / piece]));
            piece /= 2;
        }
    }
}

impl<T: Real> Driver<T> for Moves {
    type Output = ();
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) {
        present.enter(self)
    }
}

#[test]
fn lanes_move_as_described() {
    for backend in available() {
        run::<f64, _>(backend, Moves);
        run::<f32, _>(backend, Moves);
    }
}
