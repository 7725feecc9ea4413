//! Standard normals from random words by the method of Box and Muller (1958): a fixed number of words a normal.
//!
//! Two words A, B give u = 1 − A/2⁶⁴ ∈ (0, 1], a sign (the top bit of B), an order (the next bit) and t ∈ [−½, ½) (the other
//! bits), and the normals √(−2 ln u)·(±cos ½πt, sin ½πt) in that order: the angle is uniform on a quarter of the circle, and
//! sign and order make it uniform on all of it. Quarters need shorter polynomials than halves, with smaller corrections. Single precision takes the upper halves of the same words, so a run in f32 follows the
//! Brownian path of the run in f64 to the accuracy of single precision (a radius near 0 to less). Largest normal: 8.5 (f64), 6.7 (f32).

use super::dispatch::{multiply_add, multiply_add_f32};
use super::lanes::Lanes;
use super::words::{LANES, Xoshiro8};

/// Normals made from four words of each lane: the unit in which streams are consumed.
pub(super) const CHUNK: usize = 4 * LANES;
/// Words of each lane in a chunk.
pub(super) const CHUNK_WORDS: usize = 4;

/// Chunks of normals in a precision. Implemented for f32 and f64.
pub trait BoxMuller: Sized {
    /// The next 32 normals. With words A, B, C, D of each lane in turn: first ones of (A, B) by lane, first ones of
    /// (C, D), second ones of (A, B), second ones of (C, D).
    #[doc(hidden)]
    fn chunk<const FUSED: bool>(words: [[u64; LANES]; CHUNK_WORDS], out: &mut [Self; CHUNK]);
}

/// The next chunk of a stream.
#[inline(always)]
pub(super) fn next_chunk<T: BoxMuller, L: Lanes>(stream: &mut Xoshiro8<L>, out: &mut [T; CHUNK]) {
    let words = [stream.next(), stream.next(), stream.next(), stream.next()];
    if L::FUSED {
        T::chunk::<true>(words, out);
    } else {
        T::chunk::<false>(words, out);
    }
}

/// (2 artanh(√y)/√y − 2)/(32 y) on 0 ≤ y ≤ (3 − 2√2)² in powers of x = 16 y, minimax, relative error of the logarithm 1e-18.
const LOG: [f64; 7] = [
    0.6666666666666734 / 32.0,
    0.399999999994147 / 32.0 / 16.0,
    0.2857142874238399 / 32.0 / 256.0,
    0.22222198573443866 / 32.0 / 4096.0,
    0.18183564317950046 / 32.0 / 65536.0,
    0.15314050634838658 / 32.0 / 1048576.0,
    0.14795950039128522 / 32.0 / 16777216.0,
];
/// (sin(½π√x)/√x − ½π)/x on 0 ≤ x ≤ ¼, relative error of the sine 1.5e-17.
const SINE: [f64; 6] = [
    -0.6459640975062462,
    0.07969262624614423,
    -0.004681754134254207,
    0.00016044116661409423,
    -3.5987029509735105e-06,
    5.642225369163528e-08,
];
/// (cos(½π√x) − 1)/x on 0 ≤ x ≤ ¼, relative error of the cosine 3e-17.
const COSINE: [f64; 7] = [
    -1.2337005501361697,
    0.2536695079010478,
    -0.020863480763340773,
    0.0009192602745468447,
    -2.5202039028029178e-05,
    4.710678405505227e-07,
    -6.329396344967424e-09,
];
/// As `LOG`, for single precision: 8e-10.
const LOG_F32: [f32; 3] = [0.666_667_76 / 32.0, 0.399_775_42 / 512.0, 0.298_717_14 / 8192.0];
/// As `SINE`, for single precision: 1.5e-8.
const SINE_F32: [f32; 3] = [-0.645_964, 0.079_687_03, -0.004_621_966_7];
/// As `COSINE`, for single precision: 1.3e-8.
const COSINE_F32: [f32; 4] = [-1.233_700_5, 0.253_669_4, -0.020_861_529, 0.000_906_739_9];

// Sums of a leading number and a correction are never fused, polynomials of the small corrections are: back ends with and
// without a fused instruction then differ by at most two units in the last place (none of 7·10⁸ by more).
// On 512-bit vectors the arithmetic ports are as busy as the divider. Newton's iteration for the root, in place of its
// instruction, was slower; for the quotient it gained 6 %, which is not worth a second path.

/// −2 ln u for u ∈ (0, 1]: u = 2^e m with m ∈ [√½, √2), ln m = 2 artanh((m − 1)/(m + 1)).
#[inline(always)]
fn minus_two_log<const FUSED: bool>(u: f64) -> f64 {
    const ROOT_HALF: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const ONE: u64 = 1f64.to_bits();
    let shifted = u.to_bits() + (ONE - ROOT_HALF);
    let m = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + ROOT_HALF);
    // The exponent as a number without an integer conversion: it is the last bits of 2⁵² + exponent.
    let exponent =
        f64::from_bits((shifted >> 52) | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
    // −4 s rather than s spares the last multiplication; powers of 2 round nothing.
    let v = (m - 1.0) / multiply_add::<FUSED>(m, -0.25, -0.25);
    let x = v * v;
    let mut q = LOG[LOG.len() - 1];
    for i in (0..LOG.len() - 1).rev() {
        q = multiply_add::<FUSED>(q, x, LOG[i]);
    }
    exponent * (-2.0 * std::f64::consts::LN_2) + (v + (v * x) * q)
}

