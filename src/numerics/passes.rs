//! The passes of `tile` over one prepared tile, in the order that each goal needs.

use super::functions::{SigmoidUnit, SoftPlusUnit, TanhUnit};
use super::groups::{Call, Goal, Sums};
use super::layout::Layout;
use super::simd::Vector;
use super::tile::activate::Activate;
use super::tile::backward::{Backward, ScaleRows, is_one_block};
use super::tile::forward::Forward;
use super::tile::residual::{Fold, Residual, fits_four};
use super::tile::second::{CombineRows, HessianTerms, LaplacianTerms};
use super::tile::{ROW_PADDING, TileRows};
use super::{Activation, Real};
use std::marker::PhantomData;

impl<T: Real> Call<'_, T> {
    /// # Safety
    /// The processor has the instructions of `V`; the tile of `count` rows is prepared.
    pub(super) unsafe fn tile<V: Vector<Scalar = T>>(&mut self, count: usize, sums: &mut Sums) {
        // SAFETY: the caller's.
        unsafe {
            match self.goal {
                Goal::Gradient { ref readings, .. } => {
                    let read = readings.is_some();
                    self.forward_activated::<V, true>(count);
                    self.fold::<V>(count, true);
                    if read {
                        self.residuals::<V, true, false>(count);
                        self.read(count, sums);
                    } else {
                        self.residuals::<V, false, false>(count);
                    }
                    self.backward::<V>(count, true);
                }
                Goal::Readings(_) => {
                    self.forward_activated::<V, false>(count);
                    self.fold::<V>(count, true);
                    self.residuals::<V, true, false>(count);
                    self.read(count, sums);
                }
                Goal::Outputs(_) => {
                    self.forward_activated::<V, false>(count);
                    self.fold::<V>(count, true);
                }
                Goal::Laplacian(_) => self.laplacian::<V>(count, sums),
                Goal::HessianVector { .. } => self.hessian_vector::<V>(count),
            }
        }
    }

    /// Passes 1 and 2: products, then sums of a σ and, with `SLOPES`, slopes.
    unsafe fn forward_activated<V: Vector<Scalar = T>, const SLOPES: bool>(&mut self, count: usize) {
        // SAFETY: the caller's; the scratch was made for this layout and tile.
        unsafe {
            self.forward::<V>(count, false);
            match self.shape.activation {
                Activation::Sigmoid => V::enter(self.activate::<SigmoidUnit, SLOPES>(count)),
                Activation::Tanh => V::enter(self.activate::<TanhUnit, SLOPES>(count)),
                Activation::SoftPlus => V::enter(self.activate::<SoftPlusUnit, SLOPES>(count)),
            }
        }
    }

    fn activate<U, const SLOPES: bool>(&mut self, count: usize) -> Activate<T, U, SLOPES> {
        Activate {
            rows: count.next_multiple_of(4),
            stride: self.shape.layout.stride,
            q: self.shape.layout.q,
            value_outer: self.shape.layout.outer().value,
            products: self.work.slopes.as_mut_ptr(),
            sums: self.work.outputs.as_mut_ptr(),
            unit: PhantomData,
        }
    }

    fn tile_rows(&self, count: usize) -> TileRows<'_, T> {
        let offsets = &self.work.offsets[..count.next_multiple_of(ROW_PADDING)];
        TileRows { inputs: self.rows.inputs[self.work.base..].as_ptr(), offsets, count, dim: self.shape.dim }
    }

    /// Pass 1, from the weights to the slopes' place or, with `tangents`, from the vectors to the tangents.
    unsafe fn forward<V: Vector<Scalar = T>>(&mut self, count: usize, tangents: bool) {
        let work = &mut *self.work;
        let (weights, out) = if tangents {
            (work.vectors.as_ptr(), work.tangents.as_mut_ptr())
        } else {
            (work.weights.as_ptr(), work.slopes.as_mut_ptr())
        };
        let task = Forward { rows: self.tile_rows(count), weights, stride: self.shape.layout.stride, out };
        // SAFETY: the caller's; the scratch was made for this layout and tile.
        unsafe { V::enter(task) }
    }

    /// Lane-wise sums to outputs; `begun` if they come from `activate`.
    unsafe fn fold<V: Vector<Scalar = T>>(&mut self, count: usize, begun: bool) {
        let sums = self.work.outputs.as_mut_ptr();
        // SAFETY: the caller's.
        unsafe { self.fold_buffer::<V>(sums, count, begun) }
    }

    unsafe fn fold_buffer<V: Vector<Scalar = T>>(&self, sums: *mut T, count: usize, begun: bool) {
        let q = self.shape.layout.q;
        let task =
            Fold { sums, rows: count.next_multiple_of(ROW_PADDING), q, begun: begun && fits_four::<V>(q) };
        // SAFETY: the caller's; the buffer holds 16 numbers for each of as many rows.
        unsafe { V::enter(task) }
    }

    unsafe fn residuals<V: Vector<Scalar = T>, const VALUES: bool, const CURVATURES: bool>(
        &mut self,
        count: usize,
    ) {
        let q = self.shape.layout.q;
        let work = &mut *self.work;
        // Rows that are not there hold what an earlier tile left, perhaps another particle's: they share divisions with
        // true rows and must not leave a trace in their last bits.
        work.outputs.as_mut_slice()[count * q..count.next_multiple_of(ROW_PADDING) * q].fill(T::default());
        work.labels.as_mut_slice()[count..count.next_multiple_of(ROW_PADDING)].fill(T::ONE);
        let task = Residual::<T, VALUES, CURVATURES> {
            loss: self.shape.loss,
            outputs: work.outputs.as_ptr(),
            labels: work.labels.as_ptr(),
            row_weights: work.row_weights.as_ptr(),
            residuals: work.residuals.as_mut_ptr(),
            values: work.values.as_mut_ptr(),
            curvatures: work.curvatures.as_mut_ptr(),
            rows: count.next_multiple_of(ROW_PADDING),
            q: self.shape.layout.q,
            row_of_lane: &self.shape.layout.row_of_lane,
        };
        // SAFETY: the caller's; the scratch was made for this layout and tile.
        unsafe { V::enter(task) }
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
    unsafe fn backward<V: Vector<Scalar = T>>(&mut self, count: usize, scale: bool) {
        let Layout { q, stride, ref particle_of_lane, .. } = *self.shape.layout;
        let fused = scale && q == 1 && is_one_block::<V>(self.shape.dim, stride);
        let work = &mut *self.work;
        let (slopes, residuals) = (work.slopes.as_mut_ptr(), work.residuals.as_ptr());
        let gradient = work.gradient.as_mut_ptr();
        let rows = self.tile_rows(count);
        // SAFETY: the caller's; the scratch was made for this layout and tile.
        unsafe {
            if scale && !fused {
                V::enter(ScaleRows { slopes, stride, residuals, rows: count, q, particle_of_lane });
            }
            if fused {
                V::enter(Backward::<T, true> { rows, deltas: slopes, stride, residuals, gradient });
            } else {
                V::enter(Backward::<T, false> { rows, deltas: slopes, stride, residuals, gradient });
            }
        }
    }

    unsafe fn laplacian<V: Vector<Scalar = T>>(&mut self, count: usize, sums: &mut Sums) {
        // SAFETY: the caller's; the scratch was made for this layout and tile.
        unsafe {
            self.forward::<V>(count, false);
            match self.shape.activation {
                Activation::Sigmoid => V::enter(self.laplacian_terms::<SigmoidUnit>(count)),
                Activation::Tanh => V::enter(self.laplacian_terms::<TanhUnit>(count)),
                Activation::SoftPlus => V::enter(self.laplacian_terms::<SoftPlusUnit>(count)),
            }
            let (second, third) = (self.work.second.as_mut_ptr(), self.work.third.as_mut_ptr());
            self.fold::<V>(count, false);
            self.fold_buffer::<V>(second, count, false);
            self.fold_buffer::<V>(third, count, false);
            self.residuals::<V, false, true>(count);
        }
        let q = self.shape.layout.q;
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

    fn laplacian_terms<U>(&mut self, rows: usize) -> LaplacianTerms<T, U> {
        let work = &mut *self.work;
        LaplacianTerms {
            rows,
            stride: self.shape.layout.stride,
            outer: self.shape.layout.outer(),
            products: work.slopes.as_ptr(),
            sums: work.outputs.as_mut_ptr(),
            squared_slopes: work.second.as_mut_ptr(),
            curvatures: work.third.as_mut_ptr(),
            unit: PhantomData,
        }
    }

    unsafe fn hessian_vector<V: Vector<Scalar = T>>(&mut self, count: usize) {
        // SAFETY: the caller's; the scratch was made for this layout and tile.
        unsafe {
            self.forward::<V>(count, false);
            self.forward::<V>(count, true);
            match self.shape.activation {
                Activation::Sigmoid => V::enter(self.hessian_terms::<SigmoidUnit>(count)),
                Activation::Tanh => V::enter(self.hessian_terms::<TanhUnit>(count)),
                Activation::SoftPlus => V::enter(self.hessian_terms::<SoftPlusUnit>(count)),
            }
            let along = self.work.second.as_mut_ptr();
            self.fold::<V>(count, false);
            self.fold_buffer::<V>(along, count, false);
            self.residuals::<V, false, true>(count);
            let work = &mut *self.work;
            V::enter(CombineRows {
                rows: count,
                stride: self.shape.layout.stride,
                q: self.shape.layout.q,
                particle_of_lane: &self.shape.layout.particle_of_lane,
                slopes: work.slopes.as_mut_ptr(),
                tangents: work.tangents.as_ptr(),
                residuals: work.residuals.as_ptr(),
                curvatures: work.curvatures.as_ptr(),
                along,
            });
            self.backward::<V>(count, false);
        }
    }

    fn hessian_terms<U>(&mut self, rows: usize) -> HessianTerms<T, U> {
        let work = &mut *self.work;
        HessianTerms {
            rows,
            stride: self.shape.layout.stride,
            outer: self.shape.layout.outer(),
            products: work.slopes.as_mut_ptr(),
            tangents: work.tangents.as_mut_ptr(),
            sums: work.outputs.as_mut_ptr(),
            along: work.second.as_mut_ptr(),
            unit: PhantomData,
        }
    }
}
