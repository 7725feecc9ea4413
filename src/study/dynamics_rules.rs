//! What the settings of a process must be, as far as the file alone can tell.

use super::rules::Rules;
use super::spec::*;
use crate::dynamics::{NoiseLaw, Sampling};
use crate::error::Result;
use crate::problem::Update;

impl Rules<'_> {
    /// Refuses impossible settings of the process at the path `at`.
    pub(super) fn dynamics(&self, dynamics: &DynamicsSpec, problem: &ProblemSpec, at: &str) -> Result<()> {
        match dynamics {
            DynamicsSpec::SgdSde(SgdSdeSpec { s, dt, refinement, .. }) => {
                self.not_negative(*s, &format!("{at}.s"), "s = 0.01")?;
                self.step(*dt, at)?;
                self.refinement(*refinement, at)
            }
            DynamicsSpec::Sgd(SgdSpec { s, batch, .. }) => {
                self.positive(*s, &format!("{at}.s"), "s = 0.01")?;
                self.batch(*batch, at)?;
                self.needs_rows(problem, dynamics, "SGD", at)
            }
            DynamicsSpec::GradientFlow(GradientFlowSpec { dt }) => self.step(*dt, at),
            DynamicsSpec::CovarianceSde(CovarianceSdeSpec { s, batch, sampling, dt, refinement, .. })
            | DynamicsSpec::SecondOrderSde(SecondOrderSdeSpec { s, batch, sampling, dt, refinement }) => {
                self.not_negative(*s, &format!("{at}.s"), "s = 0.01")?;
                self.batch(*batch, at)?;
                self.independent(*sampling, at)?;
                self.step(*dt, at)?;
                self.refinement(*refinement, at)?;
                self.needs_rows(problem, dynamics, "a model of SGD", at)
            }
            DynamicsSpec::Svag(SvagSpec { s, batch, sampling, l }) => {
                self.positive(*s, &format!("{at}.s"), "s = 0.01")?;
                self.batch(*batch, at)?;
                self.independent(*sampling, at)?;
                let (path, rule) = (format!("{at}.l"), "a whole number from 1 to 1000000");
                self.require(
                    (1..=1_000_000).contains(l),
                    &path,
                    l,
                    rule,
                    "1 is SGD; write for example l = 4",
                )?;
                self.needs_rows(problem, dynamics, "SVAG", at)
            }
            DynamicsSpec::MomentumSgd(MomentumSgdSpec { s, batch, momentum, .. }) => {
                self.positive(*s, &format!("{at}.s"), "s = 0.01")?;
                self.batch(*batch, at)?;
                self.momentum(*momentum, at)?;
                self.needs_rows(problem, dynamics, "SGD", at)
            }
            DynamicsSpec::UnderdampedSde(UnderdampedSdeSpec { s, momentum, dt }) => {
                self.positive(*s, &format!("{at}.s"), "s = 0.01")?;
                self.momentum(*momentum, at)?;
                self.step(*dt, at)
            }
            DynamicsSpec::OnePassSgd(OnePassSgdSpec { s, batch, power, update }) => {
                self.positive(*s, &format!("{at}.s"), "s = 0.01")?;
                self.batch(*batch, at)?;
                self.not_negative(*power, &format!("{at}.power"), "power = 0.5")?;
                self.needs_fresh_samples(problem, at)?;
                let known = *update == Update::Gradient || matches!(problem, ProblemSpec::ReluGate(_));
                let rule = "\"gradient\" for this problem; only the relu-gate has an update with a guarantee";
                self.require(known, &format!("{at}.update"), "\"provable\"", rule, "leave update out")
            }
            DynamicsSpec::ScaledNoiseGd(ScaledNoiseGdSpec { step, noise }) => {
                self.positive(*step, &format!("{at}.step"), "step = 0.01")?;
                self.noise_law(noise, at)
            }
            DynamicsSpec::BoundedNoiseGd(BoundedNoiseGdSpec { step, offset, exponent, variance }) => {
                self.positive(*step, &format!("{at}.step"), "step = 0.01")?;
                self.positive(*offset, &format!("{at}.offset"), "offset = 10.0")?;
                self.not_negative(*exponent, &format!("{at}.exponent"), "exponent = 1.0")?;
                self.not_negative(*variance, &format!("{at}.variance"), "variance = 1.0")
            }
        }
    }

    /// `stop_radius`.
    pub(super) fn stopping(&self, process: &ProcessSpec, at: &str) -> Result<()> {
        let Some(radius) = process.stop_radius else {
            return Ok(());
        };
        let path = format!("{at}.stop_radius");
        self.positive(radius, &path, "stop_radius = 0.5")?;
        let inert =
            matches!(process.dynamics, DynamicsSpec::MomentumSgd(_) | DynamicsSpec::UnderdampedSde(_));
        let rule = "left out for a process with a velocity: only weights are kept where a particle stops";
        self.require(!inert, &path, radius, rule, "leave it out, or choose kind = \"sgd\"")
    }

    /// ρ(F) = σ min(F, cap)^q.
    fn noise_law(&self, noise: &NoiseLaw, at: &str) -> Result<()> {
        self.not_negative(noise.sigma, &format!("{at}.noise.sigma"), "noise = { sigma = 1.0 }")?;
        let example = "noise = { sigma = 1.0, exponent = 2.0 }";
        self.not_negative(noise.exponent, &format!("{at}.noise.exponent"), example)?;
        let example = "noise = { sigma = 1.0, cap = 0.5 }";
        noise.cap.map_or(Ok(()), |cap| self.positive(cap, &format!("{at}.noise.cap"), example))
    }

    fn momentum(&self, momentum: f64, at: &str) -> Result<()> {
        let (path, rule) = (format!("{at}.momentum"), "at least 0 and below 1");
        self.require((0.0..1.0).contains(&momentum), &path, momentum, rule, "0.9 is the default")
    }

    fn independent(&self, sampling: Sampling, at: &str) -> Result<()> {
        let rule = "\"with-replacement\" or \"without-replacement\": the batches of an epoch add up to the full gradient, so \
                    their noise is negatively correlated and cancels to first order over the epoch; no SDE of this form has \
                    such noise, nor has SVAG";
        let remedy = "leave it out, or compare SGD by epochs with the gradient-flow";
        self.require(sampling != Sampling::Epochs, &format!("{at}.sampling"), "\"epochs\"", rule, remedy)
    }

    fn step(&self, dt: Option<f64>, at: &str) -> Result<()> {
        dt.map_or(Ok(()), |dt| self.positive(dt, &format!("{at}.dt"), "dt = 0.05"))
    }

    fn refinement(&self, refinement: u32, at: &str) -> Result<()> {
        let (path, rule) = (format!("{at}.refinement"), "a whole number from 1 to 4096");
        self.require((1..=4096).contains(&refinement), &path, refinement, rule, "leave it out for 1")
    }

    fn batch(&self, batch: usize, at: &str) -> Result<()> {
        let path = format!("{at}.batch");
        self.require(batch > 0, &path, batch, "at least 1", "write for example batch = 32")
    }

    fn needs_fresh_samples(&self, problem: &ProblemSpec, at: &str) -> Result<()> {
        let fresh = match problem {
            ProblemSpec::TwoLayer(_) | ProblemSpec::LeastSquares(_) | ProblemSpec::DeepNet(_) => false,
            ProblemSpec::Quadratic(_) | ProblemSpec::DoubleWell {} => false,
            ProblemSpec::ReluGate(_) | ProblemSpec::KernelRegression(_) | ProblemSpec::NtkNet(_) => true,
        };
        let rule = "a process for this problem; one-pass SGD needs a risk that is a mean over fresh samples";
        let remedy = "choose kind = \"sgd\" on data rows, or a problem with fresh samples";
        self.require(fresh, &format!("{at}.kind"), "\"one-pass-sgd\"", rule, remedy)
    }

    fn needs_rows(&self, problem: &ProblemSpec, dynamics: &DynamicsSpec, who: &str, at: &str) -> Result<()> {
        let sum = matches!(
            problem,
            ProblemSpec::TwoLayer(_) | ProblemSpec::LeastSquares(_) | ProblemSpec::DeepNet(_)
        );
        let rule = format!("a process for this problem; {who} needs a risk that is a mean over data rows");
        let remedy = "choose kind = \"sgd-sde\", or problem.kind = \"two-layer\" or \"least-squares\"";
        self.require(sum, &format!("{at}.kind"), format!("{:?}", dynamics.kind()), rule, remedy)
    }
}
