//! The kernel of a net of finite width at its start, beside K_∞.

use crate::estimates::{Estimate, Moments};
use crate::parallel::Threads;
use crate::problem::ntk::{LimitKernel, NtkActivation, NtkOuter};
use crate::random::Key;
use faer::{Mat, Side};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use std::f64::consts::TAU;

/// Points on the circle at which kernels are compared.
const POINTS: usize = 64;

/// Mean errors of the kernel of m independent units over draws of (b, a).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KernelErrors {
    /// m.
    pub width: usize,
    /// E ‖K_m − K_∞‖ as integral operators on L² of the uniform law on 64 points of the circle.
    pub operator: Estimate,
    /// E max |K_m(x, x') − K_∞(x, x')| over these points.
    pub largest: Estimate,
}

/// The errors of K_m(x, x') = (1/m) Σ_r [σ(b_r·x) σ(b_r·x') + a_r² σ'(b_r·x) σ'(b_r·x') x·x'] at `width` = m ≥ 1 independent units,
/// over `draws` ≥ 2 independent nets from the streams of `key`.
///
/// Cost: draws × (2·64² m operations and an eigenproblem of size 64). The law of the central limit applies to each entry, so both
/// errors fall like m^{−1/2}. An antisymmetric start of m units has the error of m/2.
pub fn kernel_errors(
    activation: NtkActivation,
    outer: NtkOuter,
    width: usize,
    (draws, key): (u64, Key),
    threads: &Threads,
) -> KernelErrors {
    let limit = LimitKernel::new(activation);
    // K_∞ depends on the distance between two points alone.
    let wanted: Vec<f64> = (0..POINTS).map(|j| limit.at((TAU * j as f64 / POINTS as f64).cos())).collect();
    let mut numbers: Vec<u64> = (0..draws).collect();
    let errors = threads.map(
        &mut numbers,
        || vec![0.0; POINTS * POINTS],
        |draw, kernel| {
            kernel_of_draw(activation, outer, width, &mut key.stream(*draw, width as u64), kernel);
            for i in 0..POINTS {
                for j in 0..=i {
                    kernel[i * POINTS + j] -= wanted[i - j];
                }
            }
            (operator_norm(kernel), kernel.iter().fold(0.0_f64, |most, x| most.max(x.abs())))
        },
    );
    let mean = |pick: fn(&(f64, f64)) -> f64| {
        Moments::of(errors.iter().map(pick)).estimate().expect("at least one draw with a finite error")
    };
    KernelErrors { width, operator: mean(|e| e.0), largest: mean(|e| e.1) }
}

/// The lower triangle of K_m at the points; the rest is 0.
fn kernel_of_draw(
    activation: NtkActivation,
    outer: NtkOuter,
    width: usize,
    stream: &mut impl Rng,
    kernel: &mut [f64],
) {
    let points: Vec<[f64; 2]> =
        (0..POINTS).map(|i| TAU * i as f64 / POINTS as f64).map(|angle| [angle.cos(), angle.sin()]).collect();
    kernel.fill(0.0);
    let (mut values, mut slopes) = ([0.0; POINTS], [0.0; POINTS]);
    let mut inner = vec![0.0; POINTS * POINTS];
    for _ in 0..width {
        let [b, c, a] = unit(outer, stream);
        for (i, point) in points.iter().enumerate() {
            let [value, slope] = activation.value_slope(b * point[0] + c * point[1]);
            (values[i], slopes[i]) = (value, a * slope);
        }
        for i in 0..POINTS {
            let (row, from) = (i * POINTS, ..=i);
            let outer_row = kernel[row..row + POINTS][from].iter_mut();
            for (k, v) in outer_row.zip(&values) {
                *k += values[i] * v;
            }
            for (k, s) in inner[row..row + POINTS][from].iter_mut().zip(&slopes) {
                *k += slopes[i] * s;
            }
        }
    }
    for i in 0..POINTS {
        for j in 0..=i {
            let cosine = points[i][0] * points[j][0] + points[i][1] * points[j][1];
            let at = i * POINTS + j;
            kernel[at] = (kernel[at] + cosine * inner[at]) / width as f64;
        }
    }
}

/// b₁, b₂ and a of one unit.
fn unit(outer: NtkOuter, stream: &mut impl Rng) -> [f64; 3] {
    let [b, c] = std::array::from_fn(|_| stream.sample(StandardNormal));
    let a = match outer {
        NtkOuter::Gaussian => stream.sample(StandardNormal),
        NtkOuter::Signs => 1.0,
    };
    [b, c, a]
}

/// The largest |eigenvalue| of the operator with the symmetric kernel of this lower triangle: of the matrix over its size.
fn operator_norm(lower: &[f64]) -> f64 {
    let matrix = Mat::from_fn(POINTS, POINTS, |i, j| lower[i.max(j) * POINTS + i.min(j)]);
    let eigenvalues = matrix.self_adjoint_eigenvalues(Side::Lower);
    let largest = |values: Vec<f64>| values.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    eigenvalues.map_or(f64::NAN, largest) / POINTS as f64
}

/// K_∞ for two inputs of length 1 in the plane with the cosine u between them, as a mean over `units` ≥ 2 independent units: a check
/// of closed forms and quadrature that shares nothing with them.
pub fn monte_carlo_kernel(
    activation: NtkActivation,
    outer: NtkOuter,
    cosine: f64,
    (units, key): (u64, Key),
) -> Estimate {
    let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
    let mut stream = key.stream(0, 0);
    let term = |_| {
        let [b, c, a] = unit(outer, &mut stream);
        let ([value, slope], [other, other_slope]) =
            (activation.value_slope(b), activation.value_slope(b * cosine + c * sine));
        value * other + a * a * slope * other_slope * cosine
    };
    Moments::of((0..units).map(term)).estimate().expect("at least one unit")
}
