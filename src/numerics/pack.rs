//! Particles into lines side by side, and gradients out of them.

use super::Real;
use super::layout::Layout;
use super::simd::{Vector, VectorTask};

/// Puts particles (each `dim` columns of `width`) side by side, times `factor`; missing ones are 0.
pub(super) struct Pack<'a, T> {
    pub layout: &'a Layout<T>,
    pub width: usize,
    pub dim: usize,
    pub factor: T,
    pub particles: &'a [T],
    pub packed: &'a mut [T],
}

impl<T: Real> VectorTask<T> for Pack<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Self { layout: &Layout { q, stride, .. }, width, dim, factor, particles, packed } = self;
        let size = width * dim;
        let packed = &mut packed[..dim * stride];
        if q == 1 && stride == width {
            for (to, w) in packed.iter_mut().zip(particles) {
                *to = *w * factor;
            }
            return;
        }
        if particles.len() < q * size {
            packed.fill(T::default());
        }
        for (r, particle) in particles.chunks_exact(size).enumerate() {
            for (column, line) in particle.chunks_exact(width).zip(packed.chunks_exact_mut(stride)) {
                for (to, w) in line[r..].iter_mut().step_by(q).zip(column) {
                    *to = *w * factor;
                }
            }
        }
    }
}

/// out = packed · factors + λ·particles, the packed lines taken apart again.
pub(super) struct Unpack<'a, T> {
    pub layout: &'a Layout<T>,
    pub width: usize,
    pub dim: usize,
    /// Whether the factors are those of the units' slopes, or 1.
    pub scaled: bool,
    pub lambda: T,
    pub particles: &'a [T],
    pub packed: &'a mut [T],
    pub out: &'a mut [T],
}

impl<T: Real> VectorTask<T> for Unpack<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Self { layout: &Layout { q, stride, .. }, width, dim, lambda, particles, .. } = self;
        let packed = &mut self.packed[..dim * stride];
        if self.scaled {
            let factors = &self.layout.slope_outer.as_slice()[..stride];
            for line in packed.chunks_exact_mut(stride) {
                for (sum, factor) in line.iter_mut().zip(factors) {
                    *sum = *sum * *factor;
                }
            }
        }
        if q == 1 && stride == width {
            for ((out, w), sum) in self.out.iter_mut().zip(particles).zip(packed) {
                *out = *sum + lambda * *w;
            }
            return;
        }
        let particles = self.out.chunks_exact_mut(dim * width).zip(particles.chunks_exact(dim * width));
        for (r, (out, w)) in particles.enumerate() {
            let columns = out.chunks_exact_mut(width).zip(w.chunks_exact(width));
            for ((out, w), line) in columns.zip(packed.chunks_exact(stride)) {
                for ((out, w), sum) in out.iter_mut().zip(w).zip(line[r..].iter().step_by(q)) {
                    *out = *sum + lambda * *w;
                }
            }
        }
    }
}
