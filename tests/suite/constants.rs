//! The bounds of §4 of docs/theory.md against ten thousand random nets, at points that seek to break them.

use faer::{Mat, Side};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use sgd_sde::numerics::{Activation, Backend, Loss};
use sgd_sde::problem::data::{LabelKind, Rows, Split};
use sgd_sde::problem::{Levels, Potential, Precision, Scratch, TwoLayer, TwoLayerSettings};
use sgd_sde::random::{Key, Purpose};

const NETS: usize = 10_000;
/// Uphill moves tried at each net.
const CLIMBS: usize = 12;
/// Pairs for which the bounds are finite.
const KINDS: [(Activation, Loss); 5] = [
    (Activation::Sigmoid, Loss::Logistic),
    (Activation::Tanh, Loss::Logistic),
    (Activation::SoftPlus, Loss::Logistic),
    (Activation::Sigmoid, Loss::Square),
    (Activation::Tanh, Loss::Square),
];
const QUANTITIES: [&str; 4] = ["gLip", "M", "K", "Laplacian"];

fn random_net(kind: (Activation, Loss), stream: &mut Xoshiro256PlusPlus) -> TwoLayer {
    let balanced = stream.random::<f64>() < 0.25;
    let mut size = |most: f64| 1 + (most * stream.random::<f64>()) as usize;
    let (p, d, n) = (size(3.0), size(3.0), size(4.0));
    let mut power = |from: f64, to: f64| 10f64.powf(from + (to - from) * stream.random::<f64>());
    let (outer, input, label) = (power(-1.5, 1.0), power(-0.5, 1.0), power(-1.0, 0.5));
    let (beta, lambda) = (power(0.3_f64.log10(), 4_f64.log10()), power(-3.0, 0.0));
    let mut normals = |count: usize, scale: f64| -> Vec<f64> {
        (0..count).map(|_| scale * stream.sample::<f64, _>(StandardNormal)).collect()
    };
    let (activation, loss) = kind;
    let settings = TwoLayerSettings {
        activation,
        beta,
        loss,
        // Every fourth net can have f = 0 at large weights, where the logistic loss bends most.
        outer: if balanced {
            (0..p).map(|j| if j % 2 == 0 { outer } else { -outer }).collect()
        } else {
            normals(p, outer)
        },
        lambda,
        backend: Backend::detect(),
        precision: Precision::F64,
    };
    let mut labels = normals(n, label);
    if loss == Loss::Logistic {
        labels.iter_mut().for_each(|y| *y = y.signum());
    }
    let split = Split {
        train: Rows { inputs: normals(n * d, input), labels, dim: d },
        test: Rows { inputs: Vec::new(), labels: Vec::new(), dim: d },
        train_indices: (0..n).collect(),
        test_indices: Vec::new(),
    };
    let kind = if loss == Loss::Logistic { LabelKind::Signs } else { LabelKind::Real };
    TwoLayer::new(settings, split, kind)
}

/// Largest eigenvalue of ∇²L̃ less λ, minus the smallest plus λ, ‖∇data‖ and ΔL_data at w.
fn attained(net: &TwoLayer, w: &[f64], scratch: &mut Scratch) -> [f64; 4] {
    let (dim, lambda) = (net.dim(), net.settings().lambda);
    let (mut unit, mut hessian) = (vec![0.0; dim], vec![0.0; dim * dim]);
    for (k, column) in hessian.chunks_exact_mut(dim).enumerate() {
        unit[k] = 1.0;
        net.hessian_vector(w, &unit, column, scratch);
        unit[k] = 0.0;
    }
    let matrix = Mat::from_fn(dim, dim, |i, j| hessian[i * dim + j]);
    let values = matrix.self_adjoint_eigenvalues(Side::Lower).expect("the eigenvalues are found");
    let mut gradient = vec![0.0; dim];
    net.value_gradient(w, &mut gradient, scratch);
    let slope = gradient.iter().zip(w).map(|(g, x)| (g - lambda * x).powi(2)).sum::<f64>().sqrt();
    let laplacian = net.laplacian(w, scratch) - lambda * dim as f64;
    [values[dim - 1] - lambda, lambda - values[0], slope, laplacian]
}

/// What must not be exceeded, at a level.
fn bounds(net: &TwoLayer, level: fn(Levels) -> Option<f64>) -> [f64; 4] {
    let (constants, lambda) = (net.constants(), net.settings().lambda);
    [
        level(constants.gradient_lipschitz).unwrap() - lambda,
        level(constants.negative_curvature).unwrap(),
        level(constants.gradient_bound).unwrap(),
        constants.laplacian_bound.unwrap(),
    ]
}

