//! `[analysis] ntk`: kernels and nets of several widths beside their limit, and the risk of the limit at several horizons.

mod rows;

use crate::analysis::ntk::{
    ExpectedRisk, OnePass, expected_risk, kernel_errors, limit_risks, net_beside_limit, power_law,
};
use crate::estimates::{Estimate, significant};
use crate::parallel::Threads;
use crate::problem::ntk::{CircleTask, NtkOuter};
use crate::random::{Key, Purpose};
use crate::study::build_ntk::nodes_of;
use crate::study::keeper::Pieces;
use crate::study::plan::Plan;
use crate::study::run::Progress;
use crate::study::spec::{AntisymmetricStart, DynamicsSpec, OnePassSgdSpec, StartSpec};
use crate::study::{EstimateRow, NtkRow, NtkSpec, NtkSteps, Results};
use rows::exponent_row;

/// Tag of the random numbers used here.
const TAG: u64 = 0x6e74_6b00;

/// The rows of the analysis; none where it is not asked for.
pub fn ntk(
    plan: &Plan,
    point: usize,
    threads: &Threads,
    progress: &mut dyn Progress,
    pieces: &mut Pieces<'_>,
) -> Results {
    let (Some(spec), Some(task)) = (&plan.study.analysis.ntk, plan.circle_task()) else {
        return Results::default();
    };
    let sgd = plan.study.process.iter().find_map(|process| match &process.dynamics {
        DynamicsSpec::OnePassSgd(sgd) => Some(sgd),
        _ => None,
    });
    let Some(sgd) = sgd else {
        return Results::default();
    };
    let outer = match &plan.study.start {
        StartSpec::Antisymmetric(AntisymmetricStart { outer }) => *outer,
        _ => NtkOuter::Gaussian,
    };
    let nodes = nodes_of(&plan.study.problem, task);
    let asked = Asked { plan, spec, task, sgd, outer, nodes, point, threads };
    let mut results = Results::default();
    results.estimates.extend(asked.truncation());
    if !spec.widths.is_empty() {
        results.estimates.extend(asked.kernel_check());
        asked.kernels(&mut results, progress, pieces);
    }
    let exact: Vec<ExpectedRisk> = (0..spec.horizons.len()).map(|h| asked.exact(h)).collect();
    asked.limits(&exact, &mut results, progress, pieces);
    asked.nets(&exact, &mut results, progress, pieces);
    results
}

struct Asked<'a> {
    plan: &'a Plan,
    spec: &'a NtkSpec,
    task: &'a CircleTask,
    sgd: &'a OnePassSgdSpec,
    outer: NtkOuter,
    nodes: usize,
    point: usize,
    threads: &'a Threads,
}

