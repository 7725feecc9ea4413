//! Gradient, Hessian-vector product and Laplacian of every potential against central differences, and far out.

use crate::checks::derivatives;
use crate::support::law::{all_near, near, passes};
use crate::support::nets::{ACTIVATIONS, BETAS, LOSSES, Tiny, to_particle, to_rows};
use sgd_sde::numerics::{Activation, Backend, Loss};
use sgd_sde::problem::{Attack, AttackSign, DoubleWell, Potential, Quadratic, Quantity, ReluGate, Scratch};

/// A user's own potential: only what the trait demands.
struct Own;

impl Potential for Own {
    fn dim(&self) -> usize {
        3
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        let bend = w[1] - 0.5 * w[0] * w[0];
        gradient[0] = w[0].powi(3) - 4.0 * bend * w[0];
        gradient[1] = 4.0 * bend;
        gradient[2] = w[2].cos() + w[2];
        0.25 * w[0].powi(4) + 2.0 * bend * bend + w[2].sin() + 0.5 * w[2] * w[2]
    }
}

#[test]
fn every_potential_agrees_with_central_differences() {
    passes(derivatives(&Quadratic::new(vec![0.5, 2.0, 7.0]), &[1.0, -0.3, 0.2], 1e-8));
    passes(derivatives(&DoubleWell, &[0.7], 1e-8));
    passes(derivatives(&DoubleWell, &[-1.9], 1e-8));
    let attack = Attack { probability: 0.5, size: 2.0, sign: AttackSign::Up };
    passes(derivatives(&ReluGate::new(vec![1.0, -2.0, 0.5], attack), &[0.4, 0.3, -1.0], 1e-6));
    // The defaults of the trait difference the gradient.
    passes(derivatives(&Own, &[0.8, -0.6, 1.4], 1e-6));
    for backend in Backend::ALL.into_iter().filter(|b| b.is_available()) {
        for (activation, loss) in ACTIVATIONS.into_iter().flat_map(|a| LOSSES.map(|l| (a, l))) {
            for beta in BETAS {
                let net = Tiny::new(activation, beta, loss, 7).potential(backend);
                let check = derivatives(&net, &to_particle(&Tiny::point(), 3), 1e-8);
                passes(check.map_err(|e| format!("{backend} {activation:?} {loss:?} {beta}: {e}")));
            }
        }
    }
}

/// The gradient of the crate against the test's own formulas.
#[test]
fn gradients_are_those_of_the_formulas() {
    for (activation, loss) in ACTIVATIONS.into_iter().flat_map(|a| LOSSES.map(|l| (a, l))) {
        for beta in BETAS {
            let tiny = Tiny::new(activation, beta, loss, 7);
            let net = tiny.potential(Backend::detect());
            let mut gradient = vec![0.0; 6];
            net.value_gradient(&to_particle(&Tiny::point(), 3), &mut gradient, &mut net.scratch());
            let want = tiny.gradient(&Tiny::point());
            passes(all_near("gradient", &to_rows(&gradient, 3), &want, 1e-13));
        }
    }
}

/// All quantities of a block agree with one particle at a time.
#[test]
fn readings_of_a_block_are_those_of_its_particles() {
    let tiny = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[0], 7);
    let net = tiny.potential(Backend::detect());
    let count = 21;
    let particle =
        |i: usize| to_particle(&Tiny::point(), 3).iter().map(|w| w + 0.1 * i as f64).collect::<Vec<_>>();
    let weights: Vec<f64> = (0..count).flat_map(particle).collect();
    let wanted = [
        Quantity::Risk,
        Quantity::Virial,
        Quantity::GradientNorm,
        Quantity::SquaredGradientNorm,
        Quantity::Laplacian,
    ];
    let (mut readings, mut gradient) = (vec![[f64::NAN; Quantity::COUNT]; count], vec![0.0; weights.len()]);
    let mut scratch = net.scratch();
    net.block_readings(&weights, &wanted, &mut readings, &mut gradient, &mut scratch);
    for (i, reading) in readings.iter().enumerate() {
        let (w, mut g) = (particle(i), vec![0.0; 6]);
        let value = net.value_gradient(&w, &mut g, &mut scratch);
        let virial: f64 = w.iter().zip(&g).map(|(w, g)| w * g).sum();
        let norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        let want = [value, virial, norm, norm * norm, net.laplacian(&w, &mut scratch)];
        passes(all_near("readings", &wanted.map(|q| reading[q as usize]), &want, 1e-12));
    }
}

/// σ and σ' far out, where e^z is no number any more.
fn limit(activation: Activation, z: f64) -> (f64, f64) {
    let up = f64::from(u8::from(z > 0.0));
    match activation {
        Activation::Sigmoid => (up, 0.0),
        Activation::Tanh => (z.signum(), 0.0),
        Activation::SoftPlus => (z * up, up),
    }
}

/// One row, pre-activations 10⁴ or −10⁴: value and gradient are the limits of the formulas.
#[test]
fn values_and_gradients_are_right_at_pre_activations_of_ten_thousand() {
    for (activation, loss) in ACTIVATIONS.into_iter().flat_map(|a| LOSSES.map(|l| (a, l))) {
        for (side, beta, backend) in [(1e4, 1.0, Backend::Portable), (-1e4, 4.0, Backend::detect())] {
            let mut tiny = Tiny::new(activation, beta, loss, 1);
            (tiny.rows, tiny.labels, tiny.lambda) = (vec![[1.0, 0.0]], vec![-1.0], 1e-9);
            let net = tiny.potential(backend);
            let w = [side, 2.0, -side, 3.0, side, 1.0];
            let units = [side, -side, side].map(|z| limit(activation, z));
            let f: f64 = units.iter().zip(&tiny.outer).map(|(u, a)| a * u.0).sum();
            let (value, slope) = match loss {
                Loss::Logistic => (f.max(0.0) + (-f.abs()).exp().ln_1p(), 1.0 / (1.0 + (-f).exp())),
                Loss::Square => (0.5 * (f + 1.0).powi(2), f + 1.0),
            };
            let squares: f64 = w.iter().map(|w| w * w).sum();
            let want: Vec<f64> = (0..6)
                .map(|at| {
                    let (j, x) = (at / 2, tiny.rows[0][at % 2]);
                    slope * tiny.outer[j] * units[j].1 * x + tiny.lambda * w[at]
                })
                .collect();
            let mut gradient = vec![0.0; 6];
            let mut scratch = net.scratch();
            let particle = to_particle(&w, 3);
            let got = net.value_gradient(&particle, &mut gradient, &mut scratch);
            let what = format!("{activation:?} {loss:?} {side}");
            passes(near(&what, got, value + 0.5 * tiny.lambda * squares, 1e-11));
            passes(all_near(&what, &to_rows(&gradient, 3), &want, 1e-11));
            assert!(net.laplacian(&particle, &mut scratch).is_finite(), "{what}");
        }
    }
}
