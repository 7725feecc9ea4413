//! From a valid study to what is run: data read, λ and steps as numbers, the clock set.

use super::build_ntk::nodes_of;
use super::build_problem::{DataSummary, Problem, build_problem};
use super::build_process::build_process;
use super::build_start::build_start;
use super::clock::Clock;
use super::rules::{Rules, validate};
use super::source::Source;
use super::state::Identity;
use super::steps::{fill_in_steps, set_clock};
use super::{parse, spec::*};
use crate::dynamics::{Process, Sampling, Stopped};
use crate::ensemble::Start;
use crate::error::Result;
use crate::numerics::Backend;
use crate::problem::ntk::CircleTask;
use crate::problem::{DeepNet, LeastSquares, Potential, Quantity, ReluGate, TwoLayer};

/// A study that can run: every default filled in, every file read.
pub struct Plan {
    /// The study with every default and step filled in.
    pub study: Study,
    /// What the data turned out to be; `None` without data.
    pub data: Option<DataSummary>,
    /// The observation times.
    pub clock: Clock,
    /// The law of W₀.
    pub start: Start,
    /// Whether the study has draws to repeat it with, so that single readings are kept.
    pub repeated: bool,
    problem: Problem,
    backend: Backend,
}

impl Study {
    /// The study of `source` as far as the file alone can tell: no data are read, and no default is filled in that they decide.
    ///
    /// # Errors
    /// Every way in which the file by itself can be wrong.
    pub fn read(source: &Source) -> Result<Self> {
        let study = parse::study(source)?;
        validate(&study, source)?;
        Ok(study)
    }
}

impl Plan {
    /// Makes a study ready to run.
    ///
    /// # Errors
    /// Every way in which a study can be wrong, before anything is written.
    pub fn new(source: &Source, backend: Backend) -> Result<Self> {
        let mut study = Study::read(source)?;
        let rules = Rules { source };
        let (mut problem, data) = build_problem(&mut study, backend, &rules)?;
        let start = build_start(&study, (problem.potential(), problem.deep_net()), source, &rules)?;
        problem.set_reference(&start);
        let potential = problem.potential();
        for (i, quantity) in study.observe.quantities.iter().enumerate() {
            let path = format!("observe.quantities.{i}");
            let (rule, remedy) = if quantity.needs_test_rows() && data.as_ref().is_some_and(|d| d.test == 0) {
                ("a quantity this study has; there are no test rows", "set problem.data.test_fraction = 0.2")
            } else if *quantity == Quantity::Distance {
                (
                    "a quantity this study has; there is no point to measure distances from",
                    "leave it out; a deep net whose particles all start at one point has one",
                )
            } else {
                ("a quantity this problem has", "leave it out; it needs data rows (accuracies: labels ±1)")
            };
            let name = format!("\"{}\"", quantity.name());
            rules.require(potential.has(*quantity), &path, name, rule, remedy)?;
        }
        check_size(&study, potential, &rules)?;
        if let (Some(ntk), Some(task)) = (&study.analysis.ntk, problem.circle_task()) {
            rules.ntk_sizes(ntk, task.settings().modes, nodes_of(&study.problem, task))?;
        }
        let analysis = &study.analysis;
        let discrete = analysis.certificate.as_ref().is_some_and(|c| !c.noise_scales.is_empty());
        let asked = analysis.gibbs.is_some() || analysis.mixing.is_some() || discrete;
        let unbounded = match &problem {
            Problem::Net(_) => potential.penalty() == 0.0,
            Problem::LeastSquares(squares) => !squares.is_definite(),
            Problem::ReluGate(_) | Problem::DeepNet(_) => false,
            Problem::Quadratic(_) | Problem::DoubleWell(_) => false,
            // Its quadratic form has a direction for every frequency kept.
            Problem::KernelRegression(_) => false,
            Problem::NtkNet(_) => true,
        };
        let deep = problem.deep_net().is_some();
        let rule = "another problem where [analysis] gibbs, mixing or noise_scales are asked for: without penalty exp(-2L/s) has no finite integral";
        let remedy = "leave the analysis out";
        rules.require(!(asked && deep), "problem.kind", "\"deep-net\"", rule, remedy)?;
        let rule = "above 0 where [analysis] gibbs, mixing or noise_scales are asked for: exp(-2L/s) has no finite integral without penalty";
        let remedy = "write lambda = 0.01, or leave the analysis out";
        rules.require(!(asked && unbounded), "problem.lambda", potential.penalty(), rule, remedy)?;
        fill_in_steps(&mut study, potential, &rules)?;
        let clock = set_clock(&study, &rules)?;
        let repeated =
            source.table.get("repeat").and_then(toml::Value::as_table).is_some_and(|t| !t.is_empty());
        Ok(Self { study, data, clock, start, repeated, problem, backend })
    }

