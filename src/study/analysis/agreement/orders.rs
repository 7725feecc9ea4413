//! The difference of each model against the step size s: its order, its floor, and what the integrator adds.

use super::Asked;
use crate::analysis::agreement::{
    Measured, NoOrder, Order, OrderPoint, ParticlesNeeded, Paths, excess_ratio, integral, order,
    value_at_zero, window_mean,
};
use crate::estimates::LEVEL;
use crate::problem::Quantity;
use crate::study::analysis::side_runs::{SideRun, SideStudy, side_runs};
use crate::study::run::Progress;
use crate::study::spec::DynamicsSpec;
use crate::study::{EstimateRow, OrderRow, Results};

/// The late window of ratios, as in a single run.
const LATE: f64 = 0.75;

/// One linear functional of one quantity of one model.
#[derive(Clone, PartialEq)]
struct Question {
    model: usize,
    quantity: Quantity,
    functional: &'static str,
}

/// What the runs at one s say.
struct AtScale {
    s: f64,
    points: Vec<(Question, OrderPoint)>,
    /// Excess of each model over that of the reference.
    ratios: Vec<(usize, Measured)>,
}

impl Asked<'_> {
    /// Runs every process at every noise scale that is asked for, and the rows of the orders.
    pub fn orders(&self, progress: &mut dyn Progress) -> Results {
        let mut results = Results::default();
        let scales = &self.spec.noise_scales;
        let mut found: Vec<AtScale> = Vec::new();
        for (i, &s) in scales.iter().enumerate() {
            let mut at = |fraction: f64| {
                progress
                    .analysing("agreement at other step sizes", (i as f64 + fraction) / scales.len() as f64);
            };
            match self.at_scale(i, s, &mut at) {
                Ok(at_scale) => found.push(at_scale),
                Err(note) => {
                    let name = "agreement_order".into();
                    results.estimates.push(EstimateRow {
                        point: self.ended.point,
                        name,
                        note,
                        ..EstimateRow::default()
                    });
                }
            }
        }
        let questions: Vec<Question> =
            found.first().map_or(Vec::new(), |at| at.points.iter().map(|p| p.0.clone()).collect());
        for question in &questions {
            let points: Vec<OrderPoint> = found
                .iter()
                .filter_map(|at| at.points.iter().find(|(q, _)| q == question).map(|(_, point)| *point))
                .collect();
            let answer = order(&points, None);
            results.orders.extend(self.order_rows(question, &points, answer.as_ref().ok()));
            results.estimates.push(self.order_row(question, &points, answer));
        }
        results.estimates.extend(self.limit_rows(&found));
        results
    }

    /// All processes at noise scale `s`; models with an integrator also at half the step, on the same path.
    fn at_scale(&self, number: usize, s: f64, progress: &mut dyn FnMut(f64)) -> Result<AtScale, String> {
        let own = &self.plan.study.process;
        let own_scale = own[self.with].dynamics.noise_scale().filter(|s| *s > 0.0);
        let factor = s / own_scale.ok_or("the process compared with has no noise scale")?;
        let coarse: Vec<DynamicsSpec> = own.iter().map(|p| scaled(&p.dynamics, factor)).collect();
        let fine: Vec<Option<DynamicsSpec>> = coarse.iter().map(halved).collect();
        let mut dynamics: Vec<DynamicsSpec> = coarse.iter().map(on_finer_path).collect();
        dynamics.extend(fine.iter().flatten().cloned());
        let quantities = self.quantities();
        let asked = SideStudy {
            dynamics: &dynamics,
            quantities: &quantities,
            horizon: self.plan.study.time.horizon,
            points: self.plan.study.time.points,
            particles: self.spec.particles,
            // No random number is shared between two s: the fits take their errors as independent.
            seed: self.plan.study.seed.wrapping_add(1 + number as u64),
            controlled: true,
        };
        let (times, runs) = side_runs(self.plan, &asked, self.threads, progress)
            .map_err(|error| format!("s = {s}: the steps have no common clock ({error:?})"))?;
        // Where the run with half the step stands behind those of the processes themselves.
        let mut behind = own.len()..;
        let finer: Vec<Option<usize>> =
            fine.iter().map(|fine| fine.as_ref().and_then(|_| behind.next())).collect();
        let mut at_scale = AtScale { s, points: Vec::new(), ratios: Vec::new() };
        for model in self.models() {
            let best = &runs[finer[model].unwrap_or(model)];
            let rougher = finer[model].map(|_| &runs[model]);
            for (k, &quantity) in quantities.iter().enumerate() {
                let compared = (best.paths(k), rougher.map(|run| run.paths(k)), runs[self.with].paths(k));
                at_scale.points.extend(self.points(&times, (model, quantity), s, compared));
            }
            at_scale.ratios.extend(self.ratio(&times, best, &runs[self.with]).map(|ratio| (model, ratio)));
        }
        Ok(at_scale)
    }

    /// d(T) and ∫ d dt of one quantity of one model, by its finer run; the rougher bounds the bias of its step.
    fn points(
        &self,
        times: &[f64],
        (model, quantity): (usize, Quantity),
        s: f64,
        (best, rougher, reference): (Paths, Option<Paths>, Paths),
    ) -> Vec<(Question, OrderPoint)> {
        let Some(difference) = self.difference(times, &best, &reference) else {
            return Vec::new();
        };
        let bias = rougher.and_then(|rougher| self.difference(times, &rougher, &best));
        let end = times.last().copied().unwrap_or(0.0);
        let at_end: Vec<f64> = times.iter().map(|t| f64::from(*t == end)).collect();
        let point = |functional: &'static str, weights: &[f64]| {
            // The finer run is off by what the coarser differs from it, where the bias is of first order in dt; by less else.
            let dt_bias = bias.as_ref().map_or(0.0, |bias| {
                let (low, high) = bias.functional(weights).interval();
                low.abs().max(high.abs())
            });
            let question = Question { model, quantity, functional };
            (question, OrderPoint { s, difference: difference.functional(weights), dt_bias })
        };
        vec![point("at T", &at_end), point("integral", &integral(times, 0.0, end))]
    }

    /// Excess of the model over that of the reference in the late window.
    fn ratio(&self, times: &[f64], model: &SideRun, reference: &SideRun) -> Option<Measured> {
        let (minimum, bound) = self.ended.minimum?;
        let end = times.last().copied()?;
        let weights = window_mean(times, LATE * end, end)?;
        let late = |run: &SideRun| run.paths(0).functionals(&weights);
        let ratio = excess_ratio(&late(model), &late(reference), true, (minimum.value, bound), LEVEL).ok()?;
        let std_err = (ratio.high - ratio.low) / (2.0 * 1.96);
        Some(Measured { value: ratio.value, std_err, freedom: (self.spec.particles - 1) as f64 })
    }

    fn order_rows(&self, question: &Question, points: &[OrderPoint], order: Option<&Order>) -> Vec<OrderRow> {
        let row = |point: &OrderPoint| {
            let (low, high) = point.difference.interval();
            OrderRow {
                point: self.ended.point,
                process: self.pair(question.model),
                quantity: question.quantity.name().into(),
                functional: question.functional.into(),
                s: point.s,
                value: point.difference.value,
                std_err: point.difference.std_err,
                ci_low: low,
                ci_high: high,
                floor: point.floor(),
                dt_bias: point.dt_bias,
                used: order.is_some_and(|order| order.used.contains(&point.s)),
            }
        };
        points.iter().map(row).collect()
    }

    fn order_row(
        &self,
        question: &Question,
        points: &[OrderPoint],
        answer: Result<Order, NoOrder>,
    ) -> EstimateRow {
        let quantity = format!("{} {}", question.quantity.name(), question.functional);
        let row = self.row(question.model, "agreement_order", &quantity);
        match answer {
            Err(reason) => EstimateRow { note: format!("{reason}{}", self.next(points)), ..row },
            Ok(order) => EstimateRow {
                value: Some(order.exponent.value),
                ci_low: Some(order.exponent.low),
                ci_high: Some(order.exponent.high),
                method: format!("c s^q (1 + r s) by least squares over s = {:?}", order.used),
                note: format!("{}{}", in_words(&order), self.next(points)),
                ..row
            },
        }
    }

    /// How many particles the next smaller s asks for.
    fn next(&self, points: &[OrderPoint]) -> String {
        let smallest = points.iter().min_by(|a, b| a.s.total_cmp(&b.s));
        let needed = smallest.and_then(|pilot| {
            let needed = ParticlesNeeded::new(&pilot.difference, self.spec.particles, 0.5, 1.0, 1.0)?;
            Some(format!("; {}", needed.sentence(0.5 * pilot.s)))
        });
        needed.unwrap_or_default()
    }

    /// The ratio of excesses as s goes to 0: 1 for a model of the right noise level.
    fn limit_rows(&self, found: &[AtScale]) -> Vec<EstimateRow> {
        let row = |model: usize| {
            let at: Vec<(f64, Measured)> = found
                .iter()
                .filter_map(|at| Some((at.s, at.ratios.iter().find(|(m, _)| *m == model)?.1)))
                .collect();
            let (s, ratios): (Vec<f64>, Vec<Measured>) = at.into_iter().unzip();
            let row = self.row(model, "excess_ratio_limit", "risk");
            match value_at_zero(&s, &ratios, None) {
                None => {
                    EstimateRow { note: "fewer than three s with a resolved ratio of excesses".into(), ..row }
                }
                Some(limit) => EstimateRow {
                    value: Some(limit.at_zero.value),
                    ci_low: Some(limit.at_zero.low),
                    ci_high: Some(limit.at_zero.high),
                    method: "line in s through the ratios of late excesses".into(),
                    note: limit.p_value.map_or(String::new(), |p| format!("p of the line {p:.3}")),
                    ..row
                },
            }
        };
        if found.is_empty() { Vec::new() } else { self.models().map(row).collect() }
    }
}

