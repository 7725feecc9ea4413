//! The two traits every problem is seen through.

use super::Oracle;
use super::two_layer::SingleWork;
use crate::numerics::{Backend, NetWork, euler_maruyama_update};
use serde::{Deserialize, Serialize};

/// A number that is observed for each particle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// L̃(W), the regularised risk on the training rows.
    Risk,
    /// (1/n) Σ ℓ_i(W), the risk without (λ/2)‖W‖².
    DataRisk,
    /// (1/m) Σ ℓ_i(W) over the rows kept for testing.
    TestRisk,
    /// The fraction of training rows with y f > 0.
    TrainAccuracy,
    /// The fraction of test rows with y f > 0.
    TestAccuracy,
    /// ‖W‖_F².
    SquaredNorm,
    /// ‖∇L̃(W)‖_F.
    GradientNorm,
    /// ‖∇L̃(W)‖_F²; its mean under the Gibbs measure is (s/2) E ΔL̃.
    SquaredGradientNorm,
    /// ΔL̃(W), the trace of the Hessian.
    Laplacian,
    /// ⟨W, ∇L̃(W)⟩; its mean under the Gibbs measure is D s/2.
    Virial,
    /// ‖W − W°‖_F, the distance from the problem's reference point W°.
    Distance,
}

impl Quantity {
    /// How many there are.
    pub const COUNT: usize = 11;
    /// All of them, in the order of [`Readings`].
    pub const ALL: [Self; Self::COUNT] = [
        Self::Risk,
        Self::DataRisk,
        Self::TestRisk,
        Self::TrainAccuracy,
        Self::TestAccuracy,
        Self::SquaredNorm,
        Self::GradientNorm,
        Self::SquaredGradientNorm,
        Self::Laplacian,
        Self::Virial,
        Self::Distance,
    ];

    /// The name in study files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Risk => "risk",
            Self::DataRisk => "data_risk",
            Self::TestRisk => "test_risk",
            Self::TrainAccuracy => "train_accuracy",
            Self::TestAccuracy => "test_accuracy",
            Self::SquaredNorm => "squared_norm",
            Self::GradientNorm => "gradient_norm",
            Self::SquaredGradientNorm => "squared_gradient_norm",
            Self::Laplacian => "laplacian",
            Self::Virial => "virial",
            Self::Distance => "distance",
        }
    }

    /// Whether it needs ∇L̃.
    pub fn needs_gradient(self) -> bool {
        matches!(self, Self::GradientNorm | Self::SquaredGradientNorm | Self::Virial)
    }

    /// Whether it needs rows kept for testing.
    pub fn needs_test_rows(self) -> bool {
        matches!(self, Self::TestRisk | Self::TestAccuracy)
    }

    /// Whether it needs labels ±1.
    pub fn needs_classes(self) -> bool {
        matches!(self, Self::TrainAccuracy | Self::TestAccuracy)
    }

    /// Whether it needs a finite sum over data.
    pub fn needs_data(self) -> bool {
        self.needs_test_rows() || self.needs_classes() || self == Self::DataRisk
    }
}

/// One number for each [`Quantity`] of one particle, in the order of [`Quantity::ALL`]; NaN where it was not asked for.
pub type Readings = [f64; Quantity::COUNT];

/// Buffers that a potential needs while it is evaluated; made once by [`Potential::scratch`], used by one thread.
pub struct Scratch {
    /// The vector instructions to use where the potential has no choice of its own.
    pub backend: Backend,
    /// Numbers for the potential's own use.
    pub numbers: Vec<f64>,
    /// Numbers for the process's own use, as many as its `room` says.
    pub room: Vec<f64>,
    /// Buffers of the net kernels.
    pub(crate) net: Option<NetWork<f64>>,
    /// Buffers of the 32-bit net kernels.
    pub(crate) single: Option<SingleWork>,
}

impl Scratch {
    /// `numbers` zeros, and the widest instructions there are.
    pub fn new(numbers: usize) -> Self {
        Self {
            backend: Backend::detect(),
            numbers: vec![0.0; numbers],
            room: Vec::new(),
            net: None,
            single: None,
        }
    }
}

/// A potential L̃ on R^D with a gradient.
///
/// To bring your own, implement [`dim`](Self::dim) and [`value_gradient`](Self::value_gradient); the rest has defaults.
/// Not for potentials without a gradient. The SDE has a stationary law only if exp(−2L̃/s) can be normalised.
pub trait Potential: Send + Sync {
    /// D, the number of weights of a particle.
    fn dim(&self) -> usize;

