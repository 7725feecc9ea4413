//! The two-layer net f(x; a, W) = aᵀ σ_β(W x) with trained W and fixed a, its risk on data, and the constants of theorems.

mod constants;
mod single;
pub use constants::{ActivationFacts, Constants, Levels, critical_lambda};
pub use single::Precision;
use single::Single;
pub(crate) use single::SingleWork;

use super::data::{LabelKind, Rows as DataRows, Split};
use super::{FiniteSum, Potential, Quantity, Readings, Scratch, derived_readings};
use crate::numerics::{Activation, Backend, Loss, NetKernel, NetWork, Reading, Rows};

/// Everything about a net except its data.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoLayerSettings {
    /// σ.
    pub activation: Activation,
    /// β > 0 in σ_β(z).
    pub beta: f64,
    /// ℓ.
    pub loss: Loss,
    /// a ∈ R^p, fixed.
    pub outer: Vec<f64>,
    /// λ ≥ 0 of the penalty (λ/2)‖W‖_F².
    pub lambda: f64,
    /// Which vector instructions the kernels use.
    pub backend: Backend,
    /// Arithmetic of the gradients that move particles; everything observed is f64.
    pub precision: Precision,
}

/// L̃(W) = (1/n) Σ_i ℓ(y_i, aᵀσ_β(W x_i)) + (λ/2)‖W‖_F² on training rows (Gopalani, Jha, Mukherjee, arXiv 2309.09258, §2;
/// the square loss is ½(y − f)²).
///
/// Weights are flat as vec(W), column by column: w[k p + j] = W_jk for hidden unit j and input k. Use
/// [`write_row_major`](Potential::write_row_major) for the (p, d) order of files.
pub struct TwoLayer {
    settings: TwoLayerSettings,
    train: DataRows,
    test: DataRows,
    kernel: NetKernel<f64>,
    single: Option<Single>,
    classes: bool,
    constants: Constants,
}

fn kernel_rows(rows: &DataRows) -> Rows<'_, f64> {
    Rows { inputs: &rows.inputs, labels: &rows.labels, dim: rows.dim }
}

impl TwoLayer {
    /// A net on the rows of `split`, whose labels are of `labels`. The constants use the training rows.
    ///
    /// # Panics
    /// When a is empty, β ≤ 0, λ < 0, or there are no training rows.
    pub fn new(settings: TwoLayerSettings, split: Split, labels: LabelKind) -> Self {
        assert!(!settings.outer.is_empty() && settings.beta > 0.0 && settings.lambda >= 0.0);
        assert!(!split.train.labels.is_empty(), "training rows are needed");
        let constants = Constants::new(&settings, &split.train);
        let TwoLayerSettings { activation, beta, loss, ref outer, lambda, backend, precision } = settings;
        let dim = split.train.dim;
        let kernel = NetKernel::new(backend, activation, beta, loss, outer, lambda, dim);
        let single = (precision == Precision::F32).then(|| {
            Single::new(NetKernel::new(backend, activation, beta, loss, outer, lambda, dim), &split.train)
        });
        let classes = labels == LabelKind::Signs;
        Self { train: split.train, test: split.test, kernel, single, classes, constants, settings }
    }

    /// Everything but the data.
    pub fn settings(&self) -> &TwoLayerSettings {
        &self.settings
    }

    /// λ_c, Lipschitz constant and their ingredients for this net and these data.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// p, the number of hidden units.
    pub fn width(&self) -> usize {
        self.settings.outer.len()
    }

    /// d, the number of inputs.
    pub fn inputs(&self) -> usize {
        self.train.dim
    }

    /// How many rows are kept for testing.
    pub fn test_samples(&self) -> usize {
        self.test.labels.len()
    }

    /// Training rows, for oracles and diagnostics.
    pub fn train_rows(&self) -> Rows<'_, f64> {
        kernel_rows(&self.train)
    }

    /// Reads every particle on the rows of `side`, and writes its gradient on these rows where `gradient` is given.
    fn read(
        &self,
        side: &DataRows,
        weights: &[f64],
        mut gradient: Option<&mut [f64]>,
        work: &mut NetWork<f64>,
        mut store: impl FnMut(usize, Reading),
    ) {
        let (rows, len) = (kernel_rows(side), READINGS_AT_ONCE * self.dim());
        let mut buffer = [Reading::default(); READINGS_AT_ONCE];
        for (chunk, group) in weights.chunks(len).enumerate() {
            let readings = &mut buffer[..group.len() / self.dim()];
            match &mut gradient {
                Some(gradient) => {
                    let gradient = &mut gradient[chunk * len..][..group.len()];
                    self.kernel.readings_with_gradient(rows, group, readings, gradient, work);
                }
                None => self.kernel.readings(rows, group, readings, work),
            }
            for (i, reading) in readings.iter().enumerate() {
                store(chunk * READINGS_AT_ONCE + i, *reading);
            }
        }
    }
}

/// How many particles are read at a time, so that the readings need no buffer on the heap.
const READINGS_AT_ONCE: usize = 16;

/// `from` is (rows, columns) row-major; `to` becomes (columns, rows) row-major.
fn transpose(from: &[f64], to: &mut [f64], rows: usize, columns: usize) {
    for r in 0..rows {
        for c in 0..columns {
            to[c * rows + r] = from[r * columns + c];
        }
    }
}

fn work(scratch: &mut Scratch) -> &mut NetWork<f64> {
    scratch.net.as_mut().expect("the scratch of a net is made by its own scratch()")
}

