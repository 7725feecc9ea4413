//! Regression on the circle: the kernel's spectrum, a target of known regularity, fresh samples.

use super::activation::NtkActivation;
use super::harmonics::Harmonics;
use super::limit::LimitKernel;
use crate::problem::Fresh;
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;
use std::f64::consts::{PI, TAU};

/// Points of the trapezoidal rule for eigenvalues without closed form; frequencies up to a quarter of it are asked for.
const POINTS: usize = 256;
/// Eigenvalues below this part of the trace are rounding and quadrature, not the kernel's.
const RESOLVED: f64 = 1e-10;

/// Eigenvalues of the integral operator of K_∞ under the uniform law on the circle: ∫ K_∞(x, x') e_k(x') dx' = λ_k e_k(x), with
/// e_k of [`Harmonics`]. Frequencies with λ_k = 0 are left out (ReLU without bias: k = 3, 5, 7, …).
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    harmonics: Harmonics,
    eigenvalues: Vec<f64>,
    trace: f64,
}

impl Spectrum {
    /// The first `count` ≥ 1 frequencies with λ_k > 0, or as many as are resolved: for smooth σ the λ_k fall so fast that few are.
    pub fn new(activation: NtkActivation, count: usize) -> Self {
        let kernel = LimitKernel::new(activation);
        let trace = kernel.at(1.0);
        let modes: Vec<(u32, f64)> = match activation {
            NtkActivation::Relu => {
                (0..).map(|k| (k, relu_eigenvalue(k))).filter(|m| m.1 > 0.0).take(count).collect()
            }
            _ => {
                let resolved = sampled_eigenvalues(&kernel).filter(|m| m.1 > RESOLVED * trace);
                resolved.take(count).collect()
            }
        };
        let (frequencies, eigenvalues) = modes.into_iter().unzip();
        Self { harmonics: Harmonics::new(frequencies), eigenvalues, trace }
    }

    /// The functions.
    pub fn harmonics(&self) -> &Harmonics {
        &self.harmonics
    }

    /// λ of each frequency.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// K_∞(x, x), the sum of all eigenvalues with their multiplicity.
    pub fn trace(&self) -> f64 {
        self.trace
    }

    /// The part of the trace that the frequencies left out hold.
    pub fn missing_trace(&self) -> f64 {
        let kept = self.harmonics.frequencies().iter().zip(&self.eigenvalues);
        let kept: f64 = kept.map(|(k, lambda)| Harmonics::multiplicity(*k) as f64 * lambda).sum();
        (1.0 - kept / self.trace).max(0.0)
    }
}

/// λ_k of the ReLU kernel (sin θ + 2(π−θ) cos θ)/(2π), by parts: λ_k = (1/2π²)[S_k + A_{k+1} + A_{|k−1|}] with
/// S_k = ∫₀^π sin θ cos kθ dθ and A_j = ∫₀^π (π−θ) cos jθ dθ. λ_k → 1/(π²k²) for even k.
fn relu_eigenvalue(frequency: u32) -> f64 {
    let k = f64::from(frequency);
    let a = |j: f64| match j {
        0.0 => PI * PI / 2.0,
        _ if j % 2.0 == 0.0 => 0.0,
        _ => 2.0 / (j * j),
    };
    let s = if frequency.is_multiple_of(2) { 2.0 / (1.0 - k * k) } else { 0.0 };
    (s + a(k + 1.0) + a((k - 1.0).abs())) / (2.0 * PI * PI)
}

/// λ_k by the trapezoidal rule, exact to rounding for analytic kernels of which the frequencies beyond [`POINTS`] hold nothing.
fn sampled_eigenvalues(kernel: &LimitKernel) -> impl Iterator<Item = (u32, f64)> {
    let values: Vec<f64> =
        (0..=POINTS / 2).map(|j| kernel.at((TAU * j as f64 / POINTS as f64).cos())).collect();
    (0..POINTS as u32 / 4).map(move |k| {
        let total: f64 = (0..POINTS)
            .map(|j| {
                values[j.min(POINTS - j)] * (TAU * ((j * k as usize) % POINTS) as f64 / POINTS as f64).cos()
            })
            .sum();
        (k, total / POINTS as f64)
    })
}

/// What the target and its samples are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CircleSettings {
    /// σ, which makes the kernel.
    pub activation: NtkActivation,
    /// Frequencies kept.
    pub modes: usize,
    /// r > 0 of f* = L_K^r g.
    pub regularity: f64,
    /// δ > 0: g has the squared coefficients j^{−1−δ} at the j-th frequency, so that g is in L² and hardly more.
    pub margin: f64,
    /// Standard deviation of the noise on labels, ≥ 0.
    pub noise: f64,
    /// Draws the phases of the target.
    pub seed: u64,
}

/// Regression with x uniform on the unit circle and y = f*(x) + noise·N(0, 1), f* = L_K^r g of norm 1 in L².
///
/// g_j² ∝ j^{−1−δ} at the j-th kept frequency, shared by its two functions with a random phase. Only the kept frequencies carry
/// the target: [`missing_target`](Self::missing_target) bounds what the law of g would give to the others.
#[derive(Debug, Clone, PartialEq)]
pub struct CircleTask {
    spectrum: Spectrum,
    settings: CircleSettings,
    target: Vec<f64>,
}

/// Numbers of a sample: cos θ, sin θ, y.
pub const SAMPLE: usize = 3;

