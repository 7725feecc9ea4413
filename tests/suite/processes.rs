//! Exact facts of the processes besides SGD and Euler–Maruyama: what a step does for given noise, without statistics.

use crate::support::law::{Check, all_near, fires, near, passes};
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny, to_particle};
use sgd_sde::dynamics::{
    Block, CovarianceSde, EulerMaruyama, GradientFlow, Heun, Minibatches, Process, Sampling, SecondOrderSde,
    Sgd, Svag,
};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{FiniteSum, Potential, Quadratic, TwoLayer};

const INDEPENDENT: [Sampling; 2] = [Sampling::WithReplacement, Sampling::WithoutReplacement];

fn block_at(w: &[f64], count: usize) -> Block {
    Block { first: 0, dim: w.len(), weights: w.repeat(count), extra: Vec::new() }
}

/// Steps `0..steps` of `count` particles at `w`.
fn after(process: &dyn Process, w: &[f64], count: usize, steps: u64) -> Vec<f64> {
    let mut block = block_at(w, count);
    let mut work = process.work(count);
    process.advance(&mut block, 0, steps, &mut work);
    block.weights
}

/// One step of one particle with the given normals.
fn step_with(process: &dyn Process, w: &[f64], normals: &[f64]) -> Vec<f64> {
    let mut block = block_at(w, 1);
    let mut work = process.work(1);
    work.noise.normals.copy_from_slice(normals);
    process.step(&mut block, 0, &work.noise, &mut work.gradient, &mut work.scratch);
    block.weights
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Σ_k v_k v_kᵀ, row by row.
fn second_moment(vectors: &[Vec<f64>]) -> Vec<f64> {
    let dim = vectors[0].len();
    let entry = |i: usize, j: usize| vectors.iter().map(|v| v[i] * v[j]).sum::<f64>();
    (0..dim * dim).map(|k| entry(k / dim, k % dim)).collect()
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

fn available() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

fn net(rows: usize, backend: Backend) -> TwoLayer {
    Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[1], rows).potential(backend)
}

fn particle() -> Vec<f64> {
    to_particle(&Tiny::point(), 3)
}

/// A step multiplies each weight by 1 − z + z²/2 − z³/6 + z⁴/24, z = hθ, and the flow at t = 1 is e^{−θ} to fourth order.
#[test]
fn gradient_flow_is_the_exponential_series_on_a_quadratic() {
    let (theta, start, dt) = ([0.5, 1.0, 3.0], [1.0, -2.0, 0.5], 0.05);
    let got = after(&GradientFlow::new(&Quadratic::new(theta.to_vec()), dt), &start, 3, 20);
    let series = |z: f64| 1.0 - z + z * z / 2.0 - z.powi(3) / 6.0 + z.powi(4) / 24.0;
    let want: Vec<f64> = theta.iter().zip(start).map(|(t, w)| series(dt * t).powi(20) * w).collect();
    passes(all_near("after 20 steps", &got, &want.repeat(3), 1e-13));
    for ((got, theta), start) in got.iter().zip(theta).zip(start) {
        passes(near("the flow at 1", *got, start * (-theta).exp(), 1e-5));
    }
}

/// w ← (1 − z + z²/2) w + √(s h)(1 − z/2) ξ on a quadratic, on the noise of Euler and Maruyama.
#[test]
fn heun_is_its_own_recursion_on_a_quadratic_on_the_path_of_euler_and_maruyama() {
    let (theta, start, s, dt) = ([0.5, 1.0, 3.0], [1.0, -2.0, 0.5], 0.3, 0.1);
    let potential = Quadratic::new(theta.to_vec());
    let (heun, euler) =
        (Heun::new(&potential, s, dt, 3, 5), EulerMaruyama::on_refined_path(&potential, s, dt, 3, 5));
    let (mut a, mut b) = (heun.noise(4), euler.noise(4));
    for step in [0, 7] {
        heun.draw(&block_at(&start, 4), step, &mut a);
        euler.draw(&block_at(&start, 4), step, &mut b);
        assert_eq!(bits(&a.normals), bits(&b.normals));
    }
    let normals = &a.normals[..3];
    let want: Vec<f64> = (0..3)
        .map(|k| {
            let z = dt * theta[k];
            (1.0 - z + 0.5 * z * z) * start[k] + (s * dt).sqrt() * (1.0 - 0.5 * z) * normals[k]
        })
        .collect();
    passes(all_near("a step", &step_with(&heun, &start, normals), &want, 1e-14));
}

/// The covariance of −s ∇L_B over all equally likely batches of 3 of 8 rows.
fn enumerated(net: &TwoLayer, s: f64, sampling: Sampling) -> Vec<f64> {
    let all = (0..512_u32).map(|k| [k / 64, k / 8 % 8, k % 8]);
    let different = |b: &[u32; 3]| b[0] != b[1] && b[1] != b[2] && b[0] != b[2];
    let batches: Vec<[u32; 3]> =
        all.filter(|b| sampling == Sampling::WithReplacement || different(b)).collect();
    let (w, mut scratch) = (particle(), net.scratch());
    let mut full = vec![0.0; w.len()];
    net.block_gradient(&w, &mut full, &mut scratch);
    let weight = 1.0 / (batches.len() as f64).sqrt();
    let mut deviation = |batch: &[u32; 3]| {
        let mut gradient = vec![0.0; w.len()];
        net.minibatch_gradient(&w, batch, &mut gradient, &mut scratch);
        minus(&gradient, &full).iter().map(|d| weight * s * d).collect()
    };
    let moments: Vec<Vec<f64>> = batches.iter().map(&mut deviation).collect();
    second_moment(&moments)
}

/// A step is linear in its normals, so its exact covariance is Σ_i d_i d_iᵀ with d_i its answer to the i-th unit vector.
/// Times s/h it is that of one step of SGD.
fn covariance_is_sgds(net: &TwoLayer, s: f64, dt: f64, (modelled, true_one): (Sampling, Sampling)) -> Check {
    let batches = Minibatches { s, batch: 3, sampling: modelled };
    let sde = CovarianceSde::new(net, batches, dt, 1, 4);
    let w = particle();
    let still = step_with(&sde, &w, &[0.0; 8]);
    let answers: Vec<Vec<f64>> = (0..8)
        .map(|i| {
            let mut unit = [0.0; 8];
            unit[i] = (s / dt).sqrt();
            minus(&step_with(&sde, &w, &unit), &still)
        })
        .collect();
    let (got, want) = (second_moment(&answers), enumerated(net, s, true_one));
    let size = want.iter().fold(0.0, |size: f64, x| size.max(x.abs()));
    assert!(size > 1e-5, "there is noise to compare: {size}");
    let scaled = |numbers: &[f64]| numbers.iter().map(|x| x / size).collect::<Vec<_>>();
    all_near("covariance", &scaled(&got), &scaled(&want), 1e-10)
}

#[test]
fn the_covariance_sde_has_the_enumerated_covariance_of_sgd() {
    for backend in available() {
        let net = net(8, backend);
        for sampling in INDEPENDENT {
            for dt in [0.1, 0.0125] {
                passes(covariance_is_sgds(&net, 0.1, dt, (sampling, sampling)));
            }
        }
        // Without the factor (n − b)/(n − 1) the two samplings are told apart.
        fires(covariance_is_sgds(&net, 0.1, 0.1, (INDEPENDENT[0], INDEPENDENT[1])));
    }
}

/// E W_{t+h} − W_t = −h∇L̃: the noise is odd in the normals, and without it the step is gradient descent bit for bit.
#[test]
fn without_its_noise_the_covariance_sde_is_gradient_descent_bit_for_bit() {
    for backend in available() {
        let (net, w) = (net(11, backend), particle());
        let sde = |s: f64| {
            let batches = Minibatches { s, batch: 2, sampling: Sampling::WithReplacement };
            CovarianceSde::new(&net, batches, 0.07, 1, 4).with_backend(backend)
        };
        let descent = EulerMaruyama::new(&net, 0.0, 0.07, 4).with_backend(backend);
        assert_eq!(bits(&after(&sde(0.0), &w, 5, 60)), bits(&after(&descent, &w, 5, 60)));
        let still = step_with(&sde(0.3), &w, &[0.0; 11]);
        assert_eq!(bits(&still), bits(&after(&descent, &w, 1, 1)));
        let normals: Vec<f64> = (0..11).map(|i| (f64::from(i) * 1.3).sin()).collect();
        let opposite: Vec<f64> = normals.iter().map(|g| -g).collect();
        let (there, back) = (step_with(&sde(0.3), &w, &normals), step_with(&sde(0.3), &w, &opposite));
        let mean: Vec<f64> = there.iter().zip(&back).map(|(a, b)| 0.5 * (a + b)).collect();
        assert!(all_near("noise", &there, &still, 1e-3).is_err());
        passes(all_near("mean", &mean, &still, 1e-14));
    }
}

/// The coarse g_i are the sums of the fine ones, and both SDEs with the noise of minibatches walk on them.
#[test]
fn models_of_sgd_share_the_path_of_the_rows() {
    let net = net(20, Backend::detect());
    let batches = Minibatches { s: 0.2, batch: 3, sampling: Sampling::WithReplacement };
    let block = block_at(&particle(), 7);
    let drawn = |process: &dyn Process, step: u64| {
        let mut noise = process.noise(7);
        process.draw(&block, step, &mut noise);
        noise.normals
    };
    let coarse = CovarianceSde::new(&net, batches, 0.2, 4, 9);
    let (fine, other) = (CovarianceSde::new(&net, batches, 0.05, 1, 9), 0.2);
    let sum = (8..12)
        .map(|step| drawn(&fine, step))
        .fold(vec![0.0; 140], |sum, g| sum.iter().zip(g).map(|(sum, g)| sum + 0.5 * g).collect());
    passes(all_near("coarse", &drawn(&coarse, 2), &sum, 1e-13));
    let second = SecondOrderSde::new(&net, batches, other, 4, 9);
    assert_eq!(bits(&drawn(&second, 2)), bits(&drawn(&coarse, 2)));
}

/// Without noise a step is Heun's on ∇(L̃ + (s/4)‖∇L̃‖²), whose gradient is taken here by central differences of the value.
#[test]
fn the_second_order_sde_descends_the_modified_risk() {
    let (net, w, s, dt) = (net(9, Backend::detect()), particle(), 0.4, 0.2);
    let mut scratch = net.scratch();
    let mut modified = |w: &[f64]| {
        let mut gradient = vec![0.0; 6];
        let value = net.value_gradient(w, &mut gradient, &mut scratch);
        value + 0.25 * s * gradient.iter().map(|g| g * g).sum::<f64>()
    };
    let mut slope = |w: &[f64]| -> Vec<f64> {
        let five = |k: usize, modified: &mut dyn FnMut(&[f64]) -> f64| {
            let mut at = |shift: f64| {
                let mut moved = w.to_vec();
                moved[k] += shift * 1e-3;
                modified(&moved)
            };
            (at(-2.0) - 8.0 * at(-1.0) + 8.0 * at(1.0) - at(2.0)) / 12e-3
        };
        (0..6).map(|k| five(k, &mut modified)).collect()
    };
    let first = slope(&w);
    let ahead: Vec<f64> = w.iter().zip(&first).map(|(w, b)| w - dt * b).collect();
    let second = slope(&ahead);
    let want: Vec<f64> = (0..6).map(|k| w[k] - 0.5 * dt * (first[k] + second[k])).collect();
    let batches = Minibatches { s, batch: 2, sampling: Sampling::WithoutReplacement };
    let sde = SecondOrderSde::new(&net, batches, dt, 1, 3);
    passes(all_near("a step", &step_with(&sde, &w, &[0.0; 9]), &want, 1e-9));
    // Without the correction, or with twice as much of it, the step is another one.
    let plain = Heun::new(&net, 0.0, dt, 1, 3);
    fires(all_near("a step", &after(&plain, &w, 1, 1), &want, 1e-4));
}

#[test]
fn svag_with_l_one_is_sgd_bit_for_bit() {
    for backend in available() {
        for sampling in INDEPENDENT {
            let (net, w) = (net(11, backend), particle());
            let batches = Minibatches { s: 0.1, batch: 4, sampling };
            let svag = Svag::new(&net, batches, 1, 7).with_backend(backend);
            let sgd = Sgd::new(&net, 0.1, 4, sampling, 7).with_backend(backend);
            assert_eq!(bits(&after(&svag, &w, 9, 80)), bits(&after(&sgd, &w, 9, 80)));
            assert_eq!(svag.step_length().to_bits(), sgd.step_length().to_bits());
            let other = Svag::new(&net, batches, 1, 8).with_backend(backend);
            assert_ne!(bits(&after(&other, &w, 9, 80)), bits(&after(&sgd, &w, 9, 80)));
        }
    }
}

/// All pairs of batches of one of four rows: mean −(s/l)∇L̃ and, in l steps, the covariance s²Σ/b of one step of SGD.
#[test]
fn svag_has_the_mean_and_the_covariance_of_sgd_for_every_l() {
    let (net, w, s) = (net(4, Backend::detect()), particle(), 0.2);
    for l in [1, 2, 5, 64] {
        let batches = Minibatches { s, batch: 1, sampling: Sampling::WithReplacement };
        let svag = Svag::new(&net, batches, l, 7);
        let ends: Vec<Vec<f64>> = (0..16)
            .map(|pair| {
                let mut block = block_at(&w, 1);
                let mut work = svag.work(1);
                work.noise.batch.copy_from_slice(&[pair / 4, pair % 4]);
                svag.step(&mut block, 0, &work.noise, &mut work.gradient, &mut work.scratch);
                block.weights
            })
            .collect();
        let step = svag.step_length();
        let (mut full, mut scratch) = (vec![0.0; 6], net.scratch());
        net.block_gradient(&w, &mut full, &mut scratch);
        let mean: Vec<f64> = (0..6).map(|k| ends.iter().map(|e| e[k]).sum::<f64>() / 16.0).collect();
        let want: Vec<f64> = w.iter().zip(&full).map(|(w, g)| w - step * g).collect();
        passes(all_near("mean", &mean, &want, 1e-13));
        let rows: Vec<Vec<f64>> = (0..4)
            .map(|row| {
                let mut gradient = vec![0.0; 6];
                net.minibatch_gradient(&w, &[row], &mut gradient, &mut scratch);
                minus(&gradient, &full).iter().map(|d| 0.5 * s * d).collect()
            })
            .collect();
        let scale = (f64::from(l) / 16.0).sqrt();
        let moved: Vec<Vec<f64>> =
            ends.iter().map(|e| minus(e, &mean).iter().map(|d| scale * d).collect()).collect();
        passes(all_near("covariance", &second_moment(&moved), &second_moment(&rows), 1e-12));
    }
}

/// Steps are decimals where s/l is one, so that a clock finds common multiples.
#[test]
fn steps_of_svag_are_decimals_where_they_can_be() {
    assert_eq!([Svag::step_of(0.3, 3), Svag::step_of(0.7, 7), Svag::step_of(0.01, 8)], [0.1, 0.1, 0.00125]);
    let third = 1.0 / 3.0;
    assert_eq!(Svag::step_of(third, 1), third);
}
