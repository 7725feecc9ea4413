//! Where the mass of a density is: a box with a bound on what lies outside.

use super::GridError;

/// A box that holds a density but for the fraction `outside`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extent {
    pub lo: Vec<f64>,
    pub hi: Vec<f64>,
    /// Estimated bound on the fraction of mass outside.
    pub outside: f64,
    /// The largest log-density seen.
    pub peak: f64,
    /// Along each axis the smallest 1/√(−∂²log p) where there is mass: the width of the finest detail.
    pub detail: Vec<f64>,
}

/// A log-density, not normalised.
pub(super) type LogDensity<'a> = &'a dyn Fn(&[f64]) -> f64;

/// Largest fraction of mass that may lie outside.
pub(super) const OUTSIDE: f64 = 1e-12;
/// Powers of 2 between which half-widths are scanned.
const SCALES: std::ops::RangeInclusive<i32> = -12..=20;
/// Points of a scan along an axis, for one axis and for two.
const SCAN: [usize; 2] = [33, 17];
/// Points along an axis where the box is fitted.
const FIT: [usize; 2] = [1025, 65];
/// How far below the peak the curvature still matters.
const CORE: f64 = 12.0;
/// Boxes, each twice as wide as the one before, on which the tail is judged.
const SHELLS: i32 = 12;

/// Finds a box of `dim` = 1 or 2 axes on whose faces the density is e^{−34} of its peak or less.
///
/// The peak and all regions within e^{−34} of it are looked for on lattices of 33 points an axis (two axes: 17) and half-widths 2^{−12} … 2^{20}
/// about the origin, then about the highest point found. A mode narrower than a sixteenth (two axes: an eighth) of its distance from both is
/// missed. The mass outside is bounded by shells between boxes B_j, each twice as wide as the one before:
/// Σ_j |B_{j+1}| max_{∂B_j} p, which holds where p falls along rays from the centre; the terms must at least halve each time
/// out to B_12, otherwise the density counts as not normalisable. Cost: about 5·10⁴ evaluations for two axes.
pub(super) fn extent(dim: usize, log_density: LogDensity) -> Result<Extent, GridError> {
    if !(1..=2).contains(&dim) {
        return Err(GridError::Dimension { dim });
    }
    let mut seen = Vec::new();
    scan(&vec![0.0; dim], log_density, &mut seen);
    let top = highest(&seen).ok_or(GridError::NotFinite)?;
    scan(&top, log_density, &mut seen);
    [34.0, 40.0, 50.0]
        .iter()
        .map(|&drop| within(drop, dim, log_density, &seen))
        .find(|found| !matches!(found, Ok(extent) if extent.outside > OUTSIDE))
        .unwrap_or(Err(GridError::NotNormalisable { radius: 2f64.powi(*SCALES.end()) }))
}

/// A point that was looked at, the lattice spacing there, and its log-density.
struct Seen {
    at: Vec<f64>,
    spacing: f64,
    log: f64,
}

fn scan(centre: &[f64], log_density: LogDensity, seen: &mut Vec<Seen>) {
    let points = SCAN[centre.len() - 1];
    for scale in SCALES {
        let half = 2f64.powi(scale);
        let lo: Vec<f64> = centre.iter().map(|c| c - half).collect();
        let hi: Vec<f64> = centre.iter().map(|c| c + half).collect();
        let spacing = 2.0 * half / (points - 1) as f64;
        for_lattice(&lo, &hi, &vec![points; lo.len()], |at, _| {
            let log = log_density(at);
            if log.is_finite() {
                seen.push(Seen { at: at.to_vec(), spacing, log });
            }
        });
    }
}

fn highest(seen: &[Seen]) -> Option<Vec<f64>> {
    seen.iter().max_by(|a, b| a.log.total_cmp(&b.log)).map(|p| p.at.clone())
}

/// Calls `body` with each point of the lattice of `points` along each axis, ends included (for 1 point: the lower end), and
/// its index along each axis.
pub(super) fn for_lattice(lo: &[f64], hi: &[f64], points: &[usize], mut body: impl FnMut(&[f64], &[usize])) {
    let dim = lo.len();
    let mut at = vec![0.0; dim];
    let mut index = vec![0; dim];
    for flat in 0..points.iter().product() {
        let mut rest: usize = flat;
        for k in 0..dim {
            index[k] = rest % points[k];
            rest /= points[k];
            at[k] = lo[k] + (hi[k] - lo[k]) * index[k] as f64 / (points[k].max(2) - 1) as f64;
        }
        body(&at, &index);
    }
}

