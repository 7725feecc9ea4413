//! Kernels and noise, one core: `cargo bench --bench kernels`.

use divan::Bencher;
use divan::counter::ItemsCount;
use sgd_sde::numerics::{Backend, NormalSource, Real};
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
