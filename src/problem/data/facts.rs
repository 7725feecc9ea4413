//! The two constants of the inputs that every bound of the theory uses.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};
use rand_distr::{Distribution, StandardNormal};

use crate::random::{Key, Purpose};

/// Up to this many rows or columns, whichever is fewer, the eigenvalue is computed in full.
const DENSE_LIMIT: usize = 4096;
/// Steps of Lanczos' method beyond it.
const LANCZOS_STEPS: usize = 200;
/// Chance that the bound taken from Lanczos' method lies below the eigenvalue.
const LANCZOS_RISK: f64 = 1e-15;

/// Entries between these squares and their sums stay far inside the range of a float64.
const SAFE_SIZE: std::ops::RangeInclusive<f64> = 1e-50..=1e50;

/// Size and scale of inputs X = (x_1, …, x_n)ᵀ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataFacts {
    /// Rows.
    pub n: usize,
    /// Inputs of a row.
    pub dim: usize,
    /// B_x = max_i ‖x_i‖₂; 0 without rows.
    pub max_norm: f64,
    /// μ_x = λ_max((1/n) Σ x_i x_iᵀ) ≤ B_x²; 0 without rows.
    pub mean_square_top_eigenvalue: f64,
}

impl DataFacts {
    /// The facts of `inputs`, n × `dim` row-major.
    ///
    /// Both numbers enter upper bounds, so neither is below the truth by more than rounding. With m = min(n, dim) ≤ 4096, μ_x
    /// is the top eigenvalue of the m × m Gram matrix, within about 10⁻¹³ of its size. Above, it is an upper bound at most
    /// 1.2 % too large, from 200 steps of Lanczos' method with a random start, which holds except with probability 10⁻¹⁵ over
    /// that (fixed) start (Kuczyński, Woźniakowski, SIAM J. Matrix Anal. Appl. 13, 1992, theorem 4.2); and never above B_x².
    ///
    /// Cost: n·dim·m + m³ operations and m² numbers; or 400·n·dim and 200·m. Panics unless `inputs.len()` is a multiple of
    /// `dim` ≥ 1. The inputs are finite.
    pub fn of(inputs: &[f64], dim: usize) -> Self {
        assert!(dim >= 1 && inputs.len().is_multiple_of(dim), "inputs are not whole rows of {dim}");
        let n = inputs.len() / dim;
        let largest = inputs.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        if largest == 0.0 {
            return Self { n, dim, max_norm: 0.0, mean_square_top_eigenvalue: 0.0 };
        }
        if !SAFE_SIZE.contains(&largest) {
            let scaled: Vec<f64> = inputs.iter().map(|x| x / largest).collect();
            let unit = Self::of(&scaled, dim);
            let max_norm = unit.max_norm * largest;
            return Self {
                max_norm,
                mean_square_top_eigenvalue: unit.mean_square_top_eigenvalue * largest * largest,
                ..unit
            };
        }
        let squared_norm = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>();
        let max_norm = inputs.chunks_exact(dim).map(squared_norm).fold(0.0, f64::max).sqrt();
        let x = MatRef::from_row_major_slice(inputs, n, dim);
        // X Xᵀ has the eigenvalues of Xᵀ X but for zeros.
        let x = if n < dim { x.transpose() } else { x };
        let top = match x.ncols() {
            ..=DENSE_LIMIT => dense_top(x),
            _ => lanczos_top(x, LANCZOS_STEPS, LANCZOS_RISK),
        };
        Self { n, dim, max_norm, mean_square_top_eigenvalue: (top / n as f64).min(max_norm * max_norm) }
    }
}

/// λ_max(xᵀ x) by way of the whole spectrum.
fn dense_top(x: MatRef<f64>) -> f64 {
    let m = x.ncols();
    let mut gram = Mat::<f64>::zeros(m, m);
    triangular::matmul(
        gram.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        x.transpose(),
        BlockStructure::Rectangular,
        x,
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    top_eigenvalue(gram.as_ref())
}

/// The largest eigenvalue of the symmetric matrix whose lower triangle is given; in one thread, so always the same bits.
fn top_eigenvalue(lower: MatRef<f64>) -> f64 {
    let m = lower.nrows();
    let mut eigenvalues = Diag::<f64>::zeros(m);
    let scratch = self_adjoint_evd_scratch::<f64>(m, ComputeEigenvectors::No, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(lower, eigenvalues.as_mut(), None, Par::Seq, stack, Default::default())
        .map(|()| eigenvalues.column_vector().iter().fold(0.0, |top: f64, &value| top.max(value)))
        // The iteration is not known to fail on finite matrices; the trace is an upper bound that needs none.
        .unwrap_or_else(|_| (0..m).map(|i| lower[(i, i)]).sum())
}

/// An upper bound of λ_max(xᵀ x) that fails with probability `risk`: the top Ritz value θ of `steps` steps of Lanczos' method
/// from a direction uniform on the sphere of ℝ^m satisfies P(θ < (1 − ε) λ_max) ≤ 1.648 √m e^{−√ε (2·steps − 1)}.
fn lanczos_top(x: MatRef<f64>, steps: usize, risk: f64) -> f64 {
    let m = x.ncols();
    // A tag of its own: the start must not be made of the numbers that the data were made of.
    let mut stream = Key::new(0, Purpose::Data).tagged(1).stream(0, 0);
    let mut next: Mat<f64> = Mat::from_fn(m, 1, |_, _| StandardNormal.sample(&mut stream));
    let mut basis = Mat::<f64>::zeros(m, steps);
    let mut tridiagonal = Mat::<f64>::zeros(steps, steps);
    let mut used = steps;
    let mut scale = 0.0f64;
    for k in 0..steps {
        let norm = next.norm_l2();
        // An invariant subspace: the Ritz values are eigenvalues. Never at the first step.
        if k > 0 && norm <= 1e-14 * scale {
            used = k;
            break;
        }
        if k > 0 {
            tridiagonal[(k, k - 1)] = norm;
        }
        basis.subcols_mut(k, 1).copy_from(&next * faer::Scale(1.0 / norm));
        let direction = basis.subcols(k, 1);
        next = product(x.transpose(), product(x, direction).as_ref());
        tridiagonal[(k, k)] = product(direction.transpose(), next.as_ref())[(0, 0)];
        scale = scale.max(next.norm_l2());
        // Against the whole basis, twice: the theorem holds for exact arithmetic, in which the basis is orthogonal.
        let known = basis.subcols(0, k + 1);
        for _ in 0..2 {
            let components = product(known.transpose(), next.as_ref());
            next -= product(known, components.as_ref());
        }
    }
    let ritz = top_eigenvalue(tridiagonal.submatrix(0, 0, used, used));
    let root = (1.648 * (m as f64).sqrt() / risk).ln() / (2.0 * steps as f64 - 1.0);
    ritz / (1.0 - root * root)
}

/// a·b in one thread, so always the same bits; the operator `*` follows a global setting.
fn product(a: MatRef<f64>, b: MatRef<f64>) -> Mat<f64> {
    let mut result = Mat::zeros(a.nrows(), b.ncols());
    matmul(result.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    result
}

#[cfg(test)]
mod tests;
