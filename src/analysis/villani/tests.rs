//! Closed forms, bounds that must hold on every ray, and rays that must not be trusted.

use super::*;
use crate::numerics::{Activation, Backend, Loss};
use crate::problem::data::{LabelKind, Rows, Split};
use crate::problem::{DoubleWell, Precision, Quadratic, TwoLayer, TwoLayerSettings};
use crate::random::Purpose;

fn rays(potential: &dyn Potential, s: f64, settings: &RaySettings, directions: &[f64]) -> VillaniRays {
    let key = Key::new(4, Purpose::Direction);
    villani_rays(potential, s, settings, directions, key, &Threads::new(2).unwrap()).unwrap()
}

fn normals(number: u64, count: usize) -> Vec<f64> {
    let mut stream = Key::new(number, Purpose::Data).stream(0, 0);
    (0..count).map(|_| stream.sample(StandardNormal)).collect()
}

fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs(), "{got}, expected {want}");
}

/// A net of five units on 30 rows of four inputs; λ is `share` of the sources' λ_c.
fn net(activation: Activation, loss: Loss, share: f64) -> TwoLayer {
    let n = 30;
    let train = Rows {
        inputs: normals(1, 4 * n),
        labels: normals(2, n).iter().map(|x| x.signum()).collect(),
        dim: 4,
    };
    let outer = normals(3, 5);
    let norm = outer.iter().map(|a| a * a).sum::<f64>().sqrt();
    let lambda =
        share * crate::problem::critical_lambda(activation, 1.0, loss, norm * train.facts().max_norm);
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: 4 };
    let (backend, precision) = (Backend::Portable, Precision::F64);
    let settings = TwoLayerSettings { activation, beta: 1.0, loss, outer, lambda, backend, precision };
    let split = Split { train, test, train_indices: (0..n).collect(), test_indices: Vec::new() };
    TwoLayer::new(settings, split, LabelKind::Signs)
}

/// V_s = θ²r²/s − θD on every ray.
#[test]
fn equal_eigenvalues_give_the_closed_form() {
    let (theta, s) = (0.7, 0.3);
    for dim in [1, 3, 40] {
        let got = rays(&Quadratic::new(vec![theta; dim]), s, &RaySettings::default(), &[]);
        let floor = -theta * dim as f64;
        for shell in &got.shells {
            let want = theta * theta * shell.radius * shell.radius / s + floor;
            let rounding = 1e-13 * (want.abs() - 2.0 * floor);
            for value in [shell.smallest, shell.median, shell.largest] {
                assert!((value - want).abs() < rounding, "{shell:?}, expected {want}");
            }
        }
        close(got.positive_beyond.unwrap(), (s * dim as f64 / theta).sqrt(), 2e-12);
        close(got.growth, theta * theta + floor * s / 1e8, 1e-12);
        close(got.smallest_found.value, floor, 1e-14);
        assert_eq!((got.smallest_found.radius, got.last_radius), (0.0, 1e4));
        assert_eq!(got.rays, 64 + if dim <= 16 { 2 * dim } else { 0 });
        assert!(got.shells.windows(2).all(|pair| pair[0].radius < pair[1].radius));
    }
}

/// V_s ≤ 0 reaches furthest along the softest weight, √(s Σθ)/θ_min. Random rays of forty weights do not see that; a
/// given one does, whatever its length.
#[test]
fn a_soft_direction_must_be_looked_at() {
    let (s, settings) = (0.3, RaySettings::default());
    let reach = |theta: &[f64]| (s * theta.iter().sum::<f64>()).sqrt() / 0.01;
    let few = vec![1.0, 0.01, 2.0];
    let got = rays(&Quadratic::new(few.clone()), s, &settings, &[]);
    close(got.positive_beyond.unwrap(), reach(&few), 2e-12);

    let mut many = vec![1.0; 40];
    many[7] = 0.01;
    let unseen = rays(&Quadratic::new(many.clone()), s, &settings, &[]);
    assert!(unseen.positive_beyond.unwrap() < 0.05 * reach(&many));
    for length in [1e-180, 1.0, 1e180] {
        let mut soft = vec![0.0; 40];
        soft[7] = length;
        let got = rays(&Quadratic::new(many.clone()), s, &settings, &soft);
        close(got.positive_beyond.unwrap(), reach(&many), 2e-12);
        assert_eq!(got.rays, 65);
        assert_eq!(got.shells[30].median, unseen.shells[30].median);
    }
}

