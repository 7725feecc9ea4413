//! From a valid study to what is run: data read, λ and steps as numbers, the clock set.

use super::clock::{Clock, ClockError};
use super::rules::{Rules, validate};
use super::source::Source;
use super::{parse, spec::*};
use crate::dynamics::{EulerMaruyama, Process, Sampling, Sgd};
use crate::ensemble::Start;
use crate::error::{Error, Result};
use crate::numerics::{Backend, Loss};
use crate::problem::data::{Dataset, SourceFile, Split};
use crate::problem::{
    DoubleWell, FiniteSum, Potential, Quadratic, TwoLayer, TwoLayerSettings, critical_lambda,
};
use crate::random::{Key, Purpose};
use ndarray_npy::ReadNpyError;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::Serialize;

/// A study that can run: every default filled in, every file read.
pub struct Plan {
    /// The study with its defaults, steps and λ as numbers.
    pub study: Study,
    /// What the data turned out to be; `None` without data.
    pub data: Option<DataSummary>,
    /// The observation times.
    pub clock: Clock,
    /// The law of W₀.
    pub start: Start,
    problem: Problem,
    backend: Backend,
}

enum Problem {
    Net(Box<TwoLayer>),
    Quadratic(Quadratic),
    DoubleWell(DoubleWell),
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
    /// λ_c as the sources print it.
    pub critical_lambda: f64,
    /// ‖a‖₂.
    pub outer_norm: f64,
    /// Σ_j a_j: at small weights it decides how well a net with σ(0) ≠ 0 and no bias can classify.
    pub outer_sum: f64,
    /// The files read.
    pub sources: Vec<SourceFile>,
    /// How the rows were made or read.
    pub notes: Vec<String>,
}

impl Plan {
    /// Makes a study ready to run.
    ///
    /// # Errors
    /// Every way in which a study can be wrong, before anything is written.
    pub fn new(source: &Source, backend: Backend) -> Result<Self> {
        let mut study = parse::study(source)?;
        validate(&study, source)?;
        let rules = Rules { source };
        let (problem, data) = build_problem(&mut study, source, backend, &rules)?;
        let potential = problem.potential();
        for (i, quantity) in study.observe.quantities.iter().enumerate() {
            let path = format!("observe.quantities.{i}");
            let (rule, remedy) = if quantity.needs_test_rows() && data.as_ref().is_some_and(|d| d.test == 0) {
                (
                    "a quantity this study has; there are no test rows",
                    "set problem.data.test_fraction = 0.2",
                )
            } else {
                (
                    "a quantity this problem has",
                    "leave it out; it needs data rows (accuracies: labels ±1)",
                )
            };
            let name = format!("\"{}\"", quantity.name());
            rules.require(potential.has(*quantity), &path, name, rule, remedy)?;
        }
        fill_in_steps(&mut study, potential, &rules)?;
        let clock = set_clock(&study, &rules)?;
        let start = build_start(&study, potential, source, &rules)?;
        Ok(Self {
            study,
            data,
            clock,
            start,
            problem,
            backend,
        })
    }

    /// L̃.
    pub fn potential(&self) -> &dyn Potential {
        self.problem.potential()
    }

    /// The net, where the problem is one.
    pub fn net(&self) -> Option<&TwoLayer> {
        match &self.problem {
            Problem::Net(net) => Some(net),
            _ => None,
        }
    }

    /// The processes in the order of the study.
    pub fn processes(&self) -> Vec<Box<dyn Process + '_>> {
        let (potential, seed, backend) = (self.potential(), self.study.seed, self.backend);
        let make = |spec: &ProcessSpec| -> Box<dyn Process + '_> {
            match &spec.dynamics {
                DynamicsSpec::SgdSde(SgdSdeSpec { s, dt, refinement }) => {
                    let dt = dt.expect("the plan fills in every step");
                    Box::new(
                        EulerMaruyama::on_refined_path(potential, *s, dt, *refinement, seed)
                            .with_backend(backend),
                    )
                }
                DynamicsSpec::Sgd(SgdSpec { s, batch, sampling }) => {
                    let sum = potential
                        .finite_sum()
                        .expect("the rules refuse SGD without a finite sum");
                    Box::new(Sgd::new(sum, *s, *batch, *sampling, seed).with_backend(backend))
                }
            }
        };
        self.study.process.iter().map(make).collect()
    }
}

impl Problem {
    fn potential(&self) -> &dyn Potential {
        match self {
            Self::Net(net) => net.as_ref(),
            Self::Quadratic(quadratic) => quadratic,
            Self::DoubleWell(well) => well,
        }
    }
}

fn build_problem(
    study: &mut Study,
    source: &Source,
    backend: Backend,
    rules: &Rules,
) -> Result<(Problem, Option<DataSummary>)> {
    let precision = if study.precision == Precision::F32 {
        "\"f32\""
    } else {
        "\"f64\""
    };
    let rule = "\"f64\"; this version has no 32-bit particle kernels";
    rules.require(
        study.precision == Precision::F64,
        "precision",
        precision,
        rule,
        "leave precision out",
    )?;
    match &mut study.problem {
        ProblemSpec::Quadratic(spec) => {
            Ok((Problem::Quadratic(Quadratic::new(spec.eigenvalues.clone())), None))
        }
        ProblemSpec::DoubleWell {} => Ok((Problem::DoubleWell(DoubleWell), None)),
        ProblemSpec::TwoLayer(spec) => {
            let (net, summary) = build_net(spec, study.seed, source, backend)?;
            Ok((Problem::Net(Box::new(net)), Some(summary)))
        }
    }
}

