//! Ensembles with exact laws for the tests of this folder.

use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Independent particles whose coordinates are Ornstein–Uhlenbeck processes of unit stationary variance with the given
/// rates, drawn by their exact transition. `start`: x₀ of every coordinate, or a stationary draw.
/// times × particles × coordinates, one time after another; the first time is 0.
pub fn ornstein_uhlenbeck(
    rates: &[f64],
    start: Option<f64>,
    times: &[f64],
    particles: usize,
    seed: u64,
) -> Vec<f64> {
    let m = rates.len();
    let mut values = vec![0.0; times.len() * particles * m];
    for i in 0..particles {
        let mut stream = Key::new(seed, Purpose::Brownian).tagged(77).stream(i as u64, 0);
        let mut normal = || stream.sample::<f64, _>(StandardNormal);
        for (k, rate) in rates.iter().enumerate() {
            let mut x = start.unwrap_or_else(&mut normal);
            for t in 0..times.len() {
                if t > 0 {
                    let decay = (-rate * (times[t] - times[t - 1])).exp();
                    x = decay * x + (1.0 - decay * decay).sqrt() * normal();
                }
                values[(t * particles + i) * m + k] = x;
            }
        }
    }
    values
}

/// 0, spacing, 2 spacing, …
pub fn equally_spaced(count: usize, spacing: f64) -> Vec<f64> {
    (0..count).map(|t| t as f64 * spacing).collect()
}

/// Whether an interval holds a number.
pub fn holds(interval: (f64, f64), truth: f64) -> bool {
    interval.0 <= truth && truth <= interval.1
}
