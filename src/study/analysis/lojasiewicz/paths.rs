//! Paths in the ball: the probability of staying, the contraction of the risk, and the bounds of both.

use super::ball::Facts;
use super::row;
use crate::analysis::lojasiewicz::{NoisyDescent, largest_step};
use crate::estimates::{Estimate, Moments, Proportion, significant};
use crate::problem::Quantity;
use crate::study::analysis::history::{Followed, History, Track};
use crate::study::plan::Plan;
use crate::study::spec::{DynamicsSpec, ScaledNoiseGdSpec};
use crate::study::{CurveRow, EstimateRow};

/// One process: at each time which particles have stayed in the ball, and the risk of those that have.
pub struct Paths {
    times: Vec<f64>,
    /// Particles.
    particles: u64,
    /// How many have stayed.
    inside: Vec<u64>,
    /// E[F; inside], the risk counted as 0 for those that have left.
    risk: Vec<Option<Estimate>>,
    /// Whether every step was looked at.
    stopped: bool,
}

impl Paths {
    /// Reads them from what the run has kept.
    pub fn new(plan: &Plan, history: &History, track: &Track, radius: f64) -> Self {
        let readings = |quantity: Quantity| {
            let place = history.followed.iter().position(|f| *f == Followed::Quantity(quantity));
            place.map_or(&[][..], |k| track.readings[k].as_slice())
        };
        let (risks, distances) = (readings(Quantity::Risk), readings(Quantity::Distance));
        let count = track.particles;
        let mut still = vec![true; count];
        let (mut inside, mut risk) = (Vec::new(), Vec::new());
        for (risks, distances) in risks.chunks_exact(count).zip(distances.chunks_exact(count)) {
            // NaN compares false: a particle that is no number has left.
            still.iter_mut().zip(distances).for_each(|(still, d)| *still &= *d <= radius);
            inside.push(still.iter().filter(|still| **still).count() as u64);
            let kept = risks.iter().zip(&still).map(|(risk, still)| if *still { *risk } else { 0.0 });
            risk.push(Moments::of(kept).estimate());
        }
        let number = history.tracks.iter().position(|other| std::ptr::eq(other, track));
        let stopped = number.is_some_and(|i| plan.study.process[i].stop_radius.is_some());
        Self { times: history.times.clone(), particles: count as u64, inside, risk, stopped }
    }

    fn staying(&self, i: usize) -> Proportion {
        Proportion { successes: self.inside[i], trials: self.particles }
    }

    /// `stay` and `risk_inside` over time.
    pub fn curves(&self, plan: &Plan, (point, number): (usize, usize)) -> Vec<CurveRow> {
        let name = plan.study.process[number].name.as_str();
        let step = |i: usize| plan.clock.observations[i].steps[number];
        let mut rows = Vec::new();
        for i in 0..self.inside.len() {
            let (share, interval) = (self.staying(i), self.staying(i).interval());
            rows.push(CurveRow {
                n: self.particles,
                mean: share.value(),
                std_err: share.std_err(),
                ci_low: interval.map(|i| i.0),
                ci_high: interval.map(|i| i.1),
                ..CurveRow::new((point, name, "stay"), step(i), self.times[i], None)
            });
        }
        for (i, risk) in self.risk.iter().enumerate() {
            let row = CurveRow::new((point, name, "risk_inside"), step(i), self.times[i], *risk);
            let interval = risk.and_then(log_interval);
            rows.push(CurveRow { ci_low: interval.map(|i| i.0), ci_high: interval.map(|i| i.1), ..row });
        }
        rows
    }

    /// `stay_probability`, `contraction` and the bounds. `minibatch`: the largest variance of SGD's noise per risk, where it was
    /// measured.
    pub fn rows(
        &self,
        plan: &Plan,
        (point, number): (usize, usize),
        facts: &Facts,
        minibatch: Option<f64>,
    ) -> Vec<EstimateRow> {
        let process = &plan.study.process[number];
        let named = |name: &str| row(point, &process.name, name, String::new());
        let Some(last) = self.inside.len().checked_sub(1) else {
            return vec![EstimateRow { note: "no distances were read".into(), ..named("stay_probability") }];
        };
        let steps = plan.clock.observations[last].steps[number];
        let mut rows = vec![self.stay_row(named("stay_probability"), last)];
        rows.push(self.contraction_row(named("contraction"), last, steps));
        let (sigma, source) = match &process.dynamics {
            DynamicsSpec::ScaledNoiseGd(ScaledNoiseGdSpec { noise, .. }) if noise.exponent == 1.0 => {
                (Some(noise.sigma), "sigma of the process")
            }
            DynamicsSpec::Sgd(_) => (minibatch, "largest variance of a batch over F, along 16 paths"),
            _ => (None, ""),
        };
        let bound = sigma.zip(facts.alpha).zip(facts.smoothness).map(|((sigma, alpha), smoothness)| {
            NoisyDescent { step: process.dynamics.step_length(), sigma, alpha, smoothness }
        });
        rows.extend(bound_rows(named, facts, bound.as_ref(), source));
        rows
    }

