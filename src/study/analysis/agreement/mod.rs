//! `[analysis] agreement`: how far the other processes are from one of them: over time, as whole laws, and in the step size.

mod laws;
mod orders;
mod pairs;
mod place;
mod rounds;
mod rung;

use super::{Ended, History};
use crate::analysis::agreement::{Band, Difference, PathMoments, Paths};
use crate::estimates::LEVEL;
use crate::parallel::Threads;
use crate::problem::Quantity;
use crate::random::{Key, Purpose};
use crate::study::analysis_spec::AgreementSpec;
use crate::study::keeper::Pieces;
use crate::study::plan::Plan;
use crate::study::run::Progress;
use crate::study::{EstimateRow, Results};

/// The late window, in which ratios of excesses are taken, begins at this share of the horizon.
const LATE: f64 = 0.75;
/// Tag of the random numbers used here.
const TAG: u64 = 0x6167_7265;

/// What all parts of the answer need.
struct Asked<'a> {
    plan: &'a Plan,
    spec: &'a AgreementSpec,
    ended: &'a Ended<'a>,
    /// The number of the process that the others are compared with.
    with: usize,
    threads: &'a Threads,
}

/// The rows of the agreement study, where one is asked for.
pub fn agreement(
    plan: &Plan,
    (ended, history): (&Ended, &History),
    threads: &Threads,
    progress: &mut dyn Progress,
    pieces: &mut Pieces<'_>,
) -> Results {
    let Some(spec) = &plan.study.analysis.agreement else {
        return Results::default();
    };
    let asked = Asked { plan, spec, ended, with: spec.reference(&plan.study.process), threads };
    progress.analysing("agreement", 0.0);
    let mut results = asked.pairs(history);
    if spec.laws {
        results.extend(asked.laws(history, progress, pieces));
    }
    asked.orders(&mut results, progress, pieces);
    results
}

impl Asked<'_> {
    /// The numbers of the other processes.
    fn models(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.plan.study.process.len()).filter(move |number| *number != self.with)
    }

    /// `model|reference`.
    fn pair(&self, model: usize) -> String {
        let name = |number: usize| &self.plan.study.process[number].name;
        format!("{}|{}", name(model), name(self.with))
    }

    fn row(&self, model: usize, name: &str, quantity: &str) -> EstimateRow {
        EstimateRow {
            point: self.ended.point,
            process: self.pair(model),
            name: name.into(),
            quantity: quantity.into(),
            ..EstimateRow::default()
        }
    }

    /// The difference model − reference of one quantity, paired on the first common particles.
    fn difference(&self, times: &[f64], model: &Paths, reference: &Paths) -> Option<Difference> {
        Difference::paired(times, &PathMoments::paired(model, reference, self.threads))
    }

    /// The simultaneous band of a difference; `label` keeps the draws of different bands apart.
    fn band(&self, difference: &Difference, model: usize, label: u64) -> Option<Band> {
        let key = Key::new(self.plan.study.seed, Purpose::Resample).tagged(TAG + 64 * label + model as u64);
        Band::new(difference, LEVEL, key)
    }

    /// The quantities that are compared: those observed.
    fn quantities(&self) -> Vec<Quantity> {
        let mut quantities = vec![Quantity::Risk];
        quantities.extend(self.plan.study.observe.quantities.iter().filter(|q| **q != Quantity::Risk));
        quantities
    }
}
