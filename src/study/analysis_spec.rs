//! `[analysis]`: which questions beyond the curves to answer, and how.

use super::spec::{DynamicsSpec, ProcessSpec};
use serde::{Deserialize, Serialize};

/// `[analysis]`: each key `true`, `false` or a table with settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisSpec {
    /// Constants, bounds and guarantees of the theorems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateSpec>,
    /// Distance to the Gibbs measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gibbs: Option<GibbsSpec>,
    /// Rates of convergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixing: Option<MixingSpec>,
    /// How far the other processes are from SGD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementSpec>,
    /// Łojasiewicz' inequality about the start of a deep net, and what becomes of the paths in the ball.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lojasiewicz: Option<LojasiewiczSpec>,
    /// Nets of finite width beside their limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ntk: Option<NtkSpec>,
}

/// `[analysis] certificate`: the theorems' numbers for this study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateSpec {
    /// Excesses ε for which guaranteed times and steps are wanted; by default 1/10, 1/20, 1/40 and 1/80 of
    /// E L̃(W₀) − min L̃.
    #[serde(default)]
    pub epsilons: Vec<f64>,
    /// Rays along which V_s is read.
    #[serde(default = "sixty_four")]
    pub rays: usize,
    /// Noise scales s at which the constants A and B(T) of the discrete-time guarantee are measured; none: no such
    /// guarantee is asked for.
    #[serde(default)]
    pub noise_scales: Vec<f64>,
    /// Particles of each run that they are measured with.
    #[serde(default = "thousand")]
    pub particles: u64,
}

impl Default for CertificateSpec {
    fn default() -> Self {
        Self { epsilons: Vec::new(), rays: sixty_four(), noise_scales: Vec::new(), particles: thousand() }
    }
}

/// `[analysis] gibbs`: the reference for μ_s and the distances to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GibbsSpec {
    /// Draws of μ_s that are kept for distances, at least 64.
    #[serde(default = "four_thousand")]
    pub draws: usize,
    /// At how many observation times distances are computed: the horizon, half of it, a quarter, …
    #[serde(default = "six")]
    pub times: usize,
    /// Replicates of every null band.
    #[serde(default = "five_hundred")]
    pub replicates: usize,
    /// Whether the bias of the step dt is measured with steps dt/2 and dt/4 on the same noise.
    #[serde(default = "yes")]
    pub refine: bool,
}

impl Default for GibbsSpec {
    fn default() -> Self {
        Self { draws: four_thousand(), times: six(), replicates: five_hundred(), refine: yes() }
    }
}

/// `[analysis] mixing`: rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixingSpec {
    /// Excesses ε for which the time t_ε is wanted; by default 1/10 and 1/100 of E L̃(W₀) − min L̃.
    #[serde(default)]
    pub epsilons: Vec<f64>,
    /// Particles of the stationary run that the slowest mode is read from.
    #[serde(default = "four_thousand")]
    pub particles: usize,
}

impl Default for MixingSpec {
    fn default() -> Self {
        Self { epsilons: Vec::new(), particles: four_thousand() }
    }
}

impl AnalysisSpec {
    /// Its keys.
    pub const KEYS: [&str; 6] = ["certificate", "gibbs", "mixing", "agreement", "lojasiewicz", "ntk"];
}

/// `[analysis] lojasiewicz`: α(θ₀, r), Chatterjee's condition, and the paths that stay in B(θ₀, r).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LojasiewiczSpec {
    /// r of the ball that paths are asked to stay in.
    pub radius: f64,
    /// Further radii at which α and the condition are measured.
    #[serde(default)]
    pub radii: Vec<f64>,
    /// Searches for α in each ball.
    #[serde(default = "thirty_two")]
    pub searches: u64,
    /// Where the start is random: draws of it for which the condition is checked.
    #[serde(default = "hundred")]
    pub starts: u64,
}

impl LojasiewiczSpec {
    /// Every radius, once, increasing.
    pub fn all_radii(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.radii.iter().copied().chain([self.radius]).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }
}

/// `[analysis] agreement`: differences between processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementSpec {
    /// The process that the others are compared with; by default the first of kind `sgd`, else the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// ε: is the difference within it at all times?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Values of the s of that process at which all is run again, for the order in s; the s and dt of the others keep their
    /// proportion to it.
    #[serde(default)]
    pub noise_scales: Vec<f64>,
    /// Rows of the minibatches with which all is run again, for the order in 1/b, at the study's own s.
    #[serde(default)]
    pub batches: Vec<usize>,
    /// Times at which the order of the difference is wanted, besides that of its integral; by default the horizon.
    #[serde(default)]
    pub at: Vec<f64>,
    /// Particles of each of these runs; with `until` those of the first round.
    #[serde(default = "thousand")]
    pub particles: u64,
    /// When these runs have enough particles; by default at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UntilSpec>,
    /// Whether whole laws are compared, by energy distance and sliced W₁.
    #[serde(default = "yes")]
    pub laws: bool,
    /// Whether the noise of SGD's minibatches is measured along its path, where a process of kind `sgd` is there.
    #[serde(default = "yes")]
    pub noise: bool,
}

/// `until`: rounds that each double the particles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UntilSpec {
    /// Half the width that the band of every difference of the risk may have at most.
    pub half_width: f64,
    /// The most particles of each process.
    pub particles: u64,
}

impl AgreementSpec {
    /// The number of the process that the others are compared with: the one that is named, else the first of kind `sgd`, else the first.
    pub fn reference(&self, processes: &[ProcessSpec]) -> usize {
        let named = self.with.as_ref().and_then(|name| processes.iter().position(|p| &p.name == name));
        let sgd = || processes.iter().position(|p| matches!(p.dynamics, DynamicsSpec::Sgd(_)));
        named.or_else(sgd).unwrap_or(0)
    }
}

impl Default for AgreementSpec {
    fn default() -> Self {
        Self {
            with: None,
            margin: None,
            noise_scales: Vec::new(),
            batches: Vec::new(),
            at: Vec::new(),
            particles: thousand(),
            until: None,
            laws: yes(),
            noise: yes(),
        }
    }
}

fn thirty_two() -> u64 {
    32
}

fn hundred() -> u64 {
    100
}

/// How the step sizes of the runs of `[analysis] ntk` go with the horizon T; q = 2r/(2r+1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NtkSteps {
    /// s/(k+1)^q at step number k.
    #[default]
    Falling,
    /// s/T^q at every step.
    Constant,
}

/// `[analysis] ntk`: the limit of infinite width, and nets beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NtkSpec {
    /// Widths m of the nets, even.
    #[serde(default)]
    pub widths: Vec<usize>,
    /// Numbers of steps T.
    #[serde(default)]
    pub horizons: Vec<u64>,
    /// Draws of the start at which the kernel of each width is compared with its limit.
    #[serde(default = "many_draws")]
    pub draws: u64,
    /// Independent runs of each width and horizon.
    #[serde(default = "many_draws")]
    pub particles: u64,
    /// How steps go with the horizon.
    #[serde(default)]
    pub steps: NtkSteps,
}

impl Default for NtkSpec {
    fn default() -> Self {
        let (draws, particles) = (many_draws(), many_draws());
        Self { widths: Vec::new(), horizons: Vec::new(), draws, particles, steps: NtkSteps::Falling }
    }
}

fn many_draws() -> u64 {
    64
}

fn sixty_four() -> usize {
    64
}

fn thousand() -> u64 {
    1024
}

fn four_thousand() -> usize {
    4096
}

fn six() -> usize {
    6
}

fn five_hundred() -> usize {
    499
}

fn yes() -> bool {
    true
}
