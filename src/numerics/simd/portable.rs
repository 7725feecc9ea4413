//! Vectors as short arrays: any processor. Four lanes, the width that SSE2 and NEON serve without features.

use super::super::functions::{exp_by_polynomial, exp2_split_by_polynomial};
use super::{Vector, VectorTask};

macro_rules! portable_vector {
    ($name:ident, $scalar:ty, $mantissa:literal, $bias:literal) => {
        /// Four lanes.
        #[derive(Clone, Copy)]
        #[repr(align(16))]
        pub struct $name([$scalar; 4]);

        impl $name {
            #[inline(always)]
            fn zip(self, other: Self, operation: impl Fn($scalar, $scalar) -> $scalar) -> Self {
                Self(std::array::from_fn(|lane| operation(self.0[lane], other.0[lane])))
            }
        }

        impl Vector for $name {
            type Scalar = $scalar;
            const LANES: usize = 4;
            const ROWS: usize = 4;
            const ACCUMULATORS: usize = 12;

            unsafe fn enter<W: VectorTask<$scalar>>(task: W) -> W::Output {
                task.run::<$name>()
            }
            unsafe fn enter_apart<W: VectorTask<$scalar>>(task: W) -> W::Output {
                task.run::<$name>()
            }
            #[inline(always)]
            fn splat(value: $scalar) -> Self {
                Self([value; 4])
            }
            #[inline(always)]
            fn prefetch(_: *const $scalar) {}
            #[inline(always)]
            unsafe fn load(from: *const $scalar) -> Self {
                // SAFETY: the caller's.
                Self(unsafe { from.cast::<[$scalar; 4]>().read_unaligned() })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $scalar) {
                // SAFETY: the caller's.
                unsafe { to.cast::<[$scalar; 4]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.zip(other, |a, b| a + b)
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.zip(other, |a, b| a - b)
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self.zip(other, |a, b| a * b)
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                self.zip(other, |a, b| a / b)
            }
            #[inline(always)]
            fn fma(self, factor: Self, summand: Self) -> Self {
                self.mul(factor).add(summand)
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                self.zip(other, |a, b| if a < b { a } else { b })
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                self.zip(other, |a, b| if a > b { a } else { b })
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(self.0.map(<$scalar>::abs))
            }
            #[inline(always)]
            fn times_pow2(self, k: Self) -> Self {
                // The last bits of 2^m + (k + bias) are the exponent field of 2^k.
                const MAGIC: $scalar = (1u64 << $mantissa) as $scalar + $bias;
                self.zip(k, |a, k| a * <$scalar>::from_bits((k + MAGIC).to_bits() << $mantissa))
            }
            #[inline(always)]
            fn where_negative(self, negative: Self, otherwise: Self) -> Self {
                Self(std::array::from_fn(|lane| {
                    if self.0[lane].is_sign_negative() { negative.0[lane] } else { otherwise.0[lane] }
                }))
            }
            #[inline(always)]
            fn permute(self, pattern: &[u32; 16]) -> Self {
                Self(std::array::from_fn(|lane| self.0[pattern[lane] as usize % 4]))
            }
            #[inline(always)]
            fn fold(self, other: Self, piece: usize) -> Self {
                let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
                match piece {
                    2 => Self([a + c, b + d, e + g, f + h]),
                    _ => Self([a + b, c + d, e + f, g + h]),
                }
            }
            #[inline(always)]
            fn all_at_most(self, limit: $scalar) -> bool {
                self.0.iter().all(|lane| *lane <= limit)
            }
            #[inline(always)]
            fn exp2(self) -> Self {
                let (power, p) = exp2_split_by_polynomial(self);
                power.fma(p, power)
            }
            #[inline(always)]
            fn exp2_split(self) -> (Self, Self) {
                exp2_split_by_polynomial(self)
            }
            #[inline(always)]
            fn exp_in_range(self) -> Self {
                exp_by_polynomial(self)
            }
        }
    };
}

portable_vector!(F64x4, f64, 52, 1023.0);
portable_vector!(F32x4, f32, 23, 127.0);
