//! Gradient flow, the limit s → 0 of every process here.

use super::{Block, Facts, Noise, Process, with_room};
use crate::numerics::Backend;
use crate::problem::{Potential, Scratch};

/// Gradient flow dW = −∇L̃(W) dt by the classical method of Runge and Kutta (1901), step h:
/// W ← W − (h/6)(k₁ + 2k₂ + 2k₃ + k₄), k₁ = ∇L̃(W), k₂ = ∇L̃(W − ½h k₁), k₃ = ∇L̃(W − ½h k₂), k₄ = ∇L̃(W − h k₃).
///
/// Without noise: s = 0, particles differ by their starts alone. SGD, the SGD-SDE and the covariance SDE tend to it as
/// s → 0 on the clock t = ks, with E φ at distance O(s). Order 4 in h for smooth L̃ with Lipschitz gradient; on a quadratic a
/// step multiplies by 1 − z + z²/2 − z³/6 + z⁴/24, z = hθ, stable for z < 2.785.
pub struct GradientFlow<'a> {
    potential: &'a dyn Potential,
    dt: f64,
    backend: Backend,
}

impl<'a> GradientFlow<'a> {
    /// The flow with steps of `dt` > 0 (times t, the clock of SGD).
    ///
    /// # Panics
    /// When dt ≤ 0.
    pub fn new(potential: &'a dyn Potential, dt: f64) -> Self {
        assert!(dt > 0.0, "dt > 0");
        Self { potential, dt, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for GradientFlow<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "gradient-flow",
            rule: "W <- W - dt (k1 + 2 k2 + 2 k3 + k4)/6 (Runge, Kutta), for dW = -grad L dt",
            strong_order: Some(4.0),
            weak_order: 4.0,
            noise: "none",
            gradients_per_step: 4.0,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.potential
    }

    fn step_length(&self) -> f64 {
        self.dt
    }

    fn noise_scale(&self) -> f64 {
        0.0
    }

    fn backend(&self) -> Backend {
        self.backend
    }

    fn room(&self, count: usize) -> usize {
        2 * count * self.potential.dim()
    }

    fn noise(&self, _count: usize) -> Noise {
        Noise::new(self.backend)
    }

    fn draw(&self, _block: &Block, _step: u64, _noise: &mut Noise) {}

    fn step(&self, block: &mut Block, _: u64, _: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        let len = block.weights.len();
        with_room(scratch, |room, scratch| {
            let (stage, rest) = room.split_at_mut(len);
            let sum = &mut rest[..len];
            self.potential.block_gradient(&block.weights, gradient, scratch);
            sum.copy_from_slice(gradient);
            for (ahead, weight) in [(0.5, 2.0), (0.5, 2.0), (1.0, 1.0)] {
                for ((y, w), g) in stage.iter_mut().zip(&block.weights).zip(gradient.iter()) {
                    *y = w - ahead * self.dt * g;
                }
                self.potential.block_gradient(stage, gradient, scratch);
                sum.iter_mut().zip(gradient.iter()).for_each(|(k, g)| *k += weight * g);
            }
            let sixth = self.dt / 6.0;
            block.weights.iter_mut().zip(sum.iter()).for_each(|(w, k)| *w -= sixth * k);
        });
    }
}
