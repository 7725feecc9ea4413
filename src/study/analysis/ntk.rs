//! `[analysis] ntk`: kernels and nets of several widths beside their limit, and the risk of the limit at several horizons.

use crate::analysis::ntk::{
    NetBesideLimit, OnePass, PowerLaw, expected_risk, kernel_errors, limit_risks, monte_carlo_kernel,
    net_beside_limit, power_law,
};
use crate::estimates::{Estimate, significant};
use crate::parallel::Threads;
use crate::problem::ntk::{CircleTask, LimitKernel, NtkOuter};
use crate::random::{Key, Purpose};
use crate::study::build_ntk::default_nodes;
use crate::study::plan::Plan;
use crate::study::run::Progress;
use crate::study::spec::{AntisymmetricStart, DynamicsSpec, OnePassSgdSpec, ProblemSpec, StartSpec};
use crate::study::{EstimateRow, NtkRow, NtkSpec, NtkSteps, Results};

/// Tag of the random numbers used here.
const TAG: u64 = 0x6e74_6b00;
/// Units of the Monte-Carlo check of K_∞.
const UNITS: u64 = 1_000_000;
/// A net suffices where its mean risk is above that of the limit by no more than this part, with its interval.
const SUFFICES: f64 = 0.1;

/// The rows of the analysis; none where it is not asked for.
pub fn ntk(plan: &Plan, point: usize, threads: &Threads, progress: &mut dyn Progress) -> Results {
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
    let nodes = match &plan.study.problem {
        ProblemSpec::NtkNet(net) => net.nodes.unwrap_or_else(|| default_nodes(task)),
        _ => default_nodes(task),
    };
    let asked = Asked { plan, spec, task, sgd, outer, nodes, point, threads };
    let mut results = Results::default();
    results.estimates.extend(asked.truncation());
    if !spec.widths.is_empty() {
        results.estimates.extend(asked.kernel_check());
        asked.kernels(&mut results, progress);
    }
    asked.limits(&mut results, progress);
    asked.nets(&mut results, progress);
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

    /// What the kept frequencies leave out.
    fn truncation(&self) -> [EstimateRow; 2] {
        let kept = format!("{} frequencies kept", self.task.spectrum().eigenvalues().len());
        [
            EstimateRow {
                value: Some(self.task.spectrum().missing_trace()),
                method: "1 - sum of the kept eigenvalues by K(x, x)".into(),
                note: kept.clone(),
                ..self.estimate("ntk_truncation", "trace of the kernel")
            },
            EstimateRow {
                value: Some(self.task.missing_target()),
                method:
                    "bound of the squared norm that the target's law would give to the frequencies left out"
                        .into(),
                note: kept,
                ..self.estimate("ntk_truncation", "target")
            },
        ]
    }

    /// K_∞ at a few angles, by its formula or quadrature and by Monte Carlo.
    fn kernel_check(&self) -> Vec<EstimateRow> {
        let activation = self.task.settings().activation;
        let kernel = LimitKernel::new(activation);
        let mut rows = Vec::new();
        for (tag, degrees) in (0..).zip([0.0_f64, 60.0, 120.0]) {
            let cosine = degrees.to_radians().cos();
            let quantity = format!("angle {degrees} degrees");
            let error = kernel.quadrature_error(cosine);
            let method =
                if kernel.is_closed() { "closed form" } else { "trapezoidal rule in two dimensions" };
            let note = if kernel.is_closed() {
                String::new()
            } else {
                format!("error of the quadrature {error:.0e}")
            };
            let value = Some(kernel.at(cosine));
            rows.push(EstimateRow {
                value,
                method: method.into(),
                note,
                ..self.estimate("ntk_kernel", &quantity)
            });
            let drawn = monte_carlo_kernel(activation, self.outer, cosine, (UNITS, self.key(16 + tag)));
            let (method, note) = (format!("Monte Carlo, {UNITS} units"), String::new());
            rows.push(filled(self.estimate("ntk_kernel", &quantity), drawn, method, note));
        }
        rows
    }

    /// The kernel at the start against the width.
    fn kernels(&self, results: &mut Results, progress: &mut dyn Progress) {
        let (spec, activation) = (self.spec, self.task.settings().activation);
        let mut found = Vec::new();
        for (i, &width) in spec.widths.iter().enumerate() {
            progress.analysing("kernels at the start", i as f64 / spec.widths.len() as f64);
            found.push(kernel_errors(activation, self.outer, width, (spec.draws, self.key(2)), self.threads));
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
    fn limits(&self, results: &mut Results, progress: &mut dyn Progress) {
        let (horizons, mut points) = (&self.spec.horizons, Vec::new());
        for (h, &steps) in horizons.iter().enumerate() {
            progress.analysing("kernel regression", h as f64 / horizons.len() as f64);
            let run = self.run(h, 0);
            let Some(found) = limit_risks(self.task, &run, self.threads) else {
                continue;
            };
            let exact = expected_risk(self.task, run.batch, steps, |k| run.step_size(k));
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
    fn nets(&self, results: &mut Results, progress: &mut dyn Progress) {
        let (widths, horizons) = (&self.spec.widths, &self.spec.horizons);
        let total = (widths.len() * horizons.len()) as f64;
        for (h, &steps) in horizons.iter().enumerate() {
            let exact = expected_risk(self.task, self.sgd.batch, steps, |k| self.run(h, 0).step_size(k));
            let mut found = Vec::new();
            for (w, &width) in widths.iter().enumerate() {
                progress.analysing("nets", (h * widths.len() + w) as f64 / total);
                let run = self.run(h, w + 1);
                let net = net_beside_limit(self.task, (width, self.nodes, self.outer), &run, self.threads);
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
            if !widths.is_empty() {
                results.estimates.extend(self.net_rows(steps, exact.risk, &found));
            }
        }
        results.estimates.extend(self.net_rate(results));
    }

    /// The rate in T of the widest net.
    fn net_rate(&self, results: &Results) -> Option<EstimateRow> {
        let widest = *self.spec.widths.iter().max()?;
        let rows = results.ntk.iter().filter(|row| row.name == "net_risk" && row.width == Some(widest));
        let points: Vec<(f64, Estimate)> = rows
            .filter_map(|row| {
                let estimate = Estimate { value: row.value, std_err: row.std_err, n: row.n };
                row.steps.map(|steps| (steps as f64, estimate))
            })
            .collect();
        let row = self.estimate("ntk_exponent", &format!("net_risk against the steps, m = {widest}"));
        let claimed = format!("the claim is O(T^-{})", significant(self.rate()));
        (!points.is_empty()).then(|| exponent_row(row, power_law(&points), &claimed))
    }

    /// Exponent of the distance, over all widths and over the wider half, and the width that suffices, at one horizon.
    fn net_rows(&self, steps: u64, limit: f64, found: &[(usize, NetBesideLimit)]) -> [EstimateRow; 3] {
        let mut points: Vec<(f64, Estimate)> =
            found.iter().map(|(m, net)| (*m as f64, net.distance)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let claimed = format!("the claim is O(m^-{})", significant(self.rate() / 2.0));
        let quantity = format!("net_distance against the width, T = {steps}");
        let lost: usize = found.iter().map(|(_, net)| net.lost).sum();
        let note =
            if lost == 0 { claimed } else { format!("{claimed}; {lost} runs left the finite numbers") };
        let exponent = exponent_row(self.estimate("ntk_exponent", &quantity), power_law(&points), &note);
        let wider = &points[points.len() / 2..];
        let from = wider.first().map_or(0.0, |point| point.0);
        let row = self.estimate("ntk_exponent", &format!("{quantity}, m >= {from}"));
        [exponent, exponent_row(row, power_law(wider), &note), self.sufficient_width(steps, limit, found)]
    }

    /// The smallest width from which on the risk is above that of the limit by no more than a tenth.
    fn sufficient_width(&self, steps: u64, limit: f64, found: &[(usize, NetBesideLimit)]) -> EstimateRow {
        let suffices = |net: &NetBesideLimit| {
            net.difference.interval().is_some_and(|(_, high)| high <= SUFFICES * limit) && net.lost == 0
        };
        let mut rising: Vec<&(usize, NetBesideLimit)> = found.iter().collect();
        rising.sort_by_key(|(width, _)| *width);
        let wide = rising.iter().rev().take_while(|(_, net)| suffices(net)).count();
        let first = rising.len() - wide;
        let row = self.estimate("ntk_width_sufficient", &format!("T = {steps}"));
        let method = format!(
            "smallest listed width from which on the upper end of the mean excess over the limit is below {SUFFICES} of the limit's risk {}",
            significant(limit)
        );
        let r = self.task.settings().regularity;
        let bound = (steps as f64).powf(1.0 + 5.0 / (2.0 * r + 1.0));
        let claimed =
            format!("the sufficient width of the theorem, T^(1 + 5/(2r+1)) = {bound:.1e}, was not run");
        match rising.get(first) {
            Some((width, _)) => EstimateRow {
                value: Some(*width as f64),
                ci_low: first.checked_sub(1).map(|before| rising[before].0 as f64),
                ci_high: Some(*width as f64),
                method,
                note: format!("between the width before, which does not, and this one; {claimed}"),
                ..row
            },
            None => EstimateRow { method, note: format!("no listed width suffices; {claimed}"), ..row },
        }
    }
}

fn filled(row: EstimateRow, found: Estimate, method: String, note: String) -> EstimateRow {
    let interval = found.interval();
    EstimateRow {
        value: Some(found.value),
        std_err: found.std_err,
        ci_low: interval.map(|i| i.0),
        ci_high: interval.map(|i| i.1),
        method,
        note,
        ..row
    }
}

fn exponent_row(row: EstimateRow, law: Option<PowerLaw>, claimed: &str) -> EstimateRow {
    let method = "weighted least squares of logarithms".to_owned();
    let Some(law) = law else {
        let note = format!("not resolved: fewer than three positive means with errors; {claimed}");
        return EstimateRow { method, note, ..row };
    };
    let curved = if law.p_value < 1e-3 {
        ", so the exponent is that of this window and its error is widened"
    } else {
        ""
    };
    EstimateRow {
        value: Some(law.exponent),
        std_err: Some(law.std_err),
        ci_low: Some(law.low),
        ci_high: Some(law.high),
        method,
        note: format!(
            "{} points, a power law leaves as much with p = {:.1e}{curved}; {claimed}",
            law.points, law.p_value
        ),
        ..row
    }
}
