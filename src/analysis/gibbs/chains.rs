//! All chains: one kernel and some blocks for each noise scale.

use super::kernel::{Block, Kernel, Outcome, Work};
use super::records::{Panel, Records};
use super::swap::{Tally, swap};
use crate::parallel::Threads;
use crate::problem::Potential;
use crate::random::{Key, Purpose};

/// Chains in a block: enough to fill the vectors of the net kernels, few enough to share among threads.
const BLOCK: usize = 8;

/// `ladders` chains at each noise scale; the first scale is the one that is sampled.
pub(super) struct Chains<'a> {
    pub potential: &'a dyn Potential,
    pub threads: &'a Threads,
    pub kernels: Vec<Kernel>,
    /// `rungs[r][b]`: the b-th block of ladders at scale r.
    pub rungs: Vec<Vec<Block>>,
    pub ladders: usize,
    pub tallies: Vec<Tally>,
    pub gradients: u64,
    /// Buffers of each block: made once, since an iteration of a small potential costs less than they do.
    works: Vec<Work>,
    key: Key,
    iteration: u64,
}

impl<'a> Chains<'a> {
    /// `starts[r]`: the weights of all ladders at scale r, one after another.
    pub fn new(
        potential: &'a dyn Potential,
        threads: &'a Threads,
        kernels: Vec<Kernel>,
        starts: &[Vec<f64>],
        (seed, attempt): (u64, u64),
    ) -> Self {
        let dim = potential.dim();
        let ladders = starts[0].len() / dim;
        let rungs = starts
            .iter()
            .enumerate()
            .map(|(rung, weights)| {
                let parts = weights.chunks(BLOCK * dim).enumerate();
                parts
                    .map(|(b, w)| Block {
                        first: (rung * ladders + b * BLOCK) as u64,
                        weights: w.to_vec(),
                        gradient: vec![0.0; w.len()],
                        risk: vec![0.0; w.len() / dim],
                    })
                    .collect()
            })
            .collect();
        // Streams of an attempt are told apart by the high half of the step's number.
        let (key, iteration) = (Key::new(seed, Purpose::Reference), attempt << 40);
        let blocks = starts.len() * ladders.div_ceil(BLOCK);
        let works = (0..blocks).map(|_| Work::new(potential, BLOCK)).collect();
        let tallies = vec![Tally::default(); kernels.len()];
        let mut chains = Self {
            potential,
            threads,
            kernels,
            rungs,
            ladders,
            tallies,
            gradients: 0,
            works,
            key,
            iteration,
        };
        chains.each_block(starts.len(), |_, block, work| block.evaluate(potential, work));
        chains.gradients = (ladders * starts.len()) as u64;
        chains
    }

    /// Applies `body` to every block of the first `rungs` rungs, rung after rung, and returns the results in this order.
    fn each_block<R: Send>(
        &mut self,
        rungs: usize,
        body: impl Fn(&Kernel, &mut Block, &mut Work) -> R + Sync + Send,
    ) -> Vec<R> {
        let blocks = self.rungs.iter_mut().zip(&self.kernels).take(rungs);
        let mut items: Vec<(&Kernel, &mut Block, &mut Work)> = blocks
            .flat_map(|(blocks, kernel)| blocks.iter_mut().map(move |block| (kernel, block)))
            .zip(&mut self.works)
            .map(|((kernel, block), work)| (kernel, block, work))
            .collect();
        self.threads.map(&mut items, || (), |(kernel, block, work), ()| body(kernel, block, work))
    }

