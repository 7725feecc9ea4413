//! From the start section of a study to the law of W₀.

use super::brief::brief;
use super::npy::{self, Array, NpyError};
use super::rules::Rules;
use super::source::Source;
use super::spec::*;
use crate::ensemble::Start;
use crate::error::Result;
use crate::problem::ntk::NtkOuter;
use crate::problem::{DeepNet, Potential};
use crate::random::{Key, Purpose};
use rand::RngExt;

/// Makes the start of a study.
///
/// # Errors
/// [`Error::Invalid`] for a law that this problem does not have, a point of another size, and an unfit file.
pub fn build_start(
    study: &Study,
    (potential, deep): (&dyn Potential, Option<&DeepNet>),
    source: &Source,
    rules: &Rules,
) -> Result<Start> {
    let s = || {
        let law = match study.start {
            StartSpec::Prior {} => "\"prior\"",
            _ => "\"stationary\"",
        };
        study.process.iter().find_map(|process| process.dynamics.noise_scale()).ok_or_else(|| {
            let rule = "another law where no process has a noise scale s";
            rules.invalid("start.law", law, rule, "choose law = \"gaussian\", or add a process with noise")
        })
    };
    let dim = potential.dim();
    match &study.start {
        StartSpec::Gaussian(GaussianStart { std }) => Ok(Start::Gaussian { std: *std }),
        StartSpec::Prior {} => {
            let lambda = potential.penalty();
            let remedy = "choose law = \"gaussian\", or give a net a problem.lambda above 0";
            rules.require(
                lambda > 0.0,
                "start.law",
                "\"prior\"",
                "another law where λ = 0: the prior is N(0, s/(2λ))",
                remedy,
            )?;
            Ok(Start::Gaussian { std: (s()? / (2.0 * lambda)).sqrt() })
        }
        StartSpec::Point(PointStart { at }) => {
            let (given, rule) = (format!("{} numbers", at.len()), format!("D = {dim} numbers, row by row"));
            rules.require(at.len() == dim, "start.at", given, rule, "list one number a weight")?;
            let mut weights = vec![0.0; dim];
            potential.read_row_major(at, &mut weights);
            Ok(Start::Points { weights })
        }
        StartSpec::Chatterjee(ChatterjeeStart { hidden, output }) => {
            let net = deep_net(deep, "\"chatterjee\"", rules)?;
            Ok(Start::Points { weights: chatterjee_point(net, *hidden, *output, study.seed) })
        }
        StartSpec::FanIn(FanInStart { gain }) => {
            let net = deep_net(deep, "\"fan-in\"", rules)?;
            Ok(Start::GaussianWeights { variances: fan_in_variances(net, *gain) })
        }
        StartSpec::Antisymmetric(AntisymmetricStart { outer }) => {
            antisymmetric(&study.problem, *outer, rules)
        }
        StartSpec::File(FileStart { path }) => read_points(path, potential, source, rules),
        StartSpec::Stationary {} => match potential.gaussian_gibbs(s()?) {
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

fn deep_net<'n>(deep: Option<&'n DeepNet>, law: &str, rules: &Rules) -> Result<&'n DeepNet> {
    let rule = "another law: this one is made for the layers of a deep net";
    let remedy = "choose law = \"gaussian\", or problem.kind = \"deep-net\"";
    deep.ok_or_else(|| rules.invalid("start.law", law, rule, remedy))
}

/// Tag of the random numbers of [`chatterjee_point`].
const CHATTERJEE: u64 = 0x6368_6174;

/// W_1 = 0, hidden weights uniform on [hidden, 2 hidden], the last layer's on [output, 2 output].
fn chatterjee_point(net: &DeepNet, hidden: f64, output: f64, seed: u64) -> Vec<f64> {
    let mut stream = Key::new(seed, Purpose::Start).tagged(CHATTERJEE).stream(0, 0);
    let depth = net.settings().depth;
    let mut weights = Vec::with_capacity(net.dim());
    for layer in 0..depth {
        let (outputs, inputs) = net.layer_shape(layer);
        let least = match layer {
            0 => 0.0,
            _ if layer + 1 == depth => output,
            _ => hidden,
        };
        weights.extend((0..outputs * inputs).map(|_| least * (1.0 + stream.random::<f64>())));
    }
    weights
}

/// gain²/m for every weight of a layer with m inputs.
fn fan_in_variances(net: &DeepNet, gain: f64) -> Vec<f64> {
    let layers = (0..net.settings().depth).map(|layer| net.layer_shape(layer));
    layers
        .flat_map(|(outputs, inputs)| std::iter::repeat_n(gain * gain / inputs as f64, outputs * inputs))
        .collect()
}

fn antisymmetric(problem: &ProblemSpec, outer: NtkOuter, rules: &Rules) -> Result<Start> {
    let even = matches!(problem, ProblemSpec::NtkNet(net) if net.width.is_multiple_of(2));
    let rule = "another law for this problem: an antisymmetric start needs problem.kind = \"ntk-net\" and an even width";
    let remedy = "choose law = \"gaussian\", or an even problem.width";
    rules.require(even, "start.law", "\"antisymmetric\"", rule, remedy)?;
    Ok(Start::Antisymmetric { outer })
}

fn read_points(
    path: &std::path::Path,
    potential: &dyn Potential,
    source: &Source,
    rules: &Rules,
) -> Result<Start> {
    let file = source.folder().join(path);
    let dim = potential.dim();
    let name = brief(&file.display().to_string());
    let rule = "a .npy file of float64 in C order, shape (points, width, dim) or (points, D)";
    let remedy = "take for example particles/0-sde.npy of an earlier run";
    let array = npy::read(&file).map_err(|error| match error {
        NpyError::Unreadable(error) => {
            let remedy = "check it; a path in a study is relative to the study file";
            rules.invalid("start.path", format!("{name:?} ({error})"), "a file that can be read", remedy)
        }
        error => rules.invalid("start.path", format!("{name:?} ({error})"), rule, remedy),
    })?;
    let Array { shape, numbers } = array;
    let points = shape.first().copied().unwrap_or(0);
    let fits = points > 0 && Some(numbers.len()) == points.checked_mul(dim);
    let value = format!("{name:?} of shape {shape:?}");
    rules.require(fits, "start.path", &value, format!("{rule} with D = {dim}"), remedy)?;
    let finite = numbers.iter().all(|x| x.is_finite());
    rules.require(
        finite,
        "start.path",
        &value,
        "a file of finite numbers",
        "leave out diverged particles",
    )?;
    let mut weights = vec![0.0; numbers.len()];
    for (from, to) in numbers.chunks_exact(dim).zip(weights.chunks_exact_mut(dim)) {
        potential.read_row_major(from, to);
    }
    Ok(Start::Points { weights })
}
