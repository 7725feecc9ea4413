//! From the problem section of a study to a potential: data read and split, a drawn, λ as a number.

use super::build_ntk::{build_ntk_net, circle_task};
use super::memory_of_data::require_data;
use super::rules::Rules;
use super::spec::*;
use crate::ensemble::Start;
use crate::error::{Error, Result};
use crate::numerics::{Backend, Loss};
use crate::problem::data::{DataError, Dataset, LabelKind, MAX_NUMBERS, SourceFile, Split};
use crate::problem::ntk::{CircleTask, KernelRegression, NtkNet};
use crate::problem::{
    Attack, DeepNet, DeepNetSettings, DoubleWell, LeastSquares, Potential, Precision, Quadratic, ReluGate,
    TwoLayer, TwoLayerSettings, critical_lambda,
};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::Serialize;

/// The problems a study can name.
pub enum Problem {
    /// A two-layer net on data.
    Net(Box<TwoLayer>),
    /// Linear least squares on data.
    LeastSquares(Box<LeastSquares>),
    /// ½ Σ θ_k w_k².
    Quadratic(Quadratic),
    /// (x² − 1)²/4.
    DoubleWell(DoubleWell),
    /// One ReLU gate under attack.
    ReluGate(ReluGate),
    /// A net of any depth.
    DeepNet(Box<DeepNet>),
    /// Regression with the neural tangent kernel.
    KernelRegression(Box<KernelRegression>),
    /// A net of finite width on the same task.
    NtkNet(Box<NtkNet>),
}

/// The data of a study in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataSummary {
    /// Rows for training.
    pub train: usize,
    /// Rows for testing.
    pub test: usize,
    /// d.
    pub dim: usize,
    /// B_x = max ‖x‖₂ of the training rows.
    pub max_norm: f64,
    /// μ_x, the largest eigenvalue of (1/n) Σ x xᵀ of the training rows.
    pub top_second_moment: f64,
    /// λ.
    pub lambda: f64,
    /// λ_c as the sources print it; for nets, like the two numbers below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_lambda: Option<f64>,
    /// ‖a‖₂.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer_norm: Option<f64>,
    /// Σ_j a_j: at small weights it decides how well a net with σ(0) ≠ 0 and no bias can classify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer_sum: Option<f64>,
    /// The files read.
    pub sources: Vec<SourceFile>,
    /// How the rows were made or read.
    pub notes: Vec<String>,
}

impl Problem {
    /// L̃.
    pub fn potential(&self) -> &dyn Potential {
        match self {
            Self::Net(net) => net.as_ref(),
            Self::LeastSquares(squares) => squares.as_ref(),
            Self::Quadratic(quadratic) => quadratic,
            Self::DoubleWell(well) => well,
            Self::ReluGate(gate) => gate,
            Self::DeepNet(net) => net.as_ref(),
            Self::KernelRegression(regression) => regression.as_ref(),
            Self::NtkNet(net) => net.as_ref(),
        }
    }

    /// The deep net, where the problem is one.
    pub fn deep_net(&self) -> Option<&DeepNet> {
        match self {
            Self::DeepNet(net) => Some(net),
            _ => None,
        }
    }

    /// The task on the circle, where the problem has one.
    pub fn circle_task(&self) -> Option<&CircleTask> {
        match self {
            Self::KernelRegression(regression) => Some(regression.task()),
            Self::NtkNet(net) => Some(net.task()),
            _ => None,
        }
    }

    /// Measures distances from the start, where the problem has no point of its own and all particles start at one.
    pub fn set_reference(&mut self, start: &Start) {
        if let (Self::DeepNet(net), Start::Points { weights }) = (self, start)
            && weights.len() == net.dim()
        {
            net.set_reference_point(weights.clone());
        }
    }
}

