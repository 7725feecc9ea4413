//! Every pass measures every buffer: with the lengths that it needs it runs, with any of them one less it panics before it
//! loads or stores anything.

use super::super::functions::SigmoidUnit;
use super::super::simd::{Driver, Present, Vector, VectorTask, lanes, run};
use super::super::{Backend, Loss};
use super::activate::Activate;
use super::backward::{Backward, ScaleRows};
use super::forward::Forward;
use super::residual::{Fold, Residual};
use super::second::{CombineRows, HessianTerms, LaplacianTerms, Outer};
use super::{ROW_PADDING, TileRows};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A task by itself as a driver.
struct Enter<W>(W);

impl<W: VectorTask<f64>> Driver<f64> for Enter<W> {
    type Output = W::Output;
    fn drive<V: Vector<Scalar = f64>>(self, present: Present<V>) -> W::Output {
        present.enter(self.0)
    }
}

/// Whole vectors on every back end.
const STRIDE: usize = 32;
const ROWS: usize = 5;
const DIM: usize = 2;
/// Particles side by side.
const Q: usize = 2;

/// Runs `pass` on buffers of the lengths `needed(lanes)`, then with each of them one shorter.
fn check<const N: usize>(needed: impl Fn(usize) -> [usize; N], pass: impl Fn(Backend, [Vec<f64>; N])) {
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        let needed = needed(lanes::<f64>(backend));
        let panics = |lengths: [usize; N]| {
            let buffers = lengths.map(|length| vec![0.5; length]);
            catch_unwind(AssertUnwindSafe(|| pass(backend, buffers))).is_err()
        };
        assert!(!panics(needed), "{backend}: {needed:?} is enough");
        for short in 0..N {
            let mut lengths = needed;
            lengths[short] -= 1;
            assert!(panics(lengths), "{backend}: buffer {short} of {needed:?} is not measured");
        }
    }
}

/// Rows of a tile that are all the same row.
fn rows<'a>(inputs: &'a [f64; DIM], offsets: &'a [usize; ROW_PADDING]) -> TileRows<'a, f64> {
    TileRows { inputs, offsets, count: ROWS, dim: DIM }
}

const INPUTS: [f64; DIM] = [0.5; DIM];
const OFFSETS: [usize; ROW_PADDING] = [0; ROW_PADDING];
const LANES: [u32; 16] = [0; 16];

#[test]
fn products_and_gradients_measure_their_buffers() {
    check(
        |_| [DIM * STRIDE, ROW_PADDING * STRIDE],
        |backend, [weights, mut out]| {
            let rows = rows(&INPUTS, &OFFSETS);
            run(backend, Enter(Forward { rows, weights: &weights, stride: STRIDE, out: &mut out }));
        },
    );
    check(
        |_| [ROWS * STRIDE, ROWS, DIM * STRIDE],
        |backend, [deltas, residuals, mut gradient]| {
            let (rows, gradient) = (rows(&INPUTS, &OFFSETS), &mut gradient[..]);
            let (deltas, residuals) = (&deltas[..], &residuals[..]);
            run(backend, Enter(Backward::<_, true> { rows, deltas, stride: STRIDE, residuals, gradient }));
        },
    );
    check(
        |lanes| [ROWS * STRIDE, ROWS * Q + lanes],
        |backend, [mut slopes, residuals]| {
            let (slopes, residuals) = (&mut slopes[..], &residuals[..]);
            let particle_of_lane = &LANES;
            let task = ScaleRows { slopes, stride: STRIDE, residuals, rows: ROWS, q: Q, particle_of_lane };
            run(backend, Enter(task));
        },
    );
}

#[test]
fn activations_and_residuals_measure_their_buffers() {
    check(
        |lanes| [STRIDE, 4 * STRIDE, 4 * lanes],
        |backend, [value_outer, mut products, mut sums]| {
            let task = Activate::<_, SigmoidUnit, true> {
                rows: 4,
                stride: STRIDE,
                q: Q,
                value_outer: &value_outer,
                products: &mut products,
                sums: &mut sums,
                unit: PhantomData,
            };
            run(backend, Enter(task));
        },
    );
    check(
        |lanes| [ROW_PADDING * lanes],
        |backend, [mut sums]| {
            run(backend, Enter(Fold { sums: &mut sums, rows: ROW_PADDING, q: Q, begun: false }));
        },
    );
    let numbers = ROW_PADDING * Q;
    check(
        |lanes| [numbers, ROW_PADDING + lanes, numbers, numbers, numbers, numbers],
        |backend, [outputs, labels, row_weights, mut residuals, mut values, mut curvatures]| {
            let task = Residual::<_, true, true> {
                loss: Loss::Logistic,
                outputs: &outputs,
                labels: &labels,
                row_weights: &row_weights,
                residuals: &mut residuals,
                values: &mut values,
                curvatures: &mut curvatures,
                rows: ROW_PADDING,
                q: Q,
                row_of_lane: &LANES,
            };
            run(backend, Enter(task));
        },
    );
}

#[test]
fn second_derivatives_measure_their_buffers() {
    let tile = ROWS * STRIDE;
    check(
        |lanes| [STRIDE, STRIDE, STRIDE, tile, ROWS * lanes, ROWS * lanes, ROWS * lanes],
        |backend, [value, slope, curvature, products, mut sums, mut squares, mut curvatures]| {
            let task = LaplacianTerms::<_, SigmoidUnit> {
                rows: ROWS,
                stride: STRIDE,
                outer: Outer { value: &value, slope: &slope, curvature: &curvature },
                products: &products,
                sums: &mut sums,
                squared_slopes: &mut squares,
                curvatures: &mut curvatures,
                unit: PhantomData,
            };
            run(backend, Enter(task));
        },
    );
    check(
        |lanes| [STRIDE, STRIDE, STRIDE, tile, tile, ROWS * lanes, ROWS * lanes],
        |backend, [value, slope, curvature, mut products, mut tangents, mut sums, mut along]| {
            let task = HessianTerms::<_, SigmoidUnit> {
                rows: ROWS,
                stride: STRIDE,
                outer: Outer { value: &value, slope: &slope, curvature: &curvature },
                products: &mut products,
                tangents: &mut tangents,
                sums: &mut sums,
                along: &mut along,
                unit: PhantomData,
            };
            run(backend, Enter(task));
        },
    );
    let by_particle = |lanes: usize| ROWS * Q + lanes;
    check(
        |lanes| [tile, tile, by_particle(lanes), by_particle(lanes), by_particle(lanes)],
        |backend, [mut slopes, tangents, residuals, curvatures, along]| {
            let task = CombineRows {
                rows: ROWS,
                stride: STRIDE,
                q: Q,
                particle_of_lane: &LANES,
                slopes: &mut slopes,
                tangents: &tangents,
                residuals: &residuals,
                curvatures: &curvatures,
                along: &along,
            };
            run(backend, Enter(task));
        },
    );
}
