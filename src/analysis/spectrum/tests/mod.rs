//! Checks of the grid against exact answers, against finer grids, and against itself broken on purpose.

mod curves;
mod distances;
mod double_well;
mod nets;
mod quadratics;
mod refusals;

use super::{Grid, Numeric, Observable};
use crate::problem::Quantity;

fn quantity(grid: &Grid, quantity: Quantity) -> Observable {
    grid.quantity(quantity).unwrap()
}

fn mean(grid: &Grid, which: Quantity) -> Numeric {
    grid.mean(&quantity(grid, which))
}

/// The value is right to its own error, and the error is at most `at_most`.
#[track_caller]
fn assert_numeric(got: Numeric, want: f64, at_most: f64) {
    let miss = (got.value - want).abs();
    // A number that is right to its last digits may differ from `want` by rounding of `want`.
    assert!(miss <= got.error + 1e-14 * want.abs(), "{got:?}, expected {want}: off by {miss:e}");
    assert!(got.error <= at_most, "{got:?}: the error says less than {at_most:e}");
}

/// E_μ⟨W,∇L̃⟩ = D s/2 and E_μ‖∇L̃‖² = (s/2) E_μ ΔL̃, relative misses.
fn identities(grid: &Grid, dim: usize) -> [f64; 2] {
    let half = grid.noise_scale() / 2.0;
    let virial = mean(grid, Quantity::Virial).value / (dim as f64 * half) - 1.0;
    let norm = quantity(grid, Quantity::GradientNorm);
    let square = Observable { values: norm.values.map(|level| level.iter().map(|g| g * g).collect()) };
    let slopes = grid.mean(&square).value;
    let curvature = mean(grid, Quantity::Laplacian).value;
    [virial.abs(), (slopes / (half * curvature) - 1.0).abs()]
}
