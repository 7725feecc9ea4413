//! Against exact laws: Ornstein–Uhlenbeck, Euler–Maruyama on a quadratic and in the double well.

use super::*;
use crate::analysis::mixing::synthetic::{equally_spaced, holds, ornstein_uhlenbeck};
use crate::dynamics::EulerMaruyama;
use crate::ensemble::{Ensemble, Start};
use crate::parallel::Threads;
use crate::problem::{DoubleWell, Potential, Quadratic};

/// Of the simulated ensembles.
const SEED: u64 = 3;
const EXACT_ZERO: Asymptote = Asymptote::Known { value: 0.0, std_err: 0.0 };

fn linear(length: f64) -> EulerStep {
    EulerStep { length, linear: true }
}

/// Readings of the first weight of an Euler–Maruyama ensemble, every `every` steps.
fn first_weight(
    potential: &dyn Potential,
    s: f64,
    dt: f64,
    start: f64,
    particles: u64,
    every: u64,
    times: u64,
) -> (Vec<f64>, Vec<f64>) {
    let process = EulerMaruyama::new(potential, s, dt, SEED);
    let threads = Threads::new(2).unwrap();
    let start = Start::Points { weights: vec![start; potential.dim()] };
    let mut ensemble = Ensemble::new(&process, &start, particles, SEED);
    let (mut clock, mut values) = (Vec::new(), Vec::new());
    for t in 0..times {
        ensemble.advance(t * every, &threads);
        clock.push((t * every) as f64 * dt);
        for block in ensemble.blocks() {
            values.extend(block.weights.chunks_exact(block.dim).map(|w| w[0]));
        }
    }
    (clock, values)
}

/// A single mode from far off, and two modes: the intervals hold the slow rate, and with one mode they are a few per cent wide.
/// At 95 % coverage 40 runs have 8 misses or more 7 times in 10 000.
#[test]
fn intervals_cover_the_slow_rate_of_one_mode_and_of_two() {
    let (rate, times) = (0.7, equally_spaced(50, 0.15));
    let exact = EXACT_ZERO;
    let uncertain = Asymptote::Known { value: 0.01, std_err: 0.01 };
    // Starts of the modes, in standard deviations; the mean of 256 particles is 16 times as sharp.
    let cases: [(&[f64], f64, Asymptote, f64); 6] = [
        (&[rate], 60.0, exact, 0.05),
        (&[rate], 60.0, uncertain, 0.05),
        (&[rate], 60.0, Asymptote::Unknown, 0.3),
        (&[rate, 1.5 * rate], 30.0, exact, 0.4),
        (&[rate, 2.0 * rate], 30.0, exact, 0.4),
        (&[rate, 3.0 * rate, 6.0 * rate], 30.0, exact, 0.4),
    ];
    for (rates, start, asymptote, widest) in cases {
        let (mut covered, mut resolved, mut width) = (0u32, 0u32, 0.0);
        for seed in 0..40 {
            let values = ornstein_uhlenbeck(rates, Some(start), &times, 256, seed);
            let sums: Vec<f64> = values.chunks_exact(rates.len()).map(|x| x.iter().sum()).collect();
            let readings = DecayReadings { times: &times, particles: 256, values: &sums };
            if let Ok(estimate) = decay_rate(&readings, asymptote, EulerStep::NONE) {
                resolved += 1;
                covered += u32::from(holds(estimate.interval, rate));
                width += 0.5 * (estimate.interval.1 - estimate.interval.0) / rate;
            }
        }
        let width = width / f64::from(resolved);
        println!("{rates:?}, {asymptote:?}: {covered} of {resolved}, mean half width {width:.3}");
        assert!(resolved >= 36 && covered + 7 >= resolved, "{rates:?}: {covered} of {resolved}");
        assert!(width < widest, "no power: {width}");
    }
}

