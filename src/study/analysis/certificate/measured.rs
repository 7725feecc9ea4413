//! What needs no guarantee: the best certificate, curvatures at the horizon, V_s along rays.

use super::Certified;
use crate::analysis::certificate::{Bound, LowerBounds};
use crate::analysis::curvature::curvature_range;
use crate::random::{Key, Purpose};
use crate::study::certify::{affordable_draws, place_curvature, rays};
use crate::study::{EstimateRow, RayRow, Results};

/// Where no certificate applies.
const NO_CERTIFICATE: &str = "no certificate: it takes a net with lambda > 0 whose loss has a bounded slope, a quadratic, or least squares with one minimum";
/// Tag of the random numbers used here.
const TAG: u64 = 0x6365_7275;

impl Certified<'_> {
    /// `spectral_gap_lower`: the best certificate, with the others in the note.
    pub fn lower_row(&self, bounds: Option<&LowerBounds>) -> EstimateRow {
        let base = self.row("spectral_gap_lower", "");
        let Some(bounds) = bounds else {
            return EstimateRow { note: NO_CERTIFICATE.into(), ..base };
        };
        let note = bounds.named().map(|(name, bound)| format!("{name} {}", shown(bound))).join(", ");
        match bounds.best() {
            None if bounds.any_applies() => {
                EstimateRow { note: format!("about 0, below what the solver resolves: {note}"), ..base }
            }
            None => EstimateRow { note: NO_CERTIFICATE.into(), ..base },
            Some((method, value)) => {
                EstimateRow { value: Some(value), method: format!("certificate: {method}"), note, ..base }
            }
        }
    }

    /// Extreme Hessian eigenvalues over the first particles at the horizon.
    pub fn curvature_rows(&self) -> Vec<EstimateRow> {
        let all = &self.ended.last[self.place.number];
        let most = affordable_draws(self.plan.potential()) as usize * self.plan.potential().dim();
        let points = &all[..all.len().min(most)];
        let key = Key::new(self.plan.study.seed, Purpose::Direction).tagged(TAG);
        let potential = self.plan.potential();
        let Some(range) = curvature_range(potential, points, key, self.threads) else {
            let note = "no particle with finite Hessian-vector products";
            return vec![EstimateRow {
                note: note.into(),
                ..self.row("hessian_smallest", "particles at the horizon")
            }];
        };
        let count = points.len() / potential.dim();
        let found = place_curvature(format!("{count} particles at the horizon"), count, &range);
        let row = |name: &str, value: f64| EstimateRow {
            value: Some(value),
            method: "Lanczos, Hessian-vector products".into(),
            note: format!(
                "an eigenvalue lies within {:.1e}; an inner bound of the Hessian's range",
                found.residual
            ),
            ..self.row(name, &found.place)
        };
        vec![row("hessian_smallest", found.smallest), row("hessian_largest", found.largest)]
    }

    /// V_s along rays and R₀.
    pub fn rays(&self, results: &mut Results) {
        let settings = self.plan.study.analysis.certificate.as_ref();
        let count = settings.map_or(0, |settings| settings.rays);
        let minimum = self.ended.minimum.map(|(minimum, _)| minimum);
        let base = self.row("villani_radius", "|W|");
        let Some(rays) = rays(self.plan, self.s, self.theory, minimum, count, self.threads) else {
            results.estimates.push(EstimateRow { note: "V_s is not finite on some ray".into(), ..base });
            return;
        };
        let far = rays.last_radius;
        let unseen = 100.0 * rays.unseen_share;
        let note = match rays.positive_beyond {
            Some(_) => format!(
                "measured: at 95 % confidence at most {unseen:.1} % of all directions, read at these radii, are not positive beyond"
            ),
            None => format!("V_s is not positive on some ray at |W| = {far:.4e}"),
        };
        results.estimates.push(EstimateRow {
            value: rays.positive_beyond,
            method: format!(
                "V_s > 0 at {} radii on {} rays from there to |W| = {far:.4e}",
                rays.shells.len() - 1,
                rays.rays
            ),
            note,
            ..base
        });
        results.rays.extend(rays.shells.iter().filter(|shell| shell.radius > 0.0).map(|shell| RayRow {
            point: self.place.point,
            process: self.place.process.into(),
            radius: shell.radius,
            smallest: shell.smallest,
            median: shell.median,
            largest: shell.largest,
            lower_bound: self.theory.and_then(|theory| theory.villani_bound(self.s, shell.radius)),
        }));
    }
}

/// A bound in words.
fn shown(bound: Bound) -> String {
    match bound {
        Bound::Value(value) if value >= 1e-4 => format!("{value:.6}"),
        Bound::Value(value) => format!("{value:.3e}"),
        Bound::BelowResolution => "about 0".into(),
        Bound::NotAvailable => "none".into(),
    }
}
