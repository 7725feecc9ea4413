//! One file a process. A step is *draw the noise*, then *pure arithmetic given the noise*.

#![forbid(unsafe_code)]

mod bounded_noise_gd;
mod covariance_sde;
mod euler_maruyama;
mod gradient_flow;
mod heun;
mod linear_response;
mod minibatch_heun;
mod momentum_sgd;
mod one_pass_sgd;
mod path;
mod sample_noise;
mod scaled_noise_gd;
mod second_order_sde;
mod sgd;
mod stopped;
mod svag;
mod underdamped_sde;

pub use bounded_noise_gd::{BoundedNoiseGd, ShrinkingSteps};
pub use covariance_sde::CovarianceSde;
pub use euler_maruyama::EulerMaruyama;
pub use gradient_flow::GradientFlow;
pub use heun::Heun;
pub use linear_response::{LinearResponse, ResponsePath, StepNoise};
pub use momentum_sgd::MomentumSgd;
pub use one_pass_sgd::{OnePassSgd, falling_step};
pub use scaled_noise_gd::{NoiseLaw, ScaledNoiseGd};
pub use second_order_sde::SecondOrderSde;
pub use sgd::{Minibatches, Sampling, Sgd};
pub use stopped::Stopped;
pub use svag::Svag;
pub use underdamped_sde::UnderdampedSde;

use crate::numerics::{Backend, NormalSource};
use crate::problem::{Potential, Scratch};
use serde::{Deserialize, Serialize};

/// What a process is, for documents and for the tests that measure its orders.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    /// The name in study files.
    pub kind: &'static str,
    /// The update rule in words and symbols.
    pub rule: &'static str,
    /// Order in the step length of E|W_k − W(t_k)| towards its own limit on the same noise; `None` where the limit (gradient
    /// flow, for SGD) has no noise to share.
    pub strong_order: Option<f64>,
    /// Order in the step length of |E φ(W_k) − E φ(W(t_k))| towards its own limit. Where steps shrink, or go in a direction that is
    /// no gradient, it is that of the same process with constant steps along the gradient: on the nominal clock, which counts steps,
    /// the others have no limit that it could be the order to.
    pub weak_order: f64,
    /// The noise of one step in words.
    pub noise: &'static str,
    /// Cost of a step in full gradients (a minibatch of b rows counts b/n).
    pub gradients_per_step: f64,
}

/// An integrator of an SDE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Euler and Maruyama: one gradient a step.
    #[default]
    EulerMaruyama,
    /// Heun: the drift at both ends of the step.
    Heun,
}

/// Particles that stand side by side and step together; their number is part of a run's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The number of its first particle.
    pub first: u64,
    /// D.
    pub dim: usize,
    /// Weights, one particle after another, D numbers each.
    #[serde(with = "crate::packed")]
    pub weights: Vec<f64>,
    /// Further state of a process (a velocity), made by its `begin`; empty for most.
    #[serde(with = "crate::packed")]
    pub extra: Vec<f64>,
}

impl Block {
    /// How many particles it holds.
    pub fn count(&self) -> usize {
        self.weights.len() / self.dim
    }
}

/// The random part of one step of a block.
pub struct Noise {
    /// Standard normals, D a particle, one particle after another.
    pub normals: Vec<f64>,
    /// Row numbers of the minibatches, b a particle, one particle after another.
    pub batch: Vec<u32>,
    /// Fresh samples, b a particle, one particle after another.
    pub samples: Vec<f64>,
    /// Streaming position of the normal generator, kept so that the next step is cheap.
    pub(crate) source: NormalSource,
    /// Normals of one finer step, where a step sums several.
    pub(crate) fine: Vec<f64>,
    /// Orders of the rows for epoch shuffling, n a particle, and the (first particle, epoch) they belong to.
    pub(crate) orders: Vec<u32>,
    pub(crate) orders_of: Option<(u64, u64)>,
}

impl Noise {
    /// No room for anything yet, drawn with the instructions of `backend`.
    pub fn new(backend: Backend) -> Self {
        Self {
            normals: Vec::new(),
            batch: Vec::new(),
            samples: Vec::new(),
            source: NormalSource::new(backend),
            fine: Vec::new(),
            orders: Vec::new(),
            orders_of: None,
        }
    }
}

/// Buffers of one thread.
pub struct Work {
    /// Gradients of a block.
    pub gradient: Vec<f64>,
    /// The potential's own buffers.
    pub scratch: Scratch,
    /// The noise of the step at hand.
    pub noise: Noise,
}

/// A discrete-time process on the clock t = step × step length.
pub trait Process: Send + Sync {
    /// What it is.
    fn facts(&self) -> Facts;

    /// The potential it descends.
    fn potential(&self) -> &dyn Potential;

    /// The time one step takes.
    fn step_length(&self) -> f64;

    /// The noise scale s: the Gibbs measure that belongs to the process is exp(−2L̃/s). 0 without noise.
    fn noise_scale(&self) -> f64;

    /// The vector instructions it uses; by default the widest there are.
    fn backend(&self) -> Backend {
        Backend::detect()
    }

    /// Makes the further state of a block that stands at its start, [`Block::extra`]. Default: none.
    fn begin(&self, _block: &mut Block) {}

    /// How many numbers of [`Scratch::room`] a step of `count` particles needs. Default: none.
    fn room(&self, _count: usize) -> usize {
        0
    }

    /// Room for the noise of a block of `count` particles.
    fn noise(&self, count: usize) -> Noise;

    /// Draws what step number `step` of the block's particles needs: a pure function of (seed, purpose, particle, step).
    fn draw(&self, block: &Block, step: u64, noise: &mut Noise);

    /// Step number `step`, given its noise. Allocates nothing.
    fn step(&self, block: &mut Block, step: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch);

    /// Buffers for one thread and blocks of up to `count` particles.
    fn work(&self, count: usize) -> Work {
        let potential = self.potential();
        Work {
            gradient: vec![0.0; count * potential.dim()],
            scratch: Scratch {
                backend: self.backend(),
                room: vec![0.0; self.room(count)],
                ..potential.scratch()
            },
            noise: self.noise(count),
        }
    }

    /// Steps number `from` to `to` (without `to`) of a block.
    fn advance(&self, block: &mut Block, from: u64, to: u64, work: &mut Work) {
        let len = block.weights.len();
        for step in from..to {
            self.draw(block, step, &mut work.noise);
            self.step(block, step, &work.noise, &mut work.gradient[..len], &mut work.scratch);
        }
    }
}

/// Lends a step the room of `scratch` beside the rest of it.
fn with_room(scratch: &mut Scratch, step: impl FnOnce(&mut [f64], &mut Scratch)) {
    let mut room = std::mem::take(&mut scratch.room);
    step(&mut room, scratch);
    scratch.room = room;
}
