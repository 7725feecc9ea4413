//! Elementwise passes for second derivatives, between the product and the residuals.

use super::super::Real;
use super::super::functions::Unit;
use super::super::simd::{Vector, VectorTask};
use std::marker::PhantomData;

/// The outer layer times the scales of σ, σ' and σ'', each `stride` numbers.
#[derive(Clone, Copy)]
pub struct Outer<T> {
    pub value: *const T,
    pub slope: *const T,
    pub curvature: *const T,
}

/// From products: lane-wise sums over units of a σ, (a σ')², a σ''.
pub struct LaplacianTerms<T, U> {
    pub rows: usize,
    pub stride: usize,
    pub outer: Outer<T>,
    /// rows × stride.
    pub products: *const T,
    /// rows × lanes each.
    pub sums: *mut T,
    pub squared_slopes: *mut T,
    pub curvatures: *mut T,
    pub unit: PhantomData<U>,
}

impl<T: Real, U: Unit> VectorTask<T> for LaplacianTerms<T, U> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for row in 0..self.rows {
            let zero = V::splat(T::default());
            let (mut sum, mut squares, mut curvatures) = (zero, zero, zero);
            // SAFETY: whole vectors of a row of `products` and of the outer layers; one vector a row of the sums.
            unsafe {
                for at in (0..self.stride).step_by(V::LANES) {
                    let (value, slope, curvature) =
                        U::curvature(V::load(self.products.add(row * self.stride + at)));
                    let slope = slope.mul(V::load(self.outer.slope.add(at)));
                    sum = value.fma(V::load(self.outer.value.add(at)), sum);
                    squares = slope.fma(slope, squares);
                    curvatures = curvature.fma(V::load(self.outer.curvature.add(at)), curvatures);
                }
                sum.store(self.sums.add(row * V::LANES));
                squares.store(self.squared_slopes.add(row * V::LANES));
                curvatures.store(self.curvatures.add(row * V::LANES));
            }
        }
    }
}

/// From products w·x and tangents v·x: lane-wise sums of a σ and of a σ'·(v·x); products become a σ', tangents a σ''·(v·x).
pub struct HessianTerms<T, U> {
    pub rows: usize,
    pub stride: usize,
    pub outer: Outer<T>,
    /// rows × stride each.
    pub products: *mut T,
    pub tangents: *mut T,
    /// rows × lanes each.
    pub sums: *mut T,
    pub along: *mut T,
    pub unit: PhantomData<U>,
}

impl<T: Real, U: Unit> VectorTask<T> for HessianTerms<T, U> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for row in 0..self.rows {
            let (mut sum, mut along) = (V::splat(T::default()), V::splat(T::default()));
            // SAFETY: as for the Laplacian.
            unsafe {
                for at in (0..self.stride).step_by(V::LANES) {
                    let product = self.products.add(row * self.stride + at);
                    let tangent = self.tangents.add(row * self.stride + at);
                    let (value, slope, curvature) = U::curvature(V::load(product));
                    let slope = slope.mul(V::load(self.outer.slope.add(at)));
                    sum = value.fma(V::load(self.outer.value.add(at)), sum);
                    along = slope.fma(V::load(tangent), along);
                    slope.store(product);
                    curvature.mul(V::load(self.outer.curvature.add(at))).mul(V::load(tangent)).store(tangent);
                }
                sum.store(self.sums.add(row * V::LANES));
                along.store(self.along.add(row * V::LANES));
            }
        }
    }
}

/// slopes ← (h·along)·slopes + g·tangents, row by row; `residuals` g and `curvatures` h are rows × q.
pub struct CombineRows<'a, T> {
    pub rows: usize,
    pub stride: usize,
    pub q: usize,
    pub particle_of_lane: &'a [u32; 16],
    pub slopes: *mut T,
    pub tangents: *const T,
    pub residuals: *const T,
    pub curvatures: *const T,
    pub along: *const T,
}

impl<T: Real> VectorTask<T> for CombineRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for row in 0..self.rows {
            // SAFETY: rows × q buffers may be read a vector beyond their last number; the others are whole vectors.
            unsafe {
                let at_row = |from: *const T| V::load(from.add(row * self.q));
                let along = at_row(self.along).mul(at_row(self.curvatures)).permute(self.particle_of_lane);
                let residual = at_row(self.residuals).permute(self.particle_of_lane);
                for at in (0..self.stride).step_by(V::LANES) {
                    let slope = self.slopes.add(row * self.stride + at);
                    let tangent = V::load(self.tangents.add(row * self.stride + at));
                    V::load(slope).mul(along).add(residual.mul(tangent)).store(slope);
                }
            }
        }
    }
}
