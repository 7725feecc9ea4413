//! A step allocates nothing: counted by the allocator itself, per thread.

#![allow(unsafe_code, reason = "an allocator that counts")]

use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny};
use crate::support::studies::plan;
use sgd_sde::dynamics::{
    BoundedNoiseGd, CovarianceSde, EulerMaruyama, GradientFlow, Heun, Minibatches, MomentumSgd, NoiseLaw,
    OnePassSgd, Process, Sampling, ScaledNoiseGd, Scheme, SecondOrderSde, Sgd, ShrinkingSteps, Stopped, Svag,
    UnderdampedSde,
};
use sgd_sde::ensemble::Start;
use sgd_sde::numerics::Backend;
use sgd_sde::problem::data::{Rows, Split};
use sgd_sde::problem::ntk::{CircleSettings, CircleTask, KernelRegression, NtkActivation, NtkNet};
use sgd_sde::problem::{
    Attack, AttackSign, DeepNet, DeepNetSettings, DoubleWell, FiniteSum, LeastSquares, Oracle, Potential,
    Quadratic, ReluGate, Update,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting the calls of each thread.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more, and nothing to be counted.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches no memory that it manages.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations during steps 1 to 200 of a block.
fn allocations(process: &dyn Process) -> u64 {
    let start = Start::Gaussian { std: 0.5 };
    let mut block = start.blocks(process.potential(), 0..40, 1).remove(0);
    process.begin(&mut block);
    let mut work = process.work(block.count());
    process.advance(&mut block, 0, 1, &mut work);
    let before = CALLS.get();
    process.advance(&mut block, 1, 200, &mut work);
    CALLS.get() - before
}

#[test]
fn the_counter_counts() {
    let before = CALLS.get();
    std::hint::black_box(vec![1_u8; 100]);
    assert_eq!(CALLS.get() - before, 1);
}

#[test]
fn no_step_in_single_precision_allocates() {
    let plan = plan(
        "precision = 'f32'\n[problem]\nkind = 'two-layer'\nactivation = 'sigmoid'\nwidth = 3\nlambda = 0.1\n\
         [problem.data]\nkind = 'margin'\nsamples = 20\ndim = 3\n[time]\nhorizon = 1\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\n[[process]]\nkind = 'sgd'\ns = 0.1\nbatch = 3\n\
         [[process]]\nkind = 'covariance-sde'\ns = 0.1\nbatch = 3\ndt = 0.1\n\
         [[process]]\nkind = 'svag'\ns = 0.4\nbatch = 3\nl = 4\n[[process]]\nkind = 'gradient-flow'\ndt = 0.1\n",
    );
    for process in plan.processes() {
        assert_eq!(allocations(process.as_ref()), 0, "{}", process.facts().kind);
    }
}

/// Five rows of two inputs.
fn squares() -> LeastSquares {
    let inputs = (0..10).map(|k| (f64::from(k) * 1.7).sin()).collect();
    let train = Rows { inputs, labels: vec![1.0, 0.5, -0.3, 0.2, -1.0], dim: 2 };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: 2 };
    LeastSquares::new(Split { train, test, train_indices: (0..5).collect(), test_indices: Vec::new() }, 0.1)
}

/// SGD and its models on `sum`.
fn models(sum: &dyn FiniteSum, backend: Backend) -> Vec<(Box<dyn Process + '_>, &'static str)> {
    let mut all: Vec<(Box<dyn Process + '_>, &'static str)> = Vec::new();
    for sampling in [Sampling::WithReplacement, Sampling::WithoutReplacement] {
        let batches = Minibatches { s: 0.1, batch: 3, sampling };
        for refinement in [1, 3] {
            let sde = CovarianceSde::new(sum, batches, 0.01, refinement, 2).with_backend(backend);
            all.push((Box::new(sde), "covariance-sde"));
            let sde = CovarianceSde::new(sum, batches, 0.01, refinement, 2).with_scheme(Scheme::Heun);
            all.push((Box::new(sde.with_backend(backend)), "covariance-sde, Heun"));
            let sde = SecondOrderSde::new(sum, batches, 0.01, refinement, 2).with_backend(backend);
            all.push((Box::new(sde), "second-order-sde"));
        }
        for l in [1, 4] {
            all.push((Box::new(Svag::new(sum, batches, l, 2).with_backend(backend)), "svag"));
        }
    }
    all
}

