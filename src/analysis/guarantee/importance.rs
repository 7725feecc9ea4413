//! χ² of a Gaussian start relative to the Gibbs measure, estimated by importance sampling in any dimension.

use super::laplace::{Proposal, Target};
use super::modes::search_starts;
use super::start_law::tilted_variance;
use crate::estimates::Estimate;
use crate::parallel::Threads;
use crate::problem::{Potential, Quantity, Readings};
use crate::random::{Key, Purpose};

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImportanceSettings {
    /// Draws for each of the two integrals.
    pub draws: u64,
    /// The seed.
    pub seed: u64,
    /// Draw from the Gaussian that the penalty alone leaves (plain Monte Carlo) even where a better law is at hand.
    pub plain: bool,
}

impl Default for ImportanceSettings {
    fn default() -> Self {
        Self { draws: 8192, seed: 0, plain: false }
    }
}

/// ln ∫ of a density, from weighted draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogIntegral {
    /// The logarithm of the mean weight; its error by the derivative of the logarithm.
    pub value: Estimate,
    /// (Σw)²/Σw².
    pub effective_size: f64,
    /// Modes of the density that searches found; 0 where draws are from the Gaussian that the penalty alone leaves.
    pub modes: usize,
}

/// ln(1 + χ²) with its error, and the two integrals that it is the sum of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquaredEstimate {
    /// ln(1 + χ²).
    pub ln_one_plus_chi_squared: Estimate,
    /// ln ∫ e^{−2L̃/s}.
    pub gibbs: LogIntegral,
    /// ln ∫ e^{2L̃/s − Σ w_k²/τ_k²}.
    pub tilted: LogIntegral,
}

/// Why there is no estimate.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NotEstimated {
    /// Too few draws count.
    #[error(
        "not resolved: the draws count as {effective_size:.0} independent ones, fewer than 50; take more draws or a larger s"
    )]
    NotResolved {
        /// The smaller of the two effective sizes.
        effective_size: f64,
    },
    /// χ² is infinite, or the potential has no penalty.
    #[error("not estimated: τ² < s/λ is needed for every weight, with λ > 0")]
    NotAdmissible,
}

/// Fewer effective draws than this are no answer.
pub const LEAST_EFFECTIVE_SIZE: f64 = 50.0;
/// Local searches beside the one from 0.
const SEARCHES: u64 = 16;
/// Draws of one piece of work: a part of nothing but the order of sums.
const AT_ONCE: u64 = 64;
/// Tags of the streams.
const GIBBS: u64 = 0x6368_6901;
const TILTED: u64 = 0x6368_6902;

/// ln(1 + χ²) of centred Gaussian weights with these `variances` τ_k², D of them, relative to μ_s ∝ exp(−2L̃/s):
///
/// 1 + χ² = ∫ρ²/μ_s = ∫e^{−2L̃/s} · ∫e^{2L̃/s − Σ w_k²/τ_k²} / Π 2πτ_k²,
///
/// each integral the mean of density/proposal over draws from t laws (8 degrees of freedom) around the modes of the density, with
/// its Hessian, and a tenth from a wide one; all in logarithms. For D > 512, or where no Hessian is positive definite, draws are from the Gaussians N(0, σ²)
/// and N(0, κ²) of [`StartLaw`](super::StartLaw). The standard error is that of independent weights, sound where the effective
/// sizes are hundreds. Use only where [`StartLaw`](super::StartLaw) says that χ² is finite: a tail integral that diverges is not
/// seen by draws.
///
/// Not seen either, beyond a few dimensions: a mode that none of 17 searches leads to. The result is then too small, as if it did
/// not exist (nets with equal outer weights have one for every order of their units; 16 modes are used at most).
///
/// Cost: `draws` values of L̃ and of the mixture density (D² a mode) for each integral, and D Hessian-vector products a mode.
/// The result is the same for any number of threads.
///
/// # Errors
/// [`NotEstimated`].
///
/// # Panics
/// Unless s > 0 and there are D variances, each positive.
pub fn chi_squared_estimate(
    potential: &dyn Potential,
    s: f64,
    variances: &[f64],
    settings: &ImportanceSettings,
    threads: &Threads,
) -> Result<ChiSquaredEstimate, NotEstimated> {
    assert!(s > 0.0 && variances.len() == potential.dim() && variances.iter().all(|v| *v > 0.0), "s, τ² > 0");
    let lambda = potential.penalty();
    if lambda.is_nan() || lambda <= 0.0 || variances.iter().any(|v| *v >= s / lambda) {
        return Err(NotEstimated::NotAdmissible);
    }
    let prior = 0.5 * s / lambda;
    let gibbs = Target { potential, sign: 1.0, confinement: vec![0.0; variances.len()] };
    let gibbs = log_integral(&gibbs, s, vec![prior; variances.len()], GIBBS, settings, threads);
    let tilted = Target { potential, sign: -1.0, confinement: variances.iter().map(|v| s / v).collect() };
    let plain = variances.iter().map(|v| tilted_variance(*v, prior)).collect();
    let tilted = log_integral(&tilted, s, plain, TILTED, settings, threads);
    let effective_size = gibbs.effective_size.min(tilted.effective_size);
    if effective_size.is_nan() || effective_size < LEAST_EFFECTIVE_SIZE {
        return Err(NotEstimated::NotResolved { effective_size });
    }
    let volume: f64 = variances.iter().map(|v| (2.0 * std::f64::consts::PI * v).ln()).sum();
    let std_err = gibbs.value.std_err.zip(tilted.value.std_err).map(|(a, b)| a.hypot(b));
    let value = gibbs.value.value + tilted.value.value - volume;
    let ln_one_plus_chi_squared = Estimate { value, std_err, n: settings.draws };
    Ok(ChiSquaredEstimate { ln_one_plus_chi_squared, gibbs, tilted })
}

