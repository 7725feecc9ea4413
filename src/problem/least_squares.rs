//! Linear least squares: a finite sum whose processes have exactly solvable moments.

use super::data::{Rows, Split};
use super::{FiniteSum, Potential, Quantity, Readings, Scratch, derived_readings};
use faer::{Mat, Side};

/// L̃(w) = (1/n) Σ_i ½(x_i·w − y_i)² + (λ/2)‖w‖² on training rows.
///
/// A quadratic with Hessian H = (1/n)Σ x_i x_iᵀ + λI, ∇L̃(w) = H(w − w*): the means of SGD and of every SDE with this drift are
/// linear recursions, and since ∇ℓ_i is linear in w too, so are their second moments, with the noise covariance
/// Σ(w) = (1/n)Σ r_i² x_i x_iᵀ − ∇L∇Lᵀ, r_i = x_i·w − y_i. Value and gradient cost D² operations, whatever n is.
#[derive(Debug, Clone)]
pub struct LeastSquares {
    lambda: f64,
    train: Rows,
    fit: Fit,
    test: Option<Fit>,
    hessian: Vec<f64>,
    eigenvalues: Vec<f64>,
    minimiser: Vec<f64>,
}

/// (1/m)Σ ½(x_i·w − y_i)² = ½ w·Sw − w·c + e of m rows.
#[derive(Debug, Clone)]
struct Fit {
    /// S = (1/m)Σ x_i x_iᵀ.
    second_moment: Vec<f64>,
    /// c = (1/m)Σ y_i x_i.
    cross: Vec<f64>,
    /// e = (1/2m)Σ y_i².
    labels: f64,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Fit {
    fn of(rows: &Rows) -> Self {
        let (dim, share) = (rows.dim, 1.0 / rows.len() as f64);
        let (mut second_moment, mut cross) = (vec![0.0; dim * dim], vec![0.0; dim]);
        for (x, y) in rows.inputs.chunks_exact(dim).zip(&rows.labels) {
            for (row, a) in second_moment.chunks_exact_mut(dim).zip(x) {
                row.iter_mut().zip(x).for_each(|(s, b)| *s += share * a * b);
            }
            cross.iter_mut().zip(x).for_each(|(c, a)| *c += share * y * a);
        }
        Self { second_moment, cross, labels: 0.5 * share * dot(&rows.labels, &rows.labels) }
    }

    fn value(&self, w: &[f64]) -> f64 {
        let rows = self.second_moment.chunks_exact(w.len());
        rows.zip(w).zip(&self.cross).map(|((row, w_k), c)| w_k * (0.5 * dot(row, w) - c)).sum::<f64>()
            + self.labels
    }
}

impl LeastSquares {
    /// The least squares of `split` with penalty λ = `lambda`.
    ///
    /// # Panics
    /// When λ < 0 or there are no training rows.
    pub fn new(split: Split, lambda: f64) -> Self {
        assert!(lambda >= 0.0 && !split.train.is_empty(), "λ ≥ 0, at least one row");
        let Split { train, test, .. } = split;
        let (dim, fit) = (train.dim, Fit::of(&train));
        let mut hessian = fit.second_moment.clone();
        hessian.iter_mut().step_by(dim + 1).for_each(|h| *h += lambda);
        let (eigenvalues, minimiser) = solve(&hessian, &fit.cross);
        let test = (!test.is_empty()).then(|| Fit::of(&test));
        Self { lambda, train, fit, test, hessian, eigenvalues, minimiser }
    }

    /// Training rows.
    pub fn train_rows(&self) -> &Rows {
        &self.train
    }

    /// H, D × D.
    pub fn hessian(&self) -> &[f64] {
        &self.hessian
    }

    /// The eigenvalues of H, increasing; those below 10⁻¹² of the largest are rounding, and stand for 0.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// A minimiser w* = H⁻¹c, the shortest one where H is singular.
    pub fn minimiser(&self) -> &[f64] {
        &self.minimiser
    }

    /// Whether H has an inverse: then the minimiser is the only one, and every Gibbs measure exists.
    pub fn is_definite(&self) -> bool {
        self.eigenvalues.first().zip(self.eigenvalues.last()).is_some_and(|(low, top)| *low > NULL * top)
    }

    /// Adds weight·(x_i·w − y_i) x_i for each (row, weight) to `gradient`, which holds λw before.
    fn add_rows(&self, w: &[f64], gradient: &mut [f64], rows: impl Iterator<Item = (usize, f64)>) {
        for (i, weight) in rows {
            let x = self.train.input(i);
            let residual = weight * (dot(x, w) - self.train.labels[i]);
            gradient.iter_mut().zip(x).for_each(|(g, x)| *g += residual * x);
        }
    }

