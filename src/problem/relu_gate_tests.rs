use super::*;
use crate::numerics::{Backend, NormalSource};
use crate::problem::data::assert_law;
use crate::problem::{Fresh, Oracle, Potential, Quantity, Scratch};
use crate::random::{Key, Purpose};

const V: [f64; 3] = [1.2, -0.5, 0.8];
const SIGNS: [AttackSign; 3] = [AttackSign::Up, AttackSign::Down, AttackSign::Random];

fn gate(probability: f64, size: f64, sign: AttackSign) -> ReluGate {
    ReluGate::new(V.to_vec(), Attack { probability, size, sign })
}

/// `count` samples of one step.
fn samples(gate: &ReluGate, count: usize, step: u64) -> Vec<f64> {
    let mut source = NormalSource::new(Backend::detect());
    let mut samples = vec![0.0; count * gate.sample_len()];
    gate.draw(&mut Fresh::new(Key::new(11, Purpose::Fresh), 0, step, &mut source), &mut samples);
    samples
}

/// The mean of `number` and its standard error.
fn mean_of(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Points at all angles, near w*, far, and opposite.
fn points() -> Vec<Vec<f64>> {
    let scaled = |s: f64| V.iter().map(|x| s * x).collect::<Vec<f64>>();
    vec![
        vec![1.0, 0.4, -0.2],
        vec![-0.3, 0.9, 0.7],
        vec![1.21, -0.49, 0.83],
        vec![-1.0, 0.6, -0.7],
        scaled(3.0),
        scaled(-0.5),
        vec![0.02, -0.01, 0.03],
    ]
}

/// Error rate of a correct program: below 1e-5 (seven checks at five standard errors). It would see an error of 3 %.
#[test]
fn the_clean_risk_is_the_mean_over_samples() {
    let clean = gate(0.0, 0.0, AttackSign::Up);
    let drawn = samples(&clean, 400_000, 0);
    for w in points() {
        let losses: Vec<f64> = drawn
            .chunks_exact(4)
            .map(|z| {
                let activity = w.iter().zip(z).map(|(a, b)| a * b).sum::<f64>().max(0.0);
                0.5 * (activity - z[3]).powi(2)
            })
            .collect();
        let (mean, error) = mean_of(&losses);
        let want = clean_risk(&w, &V, &mut [0.0; 3]);
        assert_law(mean, want, error, 0.03 * want);
    }
}

#[test]
fn the_gradient_is_that_of_the_risk() {
    for w in points() {
        let mut gradient = [0.0; 3];
        clean_risk(&w, &V, &mut gradient);
        for k in 0..3 {
            let step = 1e-5;
            let at = |shift: f64| {
                let mut moved = w.clone();
                moved[k] += shift;
                clean_risk(&moved, &V, &mut [0.0; 3])
            };
            let difference = (at(step) - at(-step)) / (2.0 * step);
            assert!((difference - gradient[k]).abs() < 2e-8, "{w:?} {k}: {difference} {}", gradient[k]);
        }
    }
}

/// Near w* the risk is ¼‖δ‖² − ‖δ_⊥‖³/(6π‖w*‖) + O(‖δ‖⁴): where differences of norms would leave nothing.
#[test]
fn the_risk_keeps_its_digits_near_the_teacher() {
    let length = V.iter().map(|x| x * x).sum::<f64>().sqrt();
    let across = [0.5 / 1.2, 1.0, 0.0];
    let size = across.iter().map(|x| x * x).sum::<f64>().sqrt();
    for scale in [1e-3, 1e-5, 1e-7] {
        let w: Vec<f64> = V.iter().zip(across).map(|(v, d)| v + scale * d).collect();
        let moved = w.iter().zip(V).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let want = 0.25 * moved - (scale * size).powi(3) / (6.0 * PI * length);
        let got = clean_risk(&w, &V, &mut [0.0; 3]);
        assert!((got - want).abs() < 2.0 * scale * scale * want, "{scale}: {got} {want}");
    }
    assert!((chord(0.3) / chord(0.300_000_001) - 1.0).abs() < 2e-8, "the series meets the formula");
    assert_eq!(clean_risk(&V, &V, &mut [0.0; 3]), 0.0);
    let mut gradient = [1.0; 3];
    assert!((clean_risk(&[0.0; 3], &V, &mut gradient) - 0.25 * length * length).abs() < 1e-15);
    assert_eq!(gradient, [0.0; 3]);
}

/// Batches of one step as particles at the same weights: a direction each.
fn directions(gate: &ReluGate, update: Update, w: &[f64]) -> Vec<f64> {
    let (batch, particles) = (500, 1000);
    let drawn = samples(gate, batch * particles, 3);
    let (weights, mut out) = (w.repeat(particles), vec![0.0; 3 * particles]);
    match update {
        Update::Gradient => gate.sample_gradient(&weights, &drawn, batch, &mut out, &mut Scratch::new(0)),
        Update::Provable => gate.provable().unwrap().direction(&weights, &drawn, batch, &mut out),
    }
    out
}

fn component(all: &[f64], k: usize) -> (f64, f64) {
    mean_of(&all.iter().skip(k).step_by(3).copied().collect::<Vec<f64>>())
}

/// Error rate: below 1e-5 (nine checks at five standard errors).
#[test]
fn without_attack_the_sample_gradient_has_the_mean_of_the_risk() {
    let clean = gate(0.0, 2.0, AttackSign::Up);
    for w in &points()[..3] {
        let mut want = [0.0; 3];
        clean_risk(w, &V, &mut want);
        let all = directions(&clean, Update::Gradient, w);
        for (k, want) in want.into_iter().enumerate() {
            let (mean, error) = component(&all, k);
            assert_law(mean, want, error, 0.02);
        }
    }
    // Without attack the provable update does nothing at w*, sample by sample.
    assert!(directions(&clean, Update::Provable, &V).iter().all(|g| g.abs() < 1e-15));
}

/// The point on the ray at distance `shift` from w*.
fn on_the_ray(shift: f64) -> Vec<f64> {
    let length = V.iter().map(|x| x * x).sum::<f64>().sqrt();
    V.iter().map(|v| v * (1.0 + shift / length)).collect()
}

/// Error rate: below 1e-4 (54 checks at five standard errors). Power: the rest point of the other update is noticed wherever
/// the two are apart, and so is the neglect of the sign.
#[test]
fn updates_rest_at_their_fixed_points() {
    for sign in SIGNS {
        for (probability, size) in [(0.5, 0.4), (0.2, 1.0), (1.0, 0.3)] {
            let gate = gate(probability, size, sign);
            let rest = |update| gate.fixed_point(update).unwrap();
            for update in [Update::Gradient, Update::Provable] {
                let all = directions(&gate, update, &on_the_ray(rest(update)));
                for k in 0..3 {
                    let (mean, error) = component(&all, k);
                    assert_law(mean, 0.0, error, 0.03);
                }
            }
            if (rest(Update::Gradient) - rest(Update::Provable)).abs() > 0.1 {
                let all = directions(&gate, Update::Provable, &on_the_ray(rest(Update::Gradient)));
                let (mean, error) = component(&all, 0);
                assert!(mean.abs() > 5.0 * error, "{sign:?} {probability} {size}: {mean} ± {error}");
            }
        }
    }
}

#[test]
fn fixed_points_have_their_limits() {
    let shift = (2.0 / PI).sqrt();
    let up = |size| gate(0.5, size, AttackSign::Up);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-3 * b.abs().max(1.0), "{a} {b}");
    near(up(3.0).fixed_point(Update::Gradient).unwrap(), 0.5 * 3.0 * shift);
    near(up(1e-4).fixed_point(Update::Provable).unwrap() / 1e-4, 0.5 * shift);
    near(up(100.0).fixed_point(Update::Provable).unwrap() / 100.0, shift);
    let down = |size| gate(0.5, size, AttackSign::Down);
    let length = V.iter().map(|x| x * x).sum::<f64>().sqrt();
    assert_eq!(down(1000.0).fixed_point(Update::Gradient), Some(-length));
    assert!(down(8.0).fixed_point(Update::Provable).unwrap().abs() < 1e-6);
    assert_eq!(down(1000.0).fixed_point(Update::Provable), None);
    assert_eq!(gate(0.5, 1.0, AttackSign::Random).fixed_point(Update::Gradient), Some(0.0));
}

