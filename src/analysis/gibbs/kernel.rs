//! One transition: Hamiltonian Monte Carlo for a block of chains.

use crate::numerics::{Backend, NormalSource};
use crate::problem::{Potential, Quantity, Readings, Scratch};
use crate::random::Key;
use rand::RngExt;

/// A transition kernel that leaves exp(−2L̃/s) invariant: HMC (Neal, *MCMC using Hamiltonian dynamics*, Handbook of MCMC,
/// 2011, §5.3) with a diagonal mass matrix, a number of leapfrog steps that all chains draw anew in every iteration, and
/// a step size that every chain draws anew. A mean of one step is MALA.
///
/// Both draws are independent of the state, so each pair gives a reversible kernel and their mixture is one as well.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    /// s.
    pub s: f64,
    /// Leapfrog step in units of the standard deviations below.
    pub step: f64,
    /// The scale v_k of each weight: inverse masses.
    pub variances: Vec<f64>,
    /// Leapfrog steps are uniform on 1 … 2·this − 1.
    pub mean_steps: usize,
    /// A point about which the change of ‖w‖² is measured while tuning.
    pub centre: Vec<f64>,
    /// Whether proposals are tested. Only a test of the gate says no: the law is wrong then.
    pub metropolis: bool,
}

/// Chains of one kernel, one after another.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Number of the first chain in the names of random numbers.
    pub first: u64,
    pub weights: Vec<f64>,
    pub gradient: Vec<f64>,
    pub risk: Vec<f64>,
}

/// What an iteration of a block says about its tuning.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outcome {
    /// Σ over chains of the acceptance probability.
    pub acceptance: f64,
    /// Σ over chains of the acceptance probability times (change of ‖w − centre‖²)², lengths in standard deviations.
    pub squared_change: f64,
    /// Σ over chains of ‖w − centre‖² and of its square, before the proposal.
    pub distance: f64,
    pub squared_distance: f64,
    /// Gradients computed.
    pub gradients: u64,
    /// Proposals made.
    pub proposals: u64,
}

/// Buffers of one thread.
pub(super) struct Work {
    pub scratch: Scratch,
    pub readings: Vec<Readings>,
    normals: NormalSource,
    momentum: Vec<f64>,
    place: Vec<f64>,
    slope: Vec<f64>,
    energy: Vec<f64>,
    steps: Vec<f64>,
    uniforms: Vec<f64>,
}

impl Work {
    pub fn new(potential: &dyn Potential, chains: usize) -> Self {
        let room = || vec![0.0; chains * potential.dim()];
        let each = || vec![0.0; chains];
        Self {
            scratch: potential.scratch(),
            readings: vec![[f64::NAN; Quantity::COUNT]; chains],
            normals: NormalSource::new(Backend::detect()),
            momentum: room(),
            place: room(),
            slope: room(),
            energy: each(),
            steps: each(),
            uniforms: each(),
        }
    }
}

/// Tags of the streams: momenta, per-chain draws, draws shared by all chains.
const MOMENTUM: u64 = 1;
const CHAIN: u64 = 2;
const SHARED: u64 = 3;

impl Block {
    pub fn count(&self) -> usize {
        self.risk.len()
    }

    /// L̃ and ∇L̃ where the chains are.
    pub fn evaluate(&mut self, potential: &dyn Potential, work: &mut Work) {
        evaluate(potential, &self.weights, &mut self.gradient, &mut self.risk, work);
    }
}

/// L̃ and ∇L̃ of particles in one pass.
fn evaluate(potential: &dyn Potential, w: &[f64], gradient: &mut [f64], risk: &mut [f64], work: &mut Work) {
    let readings = &mut work.readings[..risk.len()];
    potential.block_readings(w, &[Quantity::Risk, Quantity::Virial], readings, gradient, &mut work.scratch);
    risk.iter_mut().zip(readings).for_each(|(risk, r)| *risk = r[Quantity::Risk as usize]);
}

impl Kernel {
    /// An untuned kernel at noise scale `s` for weights of variance `variance`.
    pub fn new(s: f64, variance: f64, dim: usize) -> Self {
        Self {
            s,
            step: 0.5 * (dim as f64).powf(-0.25),
            variances: vec![variance; dim],
            mean_steps: 4,
            centre: vec![0.0; dim],
            metropolis: true,
        }
    }

