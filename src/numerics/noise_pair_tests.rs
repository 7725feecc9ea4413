//! Laws of the normals where the method could spoil them: the two outputs of Box and Muller, the lanes of a chunk, the
//! components of small particles, long series of steps. Seeds are fixed; error rates are those of a correct program
//! with another seed.

use super::tests::{assert_mean, brownian, draw, normal_cdf};
use super::*;

fn wide<T: Real>(z: Vec<T>) -> Vec<f64> {
    z.into_iter().map(Real::to_f64).collect()
}

/// About `total` normals of step 3 in the forms there are: streams of their own (dim 16, 160) and shared ones.
fn samples<T: Real>(total: usize) -> Vec<(String, usize, Vec<f64>)> {
    [1, 2, 3, 16, 160]
        .into_iter()
        .map(|dim| {
            let count = (total / dim).next_multiple_of(GROUP_PARTICLES as usize);
            let z = draw::<T>(Backend::detect(), brownian().tagged(7), 0, count, 3, dim);
            (format!("{} dim {dim}", T::NAME), dim, wide(z))
        })
        .collect()
}

fn all_samples(total: usize) -> Vec<(String, usize, Vec<f64>)> {
    let mut all = samples::<f64>(total);
    all.append(&mut samples::<f32>(total));
    all
}

/// √n times the largest distance between `values` and a law: P(above 2.6) = 3e-6 (Kolmogorov).
fn kolmogorov(mut values: Vec<f64>, law: impl Fn(f64) -> f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len() as f64;
    let distance = |(i, x): (usize, &f64)| {
        let below = law(*x);
        (below - i as f64 / count).abs().max((below - (i + 1) as f64 / count).abs())
    };
    values.iter().enumerate().map(distance).fold(0.0, f64::max) * count.sqrt()
}

/// 5 moments and a distance for every component of 5 forms in 2 precisions (not of dim 16 and 160, which are taken
/// together): 80 checks at 6e-7 and 16 at 3e-6, so that 1 correct program in 10 000 fails.
#[test]
fn every_component_is_standard_normal() {
    for (name, dim, z) in all_samples(400_000) {
        let stride = if dim < OWN_STREAM_FROM { dim } else { 1 };
        for component in 0..stride {
            let part: Vec<f64> = z.iter().skip(component).step_by(stride).copied().collect();
            let name = format!("{name} component {component}");
            let moment = |power| part.iter().map(move |z: &f64| z.powi(power));
            assert_mean(&name, moment(1), 0.0, 1.0);
            assert_mean(&name, moment(2), 1.0, 2.0);
            assert_mean(&name, moment(3), 0.0, 15.0);
            assert_mean(&name, moment(4), 3.0, 96.0);
            // Beyond three standard deviations: 2.6998e-3 of all.
            let far = part.iter().map(|z| f64::from(u8::from(z.abs() > 3.0)));
            assert_mean(&name, far, 2.6998e-3, 2.6925e-3);
            let distance = kolmogorov(part, normal_cdf);
            assert!(distance < 2.6, "{name}: {distance}");
        }
    }
}

/// Both outputs of a pair of words: the angle is uniform, e^{−r²/2} too, and they are independent (Pearson's χ² of 16 × 32
/// cells below 511 + 5.5·√1022: 1e-7 by the gamma law). 10 × (2 × 3e-6 + 1e-7): 1 correct program in 15 000 fails.
#[test]
fn the_two_outputs_of_a_pair_are_a_point_of_the_plane() {
    for (name, _, z) in all_samples(1_000_000) {
        let (mut angles, mut radii, mut cells) = (Vec::new(), Vec::new(), vec![0u32; 512]);
        for chunk in z.as_chunks::<CHUNK>().0 {
            for (a, b) in chunk[..CHUNK / 2].iter().zip(&chunk[CHUNK / 2..]) {
                let angle = (b.atan2(*a) / std::f64::consts::TAU).rem_euclid(1.0);
                let radius = (-0.5 * (a * a + b * b)).exp();
                let cell = |x: f64, cells: usize| ((x * cells as f64) as usize).min(cells - 1);
                cells[cell(radius, 16) * 32 + cell(angle, 32)] += 1;
                angles.push(angle);
                radii.push(radius);
            }
        }
        let expected = angles.len() as f64 / cells.len() as f64;
        let chi: f64 = cells.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        assert!((chi - 511.0).abs() < 5.5 * 1022f64.sqrt(), "{name}: {chi}");
        for (what, values) in [("angle", angles), ("radius", radii)] {
            let distance = kolmogorov(values, |x| x.clamp(0.0, 1.0));
            assert!(distance < 2.6, "{name} {what}: {distance}");
        }
    }
}

/// Every two places of a chunk, hence every two lanes and both outputs: 496 pairs, products of numbers (6e-7 each) and of
/// squares (1.2e-6 each: their means over 20 000 chunks are still skew). 9e-4 for each form and precision.
#[test]
fn the_places_of_a_chunk_are_independent() {
    for (name, _, z) in all_samples(640_000) {
        let chunks = z.as_chunks::<CHUNK>().0;
        for i in 0..CHUNK {
            for j in 0..i {
                let products = || chunks.iter().map(move |chunk| chunk[i] * chunk[j]);
                let name = format!("{name} places {i} {j}");
                assert_mean(&name, products(), 0.0, 1.0);
                assert_mean(&name, products().map(|p| p * p), 1.0, 8.0);
            }
        }
    }
}

/// The path of a particle: 6 lags of steps, for numbers and squares, in 3 forms, 2 precisions: 72 checks at 6e-7, and the
/// variance of sums of 64 steps, 6 checks at 6e-7: 1 correct program in 20 000 fails.
#[test]
fn steps_are_independent() {
    fn check<T: Real>(dim: usize) {
        const STEPS: usize = 4096;
        let count = 128 / dim;
        let mut source = NormalSource::new(Backend::detect());
        let mut path = vec![vec![T::default(); count * dim]; STEPS];
        for (step, normals) in (1000..).zip(&mut path) {
            source.fill(brownian(), 40, count, step, dim, normals);
        }
        let path: Vec<Vec<f64>> = path.into_iter().map(wide).collect();
        for lag in [1, 2, 15, 16, 17, 64] {
            let pairs = || path.iter().zip(&path[lag..]).flat_map(|(a, b)| a.iter().zip(b));
            let name = format!("{} dim {dim} lag {lag}", T::NAME);
            assert_mean(&name, pairs().map(|(a, b)| a * b), 0.0, 1.0);
            assert_mean(&name, pairs().map(|(a, b)| (a * a - 1.0) * (b * b - 1.0)), 0.0, 4.0);
        }
        let sums = path.chunks(64).flat_map(|steps| {
            (0..count * dim).map(|k| steps.iter().map(|normals| normals[k]).sum::<f64>() / 8.0)
        });
        assert_mean("sums of 64 steps", sums.map(|sum| sum * sum), 1.0, 2.0);
    }
    for dim in [1, 2, 64] {
        check::<f64>(dim);
        check::<f32>(dim);
    }
}
