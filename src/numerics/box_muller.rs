//! Standard normals from random words by the method of Box and Muller (1958): a fixed number of words a normal.
//!
//! Two words A, B give u = 1 − A/2⁶⁴ ∈ (0, 1], a sign (the top bit of B) and t ∈ [−½, ½) (the other bits), and the normals
//! √(−2 ln u)·(±cos πt, sin πt). Single precision takes the upper halves of the same words, so a run in f32 follows the
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
    /// The next 32 normals. With words A, B, C, D of each lane in turn: cosines of (A, B) by lane, cosines of (C, D),
    /// sines of (A, B), sines of (C, D).
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

/// (2 artanh(√x)/√x − 2)/x on 0 ≤ x ≤ (3 − 2√2)², minimax, relative error of the logarithm 1e-18.
const LOG: [f64; 7] = [
    0.6666666666666734,
    0.399999999994147,
    0.2857142874238399,
    0.22222198573443866,
    0.18183564317950046,
    0.15314050634838658,
    0.14795950039128522,
];
/// sin(π√x)/√x on 0 ≤ x ≤ ¼, minimax, relative error 3e-19.
const SINE: [f64; 9] = [
    std::f64::consts::PI,
    -5.167712780049969,
    2.550164039877294,
    -0.5992645293187382,
    0.0821458865698926,
    -0.007370430478762461,
    0.0004662996887731736,
    -2.1903185420805378e-05,
    7.69472732830679e-07,
];
/// As `LOG`, for single precision: 8e-10.
const LOG_F32: [f32; 3] = [0.666_667_76, 0.399_775_42, 0.298_717_14];
/// As `SINE`, for single precision: 5e-9.
const SINE_F32: [f32; 5] = [
    std::f32::consts::PI,
    -5.167_71,
    2.550_069_8,
    -0.598_242_1,
    0.077_560_39,
];

// In both functions the leading operations are never fused and only the small corrections are, so that back ends
// with and without a fused instruction differ by rarely more than the last bit.

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
    let f = m - 1.0;
    let s = f / (m + 1.0);
    let x = s * s;
    let mut q = LOG[LOG.len() - 1];
    for i in (0..LOG.len() - 1).rev() {
        q = multiply_add::<FUSED>(q, x, LOG[i]);
    }
    -2.0 * (exponent * std::f64::consts::LN_2 + (2.0 * s + (s * x) * q))
}

/// sin πt for |t| ≤ ½.
#[inline(always)]
fn sine<const FUSED: bool>(t: f64) -> f64 {
    let x = t * t;
    let mut q = SINE[SINE.len() - 1];
    for i in (1..SINE.len() - 1).rev() {
        q = multiply_add::<FUSED>(q, x, SINE[i]);
    }
    SINE[0] * t + (t * x) * q
}

#[inline(always)]
fn minus_two_log_f32<const FUSED: bool>(u: f32) -> f32 {
    const ROOT_HALF: u32 = std::f32::consts::FRAC_1_SQRT_2.to_bits();
    const ONE: u32 = 1f32.to_bits();
    let shifted = u.to_bits() + (ONE - ROOT_HALF);
    let m = f32::from_bits((shifted & 0x007f_ffff) + ROOT_HALF);
    let exponent = (shifted >> 23) as i32 as f32 - 127.0;
    let f = m - 1.0;
    let s = f / (m + 1.0);
    let x = s * s;
    let q = multiply_add_f32::<FUSED>(
        multiply_add_f32::<FUSED>(LOG_F32[2], x, LOG_F32[1]),
        x,
        LOG_F32[0],
    );
    -2.0 * (exponent * std::f32::consts::LN_2 + (2.0 * s + (s * x) * q))
}

#[inline(always)]
fn sine_f32<const FUSED: bool>(t: f32) -> f32 {
    let x = t * t;
    let mut q = SINE_F32[SINE_F32.len() - 1];
    for i in (1..SINE_F32.len() - 1).rev() {
        q = multiply_add_f32::<FUSED>(q, x, SINE_F32[i]);
    }
    SINE_F32[0] * t + (t * x) * q
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
                let t = f64::from_bits(((b[lane] << 1) >> 12) | ONE) - 1.5;
                // cos πt = sin π(½ − |t|), and ½ − |t| is exact: both coordinates keep their relative accuracy.
                let cosine = sine::<FUSED>(0.5 - t.abs());
                let signed = f64::from_bits(cosine.to_bits() ^ (b[lane] & (1 << 63)));
                out[half * LANES + lane] = radius * signed;
                out[(2 + half) * LANES + lane] = radius * sine::<FUSED>(t);
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
            let t = ((b << 1) ^ (1 << 31)) as i32 as f32 * (0.5 / (1u32 << 31) as f32);
            let cosine = sine_f32::<FUSED>(0.5 - t.abs());
            let signed = f32::from_bits(cosine.to_bits() ^ (b & (1 << 31)));
            out[i] = radius * signed;
            out[2 * LANES + i] = radius * sine_f32::<FUSED>(t);
        }
    }
}
