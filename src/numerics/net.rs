//! The two-layer net over many particles at once: gradients, readings, Laplacians, Hessian-vector products.

use super::groups::{Call, Goal, Selection, Shape};
use super::layout::{Layout, NetWork, side_by_side};
use super::plain::Rows;
use super::simd::{lanes, run};
use super::tile::ROW_PADDING;
use super::{Activation, Backend, Loss, Real};

/// What an observer reads of one particle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Reading {
    /// (1/n) Σ ℓ_i, without the penalty.
    pub data_risk: f64,
    /// The fraction of rows with y_i f_i > 0.
    pub correct: f64,
}

/// The risk L̃(W) = (1/n) Σ ℓ_i(W) + (λ/2)‖W‖² of a two-layer net, for many particles in one call.
///
/// Particles lie one after another, each as vec(W) column by column (`w[k*p + j]` = W_jk). How many there are is read
/// off the length of `weights`. The numbers a particle gets do not depend on which others stand in the call nor on how
/// many: bit for bit within one back end. No call allocates; all scratch is in [`NetWork`]. Cost of a gradient: 4npd
/// flops and np activations a particle.
#[derive(Debug, Clone)]
pub struct NetKernel<T> {
    backend: Backend,
    activation: Activation,
    loss: Loss,
    lambda: f64,
    width: usize,
    dim: usize,
    /// For rows that all particles share.
    shared: Layout<T>,
    /// For minibatches, where every particle has rows of its own.
    own: Layout<T>,
}

/// Bytes of weights, gradients and noise of a block: half the smallest second-level cache in use.
const BLOCK_BYTES: usize = 96 * 1024;
/// Particles of a block at most.
const LONGEST_BLOCK: usize = 64;

impl<T: Real> NetKernel<T> {
    /// The risk of f(x) = Σ_j a_j σ_β(w_j·x) with a = `outer` (p = its length ≥ 1), penalty λ = `lambda`, x ∈ R^dim.
    ///
    /// Panics unless `backend` is available, β > 0, p ≥ 1 and dim ≥ 1.
    pub fn new(
        backend: Backend,
        activation: Activation,
        beta: f64,
        loss: Loss,
        outer: &[f64],
        lambda: f64,
        dim: usize,
    ) -> Self {
        assert!(backend.is_available(), "this processor lacks the back end {backend}");
        assert!(beta > 0.0, "β must be positive");
        assert!(!outer.is_empty() && dim >= 1, "p and d must be at least 1");
        let lanes = lanes::<T>(backend);
        let layout = |q| Layout::new(q, lanes, activation, beta, outer);
        let width = outer.len();
        let (shared, own) = (layout(side_by_side(width, lanes)), layout(1));
        Self { backend, activation, loss, lambda, width, dim, shared, own }
    }

    /// p.
    pub fn width(&self) -> usize {
        self.width
    }

    /// d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The instructions in use.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// How many particles a block should hold, from the shape and the back end alone: a multiple of the particles that
    /// share vectors, and few enough that a block's weights, gradients and noise stay in the second-level cache.
    pub fn block_len(&self, _samples: usize) -> usize {
        let q = self.shared.q;
        let fitting = BLOCK_BYTES / (3 * self.width * self.dim * size_of::<T>());
        (fitting.min(LONGEST_BLOCK) / q * q).max(q)
    }

    /// Scratch for calls with about `max_rows` rows (more are allowed); the only allocation. Size: 3 pd numbers for each of
    /// the particles that share vectors, and some 100 KiB.
    pub fn work(&self, max_rows: usize) -> NetWork<T> {
        let rows = self.shared.tile_rows(self.dim).min(max_rows.max(1).next_multiple_of(ROW_PADDING));
        NetWork::new(rows, self.dim, self.shared.stride.max(self.own.stride))
    }

    fn shape<'a>(&'a self, layout: &'a Layout<T>) -> Shape<'a, T> {
        let Self { activation, loss, lambda, width, dim, .. } = *self;
        Shape { layout, activation, loss, lambda, width, dim }
    }

    /// A call over rows that all particles share.
    fn call(
        &self,
        rows: Rows<T>,
        selection: Selection<T>,
        weights: &[T],
        goal: Goal<T>,
        work: &mut NetWork<T>,
    ) {
        let layout = if matches!(selection, Selection::Batch(_)) { &self.own } else { &self.shared };
        work.check(self.dim, self.shared.stride.max(self.own.stride));
        run(self.backend, Call { shape: self.shape(layout), rows, selection, weights, goal, work });
    }

