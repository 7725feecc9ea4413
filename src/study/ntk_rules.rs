//! What the settings of regression with the neural tangent kernel must be, as far as the file alone can tell.

use super::rules::Rules;
use super::spec::{CircleSpec, NtkNetSpec};
use crate::error::Result;

/// The most frequencies of a target, units of a net and nodes of its risk.
const MOST_MODES: usize = 100_000;
const MOST_UNITS: usize = 100_000_000;
const MOST_NODES: usize = 1_000_000;

impl Rules<'_> {
    pub(super) fn circle(&self, circle: &CircleSpec) -> Result<()> {
        self.positive(circle.regularity, "problem.regularity", "regularity = 0.5")?;
        self.positive(circle.margin, "problem.margin", "margin = 0.1")?;
        self.not_negative(circle.noise, "problem.noise", "noise = 1.0")?;
        let (modes, rule) = (circle.modes, format!("a whole number from 2 to {MOST_MODES}"));
        let good = (2..=MOST_MODES).contains(&modes);
        self.require(good, "problem.modes", modes, rule, "128 is the default")
    }

    pub(super) fn ntk_net(&self, net: &NtkNetSpec) -> Result<()> {
        let (width, rule) = (net.width, format!("a whole number from 1 to {MOST_UNITS}"));
        let good = (1..=MOST_UNITS).contains(&width);
        self.require(good, "problem.width", width, rule, "write for example width = 256")?;
        if let Some(nodes) = net.nodes {
            let rule = format!("at most {MOST_NODES}");
            self.require(nodes <= MOST_NODES, "problem.nodes", nodes, rule, "leave it out for the default")?;
        }
        self.circle(&net.circle())
    }
}
