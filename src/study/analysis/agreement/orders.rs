//! The difference of each model against the step size s and against the batch: its order, its floor, and what the integrator adds.

use super::Asked;
use super::place::Place;
use super::rung::{INTEGRAL, Question, Rung, Sup, at_time};
use crate::analysis::agreement::{
    Measured, NoOrder, Order, OrderPoint, ParticlesNeeded, order, value_at_zero,
};
use crate::estimates::significant;
use crate::study::keeper::Pieces;
use crate::study::run::Progress;
use crate::study::{EstimateRow, OrderRow, Results};
use std::fmt::Write;

/// What tends to 0 along a ladder.
#[derive(Clone, Copy, PartialEq)]
enum Ladder {
    /// s.
    Scale,
    /// 1/b.
    Batch,
}

impl Ladder {
    fn symbol(self) -> &'static str {
        match self {
            Self::Scale => "s",
            Self::Batch => "1/b",
        }
    }

    /// The name of its orders.
    fn order(self) -> &'static str {
        match self {
            Self::Scale => "agreement_order",
            Self::Batch => "agreement_order_in_batch",
        }
    }
}

impl Asked<'_> {
    /// Runs every process at every noise scale and every batch that is asked for, and adds the rows of the orders to `results`; where a
    /// scale is the study's own, its bands take the place of those of the study's own runs.
    pub fn orders(&self, results: &mut Results, progress: &mut dyn Progress, pieces: &mut Pieces<'_>) {
        let mut scales: Vec<Place> = self.spec.noise_scales.iter().map(|s| Place::Scale(*s)).collect();
        let mut batches: Vec<Place> = self.spec.batches.iter().map(|b| Place::Batch(*b)).collect();
        // The largest first: each rung is the pilot of the next.
        [&mut scales, &mut batches]
            .into_iter()
            .for_each(|places| places.sort_by(|a, b| b.small().total_cmp(&a.small())));
        let own = self.plan.study.process[self.with].dynamics.noise_scale();
        let (rows, rungs) = self.ladder(Ladder::Scale, (&scales, 0), progress, pieces);
        rungs.iter().filter(|rung| Some(rung.s) == own).for_each(|rung| self.sharpen(rung, results));
        results.extend(rows);
        results.extend(self.ladder(Ladder::Batch, (&batches, scales.len() as u64), progress, pieces).0);
    }

    /// The rows of one ladder and its rungs, which have the numbers from `first` on.
    fn ladder(
        &self,
        ladder: Ladder,
        (places, first): (&[Place], u64),
        progress: &mut dyn Progress,
        pieces: &mut Pieces<'_>,
    ) -> (Results, Vec<Rung>) {
        let mut results = Results::default();
        let mut found: Vec<Rung> = Vec::new();
        for (i, &place) in places.iter().enumerate() {
            if let Some(advice) = self.advice(&found, place) {
                progress.note(&advice);
            }
            let what = format!("agreement at {}", place.name());
            let mut at = |fraction: f64| progress.analysing(&what, fraction);
            match self.rung(first + i as u64, place, &mut at, pieces) {
                Ok(rung) => found.push(rung),
                Err(note) => results.estimates.push(EstimateRow {
                    point: self.ended.point,
                    name: ladder.order().into(),
                    note,
                    ..EstimateRow::default()
                }),
            }
        }
        results.orders.extend(found.iter().flat_map(|rung| self.sup_rows(ladder, rung)));
        let questions = if found.is_empty() { Vec::new() } else { self.questions() };
        for question in &questions {
            let rungs: Vec<(&Rung, OrderPoint)> = found
                .iter()
                .filter_map(|rung| Some((rung, rung.points.iter().find(|(q, _)| q == question)?.1)))
                .collect();
            let points: Vec<OrderPoint> = rungs.iter().map(|(_, point)| *point).collect();
            let answer = order(&points, None);
            let row = |(rung, point): &(&Rung, OrderPoint)| {
                self.order_row(ladder, question, rung, (point, answer.as_ref().ok()))
            };
            results.orders.extend(rungs.iter().map(row));
            let absent = found.iter().filter(|rung| !rung.points.iter().any(|(q, _)| q == question));
            let absent: Vec<String> = absent.map(|rung| rung.place.name()).collect();
            results.estimates.push(self.estimate_row((ladder, question), &rungs, &absent, answer));
        }
        if ladder == Ladder::Scale && !found.is_empty() {
            results.estimates.extend(self.models().map(|model| self.limit_row(model, &found)));
        }
        (results, found)
    }

    /// Every linear functional of every difference.
    fn questions(&self) -> Vec<Question> {
        let mut functionals: Vec<String> = self.order_times().into_iter().map(at_time).collect();
        functionals.push(INTEGRAL.into());
        let mut questions = Vec::new();
        for model in self.models() {
            for quantity in self.quantities() {
                let question =
                    |functional: &String| Question { model, quantity, functional: functional.clone() };
                questions.extend(functionals.iter().map(question));
            }
        }
        questions
    }

    /// How many particles the difference that is hardest to see asks for at `place`, by the rung before; `None` without one.
    fn advice(&self, found: &[Rung], place: Place) -> Option<String> {
        let pilot = found.last()?;
        let needs = |(question, point): &(Question, OrderPoint)| {
            let (order, variance_order) = self.exponents(found, question);
            let next = place.small() / point.s;
            let needed =
                ParticlesNeeded::new(&point.difference, pilot.particles, next, order, variance_order)?;
            Some((needed, question.clone()))
        };
        let (needed, question) =
            pilot.points.iter().filter_map(needs).max_by(|a, b| a.0.expected.total_cmp(&b.0.expected))?;
        let about =
            format!("{}, {} {}", self.pair(question.model), question.quantity.name(), question.functional);
        Some(format!(
            "{}; {} asked for (hardest to see: {about})",
            needed.sentence(&place.name()),
            self.spec.until.map_or(self.spec.particles, |until| until.particles)
        ))
    }

    /// The powers of s by which the difference and its variance fell on the last two rungs; 1 and 1 with one rung, or where the difference is
    /// in the floor.
    fn exponents(&self, found: &[Rung], question: &Question) -> (f64, f64) {
        let at = |rung: &Rung| Some((rung.points.iter().find(|(q, _)| q == question)?.1, rung.particles));
        let last = found.iter().rev().take(2).filter_map(at).collect::<Vec<_>>();
        let [(small, m), (large, n)] = last[..] else {
            return (1.0, 1.0);
        };
        let run = |p: &OrderPoint, n: u64| (p.s, p.difference.std_err, n);
        let variance_order = ParticlesNeeded::variance_order(run(&large, n), run(&small, m));
        let ratio = (large.difference.value / small.difference.value).abs();
        let seen = small.is_above_floor() && large.is_above_floor();
        let order = if seen { ratio.ln() / (large.s / small.s).ln() } else { 1.0 };
        if variance_order.is_finite() { (order, variance_order) } else { (order, 1.0) }
    }

    fn sup_rows(&self, ladder: Ladder, rung: &Rung) -> Vec<OrderRow> {
        let row = |sup: &Sup| OrderRow {
            point: self.ended.point,
            process: self.pair(sup.model),
            quantity: sup.quantity.name().into(),
            functional: "sup".into(),
            ladder: ladder.symbol().into(),
            s: rung.s,
            batch: rung.batch,
            particles: rung.particles,
            value: sup.band.sup().value,
            std_err: None,
            ci_low: sup.band.sup().low,
            ci_high: sup.band.sup().high,
            floor: sup.band.floor(),
            dt_bias: None,
            used: false,
        };
        rung.sups.iter().map(row).collect()
    }

    fn order_row(
        &self,
        ladder: Ladder,
        question: &Question,
        rung: &Rung,
        (point, order): (&OrderPoint, Option<&Order>),
    ) -> OrderRow {
        let (low, high) = point.difference.interval();
        OrderRow {
            point: self.ended.point,
            process: self.pair(question.model),
            quantity: question.quantity.name().into(),
            functional: question.functional.clone(),
            ladder: ladder.symbol().into(),
            s: rung.s,
            batch: rung.batch,
            particles: rung.particles,
            value: point.difference.value,
            std_err: Some(point.difference.std_err),
            ci_low: low,
            ci_high: high,
            floor: point.floor(),
            dt_bias: Some(point.dt_bias),
            used: order.is_some_and(|order| order.used.contains(&point.s)),
        }
    }

    fn estimate_row(
        &self,
        (ladder, question): (Ladder, &Question),
        rungs: &[(&Rung, OrderPoint)],
        absent: &[String],
        answer: Result<Order, NoOrder>,
    ) -> EstimateRow {
        let quantity = format!("{} {}", question.quantity.name(), question.functional);
        let row = self.row(question.model, ladder.order(), &quantity);
        let horizon = self.plan.study.time.horizon;
        if rungs.is_empty() && !absent.is_empty() {
            return EstimateRow { note: nothing_to_fit(&question.functional, horizon, absent), ..row };
        }
        let next = rungs.last().and_then(|(rung, pilot)| {
            let needed = ParticlesNeeded::new(&pilot.difference, rung.particles, 0.5, 1.0, 1.0)?;
            Some(format!("; {}", needed.sentence(&format!("{} = {}", ladder.symbol(), 0.5 * pilot.s))))
        });
        let mut next = next.unwrap_or_default();
        if !absent.is_empty() {
            let (time, what) = observed_at(&question.functional, horizon);
            let _ = write!(
                next,
                "; left out: {}, where {what} {time} is no multiple of every step",
                absent.join(", ")
            );
        }
        match answer {
            Err(reason) => EstimateRow { note: format!("{reason}{next}"), ..row },
            Ok(order) => EstimateRow {
                value: Some(order.exponent.value),
                ci_low: Some(order.exponent.low),
                ci_high: Some(order.exponent.high),
                method: format!(
                    "c x^q (1 + r x) by least squares, x = {} = {:?}; terms left out allowed for",
                    ladder.symbol(),
                    order.used
                ),
                note: format!("{}{next}", in_words(&order)),
                ..row
            },
        }
    }

    /// The ratio of excesses as s goes to 0: 1 for a model of the right noise level.
    fn limit_row(&self, model: usize, found: &[Rung]) -> EstimateRow {
        let at: Vec<(f64, Measured)> = found
            .iter()
            .filter_map(|rung| Some((rung.s, rung.ratios.iter().find(|(m, _)| *m == model)?.1)))
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
                method: "line in s through the ratios of late excesses; terms left out allowed for".into(),
                note: format!(
                    "{}about the noise only where the start is forgotten late in the run at every s",
                    limit.p_value.map_or(String::new(), |p| format!("p of the line {p:.3}; "))
                ),
                ..row
            },
        }
    }
}

/// The time at which the steps of all processes must meet for a functional to be taken, and what that time is.
fn observed_at(functional: &str, horizon: f64) -> (String, &'static str) {
    match functional.strip_prefix("at t = ") {
        Some(time) => (time.into(), "the time"),
        None => (significant(horizon), "the horizon"),
    }
}

/// Why an order has no points at all: runs end together only where the steps of all processes meet.
fn nothing_to_fit(functional: &str, horizon: f64, absent: &[String]) -> String {
    let (time, what) = observed_at(functional, horizon);
    format!(
        "no difference to fit: {what} {time} is no multiple of every step at {}; choose one that is, or other step sizes",
        absent.join(", ")
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_do_not_meet_are_named_as_the_cause() {
        let absent = ["s = 0.3".to_owned(), "s = 0.15".to_owned()];
        assert_eq!(
            nothing_to_fit(INTEGRAL, 0.5, &absent),
            "no difference to fit: the horizon 0.5 is no multiple of every step at s = 0.3, s = 0.15; choose one that is, or \
             other step sizes"
        );
        assert!(nothing_to_fit(&at_time(0.4), 0.5, &absent).contains("the time 0.4 is no multiple"));
    }
}