impl CircleTask {
    /// The task of some settings.
    pub fn new(settings: CircleSettings) -> Self {
        let spectrum = Spectrum::new(settings.activation, settings.modes);
        let mut stream = Key::new(settings.seed, Purpose::Data).stream(0, 0);
        let mut target = Vec::new();
        for (j, (frequency, lambda)) in
            spectrum.harmonics.frequencies().iter().zip(&spectrum.eigenvalues).enumerate()
        {
            let multiplicity = Harmonics::multiplicity(*frequency) as f64;
            let rank = (j + 1) as f64;
            let size =
                (multiplicity * lambda.powf(2.0 * settings.regularity) * rank.powf(-1.0 - settings.margin))
                    .sqrt();
            let phase = TAU * stream.random::<f64>();
            match frequency {
                0 => target.push(size),
                _ => target.extend([size * phase.cos(), size * phase.sin()]),
            }
        }
        let norm = target.iter().map(|c| c * c).sum::<f64>().sqrt();
        target.iter_mut().for_each(|c| *c /= norm);
        Self { spectrum, settings, target }
    }

    /// The kernel's spectrum.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// What it was made of.
    pub fn settings(&self) -> &CircleSettings {
        &self.settings
    }

    /// The coefficients of f*.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// f* at the point (cos θ, sin θ).
    pub fn target_at(&self, point: [f64; 2]) -> f64 {
        self.spectrum.harmonics.sum(&self.target, point)
    }

    /// A bound on ‖f* left out‖² by ‖f*‖² if g went on with its law: (λ_F/λ_j)^{2r} falls, so Σ_{j>F} is at most
    /// λ_F^{2r} 2 F^{−δ}/δ before normalisation.
    pub fn missing_target(&self) -> f64 {
        let CircleSettings { regularity, margin, .. } = self.settings;
        let power = |lambda: f64| lambda.powf(2.0 * regularity);
        let each = self.spectrum.harmonics.frequencies().iter().zip(&self.spectrum.eigenvalues).enumerate();
        let kept: f64 = each
            .map(|(j, (k, lambda))| {
                Harmonics::multiplicity(*k) as f64 * power(*lambda) * ((j + 1) as f64).powf(-1.0 - margin)
            })
            .sum();
        let last = self.spectrum.eigenvalues.last().copied().unwrap_or(0.0);
        let count = self.spectrum.eigenvalues.len() as f64;
        2.0 * power(last) * count.powf(-margin) / margin / kept
    }

    /// Fresh samples, three numbers each: cos θ, sin θ, y.
    pub fn draw(&self, fresh: &mut Fresh<'_>, samples: &mut [f64]) {
        let mut stream = fresh.stream();
        for sample in samples.chunks_exact_mut(SAMPLE) {
            let theta = TAU * stream.random::<f64>();
            let noise: f64 = stream.sample(StandardNormal);
            let point = [theta.cos(), theta.sin()];
            sample[..2].copy_from_slice(&point);
            sample[2] = self.target_at(point) + self.settings.noise * noise;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_add_up_to_the_kernel() {
        for activation in NtkActivation::ALL {
            let spectrum = Spectrum::new(activation, 4000);
            let kernel = LimitKernel::new(activation);
            for angle in [0.0, 0.3, 1.2, 2.9] {
                let each = spectrum.harmonics.frequencies().iter().zip(&spectrum.eigenvalues);
                let sum: f64 = each
                    .map(|(k, l)| Harmonics::multiplicity(*k) as f64 * l * (f64::from(*k) * angle).cos())
                    .sum();
                // ReLU: the frequencies beyond 8000 hold 1/(π² 8000) of the trace; the others end at the resolution.
                let allowed = if activation == NtkActivation::Relu { 2e-5 } else { 1e-8 };
                let want = kernel.at(angle.cos());
                assert!((sum - want).abs() < allowed, "{activation:?} at {angle}: {sum}, {want}");
            }
            assert!(spectrum.missing_trace() < 2e-5 && spectrum.eigenvalues.iter().all(|l| *l > 0.0));
        }
    }

    #[test]
    fn odd_frequencies_of_relu_have_no_eigenvalue() {
        let spectrum = Spectrum::new(NtkActivation::Relu, 6);
        assert_eq!(spectrum.harmonics.frequencies(), [0, 1, 2, 4, 6, 8]);
        assert!((spectrum.eigenvalues[1] - 0.25).abs() < 1e-15);
        assert!((spectrum.eigenvalues[0] - 3.0 / (PI * PI)).abs() < 1e-15);
        let far = relu_eigenvalue(1000) * PI * PI * 1e6;
        assert!((far - 1.0).abs() < 1e-5, "{far}");
    }

    #[test]
    fn the_target_has_norm_one_and_the_regularity_it_was_given() {
        let settings = CircleSettings {
            activation: NtkActivation::Relu,
            modes: 50,
            regularity: 0.75,
            margin: 0.1,
            noise: 0.5,
            seed: 3,
        };
        let task = CircleTask::new(settings);
        assert!((task.target.iter().map(|c| c * c).sum::<f64>() - 1.0).abs() < 1e-13);
        // ‖L^{−r} f*‖² is finite and its terms are those of g.
        let places = task.spectrum.harmonics.places();
        let mut g = vec![0.0; 50];
        for (c, j) in task.target.iter().zip(places) {
            g[j] += c * c / task.spectrum.eigenvalues[j].powf(1.5);
        }
        for j in 2..50 {
            let ratio = g[j] / g[1] * (((j + 1) as f64) / 2.0).powf(1.1);
            assert!((ratio - 1.0).abs() < 1e-9, "{j}: {ratio}");
        }
        let more = CircleTask::new(CircleSettings { modes: 2000, ..settings });
        let beyond: f64 = {
            let kept = task.spectrum.harmonics.len();
            more.target[kept..].iter().map(|c| c * c).sum()
        };
        assert!(beyond < task.missing_target() && task.missing_target() < 40.0 * beyond, "{beyond}");
    }
}