fn log_integral(
    target: &Target,
    s: f64,
    plain: Vec<f64>,
    tag: u64,
    settings: &ImportanceSettings,
    threads: &Threads,
) -> LogIntegral {
    let laplace = if settings.plain {
        None
    } else {
        let starts = search_starts(&plain, SEARCHES, settings.seed, tag);
        Proposal::laplace(target, s, &plain, &starts, threads)
    };
    let proposal = laplace.unwrap_or(Proposal::Gaussian { variances: plain });
    let logs = log_weights(target, &proposal, s, tag, settings, threads);
    let (value, effective_size) = log_mean(&logs);
    LogIntegral { value, effective_size, modes: proposal.modes() }
}

/// −2U/s − ln q of each draw from q.
fn log_weights(
    target: &Target,
    proposal: &Proposal,
    s: f64,
    tag: u64,
    settings: &ImportanceSettings,
    threads: &Threads,
) -> Vec<f64> {
    let (potential, dim) = (target.potential, target.potential.dim());
    let key = Key::new(settings.seed, Purpose::Reference).tagged(tag);
    let mut firsts: Vec<u64> = (0..settings.draws).step_by(AT_ONCE as usize).collect();
    let room = AT_ONCE as usize * dim;
    let buffers = || (potential.scratch(), vec![0.0; room], vec![0.0; room]);
    let pieces = threads.map(&mut firsts, buffers, |first, (scratch, weights, gradient)| {
        let count = AT_ONCE.min(settings.draws - *first) as usize;
        let (weights, gradient) = (&mut weights[..count * dim], &mut gradient[..count * dim]);
        for (draw, w) in (*first..).zip(weights.chunks_exact_mut(dim)) {
            proposal.draw(&mut key.stream(draw, 0), w);
        }
        let mut readings = vec![[f64::NAN; Quantity::COUNT]; count];
        potential.block_readings(weights, &[Quantity::Risk], &mut readings, gradient, scratch);
        let log_weight = |(w, reading): (&[f64], &Readings)| {
            -2.0 * target.value(reading[Quantity::Risk as usize], w) / s - proposal.log_density(w)
        };
        weights.chunks_exact(dim).zip(&readings).map(log_weight).collect::<Vec<f64>>()
    });
    pieces.concat()
}

/// The logarithm of the mean of e^{logs} with its error, and the effective size. A number that is not finite makes all of it
/// unusable: effective size 0.
fn log_mean(logs: &[f64]) -> (Estimate, f64) {
    let n = logs.len() as f64;
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lost = Estimate { value: f64::NAN, std_err: None, n: logs.len() as u64 };
    if logs.iter().any(|l| l.is_nan() || *l == f64::INFINITY) || !top.is_finite() {
        return (lost, 0.0);
    }
    let (mut sum, mut squares) = (0.0, 0.0);
    for log in logs {
        let weight = (log - top).exp();
        sum += weight;
        squares += weight * weight;
    }
    // The relative variance of a weight is n Σw²/(Σw)² − 1.
    let effective_size = sum * sum / squares;
    let std_err = (logs.len() > 1).then(|| ((n / effective_size - 1.0).max(0.0) / (n - 1.0)).sqrt());
    (Estimate { value: top + (sum / n).ln(), std_err, n: logs.len() as u64 }, effective_size)
}
