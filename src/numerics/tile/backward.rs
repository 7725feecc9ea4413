//! Pass 4: the gradient's outer products.

#![allow(unsafe_code, reason = "loads and stores of a pass whose buffers are measured once, at its start")]
#![allow(clippy::needless_range_loop, reason = "accumulators are addressed as in the formula")]

use super::super::Real;
use super::super::simd::{Vector, VectorTask};
use super::{TileRows, rows_and_vector};

/// Multiplies each row of `slopes` (rows × stride) by its residuals (rows × q), in place.
pub struct ScaleRows<'a, T> {
    pub slopes: &'a mut [T],
    pub stride: usize,
    /// Readable a vector beyond the last.
    pub residuals: &'a [T],
    pub rows: usize,
    pub q: usize,
    /// Lane ℓ belongs to particle ℓ mod q.
    pub particle_of_lane: &'a [u32; 16],
}

impl<T: Real> VectorTask<T> for ScaleRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        assert!(self.stride.is_multiple_of(V::LANES) && self.slopes.len() >= self.rows * self.stride);
        assert!(self.residuals.len() >= rows_and_vector(self.rows, self.q, V::LANES));
        for row in 0..self.rows {
            // SAFETY: the buffers have just been measured for as many rows.
            unsafe {
                let residual =
                    V::load(self.residuals.as_ptr().add(row * self.q)).permute(self.particle_of_lane);
                for at in (0..self.stride).step_by(V::LANES) {
                    let to = self.slopes.as_mut_ptr().add(row * self.stride + at);
                    V::load(to).mul(residual).store(to);
                }
            }
        }
    }
}

/// gradient[k] += Σ_rows x[row][k] · deltas[row]. With `SCALE` (q = 1 only) deltas are multiplied by residuals on the way,
/// which saves a pass where one block of components covers them all.
pub struct Backward<'a, T, const SCALE: bool> {
    pub rows: TileRows<'a, T>,
    /// rows × stride.
    pub deltas: &'a [T],
    pub stride: usize,
    /// One a row.
    pub residuals: &'a [T],
    /// d × stride.
    pub gradient: &'a mut [T],
}

/// Components whose accumulators fit beside N vectors a row.
const fn most_components(accumulators: usize, vectors: usize) -> usize {
    if vectors == 1 && accumulators > 16 { 16 } else { accumulators / vectors }
}

/// Whether one block of components covers a row of `dim`.
pub(in super::super) fn is_one_block<V: Vector>(dim: usize, stride: usize) -> bool {
    dim <= most_components(V::ACCUMULATORS, (stride / V::LANES).min(2))
}

macro_rules! with_components {
    ($count:expr, $vectors:literal, $self:ident, $v:ty, $k:expr, $start:expr; $($n:literal)*) => {
        match $count {
            $($n => $self.block::<$v, $n, $vectors>($k, $start),)*
            _ => unreachable!("a block of components is never larger than its accumulators"),
        }
    };
}

impl<T: Real, const SCALE: bool> VectorTask<T> for Backward<'_, T, SCALE> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(mut self) {
        assert!(
            self.deltas.len() >= self.rows.count * self.stride && self.residuals.len() >= self.rows.count
        );
        assert!(self.gradient.len() >= self.rows.dim * self.stride);
        let vectors = self.stride / V::LANES;
        let mut start = 0;
        while start < vectors {
            let width = match vectors - start {
                1 => 1,
                // Three vectors leave room for 8 components: better for long rows; two for 12.
                3 if self.rows.dim > 12 => 3,
                _ => 2,
            };
            let dim = self.rows.dim;
            let blocks = dim.div_ceil(most_components(V::ACCUMULATORS, width));
            for block in 0..blocks {
                // Blocks as equal as can be.
                let (from, to) = (dim * block / blocks, dim * (block + 1) / blocks);
                // SAFETY: `from..to` lies in 0..dim, vectors `start..start + width` in the stride.
                unsafe {
                    match width {
                        1 => {
                            with_components!(to - from, 1, self, V, from, start; 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
                        }
                        2 => with_components!(to - from, 2, self, V, from, start; 1 2 3 4 5 6 7 8 9 10 11 12),
                        _ => with_components!(to - from, 3, self, V, from, start; 1 2 3 4 5 6 7 8),
                    }
                }
            }
            start += width;
        }
    }
}

impl<T: Real, const SCALE: bool> Backward<'_, T, SCALE> {
    /// K components from `k`, N vectors from `start`.
    ///
    /// # Safety
    /// They exist: k + K ≤ dim, start + N ≤ vectors of the stride.
    #[inline(always)]
    unsafe fn block<V: Vector<Scalar = T>, const K: usize, const N: usize>(
        &mut self,
        k: usize,
        start: usize,
    ) {
        // SAFETY: the caller's, of buffers that `run` has measured; every offset leaves `dim` numbers, of which K from `k`.
        unsafe {
            let first = start * V::LANES;
            let gradient = self.gradient.as_mut_ptr().add(k * self.stride + first);
            let mut sums = [[V::splat(T::default()); N]; K];
            for c in 0..K {
                for v in 0..N {
                    sums[c][v] = V::load(gradient.add(c * self.stride + v * V::LANES));
                }
            }
            let mut deltas = self.deltas.as_ptr().add(first);
            let inputs = self.rows.inputs.as_ptr().add(k);
            for (row, offset) in self.rows.offsets.iter().take(self.rows.count).enumerate() {
                let input = inputs.add(*offset);
                let mut delta = [V::splat(T::default()); N];
                for v in 0..N {
                    delta[v] = V::load(deltas.add(v * V::LANES));
                    if SCALE {
                        delta[v] = delta[v].mul(V::splat(*self.residuals.as_ptr().add(row)));
                    }
                }
                if !SCALE {
                    // The next block's components of this row: strides of a row are too long for the processor to foresee.
                    V::prefetch(input.wrapping_add(K));
                }
                for c in 0..K {
                    let x = V::splat(*input.add(c));
                    for v in 0..N {
                        sums[c][v] = x.fma(delta[v], sums[c][v]);
                    }
                }
                // Beyond the last row this points outside, where it is not read.
                deltas = deltas.wrapping_add(self.stride);
            }
            for c in 0..K {
                for v in 0..N {
                    sums[c][v].store(gradient.add(c * self.stride + v * V::LANES));
                }
            }
        }
    }
}