/// With the other sign of the fast mode a curve first leaves its limit, or crosses it. Its late part is answered, or nothing.
#[test]
fn a_curve_that_crosses_its_limit_is_refused_or_answered_by_its_late_part() {
    let (slow, fast) = (0.5, 4.0);
    for (horizon, least) in [(80, 15), (8, 0)] {
        let times = equally_spaced(horizon, 0.1);
        let (mut covered, mut resolved) = (0, 0);
        for seed in 0..20 {
            let values = ornstein_uhlenbeck(&[slow, fast], Some(30.0), &times, 256, seed);
            // 2 e^{−4t} − e^{−t/2} changes its sign at t = 0.2, turns at 0.79.
            let sums: Vec<f64> = values.chunks_exact(2).map(|x| 2.0 * x[1] - x[0]).collect();
            let readings = DecayReadings { times: &times, particles: 256, values: &sums };
            if let Ok(estimate) = decay_rate(&readings, EXACT_ZERO, EulerStep::NONE) {
                assert!(estimate.window.0 > 0.2, "fitted before the crossing: {estimate:?}");
                resolved += 1;
                covered += usize::from(holds(estimate.interval, slow));
            }
        }
        println!("crossing, {horizon} times: {covered} of {resolved} resolved of 20");
        // 6 misses or more of 20 at 95 %: 3 times in 10 000.
        assert!(resolved >= least && covered + 5 >= resolved, "{covered} of {resolved}");
    }
}

#[test]
fn noise_alone_has_no_rate() {
    let times = equally_spaced(60, 0.2);
    let mut resolved = [0; 2];
    for seed in 0..100 {
        let values = ornstein_uhlenbeck(&[0.7], None, &times, 200, seed);
        let readings = DecayReadings { times: &times, particles: 200, values: &values };
        for (count, asymptote) in resolved.iter_mut().zip([EXACT_ZERO, Asymptote::Unknown]) {
            *count += usize::from(decay_rate(&readings, asymptote, EulerStep::NONE).is_ok());
        }
    }
    println!("rates found in pure noise, known and fitted asymptote: {resolved:?} of 100");
    assert!(resolved.iter().all(|&n| n <= 3), "{resolved:?}");
}

#[test]
fn of_two_modes_the_slow_one_is_found() {
    let times = equally_spaced(80, 0.1);
    let (slow, fast) = (0.5, 4.0);
    let (mut covered, mut resolved) = (0, 0);
    for seed in 0..30 {
        let values = ornstein_uhlenbeck(&[slow, fast], Some(3.0), &times, 400, seed);
        let sums: Vec<f64> = values.chunks_exact(2).map(|x| x[0] + x[1]).collect();
        let readings = DecayReadings { times: &times, particles: 400, values: &sums };
        if let Ok(estimate) = decay_rate(&readings, EXACT_ZERO, EulerStep::NONE) {
            resolved += 1;
            covered += usize::from(holds(estimate.interval, slow));
        }
    }
    println!("two modes: {covered} of {resolved} resolved of 30");
    // 7 misses or more of 30 at 95 %: 6 times in 10 000.
    assert!(resolved >= 20 && covered + 6 >= resolved, "{covered} of {resolved}");
}

#[test]
fn the_double_well_shows_its_gap_or_nothing() {
    // Spectral gap of (x² − 1)²/4 on a grid. The step leaves a bias of order h.
    for (s, gap, every, dt) in [(0.4, 0.134_778, 32, 0.01), (0.2, 0.033_545_3, 128, 0.01)] {
        let (times, values) = first_weight(&DoubleWell, s, dt, 1.0, 4000, every, 60);
        let readings = DecayReadings { times: &times, particles: 4000, values: &values };
        let estimate = decay_rate(&readings, EXACT_ZERO, linear(dt)).unwrap();
        println!("s = {s}: {estimate:?}");
        assert!(holds(estimate.generator_interval, gap), "{gap}: {estimate:?}");
        assert!(estimate.generator_std_err < 0.25 * gap, "no power: {estimate:?}");
    }
    let (times, values) = first_weight(&DoubleWell, 0.05, 0.02, 1.0, 2000, 16, 60);
    let readings = DecayReadings { times: &times, particles: 2000, values: &values };
    let answer = decay_rate(&readings, EXACT_ZERO, linear(0.02));
    println!("s = 0.05: {answer:?}");
    assert!(matches!(answer, Err(Unresolved::HorizonTooShort { .. })), "{answer:?}");
}

