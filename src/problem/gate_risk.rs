//! The population risk of a ReLU gate under Gaussian inputs, and where its updates come to rest under attack.

use super::relu_gate::{Attack, AttackSign, ReluGate, Update};
use statrs::function::erf::erfc;
use std::f64::consts::{PI, SQRT_2};

/// L(w) = ½ E (ReLU(w·x) − ReLU(v·x))² for x ~ N(0, I), and ∇L(w) into `gradient`; v ≠ 0.
///
/// With φ the angle between w and v, the arc-cosine kernel of first order (Cho, Saul, NIPS 2009) gives
/// L = ¼‖w − v‖² − ‖w‖‖v‖(sin φ − φ cos φ)/(2π) and ∇L = ½(w − v) + (φ v − ‖v‖ sin φ w/‖w‖)/(2π): the form in which nothing cancels
/// near w = v. At w = 0 the value is ¼‖v‖² and the gradient 0 by convention.
pub(super) fn clean_risk(w: &[f64], v: &[f64], gradient: &mut [f64]) -> f64 {
    let norm = |a: &[f64]| a.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (length, target) = (norm(w), norm(v));
    if length == 0.0 {
        gradient.fill(0.0);
        return 0.25 * target * target;
    }
    let (mut apart, mut together, mut distance) = (0.0, 0.0, 0.0);
    for (a, b) in w.iter().zip(v) {
        let (x, y) = (a / length, b / target);
        apart += (x - y) * (x - y);
        together += (x + y) * (x + y);
        distance += (a - b) * (a - b);
    }
    let angle = 2.0 * apart.sqrt().atan2(together.sqrt());
    let along_w = target * angle.sin() / length;
    for ((g, a), b) in gradient.iter_mut().zip(w).zip(v) {
        *g = 0.5 * (a - b) + (angle * b - along_w * a) / (2.0 * PI);
    }
    0.25 * distance - length * target * chord(angle) / (2.0 * PI)
}

/// sin φ − φ cos φ, 0 ≤ φ ≤ π, by its series where the terms would cancel.
fn chord(angle: f64) -> f64 {
    if angle > 0.3 {
        return angle.sin() - angle * angle.cos();
    }
    // Σ_k (−1)^k 2(k+1) φ^{2k+3}/(2k+3)!; the next term is below 1e-17 of the first.
    let square = angle * angle;
    let series =
        [1.0 / 3.0, -1.0 / 30.0, 1.0 / 840.0, -1.0 / 45_360.0, 1.0 / 3_991_680.0, -1.0 / 518_918_400.0];
    angle * square * series.iter().rev().fold(0.0, |sum, c| sum * square + c)
}

/// P(Z > c), E Z 1{Z > c} and E Z² 1{Z > c} of a standard normal Z.
fn upper_moments(c: f64) -> [f64; 3] {
    let (tail, density) = (0.5 * erfc(c / SQRT_2), (-0.5 * c * c).exp() / (2.0 * PI).sqrt());
    [tail, density, tail + c * density]
}

impl ReluGate {
    /// Where the mean of `update` vanishes on the ray from 0 through w*, as its signed distance from w* along that ray: what the
    /// weights settle at for small steps, without the fluctuation that steps of size s add. Exact for x ~ N(0, I).
    ///
    /// With Z = w*·x/‖w*‖ the fixed point r w*/‖w*‖ has E[1 (w*·x + αξ − rZ) Z] = 0 over the samples that the update uses, so that
    /// r − ‖w*‖ = E[1 αξ Z]/E[1 Z²]. SGD uses Z > 0: ±βθ*√(2/π) for ξ = ±θ*, 0 for random signs; pushed down it cannot pass 0, where
    /// the gate is dead and the distance is −‖w*‖. The provable update uses y > θ*: Z > 0 where pushed up, Z > 2c where pushed down,
    /// c = θ*/‖w*‖, Z > c where left alone. So pushed up it is shifted at least as far as SGD, by at most θ*√(2/π) for every β; pushed
    /// down it throws nearly all distorted samples away once c is above 1, and never passes 0, since its labels are above θ*. `None`
    /// where no chance of a sample that the provable update uses is above 0 in floating point: no label pushed up, and θ* far above ‖w*‖.
    pub fn fixed_point(&self, update: Update) -> Option<f64> {
        let length = self.teacher().iter().map(|x| x * x).sum::<f64>().sqrt();
        let Attack { probability: beta, size, sign } = self.attack();
        let (up, down) = match sign {
            AttackSign::Up => (beta, 0.0),
            AttackSign::Down => (0.0, beta),
            AttackSign::Random => (0.5 * beta, 0.5 * beta),
        };
        let c = size / length;
        // Least Z that the update uses: unharmed, pushed up, pushed down.
        let least = match update {
            Update::Gradient => [0.0; 3],
            Update::Provable => [c, 0.0, 2.0 * c],
        };
        let [alone, raised, lowered] = least.map(upper_moments);
        let shift = size * (up * raised[1] - down * lowered[1]);
        let weight = (1.0 - beta) * alone[2] + up * raised[2] + down * lowered[2];
        (weight > 0.0).then(|| (shift / weight).max(-length))
    }
}

#[cfg(test)]
#[path = "relu_gate_tests.rs"]
mod tests;
