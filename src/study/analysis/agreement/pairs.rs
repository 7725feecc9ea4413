//! The difference of each model over time at the study's own step size.

use super::rung::{Rung, Sup};
use super::{Asked, LATE};
use crate::analysis::agreement::{
    Band, Equivalence, NoRatio, Paths, equivalence, excess_ratio, variance_ratio, variances, window_mean,
};
use crate::analysis::guarantee::Range;
use crate::estimates::LEVEL;
use crate::problem::Quantity;
use crate::study::analysis::History;
use crate::study::analysis::history::Followed;
use crate::study::{BandRow, EstimateRow, Results};

impl Asked<'_> {
    /// Bands, largest differences and ratios of all models and quantities.
    pub fn pairs(&self, history: &History) -> Results {
        let mut results = Results::default();
        let particles = |number: usize| history.tracks[number].particles;
        for (k, followed) in history.followed.iter().enumerate() {
            let &Followed::Quantity(quantity) = followed else {
                continue;
            };
            let paths = |number: usize| Paths::new(&history.tracks[number].readings[k], particles(number));
            for model in self.models() {
                let (a, b) = (paths(model), paths(self.with));
                self.curve(&history.times, (model, quantity), (&a, &b), &mut results);
                self.ratios(&history.times, (model, quantity), (&a, &b), &mut results);
            }
        }
        results
    }

    /// The band of one difference and its largest size.
    fn curve(
        &self,
        times: &[f64],
        (model, quantity): (usize, Quantity),
        (a, b): (&Paths, &Paths),
        results: &mut Results,
    ) {
        let difference = self.difference(times, a, b);
        let band = difference.as_ref().and_then(|difference| self.band(difference, model, quantity as u64));
        let (Some(difference), Some(band)) = (difference, band) else {
            let row = self.row(model, "agreement_sup", quantity.name());
            results
                .estimates
                .push(EstimateRow { note: "none: fewer than two finite particles".into(), ..row });
            return;
        };
        let pairs = (difference.n.0, difference.left_out.0);
        self.band_rows((model, quantity), &band, pairs, "the study's own runs", results);
    }

    /// In place of the study's own bands those of a rung at its own s, whose scatter the controls took away.
    pub fn sharpen(&self, rung: &Rung, results: &mut Results) {
        for Sup { model, quantity, band, pairs } in &rung.sups {
            let (pair, name) = (self.pair(*model), quantity.name());
            results.bands.retain(|row| row.process != pair || row.quantity != name);
            results
                .estimates
                .retain(|row| row.name != "agreement_sup" || row.process != pair || row.quantity != name);
            self.band_rows((*model, *quantity), band, *pairs, "the runs of noise_scales at this s", results);
        }
    }

    /// The rows of a band and of its sup; `pairs`: how many, and how many diverged.
    fn band_rows(
        &self,
        (model, quantity): (usize, Quantity),
        band: &Band,
        (pairs, left_out): (u64, u64),
        runs: &str,
        results: &mut Results,
    ) {
        let row = self.row(model, "agreement_sup", quantity.name());
        results.bands.extend(band.points.iter().map(|point| BandRow {
            point: self.ended.point,
            process: self.pair(model),
            quantity: quantity.name().into(),
            time: point.time,
            mean: point.mean,
            std_err: point.std_err,
            low: point.low,
            high: point.high,
        }));
        let sup = band.sup();
        results.estimates.push(EstimateRow {
            value: Some(sup.value),
            ci_low: Some(sup.low),
            ci_high: Some(sup.high),
            method: format!(
                "95 % band over {} times, inverted; {:.2} standard errors; {runs}",
                band.points.len(),
                band.critical
            ),
            note: self.verdict(&sup, pairs, left_out),
            ..row
        });
    }

    /// Whether the difference is within the margin, in words.
    fn verdict(&self, sup: &Range, particles: u64, left_out: u64) -> String {
        let lost = if left_out > 0 { format!(", {left_out} that diverged left out") } else { String::new() };
        let pairs = format!("{particles} pairs{lost}");
        match self.spec.margin {
            None => pairs,
            Some(margin) => {
                let word = match equivalence(sup, margin) {
                    Equivalence::Within => "yes",
                    Equivalence::Beyond => "no",
                    Equivalence::NotResolved => "not resolved",
                };
                format!("within {margin} at 95 %: {word}; {pairs}")
            }
        }
    }

    /// Model over reference late in the run: excess of the risk, and variance over s of every quantity.
    fn ratios(
        &self,
        times: &[f64],
        (model, quantity): (usize, Quantity),
        (a, b): (&Paths, &Paths),
        results: &mut Results,
    ) {
        let end = times.last().copied().unwrap_or(0.0);
        let Some(weights) = window_mean(times, LATE * end, end) else {
            return;
        };
        let finish = |row: EstimateRow, found: Result<Range, NoRatio>| match found {
            Err(reason) => EstimateRow { note: reason.to_string(), ..row },
            Ok(range) => EstimateRow {
                value: Some(range.value),
                ci_low: Some(range.low),
                ci_high: Some(range.high),
                method: format!("Fieller, mean over the last {} of the horizon", 1.0 - LATE),
                ..row
            },
        };
        if let (Quantity::Risk, Some((minimum, bound))) = (quantity, self.ended.minimum) {
            let (a, b) = (a.functionals(&weights), b.functionals(&weights));
            let found = excess_ratio(&a, &b, true, (minimum.value, bound), LEVEL);
            results.estimates.push(finish(self.row(model, "excess_ratio", quantity.name()), found));
        }
        if quantity == Quantity::Risk && self.ended.minimum.is_none() {
            let note = "none: no search for the smallest risk ended at a finite value".into();
            results.estimates.push(EstimateRow { note, ..self.row(model, "excess_ratio", quantity.name()) });
        }
        let scale = |number: usize| self.plan.study.process[number].dynamics.noise_scale();
        if let Some(scales) = scale(model).zip(scale(self.with)).filter(|(a, b)| *a > 0.0 && *b > 0.0) {
            let (a, b) = (variances(a, &weights), variances(b, &weights));
            let found = variance_ratio(&a, &b, true, scales, LEVEL);
            results.estimates.push(finish(self.row(model, "variance_ratio", quantity.name()), found));
        }
    }
}
