//! How likely a random start lies in a region with Chatterjee's condition.

use super::ball::SEARCHES;
use super::row;
use crate::analysis::lojasiewicz::{Ball, condition, smallest_ratios_of};
use crate::ensemble::Start;
use crate::estimates::Proportion;
use crate::parallel::Threads;
use crate::problem::{DeepNet, Potential};
use crate::random::{Key, Purpose};
use crate::study::plan::Plan;
use crate::study::{EstimateRow, LojasiewiczSpec};

/// `lojasiewicz_starts` and the quartiles of the condition.
pub fn rows(
    plan: &Plan,
    net: &DeepNet,
    spec: &LojasiewiczSpec,
    point: usize,
    threads: &Threads,
) -> Vec<EstimateRow> {
    let (radii, seed) = (spec.all_radii(), plan.study.seed);
    let count = trials(&plan.start, net.dim(), spec.starts);
    let centre = |start: u64| {
        let mut centre = vec![0.0; net.dim()];
        plan.start.draw(start, seed, &mut centre);
        centre
    };
    let (mut scratch, mut gradient) = (net.scratch(), vec![0.0; net.dim()]);
    let risks: Vec<f64> =
        (0..count).map(|start| net.value_gradient(&centre(start), &mut gradient, &mut scratch)).collect();
    let ball = |i: usize| Ball { centre: centre((i / radii.len()) as u64), radius: radii[i % radii.len()] };
    let key = Key::new(seed, Purpose::Direction).tagged(SEARCHES);
    let balls = count as usize * radii.len();
    let found = smallest_ratios_of(net, (balls, &ball), spec.searches, key, threads);
    // The best ball of each start.
    let mut conditions: Vec<f64> = found
        .chunks(radii.len())
        .zip(&risks)
        .map(|(found, risk)| {
            let each = found.iter().zip(&radii).filter_map(|(found, radius)| {
                found.as_ref().map(|found| condition(*risk, *radius, found.alpha))
            });
            each.fold(0.0, f64::max)
        })
        .collect();
    conditions.sort_by(f64::total_cmp);
    let holds = conditions.iter().filter(|c| **c > 1.0).count() as u64;
    let share = Proportion { successes: holds, trials: count };
    let interval = share.interval();
    let searches = format!("{} radii, {} searches in each ball", radii.len(), spec.searches);
    let quantile = |q: f64| conditions.get((q * (conditions.len() - 1) as f64).round() as usize).copied();
    vec![
        EstimateRow {
            value: share.value(),
            std_err: share.std_err(),
            ci_low: interval.map(|i| i.0),
            ci_high: interval.map(|i| i.1),
            method: "share of starts with 4F < r^2 alpha at some r, Wilson's interval".into(),
            note: format!(
                "{holds} of {count}; alpha from above, so that the share is too large if a search missed: {searches}"
            ),
            ..row(point, "", "lojasiewicz_starts", String::new())
        },
        EstimateRow {
            value: quantile(0.5),
            ci_low: quantile(0.25),
            ci_high: quantile(0.75),
            method: "largest r^2 alpha/(4F) over r: median and quartiles over the starts".into(),
            note: searches,
            ..row(point, "", "chatterjee_condition", "random start".into())
        },
    ]
}

/// How many starts are looked at: of given points each once, for one that comes again tells nothing new.
fn trials(start: &Start, dim: usize, asked: u64) -> u64 {
    match start {
        Start::Points { weights } => asked.min((weights.len() / dim.max(1)) as u64),
        _ => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_given_point_is_looked_at_twice() {
        let points = Start::Points { weights: vec![0.0; 12] };
        assert_eq!([2, 4, 100].map(|asked| trials(&points, 3, asked)), [2, 4, 4]);
        assert_eq!(trials(&Start::Gaussian { std: 1.0 }, 3, 100), 100);
    }
}
