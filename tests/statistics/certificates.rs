//! Every certificate below the gap on a grid, and the Ritz bound above it, on 100 random nets of two weights.

use crate::support::two_weights::gap_of;
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use sgd_sde::analysis::certificate::LowerBounds;
use sgd_sde::analysis::gibbs::{GibbsSettings, sample_gibbs};
use sgd_sde::analysis::mixing::{Basis, Directions, RitzSums, rayleigh_ritz};
use sgd_sde::analysis::risk::RiskFacts;
use sgd_sde::numerics::{Activation, Backend, Loss};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::data::{LabelKind, Rows, Split};
use sgd_sde::problem::{Precision, TwoLayer, TwoLayerSettings};
use sgd_sde::random::{Key, Purpose};

const NETS: usize = 100;
const ROWS: usize = 12;
/// Pairs for which certificates exist.
const KINDS: [(Activation, Loss); 5] = [
    (Activation::Sigmoid, Loss::Logistic),
    (Activation::Tanh, Loss::Logistic),
    (Activation::SoftPlus, Loss::Logistic),
    (Activation::Sigmoid, Loss::Square),
    (Activation::Tanh, Loss::Square),
];

/// Two units on one input or one unit on two, ‖a‖ and λ/M over an order of magnitude: convex ones and others.
fn random_net(kind: (Activation, Loss), stream: &mut Xoshiro256PlusPlus) -> TwoLayer {
    let (activation, loss) = kind;
    let (p, d) = if stream.random::<f64>() < 0.5 { (2, 1) } else { (1, 2) };
    let mut normals =
        |count: usize| -> Vec<f64> { (0..count).map(|_| stream.sample::<f64, _>(StandardNormal)).collect() };
    let (outer, inputs, mut labels) = (normals(p), normals(ROWS * d), normals(ROWS));
    if loss == Loss::Logistic {
        labels.iter_mut().for_each(|y| *y = y.signum());
    }
    let split = Split {
        train: Rows { inputs, labels, dim: d },
        test: Rows { inputs: Vec::new(), labels: Vec::new(), dim: d },
        train_indices: (0..ROWS).collect(),
        test_indices: Vec::new(),
    };
    let settings = TwoLayerSettings {
        activation,
        beta: 0.5 + 1.5 * stream.random::<f64>(),
        loss,
        outer,
        lambda: 1.0,
        backend: Backend::detect(),
        precision: Precision::F64,
    };
    let labels = if loss == Loss::Logistic { LabelKind::Signs } else { LabelKind::Real };
    let curvature = TwoLayer::new(settings.clone(), split.clone(), labels).constants().negative_curvature;
    let lambda = curvature.data.expect("g is bounded") * 10f64.powf(-0.4 + stream.random::<f64>());
    TwoLayer::new(TwoLayerSettings { lambda, ..settings }, split, labels)
}

/// Stationary draws of HMC, their Ritz bound and its error; `None` where the sampler failed its gate.
fn upper_bound(net: &TwoLayer, s: f64, seed: u64, threads: &Threads) -> Option<(f64, f64)> {
    let settings = GibbsSettings { seed, ..GibbsSettings::default() };
    let reference = sample_gibbs(net, s, &settings, &[], threads, &mut |_| {});
    let sample = reference.passed()?;
    let basis = Basis::of_net(net, Directions::Weights);
    let sums = RitzSums::of(&basis, s, &sample.draws, sample.chains, threads);
    let bound = rayleigh_ritz(&sums, seed).expect("functions vary");
    Some((bound.value, bound.std_err))
}

#[test]
fn the_gap_of_a_hundred_nets_lies_between_its_bounds() {
    println!(
        "error rate: below 3e-4 (100 bounds from above at five standard errors, Student with 63 degrees of freedom)"
    );
    let threads = Threads::new(0).expect("threads start");
    let mut stream = Key::new(21, Purpose::Resample).stream(0, 0);
    let (mut counts, mut best) = ([0; 4], [0; 4]);
    let (mut brackets, mut not_convex, mut failed) = (Vec::new(), 0, 0);
    for i in 0..NETS {
        let net = random_net(KINDS[i % KINDS.len()], &mut stream);
        let s = 10f64.powf(0.05_f64.log10() * stream.random::<f64>());
        let (gap, error) = gap_of(&net, s);
        assert!(error < 0.02 * gap, "no power: {gap} ± {error}");
        let bounds = LowerBounds::new(&RiskFacts::of_net(&net, s));
        for ((name, bound), count) in bounds.named().into_iter().zip(&mut counts) {
            let Some(value) = bound.value() else { continue };
            *count += 1;
            assert!(value <= gap + error, "net {i}, s = {s}: {name} {value} above {gap} ± {error}");
        }
        let named = bounds.named().map(|(name, _)| bounds.best().is_some_and(|(best, _)| name == best));
        best.iter_mut().zip(named).for_each(|(count, is)| *count += usize::from(is));
        not_convex += usize::from(bounds.bakry_emery.value().is_none());
        let Some((upper, std_err)) = upper_bound(&net, s, i as u64, &threads) else {
            failed += 1;
            continue;
        };
        assert!(upper + 5.0 * std_err >= gap - error, "net {i}: {upper} ± {std_err} below {gap} ± {error}");
        brackets.extend(bounds.best().map(|(_, lower)| (lower / gap, upper / gap)));
    }
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (lower, upper): (Vec<f64>, Vec<f64>) = brackets.iter().copied().unzip();
    println!(
        "values of each bound {counts:?}, best {best:?}, {not_convex} nets with λ ≤ M, {failed} samples failed their gate"
    );
    println!("median of best/gap {:.4}, of Ritz/gap {:.4}", middle(lower.clone()), middle(upper.clone()));
    let close = lower.iter().filter(|share| **share > 0.5).count();
    println!("{close} nets have a certificate above half the gap");
    assert!((20..=80).contains(&not_convex) && failed <= 3, "one-sided nets");
    assert!(close >= 20 && middle(upper) < 1.1, "no power");
}
