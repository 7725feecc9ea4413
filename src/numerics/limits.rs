//! Single components of a step, for the program that measures the limits of a machine; no part of the interface.

use super::dispatch::{Task, run};
use super::functions::{SigmoidUnit, SoftPlusUnit, TanhUnit, Unit};
use super::lanes::Lanes;
use super::simd::{self, Driver, Present, Vector, VectorTask};
use super::words::Xoshiro8;
use super::{Activation, Backend, Real};
use crate::random::Key;

/// `out[i]` = σ_1(`x[i]`) (tanh: of `x[i]`/2), the value alone, by the functions of the kernels.
///
/// Panics unless the lengths agree and are a multiple of 64.
pub fn activate<T: Real>(backend: Backend, activation: Activation, x: &[T], out: &mut [T]) {
    assert!(x.len() == out.len() && x.len().is_multiple_of(64));
    match activation {
        Activation::Sigmoid => simd::run(backend, Values(x, out, SigmoidUnit)),
        Activation::Tanh => simd::run(backend, Values(x, out, TanhUnit)),
        Activation::SoftPlus => simd::run(backend, Values(x, out, SoftPlusUnit)),
    }
}

struct Values<'a, T, U>(&'a [T], &'a mut [T], U);

impl<T: Real, U: Unit> Driver<T> for Values<'_, T, U> {
    type Output = ();
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) {
        present.enter(self)
    }
}

impl<T: Real, U: Unit> VectorTask<T> for Values<'_, T, U> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Self(x, out, _) = self;
        for (x, out) in x.chunks_exact(V::LANES).zip(out.chunks_exact_mut(V::LANES)) {
            U::slope(V::read(x)).0.write(out);
        }
    }
}

/// The first words of eight streams of `key`, side by side.
pub fn words(backend: Backend, key: Key, out: &mut [[u64; 8]]) {
    run(backend, Words(key, out));
}

struct Words<'a>(Key, &'a mut [[u64; 8]]);

impl Task for Words<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut streams = Xoshiro8::<L>::start(self.0, 0, 0);
        self.1.iter_mut().for_each(|words| *words = streams.next());
    }
}
