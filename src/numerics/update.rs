//! Elementwise updates and gradients, compiled for every back end.

use super::dispatch::{Task, run};
use super::lanes::Lanes;
use super::{Backend, Real};

/// a·b + c, rounded once where the lanes do that.
#[inline(always)]
fn fused<T: Real, L: Lanes>(a: T, b: T, c: T) -> T {
    if L::FUSED { a.multiply_add(b, c) } else { a * b + c }
}

struct EulerMaruyama<'a, T> {
    weights: &'a mut [T],
    gradient: &'a [T],
    noise: &'a [T],
    minus_step: T,
    noise_scale: T,
}

impl<T: Real> Task for EulerMaruyama<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for ((w, g), xi) in self.weights.iter_mut().zip(self.gradient).zip(self.noise) {
            *w = fused::<T, L>(self.noise_scale, *xi, fused::<T, L>(self.minus_step, *g, *w));
        }
    }
}

/// One step of Euler and Maruyama: w ← (w − h·g) + c·ξ, elementwise, with h = `step` and c = `noise_scale` = √(s h).
///
/// The gradient step is rounded first and then takes the noise (both by a fused multiply-add where the back end has one):
/// with ξ = 0 or c = 0 the result is [`gradient_update`]'s bit for bit. Panics unless the lengths agree.
pub fn euler_maruyama_update<T: Real>(
    backend: Backend,
    weights: &mut [T],
    gradient: &[T],
    noise: &[T],
    step: T,
    noise_scale: T,
) {
    assert_eq!((gradient.len(), noise.len()), (weights.len(), weights.len()), "one number a weight each");
    let minus_step = T::from_f64(-step.to_f64());
    run(backend, EulerMaruyama { weights, gradient, noise, minus_step, noise_scale });
}

struct Descent<'a, T> {
    weights: &'a mut [T],
    gradient: &'a [T],
    minus_step: T,
}

impl<T: Real> Task for Descent<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (w, g) in self.weights.iter_mut().zip(self.gradient) {
            *w = fused::<T, L>(self.minus_step, *g, *w);
        }
    }
}

/// w ← w − h·g, elementwise; the step of (stochastic) gradient descent. Panics unless the lengths agree.
pub fn gradient_update<T: Real>(backend: Backend, weights: &mut [T], gradient: &[T], step: T) {
    assert_eq!(gradient.len(), weights.len(), "one number a weight");
    run(backend, Descent { weights, gradient, minus_step: T::from_f64(-step.to_f64()) });
}

struct DoubleWell<'a, T> {
    weights: &'a [T],
    gradient: &'a mut [T],
}

impl<T: Real> Task for DoubleWell<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let minus_one = T::from_f64(-1.0);
        for (g, x) in self.gradient.iter_mut().zip(self.weights) {
            *g = *x * fused::<T, L>(*x, *x, minus_one);
        }
    }
}

/// Gradient of Σ (x² − 1)²/4: x³ − x, elementwise, as x(x² − 1) so that x = ±1 gives 0. Panics unless the lengths agree.
pub fn double_well_gradient<T: Real>(backend: Backend, weights: &[T], gradient: &mut [T]) {
    assert_eq!(gradient.len(), weights.len(), "one number a weight");
    run(backend, DoubleWell { weights, gradient });
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
        match *self.curvatures {
            // The two smallest cases by themselves: the general loop would be as short as its overhead.
            [theta] => {
                for (g, w) in self.gradient.iter_mut().zip(self.weights) {
                    *g = theta * *w;
                }
            }
            [a, b] => {
                let gradient = self.gradient.as_chunks_mut::<2>().0;
                for (g, w) in gradient.iter_mut().zip(self.weights.as_chunks::<2>().0) {
                    *g = [a * w[0], b * w[1]];
                }
            }
            _ => {
                let d = self.curvatures.len();
                for (g, w) in self.gradient.chunks_exact_mut(d).zip(self.weights.chunks_exact(d)) {
                    for ((g, w), theta) in g.iter_mut().zip(w).zip(self.curvatures) {
                        *g = *theta * *w;
                    }
                }
            }
        }
    }
}

/// Gradient of ½ Σ_k θ_k w_k²: θ_k w_k, for particles of dim = `curvatures.len()` ≥ 1 one after another.
///
/// Panics unless weights and gradient have the same length, a multiple of dim.
pub fn quadratic_gradient<T: Real>(backend: Backend, curvatures: &[T], weights: &[T], gradient: &mut [T]) {
    assert!(
        !curvatures.is_empty() && weights.len().is_multiple_of(curvatures.len()),
        "weights are count × dim"
    );
    assert_eq!(gradient.len(), weights.len(), "one number a weight");
    run(backend, Quadratic { curvatures, weights, gradient });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available() -> impl Iterator<Item = Backend> {
        Backend::ALL.into_iter().filter(|backend| backend.is_available())
    }

    #[test]
    fn zero_noise_is_gradient_descent_bit_for_bit() {
        let start: Vec<f64> = (0..37).map(|i| (f64::from(i) * 0.37).sin() * 3.0).collect();
        let gradient: Vec<f64> = start.iter().map(|w| w * 1.1 - 0.3).collect();
        let (zero, noise) = (vec![0.0; 37], vec![1.3; 37]);
        for backend in available() {
            let mut plain = start.clone();
            gradient_update(backend, &mut plain, &gradient, 0.1);
            for (noise, scale) in [(&zero, 0.7), (&noise, 0.0)] {
                let mut noisy = start.clone();
                euler_maruyama_update(backend, &mut noisy, &gradient, noise, 0.1, scale);
                assert_eq!(noisy, plain);
            }
            let mut noisy = start.clone();
            euler_maruyama_update(backend, &mut noisy, &gradient, &noise, 0.1, 0.5);
            for (noisy, plain) in noisy.iter().zip(&plain) {
                assert!((noisy - plain - 0.65).abs() < 1e-15);
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
