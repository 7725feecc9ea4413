//! `[analysis] lojasiewicz`: α about the start, Chatterjee's condition, and the paths in the ball.

mod ball;
mod noise;
mod paths;
mod starts;

use super::Ended;
use crate::parallel::Threads;
use crate::problem::Potential;
use crate::study::plan::Plan;
use crate::study::run::Progress;
use crate::study::{EstimateRow, Results};

/// Everything that is asked; nothing where the analysis is not.
pub fn lojasiewicz(plan: &Plan, ended: &Ended, threads: &Threads, progress: &mut dyn Progress) -> Results {
    let mut results = Results::default();
    let (Some(spec), Some(net)) = (&plan.study.analysis.lojasiewicz, plan.deep_net()) else {
        return results;
    };
    progress.analysing("Łojasiewicz' inequality in balls", 0.0);
    let Some(centre) = net.reference_point() else {
        results.estimates = starts::rows(plan, net, spec, ended.point, threads);
        return results;
    };
    let (facts, rows) = ball::facts(plan, net, (centre, spec), ended.point, threads);
    results.estimates = rows;
    if let Some(history) = ended.history {
        progress.analysing("paths in the ball", 0.9);
        let noise = noise::noise(plan, net, ended.point, history, threads);
        results.estimates.extend(noise.rows);
        results.curves.extend(noise.curves);
        for (number, track) in history.tracks.iter().enumerate() {
            let paths = paths::Paths::new(plan, history, track, spec.radius);
            let place = (ended.point, number);
            results.curves.extend(paths.curves(plan, place));
            results.estimates.extend(paths.rows(plan, place, &facts, noise.largest[number]));
        }
    }
    results
}

/// A row without value, of the problem or a process.
fn row(point: usize, process: &str, name: &str, quantity: String) -> EstimateRow {
    EstimateRow { point, process: process.into(), name: name.into(), quantity, ..EstimateRow::default() }
}