/// The largest share of each bound that points of one net attain: from points at four scales, units apart and
/// alike, then uphill in the share of `target`.
fn shares(net: &TwoLayer, bounds: &[f64; 4], target: usize, stream: &mut Xoshiro256PlusPlus) -> [f64; 4] {
    let mut scratch = net.scratch();
    let unit = 1.0 / (net.settings().beta * net.constants().data.max_norm);
    let mut worst = [0.0_f64; 4];
    let mut read = |w: &[f64]| -> f64 {
        let got = attained(net, w, &mut scratch);
        let shares: [f64; 4] = std::array::from_fn(|i| got[i] / bounds[i]);
        worst.iter_mut().zip(shares).for_each(|(worst, share)| *worst = worst.max(share));
        shares[target]
    };
    let mut normals = |scale: f64| -> Vec<f64> {
        (0..net.dim()).map(|_| scale * stream.sample::<f64, _>(StandardNormal)).collect()
    };
    let (p, mut starts) = (net.width(), Vec::new());
    for scale in [0.1, 0.5, 1.5, 5.0] {
        let apart = normals(scale * unit);
        // All units alike: weight k p + j is that of unit j and input k.
        let alike: Vec<f64> = (0..apart.len()).map(|i| apart[i / p * p]).collect();
        starts.extend([apart, alike].map(|w| (read(&w), w)));
    }
    let (mut top, mut w) = starts.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("eight starts");
    for step in 0..CLIMBS {
        let by = normals(unit * 0.8_f64.powi(step as i32));
        let moved: Vec<f64> = w.iter().zip(&by).map(|(w, b)| w + b).collect();
        let share = read(&moved);
        if share > top {
            (top, w) = (share, moved);
        }
    }
    worst
}

#[test]
fn no_net_leaves_its_bounds() {
    let mut stream = Key::new(11, Purpose::Resample).stream(0, 0);
    let mut worst = [[0.0_f64; 4]; KINDS.len()];
    for i in 0..NETS {
        let net = random_net(KINDS[i % KINDS.len()], &mut stream);
        let data = bounds(&net, |levels| levels.data);
        let sharp = bounds(&net, |levels| levels.sharp);
        // Rounding in gLip − λ is relative to λ ≤ 1.
        assert!(data.iter().zip(&sharp).all(|(data, sharp)| *data <= sharp * (1.0 + 1e-12) + 1e-15));
        if let Some(proof) = net.constants().gradient_lipschitz.proof {
            assert!(proof - net.settings().lambda >= sharp[0] * (1.0 - 1e-12), "net {i}");
        }
        let got = shares(&net, &data, (i / KINDS.len()) % 4, &mut stream);
        for (name, share) in QUANTITIES.iter().zip(got) {
            assert!(share <= 1.0 + 1e-9, "net {i}: {name} is exceeded, {share}: {:?}", net.settings());
        }
        worst[i % KINDS.len()].iter_mut().zip(got).for_each(|(worst, share)| *worst = worst.max(share));
    }
    for ((activation, loss), worst) in KINDS.iter().zip(worst) {
        println!("{activation:?}, {loss:?}: largest share of {QUANTITIES:?} = {worst:.4?}");
        assert!(worst.iter().all(|share| *share > 0.8), "no power: {activation:?} {loss:?} {worst:?}");
    }
}

/// Break it on purpose: a tenth off each constant of the data, and some net exceeds it.
#[test]
fn constants_a_tenth_smaller_are_exceeded() {
    let mut stream = Key::new(12, Purpose::Resample).stream(0, 0);
    let mut worst = [0.0_f64; 4];
    for i in 0..2000 {
        let net = random_net(KINDS[i % KINDS.len()], &mut stream);
        let smaller = bounds(&net, |levels| levels.data).map(|bound| 0.9 * bound);
        let got = shares(&net, &smaller, (i / KINDS.len()) % 4, &mut stream);
        worst.iter_mut().zip(got).for_each(|(worst, share)| *worst = worst.max(share));
    }
    println!("{worst:.4?}");
    assert!(worst.iter().all(|share| *share > 1.0), "{worst:?}");
}

/// One sigmoid gate, a = 1, x = 5, y = −1: L̃'' exceeds gLip as printed, and not the other levels.
#[test]
fn the_printed_lipschitz_constant_is_exceeded() {
    let settings = TwoLayerSettings {
        activation: Activation::Sigmoid,
        beta: 1.0,
        loss: Loss::Logistic,
        outer: vec![1.0],
        lambda: 0.1,
        backend: Backend::detect(),
        precision: Precision::F64,
    };
    let split = Split {
        train: Rows { inputs: vec![5.0], labels: vec![-1.0], dim: 1 },
        test: Rows { inputs: Vec::new(), labels: Vec::new(), dim: 1 },
        train_indices: vec![0],
        test_indices: Vec::new(),
    };
    let net = TwoLayer::new(settings, split, LabelKind::Signs);
    let mut scratch = net.scratch();
    let largest = (-400..=400)
        .map(|i| attained(&net, &[0.005 * f64::from(i)], &mut scratch)[0] + 0.1)
        .fold(f64::NEG_INFINITY, f64::max);
    let levels = net.constants().gradient_lipschitz;
    println!("largest L'' {largest}, {levels:?}");
    assert!((largest - 1.634).abs() < 1e-3, "{largest}");
    assert!(levels.printed.unwrap() < 0.4 * largest);
    assert!([levels.proof, levels.sharp, levels.data].iter().all(|level| level.unwrap() >= largest));
}
