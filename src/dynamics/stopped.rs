//! Any process, stopped where it leaves a ball about its start.

use super::{Block, Facts, Noise, Process};
use crate::numerics::Backend;
use crate::problem::{Potential, Scratch};

/// W_{k∧τ}, τ = min{k : ‖W_k − W₀‖ > r}: from the first step that ends outside the ball B(W₀, r) on, a particle stands where that
/// step has put it. So ‖W − W₀‖ ≤ r at *one* time says that it held at every step before.
///
/// [`Block::extra`] holds for each particle W₀, the weights where it stopped, and whether it has (1 or 0); 2D + 1 numbers. A
/// particle whose weights are no numbers has left. Stopped particles go on to cost a gradient. Everything else is the process's own.
pub struct Stopped<'a> {
    process: Box<dyn Process + 'a>,
    radius: f64,
}

impl<'a> Stopped<'a> {
    /// `process` stopped outside B(W₀, r), r = `radius` > 0.
    ///
    /// # Panics
    /// When r ≤ 0. [`begin`](Process::begin) panics for a process whose state is more than W.
    pub fn new(process: Box<dyn Process + 'a>, radius: f64) -> Self {
        assert!(radius > 0.0, "radius > 0");
        Self { process, radius }
    }
}

impl Process for Stopped<'_> {
    fn facts(&self) -> Facts {
        self.process.facts()
    }

    fn potential(&self) -> &dyn Potential {
        self.process.potential()
    }

    fn step_length(&self) -> f64 {
        self.process.step_length()
    }

    fn noise_scale(&self) -> f64 {
        self.process.noise_scale()
    }

    fn backend(&self) -> Backend {
        self.process.backend()
    }

    fn begin(&self, block: &mut Block) {
        self.process.begin(block);
        assert!(block.extra.is_empty(), "only a process whose state is W can be stopped");
        let per = 2 * block.dim + 1;
        block.extra = vec![0.0; block.count() * per];
        for (w, own) in block.weights.chunks_exact(block.dim).zip(block.extra.chunks_exact_mut(per)) {
            own[..w.len()].copy_from_slice(w);
        }
    }

    fn room(&self, count: usize) -> usize {
        self.process.room(count)
    }

    fn noise(&self, count: usize) -> Noise {
        self.process.noise(count)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.process.draw(block, step, noise);
    }

    fn step(&self, block: &mut Block, step: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        self.process.step(block, step, noise, gradient, scratch);
        let dim = block.dim;
        let particles = block.weights.chunks_exact_mut(dim).zip(block.extra.chunks_exact_mut(2 * dim + 1));
        for (w, own) in particles {
            let (start, rest) = own.split_at_mut(dim);
            let (place, stopped) = rest.split_at_mut(dim);
            if stopped[0] > 0.0 {
                w.copy_from_slice(place);
                continue;
            }
            let squares: f64 = w.iter().zip(start.iter()).map(|(x, s)| (x - s).powi(2)).sum();
            // NaN compares false: what is no number has left.
            let inside = squares.sqrt() <= self.radius;
            if !inside {
                place.copy_from_slice(w);
                stopped[0] = 1.0;
            }
        }
    }
}
