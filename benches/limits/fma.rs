//! The peak rate of multiply-adds: independent chains in registers, nothing loaded or stored.

#![allow(unsafe_code, reason = "functions compiled for a processor that has been asked")]

use sgd_sde::numerics::Backend;
use std::hint::black_box;

/// Multiply-adds of every chain in one call.
const LENGTH: usize = 4096;

/// Runs the chains of `backend` in double or single precision and returns how many flops that was (two a multiply-add and
/// lane). Panics if this processor lacks the back end.
pub fn chains(backend: Backend, single: bool) -> f64 {
    assert!(backend.is_available(), "this processor lacks the back end {backend}");
    let lanes = match (backend, single) {
        // SAFETY: `is_available` has just found the features that the function is compiled with.
        #[cfg(target_arch = "x86_64")]
        (Backend::Avx512, false) => unsafe { x86::avx512_f64() },
        // SAFETY: `is_available` has just found the features that the function is compiled with.
        #[cfg(target_arch = "x86_64")]
        (Backend::Avx512, true) => unsafe { x86::avx512_f32() },
        // SAFETY: `is_available` has just found the features that the function is compiled with.
        #[cfg(target_arch = "x86_64")]
        (Backend::Avx2, false) => unsafe { x86::avx2_f64() },
        // SAFETY: `is_available` has just found the features that the function is compiled with.
        #[cfg(target_arch = "x86_64")]
        (Backend::Avx2, true) => unsafe { x86::avx2_f32() },
        (_, false) => portable::<f64>(0.999, 0.001),
        (_, true) => portable::<f32>(0.999, 0.001),
    };
    (2 * lanes * LENGTH) as f64
}

/// a ← a·x + y on 32 chains in whatever registers the compiler has; returns the lanes of all chains together.
fn portable<T>(x: T, y: T) -> usize
where
    T: Copy + std::ops::Mul<Output = T> + std::ops::Add<Output = T>,
{
    const CHAINS: usize = 32;
    let (x, y) = (black_box(x), black_box(y));
    let mut sums = [y; CHAINS];
    for _ in 0..LENGTH {
        sums.iter_mut().for_each(|a| *a = *a * x + y);
    }
    black_box(&sums);
    CHAINS
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::LENGTH;
    use std::arch::x86_64::*;
    use std::hint::black_box;

    /// A function that runs `$chains` chains of `$fma` on registers of `$lanes` numbers and returns all lanes together.
    /// The chains and two constants fill the register file without spilling; four cycles of latency on two units need
    /// eight of them.
    macro_rules! peak {
        ($name:ident, $features:literal, $splat:ident, $fma:ident, $lanes:literal, $chains:literal) => {
            #[target_feature(enable = $features)]
            pub fn $name() -> usize {
                let (x, y) = ($splat(black_box(0.999)), $splat(black_box(0.001)));
                let mut sums = [y; $chains];
                for _ in 0..LENGTH {
                    for sum in &mut sums {
                        *sum = $fma(*sum, x, y);
                    }
                }
                black_box(&sums);
                $chains * $lanes
            }
        };
    }

    peak!(avx512_f64, "avx512f,avx512dq,avx512bw,avx512vl,fma", _mm512_set1_pd, _mm512_fmadd_pd, 8, 24);
    peak!(avx512_f32, "avx512f,avx512dq,avx512bw,avx512vl,fma", _mm512_set1_ps, _mm512_fmadd_ps, 16, 24);
    peak!(avx2_f64, "avx2,fma", _mm256_set1_pd, _mm256_fmadd_pd, 4, 12);
    peak!(avx2_f32, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps, 8, 12);
}
