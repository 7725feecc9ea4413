//! Gaps and means of (x² − 1)²/4 found independently on 20 001 points.

use super::*;
use crate::problem::{DoubleWell, Potential, Scratch};

/// (s, λ_s, E_μ L̃), six digits each.
const TABLE: [(f64, f64, f64); 4] = [
    (0.4, 0.134778, 0.0922762),
    (0.2, 0.0335453, 0.0571593),
    (0.1, 0.00277614, 0.0282915),
    (0.05, 1.95892e-5, 0.0131193),
];

fn gap(s: f64) -> f64 {
    Grid::new(&DoubleWell, s, None).unwrap().slow_modes().unwrap().gap().value
}

fn misses_table(gap: impl Fn(f64) -> f64) -> usize {
    TABLE.iter().filter(|row| ((gap(row.0) - row.1) / row.1).abs() > 1e-4).count()
}

#[test]
fn gaps_and_means_are_those_of_the_table() {
    for (s, rate, risk) in TABLE {
        let grid = Grid::new(&DoubleWell, s, None).unwrap();
        let found = grid.slow_modes().unwrap().gap();
        println!("s = {s}: gap {found:?}, box {:?}, outside {:e}", grid.bounds(), grid.mass_outside());
        assert!((found.value / rate - 1.0).abs() < 5e-6, "{found:?}, expected {rate}");
        assert!(found.error < 1e-6 * rate, "{found:?}");
        let found = mean(&grid, Quantity::Risk);
        println!("s = {s}: risk {found:?}");
        assert!((found.value - risk).abs() < 0.51e-7, "{found:?}, expected {risk}");
        assert!(found.error < 1e-11 && grid.mass_outside() < 1e-12);
        let misses = identities(&grid, 1);
        assert!(misses.iter().all(|miss| *miss < 1e-9), "{misses:?}");
    }
    assert_eq!(misses_table(gap), 0);
}

#[test]
fn a_lost_half_is_seen() {
    assert_eq!(misses_table(|s| 2.0 * gap(s)), 4, "generator without its ½");
    assert_eq!(misses_table(|s| gap(2.0 * s)), 4, "s where s/2 belongs");
    assert_eq!(misses_table(|s| gap(s) * (1.0 + 2e-4)), 4, "2e-4 off");
}

/// For small s the gap is √2/π e^{−1/(2s)} (1 − c s + …): an answer by an integral, at 1e-9 and 1e-13.
///
/// For a symmetric double well with a gap far below the next rate, 1/λ_s is 4 times the resistance-like integral of the mean
/// first passage problem: u solves 𝓛u = −sign(x), and λ_s = 1/⟨u, sign⟩ up to (gap/next rate)².
#[test]
fn tiny_gaps_keep_their_digits() {
    for s in [0.025, 0.018, 0.0125] {
        let grid = Grid::new(&DoubleWell, s, None).unwrap();
        let found = grid.slow_modes().unwrap().gap();
        let want = 1.0 / passage(s);
        println!("s = {s}: {found:?} against {want:e}");
        assert!((found.value / want - 1.0).abs() < 1e-6, "s = {s}: {found:?}, expected {want:e}");
        assert!(found.error < 1e-4 * want);
    }
}

/// ⟨u, sign⟩_μ for 𝓛u = −sign, u odd: u' = (2/s) e^{2L/s} ∫_x^∞ e^{−2L/s}, then 2 ∫_0^∞ u e^{−2L/s}/Z = (4/s)/Z ∫_0^∞ e^{2L/s} T², T the tail.
fn passage(s: f64) -> f64 {
    let value = |x: f64| 0.25 * (x * x - 1.0).powi(2);
    let (cells, end) = (200_000, 1.0 + 8.0 * s.sqrt());
    let h = end / cells as f64;
    let (mut tail, mut sum) = (0.0, 0.0);
    for i in (0..cells).rev() {
        let x = (i as f64 + 0.5) * h;
        let weight = (-2.0 * value(x) / s).exp() * h;
        tail += 0.5 * weight;
        sum += (2.0 * value(x) / s).exp() * tail * tail * h;
        tail += 0.5 * weight;
    }
    (4.0 / s) * sum / (2.0 * tail)
}

/// Two symmetric wells in the plane, the second direction quadratic and tilted: the gap is that of the wells.
struct TiltedWells;

impl Potential for TiltedWells {
    fn dim(&self) -> usize {
        2
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        let (c, s) = (0.8, 0.6);
        let (x, y) = (c * w[0] + s * w[1], c * w[1] - s * w[0]);
        let (gx, gy) = (x * (x * x - 1.0), 3.0 * y);
        gradient[0] = c * gx - s * gy;
        gradient[1] = s * gx + c * gy;
        0.25 * (x * x - 1.0).powi(2) + 1.5 * y * y
    }
}

#[test]
fn rotated_wells_in_the_plane_have_the_gap_of_the_wells() {
    let (s, rate, risk) = TABLE[0];
    let started = std::time::Instant::now();
    let grid = Grid::new(&TiltedWells, s, None).unwrap();
    println!("cells {:?}, {:?}", grid.cells(), started.elapsed());
    let modes = grid.slow_modes().unwrap();
    let found = modes.gap();
    println!("gap {found:?}, {:?}", started.elapsed());
    assert_numeric(found, gap(s), 1e-3 * rate);
    assert!((found.value / rate - 1.0).abs() < 1e-4, "{found:?}");
    assert!((mean(&grid, Quantity::Risk).value - (risk + s / 4.0)).abs() < 1e-7);
    // Nearly all of the variance across the wells lies in the slowest mode.
    let side = grid.observe(&|w| 0.8 * w[0] + 0.6 * w[1]);
    let parts = grid.components(&modes, &side);
    let share = parts[0].variance.value / grid.standard_deviation(&side).value.powi(2);
    assert!(share > 0.8 && share <= 1.0, "{share}");
}
