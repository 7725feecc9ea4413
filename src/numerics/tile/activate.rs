//! Pass 2: activations.

#![allow(clippy::needless_range_loop, reason = "four rows side by side, addressed as in the formula")]

use super::super::Real;
use super::super::functions::{Begun, Unit, one};
use super::super::simd::{Vector, VectorTask};
use super::residual::{fits_four, fold_four};
use std::marker::PhantomData;

/// From products to lane-wise sums of a σ, and with `SLOPES` to the units' slopes in place (without a and the scale, which
/// the gradient takes once at its end).
///
/// Four rows at a time, so that there is always something to do while an exponential or a division is on its way.
pub struct Activate<T, U, const SLOPES: bool> {
    /// A multiple of 4.
    pub rows: usize,
    pub stride: usize,
    /// Particles side by side.
    pub q: usize,
    pub value_outer: *const T,
    /// rows × stride.
    pub products: *mut T,
    /// rows × lanes; for [`super::residual::Fold`], which is `begun` where four rows fit.
    pub sums: *mut T,
    pub unit: PhantomData<U>,
}

impl<T: Real, U: Unit, const SLOPES: bool> VectorTask<T> for Activate<T, U, SLOPES> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for row in (0..self.rows).step_by(4) {
            let mut sums = [V::splat(T::default()); 4];
            // SAFETY: rows `row..row + 4` and whole vectors of every buffer exist.
            unsafe {
                for at in (0..self.stride).step_by(V::LANES) {
                    let four = self.begin::<V>(row, at);
                    self.finish::<V>(four, row, at, &mut sums);
                }
                if fits_four::<V>(self.q) {
                    fold_four(sums).store(self.sums.add(row / 4 * V::LANES));
                } else {
                    for r in 0..4 {
                        sums[r].store(self.sums.add((row + r) * V::LANES));
                    }
                }
            }
        }
    }
}

/// Four vectors, one of each of four rows, on their way; rows 0 and 1, rows 2 and 3 share divisions.
#[derive(Clone, Copy)]
struct Four<V> {
    begun: [Begun<V>; 4],
    /// 1 over the products of two denominators.
    inverses: [V; 2],
    /// Whether the products are small enough.
    hold: bool,
}

impl<T: Real, U: Unit, const SLOPES: bool> Activate<T, U, SLOPES> {
    /// # Safety
    /// Rows `row..row + 4` exist, with a vector at `at`.
    #[inline(always)]
    unsafe fn begin<V: Vector<Scalar = T>>(&self, row: usize, at: usize) -> Four<V> {
        // SAFETY: the caller's.
        unsafe {
            let from = self.products.add(row * self.stride + at).cast_const();
            let begun = [
                U::begin(V::load(from)),
                U::begin(V::load(from.add(self.stride))),
                U::begin(V::load(from.add(2 * self.stride))),
                U::begin(V::load(from.add(3 * self.stride))),
            ];
            let first = begun[0].denominator.mul(begun[1].denominator);
            let second = begun[2].denominator.mul(begun[3].denominator);
            Four {
                begun,
                inverses: [one::<V>().div(first), one::<V>().div(second)],
                hold: first.add(second).all_at_most(T::LARGEST_SHARED),
            }
        }
    }

    /// # Safety
    /// As of `begin`; `four` is what it returned for these rows and this vector.
    #[inline(always)]
    unsafe fn finish<V: Vector<Scalar = T>>(&self, four: Four<V>, row: usize, at: usize, sums: &mut [V; 4]) {
        // SAFETY: the caller's.
        unsafe {
            let to = self.products.add(row * self.stride + at);
            let outer = V::load(self.value_outer.add(at));
            if !four.hold {
                let mut values = [[T::default(); 16]; 4];
                V::enter_apart(WithoutSharing::<T, U, SLOPES> {
                    products: to,
                    stride: self.stride,
                    values: &mut values,
                    unit: PhantomData,
                });
                for r in 0..4 {
                    sums[r] = V::load(values[r].as_ptr()).fma(outer, sums[r]);
                }
                return;
            }
            for r in 0..4 {
                let inverse = four.begun[r ^ 1].denominator.mul(four.inverses[r / 2]);
                let (value, slope) = U::finish(four.begun[r], inverse);
                sums[r] = value.fma(outer, sums[r]);
                if SLOPES {
                    slope.store(to.add(r * self.stride));
                }
            }
        }
    }
}

/// The lanes of a vector.
#[inline(always)]
fn in_memory<V: Vector>(vector: V) -> [V::Scalar; 16] {
    let mut lanes = [V::Scalar::default(); 16];
    // SAFETY: no vector is longer than 16 lanes.
    unsafe { vector.store(lanes.as_mut_ptr()) };
    lanes
}

/// Finishes four vectors, some lanes of which cannot share divisions: units saturated beyond e^±340, or NaN.
///
/// The other lanes get what they would have got anyway, so that no particle notices what happens in another's lanes.
struct WithoutSharing<'a, T, U, const SLOPES: bool> {
    products: *mut T,
    stride: usize,
    values: &'a mut [[T; 16]; 4],
    unit: PhantomData<U>,
}

impl<T: Real, U: Unit, const SLOPES: bool> VectorTask<T> for WithoutSharing<'_, T, U, SLOPES> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for r in [0, 2] {
            let places = [
                self.products.wrapping_add(r * self.stride),
                self.products.wrapping_add((r + 1) * self.stride),
            ];
            // SAFETY: the caller of `finish` answers for whole vectors.
            let x = unsafe { [V::load(places[0]), V::load(places[1])] };
            let begun = [U::begin(x[0]), U::begin(x[1])];
            let product = begun[0].denominator.mul(begun[1].denominator);
            let (inverse, held) = (one::<V>().div(product), in_memory(product));
            for i in 0..2 {
                let (value, slope) = U::finish(begun[i], begun[i ^ 1].denominator.mul(inverse));
                let (mut value, mut slope) = (in_memory(value), in_memory(slope));
                let (safe_value, safe_slope) = U::slope(x[i]);
                let (safe_value, safe_slope) = (in_memory(safe_value), in_memory(safe_slope));
                for lane in 0..V::LANES {
                    if held[lane] > T::LARGEST_SHARED || held[lane].partial_cmp(&held[lane]).is_none() {
                        (value[lane], slope[lane]) = (safe_value[lane], safe_slope[lane]);
                    }
                }
                self.values[r + i] = value;
                if SLOPES {
                    // SAFETY: as above.
                    unsafe { V::load(slope.as_ptr()).store(places[i]) };
                }
            }
        }
    }
}