/// A deep net, with the processes made for it, stopped and free.
#[test]
fn no_step_on_a_deep_net_allocates() {
    let inputs = (0..10).map(|k| (f64::from(k) * 1.7).sin()).collect();
    let train = Rows { inputs, labels: vec![1.0, 0.5, -0.3, 0.2, -1.0], dim: 2 };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: 2 };
    let split = Split { train, test, train_indices: (0..5).collect(), test_indices: Vec::new() };
    let settings = DeepNetSettings { activation: ACTIVATIONS[1], beta: 1.0, depth: 3, width: 3 };
    let net = DeepNet::new(settings, split);
    let law = NoiseLaw { sigma: 1.0, exponent: 0.5, cap: Some(1.0) };
    let steps = ShrinkingSteps { first: 0.01, offset: 5.0, exponent: 0.75 };
    let all: [Box<dyn Process>; 4] = [
        Box::new(ScaledNoiseGd::new(&net, 0.01, law, 2)),
        Box::new(BoundedNoiseGd::new(&net, steps, 1.0, 2)),
        Box::new(Sgd::new(&net, 0.01, 2, Sampling::WithReplacement, 2)),
        Box::new(CovarianceSde::new(
            &net,
            Minibatches { s: 0.01, batch: 2, sampling: Sampling::WithReplacement },
            0.01,
            1,
            2,
        )),
    ];
    for process in all {
        let kind = process.facts().kind;
        assert_eq!(allocations(process.as_ref()), 0, "{kind}");
        assert_eq!(allocations(&Stopped::new(process, 0.2)), 0, "{kind}, stopped");
    }
}

#[test]
fn no_step_on_fresh_samples_allocates() {
    let attack = Attack { probability: 0.5, size: 0.5, sign: AttackSign::Random };
    for dim in [3, 40] {
        let gate = ReluGate::new(vec![1.0; dim], attack);
        for backend in Backend::ALL.into_iter().filter(|b| b.is_available()) {
            for update in [Update::Gradient, Update::Provable] {
                let process = OnePassSgd::new(&gate, 0.01, 3, 2).with_update(update).with_backend(backend);
                assert_eq!(allocations(&process), 0, "{update:?} {backend}");
            }
        }
    }
}

#[test]
fn no_step_on_fresh_samples_of_the_circle_allocates() {
    for activation in NtkActivation::ALL {
        let settings =
            CircleSettings { activation, modes: 9, regularity: 0.5, margin: 0.1, noise: 1.0, seed: 1 };
        let task = CircleTask::new(settings);
        let (net, kernel) = (NtkNet::new(task.clone(), 7, 512), KernelRegression::new(task));
        for oracle in [&net as &dyn Oracle, &kernel] {
            let process = OnePassSgd::new(oracle, 0.1, 3, 2).with_power(0.5);
            assert_eq!(allocations(&process), 0, "{activation:?}");
        }
    }
}

#[test]
fn no_step_of_any_process_allocates() {
    let squares = squares();
    let (narrow, wide) = (Quadratic::new(vec![1.0, 2.0]), Quadratic::new(vec![0.5; 40]));
    for backend in Backend::ALL.into_iter().filter(|b| b.is_available()) {
        for (activation, loss) in ACTIVATIONS.into_iter().zip([LOSSES[0], LOSSES[1], LOSSES[0]]) {
            let net = Tiny::new(activation, 1.0, loss, 11).potential(backend);
            let potentials: [&dyn Potential; 4] = [&narrow, &wide, &DoubleWell, &net];
            for potential in potentials {
                let inert = UnderdampedSde::new(potential, 0.1, 0.5, 0.01, 2).with_backend(backend);
                assert_eq!(allocations(&inert), 0, "underdamped-sde {backend}");
                let flow = GradientFlow::new(potential, 0.01).with_backend(backend);
                assert_eq!(allocations(&flow), 0, "gradient-flow {backend}");
                for refinement in [1, 3] {
                    let process = EulerMaruyama::on_refined_path(potential, 0.1, 0.01, refinement, 2);
                    assert_eq!(allocations(&process.with_backend(backend)), 0, "sgd-sde {backend}");
                    let heun = Heun::new(potential, 0.1, 0.01, refinement, 2).with_backend(backend);
                    assert_eq!(allocations(&heun), 0, "heun {backend}");
                }
            }
            for sum in [&net as &dyn FiniteSum, &squares] {
                for (process, name) in models(sum, backend) {
                    assert_eq!(allocations(process.as_ref()), 0, "{name} {backend}");
                }
            }
            for sampling in [Sampling::WithReplacement, Sampling::WithoutReplacement, Sampling::Epochs] {
                let process = Sgd::new(&net, 0.1, 4, sampling, 2).with_backend(backend);
                assert_eq!(allocations(&process), 0, "{sampling:?} {backend}");
                assert_eq!(
                    allocations(&MomentumSgd::new(process, 0.9)),
                    0,
                    "momentum {sampling:?} {backend}"
                );
            }
        }
    }
}
