//! Quantiles of independent draws, and an interval of the median that no law has to be assumed for.

use statrs::distribution::{Binomial, DiscreteCDF};

/// What a handful of independent draws of a number say about its law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// How many draws.
    pub n: usize,
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// Interval of the median of the law, of at least 95 %; `None` below six draws, where none exists.
    pub interval: Option<(f64, f64)>,
    /// The sample quantiles at [`LEVELS`].
    pub quantiles: [f64; 4],
    /// The smallest draw.
    pub least: f64,
    /// The largest draw.
    pub most: f64,
}

/// Where quantiles are taken.
pub const LEVELS: [f64; 4] = [0.1, 0.25, 0.75, 0.9];

impl Spread {
    /// The spread of `draws`; those that are not finite are left out. `None` when none is left.
    ///
    /// The interval is [x_(k), x_(n+1−k)] of the ordered draws with the largest k for which P(Bin(n, ½) < k) ≤ 0.025: it covers
    /// the median of any law, continuous or not, with probability at least 0.95 where draws are independent (David, Nagaraja,
    /// *Order Statistics*, 3rd ed., §7.1). The quantile at level q interpolates linearly at place 1 + q(n − 1). Cost: a sort.
    pub fn of(draws: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = draws.into_iter().filter(|x| x.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (&least, &most) = sorted.first().zip(sorted.last())?;
        let n = sorted.len();
        let interval = median_rank(n).map(|k| (sorted[k - 1], sorted[n - k]));
        let quantiles = LEVELS.map(|level| quantile(&sorted, level));
        Some(Self { n, median: quantile(&sorted, 0.5), interval, quantiles, least, most })
    }
}

/// The largest k ≥ 1 with P(Bin(n, ½) < k) ≤ 0.025.
fn median_rank(n: usize) -> Option<usize> {
    let law = Binomial::new(0.5, n as u64).ok()?;
    (1..=n / 2).take_while(|&k| law.cdf(k as u64 - 1) <= 0.5 * (1.0 - super::LEVEL)).last()
}

/// The quantile at `level` of ordered numbers.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() - 1) as f64;
    let (below, share) = (place.floor() as usize, place.fract());
    let above = sorted[(below + 1).min(sorted.len() - 1)];
    sorted[below] + share * (above - sorted[below])
}

/// The rank correlation of Spearman with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankCorrelation {
    /// ρ in [−1, 1].
    pub value: f64,
    /// Its standard error.
    pub std_err: f64,
    /// The 95 % interval.
    pub interval: (f64, f64),
}

/// Spearman's correlation of independent pairs, equal numbers sharing their mean rank; the interval is that of Fisher's z with
/// the variance (1 + ρ²/2)/(n − 3) (Bonett, Wright, Psychometrika 65, 2000), which holds for large n and need not be sharp
/// where many numbers are equal. `None` below ten pairs or where one side is constant. Cost: two sorts.
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<RankCorrelation> {
    let finite: Vec<(f64, f64)> =
        pairs.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let n = finite.len() as f64;
    if n < 10.0 {
        return None;
    }
    let (x, y) = (ranks(finite.iter().map(|p| p.0)), ranks(finite.iter().map(|p| p.1)));
    let centre = 0.5 * (n + 1.0);
    let product =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - centre) * (b - centre)).sum::<f64>();
    let scale = (product(&x, &x) * product(&y, &y)).sqrt();
    if scale <= 0.0 {
        return None;
    }
    // Rounding may carry it past 1.
    let value = (product(&x, &y) / scale).clamp(-1.0, 1.0);
    let spread = ((1.0 + 0.5 * value * value) / (n - 3.0)).sqrt();
    let z = value.clamp(-1.0 + 1e-12, 1.0 - 1e-12).atanh();
    let interval = ((z - 1.959_964 * spread).tanh().min(value), (z + 1.959_964 * spread).tanh().max(value));
    Some(RankCorrelation { value, std_err: spread * (1.0 - value * value), interval })
}

