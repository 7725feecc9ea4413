//! Samples for the tests of this room.

use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// N(shift, scale²) in each weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Law {
    pub scale: f64,
    pub shift: f64,
}

impl Law {
    pub(super) const EXACT: Self = Self { scale: 1.0, shift: 0.0 };
}

/// Independent particles.
pub(super) fn normals(particles: usize, dim: usize, seed: u64, law: &Law) -> Vec<f64> {
    let key = Key::new(seed, Purpose::Start);
    let draw = |particle: usize| {
        let mut stream = key.stream(particle as u64, 0);
        (0..dim).map(|_| law.shift + law.scale * stream.sample::<f64, _>(StandardNormal)).collect::<Vec<_>>()
    };
    (0..particles).flat_map(draw).collect()
}

/// The same particles, every second one first.
pub(super) fn shuffled(weights: &[f64], dim: usize) -> Vec<f64> {
    let part = |first: usize| weights.chunks_exact(dim).skip(first).step_by(2).flatten();
    part(1).chain(part(0)).copied().collect()
}
