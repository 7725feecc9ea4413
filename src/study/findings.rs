//! The rows that analyses add to the tables of a run.

use serde::{Deserialize, Serialize};

/// A distance of the law of a process at one time from the Gibbs measure of its s, or from the law of another process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistanceRow {
    /// The sweep point.
    pub point: usize,
    /// The process; `a|b` for the law of a beside that of b.
    pub process: String,
    /// Which distance.
    pub name: String,
    /// Steps made.
    pub step: u64,
    /// t.
    pub time: f64,
    /// Particles that went in.
    pub n: usize,
    /// Draws of the reference, or particles of the other process, that went in; 0 where none are needed.
    pub reference: usize,
    /// The distance.
    pub value: f64,
    /// Its standard error, to be used where the distance is well above zero.
    pub std_err: Option<f64>,
    /// The 0.025 quantile of the distance were the two laws the same.
    pub null_low: f64,
    /// The 0.975 quantile.
    pub null_high: f64,
    /// The share of replicates with equal laws that are as large.
    pub p_value: f64,
    /// How it was computed.
    pub method: String,
}

/// A fitted decay E φ(W_t) ≈ limit + amplitude e^{−rate t} within a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitRow {
    /// The sweep point.
    pub point: usize,
    /// The process.
    pub process: String,
    /// φ.
    pub quantity: String,
    /// The rate of the simulated process itself.
    pub rate: f64,
    /// Its standard error.
    pub std_err: f64,
    /// The height at t = 0.
    pub amplitude: f64,
    /// What is left for t → ∞.
    pub limit: f64,
    /// First time of the window.
    pub from: f64,
    /// Last time.
    pub to: f64,
}

/// A bin of the density of the one weight of a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DensityRow {
    /// The sweep point.
    pub point: usize,
    /// The process.
    pub process: String,
    /// t.
    pub time: f64,
    /// The middle of the bin.
    pub weight: f64,
    /// The mean density of μ_s in it.
    pub gibbs: f64,
    /// The share of particles in it, by its width.
    pub observed: f64,
    /// The standard error that this share would have under μ_s.
    pub std_err: f64,
}

/// A point of the lag plot: −τ/ln ρ(τ) of the slowest coordinate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LagRow {
    /// The sweep point.
    pub point: usize,
    /// The process.
    pub process: String,
    /// τ.
    pub lag: f64,
    /// The implied timescale; absent where the correlation is not within (0, 1).
    pub timescale: Option<f64>,
    /// Its standard error.
    pub std_err: Option<f64>,
    /// Whether τ exceeds the timescale, where it leans on what noise leaves of the correlation.
    pub grey: bool,
}

/// A bound of E L̃(W_t) − min L̃ at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoundRow {
    /// The sweep point.
    pub point: usize,
    /// The process.
    pub process: String,
    /// Which bound, with the λ_s and the constants that stand in it.
    pub name: String,
    /// t.
    pub time: f64,
    /// Its natural logarithm: the bound itself may be beyond the numbers.
    pub log_value: f64,
    /// The level that the bound falls to, by the same constants.
    pub level: f64,
}

/// The steps that take SGD to an excess of ε, by one account of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepsRow {
    /// The sweep point.
    pub point: usize,
    /// The process.
    pub process: String,
    /// Which account.
    pub name: String,
    /// ε.
    pub epsilon: f64,
    /// The step size.
    pub s: f64,
    /// k; absent where there is none.
    pub steps: Option<f64>,
    /// The lower end of its interval.
    pub ci_low: Option<f64>,
    /// The upper end.
    pub ci_high: Option<f64>,
    /// What to know about it.
    pub note: String,
}

/// V_s on rays from 0 at one radius.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RayRow {
    /// The sweep point.
    pub point: usize,
    /// The process whose s it is.
    pub process: String,
    /// ‖W‖.
    pub radius: f64,
    /// The smallest V_s on any ray.
    pub smallest: f64,
    /// The median.
    pub median: f64,
    /// The largest.
    pub largest: f64,
    /// A bound from below that holds for every W of this norm, where the constants give one.
    pub lower_bound: Option<f64>,
}

