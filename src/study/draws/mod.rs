//! What a repeated study says: the draws of each cell of its sweep, how quantities spread over them, and which of the things
//! drawn they depend on.

mod cells;
mod dependence;
mod spreads;

pub use cells::{Asked, Cell, Numbers, cells};
pub use dependence::against_outer_sum;

use super::findings::DrawRow;
use super::results::{EstimateRow, Results};

/// The name of the draw that particles are: start and minibatches together.
pub const PARTICLES: &str = "particles";
/// The name of all combinations of draws.
pub const RUNS: &str = "runs";

/// Everything that the draws of `results` say: their spreads, and as estimates the variance components and the rank
/// correlation with |Σ a_j|. Empty where nothing is repeated.
pub fn draws(results: &Results) -> (Vec<DrawRow>, Vec<EstimateRow>) {
    let (cells, numbers) = (cells(results), Numbers::new(results));
    let (mut rows, mut estimates) = (Vec::new(), Vec::new());
    for cell in &cells {
        for asked in &numbers.asked {
            rows.extend(spreads::spreads(&numbers, cell, asked));
            estimates.extend(dependence::correlation(&numbers, cell, asked));
            estimates.extend(dependence::components(&numbers, cell, asked));
        }
    }
    (rows, estimates)
}
