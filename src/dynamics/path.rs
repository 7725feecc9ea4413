//! Driving paths that processes with different steps can share.

use super::Noise;
use crate::numerics::Backend;
use crate::random::{Key, Purpose};

/// Standard normal increments of a path that is drawn with steps dt/`refinement`: each is the sum of `refinement` finer ones
/// over √refinement. Two paths of one seed and purpose with equal dt/`refinement` are one path, particle by particle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    key: Key,
    refinement: u32,
}

impl Path {
    /// The path of `seed` for `purpose`, seen with step `dt` > 0 and drawn with dt/`refinement`, `refinement` ≥ 1.
    pub fn new(seed: u64, purpose: Purpose, dt: f64, refinement: u32) -> Self {
        // Paths of different finest steps are independent: the finest step, rounded to 12 digits so that 0.1/2 and 0.05
        // are one, is part of their name.
        let finest = format!("{:.11e}", dt / f64::from(refinement)).parse().unwrap_or(dt);
        Self { key: Key::new(seed, purpose).tagged(f64::to_bits(finest)), refinement }
    }

    /// Room for `len` normals.
    pub fn noise(&self, len: usize, backend: Backend) -> Noise {
        let fine = if self.refinement > 1 { vec![0.0; len] } else { Vec::new() };
        Noise { normals: vec![0.0; len], fine, ..Noise::new(backend) }
    }

    /// Step number `step` of particles `first..first + count`, `dim` numbers each, into `noise.normals`.
    pub fn draw(&self, (first, count): (u64, usize), step: u64, dim: usize, noise: &mut Noise) {
        let (len, m) = (count * dim, u64::from(self.refinement));
        let sum = &mut noise.normals[..len];
        noise.source.fill(self.key, first, count, step * m, dim, sum);
        if m > 1 {
            let fine = &mut noise.fine[..len];
            for part in 1..m {
                noise.source.fill(self.key, first, count, step * m + part, dim, fine);
                sum.iter_mut().zip(fine.iter()).for_each(|(a, b)| *a += b);
            }
            let scale = 1.0 / (m as f64).sqrt();
            sum.iter_mut().for_each(|a| *a *= scale);
        }
    }
}
