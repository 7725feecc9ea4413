//! Elementwise updates, compiled for every back end.

use super::dispatch::{Task, run};
use super::lanes::Lanes;
use super::{Backend, Real};

/// a·b + c, rounded once where the lanes do that.
#[inline(always)]
pub(super) fn fused<T: Real, L: Lanes>(a: T, b: T, c: T) -> T {
    if L::FUSED { a.multiply_add(b, c) } else { a * b + c }
}

/// The numbers of a step of Euler and Maruyama that are the same for all weights.
#[derive(Clone, Copy)]
pub(super) struct StepSizes<T> {
    minus_step: T,
    noise_scale: T,
}

impl<T: Real> StepSizes<T> {
    pub(super) fn new(step: T, noise_scale: T) -> Self {
        Self { minus_step: T::from_f64(-step.to_f64()), noise_scale }
    }

    /// (w − h·g) + c·ξ: the gradient step is rounded first and then takes the noise.
    #[inline(always)]
    pub(super) fn apply<L: Lanes>(self, w: T, g: T, xi: T) -> T {
        fused::<T, L>(self.noise_scale, xi, fused::<T, L>(self.minus_step, g, w))
    }
}

struct EulerMaruyama<'a, T> {
    weights: &'a mut [T],
    gradient: &'a [T],
    noise: &'a [T],
    sizes: StepSizes<T>,
}

impl<T: Real> Task for EulerMaruyama<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for ((w, g), xi) in self.weights.iter_mut().zip(self.gradient).zip(self.noise) {
            *w = self.sizes.apply::<L>(*w, *g, *xi);
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
    run(backend, EulerMaruyama { weights, gradient, noise, sizes: StepSizes::new(step, noise_scale) });
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
}
