//! The SGD-SDE with inertia.

use super::path::Path;
use super::{Block, Facts, Noise, Process};
use crate::numerics::Backend;
use crate::problem::{Potential, Scratch};
use crate::random::Purpose;

/// The underdamped SGD-SDE dW = V dt, dV = −γ(V + ∇L̃(W)) dt + γ√s dB, γ = (1 − β)/s, V₀ = 0: what
/// [`MomentumSgd`](super::MomentumSgd) with momentum β follows on the clock t = ks if its noise is isotropic with unit covariance
/// a step (Li, Tai, E, JMLR 20, 2019, for momentum), with β → 1 as s → 0. γ → ∞ gives the SGD-SDE.
///
/// The stationary law of W is the same Gibbs measure exp(−2L̃/s), that of V is N(0, (γs/2) I), independent. A step of length h is
/// BAOAB (Leimkuhler, Matthews, *Applied Mathematics Research eXpress* 2013): V ← V − ½hγ∇L̃(W); W ← W + ½hV;
/// V ← e^{−γh}V + √((γs/2)(1 − e^{−2γh})) ξ; W ← W + ½hV; V ← V − ½hγ∇L̃(W). Weak order 2 in h, exact for the stationary law of W
/// on a quadratic; stable there for h√(γθ_max) < 2. One gradient a step (it is kept for the next).
pub struct UnderdampedSde<'a> {
    potential: &'a dyn Potential,
    s: f64,
    friction: f64,
    dt: f64,
    path: Path,
    backend: Backend,
}

impl<'a> UnderdampedSde<'a> {
    /// The process with noise scale `s` > 0, momentum β = `momentum` in [0, 1) and step `dt` > 0 (times t, the clock of SGD).
    ///
    /// # Panics
    /// When a number is out of range.
    pub fn new(potential: &'a dyn Potential, s: f64, momentum: f64, dt: f64, seed: u64) -> Self {
        assert!(s > 0.0 && dt > 0.0 && (0.0..1.0).contains(&momentum), "s > 0, dt > 0, 0 ≤ β < 1");
        let path = Path::new(seed, Purpose::Brownian, dt, 1);
        let friction = (1.0 - momentum) / s;
        Self { potential, s, friction, dt, path, backend: Backend::detect() }
    }

    /// The same with the vector instructions of `backend`; by default the widest there are.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Process for UnderdampedSde<'_> {
    fn facts(&self) -> Facts {
        Facts {
            kind: "underdamped-sde",
            rule: "BAOAB steps of dW = V dt, dV = -gamma (V + grad L) dt + gamma sqrt(s) dB, gamma = (1 - beta)/s",
            strong_order: None,
            weak_order: 2.0,
            noise: "additive, isotropic, on the velocity",
            gradients_per_step: 1.0,
        }
    }

    fn potential(&self) -> &dyn Potential {
        self.potential
    }

    fn step_length(&self) -> f64 {
        self.dt
    }

    fn noise_scale(&self) -> f64 {
        self.s
    }

    fn backend(&self) -> Backend {
        self.backend
    }

    /// V of all particles, then ∇L̃ where they stand.
    fn begin(&self, block: &mut Block) {
        block.extra = vec![0.0; 2 * block.weights.len()];
    }

    fn noise(&self, count: usize) -> Noise {
        self.path.noise(count * self.potential.dim(), self.backend)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.path.draw((block.first, block.count()), step, block.dim, noise);
    }

    fn step(&self, block: &mut Block, step: u64, noise: &Noise, _: &mut [f64], scratch: &mut Scratch) {
        let (h, gamma) = (self.dt, self.friction);
        let (velocity, gradient) = block.extra.split_at_mut(block.weights.len());
        if step == 0 {
            self.potential.block_gradient(&block.weights, gradient, scratch);
        }
        let (kick, drift, decay) = (0.5 * h * gamma, 0.5 * h, (-gamma * h).exp());
        let heat = (-0.5 * gamma * self.s * (-2.0 * gamma * h).exp_m1()).sqrt();
        let normals = noise.normals.iter();
        for (((w, v), g), xi) in
            block.weights.iter_mut().zip(velocity.iter_mut()).zip(gradient.iter()).zip(normals)
        {
            let kicked = *v - kick * g;
            *v = decay * kicked + heat * xi;
            *w += drift * (kicked + *v);
        }
        self.potential.block_gradient(&block.weights, gradient, scratch);
        velocity.iter_mut().zip(gradient.iter()).for_each(|(v, g)| *v -= kick * g);
    }
}
