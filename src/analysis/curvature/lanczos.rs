//! Lanczos for both ends of the spectrum of a symmetric operator, with what can be said about the values it finds.

mod leading;

pub use leading::{RitzPair, leading};

use faer::{Mat, Side};

/// An extreme eigenvalue as it was found.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Ritz {
    /// θ = ⟨y, Hy⟩ of a unit vector y: never outside the spectrum of H.
    pub value: f64,
    /// ‖Hy − θy‖: an eigenvalue lies within this distance of θ (Parlett, *The Symmetric Eigenvalue Problem*, 1980,
    /// §4.5). It does not say that this is the extreme one.
    pub residual: f64,
    /// With probability at least 1 − [`MISS`](Self::MISS) over the random start, for both ends together, no eigenvalue
    /// lies beyond.
    ///
    /// The (k+1)-th Lanczos vector is p(H) of the start, p(μ) = Π_j (μ − θ_j)/β_j, and has norm 1. Where H has an
    /// eigenvalue beyond μ, with the start's component c along its vector, then |p(μ)| |c| < 1; and |c| < δ has
    /// probability at most δ√(2(D−1)/π). So |p(μ)| = 1/δ is solved for μ (van Dorsselaer, Hochstenbach, van der Vorst,
    /// SIAM J. Matrix Anal. Appl. 22, 2000, for this and other polynomials). Where all D dimensions were searched, it
    /// is the value moved outwards by the residual.
    pub bound: f64,
}

impl Ritz {
    /// The probability that a [`bound`](Self::bound) is granted to fail with.
    pub const MISS: f64 = 1e-6;
}

/// The extreme eigenvalues of a symmetric H.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Extremes {
    /// An upper bound of λ_min.
    pub smallest: Ritz,
    /// A lower bound of λ_max.
    pub largest: Ritz,
    /// How many products with H it took.
    pub products: u64,
    /// Whether both residuals are at most 10⁻⁸ of the larger absolute value.
    pub converged: bool,
}

/// Up to this D all dimensions are searched.
const FULL: usize = 64;
/// The most steps otherwise.
const STEPS: usize = 200;
/// Relative to ‖H‖: residuals of converged values.
const RESIDUAL: f64 = 1e-8;
/// Relative to ‖H‖: how close a bound must be before the search ends early.
const CLOSE: f64 = 1e-6;
/// Relative to ‖H‖: what is left of a vector below this is rounding, and its space invariant.
const INVARIANT: f64 = 1e-13;

/// The extreme eigenvalues of the symmetric H on R^dim that `multiply` applies; `direction` draws standard normal
/// vectors. `None` where a product is not finite.
pub fn extremes(
    dim: usize,
    multiply: impl FnMut(&[f64], &mut [f64]),
    direction: impl FnMut() -> Vec<f64>,
) -> Option<Extremes> {
    let last = if dim <= FULL { dim } else { dim.min(STEPS) };
    let mut found = None;
    grow(dim, multiply, direction, |space, invariant| {
        let steps = space.basis.len();
        let look = dim > FULL && (invariant || steps.is_multiple_of((steps / 8).max(4)));
        if !look && steps < last {
            return Some(false);
        }
        let extremes = found.insert(space.extremes(Ritz::MISS)?);
        Some(steps == last || invariant || extremes.settled())
    })?;
    found
}

/// Grows a Krylov space until `enough`, which hears whether H maps the space into itself; where it does and that is not enough,
/// with a fresh direction. `None` where a product is not finite or `enough` has no answer.
fn grow(
    dim: usize,
    mut multiply: impl FnMut(&[f64], &mut [f64]),
    mut direction: impl FnMut() -> Vec<f64>,
    mut enough: impl FnMut(&Space, bool) -> Option<bool>,
) -> Option<Space> {
    let mut space = Space::new(dim);
    let mut next = direction();
    space.orthonormalise(&mut next);
    loop {
        let mut image = vec![0.0; dim];
        multiply(&next, &mut image);
        if image.iter().any(|x| !x.is_finite()) {
            return None;
        }
        next = space.push(next, image);
        let invariant = space.invariant();
        if enough(&space, invariant)? {
            return Some(space);
        }
        if invariant {
            next = direction();
            space.orthonormalise(&mut next);
        }
    }
}

impl Extremes {
    /// ‖H‖ as far as it is known.
    fn norm(&self) -> f64 {
        self.smallest.value.abs().max(self.largest.value.abs())
    }

    fn settled(&self) -> bool {
        let close = |pair: &Ritz| (pair.bound - pair.value).abs() <= CLOSE * self.norm();
        self.converged && close(&self.smallest) && close(&self.largest)
    }
}

