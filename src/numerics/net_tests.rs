//! Every back end and precision against the plain scalar path, on awkward shapes.

use super::*;
use crate::numerics::plain::Net;
use crate::random::{Key, Purpose};
use rand::RngExt;

/// A random problem with `count` particles.
struct Case {
    activation: Activation,
    loss: Loss,
    beta: f64,
    outer: Vec<f64>,
    dim: usize,
    inputs: Vec<f64>,
    labels: Vec<f64>,
    weights: Vec<f64>,
    vectors: Vec<f64>,
    omega: Vec<f64>,
    batch: Vec<u32>,
    count: usize,
}

const LAMBDA: f64 = 0.13;

impl Case {
    fn new(seed: u64, [p, d, n, b, count]: [usize; 5]) -> Self {
        let mut rng = Key::new(seed, Purpose::Data).stream(0, 0);
        let scale = 1.0 / (d as f64).sqrt();
        let mut numbers =
            |len: usize, scale: f64| (0..len).map(|_| scale * (2.0 * rng.random::<f64>() - 1.0)).collect();
        let inputs = numbers(n * d, 2.0 * scale);
        let mut labels: Vec<f64> = numbers(n, 1.0);
        let loss = if seed.is_multiple_of(2) { Loss::Logistic } else { Loss::Square };
        if loss == Loss::Logistic {
            labels.iter_mut().for_each(|y| *y = y.signum());
        }
        let activation = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus][seed as usize % 3];
        let beta = [1.0, 0.3, 4.0, 2.5][seed as usize % 4];
        let (outer, weights) = (numbers(p, 1.0), numbers(count * p * d, 2.0));
        let (vectors, omega) = (numbers(count * p * d, 1.0), numbers(count * n, 2.0));
        let index: Vec<f64> = numbers(count * b, 1.0);
        let batch = index.iter().map(|u| ((0.5 * (u + 1.0) * n as f64) as u32).min(n as u32 - 1)).collect();
        Self { activation, loss, beta, outer, dim: d, inputs, labels, weights, vectors, omega, batch, count }
    }

    fn net(&self) -> Net<'_> {
        let Self { activation, beta, loss, ref outer, .. } = *self;
        Net { activation, beta, loss, outer, lambda: LAMBDA }
    }

    fn rows(&self) -> Rows<'_> {
        Rows { inputs: &self.inputs, labels: &self.labels, dim: self.dim }
    }

    fn kernel<T: Real>(&self, backend: Backend) -> NetKernel<T> {
        let Self { activation, beta, loss, ref outer, dim, .. } = *self;
        NetKernel::new(backend, activation, beta, loss, outer, LAMBDA, dim)
    }

    fn size(&self) -> usize {
        self.outer.len() * self.dim
    }

    fn particle<'a, V>(&self, index: usize, from: &'a [V]) -> &'a [V] {
        let length = from.len() / self.count;
        &from[index * length..(index + 1) * length]
    }

    /// (1/n) Σ_i |ω_i g_i a_j σ'_ij x_ik| + λ|w_jk|: what a gradient's rounding errors are measured by.
    fn gradient_scale(&self, w: &[f64], rows: &mut dyn Iterator<Item = (usize, f64)>) -> Vec<f64> {
        let p = self.outer.len();
        let mut scale: Vec<f64> = w.iter().map(|w| LAMBDA * w.abs()).collect();
        for (i, weight) in rows {
            let x = self.rows().input(i);
            let g = self.loss.derivatives(self.labels[i], self.net().output(w, x))[1];
            for (j, a) in self.outer.iter().enumerate() {
                let z: f64 = x.iter().enumerate().map(|(k, x)| w[k * p + j] * x).sum();
                let slope = self.activation.derivatives(self.beta, z)[1];
                for (k, x) in x.iter().enumerate() {
                    scale[k * p + j] += (weight * g * a * slope * x).abs();
                }
            }
        }
        scale
    }
}

fn narrow<T: Real>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|v| T::from_f64(*v)).collect()
}

fn available() -> Vec<Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available()).collect()
}

