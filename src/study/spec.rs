//! The types of a study file. What the values must be stands in `rules.rs`.

use super::Spacing;
use super::analysis_spec::AnalysisSpec;
pub use super::dynamics_settings::*;
pub use super::dynamics_spec::*;
pub use super::ntk_spec::*;
use crate::numerics::{Activation, Loss};
use crate::problem::data::DataSpec;
use crate::problem::{AttackSign, Precision, Quantity};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A study: one problem, one start, processes on one clock, what to observe, which questions to answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Study {
    /// What the study is about, in a line.
    pub title: String,
    /// Every random number is a function of it.
    pub seed: u64,
    /// Arithmetic of the particle kernels.
    pub precision: Precision,
    /// L̃.
    pub problem: ProblemSpec,
    /// The law of W₀.
    pub start: StartSpec,
    /// The processes, at least one.
    pub process: Vec<ProcessSpec>,
    /// Horizon and observation times.
    pub time: TimeSpec,
    /// What is observed.
    pub observe: ObserveSpec,
    /// Questions beyond the curves.
    pub analysis: AnalysisSpec,
}

/// The problem.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProblemSpec {
    /// A two-layer net on data.
    TwoLayer(TwoLayerSpec),
    /// (1/n) Σ ½(x_i·w − y_i)² + (λ/2)‖w‖².
    LeastSquares(LeastSquaresSpec),
    /// ½ Σ θ_k w_k².
    Quadratic(QuadraticSpec),
    /// (x² − 1)²/4.
    DoubleWell {},
    /// One ReLU gate under attack.
    ReluGate(ReluGateSpec),
    /// A feed-forward net of any depth under the square loss.
    DeepNet(DeepNetSpec),
    /// Regression on the circle with the neural tangent kernel of infinite width.
    KernelRegression(CircleSpec),
    /// The same with a net of finite width.
    NtkNet(NtkNetSpec),
}

/// `[problem] kind = "two-layer"`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TwoLayerSpec {
    /// σ.
    pub activation: Activation,
    /// β in σ_β.
    pub beta: f64,
    /// ℓ.
    pub loss: Loss,
    /// p.
    pub width: usize,
    /// λ.
    pub lambda: LambdaSpec,
    /// a.
    pub outer: OuterSpec,
    /// The rows.
    pub data: DataSection,
}

/// `[problem] kind = "least-squares"`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeastSquaresSpec {
    /// λ.
    pub lambda: f64,
    /// The rows.
    pub data: DataSection,
}

/// `[problem] kind = "deep-net"`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeepNetSpec {
    /// σ_β, shifted so that σ(0) = 0.
    pub activation: Activation,
    /// β.
    pub beta: f64,
    /// Matrices of weights: hidden layers and one.
    pub depth: usize,
    /// Units of each hidden layer.
    pub width: usize,
    /// The rows.
    pub data: DataSection,
}

/// `[problem.data]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataSection {
    /// Where the rows come from.
    #[serde(flatten)]
    pub rows: DataSpec,
    /// The share of rows kept for testing, in [0, 1).
    pub test_fraction: f64,
    /// Which draw of the split: another number gives other rows for testing, of the same data.
    pub split_draw: u64,
}

/// `[problem] kind = "quadratic"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuadraticSpec {
    /// θ_1 … θ_D, each > 0.
    pub eigenvalues: Vec<f64>,
}

/// `[problem] kind = "relu-gate"`: y = ReLU(w*·x) + αξ, x ~ N(0, I).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReluGateSpec {
    /// d.
    pub dim: usize,
    /// ‖w*‖; without it w* ~ N(0, I) as it is drawn.
    #[serde(default)]
    pub teacher_norm: Option<f64>,
    /// The chance that a label is attacked.
    #[serde(default)]
    pub attack_probability: f64,
    /// θ*, by how much; the provable update knows it.
    #[serde(default)]
    pub attack_size: f64,
    /// Which way.
    #[serde(default)]
    pub attack_sign: AttackSign,
}

/// `lambda = 0.1` or `lambda = { times_critical = 1.2 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum LambdaSpec {
    /// λ itself.
    Number(f64),
    /// In units of the sources' λ_c for this loss, activation, a and training rows.
    Critical(TimesCritical),
}

