//! From the problem section to regression with the neural tangent kernel, and to nets of finite width.

use super::ntk_rules::MOST_NODES;
use super::rules::Rules;
use super::spec::{CircleSpec, NtkNetSpec, ProblemSpec};
use crate::error::Result;
use crate::problem::ntk::{CircleSettings, CircleTask, NtkNet};

/// The task of a study's seed.
pub fn circle_task(spec: &CircleSpec, seed: u64) -> CircleTask {
    let CircleSpec { activation, regularity, margin, noise, modes } = *spec;
    CircleTask::new(CircleSettings { activation, modes, regularity, margin, noise, seed })
}

/// The fewest nodes that a risk is a mean over, where they are not written.
const FEWEST_NODES: usize = 256;

/// The nodes that go with a target, where they are not written: four a period of its highest frequency.
fn default_nodes(task: &CircleTask) -> usize {
    let highest = task.spectrum().harmonics().frequencies().last().map_or(0, |k| *k as usize);
    (4 * (highest + 1)).next_power_of_two().max(FEWEST_NODES)
}

/// The nodes of the risk of nets on `task`: those of the problem where it is a net.
pub fn nodes_of(problem: &ProblemSpec, task: &CircleTask) -> usize {
    match problem {
        ProblemSpec::NtkNet(net) => net.nodes.unwrap_or_else(|| default_nodes(task)),
        _ => default_nodes(task),
    }
}

/// The net, with the number of its nodes filled in.
pub fn build_ntk_net(spec: &mut NtkNetSpec, seed: u64, rules: &Rules) -> Result<NtkNet> {
    let task = circle_task(&spec.circle(), seed);
    let highest = task.spectrum().harmonics().frequencies().last().map_or(0, |k| *k as usize);
    let nodes = *spec.nodes.get_or_insert(default_nodes(&task));
    let rule = format!("so few that the nodes, here {nodes}, are at most {MOST_NODES}");
    let remedy = "keep fewer, or write problem.nodes";
    rules.require(nodes <= MOST_NODES, "problem.modes", spec.modes, rule, remedy)?;
    let rule = format!("above {}, twice the highest frequency of the target", 2 * highest);
    let remedy = "leave it out, or keep fewer problem.modes";
    rules.require(nodes > 2 * highest, "problem.nodes", nodes, rule, remedy)?;
    Ok(NtkNet::new(task, spec.width, nodes))
}
