//! The sampler against laws that are known.

use super::*;
use crate::estimates::Estimate;
use crate::numerics::{Activation, Backend, Loss};
use crate::parallel::Threads;
use crate::problem::data::{LabelKind, Rows, Split};
use crate::problem::{DoubleWell, Potential, Precision, Quadratic, Quantity, TwoLayer, TwoLayerSettings};

/// Within five standard errors, which are below `detect`. A correct program fails it about once in 10⁵ (Student, 63 degrees
/// of freedom).
#[track_caller]
pub(super) fn assert_law(what: &str, got: Estimate, want: f64, detect: f64) {
    let error = got.std_err.expect("an error");
    println!("{what}: {} ± {error}, expected {want}", got.value);
    assert!(5.0 * error < detect, "{what}: no power: 5 s.e. = {} >= {detect}", 5.0 * error);
    assert!((got.value - want).abs() < 5.0 * error, "{what}: {} ± {error}, expected {want}", got.value);
}

fn threads() -> Threads {
    Threads::new(2).expect("two threads start")
}

fn sampled(potential: &dyn Potential, s: f64, settings: &GibbsSettings) -> GibbsSample {
    match sample_gibbs(potential, s, settings, &[], &threads(), &mut |_| {}) {
        Reference::Passed(sample) => sample,
        Reference::Failed(failed) => {
            println!("{:?}", failed.despite_failure().rungs);
            panic!("{:?}", failed.reasons(20))
        }
    }
}

#[test]
fn quadratics_have_their_gaussian_law() {
    for dim in [1, 10, 160] {
        let eigenvalues: Vec<f64> = (0..dim).map(|k| 0.2 + 2.0 * k as f64 / dim as f64).collect();
        let potential = Quadratic::new(eigenvalues.clone());
        let settings = GibbsSettings {
            seed: dim as u64,
            relative_error: Some(0.01),
            exact_when_known: false,
            ..GibbsSettings::default()
        };
        let (s, d) = (0.3, dim as f64);
        let sample = sampled(&potential, s, &settings);
        println!("{:?}, {} draws, {} gradients", sample.rungs, sample.len(), sample.gradients);
        assert_law("E L", sample.expectation(Quantity::Risk).unwrap(), d * s / 4.0, 0.06 * d * s / 4.0);
        // L̃ is s/4 times a chi-squared number with D degrees of freedom.
        let variance = d * s * s / 8.0;
        assert_law("Var L", sample.variance(Quantity::Risk).unwrap(), variance, 0.3 * variance);
        let norm: f64 = eigenvalues.iter().map(|theta| s / (2.0 * theta)).sum();
        assert_law("E |w|^2", sample.expectation(Quantity::SquaredNorm).unwrap(), norm, 0.1 * norm);
        let last = s / (2.0 * eigenvalues[dim - 1]);
        assert_law("Var w_D", sample.expect(|w| w[dim - 1] * w[dim - 1]).unwrap(), last, 0.25 * last);
        assert_eq!(sample.draws.len() % (dim * sample.chains), 0);
        assert!(sample.draws.len() <= 4096 * dim && sample.draws.len() >= 1024 * dim);
    }
}

#[test]
fn known_gaussians_are_drawn_without_chains() {
    let potential = Quadratic::new(vec![0.5, 2.0]);
    let sample = sampled(&potential, 0.1, &GibbsSettings::default());
    assert!(sample.rungs.is_empty() && sample.gradients == 0);
    assert_law("E L", sample.expectation(Quantity::Risk).unwrap(), 0.05, 0.0015);
    assert_law("E w_0^2", sample.expect(|w| w[0] * w[0]).unwrap(), 0.1, 0.02);
}

/// E_μ L̃ of the double well, found independently on a grid of 20 001 points.
#[test]
fn the_double_well_has_its_gibbs_risk() {
    for (s, want) in [(0.4, 0.0922762), (0.1, 0.0282915)] {
        let settings = GibbsSettings { seed: 3, relative_error: Some(0.003), ..GibbsSettings::default() };
        let sample = sampled(&DoubleWell, s, &settings);
        println!("s = {s}: {:?}, {} draws, {} gradients", sample.rungs, sample.len(), sample.gradients);
        assert_eq!(sample.minima.len(), 2);
        assert_law("E L", sample.expectation(Quantity::Risk).unwrap(), want, 0.02 * want);
        assert_law("P(x > 0)", sample.expect(|w| f64::from(u8::from(w[0] > 0.0))).unwrap(), 0.5, 0.1);
    }
}

