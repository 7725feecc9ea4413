//! A band that holds at all times together, and the largest difference by inverting it.

use super::cholesky::cholesky;
use super::difference::Difference;
use super::measured::{Measured, student_from_gaussian};
use crate::analysis::guarantee::Range;
use crate::random::Key;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Draws of the bootstrap: the level of the band is off by 0.3 % at most two times in three.
const DRAWS: usize = 4999;
/// Part of the largest half width below which a distance is rounding: ends that are exact are rounded too.
const ROUNDING: f64 = 1e-9;
/// Part of the name of a stream, so that other resamplings of one key share no number with this one.
const BAND: u64 = 3;

/// One time of a [`Band`].
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct BandPoint {
    /// t.
    pub time: f64,
    /// d(t).
    pub mean: f64,
    /// Its standard error, 0 where all particles agree (at t = 0 with a common start): there the ends are the mean.
    pub std_err: f64,
    /// Lower end; all times together.
    pub low: f64,
    /// Upper end; all times together.
    pub high: f64,
}

/// d(t) = E φ(a) − E φ(b) with ends between which it lies at *all* observation times together with probability `level`.
///
/// The ends are d(t) ± c_ν(t) se(t). c, the `level` quantile of max_t |Z(t)|/se(t), comes from a Gaussian multiplier bootstrap: given
/// the readings, the sums Σ_i g_i (d_i(t) − d(t))/n with independent standard normal g_i are a Gaussian vector whose covariance
/// over t is the sample's, so Z is drawn from that law and the particles are touched once (Chernozhukov, Chetverikov, Kato,
/// *Annals of Statistics* 41, 2013). c_ν puts Student's law with the ν degrees of freedom of se(t) in the place of the
/// Gaussian one at the same tail: exact for one time and Gaussian readings.
///
/// Nothing is said between observation times. Not for fewer than about 30 particles, nor for a reading whose mean a few
/// particles decide: its law must be near normal after averaging.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Band {
    /// One point a time.
    pub points: Vec<BandPoint>,
    /// The probability with which the band holds at all times.
    pub level: f64,
    /// c, in Gaussian standard errors: 1.96 for one time at 95 %.
    pub critical: f64,
}

impl Band {
    /// Draws with the streams of `key` (purpose Resample). `level` in (0, 1). `None` where an error is not finite.
    /// Cost: 5000 × times²/2 multiplications.
    pub fn new(difference: &Difference, level: f64, key: Key) -> Option<Self> {
        let at: Vec<Measured> = (0..difference.times().len()).map(|t| difference.at(t)).collect();
        if !at.iter().all(|d| d.value.is_finite() && d.std_err.is_finite()) {
            return None;
        }
        let moving: Vec<usize> = (0..at.len()).filter(|&t| at[t].std_err > 0.0).collect();
        let m = moving.len();
        let correlation = |k: usize| {
            let (t, u) = (moving[k / m], moving[k % m]);
            difference.covariance(t, u) / (at[t].std_err * at[u].std_err)
        };
        let correlations: Vec<f64> = (0..m * m).map(correlation).collect();
        let critical = critical(&correlations, m, level, key);
        let point = |(&time, d): (&f64, &Measured)| {
            let half =
                if d.std_err == 0.0 { 0.0 } else { d.std_err * student_from_gaussian(d.freedom, critical) };
            BandPoint { time, mean: d.value, std_err: d.std_err, low: d.value - half, high: d.value + half }
        };
        Some(Self { points: difference.times().iter().zip(&at).map(point).collect(), level, critical })
    }

    /// sup_t |d(t)| over the observation times. The ends are those that the band leaves: max_t (|d| − half)₊ and
    /// max_t (|d| + half), so they hold with at least its level. The value max_t |d| itself is biased up by noise.
    pub fn sup(&self) -> Range {
        let (up, down) = (self.largest(), self.smallest());
        Range {
            value: up.value.max(-down.value),
            low: up.low.max(-down.high).max(0.0),
            high: up.high.max(-down.low),
        }
    }

    /// sup_t d(t), signed, with the ends that the band leaves.
    pub fn largest(&self) -> Range {
        let over = |of: fn(&BandPoint) -> f64| self.points.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        Range { value: over(|p| p.mean), low: over(|p| p.low), high: over(|p| p.high) }
    }

