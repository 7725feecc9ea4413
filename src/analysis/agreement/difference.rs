//! The difference of two expectations over time, with its covariance.

use super::measured::Measured;
use super::path_moments::PathMoments;

/// t ↦ E φ(a) − E φ(b) at T observation times, and what is known of its error: the covariance between any two times, so that
/// every linear functional has its standard error.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    times: Vec<f64>,
    mean: Vec<f64>,
    /// Independent parts of the error: one for pairs, one a side for two ensembles.
    parts: Vec<Part>,
    /// Particles that went in, by side; equal for pairs.
    pub n: (u64, u64),
    /// Particles left out because they left the finite numbers, by side; equal for pairs.
    pub left_out: (u64, u64),
}

/// The covariance of a mean (T × T) and its degrees of freedom.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    covariance: Vec<f64>,
    freedom: f64,
}

impl Difference {
    /// From differences particle by particle ([`PathMoments::paired`]). `None` below two particles.
    ///
    /// # Panics
    /// When the times are not those of the moments.
    pub fn paired(times: &[f64], moments: &PathMoments) -> Option<Self> {
        assert_eq!(times.len(), moments.mean().len(), "one mean a time");
        Some(Self {
            times: times.to_vec(),
            mean: moments.mean().to_vec(),
            parts: vec![Part::of(moments)?],
            n: (moments.n(), moments.n()),
            left_out: (moments.left_out(), moments.left_out()),
        })
    }

    /// From two ensembles that share no random number (not even the start), of any sizes. `None` where one has fewer than two
    /// particles. Not for particles of one number with the same start: their covariance is ignored here, which makes the error
    /// too large, or too small where it is negative.
    ///
    /// # Panics
    /// When the times are not those of the moments.
    pub fn independent(times: &[f64], a: &PathMoments, b: &PathMoments) -> Option<Self> {
        assert!([a, b].iter().all(|m| m.mean().len() == times.len()), "one mean a time");
        Some(Self {
            times: times.to_vec(),
            mean: a.mean().iter().zip(b.mean()).map(|(a, b)| a - b).collect(),
            parts: vec![Part::of(a)?, Part::of(b)?],
            n: (a.n(), b.n()),
            left_out: (a.left_out(), b.left_out()),
        })
    }

    /// The same with a deterministic curve in place of b, such as that of the gradient flow or of exact moments.
    pub fn from_curve(times: &[f64], a: &PathMoments, curve: &[f64]) -> Option<Self> {
        assert!(times.len() == curve.len(), "one number a time");
        let mut difference = Self::paired(times, a)?;
        difference.mean.iter_mut().zip(curve).for_each(|(mean, known)| *mean -= known);
        Some(difference)
    }

    /// The observation times.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// d at each time.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// d at the observation time of this number.
    pub fn at(&self, time: usize) -> Measured {
        let mut weights = vec![0.0; self.times.len()];
        weights[time] = 1.0;
        self.functional(&weights)
    }

    /// Σ_t weights_t d(t) with its standard error; degrees of freedom by Welch and Satterthwaite for two ensembles (Welch,
    /// *Biometrika* 34, 1947). [`integral`] and [`window_mean`] give weights.
    ///
    /// # Panics
    /// When there is not one weight a time.
    pub fn functional(&self, weights: &[f64]) -> Measured {
        assert_eq!(weights.len(), self.times.len(), "one weight a time");
        let value = weights.iter().zip(&self.mean).map(|(w, d)| w * d).sum();
        let variances: Vec<f64> = self.parts.iter().map(|part| part.variance(weights)).collect();
        let total: f64 = variances.iter().sum();
        let shares = self.parts.iter().zip(&variances).map(|(part, v)| (v / total).powi(2) / part.freedom);
        let freedom = if total > 0.0 { 1.0 / shares.sum::<f64>() } else { f64::INFINITY };
        Measured { value, std_err: total.sqrt(), freedom }
    }

    /// The covariance of the mean between two times.
    pub(super) fn covariance(&self, t: usize, u: usize) -> f64 {
        self.parts.iter().map(|part| part.covariance[t * self.times.len() + u]).sum()
    }
}

impl Part {
    fn of(moments: &PathMoments) -> Option<Self> {
        let covariance = moments.covariance_of_mean()?;
        Some(Self { covariance, freedom: (moments.n() - 1) as f64 })
    }

