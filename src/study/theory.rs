//! What the theorems know of a study's problem, whatever kind it is.

use super::plan::Plan;
use super::spec::{DynamicsSpec, ProblemSpec};
use crate::analysis::certificate::LowerBounds;
use crate::analysis::guarantee::StartLaw;
use crate::analysis::risk::RiskFacts;
use crate::problem::{ActivationFacts, LeastSquares, Levels, Potential};

/// Constants of a problem, each at the levels at which it has a value. See [`crate::problem::Constants`].
#[derive(Debug, Clone)]
pub struct Theory {
    /// Of σ, for nets.
    pub activation: Option<ActivationFacts>,
    /// λ; for a quadratic and least squares the smallest eigenvalue, the rest of it being convex.
    pub lambda: f64,
    /// λ_c.
    pub critical_lambda: Levels,
    /// gLip.
    pub gradient_lipschitz: Levels,
    /// K.
    pub gradient_bound: Levels,
    /// M.
    pub negative_curvature: Levels,
    /// λ − M, where positive.
    pub strong_convexity: Levels,
    /// D.
    pub dim: usize,
    /// Variances of μ_s over s/2, where it is a Gaussian.
    pub inverse_curvatures: Option<Vec<f64>>,
    facts: RiskFacts,
}

impl Theory {
    /// Of a study's problem; `None` for one that no theorem here is about.
    pub fn new(plan: &Plan) -> Option<Self> {
        let dim = plan.potential().dim();
        if let Some(net) = plan.net() {
            let constants = net.constants();
            return Some(Self {
                activation: Some(constants.activation),
                lambda: net.settings().lambda,
                critical_lambda: constants.critical_lambda,
                gradient_lipschitz: constants.gradient_lipschitz,
                gradient_bound: constants.gradient_bound,
                negative_curvature: constants.negative_curvature,
                strong_convexity: constants.strong_convexity,
                dim,
                inverse_curvatures: None,
                facts: RiskFacts::of_net(net, 0.0),
            });
        }
        if let Some(squares) = plan.least_squares() {
            return Self::of_least_squares(squares);
        }
        let ProblemSpec::Quadratic(quadratic) = &plan.study.problem else {
            return None;
        };
        let largest = quadratic.eigenvalues.iter().copied().fold(0.0, f64::max);
        let inverse = quadratic.eigenvalues.iter().map(|theta| 1.0 / theta).collect();
        let own = Self::of_convex_quadratic(&quadratic.eigenvalues, largest)?;
        Some(Self { inverse_curvatures: Some(inverse), ..own })
    }

    /// Of least squares, by the eigenvalues of its Hessian, rounded to the safe side. Its Gibbs measure is a Gaussian about the
    /// minimiser: what holds for centred ones alone is left out.
    fn of_least_squares(squares: &LeastSquares) -> Option<Self> {
        let top = squares.eigenvalues().last()?;
        // The eigenvalues of a symmetric matrix are found to within so much of the largest.
        let rounding = squares.dim() as f64 * f64::EPSILON * top;
        let eigenvalues: Vec<f64> =
            squares.eigenvalues().iter().map(|theta| (theta - rounding).max(0.0)).collect();
        let own = Self::of_convex_quadratic(&eigenvalues, top + rounding)?;
        let growth = Some(top + rounding - own.lambda);
        Some(Self { facts: RiskFacts { growth, ..own.facts }, ..own })
    }

    /// Of a quadratic risk with these eigenvalues, `largest` of them at most, wherever its minimum is: what is said of G = L̃ −
    /// (λ/2)‖W‖² with the smallest eigenvalue as λ.
    fn of_convex_quadratic(eigenvalues: &[f64], largest: f64) -> Option<Self> {
        let lambda = eigenvalues.iter().copied().reduce(f64::min)?;
        let exact = |value: f64| Levels { sharp: Some(value), data: Some(value), ..Levels::default() };
        let dim = eigenvalues.len();
        Some(Self {
            activation: None,
            lambda,
            critical_lambda: Levels::default(),
            gradient_lipschitz: exact(largest),
            gradient_bound: Levels::default(),
            negative_curvature: exact(0.0),
            strong_convexity: exact(lambda),
            dim,
            inverse_curvatures: None,
            facts: RiskFacts {
                dim,
                lambda,
                negative_curvature: Some(0.0),
                laplacian_bound: Some(eigenvalues.iter().map(|theta| theta - lambda).sum()),
                gradient_lipschitz: Some(largest),
                ..RiskFacts::default()
            },
        })
    }

    /// What holds for certain at noise scale `s`, by the level of the data and with the best certified gap.
    pub fn facts(&self, s: f64) -> RiskFacts {
        let facts = RiskFacts { s, ..self.facts };
        RiskFacts { gap_lower: LowerBounds::new(&facts).best().map(|(_, bound)| bound), ..facts }
    }

    /// Lower bounds of the spectral gap at noise scale `s`.
    pub fn lower_bounds(&self, s: f64) -> LowerBounds {
        LowerBounds::new(&RiskFacts { s, ..self.facts })
    }

    /// ((λr − K)⁺)²/s − sup ΔL_data − λD ≤ V_s(W) for every W of norm r: ‖∇L̃‖ ≥ λr − K.
    pub fn villani_bound(&self, s: f64, radius: f64) -> Option<f64> {
        let slope = (self.lambda * radius - self.gradient_bound.data?).max(0.0);
        Some(slope * slope / s - self.facts.laplacian_bound? - self.lambda * self.dim as f64)
    }

    /// The standard deviation from which on a Gaussian start is not admissible, where it is known.
    pub fn largest_std(&self, s: f64) -> Option<f64> {
        let limit = match &self.inverse_curvatures {
            Some(inverse) => s * inverse.iter().copied().fold(f64::INFINITY, f64::min),
            None => s / self.facts.gradient_bound.and(Some(self.lambda).filter(|lambda| *lambda > 0.0))?,
        };
        Some(limit.sqrt())
    }

    /// Whether the guarantee serves a start with centred Gaussian weights of these variances (`None`: without a density) at noise
    /// scale `s`.
    pub fn start(&self, variances: Option<&[f64]>, s: f64) -> StartLaw {
        let gibbs = self.inverse_curvatures.iter().flatten().map(|v| 0.5 * s * v).collect::<Vec<f64>>();
        let gibbs = self.inverse_curvatures.as_ref().map(|_| gibbs.as_slice());
        StartLaw::new(variances, &self.facts(s), gibbs)
    }
}

/// The first SGD-SDE with noise, else the first process with noise, else the first: whose s a certificate is about.
pub fn first_noise_scale(plan: &Plan) -> (String, f64) {
    let scales: Vec<(String, f64, bool)> = plan
        .study
        .process
        .iter()
        .map(|process| {
            let sde = matches!(process.dynamics, DynamicsSpec::SgdSde(_));
            (process.name.clone(), process.dynamics.noise_scale().unwrap_or(0.0), sde)
        })
        .collect();
    let noisy = || scales.iter().filter(|(_, s, _)| *s > 0.0);
    let first = noisy().find(|(_, _, sde)| *sde).or_else(|| noisy().next()).or_else(|| scales.first());
    first.map_or_else(|| (String::new(), 0.0), |(name, s, _)| (name.clone(), *s))
}
