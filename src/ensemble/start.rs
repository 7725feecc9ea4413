//! Where the particles start.

use crate::dynamics::Block;
use crate::problem::Potential;
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// The law of W₀. All processes of a study start particle `i` at the same point, so that differences are paired.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// N(0, std² I).
    Gaussian {
        /// The standard deviation of each weight, ≥ 0.
        std: f64,
    },
    /// Independent centred Gaussian weights, a variance each.
    GaussianWeights {
        /// D variances.
        variances: Vec<f64>,
    },
    /// Given particles, one after another, used again from the first when there are more particles than points.
    Points {
        /// A multiple of D numbers, in the order of [`Block::weights`].
        weights: Vec<f64>,
    },
}

impl Start {
    /// The blocks of particles number 0 to `particles` (exclusive) of `potential` under `seed`.
    pub fn blocks(&self, potential: &dyn Potential, particles: u64, seed: u64) -> Vec<Block> {
        let (dim, len) = (potential.dim(), potential.block_len() as u64);
        (0..particles.div_ceil(len))
            .map(|index| {
                let first = index * len;
                let count = len.min(particles - first);
                let mut weights = vec![0.0; count as usize * dim];
                for (particle, w) in (first..).zip(weights.chunks_exact_mut(dim)) {
                    self.draw(particle, seed, w);
                }
                Block { first, dim, weights, extra: Vec::new() }
            })
            .collect()
    }

    /// W₀ of one particle into `w`.
    pub fn draw(&self, particle: u64, seed: u64, w: &mut [f64]) {
        let mut stream = Key::new(seed, Purpose::Start).stream(particle, 0);
        match self {
            Self::Gaussian { std } => w.fill_with(|| std * stream.sample::<f64, _>(StandardNormal)),
            Self::GaussianWeights { variances } => {
                for (x, variance) in w.iter_mut().zip(variances) {
                    *x = variance.sqrt() * stream.sample::<f64, _>(StandardNormal);
                }
            }
            Self::Points { weights } => {
                let points = (weights.len() / w.len()) as u64;
                let from = (particle % points) as usize * w.len();
                w.copy_from_slice(&weights[from..from + w.len()]);
            }
        }
    }
}