/// A Krylov space with the images of its orthonormal basis.
pub struct Space {
    dim: usize,
    basis: Vec<Vec<f64>>,
    images: Vec<Vec<f64>>,
    /// Lower triangle of ⟨basis, images⟩, row by row.
    projected: Vec<Vec<f64>>,
    /// β_j, what was left of the j-th image outside the space.
    betas: Vec<f64>,
    /// The largest ‖Hv‖ of the basis.
    size: f64,
}

impl Space {
    pub fn new(dim: usize) -> Self {
        let [basis, images, projected] = [(); 3].map(|()| Vec::new());
        Self { dim, basis, images, projected, betas: Vec::new(), size: 0.0 }
    }

    /// Adds a basis vector with its image; returns the next one.
    pub fn push(&mut self, v: Vec<f64>, image: Vec<f64>) -> Vec<f64> {
        self.size = self.size.max(product(&image, &image).sqrt());
        let mut next = image.clone();
        self.images.push(image);
        self.projected.push(self.images.iter().map(|image| product(&v, image)).collect());
        self.basis.push(v);
        let beta = self.orthonormalise(&mut next);
        self.betas.push(beta);
        next
    }

    /// Whether H maps the space into itself.
    fn invariant(&self) -> bool {
        self.betas.last().is_some_and(|beta| *beta <= INVARIANT * self.size)
    }

    /// Makes `v` a unit vector orthogonal to the space; returns what was left of it before it was scaled.
    fn orthonormalise(&self, v: &mut [f64]) -> f64 {
        let mut norm = product(v, v).sqrt();
        // Twice is enough unless nothing but rounding is left (Parlett, The Symmetric Eigenvalue Problem, §6.9).
        for _ in 0..3 {
            let before = norm;
            self.basis.iter().for_each(|unit| add(v, -product(v, unit), unit));
            norm = product(v, v).sqrt();
            if norm > 0.5 * before {
                break;
            }
        }
        if norm > 0.0 {
            v.iter_mut().for_each(|x| *x /= norm);
        }
        norm
    }

    /// The first and the last Ritz pair, with bounds that fail with probability `miss`.
    pub fn extremes(&self, miss: f64) -> Option<Extremes> {
        let m = self.basis.len();
        let lower = Mat::from_fn(m, m, |i, j| if i >= j { self.projected[i][j] } else { 0.0 });
        let eigen = lower.self_adjoint_eigen(Side::Lower).ok()?;
        let values: Vec<f64> = (0..m).map(|k| eigen.S()[k]).collect();
        let pair = |k: usize, outwards: f64| {
            let weights: Vec<f64> = (0..m).map(|i| eigen.U()[(i, k)]).collect();
            let (value, residual) = self.quotient(&weights);
            let beyond = if m == self.dim { 0.0 } else { self.beyond(&values, k, miss) };
            Ritz { value, residual, bound: value + outwards * beyond.max(residual) }
        };
        let (smallest, largest) = (pair(0, -1.0), pair(m - 1, 1.0));
        let found = Extremes { smallest, largest, products: m as u64, converged: false };
        let converged = smallest.residual.max(largest.residual) <= RESIDUAL * found.norm();
        Some(Extremes { converged, ..found })
    }

    /// ⟨y, Hy⟩ and ‖Hy − θy‖ of a combination of the basis.
    fn quotient(&self, weights: &[f64]) -> (f64, f64) {
        let combine = |vectors: &[Vec<f64>]| {
            let mut sum = vec![0.0; self.dim];
            vectors.iter().zip(weights).for_each(|(v, weight)| add(&mut sum, *weight, v));
            sum
        };
        let (y, mut image) = (combine(&self.basis), combine(&self.images));
        let norm = product(&y, &y);
        let value = product(&y, &image) / norm;
        add(&mut image, -value, &y);
        (value, (product(&image, &image) / norm).sqrt())
    }

    /// How far outside the extreme Ritz value θ_k the polynomial of [`Ritz::bound`] reaches 1/δ.
    fn beyond(&self, values: &[f64], k: usize, miss: f64) -> f64 {
        let share = 0.5 * miss;
        let delta = share / (2.0 * (self.dim as f64 - 1.0) / std::f64::consts::PI).sqrt();
        let target = self.betas.iter().map(|beta| beta.ln()).sum::<f64>() - delta.ln();
        let excess =
            |x: f64| values.iter().map(|value| (x + (value - values[k]).abs()).ln()).sum::<f64>() - target;
        // Every factor is at least x.
        let (mut low, mut high) = (0.0, (target / values.len() as f64).exp());
        while low < high {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if excess(middle) < 0.0 { low = middle } else { high = middle }
        }
        high
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add(to: &mut [f64], factor: f64, v: &[f64]) {
    to.iter_mut().zip(v).for_each(|(t, x)| *t += factor * x);
}
