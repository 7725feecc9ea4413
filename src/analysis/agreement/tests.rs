//! Orders that are planted, refused and repeated.

use super::*;
use crate::parallel::Threads;
use crate::random::{Key, Purpose};

const S: [f64; 4] = [0.1, 0.05, 0.025, 0.0125];

/// Points on `value`, each with this relative standard error.
fn points(value: impl Fn(f64) -> f64, relative: f64) -> Vec<OrderPoint> {
    let point = |&s: &f64| {
        let difference =
            Measured { value: value(s), std_err: relative * value(s).abs(), freedom: f64::INFINITY };
        OrderPoint { s, difference, dt_bias: 0.0 }
    };
    S.iter().map(point).collect()
}

#[test]
fn orders_one_and_two_are_told_apart() {
    let one = order(&points(|s| -0.3 * s * (1.0 - 4.0 * s), 0.01), None).unwrap();
    assert!((one.exponent.value - 1.0).abs() < 1e-4 && (one.correction + 0.4).abs() < 1e-3, "{one:?}");
    assert_eq!((one.whole(), one.used.len(), one.in_floor.len()), (Some(1), 4, 0));
    let (low, high) = one.polynomial.first.interval();
    assert!((one.polynomial.first.value + 0.3).abs() < 1e-12 && high < 0.0, "{low} {high}");
    assert!((one.polynomial.second.value - 1.2).abs() < 1e-10);
    let two = order(&points(|s| 5.0 * s * s, 0.01), None).unwrap();
    assert!((two.exponent.value - 2.0).abs() < 1e-4 && two.whole() == Some(2), "{two:?}");
    let (low, high) = two.polynomial.first.interval();
    assert!(low < 0.0 && 0.0 < high);
    assert!(two.slopes.iter().all(|s| (s.slope.unwrap().value - 2.0).abs() < 1e-9));
    let between = order(&points(|s| s.powf(1.5), 0.01), None).unwrap();
    assert!(between.whole().is_none() && between.to_string().contains("no whole power"), "{between}");
    assert!(one.to_string().starts_with("leading order s^1.00 [0.9"), "{one}");
}

#[test]
fn the_order_of_the_points_does_not_matter() {
    let falling = points(|s| s * (1.0 + s), 0.01);
    let mut mixed = falling.clone();
    mixed.swap(0, 2);
    mixed.swap(1, 3);
    let correlation = |i: usize, j: usize| 0.5_f64.powi((i as i32 - j as i32).abs());
    let matrix = |place: [usize; 4]| -> Vec<f64> {
        (0..16).map(|k| correlation(place[k / 4], place[k % 4])).collect()
    };
    assert_eq!(order(&falling, None), order(&mixed, None));
    let plain = order(&falling, Some(&matrix([0, 1, 2, 3]))).unwrap();
    assert_eq!(Ok(&plain), order(&mixed, Some(&matrix([2, 3, 0, 1]))).as_ref());
    // Errors that rise and fall together leave the slope sharper.
    let apart = order(&falling, None).unwrap();
    let width = |order: &Order| order.exponent.high - order.exponent.low;
    assert!(width(&plain) < 0.9 * width(&apart), "{plain:?} {apart:?}");
}

#[test]
fn an_order_is_refused_with_its_reason() {
    let good = points(|s| s, 0.01);
    let with = |change: fn(&mut Vec<OrderPoint>)| {
        let mut points = good.clone();
        change(&mut points);
        order(&points, None)
    };
    // 4 standard errors are not above 2 half widths of 1.96.
    let floor = |p: &mut OrderPoint| p.difference.std_err = p.difference.value / 3.9;
    assert!(order(&good, None).is_ok());
    let mut lost = good.clone();
    floor(&mut lost[3]);
    let kept = order(&lost, None).unwrap();
    assert_eq!((kept.used.len(), kept.in_floor.clone(), kept.p_value), (3, vec![S[3]], None));
    floor(&mut lost[1]);
    assert_eq!(order(&lost, None), Err(NoOrder::TooFewAboveFloor { above: 2, of: 4 }));
    let biased = with(|p| p[1].dt_bias = -0.0185);
    assert_eq!(biased, Err(NoOrder::StepBias { s: 0.05, bias: -0.0185, difference: 0.05 }));
    assert_eq!(with(|p| p[1].s = 0.1), Err(NoOrder::Degenerate));
    assert_eq!(with(|p| p[1].difference.std_err = 0.0), Err(NoOrder::Degenerate));
    assert_eq!(with(|p| p[1].difference.value *= -1.0), Err(NoOrder::ChangesSign { s: (0.1, 0.05) }));
    let bent = with(|p| p[1].difference.value *= 1.5);
    assert!(matches!(bent, Err(NoOrder::PoorFit { p_value }) if p_value < 1e-3), "{bent:?}");
    assert!(matches!(order(&points(|s| 1.0 + 0.0 * s, 0.01), None), Err(NoOrder::NotBounded)));
    let text = with(|p| p[1].dt_bias = f64::NAN).unwrap_err().to_string();
    assert!(text.contains("s = 0.05") && text.contains("smaller dt"), "{text}");
}

