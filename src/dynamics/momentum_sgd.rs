//! SGD with momentum.

use super::sgd::Sgd;
use super::{Block, Facts, Noise, Process};
use crate::numerics::{Backend, gradient_update};
use crate::problem::{Potential, Scratch};

/// SGD with heavy-ball momentum β (Polyak 1964): V ← βV + ∇L_B(W), W ← W − (1 − β)sV, V₀ = 0, with ∇L_B = (1/b)Σ_{i∈B}∇ℓ_i + λW.
///
/// s is the *effective* step size: the usual learning rate is α = (1 − β)s, and a constant gradient moves W by −s∇L̃ a step. So
/// the clock t = ks is that of SGD with the same s, and W fluctuates about a minimum as SGD's does (to leading order).
/// Minibatches are those of [`Sgd`] with the same seed, batch and sampling; β = 0 is that SGD bit for bit. Weak order 1 in s
/// towards gradient flow for fixed β. As s → 0 with γ = (1 − β)/s fixed it follows an underdamped SDE with friction γ.
pub struct MomentumSgd<'a> {
    sgd: Sgd<'a>,
    momentum: f64,
}

impl<'a> MomentumSgd<'a> {
    /// `sgd` with momentum β = `momentum` in [0, 1).
    ///
    /// # Panics
    /// When β is not in [0, 1).
    pub fn new(sgd: Sgd<'a>, momentum: f64) -> Self {
        assert!((0.0..1.0).contains(&momentum), "0 ≤ β < 1");
        Self { sgd, momentum }
    }
}

impl Process for MomentumSgd<'_> {
    fn facts(&self) -> Facts {
        let rule =
            "V <- beta V + (1/b) sum over the batch of grad l_i(W) + lambda W, W <- W - (1 - beta) s V";
        Facts { kind: "momentum-sgd", rule, ..self.sgd.facts() }
    }

    fn potential(&self) -> &dyn Potential {
        self.sgd.potential()
    }

    fn step_length(&self) -> f64 {
        self.sgd.step_length()
    }

    fn noise_scale(&self) -> f64 {
        self.sgd.noise_scale()
    }

    fn backend(&self) -> Backend {
        self.sgd.backend()
    }

    /// V.
    fn begin(&self, block: &mut Block) {
        block.extra = vec![0.0; block.weights.len()];
    }

    fn noise(&self, count: usize) -> Noise {
        self.sgd.noise(count)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.sgd.draw(block, step, noise);
    }

    fn step(&self, block: &mut Block, step: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        self.sgd.batch_gradient(block, step, noise, gradient, scratch);
        for (v, g) in block.extra.iter_mut().zip(gradient.iter()) {
            *v = self.momentum * *v + g;
        }
        let rate = (1.0 - self.momentum) * self.step_length();
        gradient_update(self.backend(), &mut block.weights, &block.extra, rate);
    }
}
