//! How often the 95 % intervals of repeated small runs cover the truth.

use super::studies::{curve, outcome_of, plan};

const THETA: [f64; 4] = [0.5, 1.0, 1.5, 2.0];
const S: f64 = 0.2;
/// Steps of the coarse process.
const STEPS: u64 = 8;

/// E L̃ of Euler–Maruyama with step `dt` after `steps` steps from N(0, I).
fn exact(dt: f64, steps: u64) -> f64 {
    let variance = |theta: f64| (0..steps).fold(1.0, |v, _| (1.0 - dt * theta).powi(2) * v + S * dt);
    THETA.iter().map(|&theta| 0.5 * theta * variance(theta)).sum()
}

/// The share of `repeats` runs of 200 particles whose interval covers the exact value: of E L̃ of one process, and of the
/// paired difference of two step lengths on one path.
pub fn coverage(repeats: u64) -> [f64; 2] {
    let want = [exact(0.1, STEPS), exact(0.1, STEPS) - exact(0.05, 2 * STEPS)];
    let mut covered = [0_u64; 2];
    for seed in 0..repeats {
        let outcome = outcome_of(
            &plan(&format!(
                "seed = {seed}\n[problem]\nkind = 'quadratic'\neigenvalues = {THETA:?}\n\
                 [[process]]\nname = 'a'\nkind = 'sgd-sde'\ns = {S}\ndt = 0.1\nrefinement = 2\nparticles = 200\n\
                 [[process]]\nname = 'b'\nkind = 'sgd-sde'\ns = {S}\ndt = 0.05\nparticles = 200\n\
                 [time]\nhorizon = 0.8\npoints = 2\n"
            )),
            1,
        );
        for ((process, want), covered) in ["a", "a|b"].into_iter().zip(want).zip(&mut covered) {
            let row = curve(&outcome, process, "risk")[1];
            let (low, high) = (row.ci_low.expect("200 particles"), row.ci_high.expect("200 particles"));
            *covered += u64::from(low <= want && want <= high);
        }
    }
    covered.map(|count| count as f64 / repeats as f64)
}
