//! The checks that the tests demand to hold and that the negative controls demand to fail.

use crate::support::law::{Check, all_near, law, mean_variance, near};
use crate::support::nets::{Tiny, to_particle, to_rows};
use sgd_sde::dynamics::Process;
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::Potential;

/// Particles of a law check.
const PARTICLES: u64 = 20_000;

/// Gradient, Hessian-vector product and Laplacian at `w` against five-point central differences. With step 10⁻³ the
/// truncation is below 10⁻⁹ for every potential here.
pub fn derivatives(potential: &dyn Potential, w: &[f64], tolerance: f64) -> Check {
    let (dim, step) = (w.len(), 1e-3);
    let mut scratch = potential.scratch();
    let mut at = |index: usize, shift: f64| {
        let (mut moved, mut gradient) = (w.to_vec(), vec![0.0; dim]);
        moved[index] += shift;
        (potential.value_gradient(&moved, &mut gradient, &mut scratch), gradient)
    };
    let gradient = at(0, 0.0).1;
    let mut columns = Vec::new();
    for (index, slope) in gradient.iter().enumerate() {
        let [a, b, c, d] = [2.0, 1.0, -1.0, -2.0].map(|k| at(index, k * step));
        let five = |a: f64, b: f64, c: f64, d: f64| (-a + 8.0 * b - 8.0 * c + d) / (12.0 * step);
        near("gradient", *slope, five(a.0, b.0, c.0, d.0), tolerance)?;
        columns.push((0..dim).map(|k| five(a.1[k], b.1[k], c.1[k], d.1[k])).collect::<Vec<_>>());
    }
    let v: Vec<f64> = (0..dim).map(|k| (1.0 + k as f64).cos()).collect();
    let want: Vec<f64> = (0..dim).map(|k| (0..dim).map(|i| columns[i][k] * v[i]).sum()).collect();
    let mut product = vec![0.0; dim];
    let mut scratch = potential.scratch();
    potential.hessian_vector(w, &v, &mut product, &mut scratch);
    all_near("Hessian-vector product", &product, &want, tolerance)?;
    let trace = (0..dim).map(|k| columns[k][k]).sum();
    near("Laplacian", potential.laplacian(w, &mut scratch), trace, tolerance)
}

/// The particles of `process` at each of the step numbers `steps`, weight by weight.
fn snapshots(process: &dyn Process, start: &Start, steps: &[u64]) -> Vec<Vec<Vec<f64>>> {
    let threads = Threads::new(0).expect("threads start");
    let mut ensemble = Ensemble::new(process, start, PARTICLES, 21);
    let dim = process.potential().dim();
    let mut taken = Vec::new();
    for &step in steps {
        ensemble.advance(step, &threads);
        let mut columns = vec![Vec::new(); dim];
        for w in ensemble.blocks().iter().flat_map(|b| b.weights.chunks_exact(dim)) {
            columns.iter_mut().zip(w).for_each(|(column, x)| column.push(*x));
        }
        taken.push(columns);
    }
    taken
}

/// E‖W_h − W_0‖² = s h D + h²‖∇L̃(W_0)‖² for one Euler–Maruyama step from a point. Finds an error of 5 % in s.
pub fn one_step(process: &dyn Process, s: f64, dt: f64, point: &[f64], gradient: &[f64]) -> Check {
    let start = Start::Points { weights: point.to_vec() };
    let after = snapshots(process, &start, &[1]).remove(0);
    let squares: Vec<f64> = (0..PARTICLES as usize)
        .map(|i| after.iter().zip(point).map(|(column, w)| (column[i] - w).powi(2)).sum())
        .collect();
    let (dim, slope) = (point.len() as f64, gradient.iter().map(|g| g * g).sum::<f64>());
    let noise = s * dt;
    let want = noise * dim + dt * dt * slope;
    let variance = 2.0 * dim * noise * noise + 4.0 * dt * dt * slope * noise;
    let std_err = (variance / PARTICLES as f64).sqrt();
    law("E|W_h - W_0|²", mean_variance(&squares).0, want, std_err, 0.05 * noise * dim)
}

