//! The rates that a stretch of a curve agrees with: a profile of χ² over the slowest rate.

use super::mode_mixture::{ModeFit, ModeMixture};
use super::verdict::FEWEST_E_FOLDS;
use super::whitened::WhitenedCurve;
use crate::estimates::LEVEL;
use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};

/// Rates of the first search, up to three e-folds between two points …
const TRIALS: usize = 50;
/// … from so many over the whole stretch; with a fitted limit from just below the fewest that tell a mode from the limit, so that
/// a slower curve is seen to be too slow.
const SLOWEST: (f64, f64) = (0.02, 0.99 * FEWEST_E_FOLDS.1);
/// Rounds that refine it, each to a quarter …
const ROUNDS: usize = 9;
/// … of which the first ones look for the minimum alone.
const MINIMUM_FIRST: usize = 3;
/// Rates closer than this in ln r are the same.
const SAME: f64 = 1e-5;
/// Numbers that a slowest and a faster mode take.
const PARAMETERS: usize = 4;

/// One slowest rate with its best fits.
struct Node {
    log_rate: f64,
    best: ModeFit,
    single: ModeFit,
}

/// What a stretch of a curve says of its slowest rate.
pub(super) struct RateProfile {
    /// Of one mode where that agrees as well as the best fit, else of the best fit.
    pub rate: f64,
    /// The 95 % interval: all rates whose best fit is not rejected against the best of all. (0, …) and (…, ∞) where the
    /// search ends first; with a fitted limit it starts at the slowest mode that is told from the limit.
    pub interval: (f64, f64),
    /// Of the slowest mode, at the start of the stretch, with its sign.
    pub amplitude: f64,
    /// The fitted limit less the known one.
    pub limit: f64,
    /// The probability of a misfit as large as that of the best fit.
    pub p_value: f64,
}

/// The profile of one stretch.
///
/// With n groups, m bins and k parameters, (χ²_r − χ²)/(1 + χ²/(n−1)) · ν/(n−1) is F with (1, ν = n − 1 − (m − k)) degrees of
/// freedom at the true r, and χ²/(n−1) · (n − (m − k))/(m − k) is F with (m − k, n − (m − k)), exactly for a linear model and
/// Gaussian means whose covariance is estimated (Rao, Biometrika 46, 1959: the likelihood ratio of growth curves).
pub(super) fn rate_profile(curve: &WhitenedCurve) -> RateProfile {
    let slowest = if curve.fits_limit() { SLOWEST.1 } else { SLOWEST.0 };
    let (lowest, highest) = ((slowest / curve.length).ln(), (3.0 / curve.spacing).ln());
    let mixture = ModeMixture::new(curve, lowest, highest + 1.0);
    let node =
        |log_rate: f64| Node { log_rate, best: mixture.best(log_rate), single: mixture.single(log_rate) };
    let mut nodes: Vec<Node> =
        (0..TRIALS).map(|k| node(lowest + (highest - lowest) * k as f64 / (TRIALS - 1) as f64)).collect();
    let law = Law::of(curve);
    for round in 0..ROUNDS {
        let splits = splits(&nodes, &law, round < MINIMUM_FIRST);
        if splits.is_empty() {
            break;
        }
        let between = |k: &usize| {
            let (a, b) = (nodes[*k].log_rate, nodes[k + 1].log_rate);
            [0.25, 0.5, 0.75].map(|part| a + part * (b - a))
        };
        let new: Vec<f64> = splits.iter().flat_map(between).collect();
        nodes.extend(new.into_iter().map(node));
        nodes.sort_by(|a, b| a.log_rate.total_cmp(&b.log_rate));
    }
    summary(curve, &nodes, &law)
}

/// The first of each pair of nodes between which the minimum, that of one mode, or an end of the interval lies.
fn splits(nodes: &[Node], law: &Law, minimum_only: bool) -> Vec<usize> {
    let (best, single) = (lowest(nodes, |n| n.best.loss), lowest(nodes, |n| n.single.loss));
    let mut at = vec![best.checked_sub(1), Some(best), single.checked_sub(1), Some(single)];
    if !minimum_only {
        let (first, last) = accepted(nodes, law);
        at.extend([first.checked_sub(1), Some(last)]);
    }
    let mut at: Vec<usize> = at.into_iter().flatten().collect();
    at.sort_unstable();
    at.dedup();
    at.retain(|&k| k + 1 < nodes.len() && nodes[k + 1].log_rate - nodes[k].log_rate > SAME);
    at
}

fn lowest(nodes: &[Node], loss: impl Fn(&Node) -> f64) -> usize {
    (0..nodes.len()).min_by(|&a, &b| loss(&nodes[a]).total_cmp(&loss(&nodes[b]))).unwrap_or(0)
}

/// First and last node that are not rejected.
fn accepted(nodes: &[Node], law: &Law) -> (usize, usize) {
    let best = lowest(nodes, |n| n.best.loss);
    let least = nodes[best].best.loss;
    let holds = |k: &usize| law.agrees(nodes[*k].best.loss, least);
    ((0..nodes.len()).find(holds).unwrap_or(best), (0..nodes.len()).rev().find(holds).unwrap_or(best))
}

fn summary(curve: &WhitenedCurve, nodes: &[Node], law: &Law) -> RateProfile {
    let (first, last) = accepted(nodes, law);
    let (best, single) = (&nodes[lowest(nodes, |n| n.best.loss)], &nodes[lowest(nodes, |n| n.single.loss)]);
    let alone = law.agrees(single.single.loss, best.best.loss);
    let fit = if alone { &single.single } else { &best.best };
    let signed: Vec<(f64, f64)> = fit.modes.iter().map(|(r, a)| (*r, a * curve.sign)).collect();
    // With a fitted limit slower modes count as part of it.
    let open = if curve.fits_limit() { nodes[0].log_rate.exp() } else { 0.0 };
    RateProfile {
        rate: signed[0].0,
        interval: (
            first.checked_sub(1).map_or(open, |k| nodes[k].log_rate.exp()),
            nodes.get(last + 1).map_or(f64::INFINITY, |node| node.log_rate.exp()),
        ),
        amplitude: signed[0].1,
        limit: curve.limit(&signed),
        p_value: law.p_value(best.best.loss),
    }
}

/// The laws of χ² and of its differences.
struct Law {
    groups: f64,
    /// m − k: bins that no parameter takes.
    free: f64,
    /// ν.
    freedom: f64,
    /// The squared quantile of Student's law.
    threshold: f64,
}

impl Law {
    fn of(curve: &WhitenedCurve) -> Self {
        let parameters = PARAMETERS + usize::from(curve.fits_limit());
        let (groups, free) = (curve.groups as f64, curve.len().saturating_sub(parameters) as f64);
        let freedom = groups - 1.0 - free;
        let quantile =
            StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |law| law.inverse_cdf(0.5 + LEVEL / 2.0));
        Self { groups, free, freedom, threshold: quantile * quantile }
    }

    /// Whether a χ² is not rejected against the smallest one.
    fn agrees(&self, loss: f64, least: f64) -> bool {
        let scale = self.groups - 1.0;
        self.freedom * (loss - least) / (scale + least) <= self.threshold
    }

    fn p_value(&self, least: f64) -> f64 {
        if self.free == 0.0 {
            return 1.0;
        }
        let (free, rest) = (self.free, self.groups - self.free);
        let ratio = least / (self.groups - 1.0) * rest / free;
        FisherSnedecor::new(free, rest).map_or(f64::NAN, |law| law.sf(ratio))
    }
}
