//! Exact facts of the processes besides SGD and the SGD-SDE: what a step does for given noise.

use crate::support::law::{all_near, near, passes};
use sgd_sde::dynamics::{Block, GradientFlow, Process};
use sgd_sde::problem::Quadratic;

/// Steps `0..steps` of `count` particles at `w`.
fn after(process: &dyn Process, w: &[f64], count: usize, steps: u64) -> Vec<f64> {
    let mut block = Block { first: 0, dim: w.len(), weights: w.repeat(count), extra: Vec::new() };
    let mut work = process.work(count);
    process.advance(&mut block, 0, steps, &mut work);
    block.weights
}

/// A step multiplies each weight by 1 − z + z²/2 − z³/6 + z⁴/24, z = hθ, and the flow at t = 1 is e^{−θ} to fourth order.
#[test]
fn gradient_flow_is_the_exponential_series_on_a_quadratic() {
    let (theta, start, dt) = ([0.5, 1.0, 3.0], [1.0, -2.0, 0.5], 0.05);
    let got = after(&GradientFlow::new(&Quadratic::new(theta.to_vec()), dt), &start, 3, 20);
    let series = |z: f64| 1.0 - z + z * z / 2.0 - z.powi(3) / 6.0 + z.powi(4) / 24.0;
    let want: Vec<f64> = theta.iter().zip(start).map(|(t, w)| series(dt * t).powi(20) * w).collect();
    passes(all_near("after 20 steps", &got, &want.repeat(3), 1e-13));
    for ((got, theta), start) in got.iter().zip(theta).zip(start) {
        passes(near("the flow at 1", *got, start * (-theta).exp(), 1e-5));
    }
}
