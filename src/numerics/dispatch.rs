//! Compiles one plain loop for every back end and runs the one asked for.
//!
//! For code whose loops the compiler vectorises dependably by itself: integers and elementwise arithmetic. The tile
//! kernels, which it does not, are written on `simd` instead.

#![allow(unsafe_code, reason = "functions compiled for a processor that has been asked")]

use super::Backend;
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2Lanes, Avx512Lanes};
use super::lanes::{Lanes, PortableLanes};

/// A piece of work compiled once for every back end.
pub(super) trait Task {
    type Output;
    /// Must be `#[inline(always)]` all the way down, so that it is compiled with the features of the caller.
    fn run<L: Lanes>(self) -> Self::Output;
}

/// a·b + c, rounded once where the processor does that in one instruction (`FUSED`, see [`Lanes`]), twice elsewhere.
#[inline(always)]
pub(super) fn multiply_add<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// [`multiply_add`] of single precision.
#[inline(always)]
pub(super) fn multiply_add_f32<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,fma")]
fn run_avx512<W: Task>(task: W) -> W::Output {
    task.run::<Avx512Lanes>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<W: Task>(task: W) -> W::Output {
    task.run::<Avx2Lanes>()
}

/// Runs `task` compiled for `backend`. Panics if this processor lacks it.
pub(super) fn run<W: Task>(backend: Backend, task: W) -> W::Output {
    assert!(backend.is_available(), "this processor lacks the back end {backend}");
    match backend {
        // SAFETY: `is_available` has just found every feature that the function is compiled with.
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512 => unsafe { run_avx512(task) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => unsafe { run_avx2(task) },
        _ => task.run::<PortableLanes>(),
    }
}