fn within(drop: f64, dim: usize, log_density: LogDensity, seen: &[Seen]) -> Result<Extent, GridError> {
    let none = GridError::NotNormalisable { radius: 2f64.powi(*SCALES.end()) };
    let mut peak = seen.iter().map(|p| p.log).fold(f64::NEG_INFINITY, f64::max);
    let inside = || seen.iter().filter(|p| p.log >= peak - drop);
    let mut lo: Vec<f64> =
        (0..dim).map(|k| inside().map(|p| p.at[k] - p.spacing).fold(f64::MAX, f64::min)).collect();
    let mut hi: Vec<f64> =
        (0..dim).map(|k| inside().map(|p| p.at[k] + p.spacing).fold(f64::MIN, f64::max)).collect();
    let points = FIT[dim - 1];
    for _ in 0..40 {
        if lo.iter().chain(&hi).any(|x| x.abs() > 2f64.powi(*SCALES.end())) {
            return Err(none);
        }
        let (bounds, top) = level_set(&lo, &hi, points, peak - drop, log_density);
        peak = peak.max(top);
        let settled = resize(&mut lo, &mut hi, points, &bounds);
        if settled {
            let outside = tail(&lo, &hi, peak, log_density).ok_or(none)?;
            let detail = detail(&lo, &hi, points, peak, log_density);
            // In units of the finest Gaussian that fits under the peak, which has no more mass than the density.
            let mass: f64 = detail.iter().map(|d| (2.0 * std::f64::consts::PI).sqrt() * d).product();
            return Ok(Extent { outside: outside / mass, lo, hi, peak, detail });
        }
    }
    Err(none)
}

/// First and last index along each axis at which the density exceeds the level, and the largest log-density.
fn level_set(
    lo: &[f64],
    hi: &[f64],
    points: usize,
    level: f64,
    log_density: LogDensity,
) -> (Vec<(usize, usize)>, f64) {
    let mut bounds = vec![(points, 0); lo.len()];
    let mut top = f64::NEG_INFINITY;
    for_lattice(lo, hi, &vec![points; lo.len()], |at, index| {
        let log = log_density(at);
        if log >= level {
            for (bound, &i) in bounds.iter_mut().zip(index) {
                *bound = (bound.0.min(i), bound.1.max(i));
            }
            top = top.max(log);
        }
    });
    (bounds, top)
}

/// Fits the box to the level set with a spacing to spare; true when it was fitted already.
fn resize(lo: &mut [f64], hi: &mut [f64], points: usize, bounds: &[(usize, usize)]) -> bool {
    let mut settled = true;
    for (k, &(first, last)) in bounds.iter().enumerate() {
        let width = hi[k] - lo[k];
        let spacing = width / (points - 1) as f64;
        if first > last {
            // The lattice stepped over the level set: halve the box about its middle.
            lo[k] += width / 4.0;
            hi[k] -= width / 4.0;
            settled = false;
            continue;
        }
        let left = if first == 0 { lo[k] - width / 4.0 } else { lo[k] + (first as f64 - 1.0) * spacing };
        let right =
            if last == points - 1 { hi[k] + width / 4.0 } else { lo[k] + (last as f64 + 1.0) * spacing };
        settled &= first > 0 && last < points - 1 && right - left > 0.9 * width;
        if !(first > 0 && last < points - 1 && right - left > 0.9 * width) {
            (lo[k], hi[k]) = (left, right);
        }
    }
    settled
}

/// Σ_j |B_{j+1}| max_{∂B_j} p/p_peak; `None` where the terms do not fall by half each time.
fn tail(lo: &[f64], hi: &[f64], peak: f64, log_density: LogDensity) -> Option<f64> {
    let dim = lo.len();
    let volume: f64 = lo.iter().zip(hi).map(|(a, b)| b - a).product();
    let mut last = f64::INFINITY;
    let mut sum = 0.0;
    for shell in 0..SHELLS {
        let grow = (2f64.powi(shell) - 1.0) / 2.0;
        let outer = |k: usize| (lo[k] - grow * (hi[k] - lo[k]), hi[k] + grow * (hi[k] - lo[k]));
        let mut top = f64::NEG_INFINITY;
        for axis in 0..dim {
            for side in 0..2 {
                let (mut low, mut high): (Vec<f64>, Vec<f64>) = (0..dim).map(outer).unzip();
                let face = if side == 0 { low[axis] } else { high[axis] };
                (low[axis], high[axis]) = (face, face);
                let points: Vec<usize> = (0..dim).map(|k| if k == axis { 1 } else { 97 }).collect();
                for_lattice(&low, &high, &points, |at, _| {
                    let log = log_density(at);
                    top = if log.is_nan() { f64::INFINITY } else { top.max(log) };
                });
            }
        }
        let term = volume * 2f64.powi((shell + 1) * dim as i32) * (top - peak).exp();
        if term > 0.5 * last {
            return None;
        }
        sum += term;
        last = if term == 0.0 { f64::MIN_POSITIVE } else { term };
    }
    Some(sum + last)
}

/// The smallest standard deviation of a Gaussian that touches the density, along each axis, by second differences.
fn detail(lo: &[f64], hi: &[f64], points: usize, peak: f64, log_density: LogDensity) -> Vec<f64> {
    let mut sharpest: Vec<f64> = lo.iter().zip(hi).map(|(a, b)| (40.0 / (b - a)).powi(2) / 16.0).collect();
    let mut moved = vec![0.0; lo.len()];
    for_lattice(lo, hi, &vec![points; lo.len()], |at, _| {
        let here = log_density(at);
        if here < peak - CORE {
            return;
        }
        for k in 0..at.len() {
            let step = 1e-3 * (hi[k] - lo[k]);
            moved.copy_from_slice(at);
            moved[k] = at[k] + step;
            let ahead = log_density(&moved);
            moved[k] = at[k] - step;
            let behind = log_density(&moved);
            let curvature = (2.0 * here - ahead - behind) / (step * step);
            if curvature > sharpest[k] {
                sharpest[k] = curvature;
            }
        }
    });
    sharpest.iter().map(|c| 1.0 / c.sqrt()).collect()
}
