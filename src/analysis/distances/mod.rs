//! Distances between the law of an ensemble at one time and the Gibbs measure μ_s ∝ exp(−2L̃/s); those that need samples
//! of it alone serve for any other law too, such as that of another process.
//!
//! Which one sees what:
//!
//! | distance | needs | sees | blind to |
//! |---|---|---|---|
//! | [`effective_temperature`] | readings of one observation | a wrong temperature | every change that keeps two averages |
//! | [`kernel_stein`] | ∇L̃ at the particles | shape within the modes | the proportions of far modes |
//! | [`energy_distance`] | samples of μ_s | location, overall scale, proportions of modes | changes along a few of many weights |
//! | [`sliced_wasserstein`] | samples of μ_s | the same, in units of the weights | what random projections average out |
//!
//! Particles that left the finite numbers are left out; [`Discrepancy::n`] counts those that went in. A test that does not
//! reject says that the law is within its power of μ_s, not that it is μ_s.

mod energy;
mod ksd;
mod multipliers;
mod pairs;
mod sliced;
#[cfg(test)]
mod testing;
mod thermometer;

pub use energy::energy_distance;
pub use ksd::{KernelStein, kernel_stein};
pub use sliced::sliced_wasserstein;
pub use thermometer::{EffectiveTemperature, effective_temperature};

use std::borrow::Cow;

/// A distance from μ_s with what it would be if the law were μ_s.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Discrepancy {
    /// The name in tables.
    pub name: &'static str,
    /// The distance itself, in the units that its function states.
    pub statistic: f64,
    /// Its standard error as an estimate of the population's distance, good where that is well above zero; at zero the
    /// statistic is not near normal and the null band is what counts. `None` where the sample is too small for one.
    pub std_err: Option<f64>,
    /// The 0.025 quantile of the statistic under the null.
    pub null_low: f64,
    /// The 0.975 quantile of the statistic under the null.
    pub null_high: f64,
    /// (1 + how many replicates are at least the statistic)/(1 + replicates): one-sided, large distances reject.
    pub p_value: f64,
    /// How many particles went in.
    pub n: usize,
    /// How many reference samples went in, after thinning; 0 where none are needed.
    pub m: usize,
    /// How many replicates of the null were drawn.
    pub replicates: usize,
    /// How the null was drawn.
    pub method: &'static str,
}

/// How often to resample, and with which random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Replicates of the null, at least 19 for a test at level 5 %; 499 let p-values below 0.01 be read.
    pub replicates: usize,
    /// The study's seed.
    pub seed: u64,
    /// Tells apart the distances of one study: a different number for each process and time.
    pub tag: u64,
}

/// Samples of μ_s, or of another law.
///
/// Every null band here takes them for independent. Chains are not: bands from all their states would be too narrow by
/// about √(m/ESS) and reject too often. So only every ⌈m/effective_size⌉-th sample is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference<'a> {
    /// The samples one after another, D numbers each; each chain in one piece.
    pub weights: &'a [f64],
    /// How many independent samples they are worth (the smallest bulk effective sample size of what is observed); at
    /// least the number of samples where they are independent.
    pub effective_size: f64,
}

impl Reference<'_> {
    /// The samples that count as independent; those that are not finite are left out.
    fn independent(&self, dim: usize) -> Vec<f64> {
        let samples = self.weights.len() / dim;
        let stride = (samples as f64 / self.effective_size.max(1.0)).ceil().max(1.0) as usize;
        let kept: Vec<f64> = self.weights.chunks_exact(dim).step_by(stride).flatten().copied().collect();
        finite_particles(&kept, dim).into_owned()
    }
}

/// The particles whose weights are all finite.
fn finite_particles(weights: &[f64], dim: usize) -> Cow<'_, [f64]> {
    assert!(dim > 0 && weights.len().is_multiple_of(dim), "weights are count × dim");
    let finite = |w: &&[f64]| w.iter().all(|x| x.is_finite());
    if weights.chunks_exact(dim).all(|w| finite(&w)) {
        return Cow::Borrowed(weights);
    }
    Cow::Owned(weights.chunks_exact(dim).filter(finite).flatten().copied().collect())
}

/// The 2.5 % and 97.5 % quantiles of the null's replicates (outer order statistics), and the p-value of `statistic`.
///
/// A replicate that is the same sum in another order counts as equal: hence the slack of rounding.
fn null_band(statistic: f64, replicates: &[f64]) -> (f64, f64, f64) {
    let mut sorted = replicates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let low = (0.025 * (count + 1.0)).floor().max(1.0) as usize;
    let high = (0.975 * (count + 1.0)).ceil().min(count) as usize;
    let largest = sorted.iter().map(|x| x.abs()).fold(statistic.abs(), f64::max);
    let slack = 1e-12 * largest;
    let above = sorted.iter().filter(|&&x| x >= statistic - slack).count();
    (sorted[low - 1], sorted[high - 1], (1.0 + above as f64) / (1.0 + count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_and_the_p_value_count_replicates() {
        let replicates: Vec<f64> = (1..=39).rev().map(f64::from).collect();
        assert_eq!(null_band(38.5, &replicates), (1.0, 39.0, 0.05));
        assert_eq!(null_band(100.0, &replicates).2, 1.0 / 40.0);
        assert_eq!(null_band(0.0, &replicates).2, 1.0);
    }

    #[test]
    fn a_reference_is_thinned_to_its_effective_size_and_to_finite_samples() {
        let weights: Vec<f64> = (0..20).map(f64::from).collect();
        let thinned = |effective_size| Reference { weights: &weights, effective_size }.independent(2);
        assert_eq!(thinned(10.0), weights);
        assert_eq!(thinned(4.0), [0.0, 1.0, 6.0, 7.0, 12.0, 13.0, 18.0, 19.0]);
        assert_eq!(thinned(0.5), [0.0, 1.0]);
        assert_eq!(*finite_particles(&[1.0, f64::NAN, 2.0, 3.0], 2), [2.0, 3.0]);
    }
}