/// Cosine and sine of ½πt for |t| ≤ ½.
#[inline(always)]
fn circle<const FUSED: bool>(t: f64) -> (f64, f64) {
    let x = t * t;
    let (mut c, mut s) = (COSINE[COSINE.len() - 1], SINE[SINE.len() - 1]);
    for i in (0..COSINE.len() - 1).rev() {
        c = multiply_add::<FUSED>(c, x, COSINE[i]);
    }
    for i in (0..SINE.len() - 1).rev() {
        s = multiply_add::<FUSED>(s, x, SINE[i]);
    }
    (1.0 + c * x, t * std::f64::consts::FRAC_PI_2 + (t * x) * s)
}

#[inline(always)]
fn minus_two_log_f32<const FUSED: bool>(u: f32) -> f32 {
    const ROOT_HALF: u32 = std::f32::consts::FRAC_1_SQRT_2.to_bits();
    const ONE: u32 = 1f32.to_bits();
    let shifted = u.to_bits() + (ONE - ROOT_HALF);
    let m = f32::from_bits((shifted & 0x007f_ffff) + ROOT_HALF);
    let exponent = (shifted >> 23) as i32 as f32 - 127.0;
    let v = (m - 1.0) / multiply_add_f32::<FUSED>(m, -0.25, -0.25);
    let x = v * v;
    let q = multiply_add_f32::<FUSED>(
        multiply_add_f32::<FUSED>(LOG_F32[2], x, LOG_F32[1]),
        x,
        LOG_F32[0],
    );
    exponent * (-2.0 * std::f32::consts::LN_2) + (v + (v * x) * q)
}

/// [`circle`] of single precision.
#[inline(always)]
fn circle_f32<const FUSED: bool>(t: f32) -> (f32, f32) {
    let x = t * t;
    let (mut c, mut s) = (COSINE_F32[COSINE_F32.len() - 1], SINE_F32[SINE_F32.len() - 1]);
    for i in (0..COSINE_F32.len() - 1).rev() {
        c = multiply_add_f32::<FUSED>(c, x, COSINE_F32[i]);
    }
    for i in (0..SINE_F32.len() - 1).rev() {
        s = multiply_add_f32::<FUSED>(s, x, SINE_F32[i]);
    }
    (1.0 + c * x, t * std::f32::consts::FRAC_PI_2 + (t * x) * s)
}

impl BoxMuller for f64 {
    #[inline(always)]
    fn chunk<const FUSED: bool>(words: [[u64; LANES]; CHUNK_WORDS], out: &mut [f64; CHUNK]) {
        const ONE: u64 = 1f64.to_bits();
        for half in 0..2 {
            let (a, b) = (words[2 * half], words[2 * half + 1]);
            for lane in 0..LANES {
                let u = 2.0 - f64::from_bits((a[lane] >> 12) | ONE);
                let radius = minus_two_log::<FUSED>(u).sqrt();
                let t = f64::from_bits(((b[lane] << 2) >> 12) | ONE) - 1.5;
                let (cosine, sine) = circle::<FUSED>(t);
                let signed = f64::from_bits(cosine.to_bits() ^ (b[lane] & (1 << 63)));
                let swap = b[lane] & (1 << 62) != 0;
                let (first, second) = if swap { (sine, signed) } else { (signed, sine) };
                out[half * LANES + lane] = radius * first;
                out[(2 + half) * LANES + lane] = radius * second;
            }
        }
    }
}

impl BoxMuller for f32 {
    #[inline(always)]
    fn chunk<const FUSED: bool>(words: [[u64; LANES]; CHUNK_WORDS], out: &mut [f32; CHUNK]) {
        let mut upper = [[0u32; 2 * LANES]; 2];
        for lane in 0..LANES {
            upper[0][lane] = (words[0][lane] >> 32) as u32;
            upper[0][LANES + lane] = (words[2][lane] >> 32) as u32;
            upper[1][lane] = (words[1][lane] >> 32) as u32;
            upper[1][LANES + lane] = (words[3][lane] >> 32) as u32;
        }
        for i in 0..2 * LANES {
            let (a, b) = (upper[0][i], upper[1][i]);
            // Signed conversions only: unsigned ones are missing below AVX-512.
            let u = ((!a >> 1) as i32 as f32 + 0.5) * (1.0 / (1u32 << 31) as f32);
            let radius = minus_two_log_f32::<FUSED>(u).sqrt();
            let t = ((b << 2) ^ (1 << 31)) as i32 as f32 * (0.5 / (1u32 << 31) as f32);
            let (cosine, sine) = circle_f32::<FUSED>(t);
            let signed = f32::from_bits(cosine.to_bits() ^ (b & (1 << 31)));
            let swap = b & (1 << 30) != 0;
            let (first, second) = if swap { (sine, signed) } else { (signed, sine) };
            out[i] = radius * first;
            out[2 * LANES + i] = radius * second;
        }
    }
}
