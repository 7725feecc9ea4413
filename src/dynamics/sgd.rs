//! Stochastic gradient descent with its three ways of choosing minibatches.

use super::{Block, Facts, Noise, Process};
use crate::numerics::{Backend, fill_indices, fill_permutation, fill_without_replacement, gradient_update};
use crate::problem::{FiniteSum, Potential, Scratch};
use crate::random::{Key, Purpose};
use serde::{Deserialize, Serialize};

/// How a minibatch is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// b independent rows; noise covariance (s²/b) Σ a step.
    WithReplacement,
    /// b different rows, batches independent; noise covariance (s²/b) Σ (n−b)/(n−1) a step.
    WithoutReplacement,
    /// Each epoch goes once through all rows in a fresh random order; the short last batch averages over its own size.
    Epochs,
}

/// The SGD that a process is a model of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minibatches {
    /// Its step size s ≥ 0.
    pub s: f64,
    /// Rows in a minibatch.
    pub batch: usize,
    /// How they are chosen.
    pub sampling: Sampling,
}

impl Minibatches {
    /// c/b: the covariance of a minibatch mean is (c/b) Σ, with c = 1 for batches with replacement and (n − b)/(n − 1) without,
    /// n = `samples`. `None` for batches by epochs, whose noise is not independent from step to step.
    ///
    /// # Panics
    /// For a batch of 0 rows, and of more than n without replacement.
    pub fn noise_share(&self, samples: usize) -> Option<f64> {
        let (n, b) = (samples as f64, self.batch as f64);
        assert!(self.batch > 0, "batch ≥ 1");
        match self.sampling {
            Sampling::WithReplacement => Some(1.0 / b),
            Sampling::WithoutReplacement => {
                assert!(self.batch <= samples, "batch ≤ n");
                Some(if self.batch == samples { 0.0 } else { (n - b) / ((n - 1.0) * b) })
            }
            Sampling::Epochs => None,
        }
    }
}

/// SGD: W ← W − (s/b) Σ_{i∈B} ∇ℓ_i(W) − sλW, each particle with its own minibatches B, on the clock t = k s.
pub struct Sgd<'a> {
    sum: &'a dyn FiniteSum,
    s: f64,
    batch: usize,
    sampling: Sampling,
    key: Key,
    backend: Backend,
}

impl<'a> Sgd<'a> {
    /// SGD with step size `s` > 0 and `batch` rows a step.
    ///
    /// # Panics
    /// When s ≤ 0, `batch` is 0, or `batch` exceeds the number of rows n without replacement or by epochs.
    pub fn new(sum: &'a dyn FiniteSum, s: f64, batch: usize, sampling: Sampling, seed: u64) -> Self {
        assert!(s > 0.0 && batch > 0, "s > 0, batch ≥ 1");
        assert!(sampling == Sampling::WithReplacement || batch <= sum.samples(), "batch ≤ n");
        let purpose = if sampling == Sampling::Epochs { Purpose::Epoch } else { Purpose::Batch };
        Self { sum, s, batch, sampling, key: Key::new(seed, purpose), backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// How many rows the batch of step number `step` has.
    fn batch_len(&self, step: u64) -> usize {
        match self.sampling {
            Sampling::WithReplacement | Sampling::WithoutReplacement => self.batch,
            Sampling::Epochs => self.batch.min(self.sum.samples() - self.position(step)),
        }
    }

    /// (1/b)Σ_{i∈B}∇ℓ_i + λW of every particle on its batch of step number `step`.
    pub(super) fn batch_gradient(
        &self,
        block: &Block,
        step: u64,
        noise: &Noise,
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let batch = &noise.batch[..block.count() * self.batch_len(step)];
        self.sum.minibatch_gradient(&block.weights, batch, gradient, scratch);
    }

    /// Steps in an epoch.
    fn epoch_steps(&self) -> u64 {
        self.sum.samples().div_ceil(self.batch) as u64
    }

    /// The first row position of step number `step` within its epoch.
    fn position(&self, step: u64) -> usize {
        (step % self.epoch_steps()) as usize * self.batch
    }

    /// Copies the step's part of each particle's order of the rows, drawing the orders when a new epoch or block begins.
    fn draw_from_epoch(&self, block: &Block, step: u64, noise: &mut Noise) {
        let (samples, count) = (self.sum.samples(), block.count());
        let epoch = step / self.epoch_steps();
        if noise.orders_of != Some((block.first, epoch)) {
            for (i, order) in noise.orders.chunks_exact_mut(samples).take(count).enumerate() {
                fill_permutation(self.key, block.first + i as u64, epoch, order);
            }
            noise.orders_of = Some((block.first, epoch));
        }
        let (start, len) = (self.position(step), self.batch_len(step));
        for (order, batch) in
            noise.orders.chunks_exact(samples).zip(noise.batch.chunks_exact_mut(len)).take(count)
        {
            batch.copy_from_slice(&order[start..start + len]);
        }
    }
}

/// The minibatches of step number `step` for each particle of `block`, independent from step to step: with replacement, or
/// without, where `identity` is 0..`samples` and is restored.
///
/// # Panics
/// For batches by epochs.
pub(super) fn draw_batches(
    batches: Minibatches,
    key: Key,
    (samples, identity): (usize, &mut [u32]),
    block: &Block,
    step: u64,
    out: &mut [u32],
) {
    for (i, batch) in out.chunks_exact_mut(batches.batch).take(block.count()).enumerate() {
        let particle = block.first + i as u64;
        match batches.sampling {
            Sampling::WithReplacement => fill_indices(key, particle, step, samples as u32, batch),
            Sampling::WithoutReplacement => fill_without_replacement(key, particle, step, identity, batch),
            Sampling::Epochs => panic!("the batches of an epoch are not independent"),
        }
    }
}

impl Process for Sgd<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "sgd",
            rule: "W <- W - (s/b) sum over the batch of grad l_i(W) - s lambda W",
            strong_order: None,
            weak_order: 1.0,
            noise: "minibatches",
            gradients_per_step: self.batch as f64 / self.sum.samples() as f64,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.sum
    }

    fn step_length(&self) -> f64 {
        self.s
    }

    fn noise_scale(&self) -> f64 {
        self.s
    }

    fn backend(&self) -> Backend {
        self.backend
    }

    fn noise(&self, count: usize) -> Noise {
        let samples = self.sum.samples();
        let orders = match self.sampling {
            Sampling::WithReplacement => Vec::new(),
            Sampling::WithoutReplacement => (0..samples as u32).collect(),
            Sampling::Epochs => vec![0; count * samples],
        };
        Noise { batch: vec![0; count * self.batch], orders, ..Noise::new(self.backend) }
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        if self.sampling == Sampling::Epochs {
            return self.draw_from_epoch(block, step, noise);
        }
        let batches = Minibatches { s: self.s, batch: self.batch, sampling: self.sampling };
        let Noise { batch, orders, .. } = noise;
        draw_batches(batches, self.key, (self.sum.samples(), orders), block, step, batch);
    }

    fn step(&self, block: &mut Block, step: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        self.batch_gradient(block, step, noise, gradient, scratch);
        gradient_update(self.backend, &mut block.weights, gradient, self.s);
    }
}