    /// Writes ∇L̃(w) into `gradient` and returns L̃(w). `w`, `gradient`: length D.
    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], scratch: &mut Scratch) -> f64;

    /// Buffers for one thread. Default: 4 D numbers.
    fn scratch(&self) -> Scratch {
        Scratch::new(4 * self.dim())
    }

    /// How many particles a block holds. It is part of a run's result and so depends on the potential alone.
    /// Default: as many as keep a block's weights within 32 KiB, at most 512, at least 1.
    fn block_len(&self) -> usize {
        (4096 / self.dim().max(1)).clamp(1, 512)
    }

    /// ∇L̃ of a block: `weights` and `gradient` hold particles one after another, D numbers each.
    fn block_gradient(&self, weights: &[f64], gradient: &mut [f64], scratch: &mut Scratch) {
        let dim = self.dim();
        for (w, g) in weights.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)) {
            self.value_gradient(w, g, scratch);
        }
    }

    /// w ← (w − h∇L̃(w)) + c·ξ for each particle of a block, with ξ = `normals`, h = `step`, c = `noise_scale`: a step of
    /// Euler and Maruyama. `gradient` is room for the block's gradients. Default: [`block_gradient`](Self::block_gradient),
    /// then the update; overridden where one pass over the weights does both, with the same numbers.
    fn block_noisy_step(
        &self,
        weights: &mut [f64],
        normals: &[f64],
        [step, noise_scale]: [f64; 2],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        self.block_gradient(weights, gradient, scratch);
        euler_maruyama_update(scratch.backend, weights, gradient, normals, step, noise_scale);
    }

    /// The `wanted` quantities of each particle of a block into `out`; the others are left as they are.
    /// `gradient` is room for the block's gradients. Cost: one gradient a particle, and [`laplacian`](Self::laplacian)
    /// where it is wanted.
    fn block_readings(
        &self,
        weights: &[f64],
        wanted: &[Quantity],
        out: &mut [Readings],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let dim = self.dim();
        for ((w, g), reading) in weights.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)).zip(out) {
            reading[Quantity::Risk as usize] = self.value_gradient(w, g, scratch);
            derived_readings(w, g, reading);
            reading[Quantity::Distance as usize] = self.distance(w);
            if wanted.contains(&Quantity::Laplacian) {
                reading[Quantity::Laplacian as usize] = self.laplacian(w, scratch);
            }
        }
    }

    /// ∇²L̃(w) v into `out`. Default: the central difference of the gradient along v, with relative error about 1e-9
    /// for smooth potentials of moderate size; override it where the exact product is known. Cost: two gradients.
    fn hessian_vector(&self, w: &[f64], v: &[f64], out: &mut [f64], scratch: &mut Scratch) {
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm == 0.0 {
            out.fill(0.0);
            return;
        }
        let size = w.iter().map(|x| x * x).sum::<f64>().sqrt().max(1.0);
        let step = f64::EPSILON.cbrt() * size / norm;
        let mut moved: Vec<f64> = w.iter().zip(v).map(|(x, d)| x + step * d).collect();
        self.value_gradient(&moved, out, scratch);
        moved.iter_mut().zip(w.iter().zip(v)).for_each(|(m, (x, d))| *m = x - step * d);
        let mut behind = vec![0.0; w.len()];
        self.value_gradient(&moved, &mut behind, scratch);
        out.iter_mut().zip(&behind).for_each(|(a, b)| *a = (*a - b) / (2.0 * step));
    }

    /// ∇²L̃(w) v of each particle of a block with its own v; `vectors` and `out` have the shape of `weights`.
    /// Default: [`hessian_vector`](Self::hessian_vector), one particle at a time.
    fn block_hessian_vector(&self, weights: &[f64], vectors: &[f64], out: &mut [f64], scratch: &mut Scratch) {
        let dim = self.dim();
        let particles = weights.chunks_exact(dim).zip(vectors.chunks_exact(dim));
        for ((w, v), out) in particles.zip(out.chunks_exact_mut(dim)) {
            self.hessian_vector(w, v, out, scratch);
        }
    }

    /// ΔL̃(w). Default: the trace of [`hessian_vector`](Self::hessian_vector); cost 2 D gradients.
    fn laplacian(&self, w: &[f64], scratch: &mut Scratch) -> f64 {
        let dim = self.dim();
        let (mut unit, mut column) = (vec![0.0; dim], vec![0.0; dim]);
        (0..dim)
            .map(|k| {
                unit[k] = 1.0;
                self.hessian_vector(w, &unit, &mut column, scratch);
                unit[k] = 0.0;
                column[k]
            })
            .sum()
    }

    /// A bound on the Lipschitz constant of ∇L̃, where one is known: the default step of the SDE is a tenth of its inverse.
    fn gradient_lipschitz(&self) -> Option<f64> {
        None
    }

    /// The potential as a finite sum over data rows, if it is one; SGD needs it.
    fn finite_sum(&self) -> Option<&dyn FiniteSum> {
        None
    }

    /// A number that L̃ is never below, where one is known that serves excesses in place of the smallest value: no search for that
    /// is then made. 0 for excess population risks.
    fn known_infimum(&self) -> Option<f64> {
        None
    }

    /// The potential as an expectation over fresh samples, if it is one; one-pass SGD needs it.
    fn oracle(&self) -> Option<&dyn Oracle> {
        None
    }

    /// Whether `quantity` exists for this potential.
    fn has(&self, quantity: Quantity) -> bool {
        !quantity.needs_data() && (quantity != Quantity::Distance || self.reference_point().is_some())
    }

    /// W°, the point that [`Quantity::Distance`] is measured from, D numbers in the order of `w`, where the potential has one: the weights
    /// behind the labels, or a start that bounds are about. Default: none.
    fn reference_point(&self) -> Option<&[f64]> {
        None
    }

    /// ‖w − W°‖; NaN without a reference point.
    fn distance(&self, w: &[f64]) -> f64 {
        let squares = |point: &[f64]| w.iter().zip(point).map(|(x, p)| (x - p).powi(2)).sum::<f64>();
        self.reference_point().map_or(f64::NAN, |point| squares(point).sqrt())
    }

    /// The variance of the Gibbs measure along each weight at noise scale s, where that measure is a centred Gaussian with
    /// independent weights; `None` otherwise.
    fn gaussian_gibbs(&self, _s: f64) -> Option<Vec<f64>> {
        None
    }

    /// λ of the penalty (λ/2)‖W‖²; 0 where there is none.
    fn penalty(&self) -> f64 {
        0.0
    }

    /// (width, inputs) of a particle in files; their product is D. Default: (1, D).
    fn shape(&self) -> (usize, usize) {
        (1, self.dim())
    }

    /// Reorders one particle from the order of `w` to the row-major order of files. Default: no change.
    fn write_row_major(&self, w: &[f64], out: &mut [f64]) {
        out.copy_from_slice(w);
    }

    /// Reorders one particle from the row-major order of files to the order of `w`. Default: no change.
    fn read_row_major(&self, w: &[f64], out: &mut [f64]) {
        out.copy_from_slice(w);
    }
}