/// Mean and variance of each weight of a quadratic after some steps of Euler–Maruyama from a point, against the scheme's
/// own recursions m' = (1 − hθ)m, v' = (1 − hθ)²v + s h, and the correlation of two times. `process` must run on
/// ½ Σ θ w². Finds 10 % of a standard deviation in the mean and 10 % in the variance.
pub fn quadratic_law(process: &dyn Process, theta: &[f64], s: f64, dt: f64) -> Check {
    let (k, lag) = (12_u64, 5_u64);
    let point: Vec<f64> = theta.iter().enumerate().map(|(i, _)| 1.0 - 0.7 * i as f64).collect();
    let start = Start::Points { weights: point.clone() };
    let taken = snapshots(process, &start, &[k, k + lag]);
    let n = PARTICLES as f64;
    for (i, &theta) in theta.iter().enumerate() {
        let factor = 1.0 - dt * theta;
        let variance_at = |steps: u64| (0..steps).fold(0.0, |v, _| factor * factor * v + s * dt);
        let (mean, variance) = mean_variance(&taken[0][i]);
        let want = variance_at(k);
        let std_err = (want / n).sqrt();
        law("mean", mean, factor.powi(k as i32) * point[i], std_err, 0.1 * want.sqrt())?;
        law("variance", variance, want, want * (2.0 / n).sqrt(), 0.1 * want)?;
        let later = mean_variance(&taken[1][i]);
        let products = taken[0][i].iter().zip(&taken[1][i]).map(|(a, b)| (a - mean) * (b - later.0));
        let correlation = products.sum::<f64>() / (n - 1.0) / (variance * later.1).sqrt();
        let want = factor.powi(lag as i32) * (variance_at(k) / variance_at(k + lag)).sqrt();
        law("correlation", correlation, want, (1.0 - want * want) / n.sqrt(), 0.1)?;
    }
    Ok(())
}

/// One step of SGD on a net of 6 rows from a point: mean −s∇L̃ and variance (s²/2)·uᵀΣu·`factor` along several directions.
/// Finds 10 % in the variance: half of what tells sampling with from without replacement.
pub fn sgd_noise(process: &dyn Process, tiny: &Tiny, s: f64, factor: f64) -> Check {
    let point = Tiny::point();
    let start = Start::Points { weights: to_particle(&point, 3) };
    let after = snapshots(process, &start, &[1]).remove(0);
    let moved: Vec<Vec<f64>> = (0..PARTICLES as usize)
        .map(|i| to_rows(&after.iter().map(|column| column[i]).collect::<Vec<_>>(), 3))
        .collect();
    let gradient = tiny.gradient(&point);
    for direction in
        [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, -2.0, 0.5, 1.0, 0.0, -1.0], [0.3, 1.0, 1.0, 0.2, -2.0, 0.7]]
    {
        let along = |v: &[f64]| v.iter().zip(&direction).map(|(x, u)| x * u).sum::<f64>();
        let steps: Vec<f64> = moved.iter().map(|w| (along(w) - along(&point)) / s).collect();
        let want = 0.5 * factor * tiny.noise_along(&point, &direction, &direction);
        let (mean, variance) = mean_variance(&steps);
        let n = PARTICLES as f64;
        law("mean step", mean, -along(&gradient), (want / n).sqrt(), 0.1 * want.sqrt())?;
        // The standard error of a variance from the sample's own fourth moment.
        let fourth = steps.iter().map(|x| (x - mean).powi(4)).sum::<f64>() / n;
        let std_err = ((fourth - variance * variance) / n).sqrt();
        law("noise variance", variance, want, std_err, 0.1 * want)?;
    }
    Ok(())
}
