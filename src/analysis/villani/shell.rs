//! V_s over all rays at one radius.

use statrs::distribution::{Binomial, DiscreteCDF};

/// V_s over all rays at one radius.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Shell {
    /// ‖W‖; 0 at the origin.
    pub radius: f64,
    /// The smallest value on any ray: an upper bound of inf V_s on the sphere.
    pub smallest: f64,
    /// The median over the random rays alone: an estimate of the median over the sphere.
    pub median: f64,
    /// A 95 % interval of that median from order statistics, free of any law; `None` below six random rays.
    pub median_interval: Option<[f64; 2]>,
    /// The largest value on any ray.
    pub largest: f64,
}

/// The share that the median's interval leaves out on each side.
const TAIL: f64 = 0.025;

impl Shell {
    /// From the values of all rays, the first `random` of which are random ones.
    pub(super) fn new(radius: f64, values: impl Iterator<Item = f64>, random: usize) -> Self {
        let values: Vec<f64> = values.collect();
        let mut drawn = values[..random].to_vec();
        drawn.sort_by(f64::total_cmp);
        Self {
            radius,
            smallest: values.iter().copied().fold(f64::INFINITY, f64::min),
            median: 0.5 * (drawn[(random - 1) / 2] + drawn[random / 2]),
            median_interval: ranks(random).map(|[low, high]| [drawn[low], drawn[high]]),
            largest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// The ranks, from 0, of n sorted draws between which the median lies with 95 % confidence: as many are below it as
/// heads fall in n tosses.
fn ranks(n: usize) -> Option<[usize; 2]> {
    let heads = Binomial::new(0.5, n as u64).ok()?;
    let outside = (0..n as u64).take_while(|&k| heads.cdf(k) <= TAIL).count();
    (outside > 0).then(|| [outside - 1, n - outside])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks from tables of the sign test: (n; r) = (6; 1), (10; 2), (20; 6), (50; 18), (100; 40).
    #[test]
    fn ranks_are_those_of_the_sign_test() {
        assert_eq!(ranks(5), None);
        for (n, r) in [(6, 1), (10, 2), (20, 6), (50, 18), (100, 40)] {
            assert_eq!(ranks(n), Some([r - 1, n - r]), "{n}");
        }
        let shell = Shell::new(2.0, [3.0, 1.0, 2.0, 9.0, -4.0, 5.0, 8.0, 100.0, -100.0].into_iter(), 7);
        assert_eq!((shell.median, shell.median_interval), (3.0, Some([-4.0, 9.0])));
        assert_eq!((shell.smallest, shell.largest), (-100.0, 100.0));
    }
}
