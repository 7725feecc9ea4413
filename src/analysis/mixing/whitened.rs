//! A stretch of a mean curve in coordinates whose Monte-Carlo errors are independent and of unit size.

use super::cone::dot;
use super::decay_rate::Asymptote;
use super::eigen::symmetric_eigen;
use super::groups::GroupCurves;
use super::window::thinned;

/// The most bins of a stretch; each parameter of the covariance that is estimated costs freedom of the test.
const MOST_BINS: usize = 12;
/// The fewest, where the groups allow no more: two modes and a limit are five numbers.
const FEWEST_BINS: usize = 6;
/// Points read a bin; more are thinned, for neighbours are nearly the same number.
const POINTS_A_BIN: usize = 8;
/// The smallest variance of a combination of bins, relative to that of the bins: below it rounding decides.
const SMALLEST_VARIANCE: f64 = 1e-12;

/// Means over bins of successive times, whitened by their covariance between groups of particles.
pub(super) struct WhitenedCurve {
    /// Times of each bin, from the first time of the stretch.
    bins: Vec<Vec<f64>>,
    /// m × m.
    whitening: Vec<f64>,
    /// The whitened means, less the limit where it is known.
    raw: Vec<f64>,
    /// The same without its part along `ones`.
    pub values: Vec<f64>,
    /// The whitened constant, where the limit is fitted.
    ones: Option<Vec<f64>>,
    /// How many groups the covariance is estimated from.
    pub groups: usize,
    /// From the first to the last time.
    pub length: f64,
    /// The shortest time between two points.
    pub spacing: f64,
    /// +1 where the curve comes down to its limit, −1 where it rises.
    pub sign: f64,
}

impl WhitenedCurve {
    /// The stretch from index `start` to index `end`; `None` where its covariance is not a number.
    pub fn new(
        times: &[f64],
        curves: &GroupCurves,
        asymptote: Asymptote,
        start: usize,
        end: usize,
    ) -> Option<Self> {
        let most = (curves.groups() / 4).clamp(FEWEST_BINS, MOST_BINS);
        let indices = thinned(start, end, most * POINTS_A_BIN);
        let m = indices.len().min(most);
        let bins: Vec<&[usize]> =
            (0..m).map(|k| &indices[k * indices.len() / m..(k + 1) * indices.len() / m]).collect();
        let (value, value_error) = asymptote.value();
        let (means, covariance) = binned(curves, &bins);
        let covariance: Vec<f64> = covariance.iter().map(|c| c + value_error * value_error).collect();
        let whitening = whitening(&covariance, m)?;
        let raw = apply(&whitening, &means.iter().map(|y| y - value).collect::<Vec<f64>>());
        let ones = (asymptote == Asymptote::Unknown).then(|| apply(&whitening, &vec![1.0; m]));
        let towards = if ones.is_some() { means[0] - means[m - 1] } else { means[0] - value };
        let points: Vec<f64> = indices.iter().map(|&i| times[i] - times[start]).collect();
        let mut curve = Self {
            bins: bins.iter().map(|b| b.iter().map(|&i| times[i] - times[start]).collect()).collect(),
            whitening,
            values: Vec::new(),
            raw,
            ones,
            groups: curves.groups(),
            length: times[end] - times[start],
            spacing: points.windows(2).map(|t| t[1] - t[0]).fold(f64::INFINITY, f64::min),
            sign: towards.signum(),
        };
        curve.values = curve.without_limit(&curve.raw).iter().map(|y| y * curve.sign).collect();
        Some(curve)
    }

    /// How many bins there are.
    pub fn len(&self) -> usize {
        self.bins.len()
    }

    /// Whether the limit is fitted.
    pub fn fits_limit(&self) -> bool {
        self.ones.is_some()
    }

    /// e^{−rt}, whitened, without its part along the fitted limit.
    pub fn mode(&self, rate: f64) -> Vec<f64> {
        self.without_limit(&self.raw_mode(rate))
    }

    /// The fitted limit beside modes (rate, amplitude), less the known one.
    pub fn limit(&self, modes: &[(f64, f64)]) -> f64 {
        let Some(ones) = &self.ones else { return 0.0 };
        let mut rest = self.raw.clone();
        for (rate, amplitude) in modes {
            rest.iter_mut().zip(self.raw_mode(*rate)).for_each(|(y, e)| *y -= amplitude * e);
        }
        dot(ones, &rest) / dot(ones, ones)
    }

    fn raw_mode(&self, rate: f64) -> Vec<f64> {
        let mean = |bin: &Vec<f64>| bin.iter().map(|t| (-rate * t).exp()).sum::<f64>() / bin.len() as f64;
        apply(&self.whitening, &self.bins.iter().map(mean).collect::<Vec<f64>>())
    }

    fn without_limit(&self, vector: &[f64]) -> Vec<f64> {
        let Some(ones) = &self.ones else { return vector.to_vec() };
        let part = dot(ones, vector) / dot(ones, ones);
        vector.iter().zip(ones).map(|(x, one)| x - part * one).collect()
    }
}

/// Means of the bins and the covariance of these means.
fn binned(curves: &GroupCurves, bins: &[&[usize]]) -> (Vec<f64>, Vec<f64>) {
    let (m, groups) = (bins.len(), curves.groups());
    let mut sums = GroupCurves::new(groups, m);
    sums.counts.clone_from(&curves.counts);
    for g in 0..groups {
        for (k, bin) in bins.iter().enumerate() {
            sums.sums[g * m + k] = bin.iter().map(|&i| curves.of(g)[i]).sum::<f64>() / bin.len() as f64;
        }
    }
    let mean = sums.mean(&vec![1.0; groups]);
    let total: f64 = sums.counts.iter().sum();
    let mut covariance = vec![0.0; m * m];
    for (g, count) in sums.counts.iter().enumerate() {
        let off: Vec<f64> =
            sums.of(g).iter().zip(&mean).map(|(sum, mean)| (sum - count * mean) / total).collect();
        for (ij, c) in covariance.iter_mut().enumerate() {
            *c += off[ij / m] * off[ij % m] * groups as f64 / (groups as f64 - 1.0);
        }
    }
    (mean, covariance)
}

/// W with W S Wᵀ = 1, by the eigenvectors of the correlations.
fn whitening(covariance: &[f64], m: usize) -> Option<Vec<f64>> {
    let errors: Vec<f64> = (0..m).map(|k| covariance[k * m + k].sqrt()).collect();
    if errors.iter().any(|e| e.is_nan() || *e <= 0.0) {
        return None;
    }
    let correlations: Vec<f64> =
        (0..m * m).map(|ij| covariance[ij] / (errors[ij / m] * errors[ij % m])).collect();
    let (values, vectors) = symmetric_eigen(&correlations, m)?;
    let entry =
        |k: usize, i: usize| vectors[k * m + i] / (values[k].max(SMALLEST_VARIANCE).sqrt() * errors[i]);
    Some((0..m * m).map(|ki| entry(ki / m, ki % m)).collect())
}

fn apply(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    matrix.chunks_exact(vector.len()).map(|row| dot(row, vector)).collect()
}
