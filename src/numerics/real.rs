//! The two floating-point types a particle may be stored in.

use super::box_muller::BoxMuller;
use super::coefficients::Coefficients;
use super::simd::Vectors;

/// `f64` or `f32`: what weights, data and noise of the particle kernels are stored in. Sealed.
pub trait Real:
    BoxMuller
    + Vectors
    + Coefficients
    + Copy
    + Default
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Mul<Output = Self>
    + Send
    + Sync
    + std::fmt::Debug
    + std::fmt::Display
    + 'static
{
    /// "f64" or "f32".
    const NAME: &'static str;
    /// Nearest representable number.
    fn from_f64(value: f64) -> Self;
    /// Exact.
    fn to_f64(self) -> f64;
    /// self·b + c, rounded once.
    fn multiply_add(self, b: Self, c: Self) -> Self;
}

impl Real for f64 {
    const NAME: &'static str = "f64";
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn multiply_add(self, b: f64, c: f64) -> f64 {
        self.mul_add(b, c)
    }
}

impl Real for f32 {
    const NAME: &'static str = "f32";
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn multiply_add(self, b: f32, c: f32) -> f32 {
        self.mul_add(b, c)
    }
}