    fn count(&self, rows: Rows<T>, weights: &[T]) -> usize {
        assert_eq!(rows.dim, self.dim, "rows have another dimension than the net");
        assert_eq!(rows.inputs.len(), rows.len() * rows.dim, "inputs must hold n × d numbers");
        assert!(!rows.is_empty(), "at least one row");
        let size = self.width * self.dim;
        assert_eq!(weights.len() % size, 0, "weights must hold count × p × d numbers");
        weights.len() / size
    }

    /// ∇L̃ of every particle; `gradient` has the shape of `weights`.
    pub fn gradient(&self, rows: Rows<T>, weights: &[T], gradient: &mut [T], work: &mut NetWork<T>) {
        self.count(rows, weights);
        assert_eq!(gradient.len(), weights.len(), "the gradient has the shape of the weights");
        self.call(rows, Selection::All, weights, Goal::Gradient { gradient, readings: None }, work);
    }

    /// (1/n) Σ_i ω_i ∇ℓ_i + λW of every particle, with its own ω: `sample_weights` is count × n.
    pub fn weighted_gradient(
        &self,
        rows: Rows<T>,
        sample_weights: &[T],
        weights: &[T],
        gradient: &mut [T],
        work: &mut NetWork<T>,
    ) {
        let count = self.count(rows, weights);
        assert_eq!(sample_weights.len(), count * rows.len(), "sample weights are count × n");
        assert_eq!(gradient.len(), weights.len(), "the gradient has the shape of the weights");
        let goal = Goal::Gradient { gradient, readings: None };
        self.call(rows, Selection::Weighted(sample_weights), weights, goal, work);
    }

    /// (1/b) Σ_{i∈batch} ∇ℓ_i + λW of every particle, with its own batch: `batch` is count × b, b ≥ 1, indices < n (a
    /// panic otherwise).
    pub fn minibatch_gradient(
        &self,
        rows: Rows<T>,
        batch: &[u32],
        weights: &[T],
        gradient: &mut [T],
        work: &mut NetWork<T>,
    ) {
        let count = self.count(rows, weights);
        assert_eq!(gradient.len(), weights.len(), "the gradient has the shape of the weights");
        if count == 0 {
            return;
        }
        assert!(!batch.is_empty() && batch.len().is_multiple_of(count), "batches are count × b, b ≥ 1");
        self.call(rows, Selection::Batch(batch), weights, Goal::Gradient { gradient, readings: None }, work);
    }

    /// The data risk and fraction correct of every particle.
    pub fn readings(&self, rows: Rows<T>, weights: &[T], out: &mut [Reading], work: &mut NetWork<T>) {
        assert_eq!(out.len(), self.count(rows, weights), "one reading a particle");
        self.call(rows, Selection::All, weights, Goal::Readings(out), work);
    }

    /// [`Self::readings`] and [`Self::gradient`] in one pass over the data: the same bits as apart.
    pub fn readings_with_gradient(
        &self,
        rows: Rows<T>,
        weights: &[T],
        out: &mut [Reading],
        gradient: &mut [T],
        work: &mut NetWork<T>,
    ) {
        assert_eq!(out.len(), self.count(rows, weights), "one reading a particle");
        assert_eq!(gradient.len(), weights.len(), "the gradient has the shape of the weights");
        self.call(rows, Selection::All, weights, Goal::Gradient { gradient, readings: Some(out) }, work);
    }

    /// ΔL̃ of every particle.
    pub fn laplacian(&self, rows: Rows<T>, weights: &[T], out: &mut [f64], work: &mut NetWork<T>) {
        assert_eq!(out.len(), self.count(rows, weights), "one Laplacian a particle");
        self.call(rows, Selection::All, weights, Goal::Laplacian(out), work);
    }

    /// ∇²L̃ · v of every particle with its own v; `vectors` and `out` have the shape of `weights`.
    pub fn hessian_vector(
        &self,
        rows: Rows<T>,
        weights: &[T],
        vectors: &[T],
        out: &mut [T],
        work: &mut NetWork<T>,
    ) {
        self.count(rows, weights);
        assert_eq!(vectors.len(), weights.len(), "the vectors have the shape of the weights");
        assert_eq!(out.len(), weights.len(), "the products have the shape of the weights");
        self.call(rows, Selection::All, weights, Goal::HessianVector { vectors, out }, work);
    }

    /// f(x_i) of every particle and row; `out` is count × n.
    pub fn outputs(&self, rows: Rows<T>, weights: &[T], out: &mut [T], work: &mut NetWork<T>) {
        assert_eq!(out.len(), rows.len() * self.count(rows, weights), "outputs are count × n");
        self.call(rows, Selection::All, weights, Goal::Outputs(out), work);
    }
}

#[cfg(test)]
#[path = "net_tests.rs"]
mod tests;