/// A number about nets of finite width and their limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NtkRow {
    /// The sweep point.
    pub point: usize,
    /// What it is: `kernel_error_operator`, `kernel_error_largest` (of a width); `limit_risk` (of a horizon); `net_distance`,
    /// `net_risk`, `net_risk_difference` (of both).
    pub name: String,
    /// m; absent where there is none.
    pub width: Option<usize>,
    /// T, steps; absent where there are none.
    pub steps: Option<u64>,
    /// The first step size.
    pub s: Option<f64>,
    /// Independent draws or runs.
    pub n: u64,
    /// The mean over them.
    pub value: f64,
    /// Its standard error.
    pub std_err: Option<f64>,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// Risks and their differences: the exact expected risk of the limit.
    pub exact: Option<f64>,
    /// The part of that without noise.
    pub bias: Option<f64>,
}

/// SGD at the step size that the discrete-time guarantee admits for ε, and the guarantee beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckRow {
    /// The sweep point.
    pub point: usize,
    /// The process.
    pub process: String,
    /// ε.
    pub epsilon: f64,
    /// s*(ε).
    pub s: f64,
    /// k.
    pub step: u64,
    /// E L̃(W^k) − min L̃; absent beyond the run.
    pub excess: Option<f64>,
    /// The lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// The upper end.
    pub ci_high: Option<f64>,
    /// (A + B) s*, by their upper ends.
    pub level: f64,
    /// ln((A + B) s* + C χ e^{−λ_s s* k}) for the start N(0, s*/(2λ) I), where certificates give C, χ and λ_s.
    pub log_bound: Option<f64>,
}

/// The difference of two processes at one time, with a band that holds at all times together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BandRow {
    /// The sweep point.
    pub point: usize,
    /// `a|b` for a − b.
    pub process: String,
    /// The quantity.
    pub quantity: String,
    /// t.
    pub time: f64,
    /// The mean of the paired differences.
    pub mean: f64,
    /// Its standard error.
    pub std_err: f64,
    /// Lower end of the 95 % band, simultaneous in t.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A linear functional of the difference of two processes at one step size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderRow {
    /// The sweep point.
    pub point: usize,
    /// `a|b` for a − b.
    pub process: String,
    /// The quantity.
    pub quantity: String,
    /// `at t = …`, `integral` over time, or `sup` over time of its size.
    pub functional: String,
    /// What tends to 0 along the rows: `s` or `1/b`.
    pub ladder: String,
    /// s of the process compared with.
    pub s: f64,
    /// Rows in its minibatches, where it has any.
    pub batch: Option<usize>,
    /// Particles of each process.
    pub particles: u64,
    /// The functional.
    pub value: f64,
    /// Its standard error; absent for a sup, whose interval is that of a band.
    pub std_err: Option<f64>,
    /// Lower end of its 95 % interval.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
    /// The Monte-Carlo floor, two half widths: sizes below it are not used; for a sup the largest half width of its band.
    pub floor: f64,
    /// A bound of what the integrator's step adds; absent for a sup.
    pub dt_bias: Option<f64>,
    /// Whether it went into an order.
    pub used: bool,
}

/// What one particle of a repeated study reads at the last observation time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadingRow {
    /// The point.
    pub point: usize,
    /// The process.
    pub process: String,
    /// The quantity.
    pub quantity: String,
    /// The particle, from 0: the same number has the same start and the same choice of minibatches at every point.
    pub particle: usize,
    /// The reading; absent for a particle that diverged.
    pub value: Option<f64>,
}

/// How a quantity spreads over the draws of a repeated study, for one cell of its sweep and one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrawRow {
    /// The first point of the cell.
    pub point: usize,
    /// The swept keys of the cell with their values.
    pub cell: String,
    /// The process; empty for what belongs to the problem, such as the minimiser.
    pub process: String,
    /// The quantity.
    pub quantity: String,
    /// What is drawn: a repeated key, `particles`, or `runs` for all combinations of them. A draw's value is the mean over
    /// everything else that is drawn.
    pub over: String,
    /// t.
    pub time: f64,
    /// How many draws went in.
    pub n: usize,
    /// Their median.
    pub median: f64,
    /// Lower end of its interval, of at least 95 % for any law.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// The sample quantiles at 0.1, 0.25, 0.75 and 0.9.
    pub q10: f64,
    /// At 0.25.
    pub q25: f64,
    /// At 0.75.
    pub q75: f64,
    /// At 0.9.
    pub q90: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// Why there is no interval, and how many draws had no value.
    pub note: String,
}
