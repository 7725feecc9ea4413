//! Implied timescales against the lag.

use super::eigen::{Whitening, quadratic_form};
use super::groups::{FOLDS, GroupCurves, RESAMPLES, deviation, resamples};
use super::lagged::LaggedSums;
use super::slowest::Pooled;

/// One point of the lag plot.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ImpliedTimescale {
    /// τ, unit of t.
    pub lag: f64,
    /// −τ/ln ρ(τ), where ρ(τ) is the correlation over τ, on particles held out, of the slowest coordinate that the others give
    /// at this lag. `None` where ρ is not within (0, 1).
    pub timescale: Option<f64>,
    /// Its standard error by resampling groups of particles.
    pub std_err: Option<f64>,
    /// Whether τ exceeds the timescale: the correlation is then below 1/e and the point leans on what noise leaves of it.
    pub grey: bool,
}

/// One point a lag: each group judged by the coordinate that the particles outside its part give at that lag.
pub(super) fn lag_plot(
    sums: &[LaggedSums],
    folds: &[Pooled],
    whitened: &[Whitening],
    lags: &[usize],
    spacing: f64,
    seed: u64,
) -> Vec<ImpliedTimescale> {
    let resamples = resamples(sums.len(), RESAMPLES, seed, 3);
    let point = |number: usize, lag: f64| -> Option<(f64, f64)> {
        let leading = |(fold, whitening): (&Pooled, &Whitening)| {
            whitening.eigen(&fold.lagged[number], |k| k - 1).map(|(_, v)| v)
        };
        let vectors: Vec<Vec<f64>> = folds.iter().zip(whitened).map(leading).collect::<Option<_>>()?;
        let mut curves = GroupCurves::new(sums.len(), 2);
        for (g, group) in sums.iter().enumerate() {
            let v = &vectors[g % FOLDS];
            curves.counts[g] = group.count;
            curves.sums[2 * g] = quadratic_form(&group.instant, v);
            curves.sums[2 * g + 1] = quadratic_form(&group.lagged[number], v);
        }
        let timescale = |curve: &[f64]| {
            let correlation = curve[1] / curve[0];
            (0.0 < correlation && correlation < 1.0).then(|| -lag / correlation.ln())
        };
        let value = timescale(&curves.mean(&vec![1.0; sums.len()]))?;
        let drawn: Option<Vec<f64>> = resamples.iter().map(|times| timescale(&curves.mean(times))).collect();
        Some((value, drawn.map_or(f64::NAN, |drawn| deviation(&drawn))))
    };
    lags.iter()
        .enumerate()
        .map(|(number, &lag)| {
            let lag = lag as f64 * spacing;
            let found = point(number, lag);
            ImpliedTimescale {
                lag,
                timescale: found.map(|(value, _)| value),
                std_err: found.map(|(_, error)| error).filter(|e| e.is_finite()),
                grey: found.is_none_or(|(value, _)| lag > value),
            }
        })
        .collect()
}