/// A potential L̃(w) = (1/n) Σ_i ℓ_i(w) + (λ/2)‖w‖² over data rows.
pub trait FiniteSum: Potential {
    /// n, the number of rows.
    fn samples(&self) -> usize;

    /// (1/b) Σ_{i ∈ B} ∇ℓ_i(w) + λ w of each particle of a block. `batch`: b row numbers a particle, one particle after
    /// another; a row may stand in a batch more than once.
    fn minibatch_gradient(&self, weights: &[f64], batch: &[u32], gradient: &mut [f64], scratch: &mut Scratch);

    /// (1/n) Σ_i ω_i ∇ℓ_i(w) + λ w of each particle of a block. `sample_weights`: n numbers ω a particle.
    fn weighted_gradient(
        &self,
        weights: &[f64],
        sample_weights: &[f64],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    );
}

/// The quantities that follow from w and ∇L̃(w) alone: ‖w‖², ‖∇L̃‖, its square and ⟨w, ∇L̃⟩.
pub fn derived_readings(w: &[f64], gradient: &[f64], out: &mut Readings) {
    out[Quantity::SquaredNorm as usize] = w.iter().map(|x| x * x).sum();
    let squared_gradient = gradient.iter().map(|x| x * x).sum::<f64>();
    out[Quantity::GradientNorm as usize] = squared_gradient.sqrt();
    out[Quantity::SquaredGradientNorm as usize] = squared_gradient;
    out[Quantity::Virial as usize] = w.iter().zip(gradient).map(|(x, g)| x * g).sum();
}
