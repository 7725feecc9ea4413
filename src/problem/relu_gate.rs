//! One ReLU gate whose labels an adversary distorts.

use super::gate_risk::clean_risk;
use super::{Fresh, Oracle, Potential, ProvableUpdate, Scratch};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Which way the adversary moves a label that it attacks. None of them looks at w; what each does to either update is said at
/// [`ReluGate::fixed_point`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttackSign {
    /// ξ = +θ*.
    #[default]
    Up,
    /// ξ = −θ*.
    Down,
    /// ξ = ±θ* with equal chances, independent of everything.
    Random,
}

/// An oracle that adds αξ to labels, α ~ Bernoulli(β) independent of x, |ξ| = θ*.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attack {
    /// β in [0, 1].
    pub probability: f64,
    /// θ* ≥ 0.
    pub size: f64,
    /// The sign of ξ.
    pub sign: AttackSign,
}

/// Which direction one-pass SGD takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Update {
    /// The gradient of the loss on the samples.
    #[default]
    Gradient,
    /// The oracle's update with a guarantee, [`Oracle::provable`].
    Provable,
}

/// A single gate x ↦ ReLU(w·x) that learns w* from samples x ~ N(0, I_d), y = ReLU(w*·x) + αξ.
///
/// As a potential it is the *clean* population risk L(w) = ½ E (ReLU(w·x) − ReLU(w*·x))², in closed form; minimum 0 at w*, a kink at
/// w = 0, where the gradient is 0 by the convention ReLU'(0) = 0 (SGD that starts there stays). E of
/// [`sample_gradient`](Oracle::sample_gradient) is ∇L only without attack. By the symmetry of N(0, I) the results depend on w* through ‖w*‖ alone.
/// Source: Karmakar, Mukherjee, *Neural Networks* 151, 2022, arXiv 2005.04211, which asks for symmetric laws of x; the Gaussian is the choice
/// made here.
#[derive(Debug, Clone, PartialEq)]
pub struct ReluGate {
    teacher: Vec<f64>,
    attack: Attack,
}

impl ReluGate {
    /// The gate w* = `teacher` under `attack`.
    ///
    /// # Panics
    /// When `teacher` is 0 or not finite, β is outside [0, 1] or θ* is negative or not finite.
    pub fn new(teacher: Vec<f64>, attack: Attack) -> Self {
        assert!(teacher.iter().all(|x| x.is_finite()) && teacher.iter().any(|&x| x != 0.0), "w* ≠ 0");
        assert!((0.0..=1.0).contains(&attack.probability), "0 ≤ β ≤ 1");
        assert!(attack.size >= 0.0 && attack.size.is_finite(), "θ* ≥ 0");
        Self { teacher, attack }
    }

    /// w*.
    pub fn teacher(&self) -> &[f64] {
        &self.teacher
    }

    /// What the adversary does.
    pub fn attack(&self) -> Attack {
        self.attack
    }

    /// Σ over samples of `slope`(w·x, y) x / b into `out`.
    fn mean_of(&self, w: &[f64], samples: &[f64], out: &mut [f64], slope: impl Fn(f64, f64) -> f64) {
        let len = self.sample_len();
        let share = len as f64 / samples.len() as f64;
        out.fill(0.0);
        for sample in samples.chunks_exact(len) {
            let (x, y) = (&sample[..w.len()], sample[w.len()]);
            let slope = share * slope(dot(w, x), y);
            if slope != 0.0 {
                out.iter_mut().zip(x).for_each(|(g, x)| *g += slope * x);
            }
        }
    }
}

/// u·v in eight running sums, so that the compiler can use vectors.
fn dot(u: &[f64], v: &[f64]) -> f64 {
    let (mut sums, (a, b)) = ([0.0; 8], (u.chunks_exact(8), v.chunks_exact(8)));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in a.zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(s, (x, y))| *s += x * y);
    }
    sums.iter().sum::<f64>() + rest
}

impl Potential for ReluGate {
    fn dim(&self) -> usize {
        self.teacher.len()
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        clean_risk(w, &self.teacher, gradient)
    }

    fn oracle(&self) -> Option<&dyn Oracle> {
        Some(self)
    }

    fn reference_point(&self) -> Option<&[f64]> {
        Some(&self.teacher)
    }
}

impl Oracle for ReluGate {
    /// d inputs and the label.
    fn sample_len(&self) -> usize {
        self.teacher.len() + 1
    }

    /// Inputs do not depend on the attack, and a label that is attacked at one β is so at every larger one.
    fn draw(&self, fresh: &mut Fresh<'_>, samples: &mut [f64]) {
        // One normal a sample is drawn in the label's place and written over, so that all come in one piece.
        fresh.normals(samples);
        let mut stream = fresh.stream();
        let Attack { probability, size, sign } = self.attack;
        for sample in samples.chunks_exact_mut(self.sample_len()) {
            let (attacked, heads) = (stream.random::<f64>() < probability, stream.random::<bool>());
            let distortion = match sign {
                _ if !attacked => 0.0,
                AttackSign::Up => size,
                AttackSign::Down => -size,
                AttackSign::Random => {
                    if heads {
                        size
                    } else {
                        -size
                    }
                }
            };
            let (x, y) = sample.split_at_mut(self.teacher.len());
            y[0] = dot(&self.teacher, x).max(0.0) + distortion;
        }
    }

    /// −(1/b) Σ 1{w·x > 0}(y − w·x) x: the gradient of ½(ReLU(w·x) − y)².
    fn sample_gradient(
        &self,
        weights: &[f64],
        samples: &[f64],
        batch: usize,
        gradient: &mut [f64],
        _scratch: &mut Scratch,
    ) {
        let dim = self.teacher.len();
        let samples = samples.chunks_exact(batch * self.sample_len());
        for ((w, g), samples) in weights.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)).zip(samples) {
            self.mean_of(w, samples, g, |activity, y| if activity > 0.0 { activity - y } else { 0.0 });
        }
    }

    fn provable(&self) -> Option<&dyn ProvableUpdate> {
        Some(self)
    }
}

impl ProvableUpdate for ReluGate {
    /// −(1/b) Σ 1{y > θ*}(y − w·x) x (Karmakar, Mukherjee): a label above θ* proves that w*·x > 0, so that what is left is linear regression on
    /// the samples that pass. It is no gradient of a function of w under the gate, and it knows θ*.
    fn direction(&self, weights: &[f64], samples: &[f64], batch: usize, out: &mut [f64]) {
        let (dim, threshold) = (self.teacher.len(), self.attack.size);
        let samples = samples.chunks_exact(batch * self.sample_len());
        for ((w, g), samples) in weights.chunks_exact(dim).zip(out.chunks_exact_mut(dim)).zip(samples) {
            self.mean_of(w, samples, g, |activity, y| if y > threshold { activity - y } else { 0.0 });
        }
    }
}
