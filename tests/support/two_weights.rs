//! Nets of two weights, whose Gibbs measure and spectral gap a grid gives.

use super::nets::ACTIVATIONS;
use rand::RngExt;
use sgd_sde::numerics::{Backend, Loss};
use sgd_sde::problem::data::{LabelKind, Rows, Split};
use sgd_sde::problem::{Potential, Precision, TwoLayer, TwoLayerSettings};
use sgd_sde::random::{Key, Purpose};

/// Cells along one side of the grid.
const SIDE: usize = 161;
/// Half the side of the box.
const REACH: f64 = 7.0;

/// The Gibbs measure of a net with two weights on a grid of cells.
pub struct TwoWeights {
    pub net: TwoLayer,
    pub s: f64,
    /// The spectral gap of the reversible finite volumes, rates (s/2h²) e^{−(L_j − L_i)/s}.
    pub gap: f64,
    /// The eigenvalue above it.
    pub second: f64,
    /// E_μ L̃.
    pub risk: f64,
    cells: Cells,
    cumulative: Vec<f64>,
}

/// The net with activation number `number`: two units on twenty rows of one input.
fn net(number: usize) -> TwoLayer {
    let inputs: Vec<f64> = (0..20).map(|i| 2.0 * (1.7 * f64::from(i) + 0.4).sin()).collect();
    let labels = (0..20).map(|i| if inputs[i] > 0.2 || i % 7 == 3 { 1.0 } else { -1.0 }).collect();
    let settings = TwoLayerSettings {
        activation: ACTIVATIONS[number],
        beta: 1.0,
        loss: Loss::Logistic,
        outer: vec![1.1, -0.7],
        lambda: 0.3,
        backend: Backend::detect(),
        precision: Precision::F64,
    };
    let split = Split {
        train: Rows { inputs, labels, dim: 1 },
        test: Rows { inputs: Vec::new(), labels: Vec::new(), dim: 1 },
        train_indices: (0..20).collect(),
        test_indices: Vec::new(),
    };
    TwoLayer::new(settings, split, LabelKind::Signs)
}

/// A square of side × side square cells.
struct Cells {
    side: usize,
    low: [f64; 2],
    width: f64,
}

impl Cells {
    fn around(centre: [f64; 2], reach: f64, side: usize) -> Self {
        Self { side, low: centre.map(|x| x - reach), width: 2.0 * reach / side as f64 }
    }

    fn len(&self) -> usize {
        self.side * self.side
    }

    fn centre(&self, cell: usize) -> [f64; 2] {
        let place = [cell % self.side, cell / self.side];
        [0, 1].map(|k| self.low[k] + (place[k] as f64 + 0.5) * self.width)
    }

    /// The cells beside a cell.
    fn neighbours(&self, cell: usize) -> impl Iterator<Item = usize> {
        let (side, x, y) = (self.side, cell % self.side, cell / self.side);
        [
            (x > 0).then(|| cell - 1),
            (x + 1 < side).then_some(cell + 1),
            (y > 0).then(|| cell - side),
            (y + 1 < side).then_some(cell + side),
        ]
        .into_iter()
        .flatten()
    }

    /// The sum of v over the cells beside each cell.
    fn sums_beside(&self, v: &[f64]) -> Vec<f64> {
        let side = self.side;
        let mut out = vec![0.0; v.len()];
        for (y, row) in out.chunks_exact_mut(side).enumerate() {
            for (x, sum) in row.iter_mut().enumerate() {
                let cell = y * side + x;
                *sum += if x > 0 { v[cell - 1] } else { 0.0 };
                *sum += if x + 1 < side { v[cell + 1] } else { 0.0 };
                *sum += if y > 0 { v[cell - side] } else { 0.0 };
                *sum += if y + 1 < side { v[cell + side] } else { 0.0 };
            }
        }
        out
    }

    /// L̃ at every centre.
    fn risks(&self, net: &TwoLayer) -> Vec<f64> {
        let (mut scratch, mut slope) = (net.scratch(), [0.0; 2]);
        (0..self.len()).map(|i| net.value_gradient(&self.centre(i), &mut slope, &mut scratch)).collect()
    }

