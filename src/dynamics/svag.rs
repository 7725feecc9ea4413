//! SGD with an amplified noise of shorter steps, between SGD and the covariance SDE.

use super::sgd::draw_batches;
use super::{Block, Facts, Minibatches, Noise, Process, Sampling, with_room};
use crate::numerics::{Backend, gradient_update};
use crate::problem::{FiniteSum, Potential, Scratch};
use crate::random::{Key, Purpose};

/// SVAG-l (Li, Malladi, Arora, NeurIPS 2021, arXiv 2102.12470): W ← W − (s/l)[½(1 + √(2l−1)) ∇L_{B₁} + ½(1 − √(2l−1)) ∇L_{B₂}] with two
/// independent minibatches B₁, B₂ of b rows, ∇L_B = (1/b)Σ_{i∈B}∇ℓ_i + λW, on the clock t = k s/l.
///
/// The coefficients add up to 1 and their squares to l, so l steps have the mean −s∇L̃ and the covariance (s² c/b) Σ of one
/// step of SGD with step size s (to leading order), whatever l is; the distribution of the noise becomes Gaussian. l = 1 is
/// SGD bit for bit, on the same batches; l → ∞ tends weakly to the covariance SDE, with error O(1/l). A difference between l = 1
/// and large l is what that SDE misses about SGD. Cost: 2b rows a step, 2bl rows in the time s (b for l = 1). Not for epoch
/// shuffling, whose batches are not independent.
pub struct Svag<'a> {
    sum: &'a dyn FiniteSum,
    batches: Minibatches,
    l: u32,
    step: f64,
    keys: [Key; 2],
    backend: Backend,
}

impl<'a> Svag<'a> {
    /// SVAG-`l` of SGD with `batches`.
    ///
    /// # Panics
    /// For batches by epochs, s ≤ 0, l = 0, empty batches, and batches of more than n rows without replacement.
    pub fn new(sum: &'a dyn FiniteSum, batches: Minibatches, l: u32, seed: u64) -> Self {
        let Minibatches { s, batch, sampling } = batches;
        assert!(s > 0.0 && batch > 0 && l > 0, "s > 0, batch ≥ 1, l ≥ 1");
        assert!(sampling != Sampling::Epochs, "the batches of an epoch are not independent");
        assert!(sampling == Sampling::WithReplacement || batch <= sum.samples(), "batch ≤ n");
        // Another l is another time scale: its batches are others, and only those of l = 1 are SGD's.
        let key = |which: u64| Key::new(seed, Purpose::Batch).tagged(2 * (u64::from(l) - 1) + which);
        Self {
            sum,
            batches,
            l,
            step: Self::step_of(s, l),
            keys: [key(0), key(1)],
            backend: Backend::detect(),
        }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// s/l, rounded to 15 digits: 0.3/3 is 0.1 to a clock that counts in decimals.
    pub fn step_of(s: f64, l: u32) -> f64 {
        if l == 1 { s } else { format!("{:.14e}", s / f64::from(l)).parse().unwrap_or(s / f64::from(l)) }
    }

    /// How many row numbers the batches of `count` particles hold.
    fn rows(&self, count: usize) -> usize {
        count * self.batches.batch
    }
}

impl Process for Svag<'_> {
    fn facts(&self) -> Facts {
        let rows = if self.l == 1 { self.batches.batch } else { 2 * self.batches.batch };
        Facts {
            kind: "svag",
            rule: "W <- W - (s/l) [(1 + r)/2 grad L_B1(W) + (1 - r)/2 grad L_B2(W)], r = sqrt(2l - 1), two minibatches",
            strong_order: None,
            weak_order: 1.0,
            noise: "differences of minibatches",
            gradients_per_step: rows as f64 / self.sum.samples() as f64,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.sum
    }

    fn step_length(&self) -> f64 {
        self.step
    }

    fn noise_scale(&self) -> f64 {
        self.batches.s
    }

    fn backend(&self) -> Backend {
        self.backend
    }

    fn room(&self, count: usize) -> usize {
        if self.l == 1 { 0 } else { count * self.sum.dim() }
    }

    fn noise(&self, count: usize) -> Noise {
        let identity = match self.batches.sampling {
            Sampling::WithoutReplacement => (0..self.sum.samples() as u32).collect(),
            _ => Vec::new(),
        };
        Noise { batch: vec![0; 2 * self.rows(count)], orders: identity, ..Noise::new(self.backend) }
    }

    /// The first batches of all particles, then the second ones.
    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        let (rows, samples) = (self.rows(block.count()), self.sum.samples());
        let Noise { batch, orders, .. } = noise;
        let (first, second) = batch.split_at_mut(rows);
        draw_batches(self.batches, self.keys[0], (samples, orders), block, step, first);
        if self.l > 1 {
            draw_batches(self.batches, self.keys[1], (samples, orders), block, step, &mut second[..rows]);
        }
    }

    fn step(&self, block: &mut Block, _: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let rows = self.rows(block.count());
        let (first, second) = noise.batch.split_at(rows);
        self.sum.minibatch_gradient(&block.weights, first, gradient, scratch);
        if self.l > 1 {
            with_room(scratch, |room, scratch| {
                let other = &mut room[..block.weights.len()];
                self.sum.minibatch_gradient(&block.weights, &second[..rows], other, scratch);
                let root = (2.0 * f64::from(self.l) - 1.0).sqrt();
                let [plus, minus] = [0.5 * (1.0 + root), 0.5 * (1.0 - root)];
                gradient.iter_mut().zip(other.iter()).for_each(|(a, b)| *a = plus * *a + minus * b);
            });
        }
        gradient_update(self.backend, &mut block.weights, gradient, self.step);
    }
}
