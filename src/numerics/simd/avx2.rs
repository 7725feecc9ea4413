//! 256-bit vectors: AVX2 and FMA.
//!
//! A value of these types exists only where the processor has AVX2 and FMA (see the folder's description): that is
//! what "there is a vector" says below.

use super::super::functions::{exp_by_polynomial, exp2_split_by_polynomial};
use super::{Vector, VectorTask};
use std::arch::x86_64::*;

/// 4 × f64.
#[derive(Clone, Copy)]
pub struct F64x4(__m256d);

#[target_feature(enable = "avx2,fma")]
fn enter_f64<W: VectorTask<f64>>(task: W) -> W::Output {
    task.run::<F64x4>()
}

#[cold]
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn enter_f64_apart<W: VectorTask<f64>>(task: W) -> W::Output {
    task.run::<F64x4>()
}

impl Vector for F64x4 {
    const LANES: usize = 4;
    const ROWS: usize = 4;
    const ACCUMULATORS: usize = 12;

    entrance_and_memory!(f64, enter_f64, enter_f64_apart, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd);
    by_one_intrinsic! {
        add(other) = _mm256_add_pd;
        sub(other) = _mm256_sub_pd;
        mul(other) = _mm256_mul_pd;
        div(other) = _mm256_div_pd;
        min(other) = _mm256_min_pd;
        max(other) = _mm256_max_pd;
        fma(factor, summand) = _mm256_fmadd_pd;
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0) })
    }
    #[inline(always)]
    fn times_pow2(self, k: Self) -> Self {
        // The last bits of 2^m + (k + bias) are the exponent field of 2^k.
        // SAFETY: there is a vector.
        Self(unsafe {
            let bits =
                _mm256_castpd_si256(_mm256_add_pd(k.0, _mm256_set1_pd(4_503_599_627_370_496.0 + 1023.0)));
            _mm256_mul_pd(self.0, _mm256_castsi256_pd(_mm256_slli_epi64::<52>(bits)))
        })
    }
    #[inline(always)]
    fn where_negative(self, negative: Self, otherwise: Self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { _mm256_blendv_pd(otherwise.0, negative.0, self.0) })
    }
    #[inline(always)]
    fn permute(self, pattern: &[u32; 16]) -> Self {
        // SAFETY: there is a vector; the pattern is longer than what is read.
        Self(unsafe {
            // A lane of 64 bits is two neighbouring lanes of 32.
            let lanes = _mm256_cvtepu32_epi64(_mm_loadu_si128(pattern.as_ptr().cast()));
            let low = _mm256_add_epi64(lanes, lanes);
            let high = _mm256_slli_epi64::<32>(_mm256_add_epi64(low, _mm256_set1_epi64x(1)));
            let index = _mm256_or_si256(low, high);
            _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(self.0), index))
        })
    }
    #[inline(always)]
    fn fold(self, other: Self, piece: usize) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe {
            match piece {
                2 => {
                    let even = _mm256_permute2f128_pd::<0x20>(self.0, other.0);
                    _mm256_add_pd(even, _mm256_permute2f128_pd::<0x31>(self.0, other.0))
                }
                _ => {
                    let sums = _mm256_hadd_pd(self.0, other.0);
                    _mm256_permute4x64_pd::<0b11_01_10_00>(sums)
                }
            }
        })
    }
    #[inline(always)]
    fn all_at_most(self, limit: f64) -> bool {
        // SAFETY: there is a vector.
        unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LE_OQ>(self.0, Self::splat(limit).0)) == 0b1111 }
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

/// 8 × f32.
#[derive(Clone, Copy)]
pub struct F32x8(__m256);

#[target_feature(enable = "avx2,fma")]
fn enter_f32<W: VectorTask<f32>>(task: W) -> W::Output {
    task.run::<F32x8>()
}

#[cold]
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn enter_f32_apart<W: VectorTask<f32>>(task: W) -> W::Output {
    task.run::<F32x8>()
}

impl Vector for F32x8 {
    const LANES: usize = 8;
    const ROWS: usize = 4;
    const ACCUMULATORS: usize = 12;

    entrance_and_memory!(f32, enter_f32, enter_f32_apart, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps);
    by_one_intrinsic! {
        add(other) = _mm256_add_ps;
        sub(other) = _mm256_sub_ps;
        mul(other) = _mm256_mul_ps;
        div(other) = _mm256_div_ps;
        min(other) = _mm256_min_ps;
        max(other) = _mm256_max_ps;
        fma(factor, summand) = _mm256_fmadd_ps;
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }
    #[inline(always)]
    fn times_pow2(self, k: Self) -> Self {
        // The last bits of 2^m + (k + bias) are the exponent field of 2^k.
        // SAFETY: there is a vector.
        Self(unsafe {
            let bits = _mm256_castps_si256(_mm256_add_ps(k.0, _mm256_set1_ps(8_388_608.0 + 127.0)));
            _mm256_mul_ps(self.0, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(bits)))
        })
    }
    #[inline(always)]
    fn where_negative(self, negative: Self, otherwise: Self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { _mm256_blendv_ps(otherwise.0, negative.0, self.0) })
    }
    #[inline(always)]
    fn permute(self, pattern: &[u32; 16]) -> Self {
        // SAFETY: there is a vector; the pattern is longer than what is read.
        Self(unsafe {
            let index = _mm256_loadu_si256(pattern.as_ptr().cast());
            _mm256_permutevar8x32_ps(self.0, index)
        })
    }
    #[inline(always)]
    fn fold(self, other: Self, piece: usize) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe {
            match piece {
                4 => {
                    let even = _mm256_permute2f128_ps::<0x20>(self.0, other.0);
                    _mm256_add_ps(even, _mm256_permute2f128_ps::<0x31>(self.0, other.0))
                }
                2 => {
                    let (a, b) = (_mm256_castps_pd(self.0), _mm256_castps_pd(other.0));
                    let even = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
                    let sums = _mm256_add_ps(even, _mm256_castpd_ps(_mm256_unpackhi_pd(a, b)));
                    _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_castps_pd(sums)))
                }
                _ => {
                    let sums = _mm256_castps_pd(_mm256_hadd_ps(self.0, other.0));
                    _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(sums))
                }
            }
        })
    }
    #[inline(always)]
    fn all_at_most(self, limit: f32) -> bool {
        // SAFETY: there is a vector.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(self.0, Self::splat(limit).0)) == 0xff }
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
