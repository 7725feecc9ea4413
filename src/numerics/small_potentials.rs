//! Gradients of the potentials with one or two weights, and their steps of Euler and Maruyama in one pass: with nothing
//! but noise to compute, a gradient that goes through memory would cost a tenth of the step.

use super::dispatch::{Task, run};
use super::lanes::Lanes;
use super::update::{StepSizes, fused};
use super::{Backend, Real};

/// x³ − x as x(x² − 1), so that x = ±1 gives 0.
#[inline(always)]
fn double_well_slope<T: Real, L: Lanes>(x: T) -> T {
    x * fused::<T, L>(x, x, T::from_f64(-1.0))
}

struct DoubleWell<'a, T> {
    weights: &'a [T],
    gradient: &'a mut [T],
}

impl<T: Real> Task for DoubleWell<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (g, x) in self.gradient.iter_mut().zip(self.weights) {
            *g = double_well_slope::<T, L>(*x);
        }
    }
}

/// Gradient of Σ (x² − 1)²/4: x³ − x, elementwise, 0 at x = ±1. Panics unless the lengths agree.
pub fn double_well_gradient<T: Real>(backend: Backend, weights: &[T], gradient: &mut [T]) {
    assert_eq!(gradient.len(), weights.len(), "one number a weight");
    run(backend, DoubleWell { weights, gradient });
}

struct DoubleWellStep<'a, T> {
    weights: &'a mut [T],
    noise: &'a [T],
    sizes: StepSizes<T>,
}

impl<T: Real> Task for DoubleWellStep<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (x, xi) in self.weights.iter_mut().zip(self.noise) {
            *x = self.sizes.apply::<L>(*x, double_well_slope::<T, L>(*x), *xi);
        }
    }
}

/// [`double_well_gradient`] and then [`euler_maruyama_update`](super::euler_maruyama_update), bit for bit, in one pass.
pub fn double_well_step<T: Real>(backend: Backend, weights: &mut [T], noise: &[T], step: T, noise_scale: T) {
    assert_eq!(noise.len(), weights.len(), "one number a weight");
    let sizes = StepSizes::new(step, noise_scale);
    run(backend, DoubleWellStep { weights, noise, sizes });
}

/// `body(θ_k, from, to)` for every weight k of every particle.
#[inline(always)]
fn with_curvatures<T: Real>(curvatures: &[T], from: &[T], to: &mut [T], body: impl Fn(T, T, &mut T)) {
    match *curvatures {
        // The two smallest cases by themselves: the general loop would be as short as its overhead.
        [theta] => {
            for (from, to) in from.iter().zip(to) {
                body(theta, *from, to);
            }
        }
        [a, b] => {
            for (from, [first, second]) in from.as_chunks::<2>().0.iter().zip(to.as_chunks_mut::<2>().0) {
                body(a, from[0], first);
                body(b, from[1], second);
            }
        }
        _ => {
            let d = curvatures.len();
            for (from, to) in from.chunks_exact(d).zip(to.chunks_exact_mut(d)) {
                for ((from, to), theta) in from.iter().zip(to).zip(curvatures) {
                    body(*theta, *from, to);
                }
            }
        }
    }
}

fn check_quadratic<T>(curvatures: &[T], weights: &[T], other: &[T]) {
    assert!(
        !curvatures.is_empty() && weights.len().is_multiple_of(curvatures.len()),
        "weights are count × dim"
    );
    assert_eq!(other.len(), weights.len(), "one number a weight");
}

struct Quadratic<'a, T> {
    curvatures: &'a [T],
    weights: &'a [T],
    gradient: &'a mut [T],
}

impl<T: Real> Task for Quadratic<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        with_curvatures(self.curvatures, self.weights, self.gradient, |theta, w, g| {
            *g = theta * w;
        });
    }
}

/// Gradient of ½ Σ_k θ_k w_k²: θ_k w_k, for particles of dim = `curvatures.len()` ≥ 1 one after another.
///
/// Panics unless weights and gradient have the same length, a multiple of dim.
pub fn quadratic_gradient<T: Real>(backend: Backend, curvatures: &[T], weights: &[T], gradient: &mut [T]) {
    check_quadratic(curvatures, weights, gradient);
    run(backend, Quadratic { curvatures, weights, gradient });
}

struct QuadraticStep<'a, T> {
    curvatures: &'a [T],
    weights: &'a mut [T],
    noise: &'a [T],
    sizes: StepSizes<T>,
}

impl<T: Real> Task for QuadraticStep<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let sizes = self.sizes;
        with_curvatures(self.curvatures, self.noise, self.weights, |theta, xi, w| {
            *w = sizes.apply::<L>(*w, theta * *w, xi);
        });
    }
}

/// [`quadratic_gradient`] and then [`euler_maruyama_update`](super::euler_maruyama_update), bit for bit, in one pass.
pub fn quadratic_step<T: Real>(
    backend: Backend,
    curvatures: &[T],
    weights: &mut [T],
    noise: &[T],
    step: T,
    noise_scale: T,
) {
    check_quadratic(curvatures, weights, noise);
    let sizes = StepSizes::new(step, noise_scale);
    run(backend, QuadraticStep { curvatures, weights, noise, sizes });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::euler_maruyama_update;

    fn available() -> impl Iterator<Item = Backend> {
        Backend::ALL.into_iter().filter(|backend| backend.is_available())
    }

    #[test]
    fn one_pass_is_the_gradient_and_the_update_bit_for_bit() {
        let numbers =
            |factor: f64| -> Vec<f64> { (0..90).map(|i| (f64::from(i) * factor).sin() * 2.0).collect() };
        let (start, noise, mut gradient) = (numbers(0.37), numbers(1.91), vec![0.0; 90]);
        let (h, c) = (0.015625, 0.03);
        for backend in available() {
            let (mut apart, mut together) = (start.clone(), start.clone());
            double_well_gradient(backend, &apart, &mut gradient);
            euler_maruyama_update(backend, &mut apart, &gradient, &noise, h, c);
            double_well_step(backend, &mut together, &noise, h, c);
            assert_eq!(apart, together);
            for curvatures in [&[1.3][..], &[1.0, 2.1], &[0.3, 1.7, 0.9]] {
                let (mut apart, mut together) = (start.clone(), start.clone());
                quadratic_gradient(backend, curvatures, &apart, &mut gradient);
                euler_maruyama_update(backend, &mut apart, &gradient, &noise, h, c);
                quadratic_step(backend, curvatures, &mut together, &noise, h, c);
                assert_eq!(apart, together);
            }
        }
    }

    #[test]
    fn potentials_have_their_gradients() {
        let w = [1.0, -1.0, 0.5, 0.0, 2.0, -3.0];
        for backend in available() {
            let mut g = [9.0; 6];
            double_well_gradient(backend, &w, &mut g);
            assert_eq!(g, [0.0, 0.0, -0.375, 0.0, 6.0, -24.0]);
            quadratic_gradient(backend, &[2.0], &w, &mut g);
            assert_eq!(g, [2.0, -2.0, 1.0, 0.0, 4.0, -6.0]);
            quadratic_gradient(backend, &[2.0, 3.0], &w, &mut g);
            assert_eq!(g, [2.0, -3.0, 1.0, 0.0, 4.0, -9.0]);
            quadratic_gradient(backend, &[2.0, 3.0, 4.0], &w, &mut g);
            assert_eq!(g, [2.0, -3.0, 2.0, 0.0, 6.0, -12.0]);
        }
    }
}
