//! Elementwise passes for second derivatives, between the product and the residuals.

#![allow(unsafe_code, reason = "loads and stores of a pass whose buffers are measured once, at its start")]

use super::super::Real;
use super::super::functions::Unit;
use super::super::simd::{Vector, VectorTask};
use super::rows_and_vector;
use std::marker::PhantomData;

/// The outer layer times the scales of σ, σ' and σ'', each `stride` numbers.
#[derive(Clone, Copy)]
pub struct Outer<'a, T> {
    pub value: &'a [T],
    pub slope: &'a [T],
    pub curvature: &'a [T],
}

impl<T> Outer<'_, T> {
    /// Panics unless every one of them holds `stride` numbers.
    #[inline(always)]
    fn check(&self, stride: usize) {
        assert!(self.value.len() >= stride && self.slope.len() >= stride && self.curvature.len() >= stride);
    }
}

/// From products: lane-wise sums over units of a σ, (a σ')², a σ''.
pub struct LaplacianTerms<'a, T, U> {
    pub rows: usize,
    pub stride: usize,
    pub outer: Outer<'a, T>,
    /// rows × stride.
    pub products: &'a [T],
    /// rows × lanes each.
    pub sums: &'a mut [T],
    pub squared_slopes: &'a mut [T],
    pub curvatures: &'a mut [T],
    pub unit: PhantomData<U>,
}

impl<T: Real, U: Unit> VectorTask<T> for LaplacianTerms<'_, T, U> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        self.outer.check(self.stride);
        assert!(self.stride.is_multiple_of(V::LANES) && self.products.len() >= self.rows * self.stride);
        let shortest = self.sums.len().min(self.squared_slopes.len()).min(self.curvatures.len());
        assert!(shortest >= self.rows * V::LANES);
        for row in 0..self.rows {
            let zero = V::splat(T::default());
            let (mut sum, mut squares, mut curvatures) = (zero, zero, zero);
            // SAFETY: the buffers have just been measured: whole vectors a row, and one vector a row of the sums.
            unsafe {
                for at in (0..self.stride).step_by(V::LANES) {
                    let (value, slope, curvature) =
                        U::curvature(V::load(self.products.as_ptr().add(row * self.stride + at)));
                    let slope = slope.mul(V::load(self.outer.slope.as_ptr().add(at)));
                    sum = value.fma(V::load(self.outer.value.as_ptr().add(at)), sum);
                    squares = slope.fma(slope, squares);
                    curvatures = curvature.fma(V::load(self.outer.curvature.as_ptr().add(at)), curvatures);
                }
                sum.store(self.sums.as_mut_ptr().add(row * V::LANES));
                squares.store(self.squared_slopes.as_mut_ptr().add(row * V::LANES));
                curvatures.store(self.curvatures.as_mut_ptr().add(row * V::LANES));
            }
        }
    }
}

/// From products w·x and tangents v·x: lane-wise sums of a σ and of a σ'·(v·x); products become a σ', tangents a σ''·(v·x).
pub struct HessianTerms<'a, T, U> {
    pub rows: usize,
    pub stride: usize,
    pub outer: Outer<'a, T>,
    /// rows × stride each.
    pub products: &'a mut [T],
    pub tangents: &'a mut [T],
    /// rows × lanes each.
    pub sums: &'a mut [T],
    pub along: &'a mut [T],
    pub unit: PhantomData<U>,
}

impl<T: Real, U: Unit> VectorTask<T> for HessianTerms<'_, T, U> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        self.outer.check(self.stride);
        assert!(self.stride.is_multiple_of(V::LANES) && self.products.len() >= self.rows * self.stride);
        assert!(self.tangents.len() >= self.rows * self.stride);
        assert!(self.sums.len().min(self.along.len()) >= self.rows * V::LANES);
        for row in 0..self.rows {
            let (mut sum, mut along) = (V::splat(T::default()), V::splat(T::default()));
            // SAFETY: as for the Laplacian.
            unsafe {
                for at in (0..self.stride).step_by(V::LANES) {
                    let product = self.products.as_mut_ptr().add(row * self.stride + at);
                    let tangent = self.tangents.as_mut_ptr().add(row * self.stride + at);
                    let (value, slope, curvature) = U::curvature(V::load(product));
                    let slope = slope.mul(V::load(self.outer.slope.as_ptr().add(at)));
                    sum = value.fma(V::load(self.outer.value.as_ptr().add(at)), sum);
                    along = slope.fma(V::load(tangent), along);
                    slope.store(product);
                    curvature
                        .mul(V::load(self.outer.curvature.as_ptr().add(at)))
                        .mul(V::load(tangent))
                        .store(tangent);
                }
                sum.store(self.sums.as_mut_ptr().add(row * V::LANES));
                along.store(self.along.as_mut_ptr().add(row * V::LANES));
            }
        }
    }
}

/// slopes ← (h·along)·slopes + g·tangents, row by row; `residuals` g, `curvatures` h and `along` are rows × q,
/// readable a vector beyond.
pub struct CombineRows<'a, T> {
    pub rows: usize,
    pub stride: usize,
    pub q: usize,
    pub particle_of_lane: &'a [u32; 16],
    pub slopes: &'a mut [T],
    pub tangents: &'a [T],
    pub residuals: &'a [T],
    pub curvatures: &'a [T],
    pub along: &'a [T],
}

impl<T: Real> VectorTask<T> for CombineRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        assert!(self.stride.is_multiple_of(V::LANES) && self.slopes.len() >= self.rows * self.stride);
        assert!(self.tangents.len() >= self.rows * self.stride);
        let shortest = self.residuals.len().min(self.curvatures.len()).min(self.along.len());
        assert!(shortest >= rows_and_vector(self.rows, self.q, V::LANES));
        for row in 0..self.rows {
            // SAFETY: the buffers have just been measured for as many rows.
            unsafe {
                let at_row = |from: &[T]| V::load(from.as_ptr().add(row * self.q));
                let along = at_row(self.along).mul(at_row(self.curvatures)).permute(self.particle_of_lane);
                let residual = at_row(self.residuals).permute(self.particle_of_lane);
                for at in (0..self.stride).step_by(V::LANES) {
                    let slope = self.slopes.as_mut_ptr().add(row * self.stride + at);
                    let tangent = V::load(self.tangents.as_ptr().add(row * self.stride + at));
                    V::load(slope).mul(along).add(residual.mul(tangent)).store(slope);
                }
            }
        }
    }
}
