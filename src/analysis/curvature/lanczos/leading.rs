//! The leading eigenpairs of a symmetric operator from the same Krylov spaces.

use super::{FULL, INVARIANT, Space, grow, product};
use faer::{Mat, Side};

/// A leading eigenpair as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct RitzPair {
    /// θ = ⟨y, Hy⟩, never outside the spectrum.
    pub value: f64,
    /// y, of norm 1.
    pub vector: Vec<f64>,
    /// ‖Hy − θy‖: an eigenvalue lies within this distance of θ.
    pub residual: f64,
}

/// The most steps where not all dimensions are searched.
const STEPS: usize = 96;
/// Relative to the largest ‖Hv‖: residuals at which the search ends early.
const RESIDUAL: f64 = 1e-6;

/// A Krylov space of the symmetric H on R^dim that `multiply` applies, and its `count` largest Ritz pairs, largest first.
///
/// `direction` draws standard normal vectors. D ≤ 64: all of R^D, exact up to rounding. Otherwise it ends when the
/// residuals of the `count` pairs are below 10⁻⁶ ‖H‖, where H maps the space into itself, or after 96 steps: of a multiple
/// eigenvalue it then shows one vector alone. `None` where a product is not finite.
pub fn leading(
    dim: usize,
    count: usize,
    multiply: impl FnMut(&[f64], &mut [f64]),
    direction: impl FnMut() -> Vec<f64>,
) -> Option<(Space, Vec<RitzPair>)> {
    let last = if dim <= FULL { dim } else { dim.min(STEPS) };
    let mut pairs = Vec::new();
    let space = grow(dim, multiply, direction, |space, invariant| {
        let steps = space.basis.len();
        if steps < last && !(dim > FULL && (invariant || steps.is_multiple_of(8))) {
            return Some(false);
        }
        pairs = space.largest(count)?;
        let settled = pairs.iter().all(|pair| pair.residual <= RESIDUAL * space.size);
        Some(steps == last || invariant || settled)
    })?;
    Some((space, pairs))
}

impl Space {
    /// Orthonormal vectors that span the space.
    pub fn basis(&self) -> &[Vec<f64>] {
        &self.basis
    }

    /// H times each of them.
    pub fn images(&self) -> &[Vec<f64>] {
        &self.images
    }

    /// Takes out of `v` what lies in the space; returns whether more than rounding is left.
    pub fn leave_out(&self, v: &mut [f64]) -> bool {
        let before = product(v, v).sqrt();
        for _ in 0..2 {
            self.basis.iter().for_each(|unit| super::add(v, -product(v, unit), unit));
        }
        product(v, v).sqrt() > INVARIANT * before
    }

    /// The `count` largest Ritz pairs, largest first.
    fn largest(&self, count: usize) -> Option<Vec<RitzPair>> {
        let m = self.basis.len();
        let lower = Mat::from_fn(m, m, |i, j| if i >= j { self.projected[i][j] } else { 0.0 });
        let eigen = lower.self_adjoint_eigen(Side::Lower).ok()?;
        let pair = |k: usize| {
            let weights: Vec<f64> = (0..m).map(|i| eigen.U()[(i, k)]).collect();
            let (value, residual) = self.quotient(&weights);
            let mut vector = vec![0.0; self.dim];
            self.basis.iter().zip(&weights).for_each(|(v, weight)| super::add(&mut vector, *weight, v));
            RitzPair { value, vector, residual }
        };
        Some((0..m).rev().take(count).map(pair).collect())
    }
}
