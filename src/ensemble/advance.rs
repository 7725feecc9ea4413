//! The run loop's two verbs: advance all blocks to a step, observe all particles.

use super::Start;
use crate::dynamics::{Block, Process, Work};
use crate::parallel::Threads;
use crate::problem::{Quantity, Readings};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// A particle counts as long as ‖W‖ is at most this. Nothing comes back from there, and beyond it quantities that grow
/// with the fourth power of W soon stop being numbers one after another: a particle leaves all estimates at once.
pub const LARGEST_NORM: f64 = 1e30;

/// A particle that left the finite numbers (‖W‖ above [`LARGEST_NORM`], or not a number): an outcome, not a crash.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Which particle.
    pub particle: u64,
    /// After how many steps ‖W‖ was too large or no number for the first time; 0 for a start that is.
    pub step: u64,
    /// The time of that step.
    pub time: f64,
}

/// All particles of one process.
pub struct Ensemble<'a> {
    process: &'a dyn Process,
    blocks: Vec<Block>,
    step: u64,
    divergences: Vec<Divergence>,
    largest_block: usize,
}

/// Where an ensemble stands: all that its further steps depend on, since the noise is a pure function of the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnsembleState<'a> {
    step: u64,
    blocks: Cow<'a, [Block]>,
    divergences: Cow<'a, [Divergence]>,
}

impl EnsembleState<'_> {
    /// All particles, from those of their shares, in order; `None` when these are not as far as each other.
    pub fn joined(shares: Vec<EnsembleState<'_>>) -> Option<EnsembleState<'static>> {
        let step = shares.first()?.step;
        if shares.iter().any(|share| share.step != step) {
            return None;
        }
        let mut divergences: Vec<Divergence> =
            shares.iter().flat_map(|s| s.divergences.iter().copied()).collect();
        divergences.sort_by_key(|d| (d.step, d.particle));
        let blocks: Vec<Block> = shares.into_iter().flat_map(|share| share.blocks.into_owned()).collect();
        Some(EnsembleState { step, blocks: blocks.into(), divergences: divergences.into() })
    }
}

impl<'a> Ensemble<'a> {
    /// `particles` particles of `process` at step 0.
    pub fn new(process: &'a dyn Process, start: &Start, particles: u64, seed: u64) -> Self {
        Self::of(process, start, 0..particles, seed)
    }

    /// The particles with these numbers at step 0; the range begins at a multiple of the block's length. They go the same way as
    /// among all others.
    pub fn of(process: &'a dyn Process, start: &Start, particles: Range<u64>, seed: u64) -> Self {
        let mut blocks = start.blocks(process.potential(), particles, seed);
        let largest_block = blocks.iter().map(Block::count).max().unwrap_or(0);
        let mut divergences = Vec::new();
        for block in &mut blocks {
            process.begin(block);
            let first = block.first;
            for (particle, w) in (first..).zip(block.weights.chunks_exact_mut(block.dim)) {
                if !finite(w) {
                    w.fill(f64::NAN);
                    divergences.push(Divergence { particle, step: 0, time: 0.0 });
                }
            }
        }
        Self { process, blocks, step: 0, divergences, largest_block }
    }

