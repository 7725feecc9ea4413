//! Against ensembles with known slowest rates.

use super::*;
use crate::analysis::mixing::synthetic::{equally_spaced, holds, ornstein_uhlenbeck};

fn threads() -> Threads {
    Threads::new(2).unwrap()
}

/// Mixes coordinates of different rates so that the slow one must be found.
fn mixed(values: &[f64], m: usize) -> Vec<f64> {
    let functions = |x: &[f64]| -> Vec<f64> {
        (0..m).map(|k| x[k] + 0.5 * x[(k + 1) % m] - 0.25 * x[(k + 2) % m] + 3.0).collect()
    };
    values.chunks_exact(m).flat_map(functions).collect()
}

/// At 95 % coverage 40 runs have 8 misses or more 7 times in 10 000.
#[test]
fn intervals_cover_the_slowest_rate_of_a_mixed_basis() {
    let (rates, times) = ([0.5, 1.5, 2.0, 4.0, 6.0], equally_spaced(80, 0.2));
    let (mut covered, mut sum) = (0, 0.0);
    for seed in 0..40 {
        let values = mixed(&ornstein_uhlenbeck(&rates, None, &times, 200, seed), 5);
        let readings = StationaryReadings {
            spacing: 0.2,
            times: 80,
            particles: 200,
            independent: 200,
            functions: 5,
            values: &values,
        };
        let answer = mixing_rate(&readings, None, 0.0, seed, &threads());
        let estimate = answer.rate.unwrap();
        covered += usize::from(holds(estimate.interval, 0.5));
        sum += estimate.rate;
        assert!(estimate.std_err < 0.15 * 0.5, "no power: {estimate:?}");
    }
    println!("covered {covered} of 40, mean {}", sum / 40.0);
    assert!(covered >= 33, "{covered} of 40");
}

#[test]
fn the_lag_plot_shows_the_timescale_and_its_grey_region() {
    let values = mixed(&ornstein_uhlenbeck(&[0.5, 2.0, 5.0], None, &equally_spaced(80, 0.2), 400, 5), 3);
    let readings = StationaryReadings {
        spacing: 0.2,
        times: 80,
        particles: 400,
        independent: 400,
        functions: 3,
        values: &values,
    };
    let answer = mixing_rate(&readings, Some(&[(3.75, 0.0); 3]), 0.0, 5, &threads());
    assert!(answer.rate.is_err(), "means are 3: a reference of 3.75 must be refused");
    let answer = mixing_rate(&readings, Some(&[(3.0, 0.0); 3]), 0.0, 5, &threads());
    assert!(answer.rate.is_ok() && answer.kept == 3 && answer.coefficients.len() == 3);
    let early: Vec<_> = answer.lag_plot.iter().filter(|p| p.lag > 0.7 && !p.grey).collect();
    assert!(early.len() >= 3);
    for point in early {
        let (value, error) = (point.timescale.unwrap(), point.std_err.unwrap());
        // Mixed-in fast parts shorten the timescale: two per cent from 0.8 on.
        assert!((value - 2.0).abs() < 5.0 * error + 0.04, "{point:?}");
    }
    assert!(answer.lag_plot.iter().any(|p| p.grey) && answer.lag_plot[0].lag == 0.2);
}

#[test]
fn white_noise_constants_and_drift_have_no_rate() {
    let noise = |seed| ornstein_uhlenbeck(&[400.0, 500.0], None, &equally_spaced(60, 0.2), 200, seed);
    let read = |values: &[f64]| {
        let readings = StationaryReadings {
            spacing: 0.2,
            times: 60,
            particles: 200,
            independent: 200,
            functions: 2,
            values,
        };
        mixing_rate(&readings, None, 0.0, 1, &threads()).rate
    };
    let resolved = (0..100).filter(|&seed| read(&noise(seed)).is_ok()).count();
    println!("rates found in white noise: {resolved} of 100");
    assert!(resolved <= 3, "{resolved}");
    assert_eq!(read(&vec![1.0; 60 * 200 * 2]), Err(Unresolved::Degenerate));
    let start = ornstein_uhlenbeck(&[0.1, 0.3], Some(2.0), &equally_spaced(60, 0.2), 200, 1);
    assert!(matches!(read(&start), Err(Unresolved::NotStationary { .. })), "{:?}", read(&start));
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let values = mixed(&ornstein_uhlenbeck(&[0.5, 2.0, 5.0], None, &equally_spaced(40, 0.3), 100, 5), 3);
    let readings = StationaryReadings {
        spacing: 0.3,
        times: 40,
        particles: 100,
        independent: 100,
        functions: 3,
        values: &values,
    };
    let answers = [1, 2, 3].map(|n| mixing_rate(&readings, None, 0.01, 5, &Threads::new(n).unwrap()));
    assert!(answers[0] == answers[1] && answers[1] == answers[2]);
}
