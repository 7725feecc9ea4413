//! The passes of `tile` over one prepared tile, in the order that each goal needs.

#![allow(unsafe_code, reason = "the rows of a tile, which are looked up only once")]

use super::functions::{SigmoidUnit, SoftPlusUnit, TanhUnit};
use super::groups::{Call, Goal, Sums};
use super::layout::{Layout, NetWork};
use super::simd::{Present, Vector};
use super::tile::activate::Activate;
use super::tile::backward::{Backward, ScaleRows, is_one_block};
use super::tile::forward::Forward;
use super::tile::residual::{Fold, Residual, fits_four};
use super::tile::second::{CombineRows, HessianTerms, LaplacianTerms};
use super::tile::{Aligned, ROW_PADDING, TileRows};
use super::{Activation, Real, Rows};
use std::marker::PhantomData;

impl<T: Real> Call<'_, T> {
    /// All passes of the goal over the tile of `count` rows, which is prepared.
    pub(super) fn tile<V: Vector<Scalar = T>>(&mut self, present: Present<V>, count: usize, sums: &mut Sums) {
        match self.goal {
            Goal::Gradient { ref readings, .. } => {
                let read = readings.is_some();
                self.forward_activated::<V, true>(present, count);
                self.fold(present, count, true);
                if read {
                    self.residuals::<V, true, false>(present, count);
                    self.read(count, sums);
                } else {
                    self.residuals::<V, false, false>(present, count);
                }
                self.backward(present, count, true);
            }
            Goal::Readings(_) => {
                self.forward_activated::<V, false>(present, count);
                self.fold(present, count, true);
                self.residuals::<V, true, false>(present, count);
                self.read(count, sums);
            }
            Goal::Outputs(_) => {
                self.forward_activated::<V, false>(present, count);
                self.fold(present, count, true);
            }
            Goal::Laplacian(_) => self.laplacian(present, count, sums),
            Goal::HessianVector { .. } => self.hessian_vector(present, count),
        }
    }

    /// Passes 1 and 2: products, then sums of a σ and, with `SLOPES`, slopes.
    fn forward_activated<V: Vector<Scalar = T>, const SLOPES: bool>(
        &mut self,
        present: Present<V>,
        count: usize,
    ) {
        self.forward(present, count, false);
        match self.shape.activation {
            Activation::Sigmoid => present.enter(self.activate::<SigmoidUnit, SLOPES>(count)),
            Activation::Tanh => present.enter(self.activate::<TanhUnit, SLOPES>(count)),
            Activation::SoftPlus => present.enter(self.activate::<SoftPlusUnit, SLOPES>(count)),
        }
    }

    fn activate<U, const SLOPES: bool>(&mut self, count: usize) -> Activate<'_, T, U, SLOPES> {
        Activate {
            rows: count.next_multiple_of(4),
            stride: self.shape.layout.stride,
            q: self.shape.layout.q,
            value_outer: self.shape.layout.outer().value,
            products: self.work.slopes.as_mut_slice(),
            sums: self.work.outputs.as_mut_slice(),
            unit: PhantomData,
        }
    }

    /// Pass 1, from the weights to the slopes' place or, with `tangents`, from the vectors to the tangents.
    fn forward<V: Vector<Scalar = T>>(&mut self, present: Present<V>, count: usize, tangents: bool) {
        let NetWork { weights, vectors, slopes, tangents: along, offsets, base, .. } = &mut *self.work;
        let (weights, out) = if tangents { (vectors, along) } else { (weights, slopes) };
        present.enter(Forward {
            rows: tile_rows(self.rows, offsets, *base, count),
            weights: weights.as_slice(),
            stride: self.shape.layout.stride,
            out: out.as_mut_slice(),
        });
    }

    /// Lane-wise sums to outputs; `begun` if they come from `activate`.
    fn fold<V: Vector<Scalar = T>>(&mut self, present: Present<V>, count: usize, begun: bool) {
        fold(present, &mut self.work.outputs, count, self.shape.layout.q, begun);
    }

    fn residuals<V: Vector<Scalar = T>, const VALUES: bool, const CURVATURES: bool>(
        &mut self,
        present: Present<V>,
        count: usize,
    ) {
        let q = self.shape.layout.q;
        let work = &mut *self.work;
        // Rows that are not there hold what an earlier tile left, perhaps another particle's: they share divisions with
        // true rows and must not leave a trace in their last bits.
        work.outputs.as_mut_slice()[count * q..count.next_multiple_of(ROW_PADDING) * q].fill(T::default());
        work.labels.as_mut_slice()[count..count.next_multiple_of(ROW_PADDING)].fill(T::ONE);
        present.enter(Residual::<T, VALUES, CURVATURES> {
            loss: self.shape.loss,
            outputs: work.outputs.as_slice(),
            labels: work.labels.as_slice(),
            row_weights: work.row_weights.as_slice(),
            residuals: work.residuals.as_mut_slice(),
            values: work.values.as_mut_slice(),
            curvatures: work.curvatures.as_mut_slice(),
            rows: count.next_multiple_of(ROW_PADDING),
            q: self.shape.layout.q,
            row_of_lane: &self.shape.layout.row_of_lane,
        });
    }

    /// Adds the losses and right signs of the tile's true rows, in f64, lane by lane.
    fn read(&mut self, count: usize, sums: &mut Sums) {
        let q = self.shape.layout.q;
        let work = &mut *self.work;
        let (values, outputs) = (work.values.as_mut_slice(), work.outputs.as_mut_slice());
        let labels = work.labels.as_mut_slice();
        for i in 0..count * q {
            sums.values[i % 16] += values[i].to_f64();
            let right = labels[i >> q.trailing_zeros()] * outputs[i] > T::default();
            sums.right[i % 16] += f64::from(u8::from(right));
        }
    }

    /// Pass 4; `scale` multiplies by the residuals first.
    fn backward<V: Vector<Scalar = T>>(&mut self, present: Present<V>, count: usize, scale: bool) {
        let Layout { q, stride, ref particle_of_lane, .. } = *self.shape.layout;
        let fused = scale && q == 1 && is_one_block::<V>(self.shape.dim, stride);
        let NetWork { slopes, residuals, gradient, offsets, base, .. } = &mut *self.work;
        let (residuals, gradient) = (residuals.as_slice(), gradient.as_mut_slice());
        if scale && !fused {
            let slopes = slopes.as_mut_slice();
            present.enter(ScaleRows { slopes, stride, residuals, rows: count, q, particle_of_lane });
        }
        let (rows, deltas) = (tile_rows(self.rows, offsets, *base, count), slopes.as_slice());
        if fused {
            present.enter(Backward::<T, true> { rows, deltas, stride, residuals, gradient });
        } else {
            present.enter(Backward::<T, false> { rows, deltas, stride, residuals, gradient });
        }
    }

    fn laplacian<V: Vector<Scalar = T>>(&mut self, present: Present<V>, count: usize, sums: &mut Sums) {
        self.forward(present, count, false);
        match self.shape.activation {
            Activation::Sigmoid => present.enter(self.laplacian_terms::<SigmoidUnit>(count)),
            Activation::Tanh => present.enter(self.laplacian_terms::<TanhUnit>(count)),
            Activation::SoftPlus => present.enter(self.laplacian_terms::<SoftPlusUnit>(count)),
        }
        self.fold(present, count, false);
        let q = self.shape.layout.q;
        fold(present, &mut self.work.second, count, q, false);
        fold(present, &mut self.work.third, count, q, false);
        self.residuals::<V, false, true>(present, count);
        let work = &mut *self.work;
        let (g, h) = (work.residuals.as_mut_slice(), work.curvatures.as_mut_slice());
        let (squares, curvatures) = (work.second.as_mut_slice(), work.third.as_mut_slice());
        for (row, offset) in work.offsets[..count].iter().enumerate() {
            let input = &self.rows.inputs[work.base + *offset..][..self.shape.dim];
            let length: f64 = input.iter().map(|x| x.to_f64() * x.to_f64()).sum();
            for r in 0..q {
                let i = row * q + r;
                let term = h[i].to_f64() * squares[i].to_f64() + g[i].to_f64() * curvatures[i].to_f64();
                sums.laplacians[r] += length * term;
            }
        }
    }

    fn laplacian_terms<U>(&mut self, rows: usize) -> LaplacianTerms<'_, T, U> {
        let work = &mut *self.work;
        LaplacianTerms {
            rows,
            stride: self.shape.layout.stride,
            outer: self.shape.layout.outer(),
            products: work.slopes.as_slice(),
            sums: work.outputs.as_mut_slice(),
            squared_slopes: work.second.as_mut_slice(),
            curvatures: work.third.as_mut_slice(),
            unit: PhantomData,
        }
    }

    fn hessian_vector<V: Vector<Scalar = T>>(&mut self, present: Present<V>, count: usize) {
        self.forward(present, count, false);
        self.forward(present, count, true);
        match self.shape.activation {
            Activation::Sigmoid => present.enter(self.hessian_terms::<SigmoidUnit>(count)),
            Activation::Tanh => present.enter(self.hessian_terms::<TanhUnit>(count)),
            Activation::SoftPlus => present.enter(self.hessian_terms::<SoftPlusUnit>(count)),
        }
        self.fold(present, count, false);
        fold(present, &mut self.work.second, count, self.shape.layout.q, false);
        self.residuals::<V, false, true>(present, count);
        let work = &mut *self.work;
        present.enter(CombineRows {
            rows: count,
            stride: self.shape.layout.stride,
            q: self.shape.layout.q,
            particle_of_lane: &self.shape.layout.particle_of_lane,
            slopes: work.slopes.as_mut_slice(),
            tangents: work.tangents.as_slice(),
            residuals: work.residuals.as_slice(),
            curvatures: work.curvatures.as_slice(),
            along: work.second.as_slice(),
        });
        self.backward(present, count, false);
    }

    fn hessian_terms<U>(&mut self, rows: usize) -> HessianTerms<'_, T, U> {
        let work = &mut *self.work;
        HessianTerms {
            rows,
            stride: self.shape.layout.stride,
            outer: self.shape.layout.outer(),
            products: work.slopes.as_mut_slice(),
            tangents: work.tangents.as_mut_slice(),
            sums: work.outputs.as_mut_slice(),
            along: work.second.as_mut_slice(),
            unit: PhantomData,
        }
    }
}

/// The rows of the tile that `prepare` has made of `count` rows.
fn tile_rows<'a, T: Real>(
    rows: Rows<'a, T>,
    offsets: &'a [usize],
    base: usize,
    count: usize,
) -> TileRows<'a, T> {
    let offsets = &offsets[..count.next_multiple_of(ROW_PADDING)];
    // SAFETY: `prepare` wrote these offsets, each after it had found the label of its row, or repeated one; the kernel has
    // checked that there are `dim` inputs for every label.
    unsafe { TileRows::new(&rows.inputs[base..], offsets, count, rows.dim) }
}

/// Lane-wise sums of `count` rows to numbers by particle, in place.
fn fold<V: Vector>(present: Present<V>, sums: &mut Aligned<V::Scalar>, count: usize, q: usize, begun: bool) {
    let begun = begun && fits_four::<V>(q);
    present.enter(Fold { sums: sums.as_mut_slice(), rows: count.next_multiple_of(ROW_PADDING), q, begun });
}
