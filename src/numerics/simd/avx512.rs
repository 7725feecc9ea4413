//! 512-bit vectors: AVX-512 F and DQ.
//!
//! A value of these types exists only where the processor has AVX-512 F, DQ, BW, VL and FMA (see the folder's description): that is
//! what "there is a vector" says below.

use super::super::coefficients::Coefficients;
use super::super::functions::polynomial;
use super::{Vector, VectorTask};
use std::arch::x86_64::*;

/// 8 × f64.
#[derive(Clone, Copy)]
pub struct F64x8(__m512d);

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,fma")]
fn enter_f64<W: VectorTask<f64>>(task: W) -> W::Output {
    task.run::<F64x8>()
}

#[cold]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,fma")]
fn enter_f64_apart<W: VectorTask<f64>>(task: W) -> W::Output {
    task.run::<F64x8>()
}

/// For pieces of 1, 2, 4, … lanes: the lanes of self‖other in even pieces, then those in odd pieces.
static PIECES_F64: [[[i64; 8]; 2]; 3] = pieces_f64();

const fn pieces_f64() -> [[[i64; 8]; 2]; 3] {
    let mut out = [[[0; 8]; 2]; 3];
    let mut level = 0;
    while level < out.len() {
        let mut lane = 0;
        while lane < 8 {
            let piece = 1 << level;
            let even = (lane / piece) * 2 * piece + lane % piece;
            out[level][0][lane] = even as _;
            out[level][1][lane] = (even + piece) as _;
            lane += 1;
        }
        level += 1;
    }
    out
}

impl Vector for F64x8 {
    const LANES: usize = 8;
    const ROWS: usize = 8;
    const ACCUMULATORS: usize = 24;

    entrance_and_memory!(f64, enter_f64, enter_f64_apart, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd);
    by_one_intrinsic! {
        add(other) = _mm512_add_pd;
        sub(other) = _mm512_sub_pd;
        mul(other) = _mm512_mul_pd;
        div(other) = _mm512_div_pd;
        min(other) = _mm512_min_pd;
        max(other) = _mm512_max_pd;
        fma(factor, summand) = _mm512_fmadd_pd;
        abs() = _mm512_abs_pd;
        times_pow2(k) = _mm512_scalef_pd;
    }
    #[inline(always)]
    fn where_negative(self, negative: Self, otherwise: Self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe {
            let mask = _mm512_movepi64_mask(_mm512_castpd_si512(self.0));
            _mm512_mask_blend_pd(mask, otherwise.0, negative.0)
        })
    }
    #[inline(always)]
    fn permute(self, pattern: &[u32; 16]) -> Self {
        // SAFETY: there is a vector; the pattern is longer than what is read.
        Self(unsafe {
            let index = _mm512_cvtepu32_epi64(_mm256_loadu_si256(pattern.as_ptr().cast()));
            _mm512_permutexvar_pd(index, self.0)
        })
    }
    #[inline(always)]
    fn fold(self, other: Self, piece: usize) -> Self {
        let [even, odd] = &PIECES_F64[piece.trailing_zeros() as usize];
        // SAFETY: there is a vector; each pattern is as long as one.
        Self(unsafe {
            let even = _mm512_loadu_si512(even.as_ptr().cast());
            let odd = _mm512_loadu_si512(odd.as_ptr().cast());
            _mm512_add_pd(
                _mm512_permutex2var_pd(self.0, even, other.0),
                _mm512_permutex2var_pd(self.0, odd, other.0),
            )
        })
    }
    #[inline(always)]
    fn all_at_most(self, limit: f64) -> bool {
        // SAFETY: there is a vector.
        unsafe { _mm512_cmp_pd_mask::<_CMP_LE_OQ>(self.0, Self::splat(limit).0) == __mmask8::MAX }
    }
    /// x = k + r with k a multiple of 1/16 and 0 ≤ r < 1/16; 2^(fractional part of k) from a table in two registers.
    /// Rounding down instead of to nearest makes the whole parts of x and k the same, so that x itself can scale.
    #[inline(always)]
    fn exp2(self) -> Self {
        // Adding 1.5·2^m, rounded down, leaves the fraction of k in the last bits of the sum.
        const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
        // SAFETY: there is a vector.
        let (power, r) = unsafe {
            let sum = _mm512_add_round_pd::<DOWN>(self.0, Self::splat(f64::ROUND / 16.0).0);
            let low = Self::read(&f64::ROOTS_OF_2[..8]).0;
            let high = Self::read(&f64::ROOTS_OF_2[8..]).0;
            let root = _mm512_permutex2var_pd(low, _mm512_castpd_si512(sum), high);
            let power = Self(_mm512_scalef_pd(root, self.0));
            (power, Self(_mm512_reduce_pd::<{ 4 << 4 | DOWN }>(self.0)))
        };
        // power·r is ready before the polynomial is.
        power.mul(r).fma(polynomial(f64::EXP2_BELOW, r), power)
    }
    /// As `exp2`, with k to nearest, so that small x has k = 0, and what the table lost to rounding put into p.
    #[inline(always)]
    fn exp2_split(self) -> (Self, Self) {
        let magic = Self::splat(f64::ROUND / 16.0);
        let sum = self.add(magic);
        let k = sum.sub(magic);
        // SAFETY: there is a vector.
        unsafe {
            let index = _mm512_castpd_si512(sum.0);
            let low = Self::read(&f64::ROOTS_OF_2[..8]).0;
            let high = Self::read(&f64::ROOTS_OF_2[8..]).0;
            let root = Self(_mm512_permutex2var_pd(low, index, high));
            let low = Self::read(&f64::LOST_OF_ROOTS[..8]).0;
            let high = Self::read(&f64::LOST_OF_ROOTS[8..]).0;
            let lost = Self(_mm512_permutex2var_pd(low, index, high));
            let r = Self(_mm512_reduce_pd::<{ 4 << 4 | _MM_FROUND_NO_EXC }>(self.0));
            (root.times_pow2(k), r.fma(polynomial(f64::EXP2_NEAREST, r), lost))
        }
    }
    /// x = k ln 2 + r with k a multiple of 1/16, 2^(fractional part of k) from a table in two registers: the polynomial
    /// needs 5 terms instead of 10.
    #[inline(always)]
    fn exp_in_range(self) -> Self {
        // Adding 1.5·2^m leaves the nearest multiple of 1/16, its fraction in the last bits of the sum.
        let magic = Self::splat(f64::ROUND / 16.0);
        let sum = self.fma(Self::splat(std::f64::consts::LOG2_E), magic);
        let k = sum.sub(magic);
        let r = k.fma(Self::splat(-f64::LN_2_HIGH), self);
        let r = k.fma(Self::splat(-f64::LN_2_LOW), r);
        let mut q = Self::splat(f64::EXP_TABLE[f64::EXP_TABLE.len() - 1]);
        for i in (0..f64::EXP_TABLE.len() - 1).rev() {
            q = q.fma(r, Self::splat(f64::EXP_TABLE[i]));
        }
        let p = r.mul(r).fma(q, r);
        // SAFETY: there is a vector.
        let power = Self(unsafe {
            let low = Self::read(&f64::ROOTS_OF_2[..8]).0;
            let high = Self::read(&f64::ROOTS_OF_2[8..]).0;
            let index = _mm512_castpd_si512(sum.0);
            _mm512_permutex2var_pd(low, index, high)
        });
        power.fma(p, power).times_pow2(k)
    }
}

