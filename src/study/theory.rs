//! What the theorems know of a study's problem, whatever kind it is.

use super::plan::Plan;
use super::spec::{DynamicsSpec, ProblemSpec};
use crate::analysis::certificate::{Ingredients, LowerBounds};
use crate::analysis::guarantee::{RiskFacts, StartLaw};
use crate::numerics::Loss;
use crate::problem::{ActivationFacts, Levels};

/// Constants of a problem, each at the levels at which it has a value. See [`crate::problem::Constants`].
#[derive(Debug, Clone)]
pub struct Theory {
    /// Of σ, for nets.
    pub activation: Option<ActivationFacts>,
    /// λ; for a quadratic its smallest eigenvalue, the rest of it being convex.
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
    oscillation: Option<f64>,
    laplacian_bound: Option<f64>,
    growth: Option<f64>,
}

impl Theory {
    /// Of a study's problem; `None` for one that no theorem here is about.
    pub fn new(plan: &Plan) -> Option<Self> {
        let dim = plan.potential().dim();
        if let Some(net) = plan.net() {
            let constants = net.constants();
            let slope = constants.outer_norm * constants.activation.slope;
            let square = net.settings().loss == Loss::Square;
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
                oscillation: constants.oscillation,
                laplacian_bound: constants.laplacian_bound,
                growth: square.then(|| slope * slope * constants.data.mean_square_top_eigenvalue),
            });
        }
        let ProblemSpec::Quadratic(quadratic) = &plan.study.problem else {
            return None;
        };
        let lambda = quadratic.eigenvalues.iter().copied().reduce(f64::min)?;
        let exact = |value: f64| Levels { sharp: Some(value), data: Some(value), ..Levels::default() };
        Some(Self {
            activation: None,
            lambda,
            critical_lambda: Levels::default(),
            gradient_lipschitz: exact(quadratic.eigenvalues.iter().copied().fold(0.0, f64::max)),
            gradient_bound: Levels::default(),
            negative_curvature: exact(0.0),
            strong_convexity: exact(lambda),
            dim,
            inverse_curvatures: Some(quadratic.eigenvalues.iter().map(|theta| 1.0 / theta).collect()),
            oscillation: None,
            laplacian_bound: Some(quadratic.eigenvalues.iter().map(|theta| theta - lambda).sum()),
            growth: None,
        })
    }

    /// What holds for certain at noise scale `s`, by the level of the data and with the best certified gap.
    pub fn facts(&self, s: f64) -> RiskFacts {
        let facts = RiskFacts {
            dim: self.dim,
            s,
            lambda: self.lambda,
            negative_curvature: self.negative_curvature.data,
            gradient_bound: self.gradient_bound.data,
            oscillation: self.oscillation,
            laplacian_bound: self.laplacian_bound,
            gradient_lipschitz: self.gradient_lipschitz.data,
            growth: self.growth,
            gap_lower: None,
        };
        let gap_lower = self.lower_bounds(s).and_then(|bounds| bounds.best()).map(|(_, bound)| bound);
        RiskFacts { gap_lower, ..facts }
    }

    /// Lower bounds of the spectral gap at noise scale `s` > 0; `None` without penalty or where nothing bounds the curvature.
    pub fn lower_bounds(&self, s: f64) -> Option<LowerBounds> {
        let given = Ingredients {
            dim: self.dim,
            lambda: self.lambda,
            s,
            negative_curvature: self.negative_curvature.data?,
            gradient_bound: self.gradient_bound.data,
            oscillation: self.oscillation,
            laplacian_bound: self.laplacian_bound,
        };
        (self.lambda > 0.0 && s > 0.0).then(|| LowerBounds::new(&given))
    }

    /// ((λr − K)⁺)²/s − sup ΔL_data − λD ≤ V_s(W) for every W of norm r: ‖∇L̃‖ ≥ λr − K.
    pub fn villani_bound(&self, s: f64, radius: f64) -> Option<f64> {
        let slope = (self.lambda * radius - self.gradient_bound.data?).max(0.0);
        Some(slope * slope / s - self.laplacian_bound? - self.lambda * self.dim as f64)
    }

    /// Whether the guarantee serves the study's start at noise scale `s`.
    pub fn start(&self, plan: &Plan, s: f64) -> StartLaw {
        let gibbs = self
            .inverse_curvatures
            .as_ref()
            .map(|inverse| inverse.iter().map(|v| 0.5 * s * v).collect::<Vec<f64>>());
        StartLaw::new(plan.start.variances(self.dim).as_deref(), &self.facts(s), gibbs.as_deref())
    }
}

/// The first SDE with noise, else the first process: whose s a certificate is about.
pub fn first_noise_scale(plan: &Plan) -> (String, f64) {
    let scales: Vec<(String, f64, bool)> = plan
        .study
        .process
        .iter()
        .map(|process| {
            let sde = matches!(process.dynamics, DynamicsSpec::SgdSde(_));
            (process.name.clone(), plan.process(&process.dynamics).noise_scale(), sde)
        })
        .collect();
    let first = scales.iter().find(|(_, s, sde)| *sde && *s > 0.0).or_else(|| scales.first());
    first.map_or_else(|| (String::new(), 0.0), |(name, s, _)| (name.clone(), *s))
}
