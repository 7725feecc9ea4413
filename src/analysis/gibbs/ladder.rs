//! The noise scales of tempered chains.

use crate::problem::{LocalMinimum, Potential};

/// Rungs at most.
const MOST: usize = 32;
/// Points on the line between two minima.
const POINTS: usize = 33;
/// Minima that are joined to the lowest.
const PAIRS: usize = 8;
/// The hottest scale in units of s where no second minimum is known, and at most.
const UNKNOWN: f64 = 16.0;
const HOTTEST: f64 = 1e4;

/// The scales s = s_0 < … < s_{R−1}, a geometric sequence of at most 32.
///
/// The hottest is four times the largest rise of L̃ along the straight lines from the lowest minimum to the next ones, an upper
/// bound H of the barrier between them: there a crossing costs a factor e^{−2H/s} ≥ e^{−1/2} only. The ratio r solves
/// (r−1)²/r = 4.3/D, at which neighbours of a Gaussian of D weights exchange in about 30 of 100 proposals
/// (erfc(½√(Δβ ΔE)), Kofke, *J. Chem. Phys.* 117, 2002); it is widened when 32 rungs do not reach.
pub(super) fn ladder(potential: &dyn Potential, s: f64, minima: &[LocalMinimum]) -> Vec<f64> {
    let top = match barrier(potential, minima) {
        Some(height) => (4.0 * height).clamp(2.0 * s, HOTTEST * s),
        None => UNKNOWN * s,
    };
    let c = 4.3 / potential.dim() as f64;
    let ratio = 1.0 + 0.5 * c + (c + 0.25 * c * c).sqrt();
    let rungs = (1 + ((top / s).ln() / ratio.ln()).ceil() as usize).clamp(2, MOST);
    (0..rungs).map(|r| s * (top / s).powf(r as f64 / (rungs - 1) as f64)).collect()
}

/// The largest rise of L̃ above the lowest minimum along the lines to the next minima; `None` where there is only one.
fn barrier(potential: &dyn Potential, minima: &[LocalMinimum]) -> Option<f64> {
    let lowest = minima.first()?;
    let (mut scratch, mut gradient) = (potential.scratch(), vec![0.0; potential.dim()]);
    let mut rise = |other: &LocalMinimum| {
        (1..POINTS)
            .map(|k| {
                let t = k as f64 / POINTS as f64;
                let line = lowest.weights.iter().zip(&other.weights);
                let w: Vec<f64> = line.map(|(a, b)| a + t * (b - a)).collect();
                potential.value_gradient(&w, &mut gradient, &mut scratch) - lowest.value
            })
            .fold(0.0, f64::max)
    };
    minima[1..].iter().take(PAIRS).map(&mut rise).reduce(f64::max)
}
