//! Kernel Stein discrepancy: how far a sample is from exp(−2L̃/s), from ∇L̃ alone.

use super::multipliers::Multipliers;
use super::pairs::{LANES, PairFunction, pair_sums};
use super::{Discrepancy, Resampling, finite_particles, null_band};
use crate::parallel::Threads;
use crate::problem::Potential;

const METHOD: &str = "wild bootstrap with random signs";
/// Particles whose distances set the kernel's length.
const LENGTH_PARTICLES: usize = 256;

/// The squared kernel Stein discrepancy in its two usual forms; they reject together.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct KernelStein {
    /// U = Σ_{i≠j} u(x_i, x_j)/(n(n−1)), name "ksd_u": mean zero under μ_s, so it can be negative.
    pub unbiased: Discrepancy,
    /// V = Σ_{i,j} u(x_i, x_j)/n², name "ksd_v": never negative, with mean E u(x, x)/n under μ_s.
    pub biased: Discrepancy,
    /// The kernel's length c, in units of the weights.
    pub length: f64,
}

/// Squared kernel Stein discrepancy of `weights` (independent particles one after another, D numbers each) to
/// μ_s ∝ exp(−2L̃/s), s > 0.
///
/// With the score b = −2∇L̃/s and the inverse multiquadric kernel k(x, y) = (c² + ‖x−y‖²)^{−1/2},
///
/// u(x, y) = ⟨b(x), b(y)⟩ k + ⟨b(x), ∇_y k⟩ + ⟨b(y), ∇_x k⟩ + tr ∇_x∇_y k, which for q = c² + r², r = ‖x−y‖, is
/// ⟨b(x), b(y)⟩ q^{−1/2} + (⟨b(x) − b(y), x − y⟩ + D) q^{−3/2} − 3 r² q^{−5/2}.
///
/// `length`: c > 0; `None` takes c² = half the median of ‖x_i − x_j‖² over 256 particles evenly spread over the sample.
/// That few particles choose it leaves the level as it is (measured below). In many dimensions pairs are never much closer
/// than the median: a smaller c would sharpen the test for a wrong scale by at most half, a larger one dulls it.
///
/// *Null band.* Signs ε_i = ±1 in U* = Σ_{i≠j} ε_i ε_j u(x_i, x_j)/(n(n−1)): under μ_s the form is degenerate and U* has
/// its law for large n. Signs leave the diagonal of V alone, so U and V have one p-value. The signs are independent:
/// **not for consecutive states of a chain**, whose null is wider.
///
#[doc = include_str!("ksd/power.md")]
///
/// *Blind to* the proportions of modes far apart: the score does not know how much mass stands on the other side of a
/// barrier, so a sample caught in one well passes. Also to anything thinner than c, and to tails with few particles. It
/// says nothing on which quantity is wrong.
///
/// *Standard error*: delete-one jackknife, right where the discrepancy is well above zero. Under μ_s it is too large by
/// about √2 and the statistic is a weighted sum of χ²: read the band there.
///
/// *Cost*: n gradients, n²/2 pairs of 8 D operations, and n²/2 for each replicate. Memory: the scores (n D numbers), the
/// signs (n bytes a replicate), 2 MiB of partial sums. `None`: fewer than 4 finite particles, or all in one place and no
/// `length`.
///
/// Sources: Gorham, Mackey, *Measuring sample quality with kernels*, ICML 2017 (the kernel, §4.2); Liu, Lee, Jordan, ICML
/// 2016 (U and its degeneracy, Theorem 4.1); Chwialkowski, Strathmann, Gretton, ICML 2016 (wild bootstrap, §3).
///
/// # Panics
/// Unless s > 0, `length` > 0, at least one replicate is asked for and `weights` is a multiple of D long.
pub fn kernel_stein(
    potential: &dyn Potential,
    s: f64,
    weights: &[f64],
    length: Option<f64>,
    resampling: &Resampling,
    threads: &Threads,
) -> Option<KernelStein> {
    assert!(
        s > 0.0 && length.is_none_or(|c| c > 0.0) && resampling.replicates > 0,
        "s, length, replicates > 0"
    );
    let dim = potential.dim();
    let weights = finite_particles(weights, dim);
    let n = weights.len() / dim;
    if n < 4 {
        return None;
    }
    let length_squared = match length {
        Some(c) => c * c,
        None => half_median_distance(&weights, dim)?,
    };
    let scores = scores(potential, s, &weights, threads);
    let kernel = SteinKernel { dim, weights: &weights, scores: &scores, length_squared };
    let signs = Multipliers::signs(n, resampling);
    let sums = pair_sums(&kernel, &signs, threads);
    let diagonal: Vec<f64> = (0..n).map(|i| kernel.diagonal(i)).collect();
    let form = |diagonal: &[f64], name, divisor: fn(f64) -> f64| {
        let trace: f64 = diagonal.iter().sum();
        let statistics: Vec<f64> =
            sums.forms.iter().map(|form| (2.0 * form + trace) / divisor(n as f64)).collect();
        let (null_low, null_high, p_value) = null_band(statistics[0], &statistics[1..]);
        let total = 2.0 * sums.forms[0] + trace;
        let without = |i: usize| (total - 2.0 * sums.rows[i] - diagonal[i]) / divisor((n - 1) as f64);
        Discrepancy {
            name,
            statistic: statistics[0],
            std_err: Some(jackknife_error((0..n).map(without))),
            null_low,
            null_high,
            p_value,
            n,
            m: 0,
            replicates: resampling.replicates,
            method: METHOD,
        }
    };
    Some(KernelStein {
        unbiased: form(&vec![0.0; n], "ksd_u", |n| n * (n - 1.0)),
        biased: form(&diagonal, "ksd_v", |n| n * n),
        length: length_squared.sqrt(),
    })
}

