//! From the readings of all particles at one time to rows of the curves.

use super::findings::ReadingRow;
use super::plan::Plan;
use super::results::CurveRow;
use crate::estimates::{Estimate, Moments};
use crate::problem::{Quantity, Readings};

/// Turns readings into rows.
pub struct Recorder<'a> {
    plan: &'a Plan,
    point: usize,
    /// What is observed.
    pub wanted: Vec<Quantity>,
    /// The rows so far.
    pub curves: Vec<CurveRow>,
    /// What each particle read last.
    pub last: Vec<ReadingRow>,
}

impl<'a> Recorder<'a> {
    /// The risk is always observed: the summary, the figures and the verdicts stand on it.
    pub fn new(plan: &'a Plan, point: usize) -> Self {
        let mut wanted = plan.study.observe.quantities.clone();
        if !wanted.contains(&Quantity::Risk) {
            wanted.insert(0, Quantity::Risk);
        }
        // Whether a path has stayed in the ball is read from its distance.
        let balls = plan.study.analysis.lojasiewicz.is_some() && plan.potential().has(Quantity::Distance);
        if balls && !wanted.contains(&Quantity::Distance) {
            wanted.push(Quantity::Distance);
        }
        Self { plan, point, wanted, curves: Vec::new(), last: Vec::new() }
    }

    /// Adds the rows of one time and returns E L̃ of the first process.
    pub fn record(&mut self, steps: &[u64], time: f64, readings: &[Vec<Readings>]) -> Option<f64> {
        let names: Vec<&str> = self.plan.study.process.iter().map(|p| p.name.as_str()).collect();
        let block = self.plan.potential().block_len();
        let mut first = None;
        for &quantity in &self.wanted {
            let column = quantity as usize;
            for (i, all) in readings.iter().enumerate() {
                let estimate = mean(all.iter().map(|r| r[column]), block);
                if quantity == Quantity::Risk && i == 0 {
                    first = estimate.map(|e| e.value);
                }
                let place = (self.point, names[i], quantity.name());
                self.curves.push(CurveRow::new(place, steps[i], time, estimate));
                for (j, other) in readings.iter().enumerate().skip(i + 1) {
                    let differences = all.iter().zip(other).map(|(a, b)| a[column] - b[column]);
                    let pair = format!("{}|{}", names[i], names[j]);
                    let estimate = mean(differences, block);
                    let place = (self.point, pair.as_str(), quantity.name());
                    self.curves.push(CurveRow::new(place, steps[i], time, estimate));
                }
            }
        }
        first
    }

    /// Keeps the readings of every particle; those of one that diverged are absent.
    pub fn keep(&mut self, readings: &[Vec<Readings>]) {
        for &quantity in &self.wanted {
            for (process, all) in self.plan.study.process.iter().zip(readings) {
                self.last.extend(all.iter().enumerate().map(|(particle, r)| {
                    let value = Some(r[quantity as usize]).filter(|x| x.is_finite());
                    let (process, quantity) = (process.name.clone(), quantity.name().to_owned());
                    ReadingRow { point: self.point, process, quantity, particle, value }
                }));
            }
        }
    }
}

/// The mean of independent numbers, merged block by block in order.
fn mean(numbers: impl Iterator<Item = f64>, block: usize) -> Option<Estimate> {
    let numbers: Vec<f64> = numbers.collect();
    let mut moments = Moments::default();
    for chunk in numbers.chunks(block) {
        moments.merge(&Moments::of(chunk.iter().copied()));
    }
    moments.estimate()
}
