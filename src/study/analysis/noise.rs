//! `[analysis] agreement`, `noise`: the noise of SGD's minibatches along its path, beside the isotropic one of the SGD-SDE.

use super::history::{History, Snapshot};
use crate::analysis::noise_report::{NoiseReport, Shape};
use crate::dynamics::Minibatches;
use crate::estimates::{Estimate, significant};
use crate::parallel::Threads;
use crate::random::{Key, Purpose};
use crate::study::certify::affordable_draws;
use crate::study::plan::Plan;
use crate::study::run::Progress;
use crate::study::spec::{DynamicsSpec, SgdSpec};
use crate::study::{EstimateRow, Results};

/// Tag of the random numbers used here.
const TAG: u64 = 0x6e6f_6973;

/// The number of the process whose noise is measured: the one compared with, where it is of kind `sgd`, else the first of
/// that kind; `None` where there is none or the report is not asked for.
pub fn measured(plan: &Plan) -> Option<usize> {
    let spec = plan.study.analysis.agreement.as_ref().filter(|spec| spec.noise)?;
    let processes = &plan.study.process;
    let sgd = |number: &usize| matches!(processes[*number].dynamics, DynamicsSpec::Sgd(_));
    let named = spec.with.as_ref().and_then(|name| processes.iter().position(|p| &p.name == name));
    named.filter(sgd).or_else(|| (0..processes.len()).find(sgd))
}

/// The rows of the report, at each time at which particles were kept for it.
pub fn noise(
    plan: &Plan,
    point: usize,
    history: &History,
    threads: &Threads,
    progress: &mut dyn Progress,
) -> Results {
    let mut results = Results::default();
    let Some(number) = measured(plan) else {
        return results;
    };
    let process = &plan.study.process[number];
    let (DynamicsSpec::Sgd(sgd), Some(sum)) = (&process.dynamics, plan.potential().finite_sum()) else {
        return results;
    };
    let &SgdSpec { s, batch, sampling } = sgd;
    let batches = Minibatches { s, batch, sampling };
    // Two particles at least: one has no standard error.
    let most = affordable_draws(plan.potential()).max(2) as usize * plan.potential().dim();
    let snapshots = &history.tracks[number].first;
    for (i, Snapshot { time, weights, .. }) in snapshots.iter().enumerate() {
        progress.analysing("the noise of minibatches", i as f64 / snapshots.len() as f64);
        let key = Key::new(plan.study.seed, Purpose::Direction).tagged(TAG + i as u64);
        let place = Place { point, process: &process.name, time: *time };
        let points = &weights[..weights.len().min(most)];
        match NoiseReport::new(sum, batches, points, key, threads) {
            Some(report) => results.estimates.extend(place.rows(&report)),
            None => results.estimates.push(EstimateRow {
                note: "no particle with finite gradients".into(),
                ..place.row("noise_temperature", "")
            }),
        }
    }
    results
}

struct Place<'a> {
    point: usize,
    process: &'a str,
    time: f64,
}

impl Place<'_> {
    fn row(&self, name: &str, along: &str) -> EstimateRow {
        let comma = if along.is_empty() { "" } else { ", " };
        EstimateRow {
            point: self.point,
            process: self.process.into(),
            name: name.into(),
            quantity: format!("{along}{comma}t = {}", significant(self.time)),
            ..EstimateRow::default()
        }
    }

    fn estimate(
        &self,
        (name, along): (&str, &str),
        estimate: Option<Estimate>,
        method: &str,
        note: String,
    ) -> EstimateRow {
        let row = self.row(name, along);
        let Some(estimate) = estimate else {
            return EstimateRow { note: "not defined at any particle".into(), ..row };
        };
        row.with(estimate, format!("{method}, mean over {} particles", estimate.n), note)
    }

    fn rows(&self, report: &NoiseReport) -> Vec<EstimateRow> {
        let percent = |share: Option<Estimate>| {
            share.map_or(String::new(), |share| {
                format!("the four largest eigenvalues {:.1} % of the trace", 100.0 * share.value)
            })
        };
        let isotropic = report
            .isotropic_cosine
            .map_or(String::new(), |cosine| format!("{} for isotropic noise", significant(cosine.value)));
        let traces = "sums over a Krylov space and random vectors outside it";
        let mut rows = vec![
            self.estimate(("noise_trace", ""), report.trace, "tr Sigma, all rows", String::new()),
            self.estimate(
                ("noise_temperature", ""),
                report.temperature,
                "tr Sigma/(D b), finite-population factor; 1 in the isotropic SDE",
                report.sentence(),
            ),
            self.estimate(
                ("noise_top_share", ""),
                report.top_share,
                "Lanczos, largest eigenvalue over trace",
                format!("{}; residual {:.1e} of the largest", percent(report.four_share), report.residual),
            ),
            self.estimate(
                ("noise_participation", ""),
                report.participation,
                &format!("(tr Sigma)^2/tr Sigma^2, {traces}"),
                format!("from 1 to D = {}", report.dim),
            ),
            self.estimate(
                ("noise_hessian_alignment", "matrices"),
                report.hessian_cosine,
                &format!("tr(H Sigma)/(|H| |Sigma|), {traces}"),
                isotropic,
            ),
            self.estimate(
                ("noise_hessian_alignment", "leading directions"),
                report.direction_cosine,
                "|cosine| of the leading eigenvectors",
                String::new(),
            ),
        ];
        for (along, shape) in [("leading direction", &report.leading), ("random directions", &report.random)]
        {
            rows.extend(self.shape_rows(along, shape));
        }
        rows
    }

    fn shape_rows(&self, along: &str, shape: &Shape) -> [EstimateRow; 2] {
        let note = shape.visible_after.filter(|count| count.is_finite()).map_or(String::new(), |count| {
            format!("0 for a Gaussian; a test at 5 % sees this after about {count:.0e} minibatches")
        });
        let method = "exact from the rows' gradients";
        [
            self.estimate(("noise_skewness", along), shape.skewness, method, "without its sign".into()),
            self.estimate(("noise_excess_kurtosis", along), shape.excess_kurtosis, method, note),
        ]
    }
}
