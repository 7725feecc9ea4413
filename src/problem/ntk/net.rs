//! Two-layer nets of finite width in the scaling of the neural tangent kernel, both layers trained, on fresh samples.

use super::activation::NtkActivation;
use super::circle::{CircleTask, SAMPLE};
use crate::problem::{Fresh, Oracle, Potential, Scratch};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Inputs of a net on the circle.
const INPUTS: usize = 2;

/// L(b, a) = ½ ‖f − f*‖²_{L²}, f(x) = m^{−1/2} Σ_{r ≤ m} a_r σ(b_r·x), x uniform on the unit circle: the excess population risk
/// (½ E noise² is left out), both layers trained.
///
/// A particle holds the first coordinates of all b_r, then the second, then a: D = 3m; in files a row (b_r, a_r) a unit. The mean
/// over the circle is a sum over equally spaced nodes: for smooth σ it is exact to rounding (analytic periodic functions); for
/// ReLU, whose f has a kink in two places a unit, its error falls with the square of their number. Cost: a sample gradient about
/// 10 m operations, the risk `nodes` times as much. Source: Jacot, Gabriel, Hongler, NeurIPS 2018; Cao, Guo, Shi, arXiv 2407.07670.
#[derive(Debug, Clone, PartialEq)]
pub struct NtkNet {
    task: CircleTask,
    width: usize,
    cosines: Vec<f64>,
    sines: Vec<f64>,
    targets: Vec<f64>,
}

impl NtkNet {
    /// A net of `width` ≥ 1 units on `task`, its risk a sum over `nodes` points.
    ///
    /// # Panics
    /// When the width is 0, or the nodes cannot tell the target's frequencies apart: `nodes` ≤ 2 × the highest.
    pub fn new(task: CircleTask, width: usize, nodes: usize) -> Self {
        let highest = task.spectrum().harmonics().frequencies().last().map_or(0, |k| *k as usize);
        assert!(
            width > 0 && nodes > 2 * highest,
            "width ≥ 1, nodes above twice the highest frequency {highest}"
        );
        let angles: Vec<f64> = (0..nodes).map(|q| TAU * q as f64 / nodes as f64).collect();
        let cosines: Vec<f64> = angles.iter().map(|t| t.cos()).collect();
        let sines: Vec<f64> = angles.iter().map(|t| t.sin()).collect();
        let targets = cosines.iter().zip(&sines).map(|(c, s)| task.target_at([*c, *s])).collect();
        Self { task, width, cosines, sines, targets }
    }

    /// Spectrum, target and noise.
    pub fn task(&self) -> &CircleTask {
        &self.task
    }

    /// m.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The nodes, as points (cos θ, sin θ).
    pub fn nodes(&self) -> impl Iterator<Item = [f64; 2]> {
        self.cosines.iter().zip(&self.sines).map(|(c, s)| [*c, *s])
    }

    /// f at every node.
    pub fn predictions(&self, w: &[f64], out: &mut [f64]) {
        match self.task.settings().activation {
            NtkActivation::Relu => self.forward(w, out, |z| z.max(0.0)),
            other => self.forward(w, out, |z| other.value(z)),
        }
    }

    fn layers<'w>(&self, w: &'w [f64]) -> [&'w [f64]; 3] {
        let (first, rest) = w.split_at(self.width);
        let (second, outer) = rest.split_at(self.width);
        [first, second, outer]
    }

    fn scale(&self) -> f64 {
        1.0 / (self.width as f64).sqrt()
    }

    #[inline]
    fn forward(&self, w: &[f64], out: &mut [f64], value: impl Fn(f64) -> f64) {
        let [first, second, outer] = self.layers(w);
        out.fill(0.0);
        for ((&p, &q), &a) in first.iter().zip(second).zip(outer) {
            for ((o, c), s) in out.iter_mut().zip(&self.cosines).zip(&self.sines) {
                *o += a * value(p * c + q * s);
            }
        }
        let scale = self.scale();
        out.iter_mut().for_each(|o| *o *= scale);
    }

    /// ∇L from the residuals at the nodes, each already times scale/nodes.
    #[inline]
    fn backward(&self, w: &[f64], residuals: &[f64], gradient: &mut [f64], at: impl Fn(f64) -> [f64; 2]) {
        let [first, second, outer] = self.layers(w);
        let m = self.width;
        for (r, ((&p, &q), &a)) in first.iter().zip(second).zip(outer).enumerate() {
            let mut sums = [0.0; 3];
            for ((rest, c), s) in residuals.iter().zip(&self.cosines).zip(&self.sines) {
                let [value, slope] = at(p * c + q * s);
                sums[0] += rest * slope * c;
                sums[1] += rest * slope * s;
                sums[2] += rest * value;
            }
            (gradient[r], gradient[m + r], gradient[2 * m + r]) = (a * sums[0], a * sums[1], sums[2]);
        }
    }

    /// Adds `weight` (f(x) − y) ∇f(x) of one sample; `room`: 2m numbers.
    #[inline]
    fn add_sample(
        &self,
        w: &[f64],
        sample: &[f64],
        (weight, gradient): (f64, &mut [f64]),
        room: &mut [f64],
        at: impl Fn(f64) -> [f64; 2],
    ) {
        let ([first, second, outer], [x, y, label]) = (self.layers(w), [sample[0], sample[1], sample[2]]);
        let (values, slopes) = room[..2 * self.width].split_at_mut(self.width);
        for (((v, s), p), q) in values.iter_mut().zip(slopes.iter_mut()).zip(first).zip(second) {
            [*v, *s] = at(p * x + q * y);
        }
        let sum: f64 = values.iter().zip(outer).map(|(v, a)| v * a).sum();
        let factor = weight * self.scale() * (self.scale() * sum - label);
        let (inner, out) = gradient.split_at_mut(INPUTS * self.width);
        let (to_first, to_second) = inner.split_at_mut(self.width);
        out.iter_mut().zip(values.iter()).for_each(|(g, v)| *g += factor * v);
        for (((g, h), a), s) in to_first.iter_mut().zip(to_second).zip(outer).zip(slopes.iter()) {
            let part = factor * a * s;
            *g += part * x;
            *h += part * y;
        }
    }
}

