//! Nets of two weights: convergence under refinement, identities and bounds.

use super::*;
use crate::numerics::{Activation, Backend, Loss};
use crate::problem::data::{LabelKind, Rows, Split};
use crate::problem::{Precision, TwoLayer, TwoLayerSettings};

const S: f64 = 0.2;

fn net(activation: Activation, outer: Vec<f64>, inputs: usize, lambda: f64) -> TwoLayer {
    let n = 12;
    let wave = |i: usize, f: f64| (f * (i as f64 + 1.0)).sin();
    let train = Rows {
        inputs: (0..n * inputs).map(|i| 1.5 * wave(i, 1.7)).collect(),
        labels: (0..n).map(|i| if wave(i, 2.9) + 0.3 > 0.0 { 1.0 } else { -1.0 }).collect(),
        dim: inputs,
    };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: inputs };
    let settings = TwoLayerSettings {
        activation,
        beta: 1.0,
        loss: Loss::Logistic,
        outer,
        lambda,
        backend: Backend::Portable,
        precision: Precision::F64,
    };
    let split = Split { train, test, train_indices: (0..n).collect(), test_indices: Vec::new() };
    TwoLayer::new(settings, split, LabelKind::Signs)
}

fn nets() -> Vec<TwoLayer> {
    [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus]
        .into_iter()
        .flat_map(|activation| [net(activation, vec![1.2, -0.8], 1, 0.6), net(activation, vec![1.0], 2, 0.6)])
        .collect()
}

#[test]
fn two_weight_nets_obey_identities_and_bounds() {
    for net in nets().into_iter().step_by(2) {
        let started = std::time::Instant::now();
        let grid = Grid::new(&net, S, None).unwrap();
        println!("grid {:?}", started.elapsed());
        let misses = identities(&grid, 2);
        assert!(misses.iter().all(|miss| *miss < 1e-9), "{misses:?}");
        let means = grid.quantity_means();
        assert!(means.iter().any(|(q, _)| *q == Quantity::TrainAccuracy), "{means:?}");
        println!("means {:?}", started.elapsed());
        let modes = grid.slow_modes().unwrap();
        let gap = modes.gap();
        println!("{:?} {:?} gap {gap:?} {:?}", net.settings().activation, grid.cells(), started.elapsed());
        assert!(gap.error < 1e-4 * gap.value, "{gap:?}");
        let convex = net.settings().lambda - net.constants().negative_curvature.data.unwrap();
        assert!(gap.value >= convex - gap.error, "λ − M = {convex}, {gap:?}");
        assert!(grid.mass_outside() < 1e-12);
    }
}

/// The stated errors hold what a grid of half the cell width finds: cells of twice and four times the default width
/// (on which there is an error to see) against twice narrower ones.
#[test]
fn stated_errors_cover_a_finer_grid() {
    for net in nets().into_iter().skip(5) {
        let default = Grid::new(&net, S, None).unwrap();
        let grid = |divisor: usize| {
            let cells: Vec<usize> = default.cells().iter().map(|n| n / (4 * divisor) * 4).collect();
            Grid::with_cells(&net, S, default.extent.clone(), &cells).unwrap()
        };
        let (coarse, finer) = (grid(2), grid(1));
        let rates = |grid: &Grid| grid.slow_modes().unwrap().rates().to_vec();
        for (c, f) in rates(&coarse).iter().zip(rates(&finer)) {
            println!("{c:?} {f:?}");
            assert!((c.value - f.value).abs() <= c.error, "{c:?} {f:?}");
            assert!(f.error < 0.5 * c.error, "no convergence: {c:?} {f:?}");
        }
        let risk = |grid: &Grid| mean(grid, Quantity::Risk);
        assert!((risk(&coarse).value - risk(&finer).value).abs() <= risk(&coarse).error + 1e-13);
        let curve = |grid: &Grid| {
            let start = grid.gaussian_start(&[0.5, -0.3], &[0.9 * S / net.settings().lambda; 2]).unwrap();
            grid.curves(&[quantity(grid, Quantity::Risk)], &start, &[0.5, 3.0]).unwrap().means[0].clone()
        };
        for (c, f) in curve(&coarse).iter().zip(curve(&finer)) {
            println!("{c:?} {f:?}");
            assert!((c.value - f.value).abs() <= c.error, "{c:?} {f:?}");
        }
    }
}