    /// `iterations` iterations of every chain, with exchanges after each; returns the outcomes of each rung, summed.
    pub fn advance(&mut self, iterations: u64) -> Vec<Outcome> {
        let mut total = vec![Outcome::default(); self.kernels.len()];
        // Blocks step alone until something is exchanged between them.
        let together = if self.kernels.len() == 1 { iterations } else { 1 };
        let mut left = iterations;
        while left > 0 {
            let (key, from, potential) = (self.key, self.iteration, self.potential);
            let outcomes = self.each_block(usize::MAX, |kernel, block, work| {
                let mut sum = Outcome::default();
                for iteration in from..from + together {
                    sum.add(kernel.iterate(potential, block, key, iteration, work));
                }
                sum
            });
            let blocks = self.rungs[0].len();
            for (i, outcome) in outcomes.into_iter().enumerate() {
                self.gradients += outcome.gradients;
                total[i / blocks].add(outcome);
            }
            self.iteration += together;
            left -= together;
            if self.kernels.len() > 1 {
                let scales: Vec<f64> = self.kernels.iter().map(|k| k.s).collect();
                swap(&mut self.rungs, &scales, key, self.iteration, &mut self.tallies);
            }
        }
        total
    }

    /// `rows` rows of `panel` from the chains of the first rung, `stride` iterations apart. Returns the mean acceptance.
    pub fn record(&mut self, panel: &Panel, rows: usize, stride: u64, records: &mut Records) -> f64 {
        let before = records.len();
        let alone = self.kernels.len() == 1;
        let mut accepted = 0.0;
        if alone {
            let (key, from, potential) = (self.key, self.iteration, self.potential);
            let results = self.each_block(1, |kernel, block, work| {
                let (mut numbers, mut places, mut sum) = (Vec::new(), Vec::new(), Outcome::default());
                for row in 0..rows as u64 {
                    for k in 0..stride {
                        let iteration = from + row * stride + k;
                        sum.add(kernel.iterate(potential, block, key, iteration, work));
                    }
                    panel.read(potential, block, work, &mut numbers);
                    places.extend_from_slice(&block.weights);
                }
                (sum, numbers, places)
            });
            for (b, (sum, numbers, places)) in results.into_iter().enumerate() {
                self.gradients += sum.gradients;
                accepted += sum.acceptance;
                push_rows(records, b, before, rows, &numbers, &places);
            }
            self.iteration += rows as u64 * stride;
        } else {
            for row in 0..rows {
                accepted += self.advance(stride)[0].acceptance;
                let potential = self.potential;
                let numbers = self.each_block(1, |_, block, work| {
                    let mut numbers = Vec::new();
                    panel.read(potential, block, work, &mut numbers);
                    numbers
                });
                for (b, numbers) in numbers.iter().enumerate() {
                    let places = self.rungs[0][b].weights.clone();
                    push_rows(records, b, before + row, 1, numbers, &places);
                }
            }
        }
        self.gradients += (rows * self.ladders) as u64;
        records.thin();
        accepted / (rows as u64 * stride * self.ladders as u64) as f64
    }
}

/// Splits `rows` rows of block `b` and adds them one by one.
fn push_rows(records: &mut Records, b: usize, from: usize, rows: usize, numbers: &[f64], places: &[f64]) {
    let pieces = numbers.chunks_exact(numbers.len() / rows).zip(places.chunks_exact(places.len() / rows));
    for (row, (numbers, places)) in pieces.enumerate() {
        records.push(b * BLOCK, numbers, places, from + row);
    }
}

impl Outcome {
    /// Effective draws a gradient, as far as ‖w − centre‖² shows: (1−ρ)/(1+ρ) with its autocorrelation ρ over one
    /// iteration, from its mean squared change (Hoffman, Radul, Sountsov, *An adaptive-MCMC scheme for setting trajectory
    /// lengths*, AISTATS 2021, maximise that change itself).
    pub fn efficiency(&self) -> f64 {
        let n = self.proposals as f64;
        let variance = self.squared_distance / n - (self.distance / n) * (self.distance / n);
        let change = self.squared_change / (2.0 * n * variance);
        // Antithetic moves are no reason to trust the noise of this estimate.
        let change = if change.is_finite() { change.clamp(0.0, 1.0) } else { 0.0 };
        change / (2.0 - change) * n / self.gradients as f64
    }

    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.acceptance += other.acceptance;
        self.squared_change += other.squared_change;
        self.distance += other.distance;
        self.squared_distance += other.squared_distance;
        self.proposals += other.proposals;
        self.gradients += other.gradients;
    }
}
