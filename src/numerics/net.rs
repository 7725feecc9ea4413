//! The two-layer net over many particles at once: gradients, readings, Laplacians, Hessian-vector products.

use super::plain::{Net, Rows};
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
    beta: f64,
    loss: Loss,
    outer: Vec<f64>,
    lambda: f64,
    dim: usize,
    precision: std::marker::PhantomData<T>,
}

/// Scratch of one thread for the calls of one [`NetKernel`].
#[derive(Debug, Clone)]
pub struct NetWork<T> {
    inputs: Vec<f64>,
    labels: Vec<f64>,
    weights: Vec<f64>,
    vector: Vec<f64>,
    gradient: Vec<f64>,
    sample_weights: Vec<f64>,
    precision: std::marker::PhantomData<T>,
}

fn widen<T: Real>(from: &[T], to: &mut Vec<f64>) {
    to.clear();
    to.extend(from.iter().map(|v| v.to_f64()));
}

fn narrow<T: Real>(from: &[f64], to: &mut [T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = T::from_f64(*from);
    }
}

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
        assert!(
            backend.is_available(),
            "this processor lacks the back end {backend}"
        );
        assert!(beta > 0.0, "β must be positive");
        assert!(!outer.is_empty() && dim >= 1, "p and d must be at least 1");
        let outer = outer.to_vec();
        Self {
            backend,
            activation,
            beta,
            loss,
            outer,
            lambda,
            dim,
            precision: std::marker::PhantomData,
        }
    }

    /// p.
    pub fn width(&self) -> usize {
        self.outer.len()
    }

    /// d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The instructions in use.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    fn net(&self) -> Net<'_> {
        let Self {
            activation,
            beta,
            loss,
            lambda,
            ..
        } = *self;
        Net {
            activation,
            beta,
            loss,
            outer: &self.outer,
            lambda,
        }
    }

    /// How many particles a block should hold, from the shape alone.
    pub fn block_len(&self, _samples: usize) -> usize {
        let state = 3 * self.outer.len() * self.dim * size_of::<T>();
        (96 * 1024 / state).next_power_of_two().clamp(4, 64)
    }

    /// Scratch for calls with at most `max_rows` rows; the only allocation.
    pub fn work(&self, max_rows: usize) -> NetWork<T> {
        let weights = self.outer.len() * self.dim;
        NetWork {
            inputs: Vec::with_capacity(max_rows * self.dim),
            labels: Vec::with_capacity(max_rows),
            weights: Vec::with_capacity(weights),
            vector: Vec::with_capacity(weights),
            gradient: vec![0.0; weights.max(max_rows)],
            sample_weights: Vec::with_capacity(max_rows),
            precision: std::marker::PhantomData,
        }
    }

    fn load_rows(&self, rows: Rows<T>, work: &mut NetWork<T>) {
        widen(rows.inputs, &mut work.inputs);
        widen(rows.labels, &mut work.labels);
    }

    fn count(&self, rows: Rows<T>, weights: &[T]) -> usize {
        assert_eq!(rows.dim, self.dim, "rows have another dimension than the net");
        assert_eq!(
            rows.inputs.len(),
            rows.len() * rows.dim,
            "inputs must hold n × d numbers"
        );
        assert!(!rows.is_empty(), "at least one row");
        let size = self.outer.len() * self.dim;
        assert_eq!(weights.len() % size, 0, "weights must hold count × p × d numbers");
        weights.len() / size
    }

    /// ∇L̃ of every particle; `gradient` has the shape of `weights`.
    pub fn gradient(&self, rows: Rows<T>, weights: &[T], gradient: &mut [T], work: &mut NetWork<T>) {
        assert_eq!(
            gradient.len(),
            weights.len(),
            "the gradient has the shape of the weights"
        );
        self.each(rows, weights, gradient, work, |net, rows, w, _, _, out| {
            net.gradient(rows, w, out)
        });
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
        let n = rows.len();
        assert_eq!(
            gradient.len(),
            weights.len(),
            "the gradient has the shape of the weights"
        );
        assert_eq!(
            sample_weights.len(),
            n * self.count(rows, weights),
            "sample weights are count × n"
        );
        let mut omega = std::mem::take(&mut work.sample_weights);
        self.each(rows, weights, gradient, work, |net, rows, w, _, index, out| {
            widen(&sample_weights[index * n..(index + 1) * n], &mut omega);
            net.weighted_gradient(rows, &omega, w, out);
        });
        work.sample_weights = omega;
    }

    /// (1/b) Σ_{i∈batch} ∇ℓ_i + λW of every particle, with its own batch: `batch` is count × b, b ≥ 1, indices < n.
    pub fn minibatch_gradient(
        &self,
        rows: Rows<T>,
        batch: &[u32],
        weights: &[T],
        gradient: &mut [T],
        work: &mut NetWork<T>,
    ) {
        assert_eq!(
            gradient.len(),
            weights.len(),
            "the gradient has the shape of the weights"
        );
        let count = self.count(rows, weights).max(1);
        assert_eq!(batch.len() % count, 0, "batches are count × b");
        let b = batch.len() / count;
        self.each(rows, weights, gradient, work, |net, rows, w, _, index, out| {
            net.minibatch_gradient(rows, &batch[index * b..(index + 1) * b], w, out);
        });
    }

    /// The data risk and fraction correct of every particle.
    pub fn readings(&self, rows: Rows<T>, weights: &[T], out: &mut [Reading], work: &mut NetWork<T>) {
        assert_eq!(out.len(), self.count(rows, weights), "one reading a particle");
        self.each(rows, weights, &mut [], work, |net, rows, w, _, index, _| {
            out[index] = Reading {
                data_risk: net.data_risk(rows, w),
                correct: net.correct(rows, w),
            };
        });
    }

    /// [`Self::readings`] and [`Self::gradient`] in one pass over the data.
    pub fn readings_with_gradient(
        &self,
        rows: Rows<T>,
        weights: &[T],
        out: &mut [Reading],
        gradient: &mut [T],
        work: &mut NetWork<T>,
    ) {
        self.readings(rows, weights, out, work);
        self.gradient(rows, weights, gradient, work);
    }

    /// ΔL̃ of every particle.
    pub fn laplacian(&self, rows: Rows<T>, weights: &[T], out: &mut [f64], work: &mut NetWork<T>) {
        assert_eq!(out.len(), self.count(rows, weights), "one Laplacian a particle");
        self.each(rows, weights, &mut [], work, |net, rows, w, _, index, _| {
            out[index] = net.laplacian(rows, w);
        });
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
        assert_eq!(
            vectors.len(),
            weights.len(),
            "the vectors have the shape of the weights"
        );
        assert_eq!(
            out.len(),
            weights.len(),
            "the products have the shape of the weights"
        );
        let size = self.outer.len() * self.dim;
        self.each(rows, weights, out, work, |net, rows, w, v, index, out| {
            widen(&vectors[index * size..(index + 1) * size], v);
            net.hessian_vector(rows, w, v, out);
        });
    }

    /// f(x_i) of every particle and row; `out` is count × n.
    pub fn outputs(&self, rows: Rows<T>, weights: &[T], out: &mut [T], work: &mut NetWork<T>) {
        let n = rows.len();
        assert_eq!(out.len(), n * self.count(rows, weights), "outputs are count × n");
        self.each(rows, weights, &mut [], work, |net, rows, w, v, index, _| {
            v.resize(n, 0.0);
            net.outputs(rows, w, v);
            narrow(v, &mut out[index * n..(index + 1) * n]);
        });
    }

    /// Calls `visit(net, rows, w, scratch, index, gradient)` for every particle; copies the gradient out if `out` is not empty.
    fn each(
        &self,
        rows: Rows<T>,
        weights: &[T],
        out: &mut [T],
        work: &mut NetWork<T>,
        mut visit: impl FnMut(Net, Rows, &[f64], &mut Vec<f64>, usize, &mut [f64]),
    ) {
        self.count(rows, weights);
        self.load_rows(rows, work);
        let size = self.outer.len() * self.dim;
        let wide = Rows {
            inputs: &work.inputs,
            labels: &work.labels,
            dim: self.dim,
        };
        for (index, w) in weights.chunks_exact(size).enumerate() {
            widen(w, &mut work.weights);
            let gradient = &mut work.gradient[..size];
            visit(self.net(), wide, &work.weights, &mut work.vector, index, gradient);
            if let Some(out) = out.get_mut(index * size..(index + 1) * size) {
                narrow(gradient, out);
            }
        }
    }
}
