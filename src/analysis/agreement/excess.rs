//! Ratios of excesses and of variances between two processes: what tells apart models of one weak order.

use super::measured::Measured;
use super::path_moments::Paths;
use super::ratio::{NoRatio, ratio};
use crate::analysis::guarantee::Range;
use crate::estimates::Moments;

/// One number a particle, whose mean over particles is Σ_t weights_t Var φ(t) with the unbiased variance over particles at each
/// time, and whose scatter gives its standard error to first order in 1/n: Σ_t weights_t (φ_i(t) − mean)² n/(n − 1). Particles that are
/// not finite within the window are left out, and not finite here.
///
/// # Panics
/// When there is not one weight a time.
pub fn variances(paths: &Paths, weights: &[f64]) -> Vec<f64> {
    let finite: Vec<bool> = paths.functionals(weights).iter().map(|x| x.is_finite()).collect();
    let n = finite.iter().filter(|&&f| f).count() as f64;
    let mut sums: Vec<f64> = finite.iter().map(|&f| if f { 0.0 } else { f64::NAN }).collect();
    for (row, &weight) in paths.values.chunks_exact(paths.particles).zip(weights) {
        if weight == 0.0 {
            continue;
        }
        let kept = row.iter().zip(&finite).filter(|(_, f)| **f).map(|(x, _)| *x);
        let mean = Moments::of(kept).estimate().map_or(f64::NAN, |m| m.value);
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * (x - mean).powi(2) * n / (n - 1.0));
    }
    sums
}

/// (E φ(a) − φ*)/(E φ(b) − φ*) from one number a particle ([`Paths::functionals`] of a late
/// [`window_mean`](super::window_mean)), with its interval at `level` ([`ratio`]).
///
/// `paired`: particles of one number share their start or noise; the first common ones are used. Otherwise the ensembles
/// share nothing and may differ in size. `minimum`: φ* and its own error bound (0 where exact); the ends are the outermost
/// ones over φ* within it. They are reached at its ends: for a given ratio ρ, E φ(a) − φ* − ρ (E φ(b) − φ*) is linear in φ*, and
/// its standard error is free of it.
///
/// # Errors
/// [`NoRatio`], also where the excess of b changes sign within the bound.
pub fn excess_ratio(
    a: &[f64],
    b: &[f64],
    paired: bool,
    minimum: (f64, f64),
    level: f64,
) -> Result<Range, NoRatio> {
    above(&Means::new(a, b, paired).ok_or(NoRatio::TooFewParticles)?, minimum, level)
}

/// [`excess_ratio`] of pairs that were added up before.
///
/// # Errors
/// [`NoRatio`], as there.
pub fn excess_ratio_of(pairs: &PairMoments, minimum: (f64, f64), level: f64) -> Result<Range, NoRatio> {
    above(&pairs.means().ok_or(NoRatio::TooFewParticles)?, minimum, level)
}

fn above(means: &Means, (value, bound): (f64, f64), level: f64) -> Result<Range, NoRatio> {
    let middle = means.ratio_above(value, level)?;
    let (lower, upper) = (means.ratio_above(value - bound, level)?, means.ratio_above(value + bound, level)?);
    let ends = (means.b.value - value - bound, means.b.value - value + bound);
    if ends.0 * ends.1 <= 0.0 {
        return Err(NoRatio::DenominatorHoldsZero { low: ends.0, high: ends.1 });
    }
    Ok(Range {
        low: middle.low.min(lower.low).min(upper.low),
        high: middle.high.max(lower.high).max(upper.high),
        ..middle
    })
}

/// (Var φ(a)/s_a)/(Var φ(b)/s_b) from one number a particle ([`variances`]) and the noise scales (s_a, s_b), with its interval at
/// `level`; `paired` as in [`excess_ratio`].
///
/// # Errors
/// [`NoRatio`].
pub fn variance_ratio(
    a: &[f64],
    b: &[f64],
    paired: bool,
    scales: (f64, f64),
    level: f64,
) -> Result<Range, NoRatio> {
    let means = Means::new(a, b, paired).ok_or(NoRatio::TooFewParticles)?;
    let found = ratio(&means.a, &means.b, means.covariance, level)?;
    let factor = scales.1 / scales.0;
    Ok(Range { value: found.value * factor, low: found.low * factor, high: found.high * factor })
}

/// Pairs of one number a particle, added up: what a ratio of means needs of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PairMoments {
    a: Moments,
    b: Moments,
    sum: Moments,
}