/// V_s = x²(x²−1)²/s − 3x² + 1 is positive at 0, negative about the minima, and positive again.
#[test]
fn the_double_well_turns_positive_twice() {
    let s = 0.2;
    let value = |x: f64| (x * (x * x - 1.0)).powi(2) / s - 3.0 * x * x + 1.0;
    let got = rays(&DoubleWell, s, &RaySettings { last: 50.0, ..RaySettings::default() }, &[]);
    let (mut low, mut high) = (1.0_f64, 2.0);
    assert!(value(low) < 0.0 && value(high) > 0.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if value(middle) > 0.0 { high = middle } else { low = middle }
    }
    close(got.positive_beyond.unwrap(), high, 1e-11);
    let finest = (0..200_000).map(|k| value(f64::from(k) * 1e-5)).fold(f64::INFINITY, f64::min);
    close(got.smallest_found.value, finest, 1e-9);
    close(value(got.smallest_found.radius), got.smallest_found.value, 1e-13);
    close(value(got.smallest_found.weights[0]), got.smallest_found.value, 1e-13);
    assert_eq!(got.shells[0].smallest, 1.0);
}

/// ‖∇L̃‖ ≥ λr − K and ΔL̃ ≤ mean‖x‖²·(‖a‖²M_D²/4 + ‖a‖₁M'_D) + λD for the logistic loss: no ray goes below, none turns
/// positive later; and far out V_s ≥ 0.9 λ²r²/s, at a hundredth of the sources' λ_c.
#[test]
fn nets_grow_as_the_penalty_demands() {
    let s = 0.1;
    for activation in [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus] {
        for loss in [Loss::Logistic, Loss::Square] {
            let net = net(activation, loss, 0.01);
            let lambda = net.penalty();
            let data = normals(1, 120);
            let along_data: Vec<f64> =
                (0..20).flat_map(|i| rank_one(&net, &data[4 * i..4 * i + 4])).collect();
            let settings = RaySettings { last: 1e7, radii: 91, ..RaySettings::default() };
            let got = rays(&net, s, &settings, &along_data);
            assert!(got.growth >= 0.9 * lambda * lambda && got.positive_beyond.is_some(), "{got:?}");
            let (Some(k), Loss::Logistic) = (net.constants().gradient_bound.data, loss) else { continue };
            let outer = &net.settings().outer;
            let (squares, sum) = outer.iter().fold((0.0, 0.0), |(q, l), a: &f64| (q + a * a, l + a.abs()));
            let mean_square = data.iter().map(|x| x * x).sum::<f64>() / 30.0;
            let slope = activation.max_slope(1.0);
            let laplacian = mean_square
                * (0.25 * squares * slope * slope + sum * activation.max_curvature(1.0))
                + lambda * 20.0;
            for shell in got.shells.iter().filter(|shell| lambda * shell.radius > k) {
                let floor = (lambda * shell.radius - k).powi(2) / s - laplacian;
                assert!(shell.smallest >= floor, "{shell:?} below {floor}");
                if shell.radius > 30.0 * k / lambda && laplacian < 0.03 * (lambda * shell.radius).powi(2) / s
                {
                    assert!(shell.smallest >= 0.9 * (lambda * shell.radius).powi(2) / s);
                }
            }
            assert!(got.positive_beyond.unwrap() <= (k + (s * laplacian).sqrt()) / lambda);
        }
    }
}

/// W = a xᵀ, in the potential's order.
fn rank_one(net: &TwoLayer, x: &[f64]) -> Vec<f64> {
    let rows: Vec<f64> = net.settings().outer.iter().flat_map(|a| x.iter().map(move |x| a * x)).collect();
    let mut w = vec![0.0; rows.len()];
    net.read_row_major(&rows, &mut w);
    w
}

/// Without a penalty a bounded activation saturates, and V_s falls to 0 from both sides: no R₀ may be reported.
#[test]
fn without_a_penalty_there_is_no_radius() {
    for activation in [Activation::Sigmoid, Activation::Tanh] {
        for loss in [Loss::Logistic, Loss::Square] {
            let got = rays(&net(activation, loss, 0.0), 0.1, &RaySettings::default(), &[]);
            assert_eq!(got.positive_beyond, None, "{activation:?} {loss:?}");
            assert!(got.growth.abs() < 1e-8, "{}", got.growth);
        }
    }
}