/// 16 × f32.
#[derive(Clone, Copy)]
pub struct F32x16(__m512);

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,fma")]
fn enter_f32<W: VectorTask<f32>>(task: W) -> W::Output {
    task.run::<F32x16>()
}

#[cold]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,fma")]
fn enter_f32_apart<W: VectorTask<f32>>(task: W) -> W::Output {
    task.run::<F32x16>()
}

/// For pieces of 1, 2, 4, … lanes: the lanes of self‖other in even pieces, then those in odd pieces.
static PIECES_F32: [[[i32; 16]; 2]; 4] = pieces_f32();

const fn pieces_f32() -> [[[i32; 16]; 2]; 4] {
    let mut out = [[[0; 16]; 2]; 4];
    let mut level = 0;
    while level < out.len() {
        let mut lane = 0;
        while lane < 16 {
            let piece = 1 << level;
            let even = (lane / piece) * 2 * piece + lane % piece;
            out[level][0][lane] = even as _;
            out[level][1][lane] = (even + piece) as _;
            lane += 1;
        }
        level += 1;
    }
    out
}

impl Vector for F32x16 {
    const LANES: usize = 16;
    const ROWS: usize = 8;
    const ACCUMULATORS: usize = 24;

    entrance_and_memory!(f32, enter_f32, enter_f32_apart, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps);
    by_one_intrinsic! {
        add(other) = _mm512_add_ps;
        sub(other) = _mm512_sub_ps;
        mul(other) = _mm512_mul_ps;
        div(other) = _mm512_div_ps;
        min(other) = _mm512_min_ps;
        max(other) = _mm512_max_ps;
        fma(factor, summand) = _mm512_fmadd_ps;
        abs() = _mm512_abs_ps;
        times_pow2(k) = _mm512_scalef_ps;
    }
    #[inline(always)]
    fn where_negative(self, negative: Self, otherwise: Self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe {
            let mask = _mm512_movepi32_mask(_mm512_castps_si512(self.0));
            _mm512_mask_blend_ps(mask, otherwise.0, negative.0)
        })
    }
    #[inline(always)]
    fn permute(self, pattern: &[u32; 16]) -> Self {
        // SAFETY: there is a vector; the pattern is longer than what is read.
        Self(unsafe {
            let index = _mm512_loadu_si512(pattern.as_ptr().cast());
            _mm512_permutexvar_ps(index, self.0)
        })
    }
    #[inline(always)]
    fn fold(self, other: Self, piece: usize) -> Self {
        let [even, odd] = &PIECES_F32[piece.trailing_zeros() as usize];
        // SAFETY: there is a vector; each pattern is as long as one.
        Self(unsafe {
            let even = _mm512_loadu_si512(even.as_ptr().cast());
            let odd = _mm512_loadu_si512(odd.as_ptr().cast());
            _mm512_add_ps(
                _mm512_permutex2var_ps(self.0, even, other.0),
                _mm512_permutex2var_ps(self.0, odd, other.0),
            )
        })
    }
    #[inline(always)]
    fn all_at_most(self, limit: f32) -> bool {
        // SAFETY: there is a vector.
        unsafe { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, Self::splat(limit).0) == __mmask16::MAX }
    }
    /// x = k + r with k a multiple of 1/32 and 0 ≤ r < 1/32; 2^(fractional part of k) from a table in two registers.
    /// Rounding down instead of to nearest makes the whole parts of x and k the same, so that x itself can scale.
    #[inline(always)]
    fn exp2(self) -> Self {
        // Adding 1.5·2^m, rounded down, leaves the fraction of k in the last bits of the sum.
        const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
        // SAFETY: there is a vector.
        let (power, r) = unsafe {
            let sum = _mm512_add_round_ps::<DOWN>(self.0, Self::splat(f32::ROUND / 32.0).0);
            let low = Self::read(&f32::ROOTS_OF_2[..16]).0;
            let high = Self::read(&f32::ROOTS_OF_2[16..]).0;
            let root = _mm512_permutex2var_ps(low, _mm512_castps_si512(sum), high);
            let power = Self(_mm512_scalef_ps(root, self.0));
            (power, Self(_mm512_reduce_ps::<{ 5 << 4 | DOWN }>(self.0)))
        };
        // power·r is ready before the polynomial is.
        power.mul(r).fma(polynomial(f32::EXP2_BELOW, r), power)
    }
    /// As `exp2`, with k to nearest, so that small x has k = 0, and what the table lost to rounding put into p.
    #[inline(always)]
    fn exp2_split(self) -> (Self, Self) {
        let magic = Self::splat(f32::ROUND / 32.0);
        let sum = self.add(magic);
        let k = sum.sub(magic);
        // SAFETY: there is a vector.
        unsafe {
            let index = _mm512_castps_si512(sum.0);
            let low = Self::read(&f32::ROOTS_OF_2[..16]).0;
            let high = Self::read(&f32::ROOTS_OF_2[16..]).0;
            let root = Self(_mm512_permutex2var_ps(low, index, high));
            let low = Self::read(&f32::LOST_OF_ROOTS[..16]).0;
            let high = Self::read(&f32::LOST_OF_ROOTS[16..]).0;
            let lost = Self(_mm512_permutex2var_ps(low, index, high));
            let r = Self(_mm512_reduce_ps::<{ 5 << 4 | _MM_FROUND_NO_EXC }>(self.0));
            (root.times_pow2(k), r.fma(polynomial(f32::EXP2_NEAREST, r), lost))
        }
    }
    /// x = k ln 2 + r with k a multiple of 1/32, 2^(fractional part of k) from a table in two registers: the polynomial
    /// needs 2 terms instead of 5.
    #[inline(always)]
    fn exp_in_range(self) -> Self {
        // Adding 1.5·2^m leaves the nearest multiple of 1/32, its fraction in the last bits of the sum.
        let magic = Self::splat(f32::ROUND / 32.0);
        let sum = self.fma(Self::splat(std::f32::consts::LOG2_E), magic);
        let k = sum.sub(magic);
        let r = k.fma(Self::splat(-f32::LN_2_HIGH), self);
        let r = k.fma(Self::splat(-f32::LN_2_LOW), r);
        let mut q = Self::splat(f32::EXP_TABLE[f32::EXP_TABLE.len() - 1]);
        for i in (0..f32::EXP_TABLE.len() - 1).rev() {
            q = q.fma(r, Self::splat(f32::EXP_TABLE[i]));
        }
        let p = r.mul(r).fma(q, r);
        // SAFETY: there is a vector.
        let power = Self(unsafe {
            let low = Self::read(&f32::ROOTS_OF_2[..16]).0;
            let high = Self::read(&f32::ROOTS_OF_2[16..]).0;
            let index = _mm512_castps_si512(sum.0);
            _mm512_permutex2var_ps(low, index, high)
        });
        power.fma(p, power).times_pow2(k)
    }
}