    /// inf_t d(t), signed, with the ends that the band leaves.
    pub fn smallest(&self) -> Range {
        let over = |of: fn(&BandPoint) -> f64| self.points.iter().map(of).fold(f64::INFINITY, f64::min);
        Range { value: over(|p| p.mean), low: over(|p| p.low), high: over(|p| p.high) }
    }

    /// Whether `curve` lies between the ends at every observation time, up to rounding: a right curve does with probability `level`.
    ///
    /// # Panics
    /// When there is not one number a time.
    pub fn covers(&self, curve: &[f64]) -> bool {
        assert_eq!(curve.len(), self.points.len(), "one number a time");
        let slack = ROUNDING * self.floor();
        self.points.iter().zip(curve).all(|(p, c)| (p.low - slack..=p.high + slack).contains(c))
    }

    /// The Monte-Carlo floor of sup_t |d(t)|: the largest half width. Equal laws would show a sup of at most this much with
    /// probability `level`, whatever the truth below it.
    pub fn floor(&self) -> f64 {
        self.points.iter().map(|p| 0.5 * (p.high - p.low)).fold(0.0, f64::max)
    }
}

/// The `level` quantile of the largest of m standard normal numbers in size with these correlations; 0 for m = 0.
fn critical(correlations: &[f64], m: usize, level: f64, key: Key) -> f64 {
    if m == 0 {
        return 0.0;
    }
    let (lower, _) = cholesky(correlations, m);
    let mut normals = vec![0.0; m];
    let mut largest: Vec<f64> = (0..DRAWS as u64)
        .map(|draw| {
            let mut stream = key.stream(draw, BAND);
            normals.fill_with(|| stream.sample::<f64, _>(StandardNormal));
            let row = |(i, row): (usize, &[f64])| -> f64 {
                row[..=i].iter().zip(&normals).map(|(l, z)| l * z).sum()
            };
            lower.chunks_exact(m).enumerate().map(row).map(f64::abs).fold(0.0, f64::max)
        })
        .collect();
    largest.sort_by(f64::total_cmp);
    let rank = (level * (DRAWS + 1) as f64).ceil() as usize;
    largest[rank.clamp(1, DRAWS) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn key(seed: u64) -> Key {
        Key::new(seed, Purpose::Resample)
    }

    /// One number: 1.95996. Ten independent ones: Φ(c) = (1 + 0.95^{1/10})/2, c = 2.79986. Ten equal ones are one. The quantile
    /// of 4999 draws has a standard error of √(0.05·0.95/4999) over the density there: 0.026 for one, 0.020 for ten. Five of these
    /// are allowed.
    #[test]
    fn the_quantile_is_that_of_the_largest() {
        let identity: Vec<f64> = (0..100).map(|k| f64::from(k / 10 == k % 10)).collect();
        for (correlations, m, want) in
            [(vec![1.0], 1, 1.959_96), (identity, 10, 2.799_86), (vec![1.0; 100], 10, 1.959_96)]
        {
            let got = critical(&correlations, m, 0.95, key(1));
            assert!((got - want).abs() < 0.13, "{m}: {got}, expected {want}");
        }
        assert_eq!(critical(&[], 0, 0.95, key(1)), 0.0);
    }

    fn band(points: &[(f64, f64)]) -> Band {
        let point = |&(mean, half): &(f64, f64)| BandPoint {
            time: 0.0,
            mean,
            std_err: half / 2.0,
            low: mean - half,
            high: mean + half,
        };
        Band { points: points.iter().map(point).collect(), level: 0.95, critical: 2.0 }
    }

    #[test]
    fn the_sup_inverts_the_band() {
        let sup = band(&[(0.0, 0.0), (1.0, 0.5), (-1.2, 1.0), (0.2, 3.0)]).sup();
        assert_eq!(sup, Range { value: 1.2, low: 0.5, high: 3.2 });
        // A difference whose band holds 0 everywhere may be 0.
        assert_eq!(band(&[(0.1, 0.2), (-0.3, 0.4)]).sup().low, 0.0);
        let signed = band(&[(-2.0, 0.5), (-1.0, 0.25)]);
        assert_eq!(signed.largest(), Range { value: -1.0, low: -1.25, high: -0.75 });
        assert_eq!(signed.smallest(), Range { value: -2.0, low: -2.5, high: -1.5 });
        assert_eq!((signed.sup().low, signed.floor()), (1.5, 0.5));
        assert!(signed.covers(&[-1.5, -1.25]) && !signed.covers(&[-1.5, -1.26]));
        assert!(!signed.covers(&[f64::NAN, -1.0]));
    }
}