/// [p, d, n, b, particles]. An interpreter that checks every load gets small ones: whole and broken tiles, lone and
/// several vectors, one and several blocks of components.
fn shapes() -> Vec<[usize; 5]> {
    if cfg!(miri) {
        return vec![
            [1, 1, 1, 1, 3],
            [3, 7, 5, 2, 5],
            [17, 3, 18, 3, 2],
            [8, 13, 3, 1, 1],
            [12, 2, 33, 4, 2],
        ];
    }
    let mut shapes = vec![
        [16, 10, 512, 32, 3],
        [12, 784, 40, 7, 5],
        [128, 10, 70, 5, 2],
        [17, 785, 5, 1, 2],
        [1, 1, 1, 1, 20],
        [3, 7, 5, 1, 9],
        [33, 13, 17, 3, 2],
        [40, 3, 129, 2, 1],
    ];
    for p in [1, 3, 17] {
        for d in [1, 7] {
            shapes.extend([[p, d, 1, 1, 1], [p, d, 5, 5, 17], [p, d, 300, 33, 3]]);
        }
    }
    shapes
}

fn cases() -> impl Iterator<Item = Case> {
    let rounds = if cfg!(miri) { 1 } else { 4 };
    (0..rounds).flat_map(|round| {
        shapes().into_iter().enumerate().map(move |(i, shape)| Case::new((i * 7 + round * 3) as u64, shape))
    })
}

#[track_caller]
fn assert_close(got: &[f64], want: &[f64], scale: &[f64], tolerance: f64, what: &str) {
    for ((got, want), scale) in got.iter().zip(want).zip(scale) {
        assert!((got - want).abs() <= tolerance * scale + 1e-300, "{what}: {got:e} {want:e} of {scale:e}");
    }
}

#[test]
fn gradients_agree_with_the_plain_path_to_1e_13_of_their_terms() {
    for case in cases() {
        check_gradients_of(&case);
    }
}

fn check_gradients_of(case: &Case) {
    let (n, rows, size) = (case.labels.len(), case.rows(), case.size());
    let mut want = vec![0.0; size];
    for backend in available() {
        let kernel = case.kernel::<f64>(backend);
        let work = &mut kernel.work(n);
        let [mut full, mut weighted, mut batch] = [(); 3].map(|()| vec![f64::NAN; case.weights.len()]);
        kernel.gradient(rows, &case.weights, &mut full, work);
        kernel.weighted_gradient(rows, &case.omega, &case.weights, &mut weighted, work);
        kernel.minibatch_gradient(rows, &case.batch, &case.weights, &mut batch, work);
        for index in 0..case.count {
            let w = case.particle(index, &case.weights);
            let what = format!("{backend} {:?} p {} d {} n {n}", case.activation, case.outer.len(), case.dim);
            let each = 1.0 / n as f64;
            case.net().gradient(rows, w, &mut want);
            let scale = case.gradient_scale(w, &mut (0..n).map(|i| (i, each)));
            assert_close(case.particle(index, &full), &want, &scale, 1e-13, &what);
            let omega = case.particle(index, &case.omega);
            case.net().weighted_gradient(rows, omega, w, &mut want);
            let scale = case.gradient_scale(w, &mut omega.iter().map(|o| o * each).enumerate());
            assert_close(case.particle(index, &weighted), &want, &scale, 1e-13, &what);
            let mine = case.particle(index, &case.batch);
            case.net().minibatch_gradient(rows, mine, w, &mut want);
            let each = 1.0 / mine.len() as f64;
            let scale = case.gradient_scale(w, &mut mine.iter().map(|i| (*i as usize, each)));
            assert_close(case.particle(index, &batch), &want, &scale, 1e-13, &what);
        }
    }
}

