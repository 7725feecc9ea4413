//! Kernel regression by SGD: two-layer nets in the limit of infinite width.

use super::circle::{CircleTask, SAMPLE};
use crate::problem::{Fresh, Oracle, Potential, Scratch};

/// L(w) = ½ ‖f_w − f*‖²_{L²}, f_w = Σ_j w_j √λ_j e_j: the excess population risk of regression on the circle (½ E noise² is left
/// out, so that 0 is its smallest value) in the coordinates of the neural tangent kernel's eigenfunctions.
///
/// SGD on fresh samples, w ← w − η (f_w(x) − y) √λ e(x), is in function space f ← f − η (f(x) − y) K(x, ·) with the kernel K cut to
/// the kept frequencies: what one-pass SGD on both layers of a net becomes as m → ∞ (Jacot, Gabriel, Hongler, NeurIPS 2018).
/// D = number of kept functions, about twice the frequencies. Cost of a sample gradient: about 10 D operations.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelRegression {
    task: CircleTask,
    /// √λ of each function.
    roots: Vec<f64>,
}

impl KernelRegression {
    /// The regression of a task.
    pub fn new(task: CircleTask) -> Self {
        let eigenvalues = task.spectrum().eigenvalues();
        let roots = task.spectrum().harmonics().places().into_iter().map(|j| eigenvalues[j].sqrt()).collect();
        Self { task, roots }
    }

    /// Spectrum, target and noise.
    pub fn task(&self) -> &CircleTask {
        &self.task
    }

    /// f_w at the point (cos θ, sin θ); `coefficients` is room for D numbers.
    pub fn predict(&self, w: &[f64], point: [f64; 2], coefficients: &mut [f64]) -> f64 {
        for ((c, w), root) in coefficients.iter_mut().zip(w).zip(&self.roots) {
            *c = w * root;
        }
        self.task.spectrum().harmonics().sum(coefficients, point)
    }
}

impl Potential for KernelRegression {
    fn dim(&self) -> usize {
        self.roots.len()
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        let mut value = 0.0;
        let each = gradient.iter_mut().zip(w).zip(self.roots.iter().zip(self.task.target()));
        for ((g, w), (root, target)) in each {
            let rest = root * w - target;
            *g = root * rest;
            value += 0.5 * rest * rest;
        }
        value
    }

    fn hessian_vector(&self, _w: &[f64], v: &[f64], out: &mut [f64], _scratch: &mut Scratch) {
        for ((o, v), root) in out.iter_mut().zip(v).zip(&self.roots) {
            *o = root * root * v;
        }
    }

    fn laplacian(&self, _w: &[f64], _scratch: &mut Scratch) -> f64 {
        self.roots.iter().map(|root| root * root).sum()
    }

    /// The largest λ.
    fn gradient_lipschitz(&self) -> Option<f64> {
        self.task.spectrum().eigenvalues().iter().copied().reduce(f64::max)
    }

    /// 0, at w = θ/√λ with the target's coefficients θ.
    fn known_infimum(&self) -> Option<f64> {
        Some(0.0)
    }

    fn oracle(&self) -> Option<&dyn Oracle> {
        Some(self)
    }
}

impl Oracle for KernelRegression {
    fn sample_len(&self) -> usize {
        SAMPLE
    }

    fn draw(&self, fresh: &mut Fresh<'_>, samples: &mut [f64]) {
        self.task.draw(fresh, samples);
    }

    fn sample_gradient(
        &self,
        weights: &[f64],
        samples: &[f64],
        batch: usize,
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let dim = self.dim();
        let harmonics = self.task.spectrum().harmonics();
        let features = &mut scratch.numbers[..dim];
        let particles = weights.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim));
        for ((w, g), samples) in particles.zip(samples.chunks_exact(batch * SAMPLE)) {
            g.fill(0.0);
            for sample in samples.chunks_exact(SAMPLE) {
                harmonics.fill([sample[0], sample[1]], features);
                features.iter_mut().zip(&self.roots).for_each(|(e, root)| *e *= root);
                let prediction: f64 = features.iter().zip(w).map(|(e, w)| e * w).sum();
                let factor = (prediction - sample[2]) / batch as f64;
                g.iter_mut().zip(features.iter()).for_each(|(g, e)| *g += factor * e);
            }
        }
    }
}
