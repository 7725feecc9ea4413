//! What the values of a study must be, as far as the file alone can tell. One function a section.

use super::brief::brief;
use super::parse::shown;
use super::size_rules::is_plain_name;
use super::source::Source;
use super::spec::*;
use crate::error::{Error, Result};
use std::fmt::Display;

/// The most particles, weights and points that are accepted: far beyond what fits, but nothing overflows.
const MOST: u64 = 1_000_000_000;
/// The most inputs of a gate: its teacher is drawn before anything else is known.
const MOST_INPUTS: u64 = 100_000_000;

/// Refuses a study whose values are impossible.
///
/// # Errors
/// [`Error::Invalid`] with line, value, rule and remedy for the first value that is.
pub fn validate(study: &Study, source: &Source) -> Result<()> {
    let rules = Rules { source };
    rules.sizes(study)?;
    rules.problem(&study.problem)?;
    rules.start(&study.start)?;
    rules.processes(study)?;
    rules.time(&study.time, &study.process)?;
    rules.observe(&study.observe)?;
    rules.analysis(study)
}

/// Makes the errors of one study.
pub struct Rules<'a> {
    /// Where the values stand.
    pub source: &'a Source,
}

impl Rules<'_> {
    /// `Ok` if `holds`, else the refusal of the value at `path`.
    pub fn require(
        &self,
        holds: bool,
        path: &str,
        value: impl Display,
        rule: impl Display,
        remedy: impl Display,
    ) -> Result<()> {
        if holds { Ok(()) } else { Err(self.invalid(path, value, rule, remedy)) }
    }

    /// The refusal of the value at `path`.
    pub fn invalid(
        &self,
        path: &str,
        value: impl Display,
        rule: impl Display,
        remedy: impl Display,
    ) -> Error {
        Error::Invalid {
            place: self.source.place(path),
            field: brief(&shown(path)),
            value: brief(&value.to_string()),
            rule: rule.to_string(),
            remedy: remedy.to_string(),
        }
    }

    pub(super) fn positive(&self, value: f64, path: &str, example: &str) -> Result<()> {
        let remedy = format!("write for example {example}");
        self.require(value > 0.0 && value.is_finite(), path, value, "a positive finite number", remedy)
    }

    pub(super) fn not_negative(&self, value: f64, path: &str, example: &str) -> Result<()> {
        let remedy = format!("write for example {example}");
        self.require(value >= 0.0 && value.is_finite(), path, value, "a finite number ≥ 0", remedy)
    }

    fn problem(&self, problem: &ProblemSpec) -> Result<()> {
        match problem {
            ProblemSpec::TwoLayer(net) => self.net(net),
            ProblemSpec::Quadratic(quadratic) => {
                let path = "problem.eigenvalues";
                let none = quadratic.eigenvalues.is_empty();
                self.require(
                    !none,
                    path,
                    "[]",
                    "a list of at least one number",
                    "write eigenvalues = [1.0]",
                )?;
                for (i, &theta) in quadratic.eigenvalues.iter().enumerate() {
                    self.positive(theta, &format!("{path}.{i}"), "eigenvalues = [1.0, 2.0]")?;
                }
                Ok(())
            }
            ProblemSpec::LeastSquares(LeastSquaresSpec { lambda, data }) => {
                self.not_negative(*lambda, "problem.lambda", "lambda = 0.1")?;
                self.data(data)
            }
            ProblemSpec::DoubleWell {} => Ok(()),
            ProblemSpec::ReluGate(gate) => self.gate(gate),
            ProblemSpec::DeepNet(net) => self.deep_net(net),
            ProblemSpec::KernelRegression(circle) => self.circle(circle),
            ProblemSpec::NtkNet(net) => self.ntk_net(net),
        }
    }

    fn gate(&self, gate: &ReluGateSpec) -> Result<()> {
        let (dim, rule) = (gate.dim as u64, "a whole number from 1 to 1e8");
        self.require(
            (1..=MOST_INPUTS).contains(&dim),
            "problem.dim",
            dim,
            rule,
            "write for example dim = 500",
        )?;
        if let Some(norm) = gate.teacher_norm {
            // Far from where squares of it leave the numbers.
            let (good, path) = ((1e-100..=1e100).contains(&norm), "problem.teacher_norm");
            let remedy = "write for example teacher_norm = 10.0";
            self.require(good, path, norm, "a number from 1e-100 to 1e100", remedy)?;
        }
        let (chance, path) = (gate.attack_probability, "problem.attack_probability");
        let remedy = "write for example attack_probability = 0.5";
        self.require((0.0..=1.0).contains(&chance), path, chance, "at least 0 and at most 1", remedy)?;
        self.not_negative(gate.attack_size, "problem.attack_size", "attack_size = 2.0")
    }

    fn net(&self, net: &TwoLayerSpec) -> Result<()> {
        self.positive(net.beta, "problem.beta", "beta = 1.0")?;
        let width = net.width as u64;
        let rule = "a whole number from 1 to 1e9";
        self.require(
            (1..=MOST).contains(&width),
            "problem.width",
            width,
            rule,
            "write for example width = 16",
        )?;
        match &net.lambda {
            LambdaSpec::Number(lambda) => self.not_negative(*lambda, "problem.lambda", "lambda = 0.1")?,
            LambdaSpec::Critical(TimesCritical { times_critical }) => {
                self.not_negative(*times_critical, "problem.lambda.times_critical", "times_critical = 1.2")?;
            }
        }
        if let OuterSpec::Given(OuterValues { values }) = &net.outer {
            let (path, given) = ("problem.outer.values", format!("{} numbers", values.len()));
            let rule = format!("as many numbers as the width, {width}");
            self.require(
                values.len() == net.width,
                path,
                given,
                rule,
                "list a_1 … a_p, or change problem.width",
            )?;
            let usable = values.iter().all(|a| a.is_finite()) && values.iter().any(|&a| a != 0.0);
            let shown = format!("{values:?}");
            self.require(usable, path, shown, "finite and not all 0", "a net with a = 0 is constant")?;
        }
        self.data(&net.data)
    }

    fn deep_net(&self, net: &DeepNetSpec) -> Result<()> {
        self.positive(net.beta, "problem.beta", "beta = 1.0")?;
        let (depth, width) = (net.depth, net.width);
        let rule = "a whole number from 2 to 64: hidden layers and one";
        let good = (2..=64).contains(&depth);
        self.require(good, "problem.depth", depth, rule, "write for example depth = 3")?;
        let rule = "a whole number from 1 to 4096: this net is plain arithmetic, made for small sizes";
        let good = (1..=4096).contains(&width);
        self.require(good, "problem.width", width, rule, "write for example width = 6")?;
        self.data(&net.data)
    }

    fn data(&self, data: &DataSection) -> Result<()> {
        let fraction = data.test_fraction;
        let path = "problem.data.test_fraction";
        let inside = (0.0..1.0).contains(&fraction);
        self.require(
            inside,
            path,
            fraction,
            "at least 0 and below 1",
            "write for example test_fraction = 0.2",
        )?;
        let splits = fraction > 0.0 || data.split_draw == 0;
        let rule = "0 where no rows are kept for testing";
        let path = "problem.data.split_draw";
        self.require(splits, path, data.split_draw, rule, "set problem.data.test_fraction = 0.2")?;
        data.rows.validate().map_err(|error| {
            self.invalid(&format!("problem.data.{}", error.field), error.value, error.rule, error.remedy)
        })
    }

    fn start(&self, start: &StartSpec) -> Result<()> {
        match start {
            StartSpec::Gaussian(GaussianStart { std }) => self.not_negative(*std, "start.std", "std = 1.0"),
            StartSpec::Point(PointStart { at }) => {
                let finite = at.iter().all(|x| x.is_finite());
                self.require(
                    finite,
                    "start.at",
                    format!("{at:?}"),
                    "finite numbers",
                    "list D numbers, row by row",
                )
            }
            StartSpec::Prior {} | StartSpec::File(_) | StartSpec::Stationary {} => Ok(()),
            StartSpec::Chatterjee(ChatterjeeStart { hidden, output }) => {
                self.positive(*hidden, "start.hidden", "hidden = 1.0")?;
                self.positive(*output, "start.output", "output = 20.0")
            }
            StartSpec::FanIn(FanInStart { gain }) => self.positive(*gain, "start.gain", "gain = 1.0"),
            StartSpec::Antisymmetric(_) => Ok(()),
        }
    }

    fn processes(&self, study: &Study) -> Result<()> {
        let remedy = "add a [[process]] section with kind = \"sgd-sde\"";
        self.require(!study.process.is_empty(), "process", "[]", "at least one process", remedy)?;
        for (i, process) in study.process.iter().enumerate() {
            let at = format!("process.{i}");
            let name = &process.name;
            let good = is_plain_name(name);
            let path = format!("{at}.name");
            let rule = "up to 64 letters, digits and the signs - _ . +, not starting with a dot";
            self.require(good, &path, format!("{name:?}"), rule, "it names files; choose a plain name")?;
            let first = study.process[..i].iter().all(|other| other.name != *name);
            let remedy = "give each process its own name = \"…\"";
            self.require(first, &path, format!("{name:?}"), "different from the names before it", remedy)?;
            let (count, path) = (process.particles, format!("{at}.particles"));
            let rule = "a whole number from 1 to 1e9";
            self.require(
                (1..=MOST).contains(&count),
                &path,
                count,
                rule,
                "write for example particles = 1024",
            )?;
            if let Some(share) = process.batch_fraction {
                let rule = "above 0 and at most 1: the share of the training rows";
                let path = format!("{at}.batch.fraction");
                self.require(
                    share > 0.0 && share <= 1.0,
                    &path,
                    share,
                    rule,
                    "write for example fraction = 0.25",
                )?;
            }
            self.dynamics(&process.dynamics, &study.problem, &at)?;
            self.stopping(process, &at)?;
        }
        Ok(())
    }

    fn time(&self, time: &TimeSpec, processes: &[ProcessSpec]) -> Result<()> {
        if let Some(epochs) = time.epochs {
            let path = "time.horizon.epochs";
            let remedy = "write for example horizon = { epochs = 100 }";
            self.require(epochs > 0, path, epochs, "a whole number, at least 1", remedy)?;
            let batches = processes.iter().any(|process| process.dynamics.batch().is_some());
            let rule = "a horizon for a study with a process that has minibatches";
            self.require(batches, path, epochs, rule, "write a time, for example horizon = 10.0")?;
        }
        self.positive(time.horizon, "time.horizon", "horizon = 10.0")?;
        let inside = (2..=1_000_000).contains(&time.points);
        let rule = "a whole number from 2 to 1e6";
        self.require(inside, "time.points", time.points, rule, "0 and the horizon count; write points = 101")
    }

    fn observe(&self, observe: &ObserveSpec) -> Result<()> {
        let path = "observe.quantities";
        let remedy = "write quantities = [\"risk\"]";
        self.require(!observe.quantities.is_empty(), path, "[]", "a list of at least one quantity", remedy)?;
        for (i, quantity) in observe.quantities.iter().enumerate() {
            let first = !observe.quantities[..i].contains(quantity);
            let (path, name) = (format!("{path}.{i}"), format!("\"{}\"", quantity.name()));
            self.require(first, &path, name, "named once", "leave out the second")?;
        }
        Ok(())
    }
}
