//! Warm-up: step sizes, scales of the weights and trajectory lengths, all frozen afterwards.

use super::chains::Chains;
use super::kernel::{Block, Kernel, Outcome};

/// The mean acceptance that step sizes are tuned to: between the 0.65 that is best for many weights (Beskos et al.,
/// *Bernoulli* 19, 2013) and the larger values that are safe for few.
const ACCEPTANCE: f64 = 0.8;
/// A leapfrog step of more than 2 standard deviations is unstable on a Gaussian.
const LONGEST_STEP: f64 = 1.6;
/// Mean numbers of leapfrog steps that are tried.
const LENGTHS: [usize; 5] = [1, 2, 4, 8, 16];
/// Iterations on the way from the start, for the scales, for each trajectory length, and for the last step size.
const APPROACH: usize = 150;
const SCALES: usize = 150;
const LENGTH: usize = 30;
const LAST: usize = 80;

/// Tunes all kernels of `chains` together: (1) step sizes on the way from the start; (2) the variance of each weight
/// within a chain; (3) the mean number of leapfrog steps with the most effective draws of ‖w − mean‖² a gradient; (4) the
/// step size once more. Everything is pooled over the chains of a rung. Cost: about 2200 gradients a chain.
pub(super) fn tune(chains: &mut Chains, approach: bool) {
    if approach {
        step_sizes(chains, APPROACH);
    }
    scales(chains);
    trajectory_lengths(chains);
    step_sizes(chains, LAST);
    chains.tallies.iter_mut().for_each(|tally| *tally = Default::default());
}

/// Stochastic approximation of ln ε (Robbins, Monro), frozen at its average over the second half. Returns the efficiency of
/// each rung in that half.
fn step_sizes(chains: &mut Chains, iterations: usize) -> Vec<f64> {
    let rungs = chains.kernels.len();
    let (mut sums, mut seen) = (vec![0.0; rungs], vec![Outcome::default(); rungs]);
    let ladders = chains.ladders as f64;
    for k in 0..iterations {
        let outcomes = chains.advance(1);
        let gain = 2.0 / (1.0 + k as f64 / 4.0).powf(0.6);
        for (r, (kernel, outcome)) in chains.kernels.iter_mut().zip(outcomes).enumerate() {
            let error = outcome.acceptance / ladders - ACCEPTANCE;
            kernel.step = (kernel.step * (gain * error).exp()).min(LONGEST_STEP);
            if 2 * k >= iterations {
                sums[r] += kernel.step.ln();
                seen[r].add(outcome);
            }
        }
    }
    let counted = (iterations - iterations.div_ceil(2)) as f64;
    for (kernel, sum) in chains.kernels.iter_mut().zip(sums) {
        kernel.step = (sum / counted).exp();
    }
    seen.iter().map(Outcome::efficiency).collect()
}

/// Sums over the places of the chains of a rung.
struct Spread {
    /// Mean and Σ squared deviations of each weight of each chain.
    mean: Vec<f64>,
    squares: Vec<f64>,
    n: f64,
}

impl Spread {
    fn push(&mut self, blocks: &[Block]) {
        self.n += 1.0;
        let weights = blocks.iter().flat_map(|b| &b.weights);
        for ((w, mean), squares) in weights.zip(&mut self.mean).zip(&mut self.squares) {
            let before = w - *mean;
            *mean += before / self.n;
            *squares += before * (w - *mean);
        }
    }

    /// Writes the variance within chains and the mean over all of them into `kernel`.
    fn apply(&self, kernel: &mut Kernel, ladders: usize) {
        let dim = kernel.variances.len();
        let pooled =
            |numbers: &[f64], k: usize| numbers.iter().skip(k).step_by(dim).sum::<f64>() / ladders as f64;
        let variances: Vec<f64> = (0..dim).map(|k| pooled(&self.squares, k) / (self.n - 1.0)).collect();
        let middle = variances.iter().sum::<f64>() / dim as f64;
        if middle > 0.0 && middle.is_finite() {
            // Chains that stand still along one weight must not freeze it for good.
            kernel.variances = variances.iter().map(|v| v.max(1e-3 * middle)).collect();
            kernel.centre = (0..dim).map(|k| pooled(&self.mean, k)).collect();
        }
    }
}

fn scales(chains: &mut Chains) {
    let size = chains.ladders * chains.potential.dim();
    let spread = || Spread { mean: vec![0.0; size], squares: vec![0.0; size], n: 0.0 };
    let mut spreads: Vec<Spread> = chains.kernels.iter().map(|_| spread()).collect();
    for _ in 0..SCALES {
        chains.advance(1);
        for (spread, blocks) in spreads.iter_mut().zip(&chains.rungs) {
            spread.push(blocks);
        }
    }
    let before: Vec<f64> = chains.kernels.iter().map(typical).collect();
    let ladders = chains.ladders;
    for ((kernel, spread), before) in chains.kernels.iter_mut().zip(&spreads).zip(before) {
        spread.apply(kernel, ladders);
        // The same step in weights as before, to begin with.
        kernel.step = (kernel.step * (before / typical(kernel)).sqrt()).min(LONGEST_STEP);
    }
}

fn typical(kernel: &Kernel) -> f64 {
    kernel.variances.iter().sum::<f64>() / kernel.variances.len() as f64
}

fn trajectory_lengths(chains: &mut Chains) {
    let mut best = vec![(0.0, LENGTHS[0], 0.0); chains.kernels.len()];
    for length in LENGTHS {
        chains.kernels.iter_mut().for_each(|kernel| kernel.mean_steps = length);
        let efficiency = step_sizes(chains, LENGTH);
        for ((best, kernel), efficiency) in best.iter_mut().zip(&chains.kernels).zip(efficiency) {
            if efficiency > best.0 {
                *best = (efficiency, length, kernel.step);
            }
        }
    }
    for (kernel, (_, length, step)) in chains.kernels.iter_mut().zip(best) {
        kernel.mean_steps = length;
        if step > 0.0 {
            kernel.step = step;
        }
    }
}