impl Asked<'_> {
    fn key(&self, tag: u64) -> Key {
        Key::new(self.plan.study.seed, Purpose::Direction).tagged(TAG + tag)
    }

    /// q = 2r/(2r+1): the exponent of the claimed rate, and of the steps that it needs.
    fn rate(&self) -> f64 {
        let r = self.task.settings().regularity;
        2.0 * r / (2.0 * r + 1.0)
    }

    /// The run of horizon number `h` (and width number `w`), each with samples of its own.
    fn run(&self, h: usize, w: usize) -> OnePass {
        let steps = self.spec.horizons[h];
        let (s, power) = match self.spec.steps {
            NtkSteps::Falling => (self.sgd.s, self.rate()),
            NtkSteps::Constant => (self.sgd.s * (steps as f64).powf(-self.rate()), 0.0),
        };
        let seed = self.key(1).state(h as u64, w as u64, 0)[0];
        OnePass { s, power, batch: self.sgd.batch, steps, particles: self.spec.particles, seed }
    }

    /// The exact risk of the limit at horizon number `h`.
    fn exact(&self, h: usize) -> ExpectedRisk {
        let run = self.run(h, 0);
        expected_risk(self.task, run.batch, run.steps, |k| run.step_size(k))
    }

    fn estimate(&self, name: &str, quantity: &str) -> EstimateRow {
        let (name, quantity) = (name.into(), quantity.into());
        EstimateRow { point: self.point, name, quantity, ..EstimateRow::default() }
    }

    fn row(&self, name: &str, (width, run): (Option<usize>, Option<&OnePass>), found: Estimate) -> NtkRow {
        let interval = found.interval();
        NtkRow {
            point: self.point,
            name: name.into(),
            width,
            steps: run.map(|run| run.steps),
            s: run.map(|run| run.s),
            n: found.n,
            value: found.value,
            std_err: found.std_err,
            ci_low: interval.map(|i| i.0),
            ci_high: interval.map(|i| i.1),
            exact: None,
            bias: None,
        }
    }

    /// The kernel at the start against the width.
    fn kernels(&self, results: &mut Results, progress: &mut dyn Progress, pieces: &mut Pieces<'_>) {
        let (spec, activation) = (self.spec, self.task.settings().activation);
        let mut found = Vec::new();
        for (i, &width) in spec.widths.iter().enumerate() {
            progress.analysing("kernels at the start", i as f64 / spec.widths.len() as f64);
            found.push(pieces.one(
                |_| true,
                || kernel_errors(activation, self.outer, width, (spec.draws, self.key(2)), self.threads),
            ));
        }
        let columns = [("operator", found.iter().map(|e| e.operator).collect::<Vec<_>>())];
        for (name, errors) in
            columns.into_iter().chain([("largest", found.iter().map(|e| e.largest).collect())])
        {
            let named = format!("kernel_error_{name}");
            let rows = errors.iter().zip(&spec.widths);
            results.ntk.extend(rows.map(|(e, width)| self.row(&named, (Some(*width), None), *e)));
            let points = spec.widths.iter().map(|m| *m as f64).zip(errors).collect::<Vec<_>>();
            let claimed = format!("the claim is O(m^-{})", significant(self.rate() / 2.0));
            let row = self.estimate("ntk_exponent", &format!("{named} against the width"));
            results.estimates.push(exponent_row(row, power_law(&points), &claimed));
        }
    }

    /// The risk of the limit against the horizon.
    fn limits(
        &self,
        exact: &[ExpectedRisk],
        results: &mut Results,
        progress: &mut dyn Progress,
        pieces: &mut Pieces<'_>,
    ) {
        let (horizons, mut points) = (&self.spec.horizons, Vec::new());
        for (h, (&steps, exact)) in horizons.iter().zip(exact).enumerate() {
            progress.analysing("kernel regression", h as f64 / horizons.len() as f64);
            let run = self.run(h, 0);
            let Some(found) = pieces.one(|_| true, || limit_risks(self.task, &run, self.threads)) else {
                continue;
            };
            let row = self.row("limit_risk", (None, Some(&run)), found);
            results.ntk.push(NtkRow { exact: Some(exact.risk), bias: Some(exact.bias), ..row });
            points.push((steps as f64, found));
        }
        if horizons.is_empty() {
            return;
        }
        let claimed = format!("the claim is O(T^-{})", significant(self.rate()));
        let row = self.estimate("ntk_exponent", "limit_risk against the steps");
        results.estimates.push(exponent_row(row, power_law(&points), &claimed));
        let limits: Vec<&NtkRow> = results.ntk.iter().filter(|row| row.name == "limit_risk").collect();
        if let [.., before, last] = limits.as_slice() {
            let of =
                |row: &NtkRow| row.exact.zip(row.steps).map(|(risk, steps)| (risk.ln(), (steps as f64).ln()));
            let slope = of(before).zip(of(last)).map(|((a, x), (b, y))| (b - a) / (y - x));
            results.estimates.push(EstimateRow {
                value: slope.filter(|slope| slope.is_finite()),
                method: "exact recursion, between the last two horizons".into(),
                note: claimed,
                ..self.estimate("ntk_local_exponent", "limit_risk against the steps")
            });
        }
    }

    /// Nets of every width at every horizon.
    fn nets(
        &self,
        exact: &[ExpectedRisk],
        results: &mut Results,
        progress: &mut dyn Progress,
        pieces: &mut Pieces<'_>,
    ) {
        let (widths, horizons) = (&self.spec.widths, &self.spec.horizons);
        if widths.is_empty() {
            return;
        }
        let total = (widths.len() * horizons.len()) as f64;
        for (h, (&steps, exact)) in horizons.iter().zip(exact).enumerate() {
            let mut found = Vec::new();
            for (w, &width) in widths.iter().enumerate() {
                progress.analysing("nets", (h * widths.len() + w) as f64 / total);
                let run = self.run(h, w + 1);
                let net = pieces.one(
                    |_| true,
                    || net_beside_limit(self.task, (width, self.nodes, self.outer), &run, self.threads),
                );
                let Some(net) = net else {
                    continue;
                };
                let named = [
                    ("net_distance", net.distance),
                    ("net_risk", net.net),
                    ("net_risk_difference", net.difference),
                ];
                results.ntk.extend(named.map(|(name, estimate)| NtkRow {
                    exact: Some(exact.risk),
                    bias: Some(exact.bias),
                    ..self.row(name, (Some(width), Some(&run)), estimate)
                }));
                found.push((width, net));
            }
            results.estimates.extend(self.net_rows(steps, exact.risk, &found));
        }
        results.estimates.extend(self.net_rate(results));
    }
}
