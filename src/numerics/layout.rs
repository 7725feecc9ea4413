//! How particles stand side by side in vectors, and the scratch that goes with it.

use super::functions::Scales;
use super::tile::second::Outer;
use super::tile::{Aligned, ROW_PADDING};
use super::{Activation, Real};

/// `q` particles side by side: unit j of particle r at `j*q + r` of a line of `stride` numbers.
#[derive(Debug, Clone)]
pub(super) struct Layout<T> {
    pub q: usize,
    pub stride: usize,
    /// The factor of the weights that makes products the arguments of the normal forms.
    pub argument: f64,
    value_outer: Aligned<T>,
    pub slope_outer: Aligned<T>,
    curvature_outer: Aligned<T>,
    /// Lane ℓ of a vector over (row, particle) belongs to row ℓ / q.
    pub row_of_lane: [u32; 16],
    /// Lane ℓ belongs to particle ℓ mod q.
    pub particle_of_lane: [u32; 16],
}

/// Numbers in the buffers that a tile's rows use: 24 KiB, so that they share the first-level cache with weights.
const TILE_BYTES: usize = 24 * 1024;
/// The tile's own rows of data: they are read once a block of components, from the second-level cache.
const TILE_DATA_BYTES: usize = 400 * 1024;

/// The smallest number of particles that wastes at most a tenth more lanes than the best and, if any does, fills two vectors:
/// with a lone one every multiplication would want a broadcast of its own.
pub(super) fn side_by_side(width: usize, lanes: usize) -> usize {
    let padded = |q: usize| width.next_multiple_of(lanes / q);
    let choices = || (0..=lanes.ilog2()).map(|power| 1usize << power);
    let best = choices().map(padded).min().unwrap_or(width);
    let fits = |q: &usize| 10 * padded(*q) <= 11 * best;
    let two = |q: &usize| q * padded(*q) >= 2 * lanes;
    choices().find(|q| fits(q) && two(q)).or_else(|| choices().find(fits)).unwrap_or(1)
}

impl<T: Real> Layout<T> {
    pub(super) fn new(q: usize, lanes: usize, activation: Activation, beta: f64, outer: &[f64]) -> Self {
        let scales = Scales::new(activation, beta);
        let stride = outer.len().next_multiple_of(lanes / q) * q;
        let spread = |scale: f64| {
            let mut numbers = Aligned::zeros(stride);
            let spread = numbers.as_mut_slice();
            for (j, a) in outer.iter().enumerate() {
                spread[j * q..(j + 1) * q].fill(T::from_f64(a * scale));
            }
            numbers
        };
        Self {
            q,
            stride,
            argument: scales.argument,
            value_outer: spread(scales.value),
            slope_outer: spread(scales.slope),
            curvature_outer: spread(scales.curvature),
            row_of_lane: std::array::from_fn(|lane| (lane / q) as u32),
            particle_of_lane: std::array::from_fn(|lane| (lane % q) as u32),
        }
    }

    pub(super) fn outer(&self) -> Outer<'_, T> {
        Outer {
            value: self.value_outer.as_slice(),
            slope: self.slope_outer.as_slice(),
            curvature: self.curvature_outer.as_slice(),
        }
    }

    /// Rows of a tile: what the caches hold, between 16 and 128.
    pub(super) fn tile_rows(&self, dim: usize) -> usize {
        let by_buffers = TILE_BYTES / (self.stride * size_of::<T>());
        let by_data = TILE_DATA_BYTES / (dim * size_of::<T>());
        let rows = by_buffers.min(by_data).clamp(ROW_PADDING, 128);
        rows / ROW_PADDING * ROW_PADDING
    }
}

/// Scratch of one thread for the calls of one `NetKernel`.
#[derive(Debug, Clone)]
pub struct NetWork<T> {
    dim: usize,
    stride: usize,
    /// Rows of a tile at most.
    pub(super) tile_rows: usize,
    /// d × stride: weights, a second set for tangents, and gradients, of the particles side by side.
    pub(super) weights: Aligned<T>,
    pub(super) vectors: Aligned<T>,
    pub(super) gradient: Aligned<T>,
    /// Tile rows × stride.
    pub(super) slopes: Aligned<T>,
    pub(super) tangents: Aligned<T>,
    /// Tile rows × 16: sums by lane, then numbers by particle.
    pub(super) outputs: Aligned<T>,
    pub(super) second: Aligned<T>,
    pub(super) third: Aligned<T>,
    pub(super) residuals: Aligned<T>,
    pub(super) values: Aligned<T>,
    pub(super) curvatures: Aligned<T>,
    pub(super) row_weights: Aligned<T>,
    /// Tile rows.
    pub(super) labels: Aligned<T>,
    /// Of rows, from number `base` of the data.
    pub(super) offsets: Vec<usize>,
    pub(super) base: usize,
}

impl<T: Real> NetWork<T> {
    /// Panics if this scratch was made for a smaller net: the passes trust its lengths.
    pub(super) fn check(&self, dim: usize, stride: usize) {
        let fits = self.dim >= dim && self.stride >= stride;
        assert!(fits, "the scratch belongs to another kernel");
    }

    /// Scratch for tiles of `tile_rows` rows in lines of up to `stride` numbers.
    pub(super) fn new(tile_rows: usize, dim: usize, stride: usize) -> Self {
        let (weights, slopes) = (Aligned::zeros(dim * stride), Aligned::zeros(tile_rows * stride));
        let lanes = Aligned::zeros(tile_rows * 16);
        Self {
            dim,
            stride,
            tile_rows,
            vectors: weights.clone(),
            gradient: weights.clone(),
            weights,
            tangents: slopes.clone(),
            slopes,
            second: lanes.clone(),
            third: lanes.clone(),
            residuals: lanes.clone(),
            values: lanes.clone(),
            curvatures: lanes.clone(),
            row_weights: lanes.clone(),
            outputs: lanes,
            labels: Aligned::zeros(tile_rows),
            offsets: vec![0; tile_rows],
            base: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_fill_the_vectors_of_awkward_widths() {
        assert_eq!([16, 12, 1, 3, 17, 128].map(|p| side_by_side(p, 8)), [1, 2, 8, 8, 4, 1]);
        assert_eq!([16, 12, 1, 3, 17].map(|p| side_by_side(p, 16)), [2, 4, 16, 16, 8]);
    }
}
