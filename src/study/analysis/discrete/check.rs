//! SGD run at a step size that the discrete-time guarantee admits.

use super::{Discrete, prior_start};
use crate::analysis::guarantee::{DiscreteGuarantee, StepsAt, ln_sum};
use crate::analysis::mixing::convergence_times;
use crate::estimates::Estimate;
use crate::study::theory::Theory;
use crate::study::{CheckRow, EstimateRow};

/// A run of SGD at s*(ε).
pub struct Check<'a> {
    pub part: &'a Discrete<'a>,
    pub guarantee: &'a DiscreteGuarantee,
    /// ε.
    pub epsilon: f64,
    /// s*.
    pub s: f64,
    /// t of each observation.
    pub times: Vec<f64>,
    /// Steps made by then.
    pub steps: Vec<u64>,
    /// E L̃ there, each with an interval.
    pub means: Vec<Estimate>,
}

/// Beyond this no step number is exact.
const MOST_STEPS: u64 = 1 << 53;
/// Times at which the bound is drawn beyond the run, and how far beyond the time at which it has come down.
const BEYOND: usize = 60;
const FARTHER: f64 = 1.5;

impl Check<'_> {
    /// The excess at T, and whether it is within ε.
    pub fn row(&self) -> EstimateRow {
        let (minimum, bound) = (self.part.minimum.0.value, self.part.minimum.1);
        let last = self.means.len() - 1;
        let (low, high) = self.interval(last);
        let verdict = match (high + bound <= self.epsilon, low > self.epsilon) {
            (true, _) => "yes, within epsilon at 95 %",
            (_, true) => "no",
            _ => "not resolved: the interval holds epsilon",
        };
        let whole = self.part.infimum_known || verdict == "no";
        let above =
            if whole { "" } else { "; above the smallest risk found, below which the infimum may lie" };
        let outside = match self.guarantee.step_size(self.epsilon).extrapolated {
            true => "; s* lies outside the noise scales of A and B",
            false => "",
        };
        EstimateRow {
            value: Some(self.means[last].value - minimum),
            std_err: self.means[last].std_err,
            ci_low: Some(low),
            ci_high: Some(high + bound),
            method: format!("SGD, s* = {}, k = {}, T = {}", self.s, self.steps[last], self.times[last]),
            note: format!("{verdict}{above}{outside}"),
            ..self.part.row("discrete_check", &format!("risk excess <= {}", self.epsilon))
        }
    }

    /// The interval of the excess at observation `i`.
    fn interval(&self, i: usize) -> (f64, f64) {
        let minimum = self.part.minimum.0.value;
        let ends = self.means[i].interval().expect("a check has an interval at every time");
        (ends.0 - minimum, ends.1 - minimum)
    }

    /// The steps after which the excess stayed below ε.
    pub fn steps_needed(&self) -> Option<StepsAt> {
        let (minimum, bound) = (self.part.minimum.0.value, self.part.minimum.1);
        let means: Vec<f64> = self.means.iter().map(|mean| mean.value - minimum).collect();
        let (low, high): (Vec<f64>, Vec<f64>) = (0..means.len()).map(|i| self.interval(i)).unzip();
        let found = convergence_times(&self.times, &means, &low, &high, (0.0, bound), &[self.epsilon]);
        let found = found.first()?;
        // A crossing lies up to one spacing before the time it is seen at.
        let spacing = self.times[1] - self.times[0];
        let steps = |time: f64| (time / self.s).max(1.0);
        Some(StepsAt {
            epsilon: self.epsilon,
            s_star: self.s,
            steps: steps(found.by_mean?),
            low: steps((found.earliest? - spacing).max(0.0)),
            high: steps(found.time?),
        })
    }

    /// The run beside the bound, and the bound beyond the run until it has come down.
    pub fn rows(&self, theory: &Theory) -> Vec<CheckRow> {
        let level = (self.guarantee.excess_per_s.high + self.guarantee.difference_per_s.high) * self.s;
        let start = prior_start(theory, self.s);
        let log_bound = |time: f64| {
            let (ln_amplitude, gap) = start?;
            Some(ln_sum(level.ln(), ln_amplitude - gap * time))
        };
        let row = |step: u64, time: f64, i: Option<usize>| CheckRow {
            point: self.part.point,
            process: self.part.sgd.0.into(),
            epsilon: self.epsilon,
            s: self.s,
            step,
            excess: i.map(|i| self.means[i].value - self.part.minimum.0.value),
            ci_low: i.map(|i| self.interval(i).0),
            ci_high: i.map(|i| self.interval(i).1),
            level,
            log_bound: log_bound(time),
        };
        let run = (0..self.times.len()).map(|i| row(self.steps[i], self.times[i], Some(i)));
        let end = self.times[self.times.len() - 1];
        let down = start.map_or(end, |(ln_amplitude, gap)| FARTHER * (ln_amplitude - level.ln()) / gap);
        let beyond = (1..=BEYOND).filter(|_| down > end).map(|j| {
            let time = end * (down / end).powf(j as f64 / BEYOND as f64);
            row((time / self.s).round() as u64, time, None)
        });
        run.chain(beyond.take_while(|row| row.step < MOST_STEPS)).collect()
    }
}