#[test]
fn second_derivatives_readings_and_outputs_agree_with_the_plain_path() {
    for case in cases() {
        let (n, rows, size) = (case.labels.len(), case.rows(), case.size());
        for backend in available() {
            let kernel = case.kernel::<f64>(backend);
            let work = &mut kernel.work(n);
            let (mut product, mut outputs) =
                (vec![f64::NAN; case.weights.len()], vec![f64::NAN; case.count * n]);
            let mut laplacian = vec![f64::NAN; case.count];
            let mut readings = vec![Reading::default(); case.count];
            kernel.hessian_vector(rows, &case.weights, &case.vectors, &mut product, work);
            kernel.outputs(rows, &case.weights, &mut outputs, work);
            kernel.laplacian(rows, &case.weights, &mut laplacian, work);
            kernel.readings(rows, &case.weights, &mut readings, work);
            for index in 0..case.count {
                let (w, v) = (case.particle(index, &case.weights), case.particle(index, &case.vectors));
                let what =
                    format!("{backend} {:?} p {} d {} n {n}", case.activation, case.outer.len(), case.dim);
                let mut want = vec![0.0; size];
                case.net().hessian_vector(rows, w, v, &mut want);
                let largest = want.iter().fold(LAMBDA, |m, v| m.max(v.abs()));
                assert_close(case.particle(index, &product), &want, &vec![largest; size], 1e-12, &what);
                let mut want = vec![0.0; n];
                case.net().outputs(rows, w, &mut want);
                let scale: f64 =
                    case.outer.iter().map(|a| a.abs() * (1.0 + case.activation.at_zero(case.beta))).sum();
                let got = case.particle(index, &outputs);
                assert_close(got, &want, &vec![8.0 * (1.0 + scale); n], 1e-14, &what);
                let want = case.net().laplacian(rows, w);
                assert_close(&laplacian[index..=index], &[want], &[1.0 + want.abs()], 1e-12, &what);
                let want = case.net().data_risk(rows, w);
                let reading = readings[index];
                assert_close(&[reading.data_risk], &[want], &[1.0 + want], 1e-13, &what);
                assert_eq!(reading.correct, case.net().correct(rows, w));
            }
        }
    }
}

#[test]
fn single_precision_agrees_to_its_own_rounding() {
    for case in cases().step_by(2) {
        let (n, size) = (case.labels.len(), case.size());
        let (inputs, labels) = (narrow::<f32>(&case.inputs), narrow(&case.labels));
        let (weights, vectors) = (narrow::<f32>(&case.weights), narrow(&case.vectors));
        let rows = Rows { inputs: &inputs, labels: &labels, dim: case.dim };
        for backend in available() {
            let kernel = case.kernel::<f32>(backend);
            let work = &mut kernel.work(n);
            let [mut full, mut product] = [(); 2].map(|()| vec![f32::NAN; weights.len()]);
            let mut readings = vec![Reading::default(); case.count];
            kernel.readings_with_gradient(rows, &weights, &mut readings, &mut full, work);
            kernel.hessian_vector(rows, &weights, &vectors, &mut product, work);
            for (index, reading) in readings.iter().enumerate() {
                let wide = |v: &[f32]| -> Vec<f64> { v.iter().map(|v| f64::from(*v)).collect() };
                let (w, v) = (case.particle(index, &case.weights), case.particle(index, &case.vectors));
                let [mut gradient, mut hessian] = [(); 2].map(|()| vec![0.0; size]);
                let want = case.net().data_risk(case.rows(), w);
                case.net().gradient(case.rows(), w, &mut gradient);
                case.net().hessian_vector(case.rows(), w, v, &mut hessian);
                let scale = |want: &[f64]| vec![want.iter().fold(0.5, |m: f64, v| m.max(v.abs())); size];
                assert_close(&wide(case.particle(index, &full)), &gradient, &scale(&gradient), 3e-5, "f32");
                assert_close(&wide(case.particle(index, &product)), &hessian, &scale(&hessian), 1e-4, "f32");
                assert_close(&[reading.data_risk], &[want], &[1.0 + want], 1e-5, "f32");
            }
        }
    }
}

/// A particle alone, among others, and in another place: the same bits.
fn neighbours<T: Real>(case: &Case) {
    let (inputs, labels) = (narrow::<T>(&case.inputs), narrow(&case.labels));
    let (weights, omega) = (narrow::<T>(&case.weights), narrow::<T>(&case.omega));
    let rows = Rows { inputs: &inputs, labels: &labels, dim: case.dim };
    for backend in available() {
        let kernel = case.kernel::<T>(backend);
        let work = &mut kernel.work(case.labels.len());
        let mut call = |weights: &[T], omega: &[T], batch: &[u32]| {
            let count = weights.len() / case.size();
            let [mut full, mut weighted, mut own, mut read] =
                [(); 4].map(|()| vec![T::default(); weights.len()]);
            let mut laplacian = vec![0.0; count];
            let [mut readings, mut again] = [(); 2].map(|()| vec![Reading::default(); count]);
            kernel.gradient(rows, weights, &mut full, work);
            kernel.weighted_gradient(rows, omega, weights, &mut weighted, work);
            kernel.minibatch_gradient(rows, batch, weights, &mut own, work);
            kernel.readings(rows, weights, &mut readings, work);
            kernel.readings_with_gradient(rows, weights, &mut again, &mut read, work);
            kernel.laplacian(rows, weights, &mut laplacian, work);
            assert_eq!((&read, &again), (&full, &readings));
            (full, weighted, own, readings, laplacian)
        };
        let all = call(&weights, &omega, &case.batch);
        for index in 0..case.count {
            let alone = call(
                case.particle(index, &weights),
                case.particle(index, &omega),
                case.particle(index, &case.batch),
            );
            let among = [&all.0, &all.1, &all.2].map(|numbers| case.particle(index, numbers).to_vec());
            assert_eq!([alone.0, alone.1, alone.2], among, "{backend}");
            assert_eq!((alone.3[0], alone.4[0]), (all.3[index], all.4[index]), "{backend}");
        }
    }
}

