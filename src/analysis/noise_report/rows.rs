//! The gradients of single rows about their mean.

use crate::problem::{FiniteSum, Scratch};

/// Numbers that are kept at most: 32 MiB. With more, rows are computed again in every pass.
const MOST_KEPT: usize = 1 << 22;
/// Relative to the largest ‖∇ℓ_i‖: rounding.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// ∇ℓ_i(w) − ∇L(w) of all rows i at one w, in passes over the rows.
///
/// The penalty has the same gradient in every row and drops out. A pass costs about one full gradient where rows are not
/// kept, and n D multiplications where they are (n D ≤ 2²²).
pub(super) struct CentredRows<'a> {
    sum: &'a dyn FiniteSum,
    /// As many copies of w as rows are computed at once.
    weights: Vec<f64>,
    gradients: Vec<f64>,
    kept: bool,
    mean: Vec<f64>,
    largest: f64,
}

impl<'a> CentredRows<'a> {
    /// The rows at `w`; `None` where a gradient is not finite.
    pub fn new(sum: &'a dyn FiniteSum, w: &[f64], scratch: &mut Scratch) -> Option<Self> {
        Self::with_room(sum, w, MOST_KEPT, scratch)
    }

    /// The same with room for `most` numbers.
    pub fn with_room(sum: &'a dyn FiniteSum, w: &[f64], most: usize, scratch: &mut Scratch) -> Option<Self> {
        let (dim, n) = (w.len(), sum.samples());
        let at_once = sum.block_len().clamp(1, n);
        let fits = n.saturating_mul(dim) <= most;
        let mut rows = Self {
            sum,
            weights: w.repeat(at_once),
            gradients: vec![0.0; if fits { n } else { at_once } * dim],
            kept: false,
            mean: vec![0.0; dim],
            largest: 0.0,
        };
        let (mut mean, mut largest) = (vec![0.0; dim], 0.0f64);
        rows.each(scratch, |gradient| {
            mean.iter_mut().zip(gradient).for_each(|(m, g)| *m += g / n as f64);
            let squares: f64 = gradient.iter().map(|g| g * g).sum();
            largest = if squares.is_finite() { largest.max(squares.sqrt()) } else { f64::NAN };
        });
        rows.kept = fits;
        (rows.mean, rows.largest) = (mean, largest);
        (rows.mean.iter().all(|m| m.is_finite()) && largest.is_finite()).then_some(rows)
    }

    /// n.
    pub fn count(&self) -> usize {
        self.sum.samples()
    }

    /// A trace of Σ up to this is rounding.
    pub fn rounding(&self) -> f64 {
        (ROUNDING * self.largest).powi(2)
    }

    /// Hands each row's gradient about the mean to `visit`, in their order.
    pub fn each(&mut self, scratch: &mut Scratch, mut visit: impl FnMut(&[f64])) {
        let dim = self.mean.len();
        let (n, at_once) = (self.count(), self.weights.len() / dim);
        let mut centred = vec![0.0; dim];
        for first in (0..n).step_by(at_once) {
            let count = at_once.min(n - first);
            let start = if self.gradients.len() == n * dim { first * dim } else { 0 };
            let chunk = &mut self.gradients[start..start + count * dim];
            if !self.kept {
                let batch: Vec<u32> = (first as u32..(first + count) as u32).collect();
                self.sum.minibatch_gradient(&self.weights[..count * dim], &batch, chunk, scratch);
            }
            for gradient in chunk.chunks_exact(dim) {
                centred.iter_mut().zip(gradient.iter().zip(&self.mean)).for_each(|(c, (g, m))| *c = g - m);
                visit(&centred);
            }
        }
    }

    /// tr Σ = (1/n) Σ ‖∇ℓ_i − ∇L‖².
    pub fn trace(&mut self, scratch: &mut Scratch) -> f64 {
        let mut sum = 0.0;
        self.each(scratch, |row| sum += dot(row, row));
        sum / self.count() as f64
    }

    /// Σv = (1/n) Σ (∇ℓ_i − ∇L) ⟨∇ℓ_i − ∇L, v⟩ into `out`.
    pub fn covariance(&mut self, v: &[f64], out: &mut [f64], scratch: &mut Scratch) {
        out.fill(0.0);
        let share = 1.0 / self.count() as f64;
        self.each(scratch, |row| {
            let factor = share * dot(row, v);
            out.iter_mut().zip(row).for_each(|(o, r)| *o += factor * r);
        });
    }

    /// The central moments of order 2, 3 and 4 of ⟨∇ℓ_i, u⟩ over the rows, for each u of `directions`.
    pub fn moments(&mut self, directions: &[Vec<f64>], scratch: &mut Scratch) -> Vec<[f64; 3]> {
        let mut moments = vec![[0.0; 3]; directions.len()];
        let share = 1.0 / self.count() as f64;
        self.each(scratch, |row| {
            for (moments, u) in moments.iter_mut().zip(directions) {
                let x = dot(row, u);
                let square = x * x;
                let powers = [square, square * x, square * square];
                moments.iter_mut().zip(powers).for_each(|(m, p)| *m += share * p);
            }
        });
        moments
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
