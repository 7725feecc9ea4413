//! The 32-bit particle kernels: gradients in f32 for weights that stay f64.
//!
//! The state of a particle is always f64, so that small steps s∇ℓ are not lost in rounding when they are added up; only the
//! gradient, whose cost is the n rows, is computed in f32. Everything observed is computed in f64.

use super::DataRows;
use crate::numerics::{NetKernel, NetWork, Rows};

/// Arithmetic of the particle kernels; weights and estimates are always f64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 64-bit.
    #[default]
    F64,
    /// 32-bit: about twice as fast, gradients to about six digits.
    F32,
}

/// The rows and the kernel of one net in f32.
pub struct Single {
    kernel: NetKernel<f32>,
    inputs: Vec<f32>,
    labels: Vec<f32>,
    dim: usize,
}

/// Buffers of one thread for [`Single`].
pub struct SingleWork {
    net: NetWork<f32>,
    weights: Vec<f32>,
    gradient: Vec<f32>,
    sample_weights: Vec<f32>,
}

/// `from` rounded into `to`, which keeps its room.
fn narrow(from: &[f64], to: &mut Vec<f32>) {
    to.clear();
    to.extend(from.iter().map(|&x| x as f32));
}

impl Single {
    /// The rows of `train` in f32 and `kernel` for them.
    pub fn new(kernel: NetKernel<f32>, train: &DataRows) -> Self {
        let round = |from: &[f64]| from.iter().map(|&x| x as f32).collect();
        Self { kernel, inputs: round(&train.inputs), labels: round(&train.labels), dim: train.dim }
    }

    /// Buffers for one thread.
    pub fn work(&self) -> SingleWork {
        let room = self.kernel.block_len(self.labels.len()) * self.kernel.width() * self.dim;
        let buffer = || Vec::with_capacity(room);
        let net = self.kernel.work(self.labels.len());
        SingleWork { net, weights: buffer(), gradient: buffer(), sample_weights: Vec::new() }
    }

    /// How many particles a block holds.
    pub fn block_len(&self) -> usize {
        self.kernel.block_len(self.labels.len())
    }

    /// ∇L̃ of every particle.
    pub fn gradient(&self, weights: &[f64], gradient: &mut [f64], work: &mut SingleWork) {
        self.call(weights, gradient, work, |kernel, rows, w, g, work, _| kernel.gradient(rows, w, g, work));
    }

    /// The minibatch gradient of every particle.
    pub fn minibatch_gradient(
        &self,
        batch: &[u32],
        weights: &[f64],
        gradient: &mut [f64],
        work: &mut SingleWork,
    ) {
        self.call(weights, gradient, work, |kernel, rows, w, g, work, _| {
            kernel.minibatch_gradient(rows, batch, w, g, work);
        });
    }

    /// The weighted gradient of every particle.
    pub fn weighted_gradient(
        &self,
        sample_weights: &[f64],
        weights: &[f64],
        gradient: &mut [f64],
        work: &mut SingleWork,
    ) {
        narrow(sample_weights, &mut work.sample_weights);
        self.call(weights, gradient, work, |kernel, rows, w, g, work, omega| {
            kernel.weighted_gradient(rows, omega, w, g, work);
        });
    }

    fn call(
        &self,
        weights: &[f64],
        gradient: &mut [f64],
        work: &mut SingleWork,
        kernel: impl Fn(&NetKernel<f32>, Rows<'_, f32>, &[f32], &mut [f32], &mut NetWork<f32>, &[f32]),
    ) {
        narrow(weights, &mut work.weights);
        work.gradient.resize(weights.len(), 0.0);
        let rows = Rows { inputs: &self.inputs, labels: &self.labels, dim: self.dim };
        kernel(&self.kernel, rows, &work.weights, &mut work.gradient, &mut work.net, &work.sample_weights);
        gradient.iter_mut().zip(&work.gradient).for_each(|(to, &from)| *to = f64::from(from));
    }
}
