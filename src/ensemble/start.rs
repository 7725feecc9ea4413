//! Where the particles start.

use crate::dynamics::Block;
use crate::problem::Potential;
use crate::problem::ntk::{NtkOuter, antisymmetric_start};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;
use std::ops::Range;

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
    /// Antisymmetric two-layer nets, whose function is 0: see [`antisymmetric_start`]. D is a multiple of 6, as
    /// [`NtkNet`](crate::problem::ntk::NtkNet) of an even width has.
    Antisymmetric {
        /// The law of the outer weights.
        outer: NtkOuter,
    },
    /// Given particles, one after another, used again from the first when there are more particles than points.
    Points {
        /// A multiple of D numbers, in the order of [`Block::weights`].
        weights: Vec<f64>,
    },
}

impl Start {
    /// The blocks of the `particles` with these numbers of `potential` under `seed`. The range begins where a block does: at a
    /// multiple of [`Potential::block_len`].
    pub fn blocks(&self, potential: &dyn Potential, particles: Range<u64>, seed: u64) -> Vec<Block> {
        let (dim, len) = (potential.dim(), potential.block_len() as u64);
        debug_assert!(particles.is_empty() || particles.start.is_multiple_of(len));
        particles
            .clone()
            .step_by(len as usize)
            .map(|first| {
                let count = len.min(particles.end - first);
                let mut weights = vec![0.0; count as usize * dim];
                for (particle, w) in (first..).zip(weights.chunks_exact_mut(dim)) {
                    self.draw(particle, seed, w);
                }
                Block { first, dim, weights, extra: Vec::new() }
            })
            .collect()
    }

    /// The variance of each of the D = `dim` weights where the law is a centred Gaussian with a density; `None` for points,
    /// for nets whose units come in pairs, and where a variance is 0.
    pub fn variances(&self, dim: usize) -> Option<Vec<f64>> {
        let variances = match self {
            Self::Gaussian { std } => vec![std * std; dim],
            Self::GaussianWeights { variances } => variances.clone(),
            Self::Antisymmetric { .. } | Self::Points { .. } => return None,
        };
        variances.iter().all(|v| *v > 0.0).then_some(variances)
    }

    /// An interval for each of the D = `dim` weights: `deviations` standard deviations to either side of 0, or from the
    /// least to the largest point.
    pub fn span(&self, dim: usize, deviations: f64) -> Vec<(f64, f64)> {
        let around_zero = |std: f64| (-deviations * std, deviations * std);
        match self {
            Self::Gaussian { std } => vec![around_zero(*std); dim],
            Self::GaussianWeights { variances } => variances.iter().map(|v| around_zero(v.sqrt())).collect(),
            // Every weight of either law has variance 1.
            Self::Antisymmetric { .. } => vec![around_zero(1.0); dim],
            Self::Points { weights } => (0..dim)
                .map(|k| {
                    let column = weights.chunks_exact(dim).map(|w| w[k]);
                    column.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)))
                })
                .collect(),
        }
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
            Self::Antisymmetric { outer } => antisymmetric_start(*outer, &mut stream, w),
            Self::Points { weights } => {
                let points = (weights.len() / w.len()) as u64;
                let from = (particle % points) as usize * w.len();
                w.copy_from_slice(&weights[from..from + w.len()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_tells_its_variances_and_its_span() {
        let gaussian = Start::Gaussian { std: 0.5 };
        assert_eq!(
            (gaussian.variances(2), gaussian.span(2, 4.0)),
            (Some(vec![0.25; 2]), vec![(-2.0, 2.0); 2])
        );
        let weights = Start::GaussianWeights { variances: vec![1.0, 4.0] };
        assert_eq!(weights.variances(2), Some(vec![1.0, 4.0]));
        assert_eq!(weights.span(2, 3.0), [(-3.0, 3.0), (-6.0, 6.0)]);
        let points = Start::Points { weights: vec![1.0, -2.0, 0.5, 3.0] };
        assert_eq!((points.variances(2), points.span(2, 9.0)), (None, vec![(0.5, 1.0), (-2.0, 3.0)]));
        assert_eq!(Start::Gaussian { std: 0.0 }.variances(3), None);
        let paired = Start::Antisymmetric { outer: NtkOuter::Signs };
        assert_eq!((paired.variances(6), paired.span(6, 4.0)), (None, vec![(-4.0, 4.0); 6]));
    }

    /// No two particles start at one point, however many there are: the law is no pool.
    #[test]
    fn antisymmetric_nets_are_drawn_by_particle_and_seed() {
        let start = Start::Antisymmetric { outer: NtkOuter::Gaussian };
        let draw = |particle, seed| {
            let mut w = vec![0.0; 12];
            start.draw(particle, seed, &mut w);
            w
        };
        let w = draw(7, 1);
        for r in 0..2 {
            assert_eq!((w[r], w[4 + r], w[8 + r]), (w[r + 2], w[6 + r], -w[10 + r]));
        }
        assert_eq!(w, draw(7, 1));
        for (particle, seed) in [(8, 1), (7, 2), (1_000_007, 1)] {
            assert_ne!(w, draw(particle, seed));
        }
    }
}
