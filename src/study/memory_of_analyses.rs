//! The largest things that the analyses of a study hold, beside the history.

use super::memory::{F64, MemoryPart};
use super::plan::Plan;

/// Numbers of the grid and of the modes on it: 1 weight, 2 weights.
const GRID: [f64; 2] = [1e6, 25e6];
/// Vectors of D numbers of one search for extreme curvatures, one for each thread.
const LANCZOS: f64 = 400.0;
/// Numbers of a stationary run, of kept rows of gradients.
const STATIONARY: f64 = 5e6;
const ROWS: f64 = 4e6;
/// Particles of the runs for orders together, and numbers of the paths of their controls.
const TOGETHER: f64 = 16_384.0;
const CONTROLS: f64 = (1_u64 << 24) as f64;
/// Sums over particles are made in pieces of so many.
const PIECE: f64 = 256.0;
/// Numbers of the history at most for one function.
const HISTORY: f64 = (1_u64 << 21) as f64;

/// What the analyses of `plan` hold at most, for `quantities` observed quantities on `threads` threads. They run one after another, so it is
/// the largest of them.
pub fn analyses(plan: &Plan, quantities: usize, threads: usize) -> Option<MemoryPart> {
    let analysis = &plan.study.analysis;
    let dim = plan.potential().dim() as f64;
    let part =
        |what: String, numbers: f64, key: &str| MemoryPart { what, bytes: numbers * F64, key: key.into() };
    let mut all = Vec::new();
    if analysis.gibbs.is_some() || analysis.mixing.is_some() {
        let draws = analysis.gibbs.unwrap_or_default().draws as f64;
        let grid = if dim == 1.0 {
            GRID[0]
        } else if dim == 2.0 {
            GRID[1]
        } else {
            0.0
        };
        let stationary = if analysis.mixing.is_some() { STATIONARY } else { 0.0 };
        let numbers = 3.0 * draws * dim + grid + stationary;
        all.push(part(format!("{draws} draws of the Gibbs measure"), numbers, "analysis.gibbs"));
    }
    if let Some(agreement) = &analysis.agreement {
        let times = plan.clock.observations.len() as f64;
        let particles = plan.study.process.iter().map(|spec| spec.particles as f64).fold(0.0, f64::max);
        let pieces = (particles.min((HISTORY / times).max(1.0)) / PIECE).ceil();
        // The products of all pieces, of which the half above the diagonal is written, their sum, and the covariance with its factor.
        let products = times * times * (0.75 * pieces + 1.5);
        let runs = 2.0 * plan.study.process.len() as f64;
        let together =
            TOGETHER.min(agreement.until.map_or(agreement.particles, |until| until.particles) as f64);
        let tables = runs * quantities as f64 * together * times + together * dim;
        let further = !agreement.noise_scales.is_empty() || !agreement.batches.is_empty();
        let controls = if further { (2.0 * dim * dim * times).min(CONTROLS) + tables } else { 0.0 };
        let what = format!("agreement over {times} x {times} times");
        all.push(part(what, products + controls + ROWS, "time.points"));
    }
    if analysis.certificate.is_some() || analysis.agreement.is_some() {
        let numbers = threads as f64 * LANCZOS * dim;
        all.push(part(format!("curvatures of {dim} weights on {threads} threads"), numbers, "problem"));
    }
    all.into_iter().reduce(|a, b| if a.bytes >= b.bytes { a } else { b })
}