    /// Where it stands.
    pub fn state(&self) -> EnsembleState<'_> {
        EnsembleState {
            step: self.step,
            blocks: Cow::Borrowed(&self.blocks),
            divergences: Cow::Borrowed(&self.divergences),
        }
    }

    /// `process` where `state` left it, with exactly the particles of `particles`; `None` when they, their number of weights or the
    /// length of their blocks are others.
    pub fn resumed(
        process: &'a dyn Process,
        state: EnsembleState<'_>,
        particles: Range<u64>,
    ) -> Option<Self> {
        let EnsembleState { step, blocks, divergences } = state;
        let (dim, len) = (process.potential().dim(), process.potential().block_len());
        let mut next = particles.start;
        for block in blocks.iter() {
            let expected = (particles.end.saturating_sub(next)).min(len as u64) as usize * dim;
            let mut fresh = Block { extra: Vec::new(), ..block.clone() };
            if block.first != next || block.dim != dim || block.weights.len() != expected || expected == 0 {
                return None;
            }
            process.begin(&mut fresh);
            if fresh.extra.len() != block.extra.len() {
                return None;
            }
            next += block.count() as u64;
        }
        let whole = next == particles.end.max(particles.start);
        let known = divergences.iter().all(|d| particles.contains(&d.particle) && d.step <= step);
        let (blocks, divergences) = (blocks.into_owned(), divergences.into_owned());
        let largest_block = blocks.iter().map(Block::count).max().unwrap_or(0);
        (whole && known).then_some(Self { process, blocks, step, divergences, largest_block })
    }

    /// The process.
    pub fn process(&self) -> &dyn Process {
        self.process
    }

    /// How many steps have been made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The particles that left the finite numbers so far, by step and then by number.
    pub fn divergences(&self) -> &[Divergence] {
        &self.divergences
    }

    /// The blocks in the order of their particles.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Advances every particle to step number `to`. Blocks step alone, so their weights stay in cache; the result is the
    /// same for any number of threads.
    pub fn advance(&mut self, to: u64, threads: &Threads) {
        let (process, from, count) = (self.process, self.step, self.largest_block);
        let lost = threads.map(
            &mut self.blocks,
            || process.work(count),
            |block, work| advance_block(process, block, from, to, work),
        );
        let before = self.divergences.len();
        self.divergences.extend(lost.into_iter().flatten());
        self.divergences[before..].sort_by_key(|d| (d.step, d.particle));
        self.step = to;
    }

    /// The `wanted` quantities of every particle, in the order of the particles; NaN for those that have diverged.
    pub fn observe(&mut self, wanted: &[Quantity], threads: &Threads) -> Vec<Readings> {
        let (process, count) = (self.process, self.largest_block);
        let blocks = threads.map(
            &mut self.blocks,
            || process.work(count),
            |block, work| {
                let mut readings = vec![[f64::NAN; Quantity::COUNT]; block.count()];
                let gradient = &mut work.gradient[..block.weights.len()];
                let scratch = &mut work.scratch;
                process.potential().block_readings(&block.weights, wanted, &mut readings, gradient, scratch);
                for (w, reading) in block.weights.chunks_exact(block.dim).zip(&mut readings) {
                    if !finite(w) {
                        *reading = [f64::NAN; Quantity::COUNT];
                    }
                }
                readings
            },
        );
        blocks.concat()
    }
}

/// Advances a block and returns the particles that were finite before and are not after. Their exact step is found by
/// going over the same steps again, which costs nothing while all goes well: the noise is a pure function of the step.
fn advance_block(
    process: &dyn Process,
    block: &mut Block,
    from: u64,
    to: u64,
    work: &mut Work,
) -> Vec<Divergence> {
    let before = block.clone();
    process.advance(block, from, to, work);
    if surely_finite(block) {
        return Vec::new();
    }
    let lost: Vec<usize> =
        (0..block.count()).filter(|&i| finite(row(&before, i)) && !finite(row(block, i))).collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let mut replay = before;
    let mut found = vec![None; lost.len()];
    for step in from..to {
        process.advance(&mut replay, step, step + 1, work);
        for (place, &i) in found.iter_mut().zip(&lost) {
            if place.is_none() && !finite(row(&replay, i)) {
                let time = (step + 1) as f64 * process.step_length();
                *place = Some(Divergence { particle: block.first + i as u64, step: step + 1, time });
            }
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    // What has left stays out, even if some weight should overflow back.
    for &i in &lost {
        let dim = block.dim;
        block.weights[i * dim..(i + 1) * dim].fill(f64::NAN);
    }
    found.into_iter().flatten().collect()
}

/// Whether all weights are so small that no particle can have left: one quick pass in place of a norm for each.
fn surely_finite(block: &Block) -> bool {
    let bound = LARGEST_NORM / (2.0 * block.dim as f64);
    // No early exit and no branch, so that the loop is vectorised; NaN compares false.
    block.weights.iter().fold(true, |all, x| all & (x.abs() <= bound))
}

fn row(block: &Block, i: usize) -> &[f64] {
    &block.weights[i * block.dim..(i + 1) * block.dim]
}

/// Whether a particle still counts.
fn finite(w: &[f64]) -> bool {
    // NaN compares false, and so does the square of what has overflowed.
    w.iter().map(|x| x * x).sum::<f64>() <= LARGEST_NORM * LARGEST_NORM
}