#[test]
fn what_is_left_of_the_steps_bias_widens_the_interval() {
    let mut points = points(|s| s, 0.01);
    let sharp = order(&points, None).unwrap().exponent;
    points.iter_mut().for_each(|p| p.dt_bias = 0.1 * p.s.min(0.0125));
    let wide = order(&points, None).unwrap().exponent;
    assert_eq!(sharp.value, wide.value);
    assert!(wide.low < sharp.low - 0.02 && wide.high > sharp.high + 0.02, "{sharp:?} {wide:?}");
    // A bias all in one direction lies within.
    points.iter_mut().for_each(|p| {
        p.difference.value += p.dt_bias;
        p.dt_bias = 0.0;
    });
    let moved = order(&points, None).unwrap().exponent.value;
    assert!(wide.low < moved && moved < wide.high);
}

#[test]
fn a_band_is_the_same_on_any_number_of_threads_and_moves_with_its_key() {
    let (times, particles) = (5, 700);
    let noise = |k: usize| ((k * k) as f64 * 0.37).sin() * f64::from(k >= particles);
    let values: Vec<f64> = (0..times * particles).map(noise).collect();
    let zero = vec![0.0; times * particles];
    let clock: Vec<f64> = (0..times).map(|t| t as f64).collect();
    let band = |threads: usize, seed: u64| {
        let (a, b) = (Paths::new(&values, particles), Paths::new(&zero, particles));
        let moments = PathMoments::paired(&a, &b, &Threads::new(threads).unwrap());
        let difference = Difference::paired(&clock, &moments).unwrap();
        Band::new(&difference, 0.95, Key::new(seed, Purpose::Resample)).unwrap()
    };
    assert_eq!(band(1, 1), band(3, 1));
    let (one, other) = (band(1, 1), band(1, 2));
    assert!(one.critical != other.critical && (one.critical / other.critical - 1.0).abs() < 0.05);
    // All particles start alike: nothing to be said at t = 0, exactly.
    assert_eq!((one.points[0].low, one.points[0].mean, one.points[0].high), (0.0, 0.0, 0.0));
    // Five times ask for more than one, and for less than five independent ones (Bonferroni: 2.5758).
    assert!((1.96..2.6).contains(&one.critical), "{}", one.critical);
}

/// c₁ s + c₂ s² with the second term at least as large as the first at the largest s: not an order 1.2, but no answer.
#[test]
fn a_window_that_is_too_wide_is_refused() {
    for (first, second) in [(0.05, 1.0), (0.02, 1.0), (0.1, 1.0), (0.1, -0.6)] {
        for relative in [0.01, 0.04] {
            let found = order(&points(|s| first * s + second * s * s, relative), None);
            let refused = matches!(found, Err(NoOrder::OutsideWindow { s: 0.1 } | NoOrder::PoorFit { .. }));
            assert!(refused, "{first} {second} {relative}: {found:?}");
        }
    }
    // Even wider ones are refused with small errors; with larger ones they look like a power between the two: no whole number, and c₁ is
    // not 0.
    let wider = |relative: f64| order(&points(|s| 0.005 * s + s * s, relative), None);
    assert_eq!(wider(0.01), Err(NoOrder::OutsideWindow { s: 0.1 }));
    let found = wider(0.04).unwrap();
    assert!(found.whole().is_none() && found.polynomial.first.interval().0 > 0.0, "{found}");
}
