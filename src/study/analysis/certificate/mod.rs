//! `[analysis] certificate` for one SDE: the bracket's lower end, the guarantee beside the curve, V_s along rays, curvatures.

mod measured;

use super::Ended;
use super::distance::Place;
use super::reference::GibbsAt;
use crate::analysis::certificate::LowerBounds;
use crate::analysis::guarantee::{Gap, GapKind, Guarantee, MomentBounds, MomentEstimates};
use crate::estimates::{Estimate, rounded_down, significant};
use crate::parallel::Threads;
use crate::problem::Quantity;
use crate::study::certify::{StartReport, epsilons};
use crate::study::plan::Plan;
use crate::study::theory::Theory;
use crate::study::{BoundRow, EstimateRow, Results};

/// The theorems for one SDE of a study.
pub struct Certified<'a> {
    pub plan: &'a Plan,
    pub place: Place<'a>,
    pub s: f64,
    pub theory: Option<&'a Theory>,
    pub ended: &'a Ended<'a>,
    /// Where μ_s has been sampled for another analysis.
    pub gibbs: Option<&'a GibbsAt<'a>>,
    pub threads: &'a Threads,
}

impl Certified<'_> {
    /// Everything; `found` are the rows that this process has so far, among them the upper end of the bracket.
    pub fn results(&self, found: &[EstimateRow]) -> Results {
        let mut results = Results::default();
        let bounds = self.theory.map(|theory| theory.lower_bounds(self.s));
        results.estimates.push(self.lower_row(bounds.as_ref()));
        results.estimates.extend(self.curvature_rows());
        if let Some(theory) = self.theory.filter(|theory| theory.lambda > 0.0) {
            self.guarantees(theory, bounds.as_ref(), found, &mut results);
        }
        self.rays(&mut results);
        results
    }

    /// A row of this process.
    fn row(&self, name: &str, quantity: &str) -> EstimateRow {
        EstimateRow {
            point: self.place.point,
            process: self.place.process.into(),
            name: name.into(),
            quantity: quantity.into(),
            ..EstimateRow::default()
        }
    }

    /// The continuous-time guarantee: constants, curves and times, explicit and estimated.
    fn guarantees(
        &self,
        theory: &Theory,
        bounds: Option<&LowerBounds>,
        found: &[EstimateRow],
        results: &mut Results,
    ) {
        let explicit = MomentBounds::new(&theory.facts(self.s));
        let names = [
            ("excess", explicit.excess),
            ("second_moment", explicit.second_moment),
            ("deviation", explicit.deviation),
        ];
        for (name, bound) in names {
            results.estimates.extend(bound.map(|bound| EstimateRow {
                value: Some(bound.value),
                method: format!("certain bound from above, by {}", bound.argument.name()),
                ..self.row(&format!("{name}_bound"), "risk")
            }));
        }
        let start = StartReport::new(self.plan, self.s, Some(theory), self.threads);
        results.estimates.push(EstimateRow {
            value: start.ln_one_plus_chi_squared_bound,
            method: "certain bound from above".into(),
            note: if start.ln_one_plus_chi_squared_bound.is_some() {
                String::new()
            } else {
                start.note.clone()
            },
            ..self.row("start_chi_squared_bound", "ln(1 + chi^2)")
        });
        let chi = start.estimate();
        results.estimates.push(self.chi_row(chi, &start));
        let certified = bounds.and_then(LowerBounds::best);
        let mut all: Vec<(String, Guarantee)> = Vec::new();
        if let (Some((by, value)), Some(chi)) = (certified, start.ln_one_plus_chi_squared_bound) {
            let gap = Gap { value, std_err: 0.0, kind: GapKind::Certificate };
            let name =
                format!("bound: λ_s ≥ {} ({by}), explicit constants", significant(rounded_down(value, 3)));
            all.extend(Guarantee::explicit(&explicit, chi, gap).map(|guarantee| (name, guarantee)));
        }
        if let (Some(moments), Some(chi)) = (self.moments(results), chi) {
            let certified = certified.map(|(_, value)| {
                let shown = format!("≥ {}", significant(rounded_down(value, 3)));
                (Gap { value, std_err: 0.0, kind: GapKind::Certificate }, shown, "certified")
            });
            let upper = gap_above(found).map(|gap| (gap, format!("= {:.3}", gap.value), gap.kind.name()));
            for (gap, shown, by) in certified.into_iter().chain(upper) {
                let name = format!("estimate: λ_s {shown} ({by}), sampled constants");
                let guarantee = Guarantee::estimated(moments.excess, moments.deviation, chi, gap);
                all.extend(guarantee.map(|guarantee| (name, guarantee)));
            }
        }
        for (name, guarantee) in &all {
            results.bounds.extend(self.bound_rows(name, guarantee));
            results.estimates.extend(self.time_rows(name, guarantee));
        }
    }

    /// Excess, C(s) and sd_μ(L̃) from draws of μ_s, as rows too.
    fn moments(&self, results: &mut Results) -> Option<MomentEstimates> {
        let (minimum, _) = self.ended.minimum?;
        let moments = MomentEstimates::new(self.gibbs?.sample.passed()?, minimum)?;
        let parts = [
            ("excess", moments.excess),
            ("second_moment", moments.second_moment),
            ("deviation", moments.deviation),
        ];
        for (name, estimate) in parts {
            let interval = estimate.interval();
            results.estimates.push(EstimateRow {
                value: Some(estimate.value),
                std_err: estimate.std_err,
                ci_low: interval.map(|i| i.0),
                ci_high: interval.map(|i| i.1),
                method: "draws of the Gibbs measure".into(),
                ..self.row(&format!("{name}_gibbs"), "risk")
            });
        }
        Some(moments)
    }

    fn chi_row(&self, chi: Option<Estimate>, start: &StartReport) -> EstimateRow {
        let base = self.row("start_chi_squared_sampled", "ln(1 + chi^2)");
        let Some((chi, interval)) = chi.and_then(|chi| Some((chi, chi.interval()?))) else {
            return EstimateRow { note: start.note.clone(), ..base };
        };
        EstimateRow {
            value: Some(chi.value),
            std_err: chi.std_err,
            ci_low: Some(interval.0),
            ci_high: Some(interval.1),
            method: if start.effective_sample_size.is_some() { "weighted draws" } else { "closed form" }
                .into(),
            note: match start.effective_sample_size {
                Some(size) => format!(
                    "{size:.0} effective draws; {} modes found, one more would add to it",
                    start.modes.unwrap_or(0)
                ),
                None => start.note.clone(),
            },
            ..base
        }
    }

    fn bound_rows(&self, name: &str, guarantee: &Guarantee) -> Vec<BoundRow> {
        let times = self.plan.clock.observations.iter().map(|observation| observation.time);
        let row = |time: f64| BoundRow {
            point: self.place.point,
            process: self.place.process.into(),
            name: name.into(),
            time,
            log_value: guarantee.ln_at(time),
            level: guarantee.excess,
        };
        times.map(row).collect()
    }

    /// `guaranteed_time`: from when on the guarantee is below ε.
    fn time_rows(&self, name: &str, guarantee: &Guarantee) -> Vec<EstimateRow> {
        let initial = self.initial_excess().unwrap_or(0.0);
        let row = |epsilon: f64| {
            let time = guarantee.time_below(epsilon);
            let error = guarantee.time_error(epsilon).filter(|_| !guarantee.is_bound());
            EstimateRow {
                value: time,
                std_err: error,
                ci_low: time.zip(error).map(|(t, e)| (t - 1.96 * e).max(0.0)),
                ci_high: time.zip(error).map(|(t, e)| t + 1.96 * e),
                method: name.into(),
                note: match time {
                    Some(_) => String::new(),
                    None => format!(
                        "never: its excess {:.4} is not below epsilon; a smaller s is needed",
                        guarantee.excess
                    ),
                },
                ..self.row("guaranteed_time", &format!("risk excess < {epsilon}"))
            }
        };
        epsilons(self.plan, initial).into_iter().map(row).collect()
    }

    /// E L̃(W₀) − min L̃.
    fn initial_excess(&self) -> Option<f64> {
        let first = self
            .ended
            .curves
            .iter()
            .find(|row| row.process == self.place.process && row.quantity == Quantity::Risk.name());
        Some(first?.mean? - self.ended.minimum?.0.value)
    }
}

/// The gap on a grid, or the Ritz bound, from the rows of a process.
fn gap_above(found: &[EstimateRow]) -> Option<Gap> {
    let named = |name: &str| found.iter().find(|row| row.name == name && row.value.is_some());
    let kinds = [("spectral_gap", GapKind::Grid), ("spectral_gap_upper", GapKind::RayleighRitz)];
    let (row, kind) = kinds.iter().find_map(|(name, kind)| Some((named(name)?, *kind)))?;
    Some(Gap { value: row.value?, std_err: row.std_err.unwrap_or(0.0), kind })
}