/// Makes the problem of a study.
///
/// # Errors
/// What the data readers refuse, and what this version cannot do.
pub fn build_problem(
    study: &mut Study,
    backend: Backend,
    rules: &Rules,
) -> Result<(Problem, Option<DataSummary>)> {
    let net = matches!(study.problem, ProblemSpec::TwoLayer(_));
    let rule = "\"f64\" for this problem; only the kernels of two-layer nets have 32-bit arithmetic";
    let precision = study.precision;
    rules.require(net || precision == Precision::F64, "precision", "\"f32\"", rule, "leave precision out")?;
    for (i, process) in study.process.iter().enumerate() {
        let products = matches!(process.dynamics, DynamicsSpec::SecondOrderSde(_));
        let rule = "another process where precision = \"f32\": its Hessian-vector products have no 32-bit arithmetic";
        let remedy = "leave precision out, or choose kind = \"covariance-sde\"";
        let path = format!("process.{i}.kind");
        let good = !products || precision == Precision::F64;
        rules.require(good, &path, "\"second-order-sde\"", rule, remedy)?;
    }
    match &mut study.problem {
        ProblemSpec::Quadratic(spec) => {
            Ok((Problem::Quadratic(Quadratic::new(spec.eigenvalues.clone())), None))
        }
        ProblemSpec::DoubleWell {} => Ok((Problem::DoubleWell(DoubleWell), None)),
        ProblemSpec::ReluGate(spec) => Ok((Problem::ReluGate(build_gate(spec, study.seed)), None)),
        ProblemSpec::KernelRegression(spec) => {
            let regression = KernelRegression::new(circle_task(spec, study.seed));
            Ok((Problem::KernelRegression(Box::new(regression)), None))
        }
        ProblemSpec::NtkNet(spec) => {
            Ok((Problem::NtkNet(Box::new(build_ntk_net(spec, study.seed, rules)?)), None))
        }
        ProblemSpec::LeastSquares(spec) => {
            let (squares, summary) = build_least_squares(spec, study.seed, rules)?;
            Ok((Problem::LeastSquares(Box::new(squares)), Some(summary)))
        }
        ProblemSpec::DeepNet(spec) => {
            let (net, summary) = build_deep_net(spec, study.seed, rules)?;
            Ok((Problem::DeepNet(Box::new(net)), Some(summary)))
        }
        ProblemSpec::TwoLayer(spec) => {
            let (net, summary) = build_net(spec, (study.seed, precision), rules, backend)?;
            Ok((Problem::Net(Box::new(net)), Some(summary)))
        }
    }
}

/// A gate with w* ~ N(0, I), rescaled where its norm is given.
fn build_gate(spec: &ReluGateSpec, seed: u64) -> ReluGate {
    let ReluGateSpec {
        dim,
        teacher_norm,
        attack_probability: probability,
        attack_size: size,
        attack_sign: sign,
    } = *spec;
    let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
    let mut teacher: Vec<f64> = (0..dim).map(|_| stream.sample(StandardNormal)).collect();
    if let Some(wanted) = teacher_norm {
        let scale = wanted / teacher.iter().map(|x| x * x).sum::<f64>().sqrt();
        teacher.iter_mut().for_each(|x| *x *= scale);
    }
    ReluGate::new(teacher, Attack { probability, size, sign })
}

/// Where rows came from.
struct Provenance {
    sources: Vec<SourceFile>,
    notes: Vec<String>,
    labels: LabelKind,
}

/// Reads or draws the rows of `data` and splits them; `classes`: labels must be signs of both sorts.
fn load(data: &DataSection, classes: bool, seed: u64, rules: &Rules) -> Result<(Split, Provenance)> {
    let source = rules.source;
    let refused = |error| Error::Data {
        place: source.place(match error {
            DataError::SplitEmpty { .. } => "problem.data.test_fraction",
            DataError::LabelsReal { .. } => "problem.data.kind",
            _ => "problem.data",
        }),
        source: error,
    };
    require_data(data, rules)?;
    let dataset = data.rows.load(source.folder(), seed).map_err(refused)?;
    if classes {
        dataset.check_classification().map_err(refused)?;
    }
    let rows = Split::of(&dataset, data.test_fraction, seed, data.split_draw).map_err(refused)?;
    let Dataset { sources, notes, label_kind, .. } = dataset;
    Ok((rows, Provenance { sources, notes, labels: label_kind }))
}

fn build_least_squares(
    spec: &LeastSquaresSpec,
    seed: u64,
    rules: &Rules,
) -> Result<(LeastSquares, DataSummary)> {
    let (rows, Provenance { sources, notes, .. }) = load(&spec.data, false, seed, rules)?;
    let (train, test, dim) = (rows.train.len(), rows.test.len(), rows.train.dim);
    let rule = format!("data of at most {MOST_INPUTS} inputs: the Hessian is a matrix of their number");
    let remedy = "choose rows with fewer inputs";
    rules.require(dim <= MOST_INPUTS, "problem.data", format!("{dim} inputs"), rule, remedy)?;
    let facts = rows.train.facts();
    let summary = DataSummary {
        train,
        test,
        dim,
        max_norm: facts.max_norm,
        top_second_moment: facts.mean_square_top_eigenvalue,
        lambda: spec.lambda,
        critical_lambda: None,
        outer_norm: None,
        outer_sum: None,
        sources,
        notes,
    };
    Ok((LeastSquares::new(rows, spec.lambda), summary))
}

