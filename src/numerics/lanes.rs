//! Eight 64-bit integers side by side: the few operations that generators of random words need.
//!
//! Written with intrinsics because the compiler, left to itself, sometimes takes rotations apart into scalars.

#![allow(unsafe_code, reason = "intrinsics")]

/// Eight `u64` lanes in the registers of one back end.
///
/// Values exist only inside functions that `dispatch::run` entered after it had found the instructions.
pub(super) trait Lanes: Copy {
    /// Whether a·b + c is one instruction where these lanes are.
    const FUSED: bool;
    fn load(lanes: [u64; 8]) -> Self;
    fn store(self) -> [u64; 8];
    fn add(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    /// Rotates every lane left by 0 < `distance` < 64.
    fn rotate(self, distance: u32) -> Self;
    /// Shifts every lane left by `distance` < 64.
    fn shift(self, distance: u32) -> Self;
}

/// Lanes of any processor.
#[derive(Clone, Copy)]
pub(super) struct PortableLanes([u64; 8]);

impl Lanes for PortableLanes {
    const FUSED: bool = false;
    #[inline(always)]
    fn load(lanes: [u64; 8]) -> Self {
        Self(lanes)
    }
    #[inline(always)]
    fn store(self) -> [u64; 8] {
        self.0
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane].wrapping_add(other.0[lane])))
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] ^ other.0[lane]))
    }
    #[inline(always)]
    fn rotate(self, distance: u32) -> Self {
        Self(self.0.map(|word| word.rotate_left(distance)))
    }
    #[inline(always)]
    fn shift(self, distance: u32) -> Self {
        Self(self.0.map(|word| word << distance))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2Lanes, Avx512Lanes};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::*;
    use std::mem::transmute;

    /// One 512-bit register. It exists only where the processor has AVX-512 F (see [`Lanes`]).
    #[derive(Clone, Copy)]
    pub struct Avx512Lanes(__m512i);

    impl Lanes for Avx512Lanes {
        const FUSED: bool = true;
        #[inline(always)]
        fn load(lanes: [u64; 8]) -> Self {
            // SAFETY: both are 64 bytes, and any bytes are a value of either.
            Self(unsafe { transmute::<[u64; 8], __m512i>(lanes) })
        }
        #[inline(always)]
        fn store(self) -> [u64; 8] {
            // SAFETY: both are 64 bytes, and any bytes are a value of either.
            unsafe { transmute::<__m512i, [u64; 8]>(self.0) }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe { _mm512_add_epi64(self.0, other.0) })
        }
        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe { _mm512_xor_si512(self.0, other.0) })
        }
        #[inline(always)]
        fn rotate(self, distance: u32) -> Self {
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe { _mm512_rolv_epi64(self.0, _mm512_set1_epi64(i64::from(distance))) })
        }
        #[inline(always)]
        fn shift(self, distance: u32) -> Self {
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe { _mm512_sllv_epi64(self.0, _mm512_set1_epi64(i64::from(distance))) })
        }
    }

    /// Two 256-bit registers. They exist only where the processor has AVX2.
    #[derive(Clone, Copy)]
    pub struct Avx2Lanes([__m256i; 2]);

    impl Lanes for Avx2Lanes {
        const FUSED: bool = true;
        #[inline(always)]
        fn load(lanes: [u64; 8]) -> Self {
            // SAFETY: both are 64 bytes, and any bytes are a value of either.
            Self(unsafe { transmute::<[u64; 8], [__m256i; 2]>(lanes) })
        }
        #[inline(always)]
        fn store(self) -> [u64; 8] {
            // SAFETY: both are 64 bytes, and any bytes are a value of either.
            unsafe { transmute::<[__m256i; 2], [u64; 8]>(self.0) }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            let ([a, b], [c, d]) = (self.0, other.0);
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe { [_mm256_add_epi64(a, c), _mm256_add_epi64(b, d)] })
        }
        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            let ([a, b], [c, d]) = (self.0, other.0);
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe { [_mm256_xor_si256(a, c), _mm256_xor_si256(b, d)] })
        }
        #[inline(always)]
        fn rotate(self, distance: u32) -> Self {
            let left = self.shift(distance).0;
            // SAFETY: the processor has the instructions, or there would be no `self`.
            let back = unsafe { _mm256_set1_epi64x(i64::from(64 - distance)) };
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe {
                [
                    _mm256_or_si256(left[0], _mm256_srlv_epi64(self.0[0], back)),
                    _mm256_or_si256(left[1], _mm256_srlv_epi64(self.0[1], back)),
                ]
            })
        }
        #[inline(always)]
        fn shift(self, distance: u32) -> Self {
            let [a, b] = self.0;
            // SAFETY: the processor has the instructions, or there would be no `self`.
            Self(unsafe {
                let by = _mm256_set1_epi64x(i64::from(distance));
                [_mm256_sllv_epi64(a, by), _mm256_sllv_epi64(b, by)]
            })
        }
    }
}