    fn variance(&self, weights: &[f64]) -> f64 {
        let rows = self.covariance.chunks_exact(weights.len());
        let products = rows.zip(weights).map(|(row, w)| {
            if *w == 0.0 { 0.0 } else { w * row.iter().zip(weights).map(|(c, w)| c * w).sum::<f64>() }
        });
        // Rounding can leave a singular form just below zero.
        products.sum::<f64>().max(0.0)
    }
}

/// Weights of ∫ d dt over the observation times in [from, to], by the trapezoidal rule; all 0 where fewer than two lie there.
pub fn integral(times: &[f64], from: f64, to: f64) -> Vec<f64> {
    let mut weights = vec![0.0; times.len()];
    for k in 1..times.len() {
        if from <= times[k - 1] && times[k] <= to {
            let half = 0.5 * (times[k] - times[k - 1]);
            weights[k - 1] += half;
            weights[k] += half;
        }
    }
    weights
}

/// Equal weights, with sum 1, of the observation times in [from, to]; `None` where none lies there.
pub fn window_mean(times: &[f64], from: f64, to: f64) -> Option<Vec<f64>> {
    let inside: Vec<f64> = times.iter().map(|t| f64::from((from..=to).contains(t))).collect();
    let count: f64 = inside.iter().sum();
    (count > 0.0).then(|| inside.iter().map(|w| w / count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(paths: &[[f64; 2]]) -> PathMoments {
        let mut moments = PathMoments::empty(2);
        paths.iter().for_each(|path| moments.push(path));
        moments
    }

    #[test]
    fn functionals_are_those_of_the_particles() {
        let paths = [[0.0, 1.0], [0.0, 4.0], [0.0, 2.5]];
        let difference = Difference::paired(&[0.0, 2.0], &moments(&paths)).unwrap();
        // The integral by the trapezoidal rule is d(2): mean 2.5, variance 2.25 / 3.
        let area = difference.functional(&integral(&[0.0, 2.0], 0.0, 2.0));
        assert!((area.value - 2.5).abs() < 1e-15 && (area.std_err - 0.75_f64.sqrt()).abs() < 1e-15);
        assert_eq!(area.freedom, 2.0);
        assert_eq!(difference.at(0).interval(), (0.0, 0.0));
        assert_eq!(difference.at(1), area);
        let known = Difference::from_curve(&[0.0, 2.0], &moments(&paths), &[0.0, 2.0]).unwrap();
        assert_eq!((known.at(1).value, known.at(1).std_err), (0.5, area.std_err));
        assert_eq!(Difference::paired(&[0.0, 2.0], &moments(&paths[..1])), None);
    }

    /// Variances 1/2 and 1/8 of the means with 3 and 1 degrees of freedom: ν = (5/8)²/((1/2)²/3 + (1/8)²/1).
    #[test]
    fn two_ensembles_have_welchs_freedom() {
        let side = (6.0_f64 / 2.0).sqrt() / 2.0_f64.sqrt();
        let a = moments(&[[side, 0.0], [-side, 0.0], [side, 0.0], [-side, 0.0]]);
        let b = moments(&[[1.0 + 0.125_f64.sqrt(), 0.0], [1.0 - 0.125_f64.sqrt(), 0.0]]);
        let d = Difference::independent(&[0.0, 1.0], &a, &b).unwrap().at(0);
        assert!((d.value + 1.0).abs() < 1e-15 && (d.std_err.powi(2) - 0.625).abs() < 1e-12, "{d:?}");
        assert!((d.freedom - 0.390_625 / (0.25 / 3.0 + 1.0 / 64.0)).abs() < 1e-9, "{d:?}");
    }

    #[test]
    fn weights_add_up() {
        let times = [0.0, 1.0, 3.0, 4.0];
        assert_eq!(integral(&times, 0.0, 4.0), [0.5, 1.5, 1.5, 0.5]);
        assert_eq!(integral(&times, 1.0, 3.0), [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(window_mean(&times, 3.0, 9.0).unwrap(), [0.0, 0.0, 0.5, 0.5]);
        assert_eq!(window_mean(&times, 5.0, 9.0), None);
    }
}
