//! R̂ on ranks, and nested R̂.

use statrs::distribution::{ContinuousCDF, Normal};

/// The larger of the rank-normalised split R̂ of the chains and of their folded values |x − median| (Vehtari, Gelman,
/// Simpson, Carpenter, Bürkner, *Bayesian Analysis* 16, 2021, §4: eqs. 1–4, 13–15).
///
/// 1 for chains of one law; they recommend at most 1.01. It compares chains with each other: blind to what all of them
/// miss, and only as sharp as the starts were over-dispersed. 1 also where every number is the same.
/// `None` below two chains, below four numbers a chain, or with numbers that are not finite. Cost: two sorts.
pub fn r_hat(chains: &[&[f64]]) -> Option<f64> {
    let length = usable(chains, 2)?;
    let values = chains.concat();
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let median =
        if sorted.len().is_multiple_of(2) { 0.5 * (sorted[half - 1] + sorted[half]) } else { sorted[half] };
    let folded: Vec<f64> = values.iter().map(|x| (x - median).abs()).collect();
    let of = |values: &[f64]| potential_scale_reduction(&split(&normal_scores(values), length));
    Some(of(&values).max(of(&folded)))
}

/// Nested R̂ = √(1 + B/W) of rank-normalised values (Margossian et al., arXiv 2110.13017, eqs. 6–10): B is the variance of
/// the means of superchains, each of `together` consecutive chains that started at the same point; W is the mean over
/// superchains of the variance between and within their chains.
///
/// 1 for chains that have forgotten their start. It works for chains too short for R̂, since the averages run over the
/// chains of a superchain too: with m of them and n independent draws each it is about 1 + 1/(2 m n) at best.
/// `None` as for [`r_hat`], below two superchains, or when the chains do not fill them.
pub fn nested_r_hat(chains: &[&[f64]], together: usize) -> Option<f64> {
    let length = usable(chains, 2)?;
    if together == 0 || !chains.len().is_multiple_of(together) || chains.len() / together < 2 {
        return None;
    }
    let scores = normal_scores(&chains.concat());
    let (mut means, mut within) = (Vec::new(), Vec::new());
    for superchain in scores.chunks_exact(together * length) {
        let parts: Vec<(f64, f64)> = superchain.chunks_exact(length).map(mean_variance).collect();
        let centres: Vec<f64> = parts.iter().map(|p| p.0).collect();
        let (mean, between) = mean_variance(&centres);
        means.push(mean);
        within.push(between + average(parts.iter().map(|p| p.1)));
    }
    let (between, within) = (mean_variance(&means).1, average(within.into_iter()));
    Some(if between <= SAME && within <= SAME { 1.0 } else { (1.0 + between / within).sqrt() })
}

/// The common length of the chains, if all is as it must be.
pub(super) fn usable(chains: &[&[f64]], fewest: usize) -> Option<usize> {
    let length = chains.first()?.len();
    let good = chains.len() >= fewest
        && length >= 4
        && chains.iter().all(|c| c.len() == length && c.iter().all(|x| x.is_finite()));
    good.then_some(length)
}

/// The two halves of every chain of `length`, one after another; the middle of an odd chain is left out.
pub(super) fn split(values: &[f64], length: usize) -> Vec<&[f64]> {
    let half = length / 2;
    values.chunks_exact(length).flat_map(|chain| [&chain[..half], &chain[length - half..]]).collect()
}

/// Φ⁻¹((rank − 3/8)/(S + 1/4)) of S values; equal values get their mean rank.
pub(super) fn normal_scores(values: &[f64]) -> Vec<f64> {
    // Values beside their places: sorting places alone would look up a far value for each comparison.
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let normal = Normal::standard();
    let mut scores = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let value = order[from].0;
        let to = from + order[from..].iter().take_while(|(other, _)| *other == value).count();
        let rank = 0.5 * (from + 1 + to) as f64;
        let score = normal.inverse_cdf((rank - 0.375) / (values.len() as f64 + 0.25));
        order[from..to].iter().for_each(|&(_, place)| scores[place] = score);
        from = to;
    }
    scores
}

/// R̂ of chains as they are.
fn potential_scale_reduction(chains: &[&[f64]]) -> f64 {
    let n = chains[0].len() as f64;
    let parts: Vec<(f64, f64)> = chains.iter().map(|chain| mean_variance(chain)).collect();
    let means: Vec<f64> = parts.iter().map(|p| p.0).collect();
    let within = average(parts.iter().map(|p| p.1));
    let between = mean_variance(&means).1;
    if between <= SAME && within <= SAME {
        return 1.0;
    }
    // ((n−1)/n W + B/n)/W with B/n the variance of the means.
    (1.0 - 1.0 / n + between / within).sqrt()
}

/// Variances of scores, which are of size one, that are rounding: numbers that are all the same agree.
pub(super) const SAME: f64 = 1e-28;

/// Mean and unbiased variance; variance 0 of one number.
pub(super) fn mean_variance(numbers: &[f64]) -> (f64, f64) {
    let mean = average(numbers.iter().copied());
    let squares: f64 = numbers.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, squares / numbers.len().saturating_sub(1).max(1) as f64)
}

fn average(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = numbers.len() as f64;
    numbers.sum::<f64>() / n
}