fn build_net(
    spec: &TwoLayerSpec,
    seed: u64,
    source: &Source,
    backend: Backend,
) -> Result<(TwoLayer, DataSummary)> {
    let refused = |error| Error::Data {
        place: source.place("problem.data"),
        source: error,
    };
    let dataset = spec.data.load(source.folder(), seed).map_err(refused)?;
    if spec.loss == Loss::Logistic {
        dataset.check_classification().map_err(refused)?;
    }
    let rows = Split::of(&dataset, spec.test_fraction, seed).map_err(refused)?;
    let Dataset {
        sources,
        notes,
        label_kind,
        ..
    } = dataset;
    let (train, test, dim) = (rows.train.labels.len(), rows.test.labels.len(), rows.train.dim);
    let largest = rows.train.facts().max_norm;
    let outer = match &spec.outer {
        OuterSpec::Given(OuterValues { values }) => values.clone(),
        OuterSpec::Drawn(OuterDraw { draw, .. }) => drawn_outer(spec.width, *draw, seed, largest),
    };
    let outer_norm = outer.iter().map(|a| a * a).sum::<f64>().sqrt();
    let lambda = match spec.lambda {
        LambdaSpec::Number(lambda) => lambda,
        LambdaSpec::Critical(TimesCritical { times_critical }) => {
            times_critical * critical_lambda(spec.activation, spec.beta, spec.loss, outer_norm * largest)
        }
    };
    let outer_sum = outer.iter().sum();
    let TwoLayerSpec {
        activation,
        beta,
        loss,
        ..
    } = *spec;
    let net = TwoLayer::new(
        TwoLayerSettings {
            activation,
            beta,
            loss,
            outer,
            lambda,
            backend,
        },
        rows,
        label_kind,
    );
    let facts = &net.constants().data;
    let summary = DataSummary {
        train,
        test,
        dim,
        max_norm: facts.max_norm,
        top_second_moment: facts.mean_square_top_eigenvalue,
        lambda,
        critical_lambda: net.constants().critical_lambda,
        outer_norm,
        outer_sum,
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

/// Fills in default steps and checks what needs the number of rows.
fn fill_in_steps(study: &mut Study, potential: &dyn Potential, rules: &Rules) -> Result<()> {
    for (i, process) in study.process.iter_mut().enumerate() {
        match &mut process.dynamics {
            DynamicsSpec::SgdSde(sde) if sde.dt.is_none() => {
                let Some(lipschitz) = potential.gradient_lipschitz() else {
                    return Err(Error::Missing {
                        place: rules.source.place(&format!("process.{i}")),
                        field: format!("process[{i}].dt"),
                        rule: "the gradient of this problem has no known Lipschitz constant to choose it by"
                            .into(),
                        remedy: "write for example dt = 0.01".into(),
                    });
                };
                sde.dt = Some(round_down(0.1 / lipschitz));
            }
            DynamicsSpec::SgdSde(_) => {}
            DynamicsSpec::Sgd(sgd) => {
                let samples = potential.finite_sum().map_or(0, FiniteSum::samples);
                let fits = sgd.sampling == Sampling::WithReplacement || sgd.batch <= samples;
                let rule = format!("at most the number of training rows, {samples}");
                let remedy = "choose a smaller batch, or sampling = \"with-replacement\"";
                rules.require(fits, &format!("process.{i}.batch"), sgd.batch, rule, remedy)?;
            }
        }
    }
    Ok(())
}

/// The largest of 1, 2, 5 times a power of ten that is not above `x` > 0: a step that others have multiples with.
fn round_down(x: f64) -> f64 {
    let exponent = x.log10().floor() as i32;
    let candidates = [
        (1, exponent + 1),
        (5, exponent),
        (2, exponent),
        (1, exponent),
        (5, exponent - 1),
    ];
    let number = |(digit, power): (u32, i32)| format!("{digit}e{power}").parse().unwrap_or(x);
    candidates
        .into_iter()
        .map(number)
        .find(|&c: &f64| c <= x)
        .unwrap_or(x)
}

/// The step length of a process of a filled-in study.
pub fn step_length(process: &ProcessSpec) -> f64 {
    match &process.dynamics {
        DynamicsSpec::SgdSde(sde) => sde.dt.unwrap_or(f64::NAN),
        DynamicsSpec::Sgd(sgd) => sgd.s,
    }
}

/// The key of a process that holds its step length.
fn step_key(process: &ProcessSpec) -> &'static str {
    match process.dynamics {
        DynamicsSpec::SgdSde(_) => "dt",
        DynamicsSpec::Sgd(_) => "s",
    }
}

fn set_clock(study: &Study, rules: &Rules) -> Result<Clock> {
    let lengths: Vec<f64> = study.process.iter().map(step_length).collect();
    let TimeSpec {
        horizon,
        points,
        spacing,
    } = study.time;
    Clock::new(&lengths, horizon, points, spacing).map_err(|error| match error {
        ClockError::TooFine(x) => {
            let i = lengths.iter().position(|&l| l == x);
            let path =
                i.map_or("time.horizon".into(), |i| format!("process.{i}.{}", step_key(&study.process[i])));
            rules.invalid(&path, x, "a decimal number with at most 18 decimals, below 1e18", "round it")
        }
        ClockError::NoCommonMultiple(first) => {
            let i = lengths.len() - 1;
            let path = format!("process.{i}.{}", step_key(&study.process[i]));
            let rule = format!(
                "such that all steps ({}) have a common multiple up to the horizon {horizon}; the first is {first}",
                lengths.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
            );
            rules.invalid(&path, lengths[i], rule, "choose steps that are multiples of one another")
        }
        ClockError::TooManySteps(step) => {
            let rule = format!("short enough for steps of {step}: at most 2^53 of them");
            rules.invalid("time.horizon", horizon, rule, "choose a shorter horizon or a longer step")
        }
    })
}

fn build_start(study: &Study, potential: &dyn Potential, source: &Source, rules: &Rules) -> Result<Start> {
    let s = match &study.process[0].dynamics {
        DynamicsSpec::SgdSde(sde) => sde.s,
        DynamicsSpec::Sgd(sgd) => sgd.s,
    };
    let dim = potential.dim();
    match &study.start {
        StartSpec::Gaussian(GaussianStart { std }) => Ok(Start::Gaussian { std: *std }),
        StartSpec::Prior {} => {
            let lambda = potential.penalty();
            let remedy = "choose law = \"gaussian\", or set problem.lambda";
            rules.require(
                lambda > 0.0,
                "start.law",
                "\"prior\"",
                "another law where λ = 0",
                remedy,
            )?;
            Ok(Start::Gaussian {
                std: (s / (2.0 * lambda)).sqrt(),
            })
        }
        StartSpec::Point(PointStart { at }) => {
            let (given, rule) = (
                format!("{} numbers", at.len()),
                format!("D = {dim} numbers, row by row"),
            );
            rules.require(
                at.len() == dim,
                "start.at",
                given,
                rule,
                "list one number a weight",
            )?;
            let mut weights = vec![0.0; dim];
            potential.from_row_major(at, &mut weights);
            Ok(Start::Points { weights })
        }
        StartSpec::File(FileStart { path }) => read_points(path, potential, source, rules),
        StartSpec::Stationary {} => match potential.gaussian_gibbs(s) {
            Some(variances) => Ok(Start::GaussianWeights { variances }),
            None => {
                let rule = "another law: the Gibbs measure of this problem cannot be drawn from exactly";
                Err(rules.invalid(
                    "start.law",
                    "\"stationary\"",
                    rule,
                    "choose law = \"gaussian\" or \"prior\"",
                ))
            }
        },
    }
}

fn read_points(
    path: &std::path::Path,
    potential: &dyn Potential,
    source: &Source,
    rules: &Rules,
) -> Result<Start> {
    let file = source.folder().join(path);
    let dim = potential.dim();
    let shown = file.display().to_string();
    let reader = std::fs::File::open(&file).map_err(|source| Error::Read {
        path: file.clone(),
        source,
    })?;
    let rule = "a .npy file of float64 in C order, shape (points, width, dim) or (points, D)";
    let remedy = "take for example particles/0-sde.npy of an earlier run";
    let read = <ndarray::ArrayD<f64> as ndarray_npy::ReadNpyExt>::read_npy(std::io::BufReader::new(reader));
    let array = read.map_err(|error: ReadNpyError| {
        rules.invalid("start.path", format!("{shown:?} ({error})"), rule, remedy)
    })?;
    let given = array.shape().to_vec();
    let points = given.first().copied().unwrap_or(0);
    let fits = points > 0 && array.len() == points * dim && array.is_standard_layout();
    let value = format!("{shown:?} of shape {given:?}");
    rules.require(
        fits,
        "start.path",
        &value,
        format!("{rule} with D = {dim}"),
        remedy,
    )?;
    let finite = array.iter().all(|x| x.is_finite());
    rules.require(
        finite,
        "start.path",
        &value,
        "a file of finite numbers",
        "leave out diverged particles",
    )?;
    let flat: Vec<f64> = array.into_iter().collect();
    let mut weights = vec![0.0; flat.len()];
    for (from, to) in flat.chunks_exact(dim).zip(weights.chunks_exact_mut(dim)) {
        potential.from_row_major(from, to);
    }
    Ok(Start::Points { weights })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_steps_are_round_and_not_above_the_bound() {
        for (x, want) in [
            (0.1, 0.1),
            (0.099, 0.05),
            (0.05, 0.05),
            (0.0499, 0.02),
            (7.0, 5.0),
            (0.013, 0.01),
        ] {
            assert_eq!(round_down(x), want, "{x}");
        }
    }
}