    /// The probabilities of the cells under μ_s.
    fn density(&self, risks: &[f64], s: f64) -> Vec<f64> {
        let least = risks.iter().copied().fold(f64::INFINITY, f64::min);
        let mut density: Vec<f64> = risks.iter().map(|r| (-2.0 * (r - least) / s).exp()).collect();
        let total: f64 = density.iter().sum();
        density.iter_mut().for_each(|d| *d /= total);
        density
    }
}

/// The spectral gap of any net with two weights and an estimate of its error: the same volumes in a box that holds all but
/// 10⁻¹³ of μ_s, at two widths with Richardson's formula; the error is what that formula changes.
pub fn gap_of(net: &TwoLayer, s: f64) -> (f64, f64) {
    let (lambda, pull) = (net.settings().lambda, net.constants().gradient_bound.data.expect("g is bounded"));
    // μ_s lies below exp(−λ(‖W‖ − K/λ)²/s) times its largest density, up to the factor at the peak.
    let widest = pull / lambda + (pull * pull / (lambda * lambda) + 34.0 * s / lambda).sqrt();
    let coarse = Cells::around([0.0; 2], widest, 240);
    let density = coarse.density(&coarse.risks(net), s);
    let held = (0..coarse.len()).filter(|i| density[*i] > 1e-15).map(|i| coarse.centre(i));
    let start = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    let (low, high) = held.fold(start, |(low, high), at| {
        ([0, 1].map(|k| at[k].min(low[k])), [0, 1].map(|k| at[k].max(high[k])))
    });
    let reach = 0.5 * (high[0] - low[0]).max(high[1] - low[1]) + coarse.width;
    let [rough, fine] = [40, 80].map(|side| {
        let cells = Cells::around([0, 1].map(|k| 0.5 * (low[k] + high[k])), reach, side);
        let risks = cells.risks(net);
        lowest_two(&cells, &risks, &cells.density(&risks, s), s, 1)[0]
    });
    let value = (4.0 * fine - rough) / 3.0;
    (value, (value - fine).abs())
}

impl TwoWeights {
    pub fn new(activation: usize, s: f64) -> Self {
        let (net, cells) = (net(activation), Cells::around([0.0; 2], REACH, SIDE));
        let risks = cells.risks(&net);
        let density = cells.density(&risks, s);
        assert!((0..SIDE).all(|k| density[k] < 1e-13 && density[k * SIDE] < 1e-13), "the box is too small");
        let mut sum = 0.0;
        let cumulative = density
            .iter()
            .map(|d| {
                sum += d;
                sum
            })
            .collect();
        let risk = risks.iter().zip(&density).map(|(r, d)| r * d).sum();
        let [gap, second] = lowest_two(&cells, &risks, &density, s, 2);
        Self { net, s, gap, second, risk, cells, cumulative }
    }

