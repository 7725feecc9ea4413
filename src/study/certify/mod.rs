//! `certify`: the theorems' constants, bounds and verdicts for one study. No process is simulated.

mod gap;
mod guarantee;
mod measured;
mod start;
mod verdicts;

pub use gap::GapLower;
pub use guarantee::{GuaranteeReport, GuaranteedTime, epsilons};
pub use measured::{Measured, PlaceCurvature, affordable_draws, place_curvature, rays};
pub use start::StartReport;

use super::plan::Plan;
use super::theory::{Theory, first_noise_scale};
use crate::parallel::Threads;
use crate::problem::{ActivationFacts, Levels, Minimum};
use serde::Serialize;

/// Everything that `certify` says of a study, at the noise scale of one process.
#[derive(Debug, Clone, Serialize)]
pub struct Certificate {
    /// The study's title.
    pub title: String,
    /// The problem in a line.
    pub problem: String,
    /// The process whose s it is.
    pub process: String,
    /// s.
    pub s: f64,
    /// D.
    pub dim: usize,
    /// λ.
    pub lambda: f64,
    /// B_σ, L = M_D, M'_D and c of the activation, for nets.
    pub activation: Option<ActivationFacts>,
    /// λ_c at four levels.
    pub lambda_c: Levels,
    /// gLip at four levels.
    pub gradient_lipschitz: Levels,
    /// K at four levels.
    pub gradient_bound: Levels,
    /// M at four levels.
    pub negative_curvature: Levels,
    /// λ − M by the data, where it is positive.
    pub strong_convexity: Option<f64>,
    /// λ − M at four levels.
    pub strong_convexity_levels: Levels,
    /// What was measured at some weights: no bounds, but what bounds can be held against.
    pub measured: Measured,
    /// Lower bounds of λ_s.
    pub spectral_gap_lower: GapLower,
    /// Whether the guarantee serves the start.
    pub start: StartReport,
    /// The continuous-time guarantee in numbers.
    pub guarantee: GuaranteeReport,
    /// The verdicts, a sentence each.
    pub verdicts: Vec<String>,
}

impl Certificate {
    /// Evaluates the theorems for a study; `minimum`: the smallest risk found so far, searched for here where there is none. Cost: a few seconds for nets of some 10⁴ weights on some 10⁴ rows.
    pub fn new(plan: &Plan, minimum: Option<Minimum>, threads: &Threads) -> Self {
        let (process, s) = first_noise_scale(plan);
        let theory = Theory::new(plan);
        let measured = Measured::new(plan, s, theory.as_ref(), minimum, threads);
        let start = StartReport::new(plan, s, theory.as_ref(), threads);
        let levels = |pick: fn(&Theory) -> Levels| theory.as_ref().map_or_else(Levels::default, pick);
        let mut certificate = Self {
            title: plan.study.title.clone(),
            problem: problem_line(plan),
            process,
            s,
            dim: plan.potential().dim(),
            lambda: plan.potential().penalty(),
            activation: theory.as_ref().and_then(|theory| theory.activation),
            lambda_c: levels(|t| t.critical_lambda),
            gradient_lipschitz: levels(|t| t.gradient_lipschitz),
            gradient_bound: levels(|t| t.gradient_bound),
            negative_curvature: levels(|t| t.negative_curvature),
            strong_convexity: theory.as_ref().and_then(|theory| theory.strong_convexity.data),
            strong_convexity_levels: levels(|t| t.strong_convexity),
            spectral_gap_lower: GapLower::new(plan, s, theory.as_ref()),
            guarantee: GuaranteeReport::new(plan, s, theory.as_ref(), &start, &measured),
            measured,
            start,
            verdicts: Vec::new(),
        };
        certificate.verdicts = verdicts::verdicts(plan, &certificate);
        certificate
    }
}

fn problem_line(plan: &Plan) -> String {
    let Some(net) = plan.net() else {
        let problem = serde_json::to_value(&plan.study.problem).unwrap_or_default();
        return problem["kind"].as_str().unwrap_or_default().replace('-', " ");
    };
    let settings = net.settings();
    let name = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    };
    format!(
        "{} net, {} loss, beta = {}, p = {}, d = {}, n = {}",
        name(serde_json::to_value(settings.activation)),
        name(serde_json::to_value(settings.loss)),
        settings.beta,
        net.width(),
        net.inputs(),
        net.train_rows().labels.len()
    )
}