/// Labels move by 0 or ±θ* with the chances that the attack names; inputs and the choice of the attacked are shared.
#[test]
fn attacks_move_labels_alone() {
    let clean = samples(&gate(0.0, 2.0, AttackSign::Up), 20_000, 0);
    for sign in SIGNS {
        let (some, more) = (gate(0.3, 2.0, sign), gate(0.6, 2.0, sign));
        let (some, more) = (samples(&some, 20_000, 0), samples(&more, 20_000, 0));
        let mut counts = [0.0; 3];
        for ((a, b), c) in some.chunks_exact(4).zip(more.chunks_exact(4)).zip(clean.chunks_exact(4)) {
            assert_eq!((&a[..3], &b[..3]), (&c[..3], &c[..3]));
            let (moved, also) = (a[3] - c[3], b[3] - c[3]);
            let place = if moved.abs() < 1e-9 {
                0
            } else if moved > 0.0 {
                1
            } else {
                2
            };
            assert!(place == 0 || (moved.abs() - 2.0).abs() < 1e-9 && (also - moved).abs() < 1e-9);
            counts[place] += 1.0 / 20_000.0;
        }
        let want = match sign {
            AttackSign::Up => [0.7, 0.3, 0.0],
            AttackSign::Down => [0.7, 0.0, 0.3],
            AttackSign::Random => [0.7, 0.15, 0.15],
        };
        for (got, want) in counts.into_iter().zip(want) {
            let error = (want * (1.0 - want) / 20_000.0_f64).sqrt();
            assert!((got - want).abs() <= 5.0 * error + 1e-12, "{sign:?}: {got} {want}");
        }
    }
}

#[test]
fn the_distance_is_read_from_the_teacher() {
    let gate = gate(0.5, 1.0, AttackSign::Up);
    assert!(gate.has(Quantity::Distance) && !gate.has(Quantity::DataRisk));
    let mut readings = [[f64::NAN; Quantity::COUNT]; 2];
    let weights = [V, [1.2, -0.5, 3.8]].concat();
    let wanted = [Quantity::Distance];
    gate.block_readings(&weights, &wanted, &mut readings, &mut [0.0; 6], &mut gate.scratch());
    let [first, second] = readings.map(|r| r[Quantity::Distance as usize]);
    assert!(first == 0.0 && (second - 3.0).abs() < 1e-14, "{first} {second}");
}