/// The rank of each number from 1; equal numbers share the mean of their ranks.
fn ranks(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut placed: Vec<(usize, f64)> = numbers.enumerate().collect();
    placed.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranks = vec![0.0; placed.len()];
    let mut from = 0;
    for equal in placed.chunk_by(|a, b| a.1 == b.1) {
        let mean = from as f64 + 0.5 * (equal.len() + 1) as f64;
        equal.iter().for_each(|(place, _)| ranks[*place] = mean);
        from += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};
    use rand::RngExt;

    #[test]
    fn quantiles_and_ranks_are_those_of_the_tables() {
        let spread = Spread::of((0..=10).rev().map(f64::from)).unwrap();
        assert_eq!((spread.median, spread.least, spread.most, spread.n), (5.0, 0.0, 10.0, 11));
        assert_eq!(spread.quantiles, [1.0, 2.5, 7.5, 9.0]);
        assert_eq!(spread.interval, Some((1.0, 9.0)));
        // Ranks of the two-sided sign test at 5 %: k − 1 rejections, from the usual tables.
        for (n, k) in [(6, 1), (8, 1), (9, 2), (12, 3), (20, 6), (50, 18)] {
            assert_eq!(median_rank(n), Some(k), "n = {n}");
        }
        assert_eq!(median_rank(5), None);
        assert_eq!(Spread::of([f64::NAN, 2.0]).unwrap().n, 1);
        assert_eq!(Spread::of([f64::NAN]), None);
    }

    /// 4000 samples each of a continuous and a two-point law. The exact coverage is 0.9586 for n = 20 and a continuous law (its
    /// standard error here is 0.003), and larger for laws with steps. A rank too high by one has 0.885.
    #[test]
    fn the_interval_covers_the_median_of_any_law() {
        let mut stream = Key::new(5, Purpose::Resample).stream(0, 0);
        let (samples, n) = (4000, 20);
        let (mut smooth, mut steps) = (0, 0);
        for _ in 0..samples {
            let draws: Vec<f64> = (0..n).map(|_| stream.random::<f64>()).collect();
            let inside = |spread: Spread, median: f64| {
                spread.interval.is_some_and(|(low, high)| low <= median && median <= high)
            };
            smooth += u32::from(inside(Spread::of(draws.iter().map(|u| u.powi(3))).unwrap(), 0.125));
            // 0 with probability 0.6, so the median is 0.
            steps += u32::from(inside(Spread::of(draws.iter().map(|u| f64::from(*u > 0.6))).unwrap(), 0.0));
        }
        let [smooth, steps] = [smooth, steps].map(|count| f64::from(count) / f64::from(samples));
        assert!((smooth - 0.9586).abs() < 5.0 * 0.0032, "{smooth}");
        assert!(steps >= 0.95, "{steps}");
    }

    #[test]
    fn rank_correlations_see_order_alone() {
        let rising: Vec<(f64, f64)> = (0..30).map(|i| (f64::from(i), f64::from(i).exp())).collect();
        let found = rank_correlation(&rising).unwrap();
        assert!((found.value - 1.0).abs() < 1e-12 && found.interval.1 >= found.value);
        let falling: Vec<(f64, f64)> = rising.iter().map(|(x, y)| (*x, -y)).collect();
        assert!((rank_correlation(&falling).unwrap().value + 1.0).abs() < 1e-12);
        assert_eq!(rank_correlation(&rising[..9]), None);
        assert_eq!(rank_correlation(&[(1.0, 2.0); 20]), None);
        // Ties by hand: ranks 1.5, 1.5, 3, 4, 5.5, 5.5 …
        assert_eq!(ranks([2.0, 1.0, 1.0, 7.0].into_iter()), [3.0, 1.5, 1.5, 4.0]);
    }

    /// 2000 samples of 40 independent pairs: the interval misses 0 in 5 % (standard error 0.5 %); one that was narrower by a
    /// fifth would miss it in 12 %.
    #[test]
    fn the_interval_of_independent_numbers_covers_zero() {
        let mut stream = Key::new(6, Purpose::Resample).stream(0, 0);
        let misses = (0..2000)
            .filter(|_| {
                let pairs: Vec<(f64, f64)> = (0..40).map(|_| (stream.random(), stream.random())).collect();
                let (low, high) = rank_correlation(&pairs).unwrap().interval;
                !(low <= 0.0 && 0.0 <= high)
            })
            .count();
        let share = misses as f64 / 2000.0;
        assert!((share - 0.05).abs() < 0.025, "{share}");
    }
}
