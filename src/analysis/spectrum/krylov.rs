//! The slowest modes of one grid, by block Lanczos on the inverse of the generator.

use super::GridError;
use super::factor::{Factor, product};
use super::level::Level;
use crate::random::{Key, Purpose};
use faer::{Mat, Side};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Slowest modes of −𝓛 on one grid, slowest first.
pub(super) struct Modes {
    /// Eigenvalues.
    pub rates: Vec<f64>,
    /// v = g u of each mode, ‖v‖ = 1.
    pub vectors: Vec<Vec<f64>>,
    /// How far each eigenvalue may be from its limit, relative: the square of the residual.
    pub residuals: Vec<f64>,
}

/// Vectors a block: eigenvalues of this multiplicity are all found.
const BLOCK: usize = 4;
/// Blocks after which the search ends.
const BLOCKS: usize = 40;
/// Residual ‖Kv − θv‖/θ at which it may end; the eigenvalue's own error is about its square.
const RESIDUAL: f64 = 1e-6;
/// A mode this many times slower than the next is set aside: its rounding errors would drown the others.
const FAR_SLOWER: f64 = 1e4;

/// The `count` slowest modes.
///
/// K, the inverse of S on the complement of its null vector √μ, is applied by a solve with one cell held at 0 and a
/// projection; its largest eigenvalues are the inverse rates. A mode far slower than the rest is projected out as soon as
/// it is found, and the search begins anew without it. The rates that are returned are Rayleigh quotients of the
/// Dirichlet form Σ κ g_i g_j (u_i − u_j)² over all edges, a sum of positive terms: a rate of 1e-9 has the same relative accuracy
/// as a rate of 1. Cost: one factor and about 60 solves.
pub(super) fn slowest(level: &Level, count: usize) -> Result<Modes, GridError> {
    let factor = Factor::grounded(level, level.peak())?;
    let mut inverse = Inverse { level, factor, known: vec![null_vector(level)] };
    let cells = level.root.iter().filter(|g| **g > 0.0).count();
    let count = count.min(cells.saturating_sub(1));
    let mut modes = Modes { rates: Vec::new(), vectors: Vec::new(), residuals: Vec::new() };
    let (mut space, mut block) = (Space::default(), first_block(level, &inverse.known));
    for _ in 0..BLOCKS {
        let images: Vec<Vec<f64>> = block.iter().map(|v| inverse.apply(v)).collect();
        space.extend(block, images.clone())?;
        let missing = count - modes.rates.len();
        let ritz = space.ritz(missing)?;
        let all = ritz.len() == missing && ritz.iter().all(|pair| pair.residual < RESIDUAL);
        if all || space.basis.len() + inverse.known.len() >= cells {
            ritz.into_iter().for_each(|pair| inverse.keep(&pair, &mut modes));
            return Ok(modes);
        }
        if let [first, second, ..] = &ritz[..]
            && first.residual < RESIDUAL
            && first.theta > FAR_SLOWER * second.theta
        {
            inverse.keep(first, &mut modes);
            (space, block) = (Space::default(), first_block(level, &inverse.known));
            continue;
        }
        block = images;
        space.orthonormalise(&mut block, &inverse.known);
    }
    Err(GridError::NotConverged)
}

struct Inverse<'a> {
    level: &'a Level,
    factor: Factor,
    /// Orthonormal vectors that are projected out: √μ, and the modes set aside.
    known: Vec<Vec<f64>>,
}

impl Inverse<'_> {
    fn apply(&self, v: &[f64]) -> Vec<f64> {
        let mut out = v.to_vec();
        out[self.level.peak()] = 0.0;
        self.factor.solve(&mut out);
        self.known.iter().for_each(|known| remove(&mut out, known));
        out
    }

    /// Adds a mode: one more solve smooths what the basis left in the tails; then its Rayleigh quotient.
    fn keep(&mut self, pair: &Ritz, modes: &mut Modes) {
        let mut v = self.apply(&pair.vector);
        self.known.iter().for_each(|known| remove(&mut v, known));
        let norm = product(&v, &v).sqrt();
        v.iter_mut().for_each(|x| *x /= norm);
        modes.rates.push(self.rayleigh(&v));
        modes.residuals.push(pair.residual * pair.residual);
        modes.vectors.push(v.clone());
        self.known.push(v);
    }

    /// Σ κ g_i g_j (u_i − u_j)² / Σ g² u² with u = v/g.
    fn rayleigh(&self, v: &[f64]) -> f64 {
        let g = &self.level.root;
        let mut form = 0.0;
        self.level.for_edges(|i, j, kappa| {
            let rise = v[i] / g[i] - v[j] / g[j];
            form += kappa * g[i] * rise * g[j] * rise;
        });
        form / product(v, v)
    }
}

