//! Passes over a tile of rows that stays in the first-level cache.
//!
//! Layout: the hidden index is contiguous, data are only ever broadcast. The weights of `q` particles stand side by side:
//! `packed[k*stride + j*q + particle]`, so that a vector of L lanes holds L/q units of q particles, and `stride` = q × (p
//! rounded up to a multiple of L/q) is a whole number of vectors. Four passes:
//!
//! 1. [`forward`]: products w_j·x;
//! 2. [`activate`]: σ'_j in place of the products, and lane-wise sums of a_j σ_j;
//! 3. [`residual`]: folds the sums to f, and turns f into g·(weight of the row) for the whole tile at once, so that the
//!    latency of exp and division is hidden;
//! 4. [`backward`]: adds g σ'_j x_k to the gradient, which is multiplied by a_j at the end.
//!
//! No lane ever meets a lane of another particle, so a particle's numbers do not depend on its neighbours.
//!
//! Each pass asserts once that its buffers are as long as it will read and write, and then loads and stores without looking
//! again.

#![allow(unsafe_code, reason = "rows that were looked up when a tile was prepared; lines as numbers")]

pub(super) mod activate;
pub(super) mod backward;
pub(super) mod forward;
#[cfg(test)]
mod length_tests;
pub(super) mod residual;
pub(super) mod second;

use super::Real;

/// How many numbers the rows of a buffer take, the last of them read as a whole vector of `lanes`.
const fn rows_and_vector(rows: usize, q: usize, lanes: usize) -> usize {
    rows * q + lanes
}

/// Rows of a tile, as offsets of their first number in the data. Each offset leaves `dim` numbers: what [`TileRows::new`]
/// was promised, and what the passes build on.
#[derive(Clone, Copy)]
pub(super) struct TileRows<'a, T> {
    inputs: &'a [T],
    /// Padded to a multiple of [`ROW_PADDING`] by repeating a row.
    offsets: &'a [usize],
    /// How many of the offsets are true rows.
    count: usize,
    dim: usize,
}

impl<'a, T> TileRows<'a, T> {
    /// The first `count` of `offsets` are true rows; padded to a multiple of [`ROW_PADDING`].
    ///
    /// # Safety
    /// Every offset, the padding's too, is at most `inputs.len() - dim`. Counting here would cost small nets a noticeable
    /// part of their time; who writes the offsets knows.
    pub(super) unsafe fn new(inputs: &'a [T], offsets: &'a [usize], count: usize, dim: usize) -> Self {
        assert!(offsets.len() == count.next_multiple_of(ROW_PADDING));
        debug_assert!(offsets.iter().all(|offset| offset + dim <= inputs.len()));
        Self { inputs, offsets, count, dim }
    }
}

/// A multiple of the rows of every forward block and of the lanes of every vector.
pub(super) const ROW_PADDING: usize = 16;

/// Numbers in lines of 64 bytes or more, so that vectors do not straddle cache lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Aligned<T> {
    lines: Vec<Line<T>>,
}

#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Line<T>([T; 16]);

impl<T: Real> Aligned<T> {
    /// At least `len` zeros, and a line more, so that a vector may be loaded from any of the first `len`.
    pub(super) fn zeros(len: usize) -> Self {
        Self { lines: vec![Line([T::default(); 16]); len.div_ceil(16) + 1] }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        const { assert!(size_of::<Line<T>>() == 16 * size_of::<T>()) }
        // SAFETY: a line is 16 numbers without padding, so `len` lines are 16·len numbers, borrowed as the lines are.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), 16 * self.lines.len()) }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        const { assert!(size_of::<Line<T>>() == 16 * size_of::<T>()) }
        // SAFETY: as of `as_slice`.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), 16 * self.lines.len()) }
    }
}