/// h θ = 0.5: the scheme's rate is 1.386 θ. The control: without undoing the step the interval misses.
#[test]
fn the_step_of_the_integrator_is_undone() {
    let quadratic = Quadratic::new(vec![1.0]);
    let (times, values) = first_weight(&quadratic, 0.1, 0.5, 3.0, 4000, 1, 16);
    let readings = DecayReadings { times: &times, particles: 4000, values: &values };
    let estimate = decay_rate(&readings, EXACT_ZERO, linear(0.5)).unwrap();
    println!("{estimate:?}");
    assert!(holds(estimate.generator_interval, 1.0) && estimate.generator_std_err < 0.02, "{estimate:?}");
    assert!(holds(estimate.interval, 2.0 * 2f64.ln()));
    let unaware = decay_rate(&readings, EXACT_ZERO, EulerStep::NONE).unwrap();
    assert!(!holds(unaware.generator_interval, 1.0), "the control must miss: {unaware:?}");
}

/// E w² of Euler–Maruyama falls by (1 − hθ)² a step, from a start whose spread makes the errors small: the rate is 2θ
/// exactly once two modes are undone. The control: one mode undone misses.
#[test]
fn the_step_is_undone_as_two_modes_for_a_square() {
    let (dt, times) = (0.1, 40);
    let quadratic = Quadratic::new(vec![1.0]);
    let process = EulerMaruyama::new(&quadratic, 1e-4, dt, SEED);
    let mut ensemble = Ensemble::new(&process, &Start::Gaussian { std: 1.0 }, 4096, SEED);
    let (mut clock, mut values) = (Vec::new(), Vec::new());
    for t in 0..times {
        ensemble.advance(t, &Threads::new(2).unwrap());
        clock.push(t as f64 * dt);
        values.extend(ensemble.blocks().iter().flat_map(|block| &block.weights).map(|w| w * w));
    }
    let readings = DecayReadings { times: &clock, particles: 4096, values: &values };
    let limit = Asymptote::Known { value: 0.5e-4 / (1.0 - 0.5 * dt), std_err: 0.0 };
    let run = |linear| decay_rate(&readings, limit, EulerStep { length: dt, linear }).unwrap();
    let estimate = run(false);
    println!("{estimate:?}");
    assert!(holds(estimate.interval, -2.0 * (1.0 - dt).ln() / dt), "{estimate:?}");
    assert!(holds(estimate.generator_interval, 2.0), "{estimate:?}");
    assert!((estimate.generator_rate - 2.0).abs() < 0.02, "{estimate:?}");
    let unaware = run(true);
    assert!(!holds(unaware.generator_interval, 2.0), "the control must miss: {unaware:?}");
}

/// x² of an Ornstein–Uhlenbeck process goes to its variance at rate 2θ. Control: with √(2s) for √s the variance is twice
/// what the asymptote says, and the fit must not find 2θ.
#[test]
fn the_square_decays_at_twice_the_rate_and_wrong_noise_shows() {
    let quadratic = Quadratic::new(vec![1.0]);
    let dt = 0.01;
    let run = |factor: f64| {
        let (times, values) = first_weight(&quadratic, 0.5 * factor, dt, 2.0, 4000, 5, 60);
        let squares: Vec<f64> = values.iter().map(|x| x * x).collect();
        let readings = DecayReadings { times: &times, particles: 4000, values: &squares };
        let value = 0.25 / (1.0 - 0.5 * dt);
        decay_rate(&readings, Asymptote::Known { value, std_err: 0.0 }, EulerStep::NONE)
    };
    let truth = -2.0 * (1.0 - dt).ln() / dt;
    let right = run(1.0).unwrap();
    assert!(holds(right.interval, truth) && right.std_err < 0.15, "{right:?}");
    let wrong = run(2.0);
    assert!(wrong.is_err() || !holds(wrong.unwrap().interval, truth), "the control must miss: {wrong:?}");
}

#[test]
fn few_or_lost_particles_are_said() {
    let times = equally_spaced(20, 0.1);
    let mut values = ornstein_uhlenbeck(&[0.5], Some(60.0), &times, 40, 1);
    values[3] = f64::NAN;
    let readings = DecayReadings { times: &times, particles: 40, values: &values };
    assert!(decay_rate(&readings, EXACT_ZERO, EulerStep::NONE).is_ok());
    let few: Vec<f64> = values.chunks_exact(40).flat_map(|row| row[..12].to_vec()).collect();
    let readings = DecayReadings { times: &times, particles: 12, values: &few };
    let answer = decay_rate(&readings, EXACT_ZERO, EulerStep::NONE);
    assert_eq!(answer, Err(Unresolved::TooFewParticles { particles: 11, needed: 16 }));
}
