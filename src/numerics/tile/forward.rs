//! Pass 1: products and activations.

#![allow(clippy::needless_range_loop, reason = "accumulators are addressed as in the formula")]

use super::super::Real;
use super::super::functions::Unit;
use super::super::simd::{Vector, VectorTask};
use super::TileRows;
use std::marker::PhantomData;

/// What becomes of a product.
pub trait Outcome {
    /// Whether the sums of a_j σ_j are formed.
    const SUMS: bool;
    /// Treats the product `x` of one row and vector; returns what is added to the row's sum.
    ///
    /// # Safety
    /// `to` points at a vector of the output, `value_outer` and `slope_outer` at one of the outer layer.
    unsafe fn treat<V: Vector>(
        x: V,
        value_outer: *const V::Scalar,
        slope_outer: *const V::Scalar,
        sum: V,
        to: *mut V::Scalar,
    ) -> V;
}

/// Stores the product itself.
pub struct Product;
/// Sums a_j σ_j; stores nothing.
pub struct Value<U>(PhantomData<U>);
/// Sums a_j σ_j; stores a_j σ'_j.
pub struct Slope<U>(PhantomData<U>);

impl Outcome for Product {
    const SUMS: bool = false;
    #[inline(always)]
    unsafe fn treat<V: Vector>(
        x: V,
        _: *const V::Scalar,
        _: *const V::Scalar,
        sum: V,
        to: *mut V::Scalar,
    ) -> V {
        // SAFETY: the caller's.
        unsafe { x.store(to) };
        sum
    }
}

impl<U: Unit> Outcome for Value<U> {
    const SUMS: bool = true;
    #[inline(always)]
    unsafe fn treat<V: Vector>(
        x: V,
        value_outer: *const V::Scalar,
        _: *const V::Scalar,
        sum: V,
        _: *mut V::Scalar,
    ) -> V {
        // SAFETY: the caller's.
        U::slope(x).0.fma(unsafe { V::load(value_outer) }, sum)
    }
}

impl<U: Unit> Outcome for Slope<U> {
    const SUMS: bool = true;
    #[inline(always)]
    unsafe fn treat<V: Vector>(
        x: V,
        value_outer: *const V::Scalar,
        slope_outer: *const V::Scalar,
        sum: V,
        to: *mut V::Scalar,
    ) -> V {
        let (value, slope) = U::slope(x);
        // SAFETY: the caller's.
        unsafe {
            slope.mul(V::load(slope_outer)).store(to);
            value.fma(V::load(value_outer), sum)
        }
    }
}

/// The pass over one tile. All pointers are to `stride` numbers a row or component, `sums` to one vector a row.
pub struct Forward<'a, T, O> {
    pub rows: TileRows<'a, T>,
    /// d × stride.
    pub weights: *const T,
    pub stride: usize,
    pub value_outer: *const T,
    pub slope_outer: *const T,
    /// rows × stride.
    pub out: *mut T,
    /// rows × lanes.
    pub sums: *mut T,
    pub outcome: PhantomData<O>,
}

impl<T: Real, O: Outcome> VectorTask<T> for Forward<'_, T, O> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let vectors = self.stride / V::LANES;
        let mut start = 0;
        while start < vectors {
            // Never a lone vector at the end of a longer run: 4 = 2 + 2, not 3 + 1.
            let width = match vectors - start {
                1 => 1,
                2 | 4 => 2,
                _ => 3,
            };
            let mut row = 0;
            while row < self.rows.count {
                // SAFETY: the offsets are padded to whole blocks, the other buffers to whole vectors of as many rows.
                unsafe {
                    match (V::ROWS, width) {
                        (8, 1) => self.block::<V, 8, 1>(row, start),
                        (8, 2) => self.block::<V, 8, 2>(row, start),
                        (8, _) => self.block::<V, 8, 3>(row, start),
                        (_, 1) => self.block::<V, 4, 1>(row, start),
                        (_, 2) => self.block::<V, 4, 2>(row, start),
                        (_, _) => self.block::<V, 4, 3>(row, start),
                    }
                }
                row += V::ROWS;
            }
            start += width;
        }
    }
}

impl<T: Real, O: Outcome> Forward<'_, T, O> {
    /// R rows from `row`, N vectors from `start`.
    ///
    /// # Safety
    /// `row + R` offsets, and vectors up to `start + N` of every buffer, exist.
    #[inline(always)]
    unsafe fn block<V: Vector<Scalar = T>, const R: usize, const N: usize>(&self, row: usize, start: usize) {
        // SAFETY: the caller's for rows and vectors; k runs below `dim`, which every offset leaves.
        unsafe {
            let offsets: &[usize; R] = &*self.rows.offsets.as_ptr().add(row).cast();
            let inputs: [*const T; R] = offsets.map(|offset| self.rows.inputs.add(offset));
            let mut products = [[V::splat(T::default()); N]; R];
            let first = start * V::LANES;
            let mut weights = self.weights.add(first);
            for k in 0..self.rows.dim {
                let mut w = [V::splat(T::default()); N];
                for v in 0..N {
                    w[v] = V::load(weights.add(v * V::LANES));
                }
                for r in 0..R {
                    let x = V::splat(*inputs[r].add(k));
                    for v in 0..N {
                        products[r][v] = x.fma(w[v], products[r][v]);
                    }
                }
                weights = weights.add(self.stride);
            }
            for r in 0..R {
                let sums = self.sums.add((row + r) * V::LANES);
                let mut sum = if start == 0 || !O::SUMS { V::splat(T::default()) } else { V::load(sums) };
                for v in 0..N {
                    let at = first + v * V::LANES;
                    let to = self.out.add((row + r) * self.stride + at);
                    sum =
                        O::treat(products[r][v], self.value_outer.add(at), self.slope_outer.add(at), sum, to);
                }
                if O::SUMS {
                    sum.store(sums);
                }
            }
        }
    }
}