    /// `count` independent draws, uniform within a cell.
    pub fn draws(&self, count: usize, seed: u64) -> Vec<f64> {
        let mut out = Vec::with_capacity(2 * count);
        for i in 0..count as u64 {
            let mut stream = Key::new(seed, Purpose::Reference).stream(i, 0);
            let u: f64 = stream.random();
            let cell = self.cumulative.partition_point(|&c| c < u).min(SIDE * SIDE - 1);
            out.extend(
                self.cells.centre(cell).map(|x| x + (stream.random::<f64>() - 0.5) * self.cells.width),
            );
        }
        out
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The two eigenvalues above 0 of diag(Σ_j q_ij) − (s/2h²)·adjacency, the symmetric form of the finite volumes: inverse
/// iteration of two vectors with conjugate gradients, beside the known ground state √μ. Both, since they lie close together.
/// The first `settled` of them have converged.
fn lowest_two(cells: &Cells, risks: &[f64], density: &[f64], s: f64, settled: usize) -> [f64; 2] {
    let rate = s / (2.0 * cells.width * cells.width);
    let ground: Vec<f64> = density.iter().map(|d| d.sqrt()).collect();
    let diagonal: Vec<f64> = (0..risks.len())
        .map(|i| cells.neighbours(i).map(|j| rate * (-(risks[j] - risks[i]) / s).exp()).sum())
        .collect();
    let apply = |v: &[f64]| -> Vec<f64> {
        let beside = cells.sums_beside(v);
        (0..v.len()).map(|i| diagonal[i] * v[i] - rate * beside[i]).collect()
    };
    let project = |v: &mut [f64]| remove(v, &ground);
    let mut pair =
        [0, 1].map(|k| ground.iter().enumerate().map(|(i, g)| g * cells.centre(i)[k]).collect::<Vec<f64>>());
    let mut values = [f64::NAN; 2];
    for _ in 0..60 {
        pair.iter_mut().for_each(|v| project(v));
        let [first, second] = &mut pair;
        normalise(first);
        remove(second, first);
        normalise(second);
        let before = values;
        (pair, values) = rotate(&pair, &apply);
        if (0..settled).all(|k| (values[k] - before[k]).abs() < 1e-8 * values[k]) {
            return values;
        }
        pair = [0, 1].map(|k| conjugate_gradients(&apply, &diagonal, &project, &pair[k], values[k]));
    }
    panic!("inverse iteration does not settle: {values:?}");
}

/// Takes from `v` its part along the unit vector `unit`.
fn remove(v: &mut [f64], unit: &[f64]) {
    let part = dot(v, unit);
    v.iter_mut().zip(unit).for_each(|(x, g)| *x -= part * g);
}

fn normalise(v: &mut [f64]) {
    let norm = dot(v, v).sqrt();
    v.iter_mut().for_each(|x| *x /= norm);
}

/// The Ritz vectors and values of two orthonormal vectors, increasing.
fn rotate(pair: &[Vec<f64>; 2], apply: &impl Fn(&[f64]) -> Vec<f64>) -> ([Vec<f64>; 2], [f64; 2]) {
    let [x, y] = pair;
    let (ax, ay) = (apply(x), apply(y));
    let (a, b, d) = (dot(x, &ax), dot(x, &ay), dot(y, &ay));
    let angle = 0.5 * (2.0 * b).atan2(a - d);
    let turn = |angle: f64| -> Vec<f64> {
        x.iter().zip(y).map(|(x, y)| angle.cos() * x + angle.sin() * y).collect()
    };
    // This angle belongs to the larger value.
    let (high, low) = (turn(angle), turn(angle + std::f64::consts::FRAC_PI_2));
    let values = [dot(&low, &apply(&low)), dot(&high, &apply(&high))];
    ([low, high], values)
}

/// Solves A x = b beside the ground state, with the diagonal as preconditioner, from b/eigenvalue.
fn conjugate_gradients(
    apply: &impl Fn(&[f64]) -> Vec<f64>,
    diagonal: &[f64],
    project: &impl Fn(&mut [f64]),
    b: &[f64],
    eigenvalue: f64,
) -> Vec<f64> {
    let precondition = |r: &[f64]| {
        let mut z: Vec<f64> = r.iter().zip(diagonal).map(|(r, d)| r / d).collect();
        project(&mut z);
        z
    };
    let mut x: Vec<f64> = b.iter().map(|b| b / eigenvalue).collect();
    let mut r: Vec<f64> = b.iter().zip(apply(&x)).map(|(b, ax)| b - ax).collect();
    project(&mut r);
    let mut z = precondition(&r);
    let mut p = z.clone();
    let mut rz = dot(&r, &z);
    for _ in 0..2000 {
        if dot(&r, &r) < 1e-16 {
            break;
        }
        let ap = apply(&p);
        let step = rz / dot(&p, &ap);
        x.iter_mut().zip(&p).for_each(|(x, p)| *x += step * p);
        r.iter_mut().zip(&ap).for_each(|(r, ap)| *r -= step * ap);
        z = precondition(&r);
        let next = dot(&r, &z);
        p.iter_mut().zip(&z).for_each(|(p, z)| *p = z + next / rz * *p);
        rz = next;
    }
    x
}
