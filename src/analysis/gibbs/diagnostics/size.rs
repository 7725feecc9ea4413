//! Effective sample sizes.

use super::rank::{SAME, mean_variance, normal_scores, split, usable};

/// Bulk effective sample size: that of the rank-normalised split chains, S/τ with τ from the initial monotone sequence of
/// Geyer over autocorrelations pooled between chains (Vehtari et al., *Bayesian Analysis* 16, 2021, §§2.2, 4; Geyer,
/// *Statistical Science* 7, 1992, §3.3), at most S log₁₀ S.
///
/// Where chains disagree it is small too. `None` as for [`r_hat`](super::r_hat). Cost: a sort, and as many passes over the
/// numbers as there are lags until the autocorrelation is gone; at most half a chain.
pub fn effective_sample_size(chains: &[&[f64]]) -> Option<f64> {
    let length = usable(chains, 1)?;
    Some(size(&split(&normal_scores(&chains.concat()), length)))
}

/// Tail effective sample size: the smaller one of the indicators of the lowest and the highest twentieth
/// (Vehtari et al. 2021, §4). `None` as for [`r_hat`](super::r_hat).
pub fn tail_effective_sample_size(chains: &[&[f64]]) -> Option<f64> {
    let length = usable(chains, 1)?;
    let values = chains.concat();
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = (sorted.len() - 1) as f64;
    let below = |level: f64| {
        let threshold = sorted[(level * last).round() as usize];
        let inside: Vec<f64> = values.iter().map(|&x| f64::from(u8::from(x <= threshold))).collect();
        size(&split(&inside, length))
    };
    Some(below(0.05).min(below(0.95)))
}

/// S/τ of chains of one length, as they are.
fn size(chains: &[&[f64]]) -> f64 {
    let n = chains[0].len();
    let total = (n * chains.len()) as f64;
    let parts: Vec<(f64, f64)> = chains.iter().map(|chain| mean_variance(chain)).collect();
    let means: Vec<f64> = parts.iter().map(|p| p.0).collect();
    let within = parts.iter().map(|p| p.1).sum::<f64>() / chains.len() as f64;
    let between = if means.len() > 1 { mean_variance(&means).1 } else { 0.0 };
    let spread = within * (n - 1) as f64 / n as f64 + between;
    if spread <= SAME {
        return total;
    }
    let correlation = |lag: usize| {
        let products: f64 = chains
            .iter()
            .zip(&means)
            .map(|(chain, mean)| {
                chain.iter().zip(&chain[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / n as f64
            })
            .sum();
        // The autocovariance with divisor n, made to agree with W at lag 0.
        1.0 - (within - products / chains.len() as f64 * n as f64 / (n - 1) as f64) / spread
    };
    let mut tau = -1.0;
    let mut smallest = f64::INFINITY;
    let mut lag = 0;
    while lag + 1 < n {
        let first = if lag == 0 { 1.0 } else { correlation(lag) };
        let pair = first + correlation(lag + 1);
        if pair <= 0.0 {
            break;
        }
        smallest = smallest.min(pair);
        tau += 2.0 * smallest;
        lag += 2;
    }
    total / tau.max(1.0 / total.log10())
}
