//! Pass 1: products.

#![allow(unsafe_code, reason = "loads and stores of a pass whose buffers are measured once, at its start")]
#![allow(clippy::needless_range_loop, reason = "accumulators are addressed as in the formula")]

use super::super::Real;
use super::super::simd::{Vector, VectorTask};
use super::TileRows;

/// out[row] = Σ_k x[row][k] · weights[k], for all offsets of a tile; `stride` numbers a row or component.
///
/// The activation is a pass of its own: taking it on the accumulators saved a store and a load a vector, of which there
/// are enough, but left it too few registers to work on several vectors at once.
pub struct Forward<'a, T> {
    pub rows: TileRows<'a, T>,
    /// d × stride.
    pub weights: &'a [T],
    pub stride: usize,
    /// Padded rows × stride.
    pub out: &'a mut [T],
}

impl<T: Real> VectorTask<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(mut self) {
        assert!(self.weights.len() >= self.rows.dim * self.stride);
        assert!(self.out.len() >= self.rows.offsets.len() * self.stride);
        let vectors = self.stride / V::LANES;
        let mut start = 0;
        while start < vectors {
            // Never a lone vector at the end of a longer run: 4 = 2 + 2, not 3 + 1.
            let width = match vectors - start {
                1 => 1,
                2 | 4 => 2,
                _ => 3,
            };
            // One vector a row wants twice the rows, or a multiplication would wait for the one before.
            let rows = if width == 1 { 2 * V::ROWS } else { V::ROWS };
            let mut row = 0;
            while row < self.rows.count {
                // SAFETY: there are `vectors` vectors a row, and a multiple of R rows, which divides the padding.
                unsafe {
                    match (V::ROWS, width) {
                        (8, 1) => self.block::<V, 16, 1>(row, start),
                        (8, 2) => self.block::<V, 8, 2>(row, start),
                        (8, _) => self.block::<V, 8, 3>(row, start),
                        (_, 1) => self.block::<V, 8, 1>(row, start),
                        (_, 2) => self.block::<V, 4, 2>(row, start),
                        (_, _) => self.block::<V, 4, 3>(row, start),
                    }
                }
                row += rows;
            }
            start += width;
        }
    }
}

impl<T: Real> Forward<'_, T> {
    /// R rows from `row`, N vectors from `start`.
    ///
    /// # Safety
    /// `row + R` offsets and `start + N` vectors of the stride exist.
    #[inline(always)]
    unsafe fn block<V: Vector<Scalar = T>, const R: usize, const N: usize>(
        &mut self,
        row: usize,
        start: usize,
    ) {
        // SAFETY: the caller's for rows and vectors, of buffers that `run` has measured; every offset leaves `dim` numbers.
        unsafe {
            let offsets: &[usize; R] = &*self.rows.offsets.as_ptr().add(row).cast();
            let inputs: [*const T; R] = offsets.map(|offset| self.rows.inputs.as_ptr().add(offset));
            let mut products = [[V::splat(T::default()); N]; R];
            let first = start * V::LANES;
            let mut weights = self.weights.as_ptr().add(first);
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
                // Beyond the last component this points outside, where it is not read.
                weights = weights.wrapping_add(self.stride);
            }
            let mut line = self.out.as_mut_ptr().add(row * self.stride + first);
            for r in 0..R {
                for v in 0..N {
                    products[r][v].store(line.add(v * V::LANES));
                }
                line = line.wrapping_add(self.stride);
            }
        }
    }
}
