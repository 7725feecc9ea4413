//! What a sampler hands back.

use super::Gate;
use super::gate::chain_estimate;
use super::records::Records;
use crate::estimates::{Estimate, Moments};
use crate::problem::{LocalMinimum, Quantity};
use serde::{Deserialize, Serialize};

/// A reference sample of μ_s that passed its gate, or one that did not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Reference {
    /// Fit for use.
    Passed(GibbsSample),
    /// Not fit for use; see [`FailedSample::gate`] for the reasons.
    Failed(FailedSample),
}

/// A sample that must not be used as a reference. Its numbers can be had only by saying so:
/// [`despite_failure`](Self::despite_failure).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FailedSample(GibbsSample);

/// Settings and success of the chains at one noise scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// The noise scale.
    pub s: f64,
    /// The frozen mean leapfrog step, in standard deviations of the weights.
    pub step: f64,
    /// The mean number of leapfrog steps of a proposal.
    pub mean_steps: usize,
    /// The mean acceptance probability of exchanges with the next scale; `None` at the last.
    pub swap_rate: Option<f64>,
}

/// Equally weighted draws from μ_s and means over all draws of some chains, kept or not.
///
/// Standard errors come from the variance between the means of `chains` independent chains (or ladders of tempered chains), so
/// they hold whatever the autocorrelation, and intervals are Student's with `chains` − 1 degrees of freedom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GibbsSample {
    /// s.
    pub s: f64,
    /// D.
    pub dim: usize,
    /// How many independent chains there are.
    pub chains: usize,
    /// Thinned draws, D numbers each in the potential's own order, chain after chain and equally many of each.
    #[serde(with = "crate::packed")]
    pub draws: Vec<f64>,
    /// The checks.
    pub gate: Gate,
    /// The noise scales: one, or a ladder of which the first is s. Empty where the measure is known and draws are exact.
    pub rungs: Vec<Rung>,
    /// The mean acceptance probability of proposals at s; 1 for exact draws.
    pub acceptance: f64,
    /// Gradients computed, without those of the local searches.
    pub gradients: u64,
    /// The local minima that searches found, lowest first; empty where none was made.
    pub minima: Vec<LocalMinimum>,
    pub(super) records: Records,
}

impl Reference {
    /// The sample, if it passed.
    pub fn passed(&self) -> Option<&GibbsSample> {
        match self {
            Self::Passed(sample) => Some(sample),
            Self::Failed(_) => None,
        }
    }

    /// The checks, whatever they say.
    pub fn gate(&self) -> &Gate {
        match self {
            Self::Passed(sample) => &sample.gate,
            Self::Failed(failed) => &failed.0.gate,
        }
    }

    /// Whether it could be one for noise scale `s` in `dim` weights: its lists have the lengths that such a sample has.
    pub fn fits(&self, s: f64, dim: usize) -> bool {
        let (Self::Passed(sample) | Self::Failed(FailedSample(sample))) = self;
        let whole = sample
            .chains
            .checked_mul(dim)
            .is_some_and(|chain| chain > 0 && sample.draws.len().is_multiple_of(chain));
        (sample.s.to_bits(), sample.dim) == (s.to_bits(), dim)
            && whole
            && sample.records.fits(sample.chains, dim)
            && sample.minima.iter().all(|minimum| minimum.weights.len() == dim)
            && sample.gate.passed == matches!(self, Self::Passed(_))
    }

    pub(super) fn from_sample(sample: GibbsSample) -> Self {
        if sample.gate.passed { Self::Passed(sample) } else { Self::Failed(FailedSample(sample)) }
    }
}

impl FailedSample {
    /// Why.
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    /// The failed checks in a sentence each, at most `most`.
    pub fn reasons(&self, most: usize) -> Vec<String> {
        let failures = self.0.gate.failures().take(most);
        failures.map(|c| format!("{} = {:.4} against {}", c.name, c.value, c.threshold)).collect()
    }

    /// The sample all the same: for diagnosis, never as a reference.
    pub fn despite_failure(&self) -> &GibbsSample {
        &self.0
    }
}

impl GibbsSample {
    /// How many draws were made in all; [`draws`](Self::draws) holds an even share of them.
    pub fn len(&self) -> usize {
        self.records.len() * self.chains
    }

    /// Whether there is no draw at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// E_μ of a quantity over all draws; `None` where the potential does not have it or a draw is not finite.
    pub fn expectation(&self, quantity: Quantity) -> Option<Estimate> {
        chain_estimate(&self.records, &[quantity], |r| r[0])
    }

    /// Var_μ of a quantity over all draws, by E(q − q̄)² with the error of that mean; q̄ is the overall mean, whose own error is
    /// of second order here.
    pub fn variance(&self, quantity: Quantity) -> Option<Estimate> {
        let mean = self.expectation(quantity)?.value;
        chain_estimate(&self.records, &[quantity], |r| (r[0] - mean) * (r[0] - mean))
    }

    /// E_μ of f(quantities) over all draws.
    pub fn expectation_of(&self, quantities: &[Quantity], f: impl Fn(&[f64]) -> f64) -> Option<Estimate> {
        if quantities.is_empty() {
            return None;
        }
        chain_estimate(&self.records, quantities, f)
    }

    /// E_μ of an observable over all draws, by its name.
    pub fn observable(&self, name: &str) -> Option<Estimate> {
        let column = self.records.names.iter().position(|n| n == name)?;
        let means: Vec<f64> = self.records.column(column).iter().map(|c| mean(c)).collect();
        means.iter().all(|m| m.is_finite()).then(|| Moments::of(means).estimate())?
    }

    /// The means of a quantity over the draws of each chain.
    pub fn chain_means(&self, quantity: Quantity) -> Option<Vec<f64>> {
        Some(self.records.quantity(quantity)?.iter().map(|chain| mean(chain)).collect())
    }

    /// E_μ φ over the *kept* draws, φ any function of the D weights. Its error is larger than that of a mean over all draws.
    pub fn expect(&self, mut phi: impl FnMut(&[f64]) -> f64) -> Option<Estimate> {
        if self.draws.is_empty() {
            return None;
        }
        let chains = self.draws.chunks_exact(self.draws.len() / self.chains);
        let means: Vec<f64> = chains
            .map(|chain| {
                let values: Vec<f64> = chain.chunks_exact(self.dim).map(&mut phi).collect();
                mean(&values)
            })
            .collect();
        means.iter().all(|m| m.is_finite()).then(|| Moments::of(means).estimate())?
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}
