//! Kernels and noise, one core: `cargo bench --bench kernels`.

use divan::Bencher;
use divan::counter::ItemsCount;
use sgd_sde::numerics::{
    Activation, Backend, Loss, NetKernel, NormalSource, Reading, Real, Rows, euler_maruyama_update,
    fill_indices, gradient_update,
};
use sgd_sde::random::{Key, Purpose};

fn main() {
    divan::main();
}

const BACKENDS: [Backend; 3] = Backend::ALL;

fn normals<T: Real>(bencher: Bencher, backend: Backend, count: usize, dim: usize) {
    let mut source = NormalSource::new(backend);
    let mut out = vec![T::default(); count * dim];
    let mut step = 0;
    bencher.counter(ItemsCount::new(out.len())).bench_local(|| {
        source.fill(Key::new(1, Purpose::Brownian), 0, count, step, dim, &mut out);
        step += 1;
    });
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn normals_512_by_1<T: Real>(bencher: Bencher, backend: Backend) {
    normals::<T>(bencher, backend, 512, 1);
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn normals_16_by_160<T: Real>(bencher: Bencher, backend: Backend) {
    normals::<T>(bencher, backend, 16, 160);
}

/// One of the workloads that the limits of the machine were measured with.
struct Workload<T> {
    kernel: NetKernel<T>,
    inputs: Vec<T>,
    labels: Vec<T>,
    weights: Vec<T>,
}

impl<T: Real> Workload<T> {
    fn new(backend: Backend, activation: Activation, [p, d, n]: [usize; 3]) -> Self {
        let mut source = NormalSource::new(Backend::Portable);
        let mut numbers = |purpose, count: usize, scale: f64| {
            let mut out = vec![0.0f64; count];
            source.fill(Key::new(1, purpose), 0, 1, 0, count, &mut out);
            out.iter().map(|z| T::from_f64(scale * z)).collect::<Vec<T>>()
        };
        let outer = vec![1.0 / (p as f64).sqrt(); p];
        let kernel = NetKernel::new(backend, activation, 1.0, Loss::Logistic, &outer, 0.13, d);
        let inputs = numbers(Purpose::Data, n * d, 1.0 / (d as f64).sqrt());
        let labels = (0..n).map(|i| T::from_f64(if i % 2 == 0 { 1.0 } else { -1.0 })).collect();
        let weights = numbers(Purpose::Start, kernel.block_len(n) * p * d, 0.5);
        Self { kernel, inputs, labels, weights }
    }

    fn rows(&self) -> Rows<'_, T> {
        Rows { inputs: &self.inputs, labels: &self.labels, dim: self.kernel.dim() }
    }

    /// A block's step of Euler–Maruyama: noise, gradient, update; counts particle-steps.
    fn euler_maruyama(mut self, bencher: Bencher) {
        let size = self.kernel.width() * self.kernel.dim();
        let count = self.weights.len() / size;
        let backend = self.kernel.backend();
        let (mut work, mut source) = (self.kernel.work(self.labels.len()), NormalSource::new(backend));
        let mut gradient = vec![T::default(); self.weights.len()];
        let mut noise = gradient.clone();
        let mut step = 0;
        let h = T::from_f64(0.125);
        let c = T::from_f64((0.05f64 * 0.125).sqrt());
        bencher.counter(ItemsCount::new(count)).bench_local(|| {
            let rows = Rows { inputs: &self.inputs, labels: &self.labels, dim: self.kernel.dim() };
            self.kernel.gradient(rows, &self.weights, &mut gradient, &mut work);
            source.fill(Key::new(1, Purpose::Brownian), 0, count, step, size, &mut noise);
            euler_maruyama_update(backend, &mut self.weights, &gradient, &noise, h, c);
            step += 1;
        });
    }

    /// A block's step of SGD with batches drawn for each particle.
    fn sgd(mut self, bencher: Bencher, b: usize) {
        let count = self.weights.len() / (self.kernel.width() * self.kernel.dim());
        let backend = self.kernel.backend();
        let mut work = self.kernel.work(b);
        let mut gradient = vec![T::default(); self.weights.len()];
        let mut batch = vec![0; b * count];
        let mut step = 0;
        let (key, h) = (Key::new(1, Purpose::Batch), T::from_f64(0.05));
        bencher.counter(ItemsCount::new(count)).bench_local(|| {
            let rows = Rows { inputs: &self.inputs, labels: &self.labels, dim: self.kernel.dim() };
            for (particle, batch) in batch.chunks_exact_mut(b).enumerate() {
                fill_indices(key, particle as u64, step, rows.len() as u32, batch);
            }
            self.kernel.minibatch_gradient(rows, &batch, &self.weights, &mut gradient, &mut work);
            gradient_update(backend, &mut self.weights, &gradient, h);
            step += 1;
        });
    }
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn a_euler_maruyama<T: Real>(bencher: Bencher, backend: Backend) {
    Workload::<T>::new(backend, Activation::Sigmoid, [16, 10, 512]).euler_maruyama(bencher);
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn b_euler_maruyama_tanh<T: Real>(bencher: Bencher, backend: Backend) {
    Workload::<T>::new(backend, Activation::Tanh, [128, 10, 1024]).euler_maruyama(bencher);
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn c_euler_maruyama_images<T: Real>(bencher: Bencher, backend: Backend) {
    Workload::<T>::new(backend, Activation::Sigmoid, [12, 784, 2048]).euler_maruyama(bencher);
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn d_sgd<T: Real>(bencher: Bencher, backend: Backend) {
    Workload::<T>::new(backend, Activation::Sigmoid, [16, 10, 512]).sgd(bencher, 32);
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn a_softplus_gradient<T: Real>(bencher: Bencher, backend: Backend) {
    Workload::<T>::new(backend, Activation::SoftPlus, [16, 10, 512]).euler_maruyama(bencher);
}

#[divan::bench(args = BACKENDS, types = [f64, f32])]
fn a_readings<T: Real>(bencher: Bencher, backend: Backend) {
    let workload = Workload::<T>::new(backend, Activation::Sigmoid, [16, 10, 512]);
    let mut readings = vec![Reading::default(); workload.weights.len() / 160];
    let mut work = workload.kernel.work(512);
    bencher.counter(ItemsCount::new(readings.len())).bench_local(|| {
        workload.kernel.readings(workload.rows(), &workload.weights, &mut readings, &mut work);
    });
}
