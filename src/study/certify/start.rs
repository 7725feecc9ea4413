//! The start under the theorem: admissible or not, and how far from the Gibbs measure in χ².

use crate::analysis::guarantee::{ImportanceSettings, chi_squared_estimate};
use crate::estimates::Estimate;
use crate::parallel::Threads;
use crate::study::plan::Plan;
use crate::study::theory::Theory;
use serde::Serialize;

/// ln(1 + χ²) of the start relative to μ_s: bound and estimate.
#[derive(Debug, Clone, Serialize)]
pub struct StartReport {
    /// Whether χ² is finite; `null` where that is not known.
    pub admissible: Option<bool>,
    /// A certain bound from above.
    pub ln_one_plus_chi_squared_bound: Option<f64>,
    /// An estimate from weighted draws; `null` where too few of them count.
    pub ln_one_plus_chi_squared: Option<f64>,
    /// Its standard error.
    pub ln_one_plus_chi_squared_std_err: Option<f64>,
    /// How many independent draws the weighted ones are worth.
    pub effective_sample_size: Option<f64>,
    /// Modes that the weighted draws are drawn around; one that no search found would add to the estimate.
    pub modes: Option<usize>,
    /// The largest admissible standard deviation of a Gaussian start, where one is known.
    pub largest_std: Option<f64>,
    /// The verdict.
    pub verdict: String,
    /// Why a number is missing, and what would help.
    pub note: String,
}

/// Weighted draws cost a dense Hessian and thousands of gradients: beyond this many rows times weights none are made.
const MOST_WORK: usize = 4_000_000;

impl StartReport {
    /// The start of a study at noise scale `s`.
    pub fn new(plan: &Plan, s: f64, theory: Option<&Theory>, threads: &Threads) -> Self {
        let mut report = Self {
            admissible: None,
            ln_one_plus_chi_squared_bound: None,
            ln_one_plus_chi_squared: None,
            ln_one_plus_chi_squared_std_err: None,
            effective_sample_size: None,
            modes: None,
            largest_std: None,
            verdict: String::new(),
            note: if s > 0.0 {
                "not available for this kind of problem; it takes a two-layer net, a quadratic or least squares"
            } else {
                "not available without noise; give a process an s above 0"
            }
            .into(),
        };
        let Some(theory) = theory.filter(|_| s > 0.0) else {
            return report;
        };
        let law = theory.start(plan.start.variances(theory.dim).as_deref(), s);
        report.admissible = law.admissible();
        report.ln_one_plus_chi_squared_bound = law.ln_one_plus_chi_squared();
        report.largest_std = theory.largest_std(s);
        report.verdict = law.sentence();
        report.note = report.verdict.clone();
        if law.admissible() == Some(true) {
            report.note = if report.ln_one_plus_chi_squared_bound.is_some() {
                String::new()
            } else {
                report.verdict.clone()
            };
            report.add_estimate(plan, s, theory, threads);
        }
        report
    }

    /// ln(1 + χ²) with its error, where it was estimated.
    pub fn estimate(&self) -> Option<Estimate> {
        let (value, std_err) = (self.ln_one_plus_chi_squared?, self.ln_one_plus_chi_squared_std_err);
        Some(Estimate { value, std_err, n: ImportanceSettings::default().draws })
    }

    fn add_estimate(&mut self, plan: &Plan, s: f64, theory: &Theory, threads: &Threads) {
        let rows = plan.net().map_or(1, |net| net.train_rows().labels.len());
        let Some(variances) = plan.start.variances(theory.dim) else {
            return;
        };
        if theory.inverse_curvatures.is_some() {
            self.ln_one_plus_chi_squared = self.ln_one_plus_chi_squared_bound;
            self.ln_one_plus_chi_squared_std_err = Some(0.0);
            self.note = "exact: the Gibbs measure is a Gaussian".into();
        } else if rows * theory.dim > MOST_WORK {
            self.note = "not estimated: too many rows and weights for thousands of weighted draws".into();
        } else {
            let settings = ImportanceSettings { seed: plan.study.seed, ..ImportanceSettings::default() };
            match chi_squared_estimate(plan.potential(), s, &variances, &settings, threads) {
                Err(reason) => self.note = reason.to_string(),
                Ok(found) => {
                    self.ln_one_plus_chi_squared = Some(found.ln_one_plus_chi_squared.value);
                    self.ln_one_plus_chi_squared_std_err = found.ln_one_plus_chi_squared.std_err;
                    self.modes = Some(found.gibbs.modes.min(found.tilted.modes));
                    self.effective_sample_size =
                        Some(found.gibbs.effective_size.min(found.tilted.effective_size));
                }
            }
        }
    }
}
