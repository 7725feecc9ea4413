//! What the settings of a process must be, as far as the file alone can tell.

use super::rules::Rules;
use super::spec::*;
use crate::error::Result;

impl Rules<'_> {
    /// Refuses impossible settings of the process at the path `at`.
    pub(super) fn dynamics(&self, dynamics: &DynamicsSpec, problem: &ProblemSpec, at: &str) -> Result<()> {
        match dynamics {
            DynamicsSpec::SgdSde(SgdSdeSpec { s, dt, refinement }) => {
                self.not_negative(*s, &format!("{at}.s"), "s = 0.01")?;
                self.step(*dt, at)?;
                self.refinement(*refinement, at)
            }
            DynamicsSpec::Sgd(SgdSpec { s, batch, .. }) => {
                self.positive(*s, &format!("{at}.s"), "s = 0.01")?;
                self.batch(*batch, at)?;
                self.needs_rows(problem, "sgd", "SGD", at)
            }
            DynamicsSpec::GradientFlow(GradientFlowSpec { dt }) => self.step(*dt, at),
        }
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

    fn needs_rows(&self, problem: &ProblemSpec, kind: &str, who: &str, at: &str) -> Result<()> {
        let sum = matches!(problem, ProblemSpec::TwoLayer(_));
        let rule = format!("a process for this problem; {who} needs a risk that is a mean over data rows");
        let remedy = "choose kind = \"sgd-sde\", or problem.kind = \"two-layer\"";
        self.require(sum, &format!("{at}.kind"), format!("{kind:?}"), rule, remedy)
    }
}
