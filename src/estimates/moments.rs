//! Mean and variance in one pass, mergeable.

use super::Estimate;

/// Count, mean and sum of squared deviations; merging two of them gives that of the union
/// (Chan, Golub, LeVeque, *Algorithms for computing the sample variance*, The American Statistician 37, 1983, eq. 1.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// The moments of finite numbers; others are left out (and so not counted).
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut moments = Self::default();
        for x in numbers {
            moments.push(x);
        }
        moments
    }

    /// Adds one number; a number that is not finite is left out.
    pub fn push(&mut self, x: f64) {
        if x.is_finite() {
            self.n += 1;
            let before = x - self.mean;
            self.mean += before / self.n as f64;
            self.squares += before * (x - self.mean);
        }
    }

    /// Adds all numbers of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let shift = other.mean - self.mean;
        self.mean += shift * (b / (a + b));
        self.squares += other.squares + shift * shift * (a * b / (a + b));
        self.n += other.n;
    }

    /// How many numbers went in.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The unbiased variance; `None` below two numbers, and where their squares overflow.
    pub fn variance(&self) -> Option<f64> {
        let variance = self.squares / self.n.saturating_sub(1) as f64;
        (self.n > 1 && variance.is_finite()).then_some(variance)
    }

    /// The mean with its standard error; `None` where nothing went in.
    pub fn estimate(&self) -> Option<Estimate> {
        let std_err = self.variance().map(|v| (v / self.n as f64).sqrt());
        (self.n > 0).then_some(Estimate { value: self.mean, std_err, n: self.n })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_parts_are_the_whole_even_far_from_zero() {
        let numbers: Vec<f64> = (0..1000).map(|i| 1e8 + f64::from(i).sin()).collect();
        let whole = Moments::of(numbers.iter().copied());
        let mut parts = Moments::default();
        for chunk in numbers.chunks(7) {
            parts.merge(&Moments::of(chunk.iter().copied()));
        }
        let mean = numbers.iter().map(|x| x - 1e8).sum::<f64>() / 1000.0;
        let variance = numbers.iter().map(|x| (x - 1e8 - mean).powi(2)).sum::<f64>() / 999.0;
        for moments in [whole, parts] {
            // Each of the 1000 updates rounds a mean of size 1e8.
            assert!((moments.mean - 1e8 - mean).abs() < 1000.0 * 1e8 * f64::EPSILON);
            assert!((moments.variance().unwrap() / variance - 1.0).abs() < 1e-6);
            assert_eq!(moments.n(), 1000);
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_not_counted() {
        let moments = Moments::of([1.0, f64::NAN, 3.0, f64::INFINITY]);
        let estimate = moments.estimate().unwrap();
        assert_eq!((estimate.n, estimate.value, estimate.std_err), (2, 2.0, Some(1.0)));
        assert!(Moments::default().estimate().is_none());
        assert_eq!(Moments::of([5.0]).estimate().unwrap().std_err, None);
    }
}