/// −2∇L̃/s of every particle.
fn scores(potential: &dyn Potential, s: f64, weights: &[f64], threads: &Threads) -> Vec<f64> {
    let block = potential.block_len() * potential.dim();
    let mut scores = vec![0.0; weights.len()];
    let mut blocks: Vec<_> = weights.chunks(block).zip(scores.chunks_mut(block)).collect();
    threads.map(
        &mut blocks,
        || potential.scratch(),
        |(weights, scores), scratch| {
            potential.block_gradient(weights, scores, scratch);
            scores.iter_mut().for_each(|b| *b *= -2.0 / s);
        },
    );
    scores
}

/// Half the median of ‖x_i − x_j‖² over at most 256 particles; `None` where it is zero.
fn half_median_distance(weights: &[f64], dim: usize) -> Option<f64> {
    let count = (weights.len() / dim).min(LENGTH_PARTICLES);
    let chosen: Vec<&[f64]> = (0..count)
        .map(|k| k * (weights.len() / dim) / count)
        .map(|particle| &weights[particle * dim..][..dim])
        .collect();
    let mut distances = Vec::with_capacity(count * (count - 1) / 2);
    for (i, x) in chosen.iter().enumerate() {
        distances.extend(chosen[..i].iter().map(|y| squared_distance(x, y)));
    }
    let middle = distances.len() / 2;
    let (_, median, _) = distances.select_nth_unstable_by(middle, f64::total_cmp);
    (*median > 0.0).then_some(0.5 * *median)
}

fn squared_distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum()
}

/// √((n−1)/n Σ (θ_i − mean)²) of the n statistics with one particle left out.
fn jackknife_error(without: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let n = without.len() as f64;
    let mean = without.clone().sum::<f64>() / n;
    ((n - 1.0) / n * without.map(|x| (x - mean).powi(2)).sum::<f64>()).sqrt()
}

struct SteinKernel<'a> {
    dim: usize,
    weights: &'a [f64],
    scores: &'a [f64],
    length_squared: f64,
}

impl SteinKernel<'_> {
    /// u(x, y) from r², ⟨b(x) − b(y), x − y⟩ and ⟨b(x), b(y)⟩.
    fn value(&self, squared: f64, across: f64, scores: f64) -> f64 {
        let inverse = 1.0 / (self.length_squared + squared);
        let kernel = inverse.sqrt();
        let dim = self.dim as f64;
        kernel * (scores + inverse * (across + dim - 3.0 * squared * inverse))
    }

    /// u(x_i, x_i).
    fn diagonal(&self, i: usize) -> f64 {
        let score = &self.scores[i * self.dim..][..self.dim];
        self.value(0.0, 0.0, score.iter().map(|b| b * b).sum())
    }
}

impl PairFunction for SteinKernel<'_> {
    fn vectors(&self) -> Vec<&[f64]> {
        vec![self.weights, self.scores]
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn lanes(&self, i: usize, columns: &[[f64; LANES]]) -> [f64; LANES] {
        let (others, other_scores) = columns.split_at(self.dim);
        let (own, own_score) =
            (&self.weights[i * self.dim..][..self.dim], &self.scores[i * self.dim..][..self.dim]);
        let (mut squared, mut across, mut scores) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for (((x, b), y), c) in own.iter().zip(own_score).zip(others).zip(other_scores) {
            for lane in 0..LANES {
                let apart = x - y[lane];
                squared[lane] += apart * apart;
                across[lane] += apart * (b - c[lane]);
                scores[lane] += b * c[lane];
            }
        }
        std::array::from_fn(|lane| self.value(squared[lane], across[lane], scores[lane]))
    }
}

#[cfg(test)]
mod tests;