    /// All that the results follow from.
    pub fn identity(&self) -> Identity {
        Identity::of(self)
    }

    /// The files it has read, each with the sha256 of its content (of a file of points: of the points).
    pub fn inputs(&self) -> Vec<(String, String)> {
        let data = self.data.iter().flat_map(|data| &data.sources);
        let mut inputs: Vec<_> =
            data.map(|file| (file.path.display().to_string(), file.sha256.clone())).collect();
        if let (StartSpec::File(file), Some(hash)) = (&self.study.start, self.identity().start) {
            inputs.push((file.path.display().to_string(), hash));
        }
        inputs
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

    /// The ReLU gate, where the problem is one.
    pub fn gate(&self) -> Option<&ReluGate> {
        match &self.problem {
            Problem::ReluGate(gate) => Some(gate),
            _ => None,
        }
    }

    /// The task on the circle, where the problem has one.
    pub fn circle_task(&self) -> Option<&CircleTask> {
        self.problem.circle_task()
    }

    /// The least squares, where the problem is one.
    pub fn least_squares(&self) -> Option<&LeastSquares> {
        match &self.problem {
            Problem::LeastSquares(squares) => Some(squares),
            _ => None,
        }
    }

    /// The deep net, where the problem is one.
    pub fn deep_net(&self) -> Option<&DeepNet> {
        self.problem.deep_net()
    }

    /// The strong convexity of L̃, its smallest eigenvalue, where the problem is a quadratic or least squares.
    pub fn convexity(&self) -> Option<f64> {
        match &self.problem {
            Problem::Quadratic(quadratic) => quadratic.eigenvalues().iter().copied().reduce(f64::min),
            Problem::LeastSquares(squares) => {
                squares.is_definite().then(|| squares.eigenvalues().first().copied()).flatten()
            }
            Problem::KernelRegression(regression) => {
                regression.task().spectrum().eigenvalues().iter().copied().reduce(f64::min)
            }
            Problem::Net(_) | Problem::DoubleWell(_) | Problem::NtkNet(_) => None,
            Problem::ReluGate(_) | Problem::DeepNet(_) => None,
        }
    }

    /// Whether ∇L̃ is linear, so that the mean of every process here goes along its own path without noise.
    pub fn has_linear_gradient(&self) -> bool {
        matches!(
            &self.problem,
            Problem::Quadratic(_) | Problem::LeastSquares(_) | Problem::KernelRegression(_)
        )
    }

    /// The vector instructions of every process.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// An SDE of the study with its step halved `halvings` times, on a Brownian path drawn with the steps of one that is
    /// halved `further` times more.
    pub fn halved(&self, sde: &SgdSdeSpec, halvings: u32, further: u32) -> Box<dyn Process + '_> {
        let dt = sde.dt.map(|dt| dt / f64::from(1 << halvings));
        let halved = SgdSdeSpec { dt, refinement: sde.refinement << further, ..sde.clone() };
        build_process(&DynamicsSpec::SgdSde(halved), self.potential(), self.study.seed, self.backend)
    }

