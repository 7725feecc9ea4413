//! Pass 2: activations.

#![allow(unsafe_code, reason = "loads and stores of a pass whose buffers are measured once, at its start")]
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
pub struct Activate<'a, T, U, const SLOPES: bool> {
    /// A multiple of 4.
    pub rows: usize,
    pub stride: usize,
    /// Particles side by side.
    pub q: usize,
    pub value_outer: &'a [T],
    /// rows × stride.
    pub products: &'a mut [T],
    /// rows × lanes; for [`super::residual::Fold`], which is `begun` where four rows fit.
    pub sums: &'a mut [T],
    pub unit: PhantomData<U>,
}

impl<T: Real, U: Unit, const SLOPES: bool> VectorTask<T> for Activate<'_, T, U, SLOPES> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(mut self) {
        assert!(self.rows.is_multiple_of(4) && self.stride.is_multiple_of(V::LANES));
        assert!(self.value_outer.len() >= self.stride && self.products.len() >= self.rows * self.stride);
        assert!(self.sums.len() >= self.rows * V::LANES);
        for row in (0..self.rows).step_by(4) {
            let mut sums = [V::splat(T::default()); 4];
            // SAFETY: there are rows `row..row + 4` and a vector at `at` in buffers that have just been measured.
            unsafe {
                for at in (0..self.stride).step_by(V::LANES) {
                    let four = self.begin::<V>(row, at);
                    self.finish::<V>(four, row, at, &mut sums);
                }
                if fits_four::<V>(self.q) {
                    fold_four(sums).store(self.sums.as_mut_ptr().add(row / 4 * V::LANES));
                } else {
                    for r in 0..4 {
                        sums[r].store(self.sums.as_mut_ptr().add((row + r) * V::LANES));
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

impl<T: Real, U: Unit, const SLOPES: bool> Activate<'_, T, U, SLOPES> {
    /// # Safety
    /// Rows `row..row + 4` exist, with a vector at `at`, and `run` has measured the buffers.
    #[inline(always)]
    unsafe fn begin<V: Vector<Scalar = T>>(&self, row: usize, at: usize) -> Four<V> {
        // SAFETY: the caller's.
        unsafe {
            let from = self.products.as_ptr().add(row * self.stride + at);
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
    unsafe fn finish<V: Vector<Scalar = T>>(
        &mut self,
        four: Four<V>,
        row: usize,
        at: usize,
        sums: &mut [V; 4],
    ) {
        // SAFETY: the caller's.
        unsafe {
            let outer = V::load(self.value_outer.as_ptr().add(at));
            if !four.hold {
                let mut values = [[T::default(); 16]; 4];
                V::enter_apart(WithoutSharing::<T, U, SLOPES> {
                    products: &mut self.products[row * self.stride + at..],
                    stride: self.stride,
                    values: &mut values,
                    unit: PhantomData,
                });
                for r in 0..4 {
                    sums[r] = V::read(&values[r]).fma(outer, sums[r]);
                }
                return;
            }
            let to = self.products.as_mut_ptr().add(row * self.stride + at);
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
    vector.write(&mut lanes);
    lanes
}

/// Finishes four vectors, some lanes of which cannot share divisions: units saturated beyond e^±340, or NaN.
///
/// The other lanes get what they would have got anyway, so that no particle notices what happens in another's lanes.
struct WithoutSharing<'a, T, U, const SLOPES: bool> {
    products: &'a mut [T],
    stride: usize,
    values: &'a mut [[T; 16]; 4],
    unit: PhantomData<U>,
}

impl<T: Real, U: Unit, const SLOPES: bool> VectorTask<T> for WithoutSharing<'_, T, U, SLOPES> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for r in [0, 2] {
            let places = [r * self.stride, (r + 1) * self.stride];
            let x = places.map(|place| V::read(&self.products[place..]));
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
                    V::read(&slope).write(&mut self.products[places[i]..]);
                }
            }
        }
    }
}