fn null_vector(level: &Level) -> Vec<f64> {
    let norm = level.total.sqrt();
    level.root.iter().map(|g| g / norm).collect()
}

/// Random directions times √μ, which leave the tails where they are.
fn first_block(level: &Level, known: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let key = Key::new(0, Purpose::Direction);
    let draw = |number: usize| {
        let mut stream = key.stream(number as u64, 0);
        known[0].iter().map(|m| m * stream.sample::<f64, _>(StandardNormal)).collect()
    };
    let mut block: Vec<Vec<f64>> = (0..BLOCK.min(level.len().saturating_sub(1)).max(1)).map(draw).collect();
    Space::default().orthonormalise(&mut block, known);
    block
}

/// A Krylov space with the images of its basis.
#[derive(Default)]
struct Space {
    basis: Vec<Vec<f64>>,
    images: Vec<Vec<f64>>,
    /// Lower triangle of ⟨basis, images⟩, row by row.
    projected: Vec<Vec<f64>>,
}

struct Ritz {
    theta: f64,
    vector: Vec<f64>,
    residual: f64,
}

impl Space {
    fn extend(&mut self, block: Vec<Vec<f64>>, images: Vec<Vec<f64>>) -> Result<(), GridError> {
        if block.is_empty() {
            return Err(GridError::NotConverged);
        }
        for (v, image) in block.into_iter().zip(images) {
            self.basis.push(v);
            self.images.push(image);
            let newest = &self.basis[self.basis.len() - 1];
            self.projected.push(self.images.iter().map(|image| product(newest, image)).collect());
        }
        Ok(())
    }

    /// Makes `block` orthonormal, and orthogonal to the space and to what is known; drops what depends on the rest.
    fn orthonormalise(&self, block: &mut Vec<Vec<f64>>, known: &[Vec<f64>]) {
        let mut kept: Vec<Vec<f64>> = Vec::new();
        for mut v in block.drain(..) {
            let size = product(&v, &v).sqrt();
            // Twice is enough (Parlett, The Symmetric Eigenvalue Problem, §6.9).
            for _ in 0..2 {
                known.iter().chain(&self.basis).chain(&kept).for_each(|b| remove(&mut v, b));
            }
            let norm = product(&v, &v).sqrt();
            if norm > 1e-13 * size {
                v.iter_mut().for_each(|x| *x /= norm);
                kept.push(v);
            }
        }
        *block = kept;
    }

    /// The largest `count` Ritz pairs.
    fn ritz(&self, count: usize) -> Result<Vec<Ritz>, GridError> {
        let m = self.basis.len();
        let lower =
            Mat::from_fn(m, m, |i, j| if i >= j { product(&self.basis[i], &self.images[j]) } else { 0.0 });
        let evd = lower.self_adjoint_eigen(Side::Lower).map_err(|_| GridError::NotConverged)?;
        let pair = |k: usize| {
            let theta = evd.S()[k];
            let weights: Vec<f64> = (0..m).map(|i| evd.U()[(i, k)]).collect();
            let vector = combine(&self.basis, &weights);
            let image = combine(&self.images, &weights);
            let gap: f64 = image.iter().zip(&vector).map(|(a, b)| (a - theta * b).powi(2)).sum();
            Ritz { theta, vector, residual: gap.sqrt() / theta.abs() }
        };
        Ok((0..m).rev().take(count).map(pair).collect())
    }
}

fn combine(vectors: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; vectors[0].len()];
    for (vector, weight) in vectors.iter().zip(weights) {
        out.iter_mut().zip(vector).for_each(|(o, x)| *o += weight * x);
    }
    out
}

fn remove(v: &mut [f64], unit: &[f64]) {
    let along = product(v, unit);
    v.iter_mut().zip(unit).for_each(|(x, u)| *x -= along * u);
}
