//! Laws of the normals. Seeds are fixed, so the outcome never changes; the error rates say how often a correct
//! program would fail with another seed.

use super::*;
use crate::random::Purpose;

const SEED: u64 = 20_260_101;

pub(super) fn brownian() -> Key {
    Key::new(SEED, Purpose::Brownian)
}

pub(super) fn draw<T: Real>(
    backend: Backend,
    key: Key,
    first: u64,
    count: usize,
    step: u64,
    dim: usize,
) -> Vec<T> {
    let mut out = vec![T::default(); count * dim];
    NormalSource::new(backend).fill(key, first, count, step, dim, &mut out);
    out
}

fn available() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

#[test]
fn any_subrange_and_any_step_gives_the_same_numbers() {
    let backend = Backend::detect();
    for dim in [1, 2, 3, 10, 15, 16, 17, 31, 32, 100] {
        let mut source = NormalSource::new(backend);
        for step in [0, 1, 2, 3, 63, 64, 65, 40, 41, 1_000_003, 0] {
            let mut whole = vec![0.0f64; 512 * dim];
            source.fill(brownian(), 0, 512, step, dim, &mut whole);
            for (first, count) in [(0, 1), (5, 1), (127, 2), (100, 300), (511, 1), (128, 128), (37, 5)] {
                let part = draw::<f64>(backend, brownian(), first, count, step, dim);
                let start = first as usize * dim;
                assert_eq!(part, whole[start..start + count * dim]);
                // The same call on a source that has streamed elsewhere.
                let mut again = vec![0.0; count * dim];
                source.fill(brownian(), first, count, step, dim, &mut again);
                assert_eq!(part, again);
            }
        }
    }
}

#[test]
fn back_ends_agree_to_two_units_in_the_last_place() {
    for dim in [1, 160] {
        let reference = draw::<f64>(Backend::Portable, brownian(), 3, 20_000, 9, dim);
        let reference_f32 = draw::<f32>(Backend::Portable, brownian(), 3, 20_000, 9, dim);
        for backend in available() {
            let got = draw::<f64>(backend, brownian(), 3, 20_000, 9, dim);
            for (a, b) in got.iter().zip(&reference) {
                assert!(a.to_bits().abs_diff(b.to_bits()) <= 2, "{backend}: {a} {b}");
            }
            let got = draw::<f32>(backend, brownian(), 3, 20_000, 9, dim);
            for (a, b) in got.iter().zip(&reference_f32) {
                assert!(a.to_bits().abs_diff(b.to_bits()) <= 2, "{backend}: {a} {b}");
            }
            // Near radius 0 and in the far tail an f32 lacks bits of u; elsewhere it has the accuracy of its type.
            let differences = || got.iter().zip(&reference).map(|(a, b)| (f64::from(*a) - b).abs());
            assert!(differences().all(|difference| difference < 3e-4));
            let mean_square = differences().map(|d| d * d).sum::<f64>() / got.len() as f64;
            assert!(mean_square.sqrt() < 1e-6, "{mean_square:e}");
        }
    }
}

/// Within five standard errors; a correct program fails one such check in 1.7 million.
pub(super) fn assert_mean(name: &str, values: impl Iterator<Item = f64>, mean: f64, variance: f64) {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    let standard_error = (variance / count).sqrt();
    assert!((sum / count - mean).abs() < 5.0 * standard_error, "{name}: {} ± {standard_error}", sum / count);
}

/// Φ(x) by the series Σ x^{2k+1}/(1·3·5···(2k+1)), for |x| ≤ 7.
pub(super) fn normal_cdf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for k in 1..200 {
        term *= x * x / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 + sum * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()
}

/// Moments to fourth order and Kolmogorov–Smirnov of 2·10⁶ normals each: 20 checks at 6e-7 and 4 at 3e-6, so a correct
/// program fails for about one seed in 40 000.
#[test]
fn the_law_is_standard_normal() {
    let samples: [(&str, Vec<f64>); 4] = [
        ("own streams", draw(Backend::detect(), brownian(), 0, 12_500, 4, 160)),
        ("shared streams", draw(Backend::detect(), brownian(), 0, 2_000_000, 4, 1)),
        ("tails of chunks", draw(Backend::detect(), brownian(), 0, 117_000, 4, 17)),
        (
            "single precision",
            draw::<f32>(Backend::detect(), brownian(), 0, 12_500, 4, 160)
                .iter()
                .map(|z| f64::from(*z))
                .collect(),
        ),
    ];
    for (name, mut z) in samples {
        assert_mean(name, z.iter().copied(), 0.0, 1.0);
        assert_mean(name, z.iter().map(|z| z.powi(2)), 1.0, 2.0);
        assert_mean(name, z.iter().map(|z| z.powi(3)), 0.0, 15.0);
        assert_mean(name, z.iter().map(|z| z.powi(4)), 3.0, 96.0);
        // Beyond four standard deviations: 6.334e-5 of all.
        assert_mean(name, z.iter().map(|z| f64::from(u8::from(z.abs() > 4.0))), 6.334e-5, 6.334e-5);
        z.sort_unstable_by(f64::total_cmp);
        let count = z.len() as f64;
        let distance = |(i, z): (usize, &f64)| {
            let below = normal_cdf(*z);
            (below - i as f64 / count).abs().max(((i + 1) as f64 / count - below).abs())
        };
        let largest = z.iter().enumerate().step_by(7).map(distance).fold(0.0, f64::max);
        // Kolmogorov: P(√n D > 2.6) = 2 e^{−2·2.6²} = 3e-6.
        assert!(largest * count.sqrt() < 2.6, "{name}: {}", largest * count.sqrt());
    }
}

/// Products ξ ξ' of what must be independent have mean 0 and variance 1, products of squares mean 1 and variance 8:
/// 72 checks at 6e-7, so a correct program fails for about one seed in 20 000.
#[test]
fn particles_steps_purposes_tags_and_components_are_independent() {
    let backend = Backend::detect();
    for (dim, count) in [(1, 200_000), (2, 100_000), (160, 2_000)] {
        let z: Vec<f64> = draw(backend, brownian(), 0, count, 5, dim);
        let other = Key::new(SEED, Purpose::Start);
        let seed = Key::new(SEED + 1, Purpose::Brownian);
        let pairs: [(&str, Vec<f64>); 7] = [
            ("next step", draw(backend, brownian(), 0, count, 6, dim)),
            ("next group of steps", draw(backend, brownian(), 0, count, 5 + GROUP_STEPS, dim)),
            ("next particle", draw(backend, brownian(), 1, count, 5, dim)),
            ("particle far off", draw(backend, brownian(), 1 << 40, count, 5, dim)),
            ("purpose", draw(backend, other, 0, count, 5, dim)),
            ("seed", draw(backend, seed, 0, count, 5, dim)),
            ("tag", draw(backend, brownian().tagged(1), 0, count, 5, dim)),
        ];
        for (name, other) in &pairs {
            assert_mean(name, z.iter().zip(other).map(|(a, b)| a * b), 0.0, 1.0);
            assert_mean(name, z.iter().zip(other).map(|(a, b)| a * a * b * b), 1.0, 8.0);
        }
        for lag in [1, 2, 8, 16, 32] {
            assert_mean("lag", z.iter().zip(&z[lag..]).map(|(a, b)| a * b), 0.0, 1.0);
            assert_mean("lag", z.iter().zip(&z[lag..]).map(|(a, b)| a * a * b * b), 1.0, 8.5);
        }
    }
}
