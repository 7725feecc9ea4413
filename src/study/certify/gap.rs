//! Lower bounds of the spectral gap, and the gap itself where a grid has it.

use crate::analysis::certificate::LowerBounds;
use crate::analysis::risk::RiskFacts;
use crate::analysis::spectrum::{Grid, Numeric};
use crate::study::plan::Plan;
use crate::study::spec::ProblemSpec;
use crate::study::theory::Theory;
use serde::Serialize;

/// Lower bounds of λ_s; `null` where one does not apply, is not positive, or lies below what its solver resolves.
#[derive(Debug, Clone, Serialize)]
pub struct GapLower {
    /// Each bound.
    #[serde(flatten)]
    pub bounds: LowerBounds,
    /// The largest.
    pub best: Option<f64>,
    /// Which that is.
    pub best_by: Option<&'static str>,
    /// λ_s on a grid, for D ≤ 2.
    pub grid: Option<Numeric>,
}

impl GapLower {
    /// The bounds at noise scale `s`. Cost: milliseconds; for D ≤ 2 up to some seconds.
    pub fn new(plan: &Plan, s: f64, theory: Option<&Theory>) -> Self {
        let bounds = match theory {
            Some(theory) => theory.lower_bounds(s),
            None => LowerBounds::new(&RiskFacts { dim: 1, ..RiskFacts::default() }),
        };
        let double_well = matches!(plan.study.problem, ProblemSpec::DoubleWell {});
        let penalty = plan.net().is_some_and(|net| net.settings().lambda > 0.0);
        let confined = double_well || penalty || plan.convexity().is_some_and(|modulus| modulus > 0.0);
        let grid = (plan.potential().dim() <= 2 && s > 0.0 && confined)
            .then(|| Grid::new(plan.potential(), s, None).ok())
            .flatten();
        let best = bounds.best();
        Self {
            best: best.map(|(_, value)| value),
            best_by: best.map(|(name, _)| name),
            grid: grid.and_then(|grid| Some(grid.slow_modes().ok()?.gap())),
            bounds,
        }
    }
}