impl PairMoments {
    /// Adds particles; a pair with a number that is not finite is left out.
    pub fn add(&mut self, a: &[f64], b: &[f64]) {
        let mut more = Self::default();
        for (a, b) in a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite()) {
            more.a.push(*a);
            more.b.push(*b);
            more.sum.push(a + b);
        }
        self.a.merge(&more.a);
        self.b.merge(&more.b);
        self.sum.merge(&more.sum);
    }

    fn means(&self) -> Option<Means> {
        let Self { a, b, sum } = self;
        // Var(a + b) = Var a + Var b + 2 Cov.
        let covariance = 0.5 * (sum.variance()? - a.variance()? - b.variance()?) / a.n() as f64;
        Some(Means { a: a.estimate()?.into(), b: b.estimate()?.into(), covariance })
    }
}

/// Two means over particles and their covariance.
struct Means {
    a: Measured,
    b: Measured,
    covariance: f64,
}

impl Means {
    fn new(a: &[f64], b: &[f64], paired: bool) -> Option<Self> {
        if !paired {
            let side = |x: &[f64]| Moments::of(x.iter().copied()).estimate().filter(|e| e.std_err.is_some());
            return Some(Self { a: side(a)?.into(), b: side(b)?.into(), covariance: 0.0 });
        }
        let mut pairs = PairMoments::default();
        pairs.add(a, b);
        pairs.means()
    }

    fn ratio_above(&self, minimum: f64, level: f64) -> Result<Range, NoRatio> {
        let above = |m: &Measured| Measured { value: m.value - minimum, ..*m };
        ratio(&above(&self.a), &above(&self.b), self.covariance, level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_means_and_variances_by_hand() {
        // Three times, three particles; the last particle is lost at the last time.
        let values = [7.0, 7.0, 7.0, 1.0, 3.0, 100.0, 2.0, 6.0, f64::NAN];
        let paths = Paths::new(&values, 3);
        let weights = [0.0, 0.5, 0.5];
        let means = paths.functionals(&weights);
        assert_eq!(means[..2], [1.5, 4.5]);
        assert!(means[2].is_nan());
        let variances = variances(&paths, &weights);
        // Variances 2 and 8 over the two that stayed: mean 5.
        assert!((Moments::of(variances.iter().copied()).estimate().unwrap().value - 5.0).abs() < 1e-14);
        assert!(variances[2].is_nan());
    }

    #[test]
    fn the_bound_of_the_minimum_widens_the_ratio() {
        let (a, b): (Vec<f64>, Vec<f64>) =
            (0..200).map(|i| (3.0 + f64::from(i % 2), 2.0 + f64::from(i / 2 % 2))).unzip();
        // (3.5 − 0.5)/(2.5 − 0.5) = 1.5; with φ* at 0.25 and 0.75: 13/9 and 11/7.
        let sharp = excess_ratio(&a, &b, false, (0.5, 0.0), 0.95).unwrap();
        let loose = excess_ratio(&a, &b, false, (0.5, 0.25), 0.95).unwrap();
        assert!((sharp.value - 1.5).abs() < 1e-14 && loose.value == sharp.value);
        assert!(loose.low < 13.0 / 9.0 && 11.0 / 7.0 < loose.high, "{loose:?}");
        assert!(sharp.low > 1.42 && sharp.high < 1.6, "{sharp:?}");
        assert!(excess_ratio(&a, &b, false, (2.5, 0.0), 0.95).is_err());
        assert!(excess_ratio(&a, &b, false, (2.0, 1.0), 0.95).is_err());
        let mut pairs = PairMoments::default();
        [(0, 120), (120, 200)].into_iter().for_each(|(from, to)| pairs.add(&a[from..to], &b[from..to]));
        let (whole, parts) = (
            excess_ratio(&a, &b, true, (0.5, 0.25), 0.95).unwrap(),
            excess_ratio_of(&pairs, (0.5, 0.25), 0.95).unwrap(),
        );
        assert!((whole.low - parts.low).abs() < 1e-12 && (whole.high - parts.high).abs() < 1e-12);
        assert_eq!(excess_ratio(&a[..1], &b, false, (0.0, 0.0), 0.95), Err(NoRatio::TooFewParticles));
    }

    #[test]
    fn pairs_that_move_together_have_a_sharp_ratio() {
        let b: Vec<f64> = (0..100).map(|i| 1.0 + f64::from(i).sin().powi(2)).collect();
        let a: Vec<f64> = b.iter().map(|x| 2.0 * x).collect();
        let (together, apart) = (
            variance_ratio(&a, &b, true, (0.1, 0.2), 0.95).unwrap(),
            variance_ratio(&a, &b, false, (0.1, 0.2), 0.95).unwrap(),
        );
        assert!((together.value - 4.0).abs() < 1e-12 && together.high - together.low < 1e-5, "{together:?}");
        assert!(apart.high - apart.low > 0.3, "{apart:?}");
    }
}
