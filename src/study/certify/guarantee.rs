//! The continuous-time guarantee in numbers that need no sample: every constant a certain bound.

use super::{Measured, StartReport};
use crate::analysis::guarantee::{Gap, GapKind, Guarantee, MomentBounds};
use crate::estimates::one_digit;
use crate::study::plan::Plan;
use crate::study::theory::Theory;
use serde::Serialize;

/// E L̃(W_t) − min L̃ ≤ excess + sd·χ·e^{−λ_s t} with certain constants.
#[derive(Debug, Clone, Serialize)]
pub struct GuaranteeReport {
    /// Bounds of the excess, of C(s) and of sd_μ(L̃), each with its argument.
    pub moments: Option<MomentBounds>,
    /// The guarantee, where every part has a bound.
    pub explicit: Option<Guarantee>,
    /// The time after which it is below ε, for some ε.
    pub times: Vec<GuaranteedTime>,
    /// Why there is none.
    pub note: String,
}

/// When the guarantee falls below ε.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuaranteedTime {
    /// ε.
    pub epsilon: f64,
    /// The time; `null` where ε is not above the bound of the excess, so that this s cannot give it.
    pub time: Option<f64>,
}

impl GuaranteeReport {
    /// For a study at noise scale `s`.
    pub fn new(
        plan: &Plan,
        s: f64,
        theory: Option<&Theory>,
        start: &StartReport,
        measured: &Measured,
    ) -> Self {
        let facts = theory.filter(|theory| s > 0.0 && theory.lambda > 0.0).map(|theory| theory.facts(s));
        let moments = facts.as_ref().map(MomentBounds::new);
        let gap = facts.and_then(|facts| facts.gap_lower);
        let explicit = (|| {
            let gap = Gap { value: gap?, std_err: 0.0, kind: GapKind::Certificate };
            Guarantee::explicit(moments.as_ref()?, start.ln_one_plus_chi_squared_bound?, gap)
        })();
        let note = match (&explicit, gap, start.ln_one_plus_chi_squared_bound) {
            (Some(_), ..) => "",
            (None, None, _) => "none: no certified lower bound of the spectral gap",
            (None, _, None) => "none: no bound of chi squared of the start",
            _ => "none: no bound of the moments of the risk",
        };
        let initial = measured.initial_risk.zip(measured.risk_minimum).map(|(risk, least)| risk - least);
        let times = explicit.map_or(Vec::new(), |guarantee| {
            let epsilons = epsilons(plan, initial.unwrap_or(0.0));
            epsilons
                .into_iter()
                .map(|epsilon| GuaranteedTime { epsilon, time: guarantee.time_below(epsilon) })
                .collect()
        });
        Self { moments, explicit, times, note: note.into() }
    }
}

/// Shares of the initial excess whose times are wanted where a study names no ε.
const SHARES: [f64; 4] = [0.1, 0.05, 0.025, 0.0125];

/// The ε of a study: those it names, or shares of the initial excess with one digit.
pub fn epsilons(plan: &Plan, initial: f64) -> Vec<f64> {
    let named = plan.study.analysis.certificate.as_ref().map_or(&[][..], |c| &c.epsilons);
    if !named.is_empty() {
        return named.to_vec();
    }
    SHARES.iter().map(|share| one_digit(share * initial)).filter(|epsilon| *epsilon > 0.0).collect()
}