/// A net of one hidden unit and two inputs.
pub(super) fn two_weights(activation: Activation, loss: Loss) -> TwoLayer {
    let wave = |i: usize, f: f64| (f * (i as f64 + 1.0)).sin();
    let rows = 12;
    let inputs: Vec<f64> = (0..rows).flat_map(|i| [wave(i, 1.7), wave(i, 0.9)]).collect();
    let labels: Vec<f64> =
        (0..rows).map(|i| if wave(i, 1.7) + 0.3 * wave(i, 2.3) > 0.0 { 1.0 } else { -1.0 }).collect();
    let train = Rows { inputs, labels, dim: 2 };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: 2 };
    let split = Split { train_indices: (0..rows).collect(), test_indices: Vec::new(), train, test };
    let settings = TwoLayerSettings {
        activation,
        beta: 1.0,
        loss,
        outer: vec![1.3],
        lambda: 0.1,
        backend: Backend::detect(),
        precision: Precision::F64,
    };
    TwoLayer::new(settings, split, LabelKind::Signs)
}

/// E_μ L̃ by the midpoint rule, which is exact to rounding for smooth integrands that vanish at the border.
pub(super) fn quadrature(potential: &dyn Potential, s: f64, half_width: f64, points: usize) -> f64 {
    let mut scratch = potential.scratch();
    let at = |k: usize| half_width * (2.0 * (k as f64 + 0.5) / points as f64 - 1.0);
    let (mut mass, mut first, mut gradient) = (0.0, 0.0, [0.0; 2]);
    for i in 0..points {
        for j in 0..points {
            let value = potential.value_gradient(&[at(i), at(j)], &mut gradient, &mut scratch);
            let weight = (-2.0 * value / s).exp();
            mass += weight;
            first += weight * value;
        }
    }
    first / mass
}

#[test]
fn two_weight_nets_have_the_gibbs_risk_of_a_fine_grid() {
    for (k, activation) in
        [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus].into_iter().enumerate()
    {
        let net = two_weights(activation, [Loss::Logistic, Loss::Square][k % 2]);
        let s = 0.2;
        let (want, coarse) = (quadrature(&net, s, 9.0, 360), quadrature(&net, s, 9.0, 240));
        assert!((want - coarse).abs() < 1e-9, "the grid is fine enough: {want}, {coarse}");
        let settings = GibbsSettings { seed: 11, relative_error: Some(0.002), ..GibbsSettings::default() };
        let outputs = net_outputs(&net, 3);
        let Reference::Passed(sample) = sample_gibbs(&net, s, &settings, &outputs, &threads(), &mut |_| {})
        else {
            panic!("{activation:?} fails")
        };
        println!("{:?}, {} draws, {} gradients", sample.rungs, sample.len(), sample.gradients);
        assert_law("E L", sample.expectation(Quantity::Risk).unwrap(), want, 0.0101 * want);
        assert!(sample.observable("output 4").unwrap().std_err.is_some());
        assert!(sample.observable("output 5").is_none());
    }
}

#[test]
fn threads_change_no_bit() {
    for tempering in [Tempering::Never, Tempering::Always] {
        let net = two_weights(Activation::Tanh, Loss::Logistic);
        let settings = GibbsSettings {
            seed: 2,
            budget: Some(400_000),
            points: vec![0.5, 0.5, -0.5, 0.5],
            tempering,
            ..GibbsSettings::default()
        };
        let of = |count: usize| {
            let threads = Threads::new(count).unwrap();
            let mut last = 0.0;
            let reference = sample_gibbs(&net, 0.2, &settings, &[], &threads, &mut |share| {
                assert!(share >= last && share <= 1.0, "{share} after {last}");
                last = share;
            });
            assert_eq!(last, 1.0);
            match reference {
                Reference::Passed(sample) => sample,
                Reference::Failed(failed) => failed.despite_failure().clone(),
            }
        };
        let (one, three) = (of(1), of(3));
        assert_eq!(one.draws, three.draws);
        assert_eq!(one.chain_means(Quantity::Risk), three.chain_means(Quantity::Risk));
        assert_eq!((one.gate.clone(), one.gradients), (three.gate.clone(), three.gradients));
        assert_eq!(one.rungs.len() > 1, tempering == Tempering::Always);
        assert!(one.gradients < 450_000 && one.rungs == three.rungs);
    }
}

#[test]
fn a_budget_below_the_warm_up_is_a_failure_with_its_reason() {
    let settings = GibbsSettings { budget: Some(1000), ..GibbsSettings::default() };
    let Reference::Failed(failed) = sample_gibbs(&DoubleWell, 0.1, &settings, &[], &threads(), &mut |_| {})
    else {
        panic!("nothing was sampled")
    };
    assert!(failed.reasons(3)[0].starts_with("gradients that the budget allows = 1000"));
    let sample = failed.despite_failure();
    assert!(sample.is_empty() && sample.draws.is_empty());
    assert!(sample.expectation(Quantity::Risk).is_none() && sample.expect(|w| w[0]).is_none());
}
