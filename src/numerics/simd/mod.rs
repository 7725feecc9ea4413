//! A small vector type over three instruction sets, for kernels that the compiler does not vectorise dependably.
//!
//! Generic kernels are `#[inline(always)]` down from a [`VectorTask`]; [`Vector::enter`] compiles the whole task with the
//! instructions of the vector. A vector value exists only inside such a task, and a task is entered only with a
//! [`Present`], which [`run`] makes after it has asked the processor: that is the safety argument of every intrinsic in
//! this folder.

#![allow(
    unsafe_code,
    reason = "intrinsics, and loads from places that a kernel has checked once for a whole pass"
)]

#[cfg(target_arch = "x86_64")]
#[macro_use]
mod intrinsics;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
#[cfg(test)]
mod tests;

use super::{Backend, Real};
use std::marker::PhantomData;

/// `LANES` floating-point numbers in one register.
pub trait Vector: Copy {
    type Scalar: Real;
    const LANES: usize;
    /// Rows that the forward product of a tile treats at once: with three vectors a row they fill the registers.
    const ROWS: usize;
    /// Accumulators of the backward product: what is left of the registers.
    const ACCUMULATORS: usize;

    /// Runs `task` in a function compiled for this vector.
    ///
    /// # Safety
    /// The processor has the instructions of this vector.
    unsafe fn enter<W: VectorTask<Self::Scalar>>(task: W) -> W::Output;

    /// [`Self::enter`] for rare cases: never inlined, so that it takes no registers from its caller.
    ///
    /// # Safety
    /// As there.
    unsafe fn enter_apart<W: VectorTask<Self::Scalar>>(task: W) -> W::Output;

    fn splat(value: Self::Scalar) -> Self;
    /// # Safety
    /// `from` points at `LANES` readable numbers; any alignment.
    unsafe fn load(from: *const Self::Scalar) -> Self;
    /// # Safety
    /// `to` points at `LANES` writable numbers; any alignment.
    unsafe fn store(self, to: *mut Self::Scalar);
    /// The first `LANES` numbers of `from`. Panics if there are fewer.
    #[inline(always)]
    fn read(from: &[Self::Scalar]) -> Self {
        assert!(from.len() >= Self::LANES);
        // SAFETY: as many numbers as `load` reads have just been counted.
        unsafe { Self::load(from.as_ptr()) }
    }
    /// Into the first `LANES` places of `to`. Panics if there are fewer.
    #[inline(always)]
    fn write(self, to: &mut [Self::Scalar]) {
        assert!(to.len() >= Self::LANES);
        // SAFETY: as many places as `store` fills have just been counted.
        unsafe { self.store(to.as_mut_ptr()) }
    }
    /// Asks for the cache line of `address`, which need not be readable.
    fn prefetch(address: *const Self::Scalar);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// self·factor + summand, rounded once where the processor does that.
    fn fma(self, factor: Self, summand: Self) -> Self;
    /// The smaller; `other` if either is NaN.
    fn min(self, other: Self) -> Self;
    /// The larger; `other` if either is NaN.
    fn max(self, other: Self) -> Self;
    fn abs(self) -> Self;
    /// self·2^k for whole k with 2^k a normal number.
    fn times_pow2(self, k: Self) -> Self;
    /// `negative` where the sign bit is set, `otherwise` elsewhere.
    fn where_negative(self, negative: Self, otherwise: Self) -> Self;
    /// Lane ℓ of the result is lane `pattern[ℓ]` of self.
    fn permute(self, pattern: &[u32; 16]) -> Self;
    /// Cut self‖other into pieces of `piece` lanes; the even ones plus the odd ones, in order.
    fn fold(self, other: Self, piece: usize) -> Self;
    /// Whether every lane is at most `limit`; not if one is NaN.
    fn all_at_most(self, limit: Self::Scalar) -> bool;
    /// 2^self, at most 1 unit in the last place or so; beyond ±LIMIT_2 something beyond that, NaN for NaN.
    fn exp2(self) -> Self;
    /// 2^self = power·(1+p) as (power, p), so that (power−1) + power·p is 2^self − 1 to relative accuracy; beyond
    /// ±LIMIT_2 as in [`Self::exp2`].
    fn exp2_split(self) -> (Self, Self);
    /// e^self for |self| ≤ 708 (f32: 87), at most 1 unit in the last place or so.
    fn exp_in_range(self) -> Self;
}

/// A task compiled once for every vector of precision `T`. `run` must be `#[inline(always)]` all the way down.
pub trait VectorTask<T> {
    type Output;
    fn run<V: Vector<Scalar = T>>(self) -> Self::Output;
}

/// The vectors of a precision. Implemented for f32 and f64.
pub trait Vectors: Sized {
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Scalar = Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Scalar = Self>;
    type Portable: Vector<Scalar = Self>;
}

impl Vectors for f64 {
    #[cfg(target_arch = "x86_64")]
    type Avx512 = avx512::F64x8;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = avx2::F64x4;
    type Portable = portable::F64x4;
}

impl Vectors for f32 {
    #[cfg(target_arch = "x86_64")]
    type Avx512 = avx512::F32x16;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = avx2::F32x8;
    type Portable = portable::F32x4;
}

/// Proof that the processor has the instructions of `V`: only [`run`] makes one, after it has asked.
#[derive(Clone, Copy)]
pub struct Present<V>(PhantomData<V>);

impl<V: Vector> Present<V> {
    /// Runs `task` in a function compiled for `V`.
    #[inline(always)]
    pub fn enter<W: VectorTask<V::Scalar>>(self, task: W) -> W::Output {
        // SAFETY: the processor has the instructions, or there would be no `self`.
        unsafe { V::enter(task) }
    }
}

/// Work that picks its vector: the body between dispatch and [`Present::enter`].
pub trait Driver<T> {
    type Output;
    fn drive<V: Vector<Scalar = T>>(self, present: Present<V>) -> Self::Output;
}

/// Runs `driver` on the vectors of `backend`. Panics if this processor lacks them.
pub(super) fn run<T: Real, D: Driver<T>>(backend: Backend, driver: D) -> D::Output {
    // What a `Present` proves: without this line there would be no more reason to believe it.
    assert!(backend.is_available(), "this processor lacks the back end {backend}");
    match backend {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512 => driver.drive(Present::<T::Avx512>(PhantomData)),
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => driver.drive(Present::<T::Avx2>(PhantomData)),
        _ => driver.drive(Present::<T::Portable>(PhantomData)),
    }
}

/// Numbers in a vector of precision `T` on `backend`.
pub(super) fn lanes<T: Real>(backend: Backend) -> usize {
    match backend {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512 => T::Avx512::LANES,
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => T::Avx2::LANES,
        _ => T::Portable::LANES,
    }
}