/// L̃ → cL̃, s → cs takes V_s to cV_s and leaves R₀: bit for bit where c is a power of two.
#[test]
fn units_and_threads_do_not_matter() {
    let theta = [0.5, 1.0, 3.0];
    let of =
        |c: f64| rays(&Quadratic::new(theta.map(|t| c * t).to_vec()), c * 0.3, &RaySettings::default(), &[]);
    let (one, four) = (of(1.0), of(4.0));
    assert_eq!(one.positive_beyond, four.positive_beyond);
    assert!(
        one.shells
            .iter()
            .zip(&four.shells)
            .all(|(a, b)| 4.0 * a.smallest == b.smallest && 4.0 * a.median == b.median)
    );

    let net = net(Activation::Tanh, Loss::Logistic, 0.5);
    let of = |threads| {
        let key = Key::new(9, Purpose::Direction);
        let threads = Threads::new(threads).unwrap();
        villani_rays(&net, 0.2, &RaySettings::default(), &normals(5, 40), key, &threads).unwrap()
    };
    assert_eq!(of(1), of(3));
    // Every reading is that of V_s itself.
    let got = of(1);
    let place = &got.smallest_found;
    close(place.value, villani(&net, 0.2, &place.weights, &mut [0.0; 20], &mut net.scratch()), 1e-12);
}

/// L̃ = x⁴/4 has V_s = x⁶/s − 3x² = 0 at the origin and at x⁴ = 3s; a flat one has V_s = 0 everywhere; −x⁴/4 at the
/// origin alone.
#[test]
fn zero_is_not_positive() {
    struct Monomial(f64);
    impl Potential for Monomial {
        fn dim(&self) -> usize {
            1
        }
        fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
            gradient[0] = self.0 * w[0].powi(3);
            0.25 * self.0 * w[0].powi(4)
        }
        fn laplacian(&self, w: &[f64], _: &mut Scratch) -> f64 {
            3.0 * self.0 * w[0] * w[0]
        }
    }
    let got = rays(&Monomial(1.0), 0.2, &RaySettings::default(), &[]);
    close(got.positive_beyond.unwrap(), 0.6_f64.powf(0.25), 1e-11);
    assert_eq!(rays(&Monomial(0.0), 0.2, &RaySettings::default(), &[]).positive_beyond, None);
    assert!(rays(&Monomial(-1.0), 0.2, &RaySettings::default(), &[]).positive_beyond.unwrap() < 1e-15);
}

#[test]
fn what_overflows_is_refused() {
    let settings = RaySettings { last: 1e120, ..RaySettings::default() };
    let key = Key::new(4, Purpose::Direction);
    let got = villani_rays(&DoubleWell, 0.2, &settings, &[], key, &Threads::new(1).unwrap());
    assert!(matches!(got, Err(NotFinite { radius, ray: 0 }) if radius > 1e50), "{got:?}");
}

/// The share of directions on which V_s ≤ 0 reaches beyond R₀ is larger than stated in one of twenty surveys. Here V_s
/// = r²q(v)/s − Σθ with q = Σθ²v², so the share is that of directions with q below sΣθ/R₀². 600 surveys of 20 rays: a
/// correct program is off by five standard errors (0.045) less than once in a million.
#[test]
fn the_unseen_share_is_exceeded_as_often_as_stated() {
    let theta: Vec<f64> = (0..20).map(|k| 1.0 + 0.2 * f64::from(k)).collect();
    let (s, sum) = (0.3, theta.iter().sum::<f64>());
    let form = |v: Vec<f64>| -> f64 {
        let norm: f64 = v.iter().map(|x| x * x).sum();
        v.iter().zip(&theta).map(|(x, t)| (x * t).powi(2)).sum::<f64>() / norm
    };
    let mut forms: Vec<f64> = (0..50_000).map(|number| form(normals(100 + number, 20))).collect();
    forms.sort_by(f64::total_cmp);
    let potential = Quadratic::new(theta.clone());
    let settings = RaySettings { random: 20, radii: 3, first: 0.1, last: 100.0 };
    let threads = Threads::new(1).unwrap();
    let exceeded = |seed: &u64| {
        let key = Key::new(*seed, Purpose::Direction);
        let got = villani_rays(&potential, s, &settings, &[], key, &threads).unwrap();
        let limit = s * sum / got.positive_beyond.unwrap().powi(2);
        let share = forms.partition_point(|q| *q < limit) as f64 / 50_000.0;
        share > got.unseen_share
    };
    let rate = (0..600).filter(exceeded).count() as f64 / 600.0;
    assert!((rate - 0.05).abs() < 0.045, "{rate}");
    println!("exceeded in {rate}");
}
