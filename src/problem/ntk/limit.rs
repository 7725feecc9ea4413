//! The neural tangent kernel of two-layer nets of infinite width, for inputs of length 1.

use super::activation::NtkActivation;
use super::normal_rule::NormalRule;
use std::f64::consts::PI;

/// The step of the quadrature along each axis, and of the coarser one that tells its error.
const STEPS: [f64; 2] = [0.2, 0.25];

/// K_∞(x, x') = E σ(b·x) σ(b·x') + E(a²) E σ'(b·x) σ'(b·x') (x·x'), the limit for m → ∞ of ⟨∇f(x), ∇f(x')⟩ at the start of
///
/// f(x) = m^{−1/2} Σ_{r ≤ m} a_r σ(b_r·x), b_r ~ N(0, I), E a_r = 0, E a_r² = 1 (normal or ±1), both layers trained,
///
/// for inputs with ‖x‖ = ‖x'‖ = 1 in any dimension: it depends on u = x·x' alone.
///
/// ReLU: arc-cosine kernels of degree 1 and 0 (Cho, Saul, *Kernel methods for deep learning*, NIPS 2009). erf: Williams,
/// *Computing with infinite networks*, NIPS 1996. The others: the trapezoidal rule in two dimensions with step 0.2
/// ([`NormalRule`]), whose difference from step 0.25 is quoted as its error. Source of the kernel: Jacot, Gabriel, Hongler, NeurIPS 2018.
#[derive(Debug, Clone)]
pub struct LimitKernel {
    activation: NtkActivation,
    rules: Option<[NormalRule; 2]>,
}

/// The two parts of the kernel at one u.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KernelParts {
    /// E σ(b·x) σ(b·x'): the gradient in the outer layer.
    pub outer: f64,
    /// E σ'(b·x) σ'(b·x') u: the gradient in the inner layer.
    pub inner: f64,
}

impl KernelParts {
    /// K_∞.
    pub fn total(self) -> f64 {
        self.outer + self.inner
    }
}

impl LimitKernel {
    /// The kernel of nets with σ = `activation`.
    pub fn new(activation: NtkActivation) -> Self {
        let closed = matches!(activation, NtkActivation::Relu | NtkActivation::Erf);
        Self { activation, rules: (!closed).then(|| STEPS.map(NormalRule::new)) }
    }

    /// Whether it has a closed form here.
    pub fn is_closed(&self) -> bool {
        self.rules.is_none()
    }

    /// K_∞ at u = cos of the angle between the inputs, in [−1, 1].
    pub fn at(&self, cosine: f64) -> f64 {
        self.parts(cosine).total()
    }

    /// Its two parts.
    pub fn parts(&self, cosine: f64) -> KernelParts {
        let u = cosine.clamp(-1.0, 1.0);
        match (&self.rules, self.activation) {
            (Some([fine, _]), activation) => by_quadrature(activation, fine, u),
            (None, NtkActivation::Erf) => KernelParts {
                outer: 2.0 / PI * (2.0 * u / 3.0).asin(),
                inner: 4.0 / PI * u / (9.0 - 4.0 * u * u).sqrt(),
            },
            (None, _) => {
                let angle = u.acos();
                let (sine, rest) = ((1.0 - u * u).max(0.0).sqrt(), PI - angle);
                KernelParts { outer: (sine + rest * u) / (2.0 * PI), inner: rest * u / (2.0 * PI) }
            }
        }
    }

    /// The error of the quadrature at u: the difference between its two rules; 0 for closed forms.
    pub fn quadrature_error(&self, cosine: f64) -> f64 {
        self.rules.as_ref().map_or(0.0, |[fine, coarse]| {
            let of = |rule| by_quadrature(self.activation, rule, cosine.clamp(-1.0, 1.0)).total();
            (of(fine) - of(coarse)).abs()
        })
    }
}

/// The parts by quadrature: of use where σ is smooth.
fn by_quadrature(activation: NtkActivation, rule: &NormalRule, u: f64) -> KernelParts {
    let [outer, inner] = rule.pair(u, |z, other| {
        let ([value, slope], [value_, slope_]) = (activation.value_slope(z), activation.value_slope(other));
        [value * value_, slope * slope_]
    });
    KernelParts { outer, inner: inner * u }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSINES: [f64; 7] = [-1.0, -0.8, -0.3, 0.0, 0.45, 0.9, 1.0];

    /// erf is smooth: the closed form and the quadrature must meet.
    #[test]
    fn the_closed_form_of_erf_is_its_quadrature() {
        let (kernel, rule) = (LimitKernel::new(NtkActivation::Erf), NormalRule::new(0.25));
        for u in COSINES {
            let (closed, summed) = (kernel.parts(u), by_quadrature(NtkActivation::Erf, &rule, u));
            // The crate's erf itself is good to 1e-11.
            assert!((closed.outer - summed.outer).abs() < 1e-10, "{u}: {closed:?} {summed:?}");
            assert!((closed.inner - summed.inner).abs() < 1e-13, "{u}: {closed:?} {summed:?}");
        }
    }

    /// In polar coordinates E over the plane is an integral over the angle alone, for σ of degree 1 and σ' of degree 0:
    /// E σσ' = (1/2π) ∫ 2 cos₊(φ) cos₊(φ − θ) dφ, E of slopes = the share of angles at which both are active.
    #[test]
    fn the_closed_form_of_relu_is_its_integral_over_angles() {
        let kernel = LimitKernel::new(NtkActivation::Relu);
        let steps = 200_000;
        for u in COSINES {
            let (angle, mut outer, mut inner) = (u.acos(), 0.0, 0.0);
            for i in 0..steps {
                let phi = 2.0 * PI * (i as f64 + 0.5) / steps as f64;
                let (one, two) = (phi.cos(), (phi - angle).cos());
                outer += 2.0 * one.max(0.0) * two.max(0.0) / steps as f64;
                inner += f64::from(u8::from(one > 0.0 && two > 0.0)) / steps as f64;
            }
            let parts = kernel.parts(u);
            assert!((parts.outer - outer).abs() < 1e-9, "{u}: {} {outer}", parts.outer);
            // The edges of the indicator are missed by at most a step each.
            assert!((parts.inner - inner * u).abs() < 3.0 / steps as f64, "{u}: {} {inner}", parts.inner);
        }
    }

    #[test]
    fn the_quadrature_is_good_to_twelve_digits_and_says_so() {
        for activation in NtkActivation::ALL {
            let kernel = LimitKernel::new(activation);
            for u in COSINES {
                let error = kernel.quadrature_error(u);
                assert!(error < 1e-12, "{activation:?} at {u}: {error}");
                assert!(error == 0.0 || !kernel.is_closed(), "{activation:?}");
            }
        }
    }

    /// tanh is odd, sigmoid ½ plus an odd function: so are their kernels.
    #[test]
    fn symmetries_of_the_activations_are_those_of_the_kernels() {
        let [tanh, sigmoid] = [NtkActivation::Tanh, NtkActivation::Sigmoid].map(LimitKernel::new);
        for u in COSINES {
            assert!((tanh.at(u) + tanh.at(-u)).abs() < 1e-14);
            assert!((sigmoid.at(u) + sigmoid.at(-u) - 0.5).abs() < 1e-14);
        }
    }
}
