//! The first-order response of a process to its noise: its exact moments, and that it is what the process does to first order.

use crate::support::law::assert_law;
use crate::support::nets::Tiny;
use sgd_sde::dynamics::{
    CovarianceSde, EulerMaruyama, LinearResponse, Minibatches, Process, ResponsePath, Sampling, Sgd,
    StepNoise,
};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::estimates::Moments;
use sgd_sde::numerics::{Activation, Backend, Loss};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{FiniteSum, Potential, TwoLayer};

const STEPS: u64 = 40;
const STEP: f64 = 0.1;
const SEED: u64 = 11;

fn net() -> TwoLayer {
    Tiny::new(Activation::Tanh, 1.0, Loss::Square, 12).potential(Backend::detect())
}

fn start(dim: usize) -> Vec<f64> {
    (0..dim).map(|k| 0.8 * (k as f64 + 1.0).cos()).collect()
}

type Claimed<'a> = (&'static str, Box<dyn Process + 'a>, StepNoise);

/// Every sort of noise with the covariance that is claimed for it.
fn noises(net: &TwoLayer) -> Vec<Claimed<'_>> {
    let [with, without] = [Sampling::WithReplacement, Sampling::WithoutReplacement];
    let batches = |sampling| Minibatches { s: STEP, batch: 3, sampling };
    let noise = |sampling| {
        StepNoise::Minibatches(STEP * STEP * batches(sampling).noise_share(net.samples()).unwrap())
    };
    let isotropic = StepNoise::Isotropic(STEP * STEP);
    vec![
        ("isotropic", Box::new(EulerMaruyama::new(net, STEP, STEP, SEED)), isotropic),
        ("sgd", Box::new(Sgd::new(net, STEP, 3, with, SEED)), noise(with)),
        ("sgd without replacement", Box::new(Sgd::new(net, STEP, 3, without, SEED)), noise(without)),
        ("covariance", Box::new(CovarianceSde::new(net, batches(without), STEP, 2, SEED)), noise(without)),
    ]
}

fn weights(ensemble: &Ensemble) -> Vec<Vec<f64>> {
    let blocks = ensemble.blocks().iter();
    blocks.flat_map(|block| block.weights.chunks_exact(block.dim).map(<[f64]>::to_vec)).collect()
}

fn responses(response: &LinearResponse, particles: u64) -> Vec<Vec<f64>> {
    let at_zero = Start::Points { weights: vec![0.0; response.potential().dim()] };
    let mut ensemble = Ensemble::new(response, &at_zero, particles, SEED);
    ensemble.advance(STEPS, &Threads::new(2).unwrap());
    weights(&ensemble)
}

/// Along fixed directions, E⟨v, U⟩ = 0 and E⟨v, U⟩² = ⟨v, Cv⟩. Power: 3 % of the variance, 0.02 standard deviations of the mean.
#[test]
fn the_response_has_the_moments_that_are_claimed() {
    let net = net();
    for (name, process, noise) in noises(&net) {
        let path = ResponsePath::new(&net, STEP, noise, &start(net.dim()), STEPS);
        let response = LinearResponse::new(process, &path);
        let found = responses(&response, 60_000);
        for which in 0..2 {
            let v: Vec<f64> =
                (0..net.dim()).map(|k| (1.3 * (k * (which + 1)) as f64 + which as f64).sin()).collect();
            let along = |u: &[f64]| u.iter().zip(&v).map(|(u, v)| u * v).sum::<f64>();
            let covariance = path.covariance(STEPS).chunks_exact(net.dim());
            let variance: f64 = covariance.zip(&v).map(|(row, v)| v * along(row)).sum();
            let check = |what: &str, of: &dyn Fn(f64) -> f64, want: f64, detect: f64| {
                let estimate = Moments::of(found.iter().map(|u| of(along(u)))).estimate().unwrap();
                let std_err = estimate.std_err.unwrap();
                assert_law(&format!("{name}: {what}"), estimate.value, want, std_err, detect);
            };
            check("mean", &|x| x, 0.0, 0.04 * variance.sqrt());
            check("variance", &|x| x * x, variance, 0.06 * variance);
        }
    }
}

/// With the same normals at a quarter of s, U falls by 2 and W − x − U by 4 (cubic terms: within a tenth).
#[test]
fn what_the_response_leaves_is_of_second_order() {
    let net = net();
    let left = |s: f64| {
        let process = || EulerMaruyama::new(&net, s, STEP, SEED);
        let noise = StepNoise::Isotropic(s * STEP);
        let path = ResponsePath::new(&net, STEP, noise, &start(net.dim()), STEPS);
        let response = LinearResponse::new(Box::new(process()), &path);
        let process = process();
        let from = Start::Points { weights: start(net.dim()) };
        let mut ensemble = Ensemble::new(&process, &from, 500, SEED);
        ensemble.advance(STEPS, &Threads::new(2).unwrap());
        let (mut first, mut second) = (0.0, 0.0);
        for (w, u) in weights(&ensemble).iter().zip(responses(&response, 500)) {
            for ((w, u), x) in w.iter().zip(u).zip(path.weights(STEPS)) {
                first += u * u;
                second += (w - x - u).powi(2);
            }
        }
        (first.sqrt(), second.sqrt())
    };
    let ((u, rest), (u_quarter, rest_quarter)) = (left(0.004), left(0.001));
    assert!((u / u_quarter - 2.0).abs() < 1e-9, "{u} {u_quarter}");
    assert!((rest / rest_quarter - 4.0).abs() < 0.4 && rest < 0.3 * u, "{rest} {rest_quarter} {u}");
}