impl Potential for TwoLayer {
    fn dim(&self) -> usize {
        self.width() * self.inputs()
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], scratch: &mut Scratch) -> f64 {
        let mut reading = [Reading::default()];
        self.kernel.readings_with_gradient(
            kernel_rows(&self.train),
            w,
            &mut reading,
            gradient,
            work(scratch),
        );
        reading[0].data_risk + 0.5 * self.settings.lambda * w.iter().map(|x| x * x).sum::<f64>()
    }

    fn scratch(&self) -> Scratch {
        let rows = self.train.labels.len().max(self.test.labels.len());
        let net = Some(self.kernel.work(rows));
        Scratch { net, single: self.single.as_ref().map(Single::work), ..Scratch::new(0) }
    }

    fn block_len(&self) -> usize {
        match &self.single {
            Some(single) => single.block_len(),
            None => self.kernel.block_len(self.train.labels.len()),
        }
    }

    fn block_gradient(&self, weights: &[f64], gradient: &mut [f64], scratch: &mut Scratch) {
        match (&self.single, &mut scratch.single) {
            (Some(single), Some(work)) => single.gradient(weights, gradient, work),
            _ => self.kernel.gradient(kernel_rows(&self.train), weights, gradient, work(scratch)),
        }
    }

    fn block_readings(
        &self,
        weights: &[f64],
        wanted: &[Quantity],
        out: &mut [Readings],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let (dim, lambda, work) = (self.dim(), self.settings.lambda, work(scratch));
        let slopes = wanted.iter().any(|q| q.needs_gradient()).then_some(&mut *gradient);
        self.read(&self.train, weights, slopes, work, |i, reading| {
            out[i][Quantity::Risk as usize] = reading.data_risk;
            out[i][Quantity::DataRisk as usize] = reading.data_risk;
            out[i][Quantity::TrainAccuracy as usize] = reading.correct;
        });
        for ((w, g), reading) in weights.chunks_exact(dim).zip(gradient.chunks_exact(dim)).zip(out.iter_mut())
        {
            derived_readings(w, g, reading);
            reading[Quantity::Risk as usize] += 0.5 * lambda * reading[Quantity::SquaredNorm as usize];
        }
        if wanted.iter().any(|q| q.needs_test_rows()) {
            self.read(&self.test, weights, None, work, |i, reading| {
                out[i][Quantity::TestRisk as usize] = reading.data_risk;
                out[i][Quantity::TestAccuracy as usize] = reading.correct;
            });
        }
        if wanted.contains(&Quantity::Laplacian) {
            for (w, reading) in weights.chunks_exact(dim).zip(out) {
                let mut value = [0.0];
                self.kernel.laplacian(kernel_rows(&self.train), w, &mut value, work);
                reading[Quantity::Laplacian as usize] = value[0];
            }
        }
    }

    fn hessian_vector(&self, w: &[f64], v: &[f64], out: &mut [f64], scratch: &mut Scratch) {
        self.kernel.hessian_vector(kernel_rows(&self.train), w, v, out, work(scratch));
    }

    fn block_hessian_vector(&self, weights: &[f64], vectors: &[f64], out: &mut [f64], scratch: &mut Scratch) {
        self.kernel.hessian_vector(kernel_rows(&self.train), weights, vectors, out, work(scratch));
    }

    fn laplacian(&self, w: &[f64], scratch: &mut Scratch) -> f64 {
        let mut value = [0.0];
        self.kernel.laplacian(kernel_rows(&self.train), w, &mut value, work(scratch));
        value[0]
    }

    fn gradient_lipschitz(&self) -> Option<f64> {
        self.constants.gradient_lipschitz.data
    }

    fn finite_sum(&self) -> Option<&dyn FiniteSum> {
        Some(self)
    }

    fn has(&self, quantity: Quantity) -> bool {
        quantity != Quantity::Distance
            && (!quantity.needs_test_rows() || self.test_samples() > 0)
            && (!quantity.needs_classes() || self.classes)
    }

    fn penalty(&self) -> f64 {
        self.settings.lambda
    }

    fn shape(&self) -> (usize, usize) {
        (self.width(), self.inputs())
    }

    fn write_row_major(&self, w: &[f64], out: &mut [f64]) {
        transpose(w, out, self.inputs(), self.width());
    }

    fn read_row_major(&self, w: &[f64], out: &mut [f64]) {
        transpose(w, out, self.width(), self.inputs());
    }
}

impl FiniteSum for TwoLayer {
    fn samples(&self) -> usize {
        self.train.labels.len()
    }

    fn minibatch_gradient(
        &self,
        weights: &[f64],
        batch: &[u32],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        match (&self.single, &mut scratch.single) {
            (Some(single), Some(work)) => single.minibatch_gradient(batch, weights, gradient, work),
            _ => self.kernel.minibatch_gradient(
                kernel_rows(&self.train),
                batch,
                weights,
                gradient,
                work(scratch),
            ),
        }
    }

    fn weighted_gradient(
        &self,
        weights: &[f64],
        sample_weights: &[f64],
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let rows = kernel_rows(&self.train);
        match (&self.single, &mut scratch.single) {
            (Some(single), Some(work)) => single.weighted_gradient(sample_weights, weights, gradient, work),
            _ => self.kernel.weighted_gradient(rows, sample_weights, weights, gradient, work(scratch)),
        }
    }
}
