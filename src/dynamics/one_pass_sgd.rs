//! SGD on fresh samples: every sample is used once.

use super::{Block, Facts, Noise, Process};
use crate::numerics::{Backend, gradient_update};
use crate::problem::{Fresh, Oracle, Potential, ProvableUpdate, Scratch, Update};
use crate::random::{Key, Purpose};

/// One-pass SGD: W ← W − s_k (1/b) Σ_i ∇ℓ(W; z_i) with b fresh samples z_i a step for each particle, s_k = s/(k+1)^q.
///
/// The clock is nominal, t = k s: with q = 0 a step takes the time s that it moves along the gradient; with q > 0 the clock counts
/// steps (k = t/s), and the time along the gradient is s Σ_{j<k} (j+1)^{−q}. Valid for 0 ≤ q ≤ 1 at least; with q > 1 the steps have a
/// finite sum and the weights need not arrive. Weak order 1 in s towards gradient flow of the population risk for q = 0 and the gradient as direction, none declared else. A step costs b sample gradients and
/// b draws; memory b × sample_len numbers a particle of a block. Source: Robbins and Monro 1951.
pub struct OnePassSgd<'a> {
    oracle: &'a dyn Oracle,
    s: f64,
    power: f64,
    provable: Option<&'a dyn ProvableUpdate>,
    batch: usize,
    key: Key,
    backend: Backend,
}

/// s/(k+1)^q, q = `power`; exactly s for q = 0.
pub fn falling_step(s: f64, power: f64, k: u64) -> f64 {
    if power == 0.0 { s } else { s / ((k + 1) as f64).powf(power) }
}

impl<'a> OnePassSgd<'a> {
    /// One-pass SGD with step size `s` > 0 at every step and `batch` ≥ 1 fresh samples a step.
    ///
    /// # Panics
    /// When s ≤ 0 or `batch` is 0.
    pub fn new(oracle: &'a dyn Oracle, s: f64, batch: usize, seed: u64) -> Self {
        assert!(s > 0.0 && batch > 0, "s > 0, batch ≥ 1");
        let key = Key::new(seed, Purpose::Fresh);
        Self { oracle, s, power: 0.0, provable: None, batch, key, backend: Backend::detect() }
    }

    /// The same with step sizes s/(k+1)^q, q = `power`.
    ///
    /// # Panics
    /// When q is negative or not finite.
    pub fn with_power(self, power: f64) -> Self {
        assert!(power >= 0.0 && power.is_finite(), "q ≥ 0");
        Self { power, ..self }
    }

    /// The same in another direction.
    ///
    /// # Panics
    /// For the provable update of an oracle that has none.
    pub fn with_update(self, update: Update) -> Self {
        let provable = || self.oracle.provable().expect("an oracle with a provable update");
        let provable = (update == Update::Provable).then(provable);
        Self { provable, ..self }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// s_k.
    pub fn step_size(&self, step: u64) -> f64 {
        falling_step(self.s, self.power, step)
    }

    /// Numbers that the samples of one particle's step hold.
    fn particle_len(&self) -> usize {
        self.batch * self.oracle.sample_len()
    }
}

impl Process for OnePassSgd<'_> {
    fn facts(&self) -> Facts {
        let rule = match self.provable {
            None => "W <- W - s_k (1/b) sum over b fresh samples of grad l(W; z), s_k = s/(k+1)^q",
            Some(_) => {
                "W <- W - s_k (1/b) sum over b fresh samples of the oracle's provable direction, s_k = s/(k+1)^q"
            }
        };
        Facts {
            kind: "one-pass-sgd",
            rule,
            strong_order: None,
            // For q = 0 along the gradient.
            weak_order: 1.0,
            noise: "fresh samples",
            gradients_per_step: self.batch as f64,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.oracle
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
        Noise { samples: vec![0.0; count * self.particle_len()], ..Noise::new(self.backend) }
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        let Noise { samples, source, .. } = noise;
        let particles = samples.chunks_exact_mut(self.particle_len()).take(block.count());
        for (particle, samples) in (block.first..).zip(particles) {
            self.oracle.draw(&mut Fresh::new(self.key, particle, step, source), samples);
        }
    }

    fn step(&self, block: &mut Block, step: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let samples = &noise.samples[..block.count() * self.particle_len()];
        match self.provable {
            None => self.oracle.sample_gradient(&block.weights, samples, self.batch, gradient, scratch),
            Some(update) => update.direction(&block.weights, samples, self.batch, gradient),
        }
        gradient_update(self.backend, &mut block.weights, gradient, self.step_size(step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Attack, AttackSign, ReluGate};

    /// Step number 3 with q = ½ is half as long as the first; each update goes against its own direction.
    #[test]
    fn a_step_goes_against_the_direction_on_its_samples() {
        let attack = Attack { probability: 0.5, size: 1.0, sign: AttackSign::Random };
        let gate = ReluGate::new(vec![1.0, -2.0, 0.5], attack);
        let start = [0.3, -0.1, 0.8, -0.5, 0.2, 0.4];
        for update in [Update::Gradient, Update::Provable] {
            let process = OnePassSgd::new(&gate, 0.1, 5, 7).with_power(0.5).with_update(update);
            assert_eq!((process.step_size(0), process.step_size(3)), (0.1, 0.05));
            let mut block = Block { first: 4, dim: 3, weights: start.to_vec(), extra: Vec::new() };
            let mut work = process.work(2);
            process.advance(&mut block, 3, 4, &mut work);
            let (samples, mut direction) = (&work.noise.samples, [0.0; 6]);
            match update {
                Update::Gradient => {
                    gate.sample_gradient(&start, samples, 5, &mut direction, &mut Scratch::new(0));
                }
                Update::Provable => gate.direction(&start, samples, 5, &mut direction),
            }
            assert!(direction.iter().any(|g| *g != 0.0));
            for ((w, start), g) in block.weights.iter().zip(start).zip(direction) {
                assert!((w - (start - 0.05 * g)).abs() < 1e-15);
            }
        }
    }
}
