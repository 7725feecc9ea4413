//! What a caller decides about a reference sample.

use crate::problem::Potential;

/// Whether chains at several noise scales exchange their states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tempering {
    /// When chains that started in different basins disagree.
    #[default]
    WhenNeeded,
    /// Never: what does not mix fails the gate.
    Never,
    /// From the start.
    Always,
}

/// Settings of [`sample_gibbs`](super::sample_gibbs).
#[derive(Debug, Clone, PartialEq)]
pub struct GibbsSettings {
    /// Names the streams of random numbers; the same seed gives the same sample for any number of threads.
    pub seed: u64,
    /// How many gradients ∇L̃ of one particle may be computed, searches for minima left out; `None` for
    /// [`default_budget`](Self::default_budget).
    pub budget: Option<u64>,
    /// Go on until the standard error of E_μ L̃ is at most this share of it. `None`: stop when the gate is passed.
    pub relative_error: Option<f64>,
    /// Points where a share of the chains start, such as the coldest particles of a run: a multiple of D numbers.
    pub points: Vec<f64>,
    /// How many draws are kept at most, ≥ 64. They are thinned evenly; means are taken over all draws, kept or not.
    pub draws: usize,
    /// When several noise scales are used.
    pub tempering: Tempering,
    /// Use independent exact draws where [`Potential::gaussian_gibbs`] knows the measure.
    pub exact_when_known: bool,
}

impl Default for GibbsSettings {
    fn default() -> Self {
        Self {
            seed: 0,
            budget: None,
            relative_error: None,
            points: Vec::new(),
            draws: 4096,
            tempering: Tempering::default(),
            exact_when_known: true,
        }
    }
}

/// Multiplications of the default budget: about 90 s of two cores for a net.
const WORK: f64 = 8e11;

impl GibbsSettings {
    /// 8·10¹¹/(n D) gradients of one particle, within 2·10⁴ … 4·10⁷; n = 1 where there are no data. For n = 800 rows and
    /// D = 160 weights: 6·10⁶. It depends on the shape alone, never on the clock.
    pub fn default_budget(potential: &dyn Potential) -> u64 {
        let rows = potential.finite_sum().map_or(1, |sum| sum.samples());
        (WORK / (rows * potential.dim()) as f64).clamp(2e4, 4e7) as u64
    }
}
