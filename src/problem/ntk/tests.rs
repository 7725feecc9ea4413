//! Both problems: gradients against differences, means over samples against the population's, the start.

use super::*;
use crate::numerics::{Backend, NormalSource};
use crate::problem::{Fresh, Oracle, Potential};
use crate::random::{Key, Purpose};

fn task(activation: NtkActivation) -> CircleTask {
    CircleTask::new(CircleSettings {
        activation,
        modes: 6,
        regularity: 0.5,
        margin: 0.2,
        noise: 0.3,
        seed: 4,
    })
}

fn point(dim: usize) -> Vec<f64> {
    (0..dim).map(|i| ((i * i) as f64 * 0.7 + 0.3).sin()).collect()
}

fn differences_agree(potential: &dyn Potential, allowed: f64) {
    let (w, mut scratch) = (point(potential.dim()), potential.scratch());
    let (mut gradient, mut unused) = (vec![0.0; w.len()], vec![0.0; w.len()]);
    potential.value_gradient(&w, &mut gradient, &mut scratch);
    for k in 0..w.len() {
        let mut at = |shift: f64| {
            let mut moved = w.clone();
            moved[k] += shift;
            potential.value_gradient(&moved, &mut unused, &mut scratch)
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((gradient[k] - difference).abs() < allowed, "{k}: {}, {difference}", gradient[k]);
    }
}

#[test]
fn gradients_agree_with_central_differences() {
    differences_agree(&KernelRegression::new(task(NtkActivation::Relu)), 1e-9);
    for activation in NtkActivation::ALL {
        // A kink of ReLU between the two ends of a difference shows at the order of the step.
        let allowed = if activation == NtkActivation::Relu { 1e-6 } else { 1e-9 };
        differences_agree(&NtkNet::new(task(activation), 5, 128), allowed);
    }
}

/// Without noise, samples at all nodes are the population: the mean of their gradients is ∇L, exactly.
#[test]
fn sample_gradients_at_all_nodes_are_the_population_gradient() {
    for activation in NtkActivation::ALL {
        let task = task(activation);
        let net = NtkNet::new(task.clone(), 4, 64);
        let samples: Vec<f64> = net.nodes().flat_map(|p| [p[0], p[1], task.target_at(p)]).collect();
        let kernel = KernelRegression::new(task);
        for oracle in [&net as &dyn Oracle, &kernel] {
            let (w, mut scratch) = (point(oracle.dim()), oracle.scratch());
            let (mut whole, mut mean) = (vec![0.0; w.len()], vec![0.0; w.len()]);
            oracle.value_gradient(&w, &mut whole, &mut scratch);
            oracle.sample_gradient(&w, &samples, 64, &mut mean, &mut scratch);
            for (a, b) in whole.iter().zip(&mean) {
                assert!((a - b).abs() < 1e-12, "{activation:?}: {a}, {b}");
            }
        }
    }
}

/// One particle's samples: on the circle, labels the target without noise; the same for both problems.
#[test]
fn both_problems_draw_the_same_samples() {
    let noiseless = CircleSettings { noise: 0.0, ..*task(NtkActivation::Erf).settings() };
    let task = CircleTask::new(noiseless);
    let (net, kernel) = (NtkNet::new(task.clone(), 4, 64), KernelRegression::new(task.clone()));
    let draw = |oracle: &dyn Oracle| {
        let mut source = NormalSource::new(Backend::Portable);
        let mut samples = vec![0.0; 30];
        oracle.draw(&mut Fresh::new(Key::new(1, Purpose::Fresh), 2, 3, &mut source), &mut samples);
        samples
    };
    let samples = draw(&net);
    assert_eq!(samples, draw(&kernel));
    for sample in samples.chunks_exact(3) {
        assert!((sample[0].hypot(sample[1]) - 1.0).abs() < 1e-15);
        assert_eq!(sample[2], task.target_at([sample[0], sample[1]]));
    }
}

/// The risk by nodes: for smooth σ the same with half of them; for ReLU the change falls with the square of their number.
#[test]
fn the_mean_over_nodes_is_that_over_the_circle() {
    for activation in NtkActivation::ALL {
        let risk = |nodes: usize| {
            let net = NtkNet::new(task(activation), 6, nodes);
            net.value_gradient(&point(18), &mut [0.0; 18], &mut net.scratch())
        };
        let exact = risk(1 << 14);
        if activation == NtkActivation::Relu {
            let errors = [128, 512, 2048].map(|nodes| (risk(nodes) - exact).abs() / exact);
            assert!(errors[0] < 1e-3 && errors[1] < 1e-4 && errors[2] < 1e-5, "{errors:?}");
        } else {
            assert!((risk(256) / exact - 1.0).abs() < 1e-12, "{activation:?}: {} {exact}", risk(256));
        }
    }
}

#[test]
fn the_antisymmetric_start_is_the_zero_function_and_files_are_row_major() {
    for outer in [NtkOuter::Gaussian, NtkOuter::Signs] {
        let net = NtkNet::new(task(NtkActivation::Tanh), 8, 64);
        let (mut w, mut f) = (vec![0.0; 24], vec![1.0; 64]);
        antisymmetric_start(outer, &mut Key::new(3, Purpose::Start).stream(0, 0), &mut w);
        net.predictions(&w, &mut f);
        assert!(f.iter().all(|f| f.abs() < 1e-15), "{f:?}");
        assert!(w[16..].iter().all(|a| outer == NtkOuter::Gaussian || a.abs() == 1.0));
        let (mut rows, mut back) = (vec![0.0; 24], vec![0.0; 24]);
        net.write_row_major(&w, &mut rows);
        net.read_row_major(&rows, &mut back);
        assert_eq!((rows[..3].to_vec(), back), (vec![w[0], w[8], w[16]], w));
    }
}
