//! Samplers that are wrong on purpose: the gate must say so.

use super::chains::Chains;
use super::gate::{CheckKind, Gate};
use super::kernel::Kernel;
use super::records::{Panel, Records};
use super::tests::assert_law;
use super::*;
use crate::parallel::Threads;
use crate::problem::{DoubleWell, Potential, Quadratic, Quantity};

const D: usize = 10;

/// The gate's opinion, at noise scale `s`, of 64 chains of `kernel` on a quadratic of 10 weights.
fn opinion(kernel: Kernel, s: f64) -> Gate {
    let potential = Quadratic::new(vec![1.0; D]);
    let threads = Threads::new(2).unwrap();
    let mut chains = Chains::new(&potential, &threads, vec![kernel], &[vec![0.3; 64 * D]], (1, 0));
    chains.advance(100);
    let panel = Panel::new(&potential, 1, &[]);
    let mut records = Records::new(&panel, 64, potential.dim(), 1000);
    chains.record(&panel, 256, 2, &mut records);
    Gate::of(&records, s, 4)
}

#[test]
fn the_right_kernel_passes() {
    let gate = opinion(Kernel { step: 0.8, ..Kernel::new(0.2, 0.1, D) }, 0.2);
    assert!(gate.passed, "{:?}", gate.failures().collect::<Vec<_>>());
}

/// Leapfrog with step ε on a Gaussian has its own stationary variance, 1/(1 − ε²/4) times too large: 19 % at 0.8.
#[test]
fn proposals_that_are_not_tested_fail_the_identities() {
    let gate = opinion(Kernel { step: 0.8, metropolis: false, ..Kernel::new(0.2, 0.1, D) }, 0.2);
    assert!(gate.fails(CheckKind::Identity) && !gate.fails(CheckKind::Agreement));
}

#[test]
fn a_wrong_temperature_fails_the_identities() {
    // s instead of s/2 doubles the noise scale; the last one is off by 5 % only.
    for (noise, s) in [(0.4, 0.2), (0.1, 0.2), (0.2 * 1.05, 0.2)] {
        let gate = opinion(Kernel { step: 0.8, ..Kernel::new(noise, noise / 2.0, D) }, s);
        assert!(gate.fails(CheckKind::Identity), "{noise} for {s}");
        assert!(!gate.fails(CheckKind::Agreement));
    }
}

#[test]
fn chains_in_two_wells_fail_without_tempering_and_pass_with_it() {
    let s = 0.02;
    let threads = Threads::new(2).unwrap();
    let of = |tempering: Tempering| {
        let settings =
            GibbsSettings { seed: 4, budget: Some(6_000_000), tempering, ..GibbsSettings::default() };
        sample_gibbs(&DoubleWell, s, &settings, &[], &threads, &mut |_| {})
    };
    let Reference::Failed(stuck) = of(Tempering::Never) else { panic!("stuck chains passed") };
    assert!(stuck.gate().fails(CheckKind::Agreement) && !stuck.gate().fails(CheckKind::Identity));
    assert!(stuck.reasons(100).iter().any(|reason| reason.starts_with("R-hat of first weight")));
    assert!(stuck.reasons(100).iter().any(|reason| reason.starts_with("nested R-hat of first weight")));
    let tempered = of(Tempering::WhenNeeded);
    let sample = match &tempered {
        Reference::Passed(sample) => sample,
        Reference::Failed(failed) => panic!("{:?}\n{:?}", failed.reasons(20), failed.despite_failure().rungs),
    };
    println!("{:?}, {} draws, {} gradients", sample.rungs, sample.len(), sample.gradients);
    assert!(sample.rungs.len() > 1 && sample.rungs[..1].iter().all(|rung| rung.swap_rate.unwrap() > 0.05));
    let (mut mass, mut first) = (0.0, 0.0);
    for k in 0..40_000 {
        let x = -2.0 + (k as f64 + 0.5) * 1e-4;
        let value = 0.25 * (x * x - 1.0) * (x * x - 1.0);
        mass += (-2.0 * value / s).exp();
        first += value * (-2.0 * value / s).exp();
    }
    assert_law("E L", sample.expectation(Quantity::Risk).unwrap(), first / mass, 0.1 * first / mass);
    assert_law("P(x > 0)", sample.expect(|w| f64::from(u8::from(w[0] > 0.0))).unwrap(), 0.5, 0.2);
}
