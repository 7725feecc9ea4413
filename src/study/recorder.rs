//! From the readings of all particles at one time to rows of the curves.

use super::findings::ReadingRow;
use super::plan::Plan;
use super::results::CurveRow;
use super::share::Share;
use crate::estimates::{Estimate, Moments};
use crate::problem::{Quantity, Readings};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Turns readings into rows.
pub struct Recorder<'a> {
    plan: &'a Plan,
    point: usize,
    /// What is observed.
    pub wanted: Vec<Quantity>,
    /// What is recorded so far.
    pub recorded: Recorded<'static>,
    keeps_blocks: bool,
}

/// The rows of the curves, and what else of the readings is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Recorded<'a> {
    /// The rows so far.
    pub curves: Cow<'a, [CurveRow]>,
    /// The moments that each row was merged from, block by block; of shares of the particles alone, which are joined from them.
    pub blocks: Cow<'a, [Vec<Moments>]>,
    /// What each particle of each process reads at the end, where the study asks for it.
    pub last: Cow<'a, [Vec<Readings>]>,
}

impl Recorded<'_> {
    /// The same without a copy.
    pub fn borrowed(&self) -> Recorded<'_> {
        let (curves, blocks, last) = (&*self.curves, &*self.blocks, &*self.last);
        Recorded { curves: curves.into(), blocks: blocks.into(), last: last.into() }
    }

    /// The same on its own.
    pub fn into_owned(self) -> Recorded<'static> {
        let Self { curves, blocks, last } = self;
        Recorded {
            curves: curves.into_owned().into(),
            blocks: blocks.into_owned().into(),
            last: last.into_owned().into(),
        }
    }
}

impl<'a> Recorder<'a> {
    /// The risk is always observed: the summary, the figures and the verdicts stand on it.
    pub fn new(plan: &'a Plan, point: usize, share: Share) -> Self {
        let mut wanted = plan.study.observe.quantities.clone();
        if !wanted.contains(&Quantity::Risk) {
            wanted.insert(0, Quantity::Risk);
        }
        // Whether a path has stayed in the ball is read from its distance.
        let balls = plan.study.analysis.lojasiewicz.is_some() && plan.potential().has(Quantity::Distance);
        if balls && !wanted.contains(&Quantity::Distance) {
            wanted.push(Quantity::Distance);
        }
        Self { plan, point, wanted, recorded: Recorded::default(), keeps_blocks: !share.is_whole() }
    }

    /// Adds the rows of one time and returns E L̃ of the first process.
    pub fn record(&mut self, steps: &[u64], time: f64, readings: &[Vec<Readings>]) -> Option<f64> {
        let names: Vec<&str> = self.plan.study.process.iter().map(|p| p.name.as_str()).collect();
        let block = self.plan.potential().block_len();
        let mut first = None;
        for quantity in self.wanted.clone() {
            let column = quantity as usize;
            for (i, all) in readings.iter().enumerate() {
                let place = (self.point, names[i], quantity.name());
                let estimate = self.add((place, steps[i], time), all.iter().map(|r| r[column]), block);
                if quantity == Quantity::Risk && i == 0 {
                    first = estimate.map(|e| e.value);
                }
                for (j, other) in readings.iter().enumerate().skip(i + 1) {
                    let differences = all.iter().zip(other).map(|(a, b)| a[column] - b[column]);
                    let pair = format!("{}|{}", names[i], names[j]);
                    let place = (self.point, pair.as_str(), quantity.name());
                    self.add((place, steps[i], time), differences, block);
                }
            }
        }
        first
    }

    /// Adds a row: the mean of these numbers.
    fn add(
        &mut self,
        (place, step, time): ((usize, &str, &str), u64, f64),
        numbers: impl Iterator<Item = f64>,
        block: usize,
    ) -> Option<Estimate> {
        let numbers: Vec<f64> = numbers.collect();
        let blocks: Vec<Moments> = numbers.chunks(block).map(|c| Moments::of(c.iter().copied())).collect();
        let estimate = merged(&blocks);
        self.recorded.curves.to_mut().push(CurveRow::new(place, step, time, estimate));
        if self.keeps_blocks {
            self.recorded.blocks.to_mut().push(blocks);
        }
        estimate
    }

    /// Keeps the readings of every particle.
    pub fn keep(&mut self, readings: &[Vec<Readings>]) {
        self.recorded.last = Cow::Owned(readings.to_vec());
    }

    /// The curves, and what each particle read last; the reading of one that diverged is absent.
    pub fn finish(self) -> (Vec<CurveRow>, Vec<ReadingRow>) {
        let mut rows = Vec::new();
        for &quantity in &self.wanted {
            for (process, all) in self.plan.study.process.iter().zip(self.recorded.last.iter()) {
                rows.extend(all.iter().enumerate().map(|(particle, r)| {
                    let value = Some(r[quantity as usize]).filter(|x| x.is_finite());
                    let (process, quantity) = (process.name.clone(), quantity.name().to_owned());
                    ReadingRow { point: self.point, process, quantity, particle, value }
                }));
            }
        }
        (self.recorded.curves.into_owned(), rows)
    }

    /// What all particles together would have recorded, from what their shares did, in order; `None` when the shares do not fit
    /// together.
    pub fn join(mut self, shares: &[Recorded<'_>]) -> Option<Self> {
        let first = shares.first()?;
        let rows = first.curves.len();
        if shares.iter().any(|share| (share.curves.len(), share.blocks.len()) != (rows, rows)) {
            return None;
        }
        let joined = first.curves.iter().enumerate().map(|(number, row)| {
            let blocks: Vec<Moments> = shares.iter().flat_map(|share| share.blocks[number].clone()).collect();
            let place = (self.point, row.process.as_str(), row.quantity.as_str());
            CurveRow::new(place, row.step, row.time, merged(&blocks))
        });
        self.recorded.curves = joined.collect();
        let last = |process: usize| {
            shares
                .iter()
                .map(|share| share.last.get(process))
                .collect::<Option<Vec<_>>>()
                .map(|all| all.into_iter().flatten().copied().collect::<Vec<Readings>>())
        };
        self.recorded.last = (0..first.last.len()).map(last).collect::<Option<_>>()?;
        Some(self)
    }
}

/// The mean of independent numbers, merged block by block in order.
fn merged(blocks: &[Moments]) -> Option<Estimate> {
    let mut moments = Moments::default();
    for block in blocks {
        moments.merge(block);
    }
    moments.estimate()
}
