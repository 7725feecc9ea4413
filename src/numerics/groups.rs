//! Walks over groups of particles and tiles of rows, and has the passes run on them.
//!
//! Nothing here is compiled for a back end; each pass is, see `Present::enter`.

use super::layout::{Layout, NetWork};
use super::pack::{Pack, Unpack};
use super::simd::{Driver, Present, Vector};
use super::tile::ROW_PADDING;
use super::{Activation, Loss, Reading, Real, Rows};

/// Which rows a particle sees, with which weights.
#[derive(Clone, Copy)]
pub(super) enum Selection<'a, T> {
    /// All, weight 1/n.
    All,
    /// All, weight ω_i/n; count × n.
    Weighted(&'a [T]),
    /// Its own b rows, weight 1/b; count × b. Only for layouts with one particle a group.
    Batch(&'a [u32]),
}

/// What is asked for.
pub(super) enum Goal<'a, T> {
    Gradient { gradient: &'a mut [T], readings: Option<&'a mut [Reading]> },
    Readings(&'a mut [Reading]),
    Laplacian(&'a mut [f64]),
    HessianVector { vectors: &'a [T], out: &'a mut [T] },
    Outputs(&'a mut [T]),
}

/// The net as the passes need it.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a, T> {
    pub layout: &'a Layout<T>,
    pub activation: Activation,
    pub loss: Loss,
    pub lambda: f64,
    pub width: usize,
    pub dim: usize,
}

/// One call of a kernel. Lengths have been checked by the caller.
pub(super) struct Call<'a, T> {
    pub shape: Shape<'a, T>,
    pub rows: Rows<'a, T>,
    pub selection: Selection<'a, T>,
    pub weights: &'a [T],
    pub goal: Goal<'a, T>,
    pub work: &'a mut NetWork<T>,
}

/// Sums of a group over its tiles, by lane or by particle. A lane belongs to particle (lane mod q).
pub(super) struct Sums {
    pub values: [f64; 16],
    pub right: [f64; 16],
    pub laplacians: [f64; 16],
}

impl<T: Real> Driver<T> for Call<'_, T> {
    type Output = ();

    fn drive<V: Vector<Scalar = T>>(mut self, present: Present<V>) {
        let size = self.shape.width * self.shape.dim;
        let count = self.weights.len() / size;
        let q = self.shape.layout.q;
        for first in (0..count).step_by(q) {
            self.group(present, first, q.min(count - first), size);
        }
    }
}