    fn penalise(&self, w: &[f64], gradient: &mut [f64]) {
        gradient.iter_mut().zip(w).for_each(|(g, w)| *g = self.lambda * w);
    }
}

/// Eigenvalues below this share of the largest count as 0.
const NULL: f64 = 1e-12;

/// The eigenvalues of the symmetric `hessian`, increasing, and its pseudo-inverse times `right`.
fn solve(hessian: &[f64], right: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let dim = right.len();
    let matrix = Mat::from_fn(dim, dim, |i, j| hessian[i * dim + j]);
    let eigen = matrix.self_adjoint_eigen(Side::Lower).expect("a finite symmetric matrix has eigenvalues");
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let eigenvalues: Vec<f64> = (0..dim).map(|k| values[k]).collect();
    let least = NULL * eigenvalues.last().copied().unwrap_or(0.0);
    let mut solution = vec![0.0; dim];
    for (k, &theta) in eigenvalues.iter().enumerate().filter(|(_, theta)| **theta > least) {
        let along = (0..dim).map(|i| vectors[(i, k)] * right[i]).sum::<f64>() / theta;
        solution.iter_mut().enumerate().for_each(|(i, w)| *w += along * vectors[(i, k)]);
    }
    (eigenvalues, solution)
}

impl Potential for LeastSquares {
    fn dim(&self) -> usize {
        self.train.dim
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        let rows = self.hessian.chunks_exact(w.len());
        for ((g, row), c) in gradient.iter_mut().zip(rows).zip(&self.fit.cross) {
            *g = dot(row, w) - c;
        }
        0.5 * (dot(w, gradient) - dot(w, &self.fit.cross)) + self.fit.labels
    }

    fn block_readings(
        &self,
        weights: &[f64],
        wanted: &[Quantity],
        out: &mut [Readings],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let dim = self.dim();
        for ((w, g), reading) in weights.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)).zip(out) {
            reading[Quantity::Risk as usize] = self.value_gradient(w, g, scratch);
            derived_readings(w, g, reading);
            if wanted.contains(&Quantity::DataRisk) {
                reading[Quantity::DataRisk as usize] = self.fit.value(w);
            }
            if let (true, Some(test)) = (wanted.contains(&Quantity::TestRisk), &self.test) {
                reading[Quantity::TestRisk as usize] = test.value(w);
            }
            reading[Quantity::Laplacian as usize] = self.laplacian(w, scratch);
        }
    }

    fn hessian_vector(&self, _w: &[f64], v: &[f64], out: &mut [f64], _scratch: &mut Scratch) {
        out.iter_mut().zip(self.hessian.chunks_exact(v.len())).for_each(|(o, row)| *o = dot(row, v));
    }

    fn laplacian(&self, _w: &[f64], _scratch: &mut Scratch) -> f64 {
        self.hessian.iter().step_by(self.dim() + 1).sum()
    }

    fn gradient_lipschitz(&self) -> Option<f64> {
        self.eigenvalues.last().copied()
    }

    fn finite_sum(&self) -> Option<&dyn FiniteSum> {
        Some(self)
    }

    fn has(&self, quantity: Quantity) -> bool {
        quantity != Quantity::Distance
            && !quantity.needs_classes()
            && (!quantity.needs_test_rows() || self.test.is_some())
    }

    fn penalty(&self) -> f64 {
        self.lambda
    }
}

impl FiniteSum for LeastSquares {
    fn samples(&self) -> usize {
        self.train.len()
    }

    fn minibatch_gradient(&self, weights: &[f64], batch: &[u32], gradient: &mut [f64], _: &mut Scratch) {
        let dim = self.dim();
        let rows = batch.len() / (weights.len() / dim);
        let share = 1.0 / rows as f64;
        let particles = weights.chunks_exact(dim).zip(batch.chunks_exact(rows));
        for ((w, batch), g) in particles.zip(gradient.chunks_exact_mut(dim)) {
            self.penalise(w, g);
            self.add_rows(w, g, batch.iter().map(|&i| (i as usize, share)));
        }
    }

    fn weighted_gradient(
        &self,
        weights: &[f64],
        sample_weights: &[f64],
        gradient: &mut [f64],
        _scratch: &mut Scratch,
    ) {
        let dim = self.dim();
        let share = 1.0 / self.samples() as f64;
        let particles = weights.chunks_exact(dim).zip(sample_weights.chunks_exact(self.samples()));
        for ((w, omega), g) in particles.zip(gradient.chunks_exact_mut(dim)) {
            self.penalise(w, g);
            self.add_rows(w, g, omega.iter().enumerate().map(|(i, omega)| (i, share * omega)));
        }
    }
}
