//! What the settings of regression with the neural tangent kernel must be, as far as the file alone can tell.

use super::analysis_spec::NtkSpec;
use super::rules::Rules;
use super::spec::{CircleSpec, DynamicsSpec, NtkNetSpec, ProblemSpec, Study};
use crate::error::Result;

/// The most frequencies of a target, units of a net and nodes of its risk.
const MOST_MODES: usize = 100_000;
const MOST_UNITS: usize = 100_000_000;
pub(super) const MOST_NODES: usize = 1_000_000;
/// The most weights of all nets of a run together, as for a process, and the most values at nodes: 2^30 float64 are 8 GiB.
const MOST_WEIGHTS: u128 = 1 << 34;
const MOST_VALUES: u128 = 1 << 30;
/// The largest r: a power of the smallest eigenvalue must be a number, and the rate 2r/(2r+1) is near 1 long before.
const MOST_REGULARITY: f64 = 10.0;
/// The most steps of a run.
const MOST_STEPS: u64 = 1_000_000_000;

impl Rules<'_> {
    pub(super) fn circle(&self, circle: &CircleSpec) -> Result<()> {
        let (regularity, rule) = (circle.regularity, format!("above 0 and at most {MOST_REGULARITY}"));
        let good = regularity > 0.0 && regularity <= MOST_REGULARITY;
        self.require(good, "problem.regularity", regularity, rule, "write for example regularity = 0.5")?;
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

    /// What `[analysis] ntk` would hold in memory, once the task and the `nodes` of its norm are known.
    pub(super) fn ntk_sizes(&self, ntk: &NtkSpec, modes: usize, nodes: usize) -> Result<()> {
        let (at, particles) = ("analysis.ntk", u128::from(ntk.particles));
        let fewer = "take fewer particles";
        let (weights, path) = (MOST_WEIGHTS / particles, format!("{at}.particles"));
        let rule =
            format!("at most {} for {modes} modes (2^34 weights in all)", MOST_WEIGHTS / modes as u128);
        self.require(modes as u128 <= weights, &path, particles, rule, fewer)?;
        for (i, width) in ntk.widths.iter().enumerate() {
            let rule = format!("at most {} for {particles} particles (2^34 weights in all)", weights / 3);
            let fits = *width as u128 <= weights / 3;
            let remedy = "take smaller widths or fewer analysis.ntk.particles";
            self.require(fits, &format!("{at}.widths.{i}"), width, rule, remedy)?;
        }
        if ntk.widths.is_empty() {
            return Ok(());
        }
        let rule =
            format!("so few that nodes, four a period of the highest frequency, are at most {MOST_NODES}");
        let remedy = "keep fewer, or leave the widths out";
        self.require(nodes <= MOST_NODES, "problem.modes", modes, rule, remedy)?;
        let most = MOST_VALUES / nodes as u128;
        let rule = format!("at most {most} for the {nodes} nodes of a risk (2^30 values in all)");
        self.require(particles <= most, &path, particles, rule, fewer)
    }

    /// `[analysis] ntk`.
    pub(super) fn ntk(&self, ntk: &NtkSpec, study: &Study) -> Result<()> {
        let at = "analysis.ntk";
        let circle = matches!(study.problem, ProblemSpec::KernelRegression(_) | ProblemSpec::NtkNet(_));
        let fresh = study.process.iter().any(|p| matches!(p.dynamics, DynamicsSpec::OnePassSgd(_)));
        let rule = "left out unless the problem is \"kernel-regression\" or \"ntk-net\" and a process \"one-pass-sgd\", whose s \
                    and batch are used";
        self.require(circle && fresh, at, "asked for", rule, "leave it out, or change the problem")?;
        let NtkSpec { widths, horizons, draws, particles, .. } = ntk;
        for (i, width) in widths.iter().enumerate() {
            let good = width.is_multiple_of(2) && (2..=MOST_UNITS).contains(width);
            let rule = format!("an even number from 2 to {MOST_UNITS}: nets start antisymmetric");
            self.require(good, &format!("{at}.widths.{i}"), width, rule, "list for example [64, 256, 1024]")?;
        }
        for (i, steps) in horizons.iter().enumerate() {
            let (good, rule) = ((1..=MOST_STEPS).contains(steps), format!("from 1 to {MOST_STEPS} steps"));
            let remedy = "list for example [100, 1000, 10000]";
            self.require(good, &format!("{at}.horizons.{i}"), steps, rule, remedy)?;
        }
        for (key, count) in [("draws", *draws), ("particles", *particles)] {
            let good = (2..=1_000_000).contains(&count);
            let rule = "a whole number from 2 to 1000000";
            self.require(good, &format!("{at}.{key}"), count, rule, "64 is the default")?;
        }
        let asked = widths.len() + horizons.len();
        self.require(
            asked > 0,
            at,
            "empty",
            "a table with widths, horizons or both",
            "write widths = [64, 256, 1024]",
        )
    }
}