    /// One iteration of every chain of `block`. Cost: `mean_steps` gradients a chain on average.
    pub fn iterate(
        &self,
        potential: &dyn Potential,
        block: &mut Block,
        key: Key,
        iteration: u64,
        work: &mut Work,
    ) -> Outcome {
        let (count, dim) = (block.count(), potential.dim());
        let most = 2 * self.mean_steps as u64 - 1;
        let steps = 1 + key.tagged(SHARED).stream(0, iteration).random_range(0..most);
        self.draw(block, key, iteration, dim, work);
        let mut momentum = std::mem::take(&mut work.momentum);
        let mut place = std::mem::take(&mut work.place);
        let mut slope = std::mem::take(&mut work.slope);
        let len = count * dim;
        let (p, q, g) = (&mut momentum[..len], &mut place[..len], &mut slope[..len]);
        q.copy_from_slice(&block.weights);
        g.copy_from_slice(&block.gradient);
        for i in 0..count {
            work.energy[i] = 2.0 / self.s * block.risk[i] + half_square(&p[i * dim..][..dim]);
        }
        let mut risk = vec![0.0; count];
        for step in 0..steps {
            self.kick(p, g, &work.steps, if step == 0 { 0.5 } else { 1.0 });
            self.drift(q, p, &work.steps);
            evaluate(potential, q, g, &mut risk, work);
        }
        self.kick(p, g, &work.steps, 0.5);
        let outcome = self.settle(block, (q, g, &risk), p, work);
        (work.momentum, work.place, work.slope) = (momentum, place, slope);
        Outcome { gradients: steps * count as u64, ..outcome }
    }

    /// The test of Metropolis: chains move to the proposed weights, gradients and risks, or stay.
    fn settle(
        &self,
        block: &mut Block,
        (q, g, risk): (&[f64], &[f64], &[f64]),
        p: &[f64],
        work: &Work,
    ) -> Outcome {
        let dim = self.variances.len();
        let mut outcome = Outcome { proposals: risk.len() as u64, ..Outcome::default() };
        for (i, &proposed) in risk.iter().enumerate() {
            let own = i * dim..(i + 1) * dim;
            let energy = 2.0 / self.s * proposed + half_square(&p[own.clone()]);
            let difference = energy - work.energy[i];
            let mut probability = if difference.is_finite() { (-difference).exp().min(1.0) } else { 0.0 };
            if !self.metropolis && energy.is_finite() {
                probability = 1.0;
            }
            let distance = self.distance(&block.weights[own.clone()]);
            let change = self.distance(&q[own.clone()]) - distance;
            outcome.distance += distance;
            outcome.squared_distance += distance * distance;
            outcome.acceptance += probability;
            if probability > 0.0 {
                outcome.squared_change += probability * change * change;
            }
            if work.uniforms[i] < probability {
                block.weights[own.clone()].copy_from_slice(&q[own.clone()]);
                block.gradient[own.clone()].copy_from_slice(&g[own]);
                block.risk[i] = proposed;
            }
        }
        outcome
    }

    /// The random numbers of an iteration: momenta, a step size and a uniform for the test of each chain.
    fn draw(&self, block: &Block, key: Key, iteration: u64, dim: usize, work: &mut Work) {
        let count = block.count();
        let momentum = &mut work.momentum[..count * dim];
        work.normals.fill(key.tagged(MOMENTUM), block.first, count, iteration, dim, momentum);
        for i in 0..count {
            let mut stream = key.tagged(CHAIN).stream(block.first + i as u64, iteration);
            work.steps[i] = self.step * stream.random_range(0.8..1.2);
            work.uniforms[i] = stream.random();
        }
    }

    /// p ← p − part·ε (2/s) √v ∇L̃, momenta in units in which they are standard normal.
    fn kick(&self, p: &mut [f64], g: &[f64], steps: &[f64], part: f64) {
        let dim = self.variances.len();
        for ((p, g), step) in p.chunks_exact_mut(dim).zip(g.chunks_exact(dim)).zip(steps) {
            let factor = part * step * 2.0 / self.s;
            for ((p, g), v) in p.iter_mut().zip(g).zip(&self.variances) {
                *p -= factor * v.sqrt() * g;
            }
        }
    }

    /// w ← w + ε √v p.
    fn drift(&self, q: &mut [f64], p: &[f64], steps: &[f64]) {
        let dim = self.variances.len();
        for ((q, p), step) in q.chunks_exact_mut(dim).zip(p.chunks_exact(dim)).zip(steps) {
            for ((q, p), v) in q.iter_mut().zip(p).zip(&self.variances) {
                *q += step * v.sqrt() * p;
            }
        }
    }

    /// Σ (w − centre)²/v.
    fn distance(&self, w: &[f64]) -> f64 {
        let terms = w.iter().zip(&self.centre).zip(&self.variances);
        terms.map(|((w, c), v)| (w - c) * (w - c) / v).sum()
    }
}

fn half_square(p: &[f64]) -> f64 {
    0.5 * p.iter().map(|x| x * x).sum::<f64>()
}