#[test]
fn a_particle_does_not_feel_its_neighbours() {
    for case in cases().step_by(3) {
        neighbours::<f64>(&case);
        neighbours::<f32>(&case);
    }
}

#[test]
fn one_diverged_particle_leaves_the_others_alone() {
    let mut case = Case::new(4, [3, 7, 40, 8, 9]);
    for backend in available() {
        let kernel = case.kernel::<f64>(backend);
        let work = &mut kernel.work(40);
        let [mut before, mut after] = [(); 2].map(|()| vec![0.0; case.weights.len()]);
        kernel.gradient(case.rows(), &case.weights, &mut before, work);
        let healthy = case.weights.clone();
        case.weights[4 * 21] = f64::NAN;
        kernel.gradient(case.rows(), &case.weights, &mut after, work);
        for index in 0..9 {
            let mine = index * 21..(index + 1) * 21;
            assert_eq!(before[mine.clone()] == after[mine], index != 4);
        }
        // Nor does the scratch remember it.
        case.weights = healthy;
        kernel.gradient(case.rows(), &case.weights, &mut after, work);
        assert_eq!(before, after);
    }
}

/// Scratch that other particles have used on more rows, so that rows missing from the last vectors are not empty.
fn used_scratch<T: Real>([p, d, n]: [usize; 3]) {
    let more = n + 56;
    let case = Case::new(4, [p, d, more, 8, 3]);
    let (inputs, labels): (Vec<T>, Vec<T>) = (narrow(&case.inputs), narrow(&case.labels));
    let (weights, other): (Vec<T>, Vec<T>) = (narrow(&case.weights), narrow(&case.vectors));
    let first = |count: usize| Rows { inputs: &inputs[..count * d], labels: &labels[..count], dim: d };
    for backend in available() {
        let kernel = case.kernel::<T>(backend);
        let mut fresh = vec![T::default(); weights.len()];
        let mut used = fresh.clone();
        kernel.gradient(first(n), &weights, &mut fresh, &mut kernel.work(more));
        let work = &mut kernel.work(more);
        for scale in [1.0, 7.0, 1e3, f64::NAN] {
            let other: Vec<T> = other.iter().map(|w| *w * T::from_f64(scale)).collect();
            kernel.gradient(first(more), &other, &mut used, work);
            kernel.gradient(first(n), &weights, &mut used, work);
            assert!(fresh == used, "{backend} {} {p} {d} {n} {scale}", T::NAME);
        }
    }
}

#[test]
fn used_scratch_leaves_no_trace() {
    let (widths, rows): (&[usize], &[usize]) = if cfg!(miri) {
        (&[3, 17], &[5, 17])
    } else {
        (&[1, 3, 12, 16, 17, 33], &[1, 5, 8, 17, 40, 41, 130, 136])
    };
    for &p in widths {
        for &n in rows {
            used_scratch::<f64>([p, 7, n]);
            used_scratch::<f32>([p, 7, n]);
        }
    }
}

/// Units so saturated that shared divisions do not hold, beside others that are not.
#[test]
fn saturated_units_agree_with_the_plain_path() {
    for seed in 0..if cfg!(miri) { 2 } else { 6 } {
        let mut case = Case::new(seed, [5, 3, 40, 8, 4]);
        case.weights.iter_mut().step_by(2).for_each(|w| *w *= 1e3);
        check_gradients_of(&case);
    }
}

#[test]
fn blocks_hold_whole_groups_and_split_large_nets() {
    for backend in available() {
        let kernel = |p: usize, d| {
            NetKernel::<f64>::new(backend, Activation::Tanh, 1.0, Loss::Square, &vec![0.1; p], 0.0, d)
        };
        assert!(kernel(12, 784).block_len(2048) <= 8);
        assert!((16..=64).contains(&kernel(16, 10).block_len(512)));
    }
}
