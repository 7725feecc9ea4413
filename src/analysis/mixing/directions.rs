//! The linear functions of a basis: weights, or directions where there are too many.

use super::basis::Observable;
use super::eigen::symmetric_eigen;
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Up to so many weights are functions of their own; above, directions stand for them.
pub const MOST_WEIGHTS: usize = 12;
/// How many directions stand for more weights.
pub const DIRECTIONS: usize = 12;
/// The largest D for which principal directions are computed: a dense D × D eigenproblem.
const MOST_PRINCIPAL: usize = 512;

/// The linear functions of a basis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Directions<'a> {
    /// Every weight.
    Weights,
    /// `count` random unit vectors.
    Random {
        /// How many.
        count: usize,
        /// Names them.
        seed: u64,
    },
    /// The `count` directions in which stationary weights vary most: for a nearly Gaussian μ_s these are the slow ones, since a
    /// mode of rate θ has variance s/(2θ). Random ones where D > 512.
    Principal {
        /// How many.
        count: usize,
        /// Draws of μ_s, or late particles, one after another. They must not be the readings themselves: a direction chosen for its large variance has too large a one there.
        sample: &'a [f64],
        /// Names the random ones.
        seed: u64,
    },
}

impl Directions<'_> {
    /// All weights up to D = 12, else twelve random directions.
    pub fn of_dim(dim: usize, seed: u64) -> Self {
        if dim <= MOST_WEIGHTS { Self::Weights } else { Self::Random { count: DIRECTIONS, seed } }
    }

    /// The functions.
    pub(super) fn observables(self, dim: usize) -> Vec<Observable> {
        match self {
            Self::Weights => (0..dim).map(Observable::Weight).collect(),
            Self::Random { count, seed } => random_directions(dim, count.min(dim), seed),
            Self::Principal { count, sample, seed } => (dim <= MOST_PRINCIPAL)
                .then(|| principal_directions(dim, count.min(dim), sample))
                .flatten()
                .unwrap_or_else(|| random_directions(dim, count.min(dim), seed)),
        }
    }
}

fn random_directions(dim: usize, count: usize, seed: u64) -> Vec<Observable> {
    let key = Key::new(seed, Purpose::Direction).tagged(1);
    (0..count as u64)
        .map(|number| {
            let mut stream = key.stream(number, 0);
            let v: Vec<f64> = (0..dim).map(|_| stream.sample::<f64, _>(StandardNormal)).collect();
            let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            Observable::Direction(v.iter().map(|x| x / norm).collect())
        })
        .collect()
}

fn principal_directions(dim: usize, count: usize, sample: &[f64]) -> Option<Vec<Observable>> {
    let rows: Vec<&[f64]> = sample.chunks_exact(dim).filter(|w| w.iter().all(|x| x.is_finite())).collect();
    let mut centre = vec![0.0; dim];
    for w in &rows {
        centre.iter_mut().zip(*w).for_each(|(c, x)| *c += x / rows.len() as f64);
    }
    let mut covariance = vec![0.0; dim * dim];
    for w in &rows {
        let centred: Vec<f64> = w.iter().zip(&centre).map(|(x, c)| x - c).collect();
        for (row, x) in covariance.chunks_exact_mut(dim).zip(&centred) {
            row.iter_mut().zip(&centred).for_each(|(r, y)| *r += x * y);
        }
    }
    let (values, vectors) = symmetric_eigen(&covariance, dim)?;
    let direction = |k: usize| Observable::Direction(vectors[k * dim..(k + 1) * dim].to_vec());
    values.last().is_some_and(|&v| v > 0.0).then(|| (dim - count..dim).rev().map(direction).collect())
}