impl Potential for NtkNet {
    fn dim(&self) -> usize {
        (INPUTS + 1) * self.width
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], scratch: &mut Scratch) -> f64 {
        let nodes = self.targets.len();
        let residuals = &mut scratch.numbers[..nodes];
        self.predictions(w, residuals);
        residuals.iter_mut().zip(&self.targets).for_each(|(f, target)| *f -= target);
        let value = 0.5 * residuals.iter().map(|r| r * r).sum::<f64>() / nodes as f64;
        let scale = self.scale() / nodes as f64;
        residuals.iter_mut().for_each(|r| *r *= scale);
        match self.task.settings().activation {
            NtkActivation::Relu => self.backward(w, residuals, gradient, relu),
            other => self.backward(w, residuals, gradient, |z| other.value_slope(z)),
        }
        value
    }

    /// Room for the nodes, and for σ and σ' of every unit.
    fn scratch(&self) -> Scratch {
        Scratch::new(self.targets.len().max(2 * self.width))
    }

    /// 0 is below every risk; a net of finite width need not reach it.
    fn known_infimum(&self) -> Option<f64> {
        Some(0.0)
    }

    fn oracle(&self) -> Option<&dyn Oracle> {
        Some(self)
    }

    fn shape(&self) -> (usize, usize) {
        (self.width, INPUTS + 1)
    }

    fn write_row_major(&self, w: &[f64], out: &mut [f64]) {
        for (r, row) in out.chunks_exact_mut(INPUTS + 1).enumerate() {
            row.iter_mut().enumerate().for_each(|(i, o)| *o = w[i * self.width + r]);
        }
    }

    fn read_row_major(&self, w: &[f64], out: &mut [f64]) {
        for (r, row) in w.chunks_exact(INPUTS + 1).enumerate() {
            row.iter().enumerate().for_each(|(i, x)| out[i * self.width + r] = *x);
        }
    }
}

impl Oracle for NtkNet {
    fn sample_len(&self) -> usize {
        SAMPLE
    }

    fn draw(&self, fresh: &mut Fresh<'_>, samples: &mut [f64]) {
        self.task.draw(fresh, samples);
    }

    fn sample_gradient(
        &self,
        weights: &[f64],
        samples: &[f64],
        batch: usize,
        gradient: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let (dim, weight) = (self.dim(), 1.0 / batch as f64);
        let particles = weights.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim));
        for ((w, g), samples) in particles.zip(samples.chunks_exact(batch * SAMPLE)) {
            g.fill(0.0);
            for sample in samples.chunks_exact(SAMPLE) {
                let room = &mut scratch.numbers;
                match self.task.settings().activation {
                    NtkActivation::Relu => self.add_sample(w, sample, (weight, g), room, relu),
                    other => self.add_sample(w, sample, (weight, g), room, |z| other.value_slope(z)),
                }
            }
        }
    }
}

#[inline]
fn relu(z: f64) -> [f64; 2] {
    [z.max(0.0), if z > 0.0 { 1.0 } else { 0.0 }]
}

/// The law of a_r at the start; both have mean 0 and variance 1, and so the same limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NtkOuter {
    /// N(0, 1).
    #[default]
    Gaussian,
    /// ±1 with equal probability.
    Signs,
}

/// The start at which the net is 0: units r and r + m/2 share b ~ N(0, I₂), and have a and −a. The kernel at the start is then
/// that of m/2 independent units. `w`: one particle, 3m numbers, in the order of [`NtkNet`].
///
/// # Panics
/// When m is odd.
pub fn antisymmetric_start(outer: NtkOuter, stream: &mut impl Rng, w: &mut [f64]) {
    let m = w.len() / (INPUTS + 1);
    assert!(m.is_multiple_of(2), "an even width");
    for r in 0..m / 2 {
        for row in 0..INPUTS {
            let b: f64 = stream.sample(StandardNormal);
            (w[row * m + r], w[row * m + r + m / 2]) = (b, b);
        }
        let a = match outer {
            NtkOuter::Gaussian => stream.sample(StandardNormal),
            NtkOuter::Signs => {
                if stream.random::<bool>() {
                    1.0
                } else {
                    -1.0
                }
            }
        };
        (w[INPUTS * m + r], w[INPUTS * m + r + m / 2]) = (a, -a);
    }
}