fn build_deep_net(spec: &DeepNetSpec, seed: u64, rules: &Rules) -> Result<(DeepNet, DataSummary)> {
    let (rows, Provenance { sources, notes, .. }) = load(&spec.data, false, seed, rules)?;
    let (train, test, dim) = (rows.train.len(), rows.test.len(), rows.train.dim);
    let (width, hidden) = (spec.width as u128, spec.depth as u128 - 2);
    let weights = width * dim as u128 + hidden * width * width + width;
    let (value, most) = (format!("{width}"), u128::from(MAX_NUMBERS));
    let rule = format!(
        "so small that a particle has at most {most} weights; {} layers of inputs {dim} have {weights}",
        spec.depth
    );
    rules.require(weights <= most, "problem.width", value, rule, "choose a smaller width or depth")?;
    let facts = rows.train.facts();
    let summary = DataSummary {
        train,
        test,
        dim,
        max_norm: facts.max_norm,
        top_second_moment: facts.mean_square_top_eigenvalue,
        lambda: 0.0,
        critical_lambda: None,
        outer_norm: None,
        outer_sum: None,
        sources,
        notes,
    };
    let DeepNetSpec { activation, beta, depth, width, .. } = *spec;
    Ok((DeepNet::new(DeepNetSettings { activation, beta, depth, width }, rows), summary))
}

/// The most inputs of a row of least squares: their Hessian then fills 128 MiB.
const MOST_INPUTS: usize = 4096;

fn build_net(
    spec: &TwoLayerSpec,
    (seed, precision): (u64, Precision),
    rules: &Rules,
    backend: Backend,
) -> Result<(TwoLayer, DataSummary)> {
    let (rows, Provenance { sources, notes, labels }) =
        load(&spec.data, spec.loss == Loss::Logistic, seed, rules)?;
    let (train, test, dim) = (rows.train.labels.len(), rows.test.labels.len(), rows.train.dim);
    let weights = spec.width as u128 * dim as u128;
    rules.require(
        weights <= u128::from(MAX_NUMBERS),
        "problem.width",
        spec.width,
        format!("at most {} for {dim} inputs (2^29 weights a particle)", MAX_NUMBERS / dim as u64),
        "choose a smaller width",
    )?;
    let largest = rows.train.facts().max_norm;
    let outer = match &spec.outer {
        OuterSpec::Given(OuterValues { values }) => values.clone(),
        OuterSpec::Drawn(OuterDraw { draw, .. }) => drawn_outer(spec.width, *draw, seed, largest),
    };
    let outer_norm = outer.iter().map(|a| a * a).sum::<f64>().sqrt();
    let critical = critical_lambda(spec.activation, spec.beta, spec.loss, outer_norm * largest);
    let lambda = match spec.lambda {
        LambdaSpec::Number(lambda) => lambda,
        LambdaSpec::Critical(TimesCritical { times_critical }) => times_critical * critical,
    };
    let outer_sum = outer.iter().sum();
    let TwoLayerSpec { activation, beta, loss, .. } = *spec;
    let net = TwoLayer::new(
        TwoLayerSettings { activation, beta, loss, outer, lambda, backend, precision },
        rows,
        labels,
    );
    let facts = &net.constants().data;
    let summary = DataSummary {
        train,
        test,
        dim,
        max_norm: facts.max_norm,
        top_second_moment: facts.mean_square_top_eigenvalue,
        lambda,
        critical_lambda: Some(critical),
        outer_norm: Some(outer_norm),
        outer_sum: Some(outer_sum),
        sources,
        notes,
    };
    Ok((net, summary))
}

/// a ~ N(0, I), rescaled so that ‖a‖·max‖x‖ = 1 (Gopalani, Jha, Mukherjee, arXiv 2309.09258, §5).
fn drawn_outer(width: usize, draw: u64, seed: u64, largest_input: f64) -> Vec<f64> {
    let mut stream = Key::new(seed, Purpose::Outer).stream(draw, 0);
    let mut outer: Vec<f64> = (0..width).map(|_| stream.sample(StandardNormal)).collect();
    let norm = outer.iter().map(|a| a * a).sum::<f64>().sqrt();
    let scale = 1.0 / (norm * if largest_input > 0.0 { largest_input } else { 1.0 });
    outer.iter_mut().for_each(|a| *a *= scale);
    outer
}
