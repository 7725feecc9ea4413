//! Pass 2: activations.

#![allow(
    clippy::needless_range_loop,
    reason = "four rows side by side, addressed as in the formula"
)]

use super::super::Real;
use super::super::functions::Unit;
use super::super::simd::{Vector, VectorTask};
use std::marker::PhantomData;

/// From products to lane-wise sums of a σ, and with `SLOPES` to the units' slopes in place (without a and the scale, which
/// the gradient takes once at its end).
///
/// Four rows at a time, so that there is always something to do while an exponential or a division is on its way.
pub struct Activate<T, U, const SLOPES: bool> {
    /// A multiple of 4.
    pub rows: usize,
    pub stride: usize,
    pub value_outer: *const T,
    /// rows × stride.
    pub products: *mut T,
    /// rows × lanes.
    pub sums: *mut T,
    pub unit: PhantomData<U>,
}

impl<T: Real, U: Unit, const SLOPES: bool> VectorTask<T> for Activate<T, U, SLOPES> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for row in (0..self.rows).step_by(4) {
            let mut sums = [V::splat(T::default()); 4];
            for at in (0..self.stride).step_by(V::LANES) {
                let first = self.products.wrapping_add(row * self.stride + at);
                // SAFETY: rows `row..row + 4` and whole vectors of every buffer exist.
                unsafe {
                    let to = [
                        first,
                        first.add(self.stride),
                        first.add(2 * self.stride),
                        first.add(3 * self.stride),
                    ];
                    let ([a, b], held) = U::slopes_of_two([V::load(to[0]), V::load(to[1])]);
                    let ([c, d], too) = U::slopes_of_two([V::load(to[2]), V::load(to[3])]);
                    let mut results = [a, b, c, d];
                    if !held.add(too).all_at_most(T::LARGEST_SHARED) {
                        let mut numbers = [[[T::default(); 16]; 2]; 4];
                        for r in 0..4 {
                            numbers[r] = [in_memory(results[r].0), in_memory(results[r].1)];
                        }
                        V::enter_apart(WithoutSharing {
                            products: to,
                            held: [in_memory(held), in_memory(too)],
                            results: &mut numbers,
                            unit: PhantomData::<U>,
                        });
                        for r in 0..4 {
                            results[r] = (V::load(numbers[r][0].as_ptr()), V::load(numbers[r][1].as_ptr()));
                        }
                    }
                    let outer = V::load(self.value_outer.add(at));
                    for r in 0..4 {
                        sums[r] = results[r].0.fma(outer, sums[r]);
                        if SLOPES {
                            results[r].1.store(to[r]);
                        }
                    }
                }
            }
            for r in 0..4 {
                // SAFETY: one vector a row.
                unsafe { sums[r].store(self.sums.add((row + r) * V::LANES)) };
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

/// Puts right those lanes where a shared division does not hold: units saturated beyond e^±340, or NaN.
///
/// Lane by lane, so that no particle notices what happens in another's lanes.
struct WithoutSharing<'a, T, U> {
    products: [*mut T; 4],
    /// What tells whether rows 0 and 1, rows 2 and 3 hold.
    held: [[T; 16]; 2],
    /// Values and slopes of the four rows.
    results: &'a mut [[[T; 16]; 2]; 4],
    unit: PhantomData<U>,
}

impl<T: Real, U: Unit> VectorTask<T> for WithoutSharing<'_, T, U> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (r, from) in self.products.into_iter().enumerate() {
            // SAFETY: whole vectors, as the caller's.
            let (value, slope) = U::slope(unsafe { V::load(from) });
            let (value, slope) = (in_memory(value), in_memory(slope));
            let [values, slopes] = &mut self.results[r];
            for lane in 0..V::LANES {
                if !(self.held[r / 2][lane] <= T::LARGEST_SHARED) {
                    (values[lane], slopes[lane]) = (value[lane], slope[lane]);
                }
            }
        }
    }
}
