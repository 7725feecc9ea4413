//! What the convergence theorems promise, as numbers: how far the Gibbs measure lies above the minimum, how far the start is
//! from it, the bound on E L̃(W_t) − min L̃ that follows, and the number of steps that it asks of SGD.
//!
//! Pure functions. Each number is a certain bound with its argument, or an estimate with its error, or a reason why it cannot
//! be had. Sources: Gopalani, Jha, Mukherjee, arXiv 2309.09258, theorems 3.2, 3.5 and lemma 3.3; Shi, Su, Jordan, arXiv
//! 2004.06977, propositions 3.1, 3.2; derivations stand beside each formula.

mod continuous;
mod discrete;
mod importance;
mod laplace;
mod line;
mod modes;
mod moment_estimates;
mod moments;
mod start_law;
mod steps;
#[cfg(test)]
mod tests;

pub use continuous::{Gap, GapKind, Guarantee, ln_chi, ln_sum};
pub use discrete::{AtScale, DiscreteGuarantee, Range, StepSize, simultaneous_level, steps_within};
pub use importance::{
    ChiSquaredEstimate, ImportanceSettings, LEAST_EFFECTIVE_SIZE, LogIntegral, NotEstimated,
    chi_squared_estimate,
};
pub use line::Line;
pub use moment_estimates::MomentEstimates;
pub use moments::{Argument, Bound, MomentBounds};
pub use start_law::{StartArgument, StartBound, StartLaw, WhyInfinite, WhyUnknown};
pub use steps::{StepsAt, StepsCurve, StepsKind, verdict};
