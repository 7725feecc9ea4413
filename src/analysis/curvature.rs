//! The extreme eigenvalues of the Hessian ∇²L̃ at given weights, measured with Hessian–vector products alone.

pub(super) mod lanczos;
#[cfg(test)]
mod tests;

pub use lanczos::{Extremes, Ritz};

use crate::parallel::Threads;
use crate::problem::{Potential, Scratch};
use crate::random::Key;
use rand::RngExt;
use rand_distr::StandardNormal;

/// The smallest and the largest eigenvalue of ∇²L̃(w), by the method of Lanczos with every vector orthogonalised
/// against all before it (Parlett, *The Symmetric Eigenvalue Problem*, 1980, ch. 13), from a direction uniform on the
/// sphere.
///
/// `w`: D weights in the potential's order. `key` names the random numbers, for example
/// `Key::new(seed, Purpose::Direction)`; the same key gives the same bits.
///
/// D ≤ 64: all D dimensions are searched, and the values are exact up to rounding; a multiple eigenvalue, which one
/// Krylov space shows once, does no harm, since the search goes on in a fresh random direction. Otherwise it ends when
/// both residuals are below 10⁻⁸ ‖H‖ and both [bounds](Ritz::bound) within 10⁻⁶ ‖H‖ of their values, or after 200
/// steps; ‖H‖ is taken from the values themselves.
///
/// *What is certain*: values lie within the spectrum, `smallest.value` ≥ λ_min and `largest.value` ≤ λ_max, so a value
/// outside some claimed range refutes the claim; and an eigenvalue lies within `residual` of each value. *What is
/// probable*: that nothing lies beyond `bound`. All three hold up to the error of
/// [`hessian_vector`](Potential::hessian_vector): rounding for the potentials of this crate, about 10⁻⁹ ‖H‖ for its
/// default.
///
/// `None` where a Hessian–vector product is not finite. Cost: min(D, 200) Hessian–vector products at most, 2·10⁵ D
/// multiplications and 400 D numbers of memory.
///
/// # Panics
/// Unless `w` holds D ≥ 1 numbers.
pub fn extreme_curvatures(
    potential: &dyn Potential,
    w: &[f64],
    key: Key,
    scratch: &mut Scratch,
) -> Option<Extremes> {
    extremes_at(potential, w, key, 0, scratch)
}

/// The range of the eigenvalues of ∇²L̃ over several points.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CurvatureRange {
    /// The smallest eigenvalue at any point.
    pub smallest: Ritz,
    /// Which point that was.
    pub smallest_at: usize,
    /// The largest eigenvalue at any point.
    pub largest: Ritz,
    /// Which point that was.
    pub largest_at: usize,
    /// The lowest and the highest of the [bounds](Ritz::bound) of all points. Each point fails its own with probability
    /// at most [`Ritz::MISS`]: of n points, none has an eigenvalue outside with probability at least 1 − n·`MISS`.
    pub bounds: [f64; 2],
    /// Each point's own values; `None` where a Hessian–vector product was not finite.
    pub points: Vec<Option<Extremes>>,
}

/// [`extreme_curvatures`] at every point of `points` (D numbers each, one point after another), and their range. It says
/// nothing about weights between the points.
///
/// Point i draws from the stream (i, ·) of `key`, so the result does not depend on the number of threads. `None` where
/// no point has finite Hessian–vector products. Cost: [`extreme_curvatures`] for each point; memory for one point a
/// thread.
///
/// # Panics
/// Unless `points` is a multiple of D ≥ 1 numbers.
pub fn curvature_range(
    potential: &dyn Potential,
    points: &[f64],
    key: Key,
    threads: &Threads,
) -> Option<CurvatureRange> {
    let dim = potential.dim();
    assert!(dim > 0 && points.len().is_multiple_of(dim), "points hold D numbers each");
    let mut numbered: Vec<(usize, &[f64])> = points.chunks_exact(dim).enumerate().collect();
    let points = threads.map(
        &mut numbered,
        || potential.scratch(),
        |&mut (i, w), scratch| extremes_at(potential, w, key, i as u64, scratch),
    );
    let found = || points.iter().enumerate().filter_map(|(i, point)| Some((i, (*point)?)));
    let (smallest_at, lowest) = found().min_by(|a, b| a.1.smallest.value.total_cmp(&b.1.smallest.value))?;
    let (largest_at, highest) =
        found().reduce(|best, next| if next.1.largest.value > best.1.largest.value { next } else { best })?;
    let bounds = [
        found().map(|(_, e)| e.smallest.bound).fold(f64::INFINITY, f64::min),
        found().map(|(_, e)| e.largest.bound).fold(f64::NEG_INFINITY, f64::max),
    ];
    let (smallest, largest) = (lowest.smallest, highest.largest);
    Some(CurvatureRange { smallest, smallest_at, largest, largest_at, bounds, points })
}

fn extremes_at(
    potential: &dyn Potential,
    w: &[f64],
    key: Key,
    point: u64,
    scratch: &mut Scratch,
) -> Option<Extremes> {
    let dim = potential.dim();
    assert!(dim > 0 && w.len() == dim, "weights hold D numbers");
    let mut restart = 0;
    let direction = || {
        let mut stream = key.stream(point, restart);
        restart += 1;
        (0..dim).map(|_| stream.sample(StandardNormal)).collect()
    };
    let multiply = |v: &[f64], out: &mut [f64]| potential.hessian_vector(w, v, out, scratch);
    lanczos::extremes(dim, multiply, direction)
}