/// Local slopes and the polynomial.
fn in_words(order: &Order) -> String {
    let slopes: Vec<String> = order
        .slopes
        .iter()
        .map(|slope| {
            slope.slope.map_or("–".into(), |range| {
                format!("{:.2} [{:.2}, {:.2}]", range.value, range.low, range.high)
            })
        })
        .collect();
    let polynomial = &order.polynomial;
    format!(
        "local slopes {}; c1 = {:.3e} ± {:.1e}, c2 = {:.3e} ± {:.1e}; in the floor: {:?}",
        slopes.join(", "),
        polynomial.first.value,
        polynomial.first.std_err,
        polynomial.second.value,
        polynomial.second.std_err,
        order.in_floor
    )
}

/// `dynamics` with s and the integrator's step times `factor`.
fn scaled(dynamics: &DynamicsSpec, factor: f64) -> DynamicsSpec {
    let mut changed = dynamics.clone();
    if let Some(s) = changed.noise_scale_mut() {
        *s = decimal(*s * factor);
    }
    if let Some(Some(dt)) = changed.dt() {
        *dt = decimal(*dt * factor);
    }
    changed
}

/// With half the step; `None` for processes without an integrator.
fn halved(dynamics: &DynamicsSpec) -> Option<DynamicsSpec> {
    let mut changed = dynamics.clone();
    let dt = changed.dt()?.as_mut()?;
    *dt = decimal(0.5 * *dt);
    Some(changed)
}

/// On a path drawn with half its step, which the process with half the step has too.
fn on_finer_path(dynamics: &DynamicsSpec) -> DynamicsSpec {
    let mut changed = dynamics.clone();
    if let Some(refinement) = changed.refinement_mut() {
        *refinement *= 2;
    }
    changed
}

/// Without what rounding leaves behind the twelfth digit, so that steps keep common multiples.
fn decimal(x: f64) -> f64 {
    format!("{x:.12e}").parse().unwrap_or(x)
}
