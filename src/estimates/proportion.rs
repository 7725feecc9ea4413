//! A share of independent trials with its interval.

/// k of n independent trials that had an outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// k ≤ n.
    pub successes: u64,
    /// n.
    pub trials: u64,
}

/// The 0.975 quantile of the standard normal law.
const Z: f64 = 1.959_963_984_540_054;

impl Proportion {
    /// k/n; `None` without trials.
    pub fn value(&self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials as f64)
    }

    /// √(p(1 − p)/n); 0 at p = 0 and 1, where the [interval](Self::interval) says more.
    pub fn std_err(&self) -> Option<f64> {
        self.value().map(|p| (p * (1.0 - p) / self.trials as f64).sqrt())
    }

    /// Wilson's 95 % score interval (E. B. Wilson, J. Amer. Statist. Assoc. 22, 1927): within [0, 1], of positive length at p = 0 and
    /// 1 too, with coverage near 95 % for all but the smallest n; `None` without trials.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let (p, n) = (self.value()?, self.trials as f64);
        let scale = 1.0 / (1.0 + Z * Z / n);
        let centre = scale * (p + Z * Z / (2.0 * n));
        let half = scale * Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let low = if self.successes == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if self.successes == self.trials { 1.0 } else { (centre + half).min(1.0) };
        Some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, Discrete};

    #[test]
    fn intervals_are_those_of_the_formula() {
        let (low, high) = Proportion { successes: 8, trials: 10 }.interval().unwrap();
        assert!((low - 0.490_162).abs() < 1e-5 && (high - 0.943_318).abs() < 1e-5, "{low} {high}");
        let (low, high) = Proportion { successes: 0, trials: 1000 }.interval().unwrap();
        assert!(low == 0.0 && (high - Z * Z / (1000.0 + Z * Z)).abs() < 1e-12);
        assert_eq!(Proportion { successes: 9, trials: 9 }.interval().unwrap().1, 1.0);
        assert_eq!(Proportion { successes: 0, trials: 0 }.interval(), None);
    }

    /// Exactly, summed over the binomial law: 95 % in the mean over p, and not below 93 % for n = 1000 away from the ends.
    #[test]
    fn the_interval_covers() {
        let covered = |n: u64, p: f64| {
            let law = Binomial::new(p, n).unwrap();
            let inside = |k: &u64| {
                let (low, high) = Proportion { successes: *k, trials: n }.interval().unwrap();
                low <= p && p <= high
            };
            (0..=n).filter(inside).map(|k| law.pmf(k)).sum::<f64>()
        };
        let all: Vec<f64> = (1..20).map(|i| covered(1000, f64::from(i) / 20.0)).collect();
        assert!(all.iter().all(|c| (0.93..0.97).contains(c)), "{all:?}");
        let mean = all.iter().sum::<f64>() / 19.0;
        assert!((mean - 0.95).abs() < 0.005, "{mean}");
    }
}
