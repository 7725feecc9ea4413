//! One rung of a ladder of step sizes or batches: what the runs there say of every difference.

use super::Asked;
use super::place::Place;
use super::rounds::Kept;
use crate::analysis::agreement::{Band, Difference, Measured, OrderPoint, excess_ratio_of, integral};
use crate::estimates::LEVEL;
use crate::problem::Quantity;
use crate::study::keeper::Pieces;

/// ∫ d dt up to the horizon.
pub const INTEGRAL: &str = "integral";

/// d at one time.
pub fn at_time(time: f64) -> String {
    format!("at t = {time}")
}

/// One linear functional of one quantity of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The number of the model.
    pub model: usize,
    /// φ.
    pub quantity: Quantity,
    /// `at t = …`, or `integral`.
    pub functional: String,
}

/// One difference over time.
pub struct Sup {
    /// The number of the model.
    pub model: usize,
    /// φ.
    pub quantity: Quantity,
    /// Its band.
    pub band: Band,
    /// How many pairs of particles, and how many diverged.
    pub pairs: (u64, u64),
}

/// What the runs at one place say.
pub struct Rung {
    /// Where.
    pub place: Place,
    /// The s of the process compared with.
    pub s: f64,
    /// Its rows in a minibatch, where it has any.
    pub batch: Option<usize>,
    /// Particles of each process.
    pub particles: u64,
    /// Linear functionals.
    pub points: Vec<(Question, OrderPoint)>,
    /// Largest sizes.
    pub sups: Vec<Sup>,
    /// Excess of each model over that of the reference.
    pub ratios: Vec<(usize, Measured)>,
}

impl Asked<'_> {
    /// Runs rung number `number`; with `until` in rounds that each double the particles until every band of the risk is narrow enough.
    ///
    /// # Errors
    /// A sentence where the processes cannot run there.
    pub fn rung(
        &self,
        number: u64,
        place: Place,
        progress: &mut dyn FnMut(f64),
        pieces: &mut Pieces<'_>,
    ) -> Result<Rung, String> {
        let dynamics = place.dynamics(self)?;
        let reference = &dynamics[self.with];
        let (s, batch) = (reference.noise_scale().unwrap_or(0.0), reference.batch().map(|batch| batch.0));
        let most = self.spec.until.map_or(self.spec.particles, |until| until.particles);
        let ready = self.ready(number, &dynamics).map_err(|error| format!("{}: {error}", place.name()))?;
        let (mut rounds, mut target) = (self.nothing_yet(&ready), self.spec.particles.min(most));
        loop {
            rounds = self.add_particles(&ready, target, rounds, progress, pieces);
            let mut rung = Rung {
                place,
                s,
                batch,
                particles: rounds.particles,
                points: Vec::new(),
                sups: Vec::new(),
                ratios: Vec::new(),
            };
            for (model, kept) in &rounds.models {
                self.see(&mut rung, number, &rounds.times, (*model, kept));
            }
            let wide = |half_width: f64| {
                rung.sups.iter().any(|sup| sup.quantity == Quantity::Risk && sup.band.floor() > half_width)
            };
            if target == most || self.spec.until.is_none_or(|until| !wide(until.half_width)) {
                return Ok(rung);
            }
            target = (2 * target).min(most);
        }
    }

    /// What one model's particles say.
    fn see(&self, rung: &mut Rung, number: u64, times: &[f64], (model, kept): (usize, &Kept)) {
        for (k, quantity) in self.quantities().into_iter().enumerate() {
            let Some(difference) = Difference::paired(times, &kept.differences[k]) else {
                continue;
            };
            let bias = kept.biases.as_ref().and_then(|all| Difference::paired(times, &all[k]));
            let about = (model, quantity);
            rung.points.extend(self.functionals(about, (rung.s, rung.place), &difference, bias.as_ref()));
            // Labels of bands at rungs lie far from those of the study's own.
            let label = 1024 + 64 * number + quantity as u64;
            rung.sups.extend(self.band(&difference, model, label).map(|band| Sup {
                model,
                quantity,
                pairs: (difference.n.0, difference.left_out.0),
                band,
            }));
        }
        if let Some(minimum) = self.ended.minimum {
            let known = (minimum.0.value, minimum.1);
            let ratio = excess_ratio_of(&kept.late, known, LEVEL).ok();
            rung.ratios.extend(ratio.map(|ratio| {
                let std_err = (ratio.high - ratio.low) / (2.0 * 1.96);
                (model, Measured { value: ratio.value, std_err, freedom: (rung.particles - 1) as f64 })
            }));
        }
    }

    /// d at the times asked for and ∫ d dt, by the finer run; the rougher bounds the bias of its step.
    fn functionals(
        &self,
        (model, quantity): (usize, Quantity),
        (s, place): (f64, Place),
        difference: &Difference,
        bias: Option<&Difference>,
    ) -> Vec<(Question, OrderPoint)> {
        let times = difference.times();
        let end = times.last().copied().unwrap_or(0.0);
        let point = |functional: String, weights: &[f64]| {
            // The finer run is off by what the coarser differs from it, where the bias is of first order in dt; by less else.
            let dt_bias = bias.map_or(0.0, |bias| {
                let (low, high) = bias.functional(weights).interval();
                low.abs().max(high.abs())
            });
            let small = if s > 0.0 { place.small() } else { f64::NAN };
            let question = Question { model, quantity, functional };
            (question, OrderPoint { s: small, difference: difference.functional(weights), dt_bias })
        };
        // At another time the difference is another one, and so is the integral: no point of the same order. A time is missing where it
        // is no common multiple of the steps.
        let at = |&wanted: &f64| {
            let number = times.iter().position(|t| (t - wanted).abs() <= 1e-9 * wanted)?;
            let weights: Vec<f64> = (0..times.len()).map(|k| f64::from(k == number)).collect();
            Some(point(at_time(wanted), &weights))
        };
        let mut points: Vec<_> = self.order_times().iter().filter_map(at).collect();
        if (end - self.plan.study.time.horizon).abs() <= 1e-9 * end {
            points.push(point(INTEGRAL.into(), &integral(times, 0.0, end)));
        }
        points
    }

    /// Times at which the order is asked for.
    pub fn order_times(&self) -> Vec<f64> {
        if self.spec.at.is_empty() { vec![self.plan.study.time.horizon] } else { self.spec.at.clone() }
    }
}
