//! How far a sample is from μ_s on a partition: χ², Kullback–Leibler and total variation with their null bands.

use super::Partition;
use crate::random::{Key, Purpose};
use rand_distr::{Binomial, Distribution};

/// A distance with what a sample of μ_s itself would show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// The distance between the sample's bin fractions and the bin masses; ≥ 0, biased up by the noise of the sample.
    pub value: f64,
    /// `value` less its mean under μ_s: near 0 at stationarity, may be negative.
    pub corrected: f64,
    /// Standard error of either, from resampled particles.
    pub std_err: f64,
    /// 95 % of samples of μ_s of this size lie at or below.
    pub null_95: f64,
    /// (1 + #{null ≥ value})/(1 + B): the level at which "the sample is from μ_s" is rejected.
    pub p_value: f64,
}

/// Three distances of a sample of n independent particles to μ_s on bins of nearly equal mass q_k, with fractions p_k.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distances {
    /// Number of particles.
    pub n: u64,
    /// Number of bins.
    pub bins: usize,
    /// Σ (p_k − q_k)²/q_k.
    pub chi_square: Distance,
    /// Σ p_k ln(p_k/q_k).
    pub kullback_leibler: Distance,
    /// ½ Σ |p_k − q_k|, between 0 and 1.
    pub total_variation: Distance,
}

/// Samples of μ_s for the null band.
const NULLS: u64 = 999;
/// Resampled particles for the standard error.
const BOOTSTRAPS: u64 = 200;

impl Partition {
    /// Distances of the sample `weights` (D numbers a particle, independent particles) to μ_s; `None` for an empty sample.
    ///
    /// On bins a sample of μ_s is multinomial, so the null band draws counts, not particles: 999 of them, and 200 from the
    /// observed fractions for the standard errors, under `seed`. The distances are those of the binned laws: lower bounds of the true ones, blind within a bin.
    /// Not for correlated particles, whose null band would be wider. The bin masses are off by about h²/σ² relative, which
    /// beyond some 10⁶ particles begins to count. Cost: 1200 multinomial draws.
    pub fn distances(&self, weights: &[f64], seed: u64) -> Option<Distances> {
        let counts = self.counts(weights);
        let n: u64 = counts.iter().sum();
        if n == 0 {
            return None;
        }
        let q = self.masses();
        let observed = three(&counts, q, n);
        let fractions: Vec<f64> = counts.iter().map(|c| *c as f64 / n as f64).collect();
        let key = Key::new(seed, Purpose::Resample);
        let draws = |law: &[f64], tag: u64, count: u64| -> Vec<[f64; 3]> {
            let draw = |number| three(&multinomial(n, law, &mut key.tagged(tag).stream(number, 0)), q, n);
            (0..count).map(draw).collect()
        };
        let (nulls, boots) = (draws(q, 1, NULLS), draws(&fractions, 2, BOOTSTRAPS));
        let distance = |which: usize| {
            let pick = |sample: &[[f64; 3]]| sample.iter().map(|s| s[which]).collect::<Vec<f64>>();
            summary(observed[which], pick(&nulls), &pick(&boots))
        };
        Some(Distances {
            n,
            bins: q.len(),
            chi_square: distance(0),
            kullback_leibler: distance(1),
            total_variation: distance(2),
        })
    }
}

fn three(counts: &[u64], q: &[f64], n: u64) -> [f64; 3] {
    let mut out = [0.0; 3];
    for (count, q) in counts.iter().zip(q) {
        let p = *count as f64 / n as f64;
        out[0] += (p - q) * (p - q) / q;
        out[1] += if p > 0.0 { p * (p / q).ln() } else { 0.0 };
        out[2] += 0.5 * (p - q).abs();
    }
    out
}

fn summary(value: f64, mut nulls: Vec<f64>, boots: &[f64]) -> Distance {
    nulls.sort_by(f64::total_cmp);
    let b = nulls.len();
    let reached = b - nulls.partition_point(|null| *null < value);
    let null_mean = nulls.iter().sum::<f64>() / b as f64;
    let mean = boots.iter().sum::<f64>() / boots.len() as f64;
    let variance = boots.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (boots.len() - 1) as f64;
    Distance {
        value,
        corrected: value - null_mean,
        std_err: variance.sqrt(),
        null_95: nulls[((b as f64 * 0.95).ceil() as usize).min(b) - 1],
        p_value: (1 + reached) as f64 / (1 + b) as f64,
    }
}

/// Counts of n particles in bins of the given masses, bin by bin from what is left.
fn multinomial(n: u64, law: &[f64], stream: &mut impl rand::Rng) -> Vec<u64> {
    let (mut left, mut mass) = (n, law.iter().sum::<f64>());
    let mut counts: Vec<u64> = Vec::with_capacity(law.len());
    for (k, q) in law.iter().enumerate() {
        let share = if k + 1 == law.len() { 1.0 } else { (q / mass).clamp(0.0, 1.0) };
        let count = Binomial::new(left, share).map_or(0, |binomial| binomial.sample(stream));
        counts.push(count);
        left -= count;
        mass -= q;
    }
    counts
}