    fn stay_row(&self, empty: EstimateRow, last: usize) -> EstimateRow {
        let (share, interval) = (self.staying(last), self.staying(last).interval());
        let how = if self.stopped { "at every step" } else { "at the observation times alone" };
        EstimateRow {
            value: share.value(),
            std_err: share.std_err(),
            ci_low: interval.map(|i| i.0),
            ci_high: interval.map(|i| i.1),
            method: "share of paths, Wilson's interval".into(),
            note: format!(
                "{} of {} in the ball until t = {}, looked at {how}",
                self.inside[last],
                self.particles,
                significant(self.times[last])
            ),
            ..empty
        }
    }

    /// (E[F_K; inside]/F_0)^{1/K}, its error by the delta method on the logarithm.
    fn contraction_row(&self, empty: EstimateRow, last: usize, steps: u64) -> EstimateRow {
        let method = "(E[F; inside] at the horizon over F at the start)^(1/steps), delta method".into();
        let (Some(start), Some(end)) = (self.risk[0], self.risk[last]) else {
            return EstimateRow { method, note: "no risk was read".into(), ..empty };
        };
        let share = end.value / start.value;
        if !(share > 0.0 && steps > 0) {
            let note = "no path is left in the ball, or the risk has reached 0".into();
            return EstimateRow { method, note, ..empty };
        }
        let factor = (share.ln() / steps as f64).exp();
        let relative = end.std_err.map(|e| e / end.value / steps as f64);
        let interval = log_interval(end).map(|(low, high)| {
            let power = |risk: f64| ((risk / start.value).ln() / steps as f64).exp();
            (power(low), power(high))
        });
        let heavy = end.std_err.is_some_and(|e| e > 0.25 * end.value);
        let tail = if heavy { "; its mean rests on few paths" } else { "" };
        EstimateRow {
            value: Some(factor),
            std_err: relative.map(|r| factor * r),
            ci_low: interval.map(|i| i.0),
            ci_high: interval.map(|i| i.1),
            method,
            note: format!(
                "E[F; inside] from {} to {} in {steps} steps{tail}",
                significant(start.value),
                significant(end.value)
            ),
            ..empty
        }
    }
}

/// The 95 % interval of a positive mean by the delta method on its logarithm: positive, and no narrower upwards where few particles
/// carry the mean.
fn log_interval(mean: Estimate) -> Option<(f64, f64)> {
    let half = (mean.interval()?.1 - mean.value) / mean.value;
    half.is_finite().then(|| (mean.value * (-half).exp(), mean.value * half.exp()))
}

/// `contraction_bound` and `escape_bound`, or why there is none.
fn bound_rows(
    named: impl Fn(&str) -> EstimateRow,
    facts: &Facts,
    descent: Option<&NoisyDescent>,
    source: &str,
) -> Vec<EstimateRow> {
    let Some(descent) = descent else {
        let note = "none: the bound is for noise of variance sigma F in a ball with alpha and C_L";
        let absent = |name| EstimateRow { note: note.into(), ..named(name) };
        return vec![absent("contraction_bound"), absent("escape_bound")];
    };
    let NoisyDescent { step, sigma, alpha, smoothness } = *descent;
    let constants = format!(
        "alpha {}, C_L {}, sigma {} ({source}), measured: an estimate of the bound",
        significant(alpha),
        significant(smoothness),
        significant(sigma)
    );
    let best = largest_step(alpha, smoothness, sigma);
    let mut rows = vec![EstimateRow {
        value: Some(descent.contraction()),
        method: "1 - step alpha + step^2 C_L (2 C_L + sigma)/2".into(),
        note: format!(
            "{constants}; the step {} is {} of that which makes it smallest",
            significant(step),
            significant(step / best)
        ),
        ..named("contraction_bound")
    }];
    for (way, value) in [
        ("length of the path", descent.escape_by_length(facts.risk, facts.radius)),
        ("drift and noise apart", descent.escape_by_drift(facts.risk, facts.radius)),
    ] {
        let note = match value {
            None => format!("none: the contraction bound is not below 1; {constants}"),
            Some(value) if value >= 1.0 => format!("says nothing; {constants}"),
            Some(_) => constants.clone(),
        };
        let method = "Markov's and Doob's inequalities".into();
        rows.push(EstimateRow { quantity: way.into(), value, method, note, ..named("escape_bound") });
    }
    rows
}