    /// The processes in the order of the study.
    pub fn processes(&self) -> Vec<Box<dyn Process + '_>> {
        let stopped = |process, radius| -> Box<dyn Process + '_> { Box::new(Stopped::new(process, radius)) };
        let made = |spec: &ProcessSpec| {
            let process = self.process(&spec.dynamics);
            match spec.stop_radius {
                Some(radius) => stopped(process, radius),
                None => process,
            }
        };
        self.study.process.iter().map(made).collect()
    }

    /// A process of this problem, whose step is filled in.
    pub fn process(&self, dynamics: &DynamicsSpec) -> Box<dyn Process + '_> {
        self.process_of_seed(dynamics, self.study.seed)
    }

    /// The same with other noise than the study's.
    pub fn process_of_seed(&self, dynamics: &DynamicsSpec, seed: u64) -> Box<dyn Process + '_> {
        build_process(dynamics, self.potential(), seed, self.backend)
    }
}

/// The most weights that all particles of a process may have together: 2^34 float64 are 128 GiB.
const MOST_WEIGHTS: u128 = 1 << 34;

/// The most numbers of fresh samples that a thread may hold: 2^27 float64 are 1 GiB.
const MOST_SAMPLES: usize = 1 << 27;

/// The most particles that step together by default.
const LARGEST_BLOCK: usize = 512;

/// Refuses ensembles that no machine this is meant for could hold, and batches of fresh samples.
fn check_size(study: &Study, potential: &dyn Potential, rules: &Rules) -> Result<()> {
    let dim = potential.dim();
    for (i, process) in study.process.iter().enumerate() {
        let fits = u128::from(process.particles) * dim as u128 <= MOST_WEIGHTS;
        let rule = format!("at most {} for D = {dim} (2^34 weights in all)", MOST_WEIGHTS / dim as u128);
        let remedy = "take fewer particles or a smaller problem";
        rules.require(fits, &format!("process.{i}.particles"), process.particles, rule, remedy)?;
        check_batch(process, potential, i, rules)?;
        let (DynamicsSpec::OnePassSgd(sgd), Some(oracle)) = (&process.dynamics, potential.oracle()) else {
            continue;
        };
        // The nets of an analysis may be smaller than the problem, and then more of them step together.
        let block = if study.analysis.ntk.is_some() { LARGEST_BLOCK } else { potential.block_len() };
        let len = oracle.sample_len();
        let most = MOST_SAMPLES / (block * len).max(1);
        let rule = format!(
            "at most {most}: the {block} particles that step together draw {len} numbers a sample, and a thread holds at most 2^27"
        );
        rules.require(
            sgd.batch <= most,
            &format!("process.{i}.batch"),
            sgd.batch,
            rule,
            "take a smaller batch",
        )?;
    }
    Ok(())
}

/// The most row numbers of minibatches that a thread may hold: 2^30 of four bytes are 4 GiB.
const MOST_ROWS: usize = 1 << 30;

/// Refuses minibatches, and epochs, whose row numbers do not fit.
fn check_batch(process: &ProcessSpec, potential: &dyn Potential, i: usize, rules: &Rules) -> Result<()> {
    let (Some((batch, sampling)), Some(sum)) = (process.dynamics.batch(), potential.finite_sum()) else {
        return Ok(());
    };
    let most = MOST_ROWS / potential.block_len().max(1);
    let together = "a thread holds the row numbers of all particles that step together, at most 2^30";
    let rule = format!("at most {most}: {together}");
    rules.require(batch <= most, &format!("process.{i}.batch"), batch, rule, "take a smaller batch")?;
    let (rows, rule) = (sum.samples(), format!("another one for more than {most} rows: {together}"));
    let fits = sampling == Sampling::WithReplacement || rows <= most;
    let remedy = "choose sampling = \"with-replacement\"";
    rules.require(fits, &format!("process.{i}.sampling"), format!("{sampling:?}, {rows} rows"), rule, remedy)
}