/// λ in units of λ_c.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimesCritical {
    /// λ/λ_c, ≥ 0.
    pub times_critical: f64,
}

/// The outer layer a.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OuterSpec {
    /// Drawn, then rescaled so that ‖a‖·max‖x‖ = 1.
    Drawn(OuterDraw),
    /// Taken as it is.
    Given(OuterValues),
}

/// `outer = { law = "gaussian", draw = 0 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OuterDraw {
    /// The law of the entries before rescaling.
    #[serde(default)]
    pub law: OuterLaw,
    /// Which draw of that law: another number gives another a for the same data, split and start.
    #[serde(default)]
    pub draw: u64,
}

/// The law of the entries of a.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OuterLaw {
    /// Standard normal.
    #[default]
    Gaussian,
}

/// `outer = { values = [..] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OuterValues {
    /// a_1 … a_p.
    pub values: Vec<f64>,
}

/// The law of W₀.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "law", rename_all = "lowercase")]
pub enum StartSpec {
    /// N(0, std² I).
    Gaussian(GaussianStart),
    /// N(0, s/(2λ) I) with the s of the first process that has one.
    Prior {},
    /// One point for all particles.
    Point(PointStart),
    /// Points from a .npy file of shape (points, width, dim) or (points, D).
    File(FileStart),
    /// The Gibbs measure of the s of the first process that has one.
    Stationary {},
    /// Chatterjee's one point for a deep net.
    Chatterjee(ChatterjeeStart),
    /// N(0, gain²/inputs of the layer) for each weight of a deep net.
    #[serde(rename = "fan-in")]
    FanIn(FanInStart),
    /// Pairs of units with the same inner and opposite outer weights: the net is 0.
    Antisymmetric(AntisymmetricStart),
}

/// `law = "chatterjee"` (arXiv 2203.16462): W_1 = 0, entries of W_2 … W_{L−1} uniform on [hidden, 2 hidden], those of W_L on
/// [output, 2 output], drawn once from the seed: one point for all particles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatterjeeStart {
    /// The smallest hidden weight, > 0.
    #[serde(default = "one")]
    pub hidden: f64,
    /// The smallest weight of the last layer, > 0; the source asks for a large one.
    pub output: f64,
}

/// `law = "fan-in"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FanInStart {
    /// Weights of a layer with m inputs have the standard deviation gain/√m.
    #[serde(default = "one")]
    pub gain: f64,
}

/// `law = "gaussian"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianStart {
    /// Standard deviation of each weight.
    #[serde(default = "one")]
    pub std: f64,
}

/// `law = "point"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointStart {
    /// D numbers, row-major (p, d).
    pub at: Vec<f64>,
}

/// `law = "file"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileStart {
    /// A .npy file.
    pub path: PathBuf,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcessSpec {
    /// Its name in tables, figures and files.
    pub name: String,
    /// Which process, and its settings.
    #[serde(flatten)]
    pub dynamics: DynamicsSpec,
    /// How many particles.
    pub particles: u64,
    /// Each particle stops where it leaves the ball of this radius about its start; by default none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_radius: Option<f64>,
    /// The share of the training rows that a minibatch is to hold, where the study says so; the number of rows stands in
    /// `dynamics` once the data are read.
    #[serde(skip)]
    pub batch_fraction: Option<f64>,
}

/// `[time]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSpec {
    /// The last observation time on the clock t = k s.
    pub horizon: f64,
    /// The number of passes of the first process with minibatches through its rows that the horizon is to be, where the study
    /// says so; their time stands in `horizon` once the data are read.
    #[serde(skip)]
    pub epochs: Option<u32>,
    /// Number of observation times with 0 and the horizon.
    #[serde(default = "hundred_points")]
    pub points: usize,
    /// How they are spread.
    #[serde(default)]
    pub spacing: Spacing,
}

/// `[observe]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObserveSpec {
    /// The quantities, each once.
    #[serde(default = "risk_only")]
    pub quantities: Vec<Quantity>,
}

impl Default for ObserveSpec {
    fn default() -> Self {
        Self { quantities: risk_only() }
    }
}

fn one() -> f64 {
    1.0
}

fn hundred_points() -> usize {
    101
}

fn risk_only() -> Vec<Quantity> {
    vec![Quantity::Risk]
}
