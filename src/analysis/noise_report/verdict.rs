//! Whether the isotropic SDE is the right model, in words.

use super::NoiseReport;
use crate::dynamics::Sampling;
use crate::estimates::{Estimate, significant};

/// The temperature must be within this factor of 1: beyond it the level of the stationary excess is off by as much. A
/// convention.
pub const TEMPERATURE_FACTOR: f64 = 1.25;
/// The eigenvalues of Σ may scatter about their mean by this share of it (standard deviation). A convention. With scatter c
/// the participation ratio is D/(1 + c²).
pub const EIGENVALUE_SCATTER: f64 = 0.5;

/// Whether the isotropic SDE has the noise that SGD has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Both the temperature and the scatter of the eigenvalues are within their limits at 95 % each.
    Right,
    /// One of them is beyond at 95 %, there is no noise at all, or batches are those of epochs.
    Wrong,
    /// Neither.
    NotResolved,
}

/// One condition.
struct Condition {
    /// `Some(true)` where its whole interval is within the limits, `Some(false)` where it is beyond.
    met: Option<bool>,
    words: String,
}

impl NoiseReport {
    /// The answer.
    pub fn verdict(&self) -> Verdict {
        if self.sampling == Sampling::Epochs || self.noiseless() {
            return Verdict::Wrong;
        }
        let met = [self.level().met, self.scatter().met];
        match met {
            [Some(true), Some(true)] => Verdict::Right,
            _ if met.contains(&Some(false)) => Verdict::Wrong,
            _ => Verdict::NotResolved,
        }
    }

    /// The answer in a sentence, with its numbers.
    pub fn sentence(&self) -> String {
        let answer = match self.verdict() {
            Verdict::Right => "yes",
            Verdict::Wrong => "no",
            Verdict::NotResolved => "not resolved",
        };
        let why = if self.noiseless() {
            "the minibatches have no noise".to_owned()
        } else {
            format!("{}; {}", self.level().words, self.scatter().words)
        };
        let epochs = match self.sampling {
            Sampling::Epochs => "the noise of an epoch cancels to first order; for a single batch: ",
            _ => "",
        };
        format!("is the isotropic SDE the right model of this noise? {answer}: {epochs}{why}")
    }

    fn noiseless(&self) -> bool {
        self.temperature.is_some_and(|temperature| temperature.value == 0.0)
    }

    fn level(&self) -> Condition {
        let limits = (1.0 / TEMPERATURE_FACTOR, TEMPERATURE_FACTOR);
        let Some(temperature) = self.temperature else {
            return Condition { met: None, words: "no temperature".into() };
        };
        let met = within(&temperature, limits);
        let word = word(met);
        let words = format!("temperature {}, {word} a factor {TEMPERATURE_FACTOR} of 1", shown(&temperature));
        Condition { met, words }
    }

    fn scatter(&self) -> Condition {
        let dim = self.dim as f64;
        let Some(participation) = self.participation else {
            return Condition { met: None, words: "no participation ratio".into() };
        };
        let met = within(&participation, (dim / (1.0 + EIGENVALUE_SCATTER.powi(2)), f64::INFINITY));
        let scatter = (dim / participation.value - 1.0).max(0.0).sqrt();
        let top = self.top_share.map_or(String::new(), |top| {
            format!(", the largest {} % of the trace", three(100.0 * top.value))
        });
        let words = format!(
            "eigenvalues scatter by {} of their mean, {} {EIGENVALUE_SCATTER} (participation ratio {} of {dim}{top})",
            three(scatter),
            word(met),
            shown(&participation)
        );
        Condition { met, words }
    }
}

fn within(estimate: &Estimate, (low, high): (f64, f64)) -> Option<bool> {
    let (from, to) = estimate.interval()?;
    if from >= low && to <= high { Some(true) } else { (to < low || from > high).then_some(false) }
}

fn word(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => "within",
        Some(false) => "not within",
        None => "perhaps within",
    }
}

fn shown(estimate: &Estimate) -> String {
    let value = three(estimate.value);
    estimate.interval().map_or(format!("{value} (no interval)"), |(low, high)| {
        format!("{value} [{}, {}]", three(low), three(high))
    })
}

/// Three significant digits.
fn three(x: f64) -> String {
    significant(format!("{x:.2e}").parse().unwrap_or(x))
}
