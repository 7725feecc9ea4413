//! What a quantity depends on: the sum of the outer layer, and shares of the variance.

use super::{Asked, Cell, Numbers, PARTICLES};
use crate::analysis::variance_components::{Component, Design, MOST_FACTORS};
use crate::estimates::{RankCorrelation, rank_correlation};
use crate::study::results::EstimateRow;

/// The pairs (|Σ a_j|, value at the end) over the draws of the outer layer, or of the seed where that is repeated.
pub fn against_outer_sum(numbers: &Numbers<'_>, cell: &Cell<'_>, asked: &Asked) -> Vec<(f64, f64)> {
    let keys = cell.keys();
    let named = |name: &str| keys.iter().position(|key| *key == name);
    let Some(key) = named("problem.outer.draw").or_else(|| named("seed")) else {
        return Vec::new();
    };
    let sums = cell.marginal(key, &cell.outer_sums());
    let values = cell.marginal(key, &numbers.at_the_end(cell, asked));
    sums.into_iter().zip(values).filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
}

/// Its rank correlation with |Σ a_j|.
pub(super) fn correlation(numbers: &Numbers<'_>, cell: &Cell<'_>, asked: &Asked) -> Option<EstimateRow> {
    let pairs = against_outer_sum(numbers, cell, asked);
    let RankCorrelation { value, std_err, interval } = rank_correlation(&pairs)?;
    Some(EstimateRow {
        point: cell.number(),
        process: asked.0.clone(),
        name: "outer_sum_correlation".into(),
        quantity: asked.1.clone(),
        value: Some(value),
        std_err: Some(std_err),
        ci_low: Some(interval.0),
        ci_high: Some(interval.1),
        method: "Spearman's rank correlation with |sum a| over draws, interval by Fisher's z".into(),
        note: format!("{} draws; {}", pairs.len(), cell.name()),
    })
}

/// `variance_component` and `variance_share` of every set of things drawn, where two or more are and the design is full.
pub(super) fn components(numbers: &Numbers<'_>, cell: &Cell<'_>, asked: &Asked) -> Vec<EstimateRow> {
    let mut factors: Vec<&str> = cell.keys();
    let distinct = |key: usize| {
        let mut seen: Vec<&str> = cell.points.iter().map(|point| point.replicate[key].1.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    let mut levels: Vec<usize> = (0..factors.len()).map(distinct).collect();
    let runs = numbers.of_runs(cell, asked);
    let values = if runs.is_empty() { numbers.at_the_end(cell, asked) } else { runs };
    let particles = values.len() / cell.points.len();
    if particles > 1 {
        factors.push(PARTICLES);
        levels.push(particles);
    }
    if factors.len() < 2 {
        return Vec::new();
    }
    let row = |name: &str, of: &[usize]| EstimateRow {
        point: cell.number(),
        process: asked.0.clone(),
        name: name.into(),
        quantity: format!("{}: {}", asked.1, of.iter().map(|&f| factors[f]).collect::<Vec<_>>().join(" × ")),
        method: "analysis of variance, crossed random effects; errors by the jackknife over draws".into(),
        ..EstimateRow::default()
    };
    let numbers: Vec<f64> = values.into_iter().flatten().collect();
    let full = numbers.len() == levels.iter().product::<usize>() && factors.len() <= MOST_FACTORS;
    let spread = numbers.iter().any(|x| *x != numbers[0]);
    if !full || !spread || levels.iter().any(|&n| n < 3) {
        let note = match () {
            () if factors.len() > MOST_FACTORS => "more than 4 things are drawn",
            () if !full => "a combination of draws has no value",
            () if !spread => "all runs have the same value",
            () => "fewer than 3 draws of one of them",
        };
        let all: Vec<usize> = (0..factors.len()).collect();
        return vec![EstimateRow { note: note.into(), ..row("variance_component", &all) }];
    }
    let found = Design { levels: &levels, values: &numbers }.components();
    let rows = |Component { factors: of, variance, share }: &Component| {
        let drawn: Vec<String> = levels.iter().zip(&factors).map(|(n, f)| format!("{n} {f}")).collect();
        [("variance_component", variance), ("variance_share", share)].map(|(name, x)| EstimateRow {
            value: Some(x.value),
            std_err: Some(x.std_err),
            ci_low: Some(x.interval.0),
            ci_high: Some(x.interval.1),
            note: drawn.join(" × "),
            ..row(name, of)
        })
    };
    found.iter().flat_map(rows).collect()
}