impl<T: Real> Call<'_, T> {
    /// Particles `first..first + taken`.
    fn group<V: Vector<Scalar = T>>(&mut self, present: Present<V>, first: usize, taken: usize, size: usize) {
        let Shape { layout, width, dim, .. } = self.shape;
        let mine = first * size..(first + taken) * size;
        let packed = dim * layout.stride;
        let argument = T::from_f64(layout.argument);
        let packing = Pack {
            layout,
            width,
            dim,
            factor: argument,
            particles: &self.weights[mine.clone()],
            packed: self.work.weights.as_mut_slice(),
        };
        present.enter(packing);
        if let Goal::HessianVector { vectors, .. } = &self.goal {
            let packing = Pack {
                layout,
                width,
                dim,
                factor: T::ONE,
                particles: &vectors[mine.clone()],
                packed: self.work.vectors.as_mut_slice(),
            };
            present.enter(packing);
        }
        self.work.gradient.as_mut_slice()[..packed].fill(T::default());
        let mut sums = Sums { values: [0.0; 16], right: [0.0; 16], laplacians: [0.0; 16] };
        let total = self.rows_of_a_particle();
        self.work.base = 0;
        self.equal_weights(total);
        for start in (0..total).step_by(self.work.tile_rows) {
            let count = self.work.tile_rows.min(total - start);
            self.prepare(first, taken, start, count);
            self.tile(present, count, &mut sums);
            if let Goal::Outputs(out) = &mut self.goal {
                let outputs = self.work.outputs.as_mut_slice();
                for r in 0..taken {
                    let from = outputs[r..].iter().step_by(layout.q);
                    let to = &mut out[(first + r) * total + start..][..count];
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                }
            }
        }
        self.finish(present, first..first + taken, mine, &sums, total);
    }

    /// How many rows each particle sees.
    fn rows_of_a_particle(&self) -> usize {
        let particles = self.weights.len() / (self.shape.width * self.shape.dim);
        match self.selection {
            Selection::All | Selection::Weighted(_) => self.rows.len(),
            Selection::Batch(batch) => batch.len() / particles,
        }
    }

    fn equal_weights(&mut self, total: usize) {
        if !matches!(self.selection, Selection::Weighted(_)) {
            let numbers = self.work.tile_rows.min(total.next_multiple_of(ROW_PADDING)) * self.shape.layout.q;
            self.work.row_weights.as_mut_slice()[..numbers].fill(T::from_f64(1.0 / total as f64));
        }
    }

    /// Offsets (the same for every whole tile), labels and weights of rows `start..start + count` of the selection.
    fn prepare(&mut self, first: usize, taken: usize, start: usize, count: usize) {
        let dim = self.shape.dim;
        let total = self.rows_of_a_particle();
        let labels = self.work.labels.as_mut_slice();
        if let Selection::Batch(batch) = self.selection {
            let offsets = &mut self.work.offsets[..count.next_multiple_of(ROW_PADDING)];
            let (true_offsets, padding) = offsets.split_at_mut(count);
            let batch = &batch[first * total + start..][..count];
            for ((offset, label), row) in true_offsets.iter_mut().zip(labels).zip(batch) {
                // The index into the labels is also the check that the row exists.
                *label = self.rows.labels[*row as usize];
                *offset = *row as usize * dim;
            }
            padding.fill(true_offsets[0]);
        } else {
            labels[..count].copy_from_slice(&self.rows.labels[start..start + count]);
            self.work.base = start * dim;
            if start == 0 {
                for (row, offset) in self.work.offsets.iter_mut().enumerate() {
                    *offset = row * dim;
                }
            }
            self.work.offsets[count..count.next_multiple_of(ROW_PADDING)].fill(0);
        }
        if let Selection::Weighted(omega) = self.selection {
            let (n, q) = (self.rows.len(), self.shape.layout.q);
            let inverse = T::from_f64(1.0 / n as f64);
            let row_weights = self.work.row_weights.as_mut_slice();
            for r in 0..taken {
                let omega = &omega[(first + r) * n + start..][..count];
                for (to, omega) in row_weights[r..].iter_mut().step_by(q).zip(omega) {
                    *to = *omega * inverse;
                }
            }
        }
    }

    /// Takes the group's results apart: those of `particles`, whose numbers are `mine`.
    fn finish<V: Vector<Scalar = T>>(
        &mut self,
        present: Present<V>,
        particles: std::ops::Range<usize>,
        mine: std::ops::Range<usize>,
        sums: &Sums,
        total: usize,
    ) {
        let Shape { layout, lambda, width, dim, .. } = self.shape;
        let factor = T::from_f64(lambda);
        let packed = self.work.gradient.as_mut_slice();
        let read = |readings: &mut [Reading]| {
            for (r, reading) in readings[particles.clone()].iter_mut().enumerate() {
                let mean =
                    |lanes: &[f64; 16]| lanes[r..].iter().step_by(layout.q).sum::<f64>() / total as f64;
                *reading = Reading { data_risk: mean(&sums.values), correct: mean(&sums.right) };
            }
        };
        match &mut self.goal {
            Goal::Gradient { gradient, readings } => {
                let unpacking = Unpack {
                    layout,
                    width,
                    dim,
                    scaled: true,
                    lambda: factor,
                    particles: &self.weights[mine.clone()],
                    packed,
                    out: &mut gradient[mine],
                };
                present.enter(unpacking);
                if let Some(readings) = readings {
                    read(readings);
                }
            }
            Goal::HessianVector { vectors, out } => {
                let unpacking = Unpack {
                    layout,
                    width,
                    dim,
                    scaled: false,
                    lambda: factor,
                    particles: &vectors[mine.clone()],
                    packed,
                    out: &mut out[mine],
                };
                present.enter(unpacking);
            }
            Goal::Readings(readings) => read(readings),
            Goal::Laplacian(out) => {
                for (out, sum) in out[particles].iter_mut().zip(sums.laplacians) {
                    *out = sum + lambda * (width * dim) as f64;
                }
            }
            Goal::Outputs(_) => {}
        }
    }
}
